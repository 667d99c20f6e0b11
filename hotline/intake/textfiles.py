"""Text files into grids: any of the encodings and separators that platforms and spreadsheets write.

Runs in the process that reads files (hotline.intake.readers). A file is held twice at most: as it came, and as UTF-8
with its quotes closed; Arrow then reads it by blocks.
"""

import codecs
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hotline.intake import progress
from hotline.intake.grids import FOOTER, SUFFIXES, Body, FileError, Grid, damaged, head_of
from hotline.intake.quotes import Usual, closed, records

_LIKE_AN_ID = re.compile(r"['\u2018]?[\w\-./]*\d[\w\-./]*")
_DELIMITERS = (",", "\t", ";")
_BEGINNING = 1_000_000
"""Bytes in which the separator and the header are looked for."""
_BLOCK = 1 << 24
"""Bytes that Arrow reads at a time; no row may be longer."""
_ODD = 50_000
"""So many rows of another width than the header's are taken apart at a time."""


def text_grid(name: str, data: bytes) -> Grid:
    """A comma, tab or semicolon separated file in whatever encoding. FileError for a web page or XML in disguise."""
    data = as_utf8(data)
    progress.reached(0.3)
    for ends in (b"\r\n", b"\r"):
        data = data.replace(ends, b"\n")
    text = data[:_BEGINNING].decode("utf-8", "replace")
    start = text[:2000].lstrip().lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "<head", "<meta", "<style", "<div")):
        raise FileError(
            f"{name}：内容是网页或 XML，不是真正的表格（平台常这样导出）。请在 Excel 或 WPS 里打开，另存为 .xlsx 再导入。"
        )
    if text[:4000].count("\0") + text[:4000].count("\ufffd") * 4 > 40:
        raise FileError(f"{name}：不是表格文件，或已损坏。可导入的有 {'、'.join(SUFFIXES)}。")
    # A first line "sep=;" is Excel's own, not data.
    stated = re.match(r"sep=([^\w\"\n])\n", text)
    signs = stated[1] if stated and stated[1].isascii() else _DELIMITERS
    # The separator that cuts the most rows of the beginning into the same, large number of fields.
    usual = max((Usual.of(data[:200_000], sign) for sign in signs), key=lambda usual: usual.cells)
    delimiter = usual.delimiter
    data = closed(data, delimiter, usual)
    progress.reached(0.9)
    text = data[:_BEGINNING].decode("utf-8", "replace")
    head = head_of(name, (row for row, _ in records(text, delimiter)))
    return _Text(name, "", head, data=data, delimiter=delimiter)


def as_utf8(data: bytes) -> bytes:
    """Text as UTF-8, whatever it was: UTF-8 or UTF-16 by their mark or their look, else GB18030.

    Bytes that fit nothing become U+FFFD, so that the cells that hold them can be recognised.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return b"".join(_recoded(data, "utf-16"))
    data = data.removeprefix(b"\xef\xbb\xbf")
    sample = data[:2000]
    if (
        len(sample) > 20 and sample.count(0) > len(sample) // 5
    ):  # UTF-16 unmarked: ASCII leaves every other byte 0
        low = sample[1::2].count(0) > sample[::2].count(0)
        return b"".join(_recoded(data, "utf-16-le" if low else "utf-16-be"))
    unfit = {}
    for encoding in ("utf-8", "gb18030"):
        unfit[encoding] = sum(part.count(b"\xef\xbf\xbd") for part in _recoded(data, encoding))
        if not unfit[encoding]:
            break
    encoding = min(unfit, key=unfit.get)
    return data if encoding == "utf-8" and not unfit[encoding] else b"".join(_recoded(data, encoding))


def _recoded(data: bytes, encoding: str) -> Iterator[bytes]:
    """The text as UTF-8, piece by piece."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for start in range(0, len(data), 1 << 20):
        yield decoder.decode(data[start : start + (1 << 20)]).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


# ---- the rows ---------------------------------------------------------------------------------------------------


@dataclass
class _Text(Grid):
    data: bytes = b""
    delimiter: str = ","

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        # The lower row of a two-row header may be the shorter one.
        width = max(len(self.head[after - 1]), max(positions) + 1)
        names = [str(number) for number in range(width)]
        text = self.data[:_BEGINNING].decode("utf-8", "replace")
        end = next(end for number, (_, end) in enumerate(records(text, self.delimiter), 1) if number == after)
        rows = memoryview(self.data)[len(text[:end].encode()) :]
        if not len(rows):
            return Body(np.array([], dtype="int64"), [pa.array([], pa.string()) for _ in positions])
        odd: list[tuple[int, str]] = []

        def set_apart(row) -> str:
            odd.append((row.number, row.text))
            self._limited(len(odd), max_rows)
            return "skip"

        def read(columns: list[str]) -> pa.Table:
            odd.clear()
            return pa.csv.read_csv(
                pa.BufferReader(pa.py_buffer(rows)),
                pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=_BLOCK),
                pa.csv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=True,
                    ignore_empty_lines=False,
                    invalid_row_handler=set_apart,
                ),
                pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    include_columns=columns,
                ),
            )

        try:
            table = read([str(position) for position in positions])
            progress.reached(0.7)
            numbers = np.delete(
                np.arange(1, table.num_rows + len(odd) + 1), [number - 1 for number, _ in odd]
            )
            blank = _blank(table)
            if blank.any():
                blank &= _blank(read(names))
                table, numbers = table.filter(pa.array(~blank)), numbers[~blank]
        except pa.ArrowInvalid as error:
            if "straddl" not in str(error):
                raise damaged(self.file) from None
            raise FileError(
                f"{self.file}：有一行超过 {_BLOCK >> 20} MB，不像正常的导出，没有读取。请核对，或重新导出。"
            ) from None
        self._limited(len(numbers) + len(odd), max_rows)
        chunked, columns = table.columns, []
        del table
        while chunked:  # one column at a time, so that none but one is held twice
            columns.append(chunked.pop(0).combine_chunks())
        fields = ((number, next(csv.reader([row], delimiter=self.delimiter), [])) for number, row in odd)
        filled = ((after + number, row) for number, row in fields if any(cell.strip() for cell in row))
        return _with_odd(after + numbers, columns, filled, positions, width, self.delimiter)


def _blank(table: pa.Table) -> np.ndarray:
    """Which rows have nothing but blanks."""
    blank = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return blank


def _with_odd(numbers, columns, odd, positions: list[int], width: int, delimiter: str) -> Body:
    """Rows of another width back among the others, and which of them cannot be used.

    A short row lacks its last cells, as when a program trims blank ones, unless a cell of it holds a separator, as between
    two stray quotes, or it was broken in two: the row after it then begins with no id. A long row has shifted, unless all
    are long: a separator at the end of every line.
    """
    ragged, short, some_fit = [], [], len(numbers) > 0
    rows, parts = [numbers], [[column] for column in columns]
    while some := list(itertools.islice(odd, _ODD)):
        for number, row in some:
            first = row[positions[0]] if positions[0] < len(row) else ""
            if len(row) > width:
                broken = some_fit or any(cell.strip() for cell in row[width:])
            else:
                torn = short[-1:] == [number - 1] and _goes_on(first.partition(delimiter)[0])
                if torn:
                    ragged.append(short.pop())
                broken = torn or any(delimiter in cell for cell in row)
                short.append(number)
            if broken:
                ragged.append(number)
        rows.append([number for number, _ in some])
        for part, position in zip(parts, positions, strict=True):
            part.append(
                pa.array([row[position] if position < len(row) else "" for _, row in some], pa.string())
            )
    next_rows = np.searchsorted(numbers, np.array(short, dtype="int64") + 1)
    for number, at in zip(short, next_rows, strict=True):
        if at < len(numbers) and numbers[at] == number + 1 and _goes_on(columns[0][at].as_py()):
            ragged.append(number)
    return Body(np.concatenate(rows).astype("int64"), [pa.concat_arrays(part) for part in parts], ragged)


def _goes_on(first: str) -> bool:
    """Whether a row whose first cell this is goes on with the one before: it begins with no id, and is no total or note."""
    return not _LIKE_AN_ID.fullmatch(first.strip(' "')) and not FOOTER.match(first.strip())
