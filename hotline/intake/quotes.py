"""Quotes in a text file: which of them open and close a field, so that all who read the text read the same.

A platform that quotes nothing lets through what citizens write; two stray quotes make one cell of all that stands between.
What the rows of a file are like (Usual) tells strays from a cell that has separators and line ends of its own.
"""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.intake.grids import HEAD

_RECORD = 1 << 22
"""Bytes of the longest row that runs over line ends: forty cells of a spreadsheet's 32,767 letters, each of three bytes."""


@dataclass(frozen=True)
class Usual:
    """What the rows of a text's beginning are like: how many fields the most have, in `cells` cells together, and how their
    first fields look (`begins`), as `_look` says."""

    delimiter: str
    width: int
    cells: int
    begins: frozenset[bytes]

    @classmethod
    def of(cls, data: bytes, delimiter: str) -> "Usual":
        text = closed(data, delimiter).decode("utf-8", "replace")
        rows = [row for row, _ in itertools.islice(records(text, delimiter), HEAD)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width = max(widths, key=lambda width: width * widths[width], default=0)
        looks = Counter(_look(row[0].encode()) for row in rows if len(row) == width > 0)
        recurring = {look for look, count in looks.items() if count > 1}  # once is the header
        return cls(delimiter, width, width * widths[width], frozenset(recurring or looks))


def _look(field: bytes) -> bytes:
    """A field with its numbers and words levelled: 20211025-7 looks like 20211026-118."""
    word = re.sub(rb"[0-9]+", b"9", field.strip(b'" '))
    return re.sub(rb"[A-Za-z\x80-\xff]+", b"a", word)


def records(text: str, delimiter: str) -> Iterator[tuple[list[str], int]]:
    """The rows and, with each, where in the text it ends."""
    csv.field_size_limit(1 << 30)
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in io.StringIO(text, newline=""):
            end += len(line)
            yield line

    for row in csv.reader(lines(), delimiter=delimiter):
        yield row, end


def closed(data: bytes, delimiter: str, usual: Usual | None = None) -> bytes:
    """The text with every quote either one that opens or closes a field, or doubled inside one: `,"甲,` becomes
    `,\"""甲",`. So all who read it read the same, and no stray quote swallows what stands up to the next one.

    Where the quotes of a row are not paired as they should be, none of them means anything: the row is its line, cut at each
    separator. Where they are, but the usual number of fields speaks against them, nobody can tell which of them are strays:
    the row becomes one field, which the import sets aside for its width.
    """
    sign = delimiter.encode()
    opening = re.compile(rb'(?:\A|%b)"' % re.escape(sign))
    field = rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^"\n%b]*+)' % re.escape(sign)
    record = re.compile(rb"(?:%b%b)*+%b(?:\n|\Z)" % (field, re.escape(sign), field))
    pieces, kept, start, after = [], 0, 0, 0
    for line in io.BytesIO(data):
        begin, start = start, start + len(line)
        if begin < after or b'"' not in line or not opening.search(line):
            continue
        match = record.match(data, begin, begin + max(len(line), _RECORD))
        paired = match and (match[0].endswith(b"\n") or match.end() == len(data))
        verdict = _verdict(match[0], sign, usual) if paired else _CUT
        given = line if verdict is _CUT else match[0]
        after = begin + len(given)
        if verdict is not _KEPT:
            text = given.removesuffix(b"\n")
            meant = _cut(text, sign, usual) if verdict is _CUT else _quoted(text)
            pieces += data[kept:begin], meant, given[len(text) :]
            kept = after
    return b"".join([*pieces, data[kept:]]) if pieces else data


_KEPT, _CUT, _ONE_FIELD = "kept", "cut", "one field"
_WHOLE = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')


def _verdict(record: bytes, sign: bytes, usual: Usual | None) -> str:
    """What a row is whose quotes are paired."""
    width = record.count(sign) + 1
    fields = _WHOLE.sub(b"", record).count(sign) + 1
    if fields == width or not (usual and usual.width):
        return _KEPT  # no quoted field holds a separator: with strays or without, the fields are the same
    lines = record.splitlines()
    begins = [_look(line.partition(sign)[0]) in usual.begins for line in lines[1:]]
    if begins and all(begins) and all(line.count(sign) + 1 == usual.width for line in lines):
        return _CUT  # whole rows stand between two strays
    swallowed = any(begins) and width - fields >= usual.width - 1
    return _ONE_FIELD if swallowed or fields < usual.width else _KEPT


def _cut(line: bytes, sign: bytes, usual: Usual | None) -> bytes:
    """A line cut at each separator, or as one field where that does not make the usual number of fields."""
    fields = line.split(sign)
    if usual and usual.width and len(fields) != usual.width:
        return _quoted(line)
    return sign.join(
        _quoted(field) if b'"' in field and not _WHOLE.fullmatch(field) else field for field in fields
    )


def _quoted(text: bytes) -> bytes:
    return b'"' + text.replace(b'"', b'""') + b'"'
