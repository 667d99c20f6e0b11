"""`hotline new`: a center's profile from its export, and from there to its first bulletin."""

import csv
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import exports
import pandas as pd
import pytest
import yaml
from commands import run
from conftest import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from material import fill, handlings, workspace

from hotline import HotlineError, center, columns, periods, profiles
from hotline.center import Export
from hotline.intake import cleaning, files, headers, importing
from hotline.newcenter import draft
from hotline.newcenter.profile import Draft, profile_text
from hotline.paramfiles import CenterError
from hotline.publishing import issue
from hotline.sample import files as sample

FILLED = {
    "name": "测试县12345政务服务热线受理中心",
    "office": "测试县人民政府办公室",
    "report_to": [],
    "send_to": [],
}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace of its own."""
    monkeypatch.setenv("HOTLINE_HOME", str(workspace(tmp_path)))
    return tmp_path


def filled(key: str, **values: object) -> dict:
    """Fill the marks in as an analyst would, in the file; its content."""
    path = profiles.profile_path(key)
    content = {**yaml.safe_load(path.read_text(encoding="utf-8")), **FILLED, **values}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return content


def table(path: Path, header: list[str], rows: list[list]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def drafted(path: Path) -> dict:
    return yaml.safe_load(profile_text(draft.drafted([path])))


def figures(home: Path, key: str, period: str) -> dict:
    issue.render(key, profiles.load(key).period(period), formats=("html",))
    path = home / "outputs" / key / period / "figures.json"
    return json.loads(path.read_text(encoding="utf-8"))["figures"]


def test_a_new_center_has_the_figures_of_the_profile_written_by_hand(home):
    """From the same exports, the drafted profile gives issue 43's own figures; only what a person fills in differs."""
    exports = sample.write(home / "exports")
    done = run(home, "new", "second", "--from", home / "exports")
    assert done.returncode == 0, done.stderr
    assert "params/second/center.yml" in done.stdout
    assert "name、office、report_to、send_to" in done.stdout
    filled("second")
    for key in ("junan", "second"):
        importing.import_files(exports, profiles.load(key), home / "data" / "archive")
    ours, theirs = (figures(home, key, "2021-W43") for key in ("second", "junan"))
    for name in (
        "total",
        "previous_total",
        "change",
        "channels",
        "kinds",
        "topics",
        "topics_total",
        "handlings",
        "closed",
    ):
        assert ours[name] == theirs[name], name
    for group, units in theirs["units"].items():
        assert sorted(ours["units"][group], key=str) == sorted(units, key=str)
        assert ours["top_units"][group]["count"] == theirs["top_units"][group]["count"]
    assert theirs["total"] == 1909


def american(folder: Path, count: int = 400) -> tuple[Path, pd.DataFrame]:
    """An export as an American city publishes it: month first, no kinds, no visits, a slash inside a unit's name."""
    draw, rows = random.Random(1), []
    units = ["Solid Waste", "Transportation", "Parks/Recreation", "Water, Wastewater"]
    for number in range(count):
        created = datetime(2019, 3, 4) + timedelta(minutes=draw.randrange(7 * 1440))
        closed = created + timedelta(hours=draw.randrange(1, 300)) if draw.random() < 0.8 else None
        rows.append(
            {
                "SRRecordID": f"50041{number:05d}wAAA",
                "ServiceRequestNum": f"19-{number:08d}",
                "SRType": draw.choice(["SW-Dirty Alley", "SW-Bulk Scheduled", "TRM-Pothole Repair"]),
                "MethodReceived": draw.choice(["Phone", "Phone", "API"]),
                "CreatedDate": created,
                "SRStatus": "Closed",
                "DueDate": created + timedelta(days=7),
                "CloseDate": closed,
                "Agency": draw.choice(units),
                "Address": f"{number} EXAMPLE ST",
                "Latitude": "39.29",
                "ZipCode": "00000",
            }
        )
    frame = pd.DataFrame(rows)
    shown = frame.copy()
    for column in ("CreatedDate", "DueDate", "CloseDate"):
        shown[column] = frame[column].dt.strftime("%m/%d/%Y %I:%M:%S %p")
    path = folder / "requests.csv"
    shown.to_csv(path, index=False)
    return path, frame


def test_an_english_export_gives_a_profile_and_its_counts(home):
    """Columns are found by usual names and by content, the month-first dates too; the figures are the file's."""
    path, frame = american(home)
    assert run(home, "new", "city", "--from", path).returncode == 0
    content = filled("city")
    assert content["columns"] == {
        "request_id": ["ServiceRequestNum"],
        "requested_at": ["CreatedDate"],
        "channel": ["MethodReceived"],
        "topic": ["SRType"],
        "unit": ["Agency"],
        "due_at": ["DueDate"],
        "closed_at": ["CloseDate"],
    }
    assert content["export"]["date_format"] == "%m/%d/%Y %I:%M:%S %p"
    importing.import_files([path], profiles.load("city"), home / "data" / "archive")
    found = figures(home, "city", "2019-W10")
    assert found["total"] == len(frame)
    assert found["channels"] == frame["MethodReceived"].value_counts().to_dict()
    assert {name: topic["count"] for name, topic in found["topics"].items()} == frame[
        "SRType"
    ].value_counts().to_dict()
    closed = frame[frame["CloseDate"] < "2019-03-11"]["Agency"].value_counts().to_dict()
    assert {row["unit"]: row["handled"] for row in found["units"]["departments"]} == frame[
        "Agency"
    ].value_counts().to_dict()
    assert {row["unit"]: row["closed"] for row in found["units"]["departments"]} == closed


def test_a_profile_that_is_there_is_never_touched(home):
    """A person's work is not overwritten: exit 1, and the file as it was."""
    path, _ = american(home)
    before = profiles.profile_path("junan").read_bytes()
    done = run(home, "new", "junan", "--from", path)
    assert done.returncode == 1
    assert "params/junan/center.yml" in done.stderr
    assert "已经有了" in done.stderr
    assert profiles.profile_path("junan").read_bytes() == before


@pytest.mark.parametrize("name", ["../outside", "a/b", "", "中心"])
def test_a_name_that_is_no_folder_name_is_refused(home, name):
    """Nothing is written outside params/."""
    path, _ = american(home)
    with pytest.raises(CenterError, match="不能用"):
        draft.write(name, [path])


def test_a_marked_profile_imports_but_does_not_render(home):
    """An export can be checked against a draft; a bulletin that says 待填 is never made, and the message names the keys."""
    path, _ = american(home)
    draft.write("city", [path])
    assert run(home, "import", path, "--center", "city").returncode == 0
    done = run(home, "render", "2019-W10", "--center", "city")
    assert done.returncode == 1
    assert "params/city/center.yml" in done.stderr
    assert "4 处" in done.stderr
    assert "name、office、report_to、send_to" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "outputs" / "city" / "2019-W10").exists()


def test_a_mark_where_exports_are_read_stops_the_import_too(home):
    """Without the header of a needed column nothing can be read: the message is about the mark, not about the file."""
    path, _ = american(home)
    draft.write("city", [path])
    filled("city", name="待填", columns={"request_id": "待填", "requested_at": ["CreatedDate"]})
    done = run(home, "import", path, "--center", "city")
    assert done.returncode == 1
    assert "columns.request_id" in done.stderr
    assert "name" not in done.stderr


def test_a_marked_profile_keeps_no_other_center_from_its_issue(home):
    """The unattended run names the unfinished center, makes the others' issues, and exits 1."""
    path, _ = american(home)
    draft.write("city", [path])
    last = periods.last_complete(datetime.now())
    fill(home, handlings(str(last.previous), 2))
    done = run(home, "render", "--to", "html", "--allow-incomplete")
    assert done.returncode == 1
    assert "params/city/center.yml" in done.stderr
    assert "需要处理：city" in done.stdout
    assert (home / "outputs" / "junan" / str(last) / "bulletin.html").is_file()


def weekly(count: int = 120) -> list[dict]:
    draw = random.Random(2)
    return [
        {
            "工单编号": f"GD{number:06d}",
            "受理时间": f"2021-10-{25 + number % 7} 0{number % 10}:15:00",
            "承办单位": draw.choice(["甲街道", "乙镇", "教育局", "县教育局", "甲街道办事处"]),
            "诉求类型": draw.choice(["求助", "投诉"]),
        }
        for number in range(count)
    ]


def test_nothing_personal_enters_a_profile(tmp_path):
    """Not a value of a column that is not mapped, nor a personal number in one that is."""
    rows = weekly()
    for number, row in enumerate(rows):
        row |= {
            "诉求人": f"测试甲{number}",
            "联系电话": f"1300000{number:04d}",
            "诉求内容": "找13000000001",
            "经办人": "测试乙",
        }
        row["诉求类型"] = "求助13000000001" if number % 40 == 0 else row["诉求类型"]
    text = profile_text(
        draft.drafted([table(tmp_path / "a.csv", list(rows[0]), [list(r.values()) for r in rows])])
    )
    for mark in ("测试甲", "测试乙", "1300000", "找"):
        assert mark not in text
    assert "〔电话〕" in text


def test_a_persons_column_is_not_taken_for_a_category_whatever_its_header_says(tmp_path):
    """Content overrules the header: telephone numbers under 诉求类型 are not kinds, and a comment says so."""
    rows = weekly()
    for number, row in enumerate(rows):
        row["诉求类型"] = f"1300000{number:04d}"
    text = profile_text(
        draft.drafted([table(tmp_path / "a.csv", list(rows[0]), [list(r.values()) for r in rows])])
    )
    assert "kind" not in yaml.safe_load(text)["columns"]
    assert "# kind: [诉求类型]  # 表头像诉求类别，内容不像，没有采用" in text
    assert "13000000" not in text


def test_units_are_grouped_by_their_names_and_longer_forms_become_aliases(tmp_path):
    """街道, 镇 and 乡 are towns, the rest departments, by count; 县教育局 is 教育局 where both occur."""
    rows = weekly()
    found = drafted(table(tmp_path / "a.csv", list(rows[0]), [list(r.values()) for r in rows]))
    assert set(found["unit_groups"]["towns"]["units"]) == {"甲街道", "乙镇"}
    assert found["unit_groups"]["departments"]["units"] == ["教育局"]
    assert found["aliases"] == {"县教育局": "教育局", "甲街道办事处": "甲街道"}


def test_a_prefecture_s_unit_is_not_the_county_s(tmp_path):
    """市公安局 is another office than 公安局: no alias is guessed."""
    assert draft.aliases(["市公安局", "公安局", "县教育局", "甲街道办事处"]) == {}


def test_dates_that_could_be_read_two_ways_are_left_to_a_person(tmp_path):
    """03/04/2021 is April or March: no guess, a mark with both forms, and cells as they stand to tell by."""
    rows = [[f"GD{number:05d}", f"0{1 + number % 9}/0{1 + number % 7}/2021 10:00"] for number in range(60)]
    text = profile_text(draft.drafted([table(tmp_path / "a.csv", ["工单编号", "受理时间"], rows)]))
    assert yaml.safe_load(text)["export"]["date_format"] == profiles.TO_FILL
    assert "%m/%d/%Y %H:%M" in text
    assert "%d/%m/%Y %H:%M" in text
    assert "例：01/01/2021 10:00、02/02/2021 10:00、03/03/2021 10:00" in text
    assert "起草（60 件诉求）" in text


def test_a_date_format_that_reads_more_cells_is_taken(home, tmp_path):
    """Month first reads every cell, day first all but a tenth; a column of the import's own forms speaks against none."""
    rows = [
        [
            f"GD{n:05d}",
            f"{1 + n % 9:02d}/{13 if n % 10 == 0 else 1 + n % 7:02d}/2021 10:00",
            f"2021-12-{1 + n % 7:02d}",
        ]
        for n in range(60)
    ]
    path = table(tmp_path / "a.csv", ["工单编号", "受理时间", "办结时间"], rows)
    assert run(home, "new", "third", "--from", path).returncode == 0
    content = yaml.safe_load(profiles.profile_path("third").read_text(encoding="utf-8"))
    assert content["export"]["date_format"] == "%m/%d/%Y %H:%M"
    report = importing.import_files([path], profiles.load("third", draft=True), home / "data" / "archive")
    assert (report.stored, report.set_aside) == (60, 0)


def test_a_needed_column_is_found_by_content_alone(tmp_path):
    """A header nobody has seen: the only column of moments is when a request came; the comment says it is a guess."""
    rows = [[f"GD{number:05d}", f"2021-10-{10 + number % 20} 10:00", "教育局"] for number in range(60)]
    text = profile_text(draft.drafted([table(tmp_path / "a.csv", ["工单编号", "甲", "承办单位"], rows)]))
    assert yaml.safe_load(text)["columns"]["requested_at"] == ["甲"]
    assert "按内容猜的" in text


def test_a_needed_column_that_cannot_be_told_is_marked(tmp_path):
    """Two columns of moments without a telling header: a person decides."""
    rows = [[f"GD{n:05d}", f"2021-10-{10 + n % 20}", f"2021-11-{10 + n % 20}", "教育局"] for n in range(60)]
    found = drafted(table(tmp_path / "a.csv", ["工单编号", "甲", "乙", "承办单位"], rows))
    assert found["columns"]["requested_at"] == profiles.TO_FILL


def test_ratings_without_words_are_left_to_a_person(tmp_path):
    """Five stars: which of them are satisfied nobody here can know."""
    rows = [[f"GD{n:05d}", f"2021-10-{10 + n % 20}", f"2021-11-{10 + n % 20}", 1 + n % 5] for n in range(60)]
    header = ["工单编号", "受理时间", "回访时间", "办理结果满意度"]
    assert drafted(table(tmp_path / "a.csv", header, rows))["satisfied"] == [profiles.TO_FILL]


def test_a_title_and_a_two_row_header_are_the_imports_to_find(tmp_path):
    """What `hotline import` reads, `hotline new` reads: the header is found below a title, over two rows."""
    path = tmp_path / "a.csv"
    rows = [
        [f"GD{n:05d}", f"2021-10-{10 + n % 20}", "教育局", f"2021-11-{10 + n % 20}", "满意"]
        for n in range(60)
    ]
    above = [["某县热线工单", "", "", "", ""], ["工单编号", "受理时间", "承办单位", "回访", ""]]
    path.write_text(
        "\n".join(",".join(row) for row in [*above, ["", "", "", "时间", "服务过程"], *rows]),
        encoding="utf-8",
    )
    found = drafted(path)["columns"]
    assert found["visited_at"] == ["回访时间"]
    assert found["service_rating"] == ["回访服务过程"]


def test_a_file_without_a_known_header_is_refused_in_chinese(tmp_path):
    """Not a guess over any table: the message says what was looked for."""
    path = table(tmp_path / "名单.csv", ["甲", "乙"], [["一", "二"]] * 9)
    with pytest.raises(HotlineError, match=r"名单\.csv.*没有认出表头"):
        draft.drafted([path])


def test_no_header_is_a_synonym_of_two_columns():
    """A header means one column."""
    seen = [headers.normalised(name) for column in columns.COLUMNS for name in column.synonyms]
    assert len(seen) == len(set(seen))


names = (
    st.text(min_size=1, max_size=20).map(cleaning.plain).map(lambda text: " ".join(text.split())).filter(bool)
)


@given(st.lists(names, min_size=1, max_size=8, unique=True), st.lists(names, max_size=8, unique=True))
def test_any_names_make_a_profile_that_reads_back(units, kinds):
    """Whatever an export holds - quotes, colons, hashes, yes, 3, emoji - the YAML gives back exactly those names."""
    draft = Draft([], Export(), {None})
    for column in ("channel", "kind", "topic", "service_rating", "result_rating", "unit"):
        draft.counts[column] = pd.Series(dtype="int64")
    draft.counts["unit"] = pd.Series(1, index=units)
    draft.counts["kind"] = pd.Series(range(len(kinds), 0, -1), index=kinds, dtype="int64")
    found = yaml.safe_load(profile_text(draft))
    assert found.get("kinds") or kinds == []
    assert sorted(unit for group in found["unit_groups"].values() for unit in group["units"]) == sorted(units)


known = st.sampled_from([name for column in columns.COLUMNS for name in column.synonyms])
cells = st.one_of(
    names,
    st.sampled_from(
        [
            "",
            "无",
            "2021-10-25 08:15:00",
            "03/04/2021",
            "GD0001",
            "满意",
            "5",
            "甲镇、乙局",
            "13000000001",
            "合计",
        ]
    ),
)


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_table_gives_a_usable_profile_or_a_message(tmp_path, data):
    """Whatever a table holds: a profile that loads once its marks are filled in, or an error in Chinese, never a traceback."""
    header = data.draw(st.lists(st.one_of(known, names), min_size=1, max_size=6, unique=True))
    rows = data.draw(st.lists(st.lists(cells, min_size=len(header), max_size=len(header)), max_size=8))
    path = table(tmp_path / "a.csv", header, rows)
    try:
        text = profile_text(draft.drafted([path]))
    except files.FileError:
        return
    assert "13000000001" not in text
    content = yaml.safe_load(text)
    assert profiles.to_fill(content)
    center.Center.model_validate({**content, "key": "a"})


def test_a_row_that_has_shifted_gives_the_profile_nothing(home, tmp_path):
    """One unquoted comma moves a citizen's name into a column that is read: nothing of that row is in the draft."""
    header = ["工单编号", "受理时间", "承办单位", "诉求类别", "诉求人姓名"]
    sound = [f"2021102500{n:04d},2021-10-25 08:{n:02d}:00,大店镇,求助,测试甲" for n in range(12)]
    shifted = "20211025009999,2021-10-25 09:00:00,大店镇,机密路,测试乙机密,求助,测试乙机密"
    noted = "20211025009998,测试丙机密,测试丁机密,测试戊机密,2021-10-25 09:00:00"
    path = tmp_path / "工单.csv"
    path.write_text("\n".join([",".join(header), *sound, shifted, noted, ""]), encoding="utf-8")
    written, _ = draft.write("ceshi", [path])
    text = written.read_text(encoding="utf-8")
    assert "大店镇" in text
    assert "机密" not in text


def test_what_lies_between_two_stray_quotes_is_no_name(tmp_path):
    """Rows between them are one cell, of which nobody's name may enter the profile."""
    records = [[*map(str, exports.row(n).values()), "张机密", "机密路1号"] for n in range(30)]
    for n, at in ((9, 2), (14, 5)):
        records[n].insert(at, '"')
    path = tmp_path / "工单.csv"
    lines = [[*exports.HEADERS, "诉求人姓名", "诉求人地址"], *records]
    path.write_text("".join(",".join(line) + "\n" for line in lines), "utf-8")
    text = profile_text(draft.drafted([path]))
    assert "大店镇" in text
    assert "机密" not in text
