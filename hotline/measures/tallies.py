"""What all measures of outcomes share: each handling has one outcome, outcomes are tallied, rates are printed."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import pandas as pd

from hotline import wording
from hotline.center import UNKNOWN, Center


def handled(handlings: pd.DataFrame, center: Center) -> pd.DataFrame:
    """The rows that are handlings: those with a unit. Where a center's exports name no units, a request is one; it is
    closed when all its rows are."""
    if "unit" in center.columns:
        return handlings[handlings["unit"].notna()]
    requests = handlings.drop_duplicates("request_id")
    if len(requests) == len(handlings):
        return handlings
    closings = handlings.groupby("request_id")["closed_at"]
    last = closings.max().where(closings.count() == closings.size())
    return requests.assign(closed_at=requests["request_id"].map(last))


def known_at(moments: pd.Series, cutoff: datetime) -> pd.Series:
    """Moments as they were known at the cut-off: what happened then or later is missing."""
    return moments.where(moments < cutoff)


def tally(rows: pd.DataFrame, column: str, outcomes: Iterable[str]) -> pd.DataFrame:
    """One row: how many rows have each outcome, an integer column each."""
    return pd.DataFrame([{outcome: int((rows[column] == outcome).sum()) for outcome in outcomes}])


def tally_by_unit(rows: pd.DataFrame, column: str, outcomes: Iterable[str]) -> pd.DataFrame:
    """unit and the same columns, one row a unit that has any of the outcomes; rows without a unit are left out."""
    counts = sums_by_unit(rows["unit"], {outcome: rows[column] == outcome for outcome in outcomes})
    return counts[counts.any(axis=1)].reset_index()


def sums_by_unit(units: pd.Series, marks: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Index unit; how many of its rows have each mark, an integer column each."""
    return pd.DataFrame(marks).groupby(units, observed=True).sum().astype("int64")


def ranked(counts: pd.DataFrame, by: str, name: str, order: Iterable[str] = ()) -> pd.DataFrame:
    """Rows by `by` descending; ties in the order of the profile, then by name (rule 7)."""
    return _in_order(counts, by, name, order, [0] * len(counts))


def _in_order(
    counts: pd.DataFrame, by: str, name: str, order: Iterable[str], groups: list[int]
) -> pd.DataFrame:
    """Rows by `groups`, then as in `ranked`. Python's sort: a table of units is small, and pandas takes ten times as long."""
    place = {value: index for index, value in enumerate(order)}
    names, sizes = counts[name].astype(str).tolist(), counts[by].tolist()

    def key(row: int) -> tuple:
        return groups[row], -sizes[row], place.get(names[row], len(place)), names[row]

    return counts.iloc[sorted(range(len(counts)), key=key)].reset_index(drop=True)


def in_groups(by_unit: pd.DataFrame, by: str, center: Center) -> pd.DataFrame:
    """With the unit's group first: groups in the profile's order, in each the units by `by`, ties as in the profile.

    A unit that the profile does not know is in the group UNKNOWN, last, never dropped (rule 7).
    """
    group_of = center.group_of
    groups = [group_of.get(unit, UNKNOWN) for unit in by_unit["unit"]]
    place = {key: index for index, key in enumerate([*center.unit_groups, UNKNOWN])}
    counts = by_unit.assign(group=pd.Series(groups, by_unit.index, "str"))
    counts = _in_order(counts, by, "unit", group_of, [place[group] for group in groups])
    return counts[["group", "unit", *(name for name in counts.columns if name not in ("group", "unit"))]]


def with_rates(counts: pd.DataFrame, center: Center, **rates: tuple[str, str]) -> pd.DataFrame:
    """With printed rates: with_rates(counts, center, on_time_rate=("on_time", "due")); 4/5 under `limits.small`."""
    printed = {
        name: pd.Series(
            [
                wording.ratio(part, whole, center.limits.small)
                for part, whole in zip(counts[of], counts[whole_of], strict=True)
            ],
            counts.index,
            "str",
        )
        for name, (of, whole_of) in rates.items()
    }
    return counts.assign(**printed)


def shared(
    counts: pd.DataFrame, whole: int, of: str = "count", name: str = "share", at_least: int = 0
) -> pd.DataFrame:
    """With `share`, that of `count` in the whole, as printed; None under `at_least` percent, and of nothing."""
    shares = [
        wording.share(part, whole) if whole and part * 100 >= at_least * whole else None
        for part in counts[of]
    ]
    return counts.assign(**{name: pd.Series(shares, dtype=object, index=counts.index)})
