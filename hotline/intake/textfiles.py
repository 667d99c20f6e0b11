"""Text files into grids: any of the encodings and separators that platforms and spreadsheets write."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from hotline.intake.cleaning import FOOTER
from hotline.intake.grids import HEAD, SUFFIXES, Body, FileError, Grid

_LIKE_AN_ID = re.compile(r"['\u2018]?[\w\-./]*\d[\w\-./]*")
_DELIMITERS = (",", "\t", ";")


def text_grid(name: str, data: bytes) -> Grid:
    """A comma, tab or semicolon separated file in whatever encoding. FileError for a web page or XML in disguise."""
    data = as_utf8(data)
    text = data[:1_000_000].decode("utf-8", "replace")
    start = text[:2000].lstrip().lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "<head", "<meta", "<style", "<div")):
        raise FileError(
            f"{name}：内容是网页或 XML，不是真正的表格（平台常这样导出）。请在 Excel 或 WPS 里打开，另存为 .xlsx 再导入。"
        )
    if text[:4000].count("\0") + text[:4000].count("\ufffd") * 4 > 40:
        raise FileError(f"{name}：不是表格文件，或已损坏。可导入的有 {'、'.join(SUFFIXES)}。")
    # A first line "sep=;" is Excel's own, not data.
    told = re.match(r"sep=(.)\r?\n", text)
    delimiter = told[1] if told and told[1].isascii() else _delimiter(text)
    head = [row for row, _ in itertools.islice(_records(text, delimiter), HEAD)]
    return _Text(name, "", head, False, data, delimiter)


def as_utf8(data: bytes) -> bytes:
    """Text as UTF-8, whatever it was: UTF-8 or UTF-16 by their mark or their look, else GB18030.

    Bytes that fit nothing become U+FFFD, so that the cells that hold them can be told.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    sample = data[:2000]
    if (
        len(sample) > 20 and sample.count(0) > len(sample) // 5
    ):  # UTF-16 unmarked: ASCII leaves every other byte 0
        low = sample[1::2].count(0) > sample[::2].count(0)
        return data.decode("utf-16-le" if low else "utf-16-be", "replace").encode("utf-8", "replace")
    if _decodes(data, "utf-8"):
        return data
    try:
        return data.decode("gb18030").encode()
    except UnicodeDecodeError:
        texts = (data.decode(encoding, "replace") for encoding in ("utf-8", "gb18030"))
        return min(texts, key=lambda text: text.count("\ufffd")).encode()


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether all of it is valid, without holding it twice."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(data[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    """The separator that cuts the most rows of the beginning into the same, large number of fields."""
    best, score = ",", 0
    for delimiter in _DELIMITERS:
        widths = [len(row) for row, _ in itertools.islice(_records(text[:200_000], delimiter), HEAD)]
        usual = max(set(widths), key=lambda width: (width > 1) * widths.count(width) * width, default=1)
        if (usual > 1) * widths.count(usual) * usual > score:
            best, score = delimiter, widths.count(usual) * usual
    return best


def _records(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """The rows and, with each, where in the text it ends.

    A quote that nothing closes would swallow the rest of the file: such a line is taken literally, and reading goes
    on with the next.
    """
    csv.field_size_limit(1 << 30)
    lines = io.StringIO(text, newline="").readlines()
    ends = list(itertools.accumulate(map(len, lines)))
    start, literal = 0, 0
    while start < len(lines):
        reader = csv.reader(lines[start:] if start else lines, delimiter=delimiter)
        before, restart = 0, None
        for row in reader:
            last = reader.line_num >= len(lines) - start
            if last and reader.line_num - before > 1 and literal < 100:
                open_quote = "".join(lines[start + before :]).count('"') % 2
                if open_quote:
                    restart = start + before
                    break
            before = reader.line_num
            yield row, ends[start + before - 1]
        if restart is None:
            return
        literal += 1
        yield next(csv.reader([lines[restart]], delimiter=delimiter, quoting=csv.QUOTE_NONE)), ends[restart]
        start = restart + 1


@dataclass
class _Text(Grid):
    data: bytes = b""
    delimiter: str = ","

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        # The lower row of a two-row header may be the shorter one.
        width = max(len(self.head[after - 1]), max(positions) + 1)
        # The fast reader knows nothing of quotes left open, of lone carriage returns, or of fields beyond a megabyte.
        if self.data.count(b'"') % 2 == 0 and not (b"\r" in self.data and b"\n" not in self.data):
            try:
                return self._fast(after, positions, width, max_rows)
            except pa.ArrowInvalid:
                pass
        return self._slow(after, positions, width, max_rows)

    def _fast(self, after: int, positions: list[int], width: int, max_rows: int) -> Body:
        text = self.data[:1_000_000].decode("utf-8", "replace")
        end = next(end for n, (_, end) in enumerate(_records(text, self.delimiter), 1) if n == after)
        body = memoryview(self.data)[len(text[:end].encode()) :]
        odd: list[tuple[int, str]] = []
        names = [str(n) for n in range(width)]

        def set_apart(row) -> str:
            odd.append((row.number, row.text))
            return "skip" if len(odd) <= 10_000 else "error"

        def read(columns: list[str]) -> pa.Table:
            odd.clear()
            return pa.csv.read_csv(
                pa.BufferReader(pa.py_buffer(body)),
                pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 24),
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

        if not len(body):
            return Body(np.array([], dtype="int64"), [pa.array([], pa.string()) for _ in positions])
        table = read([str(position) for position in positions])
        numbers = np.delete(np.arange(1, table.num_rows + len(odd) + 1), [number - 1 for number, _ in odd])
        blank = _blank(table)
        if blank.any():
            blank &= _blank(read(names))
            table, numbers = table.filter(pa.array(~blank)), numbers[~blank]
        self._limited(len(numbers) + len(odd), max_rows)
        columns = [table[str(position)].combine_chunks() for position in positions]
        short = [(number, next(csv.reader([text], delimiter=self.delimiter), [])) for number, text in odd]
        return _with_ragged(
            after + numbers, columns, [(after + n, row) for n, row in short], positions, width
        )

    def _slow(self, after: int, positions: list[int], width: int, max_rows: int) -> Body:
        numbers, picked, odd = [], [], []
        for number, (row, _) in enumerate(_records(self.data.decode("utf-8", "replace"), self.delimiter), 1):
            if number <= after or not any(cell.strip() for cell in row):
                continue
            self._limited(len(numbers) + len(odd) + 1, max_rows)
            if len(row) == width:
                picked.append([row[position] for position in positions])
                numbers.append(number)
            else:
                odd.append((number, row))
        columns = [pa.array(c, pa.string()) for c in zip(*picked, strict=True)] or [
            pa.array([], pa.string()) for _ in positions
        ]
        return _with_ragged(np.array(numbers, dtype="int64"), columns, odd, positions, width)


def _blank(table: pa.Table) -> np.ndarray:
    """Which rows have nothing but blanks."""
    blank = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        blank &= pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy()
    return blank


def _with_ragged(numbers, columns, odd, positions, width) -> Body:
    """Rows of another width back among the others, and which of them cannot be used.

    A short row lacks its last cells, as when a program trims blank ones, unless it was broken in two: the row after it
    then begins with no id. A long row has shifted, unless all are long: a separator at the end of every line.
    """
    odd = [(number, row) for number, row in odd if any(cell.strip() for cell in row)]
    if not odd:
        return Body(numbers.astype("int64"), columns)
    ragged, before = [], 0
    for number, row in odd:
        first = row[positions[0]].strip() if positions[0] < len(row) else ""
        if len(row) > width:
            broken = len(numbers) > 0 or any(cell.strip() for cell in row[width:])
        else:
            follows = before == number - 1 and not FOOTER.match(first)
            broken = follows and not _LIKE_AN_ID.fullmatch(first)
            if broken and before not in ragged:
                ragged.append(before)
        if broken:
            ragged.append(number)
        before = number
    numbers = np.concatenate([numbers, [number for number, _ in odd]])
    columns = [
        pa.concat_arrays([column, pa.array([row[p] if p < len(row) else "" for _, row in odd], pa.string())])
        for column, p in zip(columns, positions, strict=True)
    ]
    return Body(numbers.astype("int64"), columns, ragged)
