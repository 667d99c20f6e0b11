"""What each unit has to do at an issue's cut-off: what is open, overdue, due in the next period, returned for redoing; and
the issue's signals that concern it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import numpy as np
import pandas as pd

from hotline import columns, measures, wording
from hotline.archive import Archive
from hotline.center import UNKNOWN, Center
from hotline.comparable import Comparable
from hotline.measures.tallies import in_groups, sums_by_unit
from hotline.periods import Period

COUNTS = {
    "handled": "本{this}承办",
    "closed": "其中办结",
    "waiting": "在办",
    "past_due": "其中超期",
    "due_next": "下{this}到期",
    "redone": "退回重办",
}
"""What a sheet, and the index, count of a unit; all but the first two are something to do."""
TO_DO = tuple(COUNTS)[2:]
RATES = {
    "due": "本{this}应办结",
    "on_time_rate": "按时办结率",
    "visits": "回访量",
    "service": "服务满意率",
    "result": "结果满意率",
}
"""What stands beside them where the center's exports have it."""
SIGNAL = ("count", "low", "high", "running", "new")
"""What a sheet says of a signal, as the issue has it."""


@dataclass(frozen=True)
class Duties:
    """Frames over all units of an issue.

    `by_unit`: group, unit and the columns of COUNTS and RATES, of every unit with any; in the annexes' order. `by_group`:
    the same of each group together. `waiting`: one row an open handling, the longest overdue first, with `limit`,
    `deadline`, `past_due`, `due_next` and `days_over`. `returned`: one row a handling returned in the period, with its
    `state` at the cut-off. `signals`: one row a signal of the issue and unit that it concerns (see signals_by_unit).
    """

    by_unit: pd.DataFrame
    by_group: pd.DataFrame
    waiting: pd.DataFrame
    returned: pd.DataFrame
    signals: pd.DataFrame


def read(archive: Archive, period: Period, center: Center, signals: Mapping[str, dict]) -> Duties:
    """What the units have to do as of the period's cut-off; `signals` are those that the issue prints, by their names."""
    handlings = archive.handlings(period.start, period.cutoff, as_of=period.cutoff)
    period = Comparable.of(period, archive).known(archive, handlings["requested_at"].max())
    start, at = period.start, period.cutoff
    return duties(
        columns.as_of(handlings, at),
        archive.visits(start, at),
        archive.open(at, as_of=at),
        archive.due(start, at, as_of=at),
        archive.returned(start, at, as_of=at),
        period,
        center,
        signals,
    )


def duties(
    handlings,
    visits,
    received,
    due,
    returned,
    period: Period,
    center: Center,
    signals: Mapping[str, dict] = MappingProxyType({}),
) -> Duties:
    """The same of frames: the period's handlings and visits; and those, whenever received, that are open at the cut-off,
    were due in the period, and were returned in it."""
    waiting = _waiting(received, period, center)
    returned = measures.returned_in(returned, period, center).dropna(subset="unit")
    returned = returned.assign(state=np.where(returned["closed_at"] < period.cutoff, "已再办结", "在办"))
    due = measures.due_in(due, period, center)
    parts = (handlings, visits, waiting, returned, due)
    by_group = _counted(*(each.assign(unit=_group(each["unit"], center)) for each in parts), center)
    return Duties(
        _counted(*parts, center),
        by_group.assign(group=by_group["unit"]),
        waiting,
        returned,
        signals_by_unit(handlings, signals),
    )


def signals_by_unit(handlings: pd.DataFrame, signals: Mapping[str, dict]) -> pd.DataFrame:
    """unit, name, what the issue prints of the signal, and `own`: how many of the period's handlings of its topic the unit
    has, missing where the signal is the unit's own. A signal concerns the units that have any."""
    rows = handlings.dropna(subset="unit")[["topic", "subtopic", "unit"]].fillna("")
    own: Counter[tuple[str, str]] = Counter()
    for (topic, subtopic, unit), count in rows.value_counts(sort=False).items():
        series = {(topic, "", ""), (topic, subtopic, ""), ("", "", unit), (topic, "", unit)}
        for name, whose in {measures.named(each): each[2] for each in series}.items():
            if name in signals:
                own[unit, name] += 0 if whose else count
    concerning = [
        {
            "unit": unit,
            "name": name,
            **{each: signals[name].get(each) for each in SIGNAL},
            "own": count or None,
        }
        for (unit, name), count in own.items()
    ]
    order = {name: at for at, name in enumerate(signals)}
    concerning.sort(key=lambda row: order[row["name"]])
    return pd.DataFrame(concerning, columns=["unit", "name", *SIGNAL, "own"], dtype=object)


def _waiting(received: pd.DataFrame, period: Period, center: Center) -> pd.DataFrame:
    """The open handlings with a unit, the longest overdue first, then by their due moments."""
    rows = measures.open_at(received, period.cutoff, center).dropna(subset="unit")
    over = (pd.Timestamp(period.cutoff) - rows["deadline"]) / timedelta(days=1)
    rows = rows.assign(
        limit=rows["extended_due_at"].fillna(rows["due_at"]),
        due_next=(rows["deadline"] > period.cutoff) & (rows["deadline"] <= period.shift(1).cutoff),
        # A day that has begun is a day, as in the ages of open handlings; due at the cut-off itself is the first.
        days_over=np.ceil(over).clip(lower=1).where(rows["past_due"]).astype("Int64"),
    )
    return rows.sort_values(["deadline", "requested_at", "request_id"], na_position="last", ignore_index=True)


def _counted(handlings, visits, waiting, returned, due, center: Center) -> pd.DataFrame:
    """group, unit and the columns of COUNTS and RATES, of every unit in any of the frames."""
    counts = measures.by_unit(handlings, visits, center).set_index("unit").drop(columns="group")
    open_ones = sums_by_unit(
        waiting["unit"],
        {
            "waiting": waiting["unit"].notna(),
            "past_due": waiting["past_due"],
            "due_next": waiting["due_next"],
        },
    )
    redone = sums_by_unit(returned["unit"], {"redone": returned["unit"].notna()})
    timely = measures.timeliness_by_unit(due, center).set_index("unit").drop(columns="group")
    counts = pd.concat([counts, open_ones, redone, timely], axis=1)
    numbers = [name for name in counts if pd.api.types.is_numeric_dtype(counts[name])]
    counts = counts.fillna(dict.fromkeys(numbers, 0)).astype(dict.fromkeys(numbers, "int64"))
    counts = counts.fillna(wording.MISSING)
    return in_groups(counts.rename_axis("unit").reset_index(), "handled", center)


def _group(units: pd.Series, center: Center) -> pd.Series:
    """The key of each unit's group; missing where there is no unit."""
    return units.map(center.group_of).fillna(UNKNOWN).where(units.notna())
