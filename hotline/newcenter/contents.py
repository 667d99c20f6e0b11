"""What the cells below a header say: whether a column can hold them, and whether they read like that column's."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from hotline import columns
from hotline.center import Center, Export
from hotline.columns import Column
from hotline.intake import cleaning, moments, values
from hotline.intake.values import Vocabulary
from hotline.masking import masked

_SAMPLE = 5_000
_ANY = Center.model_construct(unit_groups={})
"""A center of which nothing is known yet."""
_DATE_FORMATS = [
    sign.join(order) + clock
    for clock in (" %I:%M:%S %p", " %H:%M:%S", " %I:%M %p", " %H:%M", "")
    for order in (("%m", "%d", "%Y"), ("%d", "%m", "%Y"))
    for sign in "/-."
]
_STRAY = 0.2
"""The share of cells that may be no value of their column: a total, a note, a slip of the pen."""


@dataclass
class Cells:
    """A column of a sheet, looked at: `given` are the first cells that say anything, of `looked_at`."""

    whole: pa.Array | list
    date1904: bool = False

    @cached_property
    def given(self) -> list:
        return stated(self.whole)

    @property
    def looked_at(self) -> int:
        return min(len(self.whole), _SAMPLE)

    @cached_property
    def texts(self) -> Counter:
        """Each different text, and how many cells say it."""
        return Counter(map(cleaning.plain, self.given))

    @cached_property
    def parts(self) -> Counter:
        """The same, of cells with several units in them: each part by itself."""
        parts = Counter()
        for text, count in self.texts.items():
            for part in re.split(f"[{re.escape(Export().unit_separators)}|]", text):
                parts[part.strip()] += count
        return parts

    def share(self, form: str) -> float:
        """The share of the cells that say it."""
        saying = sum(count for text, count in self.texts.items() if re.search(form, text, re.I))
        return saying / max(1, len(self.given))


def evidence(column: Column, cells: Cells, sure: bool) -> float | None:
    """How much the cells speak for the column, from -0.5 to 0.5; None where it cannot hold them.

    `sure`: the header is a word for just this column, so that its cells need only not contradict.
    """
    if not cells.given:
        return 0.0 if sure or not column.closed else None
    if not fits(column, cells, sure):
        return None
    if not column.typical:
        return 0.0
    share = cells.share(column.typical)
    return share - 0.5 if column.closed else share / 2


def says_it(column: Column, cells: Cells) -> bool:
    """Whether the cells name the column by themselves: nearly all say its words, in more than a sign."""
    return column.closed and len(cells.given) > 1 and cells.share(f"(?=.{{2}})({column.typical})") > 0.9


def fits(column: Column, cells: Cells, sure: bool = True) -> bool:
    """Whether cells can be that column's. An empty column can be any."""
    given = cells.given
    if not given:
        return True
    if column.kind == columns.MOMENT:
        return bool(date_formats(given, cells.date1904))
    if column.kind in (columns.INTEGER, columns.YES_NO):
        return (~readable(column, given)).sum() <= _STRAY * len(given)
    personal = sum(count for text, count in cells.texts.items() if masked(text) != text)
    if column.holds == columns.ID:
        _, bad = cleaning.ids(given)
        # A request's own id recurs only where it has several units, so most cells must differ; the id of another request
        # may recur freely. Numbers that look like telephones are taken for ids only if the header says so (`sure`).
        return (
            len(bad) <= _STRAY * len(given)
            and (not column.required or len(cells.texts) >= _STRAY * len(given))
            and (sure or personal <= 0.1 * len(given))
        )
    if personal > 0.1 * len(given):
        return False  # telephone numbers and the like: the column is about persons, whatever its header says
    if column.holds == columns.RATING and len(cells.texts) > 12:
        return False
    if column.closed and cells.share(column.typical) < 0.1:
        return False
    names = cells.parts if column.holds == columns.UNITS else cells.texts
    recurring = len(names) <= max(40, 0.3 * len(given))
    return recurring and sum(len(name) * count for name, count in names.items()) <= 30 * names.total()


def readable(column: Column, cells: pa.Array | list) -> np.ndarray:
    """Which cells are missing, or what a column of numbers, of yes or no, or of other ids can hold."""
    codes, distinct = cleaning.distinct(cells)
    distinct = distinct if isinstance(distinct, list) else distinct.to_pylist()
    return np.array(
        [not values.cleaned(column, [cell], Vocabulary(_ANY)).unread for cell in distinct] or [True]
    )[codes]


def certain(column: Column, cells: Cells) -> bool:
    """For a column that is needed and whose header says nothing: filled throughout; an id different on nearly every
    row, and no number of a person's."""
    if len(cells.given) < 0.95 * cells.looked_at or not cells.given or not fits(column, cells, sure=False):
        return False
    if column.holds != columns.ID:
        return True
    return (
        len(cells.texts) > 0.7 * len(cells.given)
        and all(re.search(r"\d", text) for text in cells.texts)
        and not date_formats(cells.given)
    )


def date_formats(cells: pa.Array | list, date1904: bool = False) -> set[str | None]:
    """The formats in which most of these cells are moments, and the fewest are none: None for the import's own, else
    strptime's. Empty where more than a fifth can be read in none."""
    given = stated(cells)
    # Trying the formats is slow. The shortest written moment has five digits, so most columns of words are ruled out here.
    if sum(sum(map(str.isdigit, cleaning.plain(cell))) < 5 for cell in given) > _STRAY * len(given):
        return set()
    _, bad = moments.moments(given, Export(), date1904)
    unread: dict[str | None, int] = {None: int(bad.sum())}
    # Cells that the import reads without a format are read with any, so only the others tell the formats apart.
    left = [cell for cell, is_bad in zip(given, bad, strict=True) if is_bad]
    for form in _DATE_FORMATS if left else ():
        unread[form] = int(moments.moments(left, Export(date_format=form), date1904)[1].sum())
    fewest = min(unread.values())
    if fewest > _STRAY * len(given):
        return set()
    return {None} if unread[None] == fewest else {form for form, count in unread.items() if count == fewest}


def stated(cells: pa.Array | list) -> list:
    """The first cells that say anything; a total or note below the table is among them."""
    values = cells[:_SAMPLE] if isinstance(cells, list) else cells.slice(0, _SAMPLE).to_pylist()
    return [cell for cell in values if not cleaning.is_missing(cleaning.plain(cell), Export())]
