"""What an export may claim to hold whole (hotline.coverage), and what an archive without such a record does.

A platform's export reaches up to its own moment; only where it begins is in question, because platforms repeat
requests of earlier days that are still open or were touched: stragglers. A day in doubt is not covered.
"""

from collections.abc import Set
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from hotline.coverage import NOTHING, Coverage

_DAY = timedelta(days=1)
BUSY = 20
"""Requests a day from which single days can be judged; with fewer, whole weeks are."""
FULL, THIN = 0.6, 0.25
"""How full a day must be beside the usual one: where nothing but its count speaks, and where its closings do too. (春节
is at a third; stragglers are up to 56% of their day.)"""
CLOSED = 1 / 3
"""The share of a day's requests that are closed by the next day, beside the usual one. (Stragglers: 2–9%, against
20–41% of a whole day.)"""
SAME_DAY = 1 / 4
"""The share that is closed on the day itself, beside the usual one, where at least five would be: on the day before an export
begins the next day's closings are in it, and only those of the day itself are not. (Stragglers: 0–4%, against 7–24%.)"""
SILENT = 3
"""So many times longer than on any other day a busy center is silent at the end of a day of which an export lost a part."""
KNOWN = 0.98
"""The part of what the archive holds of a day that a whole export of it has, too: single requests are moved or withdrawn."""


def of_export(
    by_day: pd.DataFrame, until: date, before: Coverage = NOTHING, idle: Set[int] = frozenset()
) -> Coverage:
    """The days that an export made on the day `until` holds whole: from its first whole day to the day before.

    `by_day`: one row a day (index: date, midnight) that the export has requests of, with `requests` in the export,
    `archived` in the archive with this export taken in, `closed`, closed by the end of the next day (missing where
    no closings are mapped), `same_day`, of them on the day itself, and `silence`, the time from the last request to the
    day's end. What lies inside is whole, however thin; days without a request count only there, and where the export takes up what `before`, the coverage of
    earlier imports, leaves off. Where dozens are usual none is no small number but a loss: a day of a busy center, a
    week of another, unless it is a weekday on which no request ever comes (`idle`, of the archive: 0 is Monday).
    """
    rows = by_day[by_day.index < pd.Timestamp(until)]
    if rows.empty:
        return NOTHING
    blocks = _blocks(rows, until)
    return _reaching(blocks, before) - _lost(blocks, followed=len(rows) < len(by_day), idle=idle)


def idle(by_day: pd.Series, covered: Coverage) -> frozenset[int]:
    """The weekdays on which none of the `covered` days has a request (`by_day`: requests by date): 0 is Monday."""
    days = pd.DatetimeIndex([day for first, last in covered for day in pd.date_range(first, last)])
    return frozenset(days.day_of_week) - frozenset(days[days.isin(by_day[by_day > 0].index)].day_of_week)


def _blocks(rows: pd.DataFrame, until: date) -> list[pd.DataFrame]:
    """The days before `until` in the pieces that can be judged, earliest first: days of a busy center, else weeks."""
    last = pd.Timestamp(until) - _DAY
    size = 1 if rows["requests"].tail(14).median() >= BUSY else 7
    length = -(-((last - rows.index[0]).days + 1) // size) * size  # whole blocks, counted from the end
    rows = rows.reindex(pd.date_range(end=last, periods=length))
    rows.loc[rows["requests"].isna(), ["requests", "archived", "closed", "same_day"]] = 0
    return [rows.iloc[at : at + size] for at in range(0, length, size)]


def _lost(blocks: list[pd.DataFrame], followed: bool, idle: Set[int]) -> Coverage:
    """The days or weeks of which an export lost all requests, or, unless requests of its own day `followed`, the end."""
    counts = pd.Series([block["requests"].sum() for block in blocks])
    held = counts[counts > 0]
    if len(held) < 3 or held.tail(14).median() < BUSY:  # fewer do not show what is usual
        return NOTHING
    if len(blocks[0]) == 1:
        weekdays = pd.Series([block.index[0].weekday() for block in blocks])
        never = set(weekdays.value_counts()[lambda times: times >= 3].index) - set(weekdays[held.index])
        counts = counts[~weekdays.isin(idle | never)]
    lost = list(counts.index[counts == 0])
    last = held.index[-1]
    *earlier, silence = (blocks[at]["silence"].iloc[-1] for at in held.index[-15:])
    breaks_off = earlier and len(blocks[0]) == 1 and silence > SILENT * max(earlier)
    if not followed and (breaks_off or (lost and lost[-1] > last)):
        lost.append(last)
    return Coverage.of((blocks[at].index[0].date(), blocks[at].index[-1].date()) for at in lost)


def _reaching(blocks: list[pd.DataFrame], before: Coverage) -> Coverage:
    """From the first whole day of an export up to the last before its own, whatever lies between."""
    busy = len(blocks[0]) == 1
    for number, block in enumerate(blocks):
        if _whole(block, blocks[number + 1 :], enough=BUSY / 2 if busy else 5):
            first = block.index[0].date()
            if not before.holds(first - _DAY, first - _DAY):
                # Where whole weeks are judged, the export may begin in the middle of one: only from its first request on is it sure.
                first = block.index[block["requests"] > 0][0].date()
            return Coverage.of([(first, blocks[-1].index[-1].date())])
    return NOTHING


def _whole(block: pd.DataFrame, later: list[pd.DataFrame], enough: float) -> bool:
    """Whether nothing says that a block's requests are stragglers. `later`: the blocks after it."""
    count, archived = block["requests"].sum(), block["archived"].sum()
    if not count or count < KNOWN * archived:
        return False
    counts = pd.Series([each["requests"].sum() for each in later] or [count])
    # What is usual is taken from two ends: the last blocks, which are surely no stragglers, and the next ones, of the same season.
    full = count / max(counts.tail(7).median(), counts.head(28).quantile(0.75), 1)
    usual = {name: _closed([*later, block], name) for name in ("closed", "same_day")}
    if usual["closed"] is None or count < enough:
        return full >= FULL
    least = {"closed": CLOSED * usual["closed"]}
    if (usual["same_day"] or 0) * count >= 5:
        least["same_day"] = SAME_DAY * usual["same_day"]
    return full >= THIN and all(_closed([block], name, 1) >= share for name, share in least.items())


def _closed(blocks: list[pd.DataFrame], name: str, least: int = 10) -> float | None:
    """The largest share of requests closed by the next day (`name`: closed) or on the day itself (same_day) among blocks of
    at least `least` requests; None without any.

    A day of which it is missing is left out: no closings are mapped, or its next day was not over.
    """
    shares = []
    for block in blocks:
        requests, closed = (block[each].to_numpy("float64") for each in ("requests", name))
        said = ~np.isnan(closed)
        if (count := requests[said].sum()) >= least:
            shares.append(closed[said].sum() / count)
    return max(shares, default=0.0) or (0.0 if least == 1 else None)


# ---- the days of requests --------------------------------------------------------------------------------------------


def by_day(requests: pd.DataFrame, until: datetime) -> pd.DataFrame:
    """What `of_export` looks at, of one row a request (requested_at, closed_at), but for `archived`.

    A request is closed by the next day if it was before that day's end; of a day whose next was not over at `until`,
    the moment of the export, nothing is said.
    """
    day = requests["requested_at"].dt.normalize()
    within = {name: requests["closed_at"] < day + n * _DAY for name, n in (("closed", 2), ("same_day", 1))}
    counted = {name: each.astype("float64") for name, each in within.items()}
    days = pd.DataFrame({"requests": 1} | counted).groupby(day).sum()
    silence = days.index + _DAY - requests.groupby(day)["requested_at"].max()
    said = (days.index + 2 * _DAY <= until) & bool(requests["closed_at"].notna().any())
    return days.assign(**{name: days[name].where(said) for name in within}, silence=silence)


GAP = {True: 3, False: 14}
"""So many days without a request, of a busy archive and of a thin one, are days that no export held."""


def of_archive(days: pd.DataFrame, until: date) -> Coverage:
    """What an archive holds whole that does not say so (one of release 0.1.0): its runs of days, each as one export.

    `days`: one row a day (index: date, midnight) that has requests, with `requests` and the moment of the `last`;
    `until`: the day of its newest export. A run that ends before is whole up to its last full day.
    """
    unknown = dict.fromkeys(("closed", "same_day"), float("nan"))
    days = days.assign(archived=days["requests"], silence=days.index + _DAY - days["last"], **unknown)
    busy = days["requests"].median() >= BUSY
    run = (days.index.to_series().diff() > GAP[busy] * _DAY).cumsum()
    ranges = Coverage()
    for _, part in days.groupby(run):
        last = part.index[-1].date()
        full = not busy or part["requests"].iloc[-1] >= FULL * part["requests"].tail(14).median()
        end = min(until, last + _DAY) if full else last
        end = until if part.index[-1] == days.index[-1] and (until - last).days <= GAP[busy] else end
        # Closings are left out: later exports have closed what was still open when it came, so only fullness tells.
        ranges |= of_export(part, end)
    return ranges
