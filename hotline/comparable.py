"""What the archive holds whole of an issue's period, and of the periods that it may be compared with.

What is not whole is not compared, nor is anything compared with it. Which days are whole is hotline.coverage's to say.
"""

from dataclasses import dataclass
from datetime import datetime

from hotline.archive import Archive
from hotline.coverage import Coverage
from hotline.periods import Period

HISTORY = 13
"""How many periods the trend shows, the issue's own included."""


@dataclass(frozen=True)
class Comparable:
    """A period and the days held whole of it and of all periods that it may be compared with."""

    period: Period
    coverage: Coverage

    @classmethod
    def of(cls, period: Period, table: Archive) -> "Comparable":
        """Of a period. Only the days that are compared are asked for: an import of others must not look like a change of this
        issue."""
        coverage = Coverage.load(table.coverage(_recent(period)[0].start, period.cutoff))
        if before := period.year_before:
            coverage |= Coverage.load(table.coverage(before.start, before.cutoff))
        return cls(period, coverage)

    def holds(self, period: Period | None) -> bool:
        """Whether a period is held whole."""
        return period is not None and self.coverage.holds(period.starts, period.ends)

    @property
    def covered(self) -> Coverage:
        """The days of the issue's period that are held whole."""
        return self.coverage.within(self.period.starts, self.period.ends)

    @property
    def history(self) -> list[Period]:
        """The last periods up to the issue's own that are whole without a gap, earliest first; its own is always there."""
        recent = _recent(self.period)
        if not self.holds(self.period):
            return recent[-1:]
        return recent[max((at for at, each in enumerate(recent, 1) if not self.holds(each)), default=0) :]

    @property
    def year_before(self) -> Period | None:
        """The same period a year before, where that and the issue's own are whole."""
        before = self.period.year_before
        return before if self.holds(self.period) and self.holds(before) else None

    def notes(self, table: Archive) -> list[str]:
        """A note, in Chinese, on each of the periods compared of which the archive holds something but not all."""
        this = self.period
        compared = {this: "", this.previous: "，不作环比", this.year_before: "，不作同比"}
        return [
            f"{period} 的数据不完整，缺 {self.coverage.missing(period.starts, period.ends)}{what}"
            for period, what in compared.items()
            if period and not self.holds(period) and len(table.requests_by_day(period.start, period.cutoff))
        ]

    def content(self) -> dict:
        """The days held whole of the period and of those it is compared with, for figures.json."""
        this = self.period
        periods = {"period": this, "previous": this.previous, "year_before": this.year_before}
        return {
            name: self.coverage.within(each.starts, each.ends).dump()
            for name, each in periods.items()
            if each
        }

    def known(self, table: Archive, last: datetime) -> Period:
        """The period up to where the data reach: its end, unless the newest export is older.

        Of an export whose name says its day alone, its `last` request says more.
        """
        newest = None if self.coverage.holds(self.period.ends, self.period.ends) else table.newest_export()
        return self.period.up_to(max(newest, last)) if newest else self.period


def _recent(period: Period) -> list[Period]:
    return [period.shift(by) for by in range(1 - HISTORY, 1)]
