"""Workbooks into grids: .xlsx and .xls through calamine, with limits set before it unpacks anything."""

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import python_calamine as calamine

from hotline.intake import progress
from hotline.intake.grids import Body, FileError, Grid, Texts, damaged, head_of

_TOLD = 2_000
"""Rows after which it is reported how far a sheet has been read."""
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
        raise damaged(name) from None


# As every program writes them, and as XML allows them: the first are found five times as fast.
_ROW, _ANY_ROW = re.compile(rb'<row r="(\d+)"'), re.compile(rb"""[<:]row\s[^>]*?\br\s*=\s*["']0*(\d+)""")
_WIDE, _ANY_WIDE = re.compile(rb' r="([A-Z]{2,3})\d'), re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{2,3})\d""")
_ODD_CELL = re.compile(rb'<c r="[^A-Z]')
_ERROR = re.compile(rb'<c [^>]*\bt="e"')
_NOT_WORKED_OUT = re.compile(
    rb'<c (?![^>]*\bt="str")[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)(?:<v></v>|<v ?/>)?</c>'
)
"""Cells that the reader gives as empty: those with an error in place of a value, and formulas that no program has worked out."""


def _extent(text: bytes) -> tuple[int, int]:
    """The last row and column that a part of a sheet's XML speaks of; at least 1 and 26."""
    rows = _ROW.findall(text)
    usual = len(rows) == text.count(b"<row") and text.count(b"<c ") == text.count(b'<c r="')
    usual = usual and b":row" not in text and b":c " not in text and not _ODD_CELL.search(text)
    rows = rows if usual else _ANY_ROW.findall(text)
    columns = set((_WIDE if usual else _ANY_WIDE).findall(text))
    return max((int(row[:9]) for row in rows), default=1), max(map(_column_number, columns), default=26)


def checked(name: str, archive: zipfile.ZipFile, limit: int) -> tuple[bool, int]:
    """Refuse a workbook that would not fit in memory or defines XML entities; whether its dates count from 1904, and
    how many of its cells have no value that can be read, though they are not empty.
    """
    date1904, broken, used = False, 0, 0
    stated = sum(info.file_size for info in archive.infolist()) or 1
    for info in archive.infolist():
        if info.filename.endswith("workbook.bin"):
            raise FileError(f"{name}：是 .xlsb 格式。请在 Excel 或 WPS 里另存为 .xlsx 再导入。")
        # Every part, whatever its name: a workbook is free to call a sheet what it likes.
        rows, columns, tail, first = 1, 26, b"", True
        for chunk in inflated(name, archive, info, limit, used):
            used += len(chunk)
            progress.reached(
                min(used / stated, 1) / 2
            )  # the other half is the reader's, which says nothing meanwhile
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
            broken += len(_ERROR.findall(text, 0, cut)) if b't="e"' in text else 0
            broken += len(_NOT_WORKED_OUT.findall(text, 0, cut)) if b"<f" in text else 0
        if rows * columns > MAX_CELLS:
            raise FileError(
                f"{name}：工作表占了 {rows} 行 × {columns} 列，超过能读的范围。请删去表格以外的空行空列（或其格式），另存后再导入。"
            )
    return date1904, broken


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


@dataclass
class _Sheet(Grid):
    source: object = None

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        picked, numbers, unreadable = [], array("q"), []
        for number, row in enumerate(_rows(self.file, self.source), 1):
            if not number % _TOLD:
                progress.reached(number / self.source.total_height)
            if number <= after:
                continue
            if row is None:
                unreadable.append(number)
                row = [""] * (max(positions) + 1)
            # A row blank in every column, used or not, is no row: sheets state extents far beyond their data.
            elif not any(map(_filled, row)):
                continue
            picked.append([row[position] for position in positions])
            numbers.append(number)
            self._limited(len(picked), max_rows)
        columns = [_column(column) for column in zip(*picked, strict=True)] or [[] for _ in positions]
        return Body(numbers, columns, unreadable=unreadable)


def _rows(name: str, source: object) -> Iterator[list | None]:
    """A sheet's rows; None for one with a cell that the reader stumbles over (a date beyond all calendars: calamine
    panics, which is no Exception).
    """
    rows = iter(source.iter_rows())
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except MemoryError:
            raise
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise _unreadable(name, error) from None
            row = None
        yield row


def _filled(cell: object) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _column(cells: tuple) -> Texts | list:
    """Cells as texts where all of them are, as they are otherwise."""
    try:
        return Texts.of(cells)
    except (AttributeError, UnicodeError):
        return list(cells)


def sheets(
    name: str, data: bytes, sheet: str | None, date1904: bool = False, broken: int = 0
) -> Iterator[Grid]:
    """Every worksheet of a workbook, or the named one. The first tells of the cells that are `broken`."""
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        titles = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    except BaseException as error:
        raise _unreadable(name, error) from None
    for title in _wanted(name, titles, sheet):
        try:
            source = book.get_sheet_by_name(title)
        except BaseException as error:
            raise _unreadable(name, error) from None
        head = head_of(name, (row or [] for row in _rows(name, source)))
        yield _Sheet(name, title, head, date1904, broken, source)
        broken = 0


def _wanted(name: str, titles: list[str], sheet: str | None) -> list[str]:
    if sheet is None:
        return titles
    if sheet not in titles:
        raise FileError(
            f"{name}：没有名为“{sheet}”的工作表，只有 {'、'.join(titles)}（center.yml 的 export.sheet）。"
        )
    return [sheet]


def _unreadable(name: str, error: BaseException) -> BaseException:
    """The reader's failure as an analyst should see it. Its panics are no Exception, so all is caught."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError, FileError)):
        return error
    if isinstance(error, calamine.PasswordError):
        return FileError(f"{name}：有密码。请在 Excel 或 WPS 里去掉密码，另存后再导入。")
    return damaged(name)
