"""What an issue looks at beside the requests of its period: what falls due, is open, came back, and its series' history.

Everything is as of the cut-off, and read when it is first asked for: a section that is not printed costs nothing.
"""

from datetime import timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from hotline import history, measures
from hotline.archive import Archive
from hotline.center import Center
from hotline.coverage import Coverage
from hotline.periods import Period
from hotline.quantities import QUANTITIES

LATELY = 13
"""Weeks up to the cut-off whose handlings are at hand: the longest that a measure looks back."""
LOOKED_AT = ["topic", "due_at", "closed_at", "visited_at", "returned_at", "repeat_of", "caller"]
"""The columns that are looked at of handlings received lately: reading all takes twice the time."""
LIMITS = ("due_at", "extended_due_at", "respond_due_at")


class Records:
    """The rows of the archive for one issue, as its measures take them."""

    def __init__(self, archive: Archive, period: Period, center: Center):
        self._archive, self._period, self._center = archive, period, center

    @cached_property
    def due(self) -> pd.DataFrame:
        """The handlings due in the period, whenever received (measures.due_in)."""
        return measures.due_in(self._limited, self._period, self._center)

    @cached_property
    def outcomes(self) -> dict[str, pd.DataFrame]:
        """The same by what became of them (measures.outcomes)."""
        return measures.outcomes(self.due)

    @cached_property
    def responses_due(self) -> pd.DataFrame:
        """The handlings whose first contact was due in the period (measures.responses_due_in)."""
        rows, start, cutoff = self._limited, self._period.start, self._period.cutoff
        if hours := self._center.respond_hours:
            rows = pd.concat([rows, self._archive.handlings(start - timedelta(hours=hours), cutoff, cutoff)])
            rows = rows.drop_duplicates(["request_id", "unit"], ignore_index=True)
        return measures.responses_due_in(rows, self._period, self._center)

    @cached_property
    def _limited(self) -> pd.DataFrame:
        """The handlings with any limit in the period: one read for all, of which a measure takes its own."""
        start, cutoff = self._period.start, self._period.cutoff
        limits = [name for name in LIMITS if name in self._center.columns]
        return self._archive.due(start, cutoff, cutoff, limits=limits)

    @cached_property
    def open(self) -> pd.DataFrame:
        """The handlings open at the cut-off (measures.open_at)."""
        cutoff = self._period.cutoff
        return measures.open_at(self._archive.open(cutoff, cutoff), cutoff, self._center)

    @cached_property
    def at_hand(self) -> dict[str, pd.DataFrame]:
        """What there was to do in the period: carried over and received, closed and still open (measures.at_hand)."""
        start, cutoff = self._period.start, self._period.cutoff
        before, received = self._archive.open(start, cutoff), self._archive.handlings(start, cutoff, cutoff)
        return measures.at_hand(before, received, self._period)

    @cached_property
    def returned(self) -> pd.DataFrame:
        """The handlings returned for redoing in the period (measures.returned_in)."""
        start, cutoff = self._period.start, self._period.cutoff
        return measures.returned_in(self._archive.returned(start, cutoff, cutoff), self._period, self._center)

    @cached_property
    def repeated(self) -> pd.DataFrame:
        """One row per request of the period, and whether it is a repeat (measures.repeated)."""
        since = self._period.start - timedelta(days=measures.REPEAT_DAYS)
        rows = self._lately[self._lately["requested_at"] >= since]
        return measures.repeated(rows, self._period, self._center)

    def of_units(self, by_unit: pd.DataFrame) -> pd.DataFrame:
        """A table of units with what the profile's `annex_columns` want of them besides: what fell due, came back, was
        answered. Of a unit without any a count is 0, a rate “-”; what the profile does not map is left out."""
        needed, counts = {QUANTITIES[name].needs for name in self._center.annex_columns}, by_unit
        sources = {
            "due_at": lambda: measures.timeliness_by_unit(self.due, self._center),
            "responded_at": lambda: measures.responses_by_unit(self.responses_due, self._center),
            "returned_at": lambda: self.returned.groupby("unit").size().rename("redone").reset_index(),
        }
        for column, measure in sources.items():
            if column in self._center.columns and column in needed:
                rows = (
                    measure()
                    .drop(columns="group", errors="ignore")
                    .set_index("unit")
                    .reindex(by_unit["unit"])
                )
                for name in rows:
                    rate = name.endswith("_rate")
                    filled = rows[name].fillna("-" if rate else 0).astype("str" if rate else "int64")
                    counts = counts.assign(**{name: filled.to_numpy()})
        return counts

    @property
    def due_of_units(self) -> dict[str, pd.DataFrame]:
        """The rows behind what `of_units` says of what fell due, by column; none where the annexes do not want it."""
        needed = {QUANTITIES[name].needs for name in self._center.annex_columns}
        return self.outcomes if "due_at" in needed & set(self._center.columns) else {}

    def received(self, weeks: int) -> pd.DataFrame:
        """The handlings received in the last weeks up to the cut-off, at most LATELY."""
        since = self._period.cutoff - timedelta(weeks=weeks)
        return self._lately[self._lately["requested_at"] >= since].reset_index(drop=True)

    def has(self, *columns: str) -> bool:
        """Whether the exports have these columns: the profile maps them, and some handling received lately has each."""
        return all(name in self._center.columns and self._lately[name].notna().any() for name in columns)

    @cached_property
    def series(self) -> pd.DataFrame:
        """Weekly counts up to the period's week, one column a (topic, subtopic, unit), for measures.signals and norms.

        A week that the archive does not hold whole is missing. Empty where the period is no week.
        """
        if self._period.grain != "week":
            return history.nothing().droplevel("kind", axis=1)
        counts = self._archive.by_week(self._period.cutoff, self._center.first_weekday)
        counts = counts.xs("", axis=1, level="kind")
        if counts.empty:
            return counts
        days = Coverage.load(self._archive.coverage(counts.index[0].to_pydatetime(), self._period.cutoff))
        whole = [days.holds(week.date(), week.date() + timedelta(days=6)) for week in counts.index]
        counts[~np.array(whole)] = np.nan
        return counts[np.cumsum(whole) > 0]

    @cached_property
    def backtest(self) -> pd.DataFrame:
        """How often 预警 is wrong on this archive (measures.reliability)."""
        cache = self._archive.location.local / f"{self._center.key}.backtest.json"
        with history.remembered(cache) as known:
            return measures.reliability(self.series, self._period.starts, self._center.breaks, known)

    @cached_property
    def _lately(self) -> pd.DataFrame:
        since = self._period.cutoff - timedelta(weeks=LATELY)
        since = min(since, self._period.start - timedelta(days=measures.REPEAT_DAYS))
        return self._archive.handlings(since, self._period.cutoff, self._period.cutoff, names=LOOKED_AT)
