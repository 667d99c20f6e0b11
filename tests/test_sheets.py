"""督办单: each unit's own orders and nobody else's; together they are what the issue counts."""

import json
import re
import zipfile
from pathlib import Path

import docx
import nbformat
import pandas as pd
import pypdfium2
import pytest
from bs4 import BeautifulSoup
from commands import PROGRAM, hotline, on_a_terminal
from hypothesis import given
from rows import DEMO, WEEK, anything, handlings

from hotline import measures, profiles
from hotline.archive import Archive
from hotline.printing import document
from hotline.publishing import duties, sheets
from hotline.publishing.editions import Edition

IDS = re.compile(r"(?<!\d)2021\d{10}(?!\d)")


@pytest.fixture(scope="module")
def made(issue43, tmp_path_factory) -> Path:
    """A workspace with the sheets of issue 43, and one left from an earlier run."""
    import shutil

    home = Path(shutil.copytree(issue43, tmp_path_factory.mktemp("sheets") / "workspace"))
    stale = home / "data/sheets/junan/2021-W43/督办单_某单位.pdf"
    stale.parent.mkdir(parents=True)
    stale.touch()
    said = on_a_terminal(PROGRAM, "sheets", "2021-W43", home=home)
    *before, last = said.splitlines()
    units = re.search(
        r"junan 2021-W43：(\d+) 个单位有待办事项 → data/sheets/junan/2021-W43/index.html", last
    )[1]
    assert f"排督办单 {units}/{units}" in "".join(before)
    assert not stale.exists()
    return home


def folder(home: Path) -> Path:
    return home / "data/sheets/junan/2021-W43"


def waiting(home: Path) -> pd.DataFrame:
    """What is open at the cut-off, straight from the archive."""
    profile = profiles.load("junan")
    week = profile.period("2021-W43")
    rows = Archive(home / "data/archive", "junan").open(week.cutoff, as_of=week.cutoff).dropna(subset="unit")
    return rows.assign(over=rows["due_at"] <= pd.Timestamp(week.cutoff))


def text_of(path: Path) -> str:
    if path.suffix == ".pdf":
        return "".join(
            page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path.read_bytes())
        )
    document = docx.Document(path)
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_every_sheet_has_its_unit_s_orders_and_no_other_s(made):
    """In the PDF and in Word: all that is open of its own, and not one id of another unit's alone."""
    rows = waiting(made)
    for unit, own in rows.groupby("unit"):
        for kind in ("pdf", "docx"):
            ids = {*IDS.findall(text_of(folder(made) / f"督办单_{unit}.{kind}"))}
            assert ids == {*own["request_id"]}, (unit, kind)
    units = {path.stem.removeprefix("督办单_") for path in folder(made).glob("*.pdf")}
    assert units == {*rows["unit"]}


def index(home: Path) -> tuple[list[str], dict[str, list[int]], list[int]]:
    """The index page: its columns, each unit's counts, the sums."""
    page = BeautifulSoup((folder(home) / "index.html").read_text(encoding="utf-8"), "html.parser")
    rows = {row.th.text: [int(cell.text) for cell in row.select("td.n")] for row in page.select("tbody tr")}
    return (
        [th.text for th in page.select("thead th.n")],
        rows,
        [int(td.text) for td in page.select("tfoot td.n")],
    )


def test_the_sheets_add_up_to_the_issue(made):
    """Each unit's counts are its line in the annexes; their sums are the issue's; what is open, the archive's."""
    figures = json.loads((made / "outputs/junan/2021-W43/figures.json").read_text())["figures"]
    columns, by_unit, sums = index(made)
    annexes = {each["unit"]: each for group in figures["units"].values() for each in group}
    assert {unit: counts[:2] for unit, counts in by_unit.items() if unit in annexes} == {
        unit: [each["handled"], each["closed"]] for unit, each in annexes.items()
    }
    of = dict(zip(columns, sums, strict=True))
    assert (of["本周承办"], of["其中办结"]) == (figures["handlings"], figures["closed"])
    rows = waiting(made)
    assert (of["在办"], of["其中超期"]) == (len(rows), int(rows["over"].sum()))
    for unit, own in rows.groupby("unit"):
        said = dict(zip(columns, by_unit[unit], strict=True))
        text = re.sub(r"\s", "", text_of(folder(made) / f"督办单_{unit}.pdf"))
        assert f"你单位在办工单{len(own)}件" in text
        assert said["其中超期"] == int(own["over"].sum())
        if said["其中超期"]:
            assert f"已经超期、尚未办结的（{said['其中超期']}件）" in text


def test_sheets_that_cannot_be_made_leave_those_of_before(workspace):
    """All or none: which character cannot be printed, exit 1, the folder as it was."""
    before = folder(workspace) / "督办单_十字路街道.pdf"
    before.parent.mkdir(parents=True)
    before.write_bytes(b"before")
    profile = workspace / "params/junan/center.yml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace("name: 镇街\n", "name: 镇街\U0001f9ff\n"), encoding="utf-8")
    said = hotline(workspace, "sheets", "2021-W43", code=1)
    assert "字体里没有这些字，不能排版：“\U0001f9ff”" in said
    assert [(path.name, path.read_bytes()) for path in before.parent.iterdir()] == [(before.name, b"before")]


def test_a_unit_with_nothing_to_do_has_none(made):
    """It is in the index, with its counts and without a sheet."""
    _, by_unit, _ = index(made)
    idle = {unit for unit, counts in by_unit.items() if not any(counts[2:])}
    assert idle
    assert not [unit for unit in idle if list(folder(made).glob(f"督办单_{unit}.*"))]


def test_they_are_the_center_s_alone(made):
    """Folders of mode 700, files of 600, nothing in outputs/; all of them in one zip, and linked."""
    for place in (folder(made), folder(made).parent, folder(made).parents[1]):
        assert place.stat().st_mode & 0o777 == 0o700
    files = sorted(folder(made).iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    packed = zipfile.ZipFile(folder(made) / "督办单_2021-W43.zip").namelist()
    assert sorted(packed) == sorted(path.name for path in files if path.suffix in (".pdf", ".docx"))
    page = BeautifulSoup((folder(made) / "index.html").read_text(encoding="utf-8"), "html.parser")
    import urllib.parse

    links = [urllib.parse.unquote(a["href"]) for a in page.select("a")]
    assert sorted(links) == sorted([*packed, "督办单_2021-W43.zip"])
    assert not list((made / "outputs").rglob("*督办单*"))


def test_the_same_sheet_is_the_same_bytes(made, monkeypatch):
    """So that a mail of yesterday can be compared with today's."""
    monkeypatch.setenv("HOTLINE_HOME", str(made))
    edition = Edition.of("2021-W43", profiles.load("junan"))
    about = document.about(document.printed(nbformat.read(edition.notebook, 4)))
    found = duties.read(Archive(edition.location, "junan"), edition.period, edition.center, {})
    sheet = next(each for each in sheets.of_units(edition, about, found) if each.unit == "大店镇")
    for kind, printed in sheets.KINDS.items():
        assert printed(sheet.blocks) == (folder(made) / f"督办单_大店镇.{kind}").read_bytes()


@given(anything)
def test_every_open_handling_is_somebody_s_once(rows):
    """Counts of units are those of the rows; groups add up; each row is overdue, due next, or neither."""
    at = WEEK.cutoff
    received = rows[rows["requested_at"] < at]
    visits = handlings().reindex(columns=rows.columns)
    found = duties.duties(received, visits, received, received, received, WEEK, DEMO)
    opened = measures.open_at(received, at, DEMO).dropna(subset="unit")
    assert len(found.waiting) == len(opened)
    assert not (found.waiting["past_due"] & found.waiting["due_next"]).any()
    assert found.waiting.loc[found.waiting["past_due"], "days_over"].ge(1).all()
    for name, whole in (
        ("waiting", len(opened)),
        ("past_due", int(opened["past_due"].sum())),
        ("redone", len(found.returned)),
        ("handled", int(received["unit"].notna().sum())),
    ):
        assert found.by_unit[name].sum() == found.by_group[name].sum() == whole
    for row in found.by_unit.to_dict("records"):
        own = found.waiting[found.waiting["unit"] == row["unit"]]
        assert (row["waiting"], row["due_next"]) == (len(own), int(own["due_next"].sum()))
