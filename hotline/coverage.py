"""数据覆盖: the days whose requests an archive holds whole. A bulletin compares and averages over whole days alone.

Each import records what it covers together with all before it (hotline.claims says what an export may claim). Light:
whether a period is whole is seen without pandas.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hotline import HotlineError

_DAY = timedelta(days=1)


class CoverageError(HotlineError):
    """Days that cannot be understood; the message, in Chinese, says how to write them."""


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

    @classmethod
    def parse(cls, text: str) -> "Coverage":
        """What an analyst types: 2021-10-18:2021-10-31. CoverageError where that is no range of days."""
        first, _, last = text.replace("：", ":").partition(":")
        try:
            ranges = [(date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip()))]
        except ValueError:
            ranges = []
        if not (coverage := cls.of(ranges)):
            raise CoverageError(f"--covers 的“{text}”看不懂：应是 首日:末日，如 2021-10-18:2021-10-31。")
        return coverage

    def dump(self) -> list[list[str]]:
        return [[str(first), str(last)] for first, last in self.ranges]

    def __or__(self, other: "Coverage") -> "Coverage":
        return Coverage.of((*self.ranges, *other.ranges))

    def __sub__(self, other: "Coverage") -> "Coverage":
        return Coverage.of(left for first, last in self.ranges for left in other.missing(first, last))

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


NOTHING = Coverage()


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
