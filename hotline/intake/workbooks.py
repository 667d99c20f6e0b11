"""Workbooks into grids: .xlsx and .xls through calamine, with limits set before it unpacks anything."""

import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from hotline.intake import oldbooks
from hotline.intake.grids import HEAD, Body, FileError, Grid

MAX_CELLS = 40_000_000
"""The largest rectangle of cells read from a sheet: the reader holds it whole, so a stray far cell is a bomb."""


def inflated(
    name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, used: int = 0
) -> Iterator[bytes]:
    """A member's content by chunks, stopped at `limit` bytes whatever size the directory states.

    `used`: what other members have taken of the limit.
    """
    raw, total = archive.fp, used
    unpack = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    if unpack is None and info.compress_type != zipfile.ZIP_STORED:
        raise FileError(f"{name}：压缩方式不支持。请用普通的 zip 重新压缩。")
    try:
        raw.seek(info.header_offset)
        header = raw.read(30)
        if header[:4] != b"PK\x03\x04":
            raise ValueError("no member begins here")
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        raw.seek(names, io.SEEK_CUR)
        left = info.compress_size
        while left > 0 and (block := raw.read(min(left, 1 << 20))):
            left -= len(block)
            while block:
                chunk = unpack.decompress(block, 1 << 22) if unpack else block
                block = unpack.unconsumed_tail if unpack else b""
                total += len(chunk)
                if total > limit:
                    raise FileError(
                        f"{name}：解压后超过 {limit // 1_000_000} MB（center.yml 的 export.max_megabytes），不像正常的导出，没有读取。"
                    )
                yield chunk
    except FileError:
        raise
    except (zlib.error, ValueError, OSError, OverflowError):
        raise _damaged(name) from None


# As every program writes them, and as XML allows them: the first are found five times as fast.
_ROW, _ANY_ROW = re.compile(rb'<row r="(\d+)"'), re.compile(rb"""[<:]row\s[^>]*?\br\s*=\s*["']0*(\d+)""")
_WIDE, _ANY_WIDE = re.compile(rb' r="([A-Z]{2,3})\d'), re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,3})\d""")
_ODD_CELL = re.compile(rb'<c r="[^A-Z]')


def _extent(text: bytes) -> tuple[int, int]:
    """The last row and column that a part of a sheet's XML speaks of; at least 1 and 26."""
    rows = _ROW.findall(text)
    usual = len(rows) == text.count(b"<row") and text.count(b"<c ") == text.count(b'<c r="')
    usual = usual and b":row" not in text and b":c " not in text and not _ODD_CELL.search(text)
    rows = rows if usual else _ANY_ROW.findall(text)
    columns = set((_WIDE if usual else _ANY_WIDE).findall(text))
    return max((int(row[:9]) for row in rows), default=1), max(map(_column_number, columns), default=26)


def checked(name: str, archive: zipfile.ZipFile, limit: int) -> bool:
    """Refuse a workbook that would not fit in memory or defines XML entities; whether its dates count from 1904."""
    date1904, used = False, 0
    for info in archive.infolist():
        if info.filename.endswith("workbook.bin"):
            raise FileError(f"{name}：是 .xlsb 格式。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
        # Every part, whatever its name: a workbook is free to call a sheet what it likes.
        rows, columns, tail, first = 1, 26, b"", True
        for chunk in inflated(name, archive, info, limit, used):
            used += len(chunk)
            if first and (
                b"<!DOCTYPE" in chunk[:4096]
                or b"<!ENTITY" in chunk[:4096]
                or chunk[:2] in (b"\xff\xfe", b"\xfe\xff")
            ):
                raise FileError(
                    f"{name}：文件里有 XML 实体定义，正常的导出不会有，没有读取。请在 Excel 或 WPS 里另存一份再导入。"
                )
            if first and info.filename == "xl/workbook.xml":
                date1904 = bool(re.search(rb"""date1904=["'](1|true)["']""", chunk))
            first = False
            text = tail + chunk
            cut = text.rfind(b">") + 1  # so that no element is looked at in halves
            tail = text[cut:][-65_536:]
            last_row, last_column = _extent(text[:cut])
            rows, columns = max(rows, last_row), max(columns, last_column)
        if rows * columns > MAX_CELLS:
            raise FileError(
                f"{name}：工作表占了 {rows} 行 × {columns} 列，超过能读的范围。请删去表格以外的空行空列（或其格式），另存后再导入。"
            )
    return date1904


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


@dataclass
class _Sheet(Grid):
    source: object = None

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        picked, numbers = [], []
        try:
            for number, row in enumerate(self.source.iter_rows(), 1):
                if number <= after:
                    continue
                cells = [row[position] for position in positions]
                # A row blank in every column, used or not, is no row: sheets state extents far beyond their data.
                if _filled(cells[0]) or any(map(_filled, row)):
                    picked.append(cells)
                    numbers.append(number)
                    if len(picked) > max_rows:
                        self._limited(len(picked), max_rows)
        except BaseException as error:
            raise _unreadable(self.file, error) from None
        columns = [_column(list(column)) for column in zip(*picked, strict=True)] or [[] for _ in positions]
        return Body(np.array(numbers, dtype="int64"), columns)


def _filled(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _column(cells: list) -> pa.Array | list:
    """Cells as an Arrow array where all of them are text, as they are otherwise."""
    try:
        return pa.array(cells, pa.string())
    except (pa.ArrowException, UnicodeError, TypeError, ValueError):
        return cells


@dataclass
class _Rows:
    """Rows already read, in the manner of the reader's own sheet."""

    rows: list[list]

    def iter_rows(self) -> Iterator[list]:
        return iter(self.rows)


def sheets(name: str, data: bytes, sheet: str | None, date1904: bool) -> Iterator[Grid]:
    """Every worksheet of a checked .xlsx, or the named one."""
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        titles = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    except BaseException as error:
        raise _unreadable(name, error) from None
    for title in _wanted(name, titles, sheet):
        try:
            source = book.get_sheet_by_name(title)
            head = list(itertools.islice(source.iter_rows(), HEAD))
        except BaseException as error:
            raise _unreadable(name, error) from None
        yield _Sheet(name, title, head, date1904, source)


def old_sheets(name: str, data: bytes, sheet: str | None) -> Iterator[Grid]:
    """Every worksheet of an .xls, or the named one."""
    try:
        date1904, found = oldbooks.sheets(data)
    except oldbooks.Unreadable as error:
        raise _password(name) if error.password else _damaged(name) from None
    rows = dict(found)
    for title in _wanted(name, list(rows), sheet):
        yield _Sheet(name, title, rows[title][:HEAD], date1904, _Rows(rows[title]))


def _wanted(name: str, titles: list[str], sheet: str | None) -> list[str]:
    if sheet is None:
        return titles
    if sheet not in titles:
        raise FileError(
            f"{name}：没有名为“{sheet}”的工作表，只有 {'、'.join(titles)}（center.yml 的 export.sheet）。"
        )
    return [sheet]


def _unreadable(name: str, error: BaseException) -> BaseException:
    """The reader's failure as an analyst should see it. Its panics are no Exception, so all is caught; Ctrl-C passes."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, FileError)):
        return error
    return _password(name) if isinstance(error, calamine.PasswordError) else _damaged(name)


def _password(name: str) -> FileError:
    return FileError(f"{name}：有密码。请在 Excel 或 WPS 里去掉密码，另存后再导入。")


def _damaged(name: str) -> FileError:
    return FileError(
        f"{name}：文件已损坏或不完整（可能没有下载完）。请重新导出，或在 Excel、WPS 里打开另存后再导入。"
    )
