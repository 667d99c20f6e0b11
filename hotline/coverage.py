"""数据覆盖: the days whose requests an archive holds whole, and what a single export may claim of them.

A platform's export reaches up to its own moment; only where it begins is in question, because platforms repeat
requests of earlier days that are still open or were touched: stragglers. A bulletin compares and averages over whole
days alone, so a day in doubt is not covered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Coverage:
    """A set of days, as ranges from first to last day, both included, in order and apart from each other."""

    ranges: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[tuple[date, date]]) -> "Coverage":
        """The union of ranges in any order."""
        joined: list[tuple[date, date]] = []
        for first, last in sorted(ranges):
            if joined and first <= joined[-1][1] + _DAY:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            elif first <= last:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def load(cls, dumped: Iterable[Iterable[str]]) -> "Coverage":
        """What `dump` gave: [["2021-10-18", "2021-10-31"], …]."""
        return cls.of((date.fromisoformat(first), date.fromisoformat(last)) for first, last in dumped)

    def dump(self) -> list[list[str]]:
        return [[str(first), str(last)] for first, last in self.ranges]

    def __or__(self, other: "Coverage") -> "Coverage":
        return Coverage.of((*self.ranges, *other.ranges))

    def within(self, first: date, last: date) -> "Coverage":
        """The days of this coverage from `first` to `last`."""
        return Coverage.of((max(first, a), min(last, b)) for a, b in self.ranges if a <= last and b >= first)

    def missing(self, first: date, last: date) -> "Coverage":
        """The days from `first` to `last` that are not covered."""
        edges, at = [], first
        for a, b in self.within(first, last).ranges:
            edges.append((at, a - _DAY))
            at = b + _DAY
        return Coverage.of([*edges, (at, last)])

    def holds(self, first: date, last: date) -> bool:
        """Whether every day from `first` to `last` is covered."""
        return self.within(first, last).ranges == ((first, last),)

    @property
    def days(self) -> int:
        return sum((last - first).days + 1 for first, last in self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[tuple[date, date]]:
        return iter(self.ranges)

    def __str__(self) -> str:
        """10月25日, or 2021年10月18日至2021年10月31日; 无 for none."""
        return (
            "、".join(
                _day(first) if first == last else f"{_day(first)}至{_day(last)}"
                for first, last in self.ranges
            )
            or "无"
        )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


# ---- what one export covers ------------------------------------------------------------------------------------------

BUSY = 20
"""Requests a day from which single days can be judged; with fewer, whole weeks are."""
FULL, THIN = 0.6, 0.25
"""How full a day must be beside the usual one: where nothing but its count speaks, and where its closings do too. (春节
is at a third; stragglers are up to 56% of their day.)"""
CLOSED = 1 / 3
"""The share of a day's requests that are closed by the next day, beside the usual one. (Stragglers: 2–9%, against
20–41% of a whole day.)"""
KNOWN = 0.98
"""The part of what the archive holds of a day that a whole export of it has, too: single requests are moved or withdrawn."""


def of_export(by_day: pd.DataFrame, until: date, before: Coverage = Coverage()) -> Coverage:
    """The days that an export made on the day `until` holds whole: from its first whole day to the day before.

    `by_day`: one row a day (index: date, midnight) that the export has requests of, with `requests` in the export,
    `archived` in the archive with this export taken in, and `closed`, closed by the end of the next day (missing where
    no closings are mapped). What lies inside is whole, however thin; days without a request count only there, and
    where the export takes up what `before`, the coverage of earlier imports, leaves off.
    """
    rows = by_day[by_day.index < pd.Timestamp(until)]
    if rows.empty:
        return Coverage()
    last = pd.Timestamp(until) - _DAY
    busy = rows["requests"].tail(14).median() >= BUSY
    size = 1 if busy else 7
    length = -(-((last - rows.index[0]).days + 1) // size) * size  # whole blocks, counted from the end
    rows = rows.reindex(pd.date_range(end=last, periods=length), fill_value=0)
    blocks = [rows.iloc[at : at + size] for at in range(0, length, size)]
    for number, block in enumerate(blocks):
        if _whole(block, blocks[number + 1 :], enough=BUSY / 2 if busy else 5):
            first = block.index[0].date()
            if not before.holds(first - _DAY, first - _DAY):
                # In a week judged as one, what lies before its first request may be missing.
                first = block.index[block["requests"] > 0][0].date()
            return Coverage.of([(first, last.date())])
    return Coverage()


def _whole(block: pd.DataFrame, later: list[pd.DataFrame], enough: float) -> bool:
    """Whether nothing says that a block's requests are stragglers. `later`: the blocks after it."""
    count, archived = block["requests"].sum(), block["archived"].sum()
    if not count or count < KNOWN * archived:
        return False
    counts = pd.Series([each["requests"].sum() for each in later] or [count])
    # Stragglers may reach back for weeks: the last blocks are surely whole, the next ones are nearer in season.
    full = count / max(counts.tail(7).median(), counts.head(28).quantile(0.75), 1)
    closings = _closed([*later, block])
    if closings is None or count < enough:
        return full >= FULL
    return full >= THIN and _closed([block], least=1) >= CLOSED * closings


def _closed(blocks: list[pd.DataFrame], least: int = 10) -> float | None:
    """The largest share of requests closed by the next day among blocks of at least `least` requests; None without any.

    A day of which `closed` is missing is left out: no closings are mapped, or its next day was not over.
    """
    sums = [block.dropna(subset="closed")[["requests", "closed"]].sum() for block in blocks]
    shares = [each["closed"] / each["requests"] for each in sums if each["requests"] >= least]
    return max(shares, default=0.0) or (0.0 if least == 1 else None)
