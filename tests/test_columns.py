"""Columns are declared once: a new one is followed from an export to the notebook; what older archives lack is missing."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml
from exports import HEADERS, kept, row, table, version, write
from material import workspace

from hotline import HotlineError, center, columns, periods, profiles
from hotline.archive import Archive
from hotline.bulletin import Bulletin
from hotline.columns import HANDLING, INTEGER, MOMENT, REQUEST, TEXT, VISIT, YES_NO, Column
from hotline.intake import importing
from hotline.publishing import issue
from hotline.publishing.diff import diff

OLD = Path(__file__).parent / "data" / "archive-0.1.0"
"""A table of two small weeks made by release 0.1.0, in two imports, and the figures of its 2021-W43."""
START, CUTOFF = datetime(2021, 10, 25), datetime(2021, 11, 1)
EVENT = {REQUEST: "", HANDLING: "closed_at", VISIT: "visited_at"}
EXTRA = tuple(
    Column(
        f"{of}_{kind.replace('/', '_')}",
        f"另加{of}{kind}",
        kind,
        of,
        known_from=f"{of}_{kind}" if kind == MOMENT else EVENT[of],
    )
    for of in (REQUEST, HANDLING, VISIT)
    for kind in (TEXT, MOMENT, INTEGER, YES_NO)
)
"""One more column of each kind for each of what a column can belong to."""
WRITTEN = {TEXT: "甲类", MOMENT: "2021-10-30 10:00:00", INTEGER: "3次", YES_NO: "是"}
MEANT = {TEXT: "甲类", MOMENT: pd.Timestamp("2021-10-30 10:00"), INTEGER: 3, YES_NO: True}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace of its own."""
    monkeypatch.setenv("HOTLINE_HOME", str(workspace(tmp_path)))
    return tmp_path


def mapped(home: Path, **headers: str) -> center.Center:
    """junan's profile with more columns mapped, as an analyst would write them into the file."""
    path = home / "params" / "junan" / "center.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["columns"] |= headers
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return profiles.load("junan")


def imported(home: Path, profile: center.Center, name: str, records: list[dict]) -> object:
    headers = dict.fromkeys([*HEADERS, *(header for record in records for header in record)])
    file = write(home / "exports" / name, table(records, tuple(headers)))
    return importing.import_files([file], profile, home / "data" / "archive")


@pytest.fixture
def declared(home, monkeypatch):
    """The workspace after one line more a column in the declaration, and one in the profile."""
    monkeypatch.setattr(columns, "COLUMNS", (*columns.COLUMNS, *EXTRA))
    return home, mapped(home, **{column.name: column.word for column in EXTRA})


def told(n: int, **changes: str) -> dict:
    """A closed and visited request with all extra columns given."""
    times = {"办结时间": "2021-10-29 10:00:00", "回访时间": "2021-10-30 10:00:00", "服务过程评价": "满意"}
    return row(n, **{**times, **{column.word: WRITTEN[column.kind] for column in EXTRA}, **changes})


def opened() -> Bulletin:
    return Bulletin.open(center="junan", period="2021-W43")


def test_a_declared_column_reaches_the_notebook(declared):
    """Each kind arrives as what it is, in `handlings`; what belongs to a visit in `visits`, to a request in `requests`."""
    home, profile = declared
    imported(home, profile, "工单_20211103.csv", [told(1), row(2)])
    bulletin = opened()
    first, second = (bulletin.handlings.iloc[at] for at in (0, 1))
    for column in EXTRA:
        assert bulletin.handlings[column.name].dtype == columns.DTYPES[column.kind]
        assert first[column.name] == MEANT[column.kind], column
        assert pd.isna(second[column.name]), column
    of_visit = {column.name for column in EXTRA if column.of == VISIT}
    assert {name for name in bulletin.visits if name in {c.name for c in EXTRA}} == of_visit
    assert bool(bulletin.visits["visit_yes_no"].iloc[0]) is True
    assert {c.name for c in EXTRA if c.of == REQUEST} <= set(bulletin.requests)


def test_a_declared_column_counts_when_an_export_comes_again(declared):
    """The same again is unchanged; another value in any one of the columns is a change; a file without it changes nothing."""
    home, profile = declared
    given = [told(n) for n in range(len(EXTRA))]
    imported(home, profile, "工单_20211103.csv", given)
    assert imported(home, profile, "工单_20211103.csv", given).unchanged == len(EXTRA)
    other = {TEXT: "乙类", MOMENT: "2021-10-30 11:00:00", INTEGER: "4", YES_NO: "否"}
    changed = [told(n, **{column.word: other[column.kind]}) for n, column in enumerate(EXTRA)]
    assert imported(home, profile, "工单_20211103.csv", changed).replaced == len(EXTRA)
    handlings = opened().handlings.sort_values("request_id")
    for n, column in enumerate(EXTRA):
        assert handlings[column.name].iloc[n] != MEANT[column.kind], column
    assert imported(home, profile, "工单_20211103.csv", given).replaced == len(EXTRA)
    lacking = {name: value for name, value in told(1).items() if name in HEADERS}
    assert imported(home, profile, "工单_20211104.csv", [lacking]).unchanged == 1
    visit = {name: lacking[name] for name in ("工单编号", "承办单位", "回访时间", "服务过程评价")}
    file = write(home / "exports" / "回访_20211105.csv", table([visit], tuple(visit)))
    assert importing.import_files([file], profile, home / "data" / "archive").unchanged == 1
    handlings = opened().handlings
    assert all((handlings[column.name] == MEANT[column.kind]).all() for column in EXTRA)


def test_a_declared_column_is_unknown_before_its_event(declared):
    """As of a cut-off, what is known from a later event on is missing, and a moment of its own is known from itself on."""
    home, profile = declared
    late = {"办结时间": "2021-11-01 00:00:00", "回访时间": "2021-11-01 00:00:00"}
    moments = {column.word: "2021-11-01 00:00:00" for column in EXTRA if column.kind == MOMENT}
    imported(home, profile, "工单_20211103.csv", [told(1, **late, **moments)])
    (handling,) = opened().handlings.to_dict("records")
    for column in EXTRA:
        assert pd.isna(handling[column.name]) == bool(column.known_from), column
    archive = Archive(home / "data" / "archive", "junan")
    (handling,) = archive.handlings(START, CUTOFF, datetime(2021, 11, 2)).to_dict("records")
    assert not any(pd.isna(handling[column.name]) for column in EXTRA)


def test_a_declared_column_is_set_aside_and_mended_with_its_row(declared):
    """A row that cannot be used shows the column in the set-aside workbook; mended there and imported, it is stored."""
    home, profile = declared
    report = imported(home, profile, "工单_20211103.csv", [told(1, 受理时间="二〇二一"), told(2)])
    (path,) = report.aside_files
    book = openpyxl.load_workbook(path)
    sheet = book.active
    headers = [cell.value for cell in sheet[1]]
    for column in EXTRA:
        assert sheet.cell(2, headers.index(column.word) + 1).value == WRITTEN[column.kind]
    sheet.cell(2, headers.index("受理时间") + 1).value = "2021-10-25 09:00:00"
    book.save(path)
    assert importing.import_files([path], profile, home / "data" / "archive").stored == 1
    handlings = opened().handlings
    assert len(handlings) == 2
    for column in EXTRA:
        assert (handlings[column.name] == MEANT[column.kind]).all(), column


def test_a_column_that_the_profile_does_not_map_is_not_stored(home):
    """Whatever the header, what no profile asks for never enters."""
    imported(
        home, profiles.load("junan"), "工单_20211103.csv", [row(1, 是否解决="是", 来电号码="13000000001")]
    )
    stored = kept(home / "data")
    assert stored[["solved", "caller"]].isna().all(axis=None)


def test_new_columns_of_this_release(home):
    """是否解决, 重办次数, 重复工单 and 来电号码 are read in their usual spellings."""
    profile = mapped(
        home,
        solved="是否解决",
        returned="重办次数",
        returned_at="重办时间",
        repeat_of="原工单",
        caller="来电号码",
    )
    visit = {"办结时间": "2021-10-26 10:00:00", "回访时间": "2021-10-27 10:00:00"}
    again = {"重办时间": "2021-10-28 09:00:00", "重办次数": 2.0, "原工单": "370000199001011234"}
    records = [
        row(0, **visit, **again, 是否解决="已解决", 来电号码="130 0000-0001"),
        row(1, **visit, 是否解决="N", 来电号码="+86 13000000001"),
        row(2, **visit, 是否解决="未接通", 来电号码="匿名"),
        row(3, **visit, 是否解决="说不清", 重办次数="多次", 来电号码="05390000001"),
    ]
    report = imported(home, profile, "工单_20211103.xlsx", records)
    handlings = opened().handlings
    assert handlings["solved"].astype(object).where(handlings["solved"].notna(), None).tolist() == [
        True,
        False,
        None,
        None,
    ]
    assert handlings["returned"].iloc[0] == 2
    assert handlings["repeat_of"].iloc[0] == "370000199001011234"
    notes = "".join(note for account in report.files for note in account.notes)
    assert "“说不清”1 行" in notes
    assert "“多次”1 行" in notes
    assert "未接通" not in notes
    callers = handlings["caller"]
    assert callers[0] == callers[1] != callers[3]
    assert pd.isna(callers[2])


def test_a_caller_is_a_code_and_its_key_stays_here(home):
    """No number in the archive, the set-aside files or the key's reach; the key is the user's alone, and made once."""
    profile = mapped(home, caller="来电号码")
    report = imported(
        home,
        profile,
        "工单_20211103.csv",
        [row(1, 来电号码="13000000001"), row(2, 受理时间="?", 来电号码="13000000001")],
    )
    key = home / "data" / "caller.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert any("data/caller.key" in note for note in report.notes)
    (code,) = kept(home / "data")["caller"]
    assert re.fullmatch("[0-9a-f]{64}", code)
    aside = pd.read_excel(report.aside_files[0], dtype=str, engine="calamine")
    assert aside["来电号码"].tolist() == [code]
    before = key.read_bytes()
    mended = row(2, 来电号码=code)
    imported(home, profile, "工单_20211103.csv", [row(1, 来电号码="13000000001"), mended])
    assert key.read_bytes() == before
    assert kept(home / "data")["caller"].tolist() == [code, code]
    for path in (home / "data").rglob("*"):
        assert not path.is_file() or b"13000000001" not in path.read_bytes()


def test_a_caller_key_that_is_none_stops_the_import(home):
    """A truncated key would give the same caller another code: nothing is stored, and the message names the file."""
    profile = mapped(home, caller="来电号码")
    (home / "data").mkdir()
    (home / "data" / "caller.key").write_text("", encoding="ascii")
    with pytest.raises(HotlineError, match=r"data/caller\.key"):
        imported(home, profile, "工单_20211103.csv", [row(1, 来电号码="13000000001")])
    assert Archive(home / "data" / "archive", "junan").version is None


# ---- an archive of release 0.1.0 ---------------------------------------------------------------------------------


@pytest.fixture
def old(home):
    """The workspace with the archive that release 0.1.0 made."""
    shutil.copytree(OLD / "junan", home / "data" / "archive" / "junan")
    return home


def test_an_archive_of_the_first_release_renders_its_figures(old):
    """Every figure that 0.1.0 printed is the same, units that only were visited come in addition (rule 7); nothing in the
    table changes by reading; @0 is still readable."""
    issue.render("junan", profiles.load("junan").period("2021-W43"), formats=("html",))
    printed = json.loads((old / "outputs/junan/2021-W43/figures.json").read_text(encoding="utf-8"))
    was = json.loads((OLD / "figures.json").read_text(encoding="utf-8"))["figures"]
    for group, units in was.pop("units").items():
        assert all(unit in printed["figures"]["units"][group] for unit in units)
    assert {name: printed["figures"][name] for name in was} == was
    assert diff("junan", periods.parse("2021-W43")) == []
    assert Archive(old / "data/archive", "junan").version == 1
    first = Archive(f"{old}/data/archive@0", "junan")
    assert first.handlings(datetime(2021, 10, 18), START, START)["solved"].isna().all()


def test_an_archive_of_the_first_release_gains_columns_at_the_next_import(old):
    """The first import adds the columns; what was stored before has none; a correction shows in `hotline diff`."""
    (old / "outputs/junan/2021-W43").mkdir(parents=True)
    shutil.copy(OLD / "figures.json", old / "outputs/junan/2021-W43")
    was = kept(old / "data")
    profile = mapped(old, solved="是否解决", returned="重办次数")
    known = was[was["requested_at"] >= START].iloc[0]
    again = row(
        5,
        工单编号=known["request_id"],
        受理时间=str(known["requested_at"]),
        诉求类别="表扬",
        办结时间="2021-10-31 09:00:00",
        回访时间="2021-10-31 10:00:00",
        是否解决="是",
        重办次数="1",
    )
    report = imported(old, profile, "工单_20211108.csv", [again, row(800, 受理时间="2021-10-26 08:00:00")])
    assert (report.replaced, report.stored, version(old / "data")) == (1, 1, 2)
    now = kept(old / "data")
    assert {*was.columns, *columns.names()} == set(now.columns)
    assert now["solved"].notna().sum() == now["returned"].notna().sum() == 1
    untouched = was[~was["request_id"].isin([known["request_id"]])].reset_index(drop=True)
    same = now[now["request_id"].isin(untouched["request_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(same[list(was.columns)], untouched)
    assert "受理总量" in "".join(moved.name for moved in diff("junan", periods.parse("2021-W43")))
    assert Archive(f"{old}/data/archive@1", "junan").visits(START, CUTOFF)["solved"].isna().all()
