"""The issue's workbook: what is printed, as numbers, for people who live in spreadsheets."""

import json
import re
import zipfile

import openpyxl
import pytest
from commands import hotline
from hypothesis import given
from hypothesis import strategies as st
from printed import executed, exported
from test_exporters import HOSTILE, issue_named

from hotline import periods, wording
from hotline.archive import Archive
from hotline.printing import document
from hotline.printing.spreadsheet import Book, numeric


@pytest.fixture(scope="module")
def made(issue43, tmp_path_factory):
    """Issue 43's workbook, from its executed notebook."""
    path = tmp_path_factory.mktemp("workbook") / "bulletin.xlsx"
    path.write_bytes(exported(executed(issue43), "xlsx"))
    return path


def table(sheet) -> list[list]:
    """The header and the rows below it."""
    head = int(re.search(r"\d+", sheet.print_title_rows)[0])
    return [
        [cell.value for cell in row if cell.column < sheet.max_column or cell.value is not None]
        for row in sheet.iter_rows(min_row=head)
    ]


def test_every_table_chart_and_annex_has_its_sheet(made, issue43):
    """In the order of the issue, after the contents, before the definitions; the contents lead to each, and each back."""
    book = openpyxl.load_workbook(made)
    blocks = document.printed(executed(issue43))
    charts = [block.elements[0]["title"] for block in blocks if block.role == "chart"]
    annexes = [block.label for block in blocks if block.role == "annex"]
    assert book.sheetnames[:6] == ["目录", "要数", "每周纵览", "诉求类别", "区域分布", "热点问题"]
    assert book.sheetnames[-1] == "口径"
    assert {*annexes} < {*book.sheetnames}
    assert (
        len(book.sheetnames) == 6 + len(charts) + 1 + len(annexes) + 1
    )  # the chart of time is of two tables
    contents = book["目录"]
    leads = [
        cell.hyperlink.location for row in contents.iter_rows(max_col=1) for cell in row if cell.hyperlink
    ]
    assert leads == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    for sheet in book.worksheets[1:]:
        back = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        assert back == ["'目录'!A1"]


def test_annexes_are_as_printed(made, issue43):
    """Same columns, same rows, same order, same remark; numbers are numbers, in the printed form."""
    book = openpyxl.load_workbook(made)
    for block in document.printed(executed(issue43)):
        if block.role != "annex":
            continue
        element = block.elements[0]
        header, *rows = table(book[block.label])
        assert header == element["columns"]
        sheet = book[block.label]
        head = int(re.search(r"\d+", sheet.print_title_rows)[0])
        for at, row in enumerate(element["rows"], 1):
            for place, cell in enumerate(row):
                held = sheet.cell(head + at, place + 1)
                if isinstance(cell, int):
                    assert held.value == cell
                elif cell.endswith("%"):
                    assert f"{held.value:{'.2%' if '.' in cell else '.0%'}}" == cell
                else:
                    assert held.value == cell
        assert rows[-1][0] == element["remark"]


def test_the_tables_hold_the_figures_of_the_issue(made, issue43):
    """Every count of figures.json that a table declares stands in its sheet."""
    figures = json.loads((issue43 / "outputs/junan/2021-W43/figures.json").read_text())["figures"]
    book = openpyxl.load_workbook(made)
    kinds = {row[0]: row[1] for row in table(book["诉求类别"])[1:]}
    assert kinds == {kind: each["count"] for kind, each in figures["kinds"].items()}
    single = {row[0]: row[1] for row in table(book["要数"])[1:]}
    assert single["受理总量"] == figures["total"]
    assert "上年同期受理总量" not in single  # this issue has none
    channels = {row[0]: row[1] for row in table(book["每周纵览"])[1:]}
    assert channels == figures["channels"]


def test_sheets_are_set_for_a4_and_their_heads_stay(made):
    """Frozen below the header, which every printed page repeats; one page wide."""
    for sheet in openpyxl.load_workbook(made):
        head = int(re.search(r"\d+", sheet.print_title_rows)[0])
        assert sheet.freeze_panes[1:] == str(head + 1)
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)


def test_no_id_is_in_it_and_the_bytes_stay(made, issue43):
    """It goes to readers; and the same notebook gives the same file."""
    text = "".join(
        zipfile.ZipFile(made).read(name).decode("utf-8", "replace")
        for name in zipfile.ZipFile(made).namelist()
    )
    week = periods.parse("2021-W43")
    ids = Archive(issue43 / "data/archive", "junan").handlings(week.start, week.cutoff, week.cutoff)[
        "request_id"
    ]
    assert ids.nunique() == 1909
    assert not [each for each in ids if each in text]
    assert exported(executed(issue43), "xlsx") == made.read_bytes()


def test_page_and_index_link_to_what_was_made(workspace):
    """PDF, Word and workbook, each where it is there; links to the neighbours stay."""
    hotline(workspace, "render", "2021-W43", "--to", "html,docx,xlsx")
    folder = workspace / "outputs/junan/2021-W43"
    page = (folder / "bulletin.html").read_text(encoding="utf-8")
    index = (folder.parent / "index.html").read_text(encoding="utf-8")
    for name, label in (("pdf", "PDF"), ("docx", "Word"), ("xlsx", "Excel")):
        assert f'<a href="bulletin.{name}">{label}</a>' in page
        assert f'<a href="2021-W43/bulletin.{name}">{label}</a>' in index
        assert (folder / f"bulletin.{name}").is_file()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_the_text_that_it_is(name, tmp_path):
    """Markup and formulas in the data are text in a cell, and a title of its own in a sheet's name."""
    path = tmp_path / "named.xlsx"
    path.write_bytes(exported(issue_named(name), "xlsx"))
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell.value for cell in cells].count(name) >= 2


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_printed_number_is_that_number_and_prints_so(now, before):
    """Shares and changes: the cell's value, in its format, reads as the issue has it; a fall is below zero."""
    number, form = numeric(wording.share(min(now, before), before))
    assert form == "0.00%"
    assert f"{number:.2%}" == wording.share(min(now, before), before)
    change = wording.change(now, before)
    if change.amount and "不足" not in change.amount:
        number, form = numeric(str(change))
        assert (number < 0) == (now < before)
        assert form.split(";")[0].replace("0.00%", f"{abs(number):.2%}").replace('"', "") == str(change)


@pytest.mark.parametrize(
    "text", ["-", "持平", "4/5", "不足0.01%", "增加不足0.01%", "大店镇", "12345", "=1+1", ""]
)
def test_what_is_no_number_stays_text(text):
    """A mark, a name, a formula: as it stands."""
    assert numeric(text) is None


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=8))
def test_any_title_makes_a_sheet_of_its_own(titles):
    """Excel refuses a workbook with a name that is too long, taken, or has a sign of its own in it."""
    import datetime

    book = Book("题", "中心", datetime.datetime(2021, 11, 5))
    names = [book.named(title) for title in titles]
    for name, title in zip(names, titles, strict=True):
        book.sheet(name, title, {"名称": "name"}, [["=1+1"], ["@x"]])
    assert len({name.casefold() for name in names}) == len(titles)
    assert book.content().startswith(b"PK")
