"""A column of a grid, cleaned as its declaration says (hotline.columns)."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa

from hotline import columns
from hotline.center import Center
from hotline.columns import Column
from hotline.intake import callers, cleaning
from hotline.intake.cleaning import Names, is_missing, plain, same
from hotline.intake.moments import moments
from hotline.masking import masked
from hotline.workspace import workspace

UNDECODED = "有无法解码的字符"
UNREADABLE = "不是能用的日期时间"
_NUMBER = re.compile(r"([+-]?\d{1,15})(?:次|件|个|条|回)?")
_NEW_KEY = (
    "已新建 data/caller.key：来电号码只以代号入档。请备份这个文件；丢失以后，新来的代号与已入档的对不上"
)


class Vocabulary:
    """A center's names and words, made ready once for all files of an import. `notes`: what the analyst should know."""

    def __init__(self, center: Center):
        self.center = center
        self.notes: list[str] = []
        known = center.known
        self.names = {
            column.name: Names(
                known.get(column.name, ()), center.aliases if column.holds == columns.UNITS else None
            )
            for column in columns.COLUMNS
        }
        # TRUE and FALSE are a spreadsheet's own, whatever a center says. Who was not reached said neither yes nor no.
        neither = dict.fromkeys((*center.unreached, *center.excluded))
        yes, no = dict.fromkeys((*center.yes, "TRUE"), True), dict.fromkeys((*center.no, "FALSE"), False)
        self.answers = {same(word): answer for word, answer in {**neither, **no, **yes}.items()}

    @cached_property
    def caller_key(self) -> bytes:
        secret, made = callers.key(workspace() / "data" / "caller.key")
        if made:
            self.notes.append(_NEW_KEY)
        return secret


@dataclass
class Cleaned:
    """`values`: one per row, missing where there is none. `unusable`: row → why it cannot be used. `unread`: texts that
    the column cannot hold, taken as missing, with how often each occurs."""

    values: pd.Series
    unusable: dict[int, str] = field(default_factory=dict)
    unread: Counter = field(default_factory=Counter)


def missing_column(column: Column, rows: int) -> pd.Series:
    """The column where a file does not have it."""
    if column.holds == columns.UNITS:
        return pd.Series([()] * rows, dtype=object)
    kind = object if column.kind == columns.TEXT else columns.DTYPES[column.kind]
    return pd.Series(None, index=range(rows), dtype=kind)


def cleaned(
    column: Column, cells: pa.Array | list, vocabulary: Vocabulary, date1904: bool = False
) -> Cleaned:
    """The cells of a column as what it holds."""
    export = vocabulary.center.export
    if column.required and column.holds == columns.ID:
        ids, unusable = cleaning.ids(cells)
        return Cleaned(pd.Series(ids, dtype=object), unusable)
    if column.kind == columns.MOMENT:
        read, bad = moments(cells, export, date1904)
        return Cleaned(pd.Series(read), dict.fromkeys(np.flatnonzero(bad).tolist(), UNREADABLE))
    if column.holds == columns.UNITS:
        units = cleaning.units(cells, export, vocabulary.names[column.name])
        return Cleaned(pd.Series(units, dtype=object))
    if column.kind == columns.TEXT and column.holds not in (columns.ID, columns.CALLER):
        texts = pd.Series(cleaning.texts(cells, export, vocabulary.names[column.name]), dtype=object)
        return Cleaned(texts, dict.fromkeys(np.flatnonzero(_undecoded(texts)).tolist(), UNDECODED))
    return _answered(column, cells, vocabulary)


def _undecoded(texts: pd.Series) -> np.ndarray:
    codes, names = pd.factorize(texts)
    return np.array([*("\ufffd" in name for name in names), False])[codes]


def _answered(column: Column, cells: pa.Array | list, vocabulary: Vocabulary) -> Cleaned:
    """Numbers, yes or no, other ids, callers. A text that is none of these is no reason to lose the request: it counts as
    missing, and is named."""
    read = {columns.INTEGER: _number, columns.YES_NO: _answer}.get(column.kind, _READ.get(column.holds))
    codes, distinct = cleaning.distinct(cells)
    distinct = distinct if isinstance(distinct, list) else distinct.to_pylist()
    values, unread = np.empty(len(distinct), dtype=object), Counter()
    for at, count in enumerate(np.bincount(codes, minlength=len(distinct))):
        text = plain(distinct[at])
        if not is_missing(text, vocabulary.center.export):
            values[at], understood = read(text, vocabulary)
            if not understood:
                unread[masked(text)] += int(count)
    kind = object if column.kind == columns.TEXT else columns.DTYPES[column.kind]
    return Cleaned(pd.Series(values[codes], dtype=kind), unread=unread)


# Each returns the value, and whether the text was understood.


def _number(text: str, vocabulary: Vocabulary) -> tuple[int | None, bool]:
    digits = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    return (int(digits[1]), True) if digits else (None, False)


def _answer(text: str, vocabulary: Vocabulary) -> tuple[bool | None, bool]:
    word = same(text)
    return vocabulary.answers.get(word), word in vocabulary.answers


def _another_id(text: str, vocabulary: Vocabulary) -> tuple[str | None, bool]:
    another, problem = cleaning.read_id(text)
    return another, problem is None


def _caller(text: str, vocabulary: Vocabulary) -> tuple[str | None, bool]:
    return callers.code(text, vocabulary.caller_key), True


_READ = {columns.ID: _another_id, columns.CALLER: _caller}
