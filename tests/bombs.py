"""Files that no limit on their size stops: small, or of one endless line, and far larger once they are read.

What costs by its size alone is also made at a part of it: 1 is the whole.
"""

import zipfile
from pathlib import Path

from exports import HEADERS, row, rows, table, write, write_book

MEGABYTE = 1_000_000
_LINE = ",".join(map(str, HEADERS)) + "\n"


def _lines(numbers: range) -> str:
    return "".join(",".join(map(str, line)) + "\n" for line in table([row(n) for n in numbers])[1:])


def cells_without_a_place(folder: Path, part: float) -> Path:
    """154 KB of .xlsx: one row of five million <c> without r=."""
    path = write_book(folder / "工单.xlsx", {"工单": table(rows(1))})
    with zipfile.ZipFile(path) as book:
        parts = {info.filename: book.read(info) for info in book.infolist()}
    cells = b"<c><v>1</v></c>" * round(5_000_000 * part)
    sheet = b"<worksheet><sheetData><row>" + cells + b"</row></sheetData></worksheet>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else part)
    return path


def line_in_a_zip(folder: Path, part: float) -> Path:
    """1.8 MB of .zip: a text file of one line of 1.9 GB."""
    path = folder / "工单.zip"
    block = b"a" * round(100 * part * MEGABYTE)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("工单.csv", "w") as member:
        for _ in range(19):
            member.write(block)
    return path


def open_quote(folder: Path, part: float) -> Path:
    """A .csv of 200 MB whose first row has a quote that nothing closes."""
    some = _lines(range(1, 2_001))
    first, rest = some.split("\n", 1)
    with (path := folder / "工单.csv").open("w", encoding="utf-8") as file:
        file.write(_LINE + first.replace(",", ',"', 1) + "\n" + rest)
        for _ in range(round(200 * part * MEGABYTE) // len(some.encode())):
            file.write(some)
    return path


def commas(folder: Path, part: float) -> Path:
    """200 MB of commas."""
    (path := folder / "工单.csv").write_bytes(b"," * round(200 * part * MEGABYTE))
    return path


def one_cell(folder: Path, part: float) -> Path:
    """A header, then one cell of 200 MB."""
    (path := folder / "工单.csv").write_bytes(_LINE.encode() + b"x" * round(200 * part * MEGABYTE))
    return path


def long_cells(folder: Path) -> Path:
    """Cells of 32,767 letters and digits, by the dozen."""
    long = [
        row(n, 二级分类=("1380000 " * 4096)[:32_767], 承办单位=("a.b" * 11_000)[:32_767]) for n in range(24)
    ]
    return write(folder / "工单.xlsx", table(long))


def long_id(folder: Path) -> Path:
    """An id of 32,767 characters among sound ones."""
    return write(folder / "工单.xlsx", table([row(1), row(2, 工单编号="7" * 32_767), row(3)]))


def date_beyond_all_calendars(folder: Path) -> Path:
    """A date cell of -1e15 among sound ones."""
    import xlsxwriter

    path = folder / "工单.xlsx"
    content = table(rows(3))
    book = xlsxwriter.Workbook(path)
    sheet, date = book.add_worksheet("工单"), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for r, line in enumerate(content):
        for c, cell in enumerate(line):
            sheet.write_string(r, c, str(cell))
    sheet.write_number(2, list(content[0]).index("受理时间"), -1e15, date)
    book.close()
    return path
