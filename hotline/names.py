"""Names that do not meet: what the data call something, and what the profile calls it.

A name that only one of the two knows is said aloud, with the nearest name of the other. A unit of the roster without
a row, beside an unknown unit that is called nearly the same, is one unit under two names: the count of the one would
be missing from the other, so a person must say which (`aliases`, or `confirmed`).
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotline import columns
from hotline.center import Center

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.6
"""How alike two names are that may be one, as difflib has it: 十字路街到 and 十字路街道 are 0.8."""
_SHOWN = 3
RECENT = 13
"""Weeks without a row after which a name of the profile is said to be unused."""


@dataclass(frozen=True)
class Stranger:
    """A name of the data that the profile does not have: its column, how many rows have it, the nearest known name."""

    column: str
    name: str
    count: int
    nearest: str | None

    def __str__(self) -> str:
        like = f"；最接近的是“{self.nearest}”" if self.nearest else ""
        return f"center.yml 里没有的{columns.column(self.column).word}“{self.name}”（{self.count} 行）{like}"


def of_profile(center: Center) -> dict[str, tuple[str, ...]]:
    """The names that a profile gives, by column; a column of which it gives none is left out: anything may stand there."""
    given = {
        name: tuple(getattr(center, columns.column(name).listed))
        for name in columns.named()
        if columns.column(name).listed
    }
    ratings = dict.fromkeys(columns.names(holds=columns.RATING), center.rating_words)
    return {name: words for name, words in (given | ratings).items() if words and name in center.columns}


def counts(frames: "Iterable[pd.DataFrame]") -> dict[str, dict[str, int]]:
    """column → name → rows, of frames of rows (`unit` a name or a tuple of them)."""
    import pandas as pd  # imported here, because it is slow to load and the names that an import noted need it not

    frames = list(frames)
    rows = {}
    for column in (*columns.named(), *columns.names(holds=columns.RATING)):
        parts = [frame[column].explode() for frame in frames if column in frame]
        if parts:
            rows[column] = pd.concat(parts).value_counts().to_dict()
    return rows


def strangers(counts: Mapping[str, Mapping[str, int]], center: Center) -> list[Stranger]:
    """The names of the data that the profile does not have. `counts`: column → name → rows."""
    return [
        Stranger(column, name, int(count), nearest(name, names))
        for column, names in of_profile(center).items()
        for name, count in counts.get(column, {}).items()
        if name not in names and name not in center.confirmed
    ]


def unused(counts: Mapping[str, Collection[str]], center: Center) -> dict[str, list[str]]:
    """column → the names of the profile that no row has, by the names that rows have (`counts`: column → these); ratings
    are left out, few are given at a time."""
    return {
        column: missing
        for column, names in of_profile(center).items()
        if not column.endswith("rating")
        and (
            missing := [
                name for name in names if name not in counts.get(column, {}) and name not in center.confirmed
            ]
        )
    }


def summary(unused: Mapping[str, list[str]], weeks: int) -> str | None:
    """What `unused` says, in a line: how many of each column, and the first few; a first import of a small center has
    most of its profile unused. `weeks`: of so many weeks were rows looked at."""
    parts = [
        f"{columns.column(column).word} {len(names)} 个（{'、'.join(names[:_SHOWN])}{'……' if len(names) > _SHOWN else ''}）"
        for column, names in unused.items()
        if names
    ]
    return f"center.yml 里有、档案最近 {weeks} 周一行也没有的名称：{'，'.join(parts)}" if parts else None


def doubles(
    strange: Iterable[Stranger], present: Iterable[str], center: Center
) -> list[tuple[str, Stranger]]:
    """Units of the roster that no row has (`present`: those that one has), each with the unknown unit that it may be."""
    absent = [unit for unit in center.group_of if unit not in set(present) and unit not in center.confirmed]
    pairs = [(nearest(each.name, absent), each) for each in strange if each.column == "unit"]
    return [(unit, each) for unit, each in pairs if unit]


def refusal(pairs: Iterable[tuple[str, Stranger]], key: str) -> str:
    """What is said where a unit may stand under two names: which, and the line to write in the profile."""
    said = "；".join(
        f"名册里的“{unit}”一行也没有，数据里却有名册以外的“{each.name}”（{each.count} 行）"
        for unit, each in pairs
    )
    unit, each = next(iter(pairs))
    return (
        f"{said}。若是同一个单位，请在 params/{key}/center.yml 改正名册，或在 aliases 里写 {each.name}: {unit}；"
        f"若确是两个单位，请写 confirmed: [{each.name}]。"
    )


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name most like it, if any is like it."""
    return next(iter(difflib.get_close_matches(name, list(names), 1, NEAR)), None)
