"""What a week's counts are expected to be from their own history, and what is usual at this time of the year.

`counts` has a row a week (its first day, ascending, no week left out) and a column a series: a topic, a subtopic, a
unit, a topic of a unit, the total. A week that the archive does not hold whole is missing (NaN). `week` is the row
that is judged; rows after it are not looked at. `breaks` are the profile's: days from which on a count means something
else than before, and history begins anew.
"""

from collections.abc import Iterable
from dataclasses import astuple, replace
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from hotline.measures.farrington import Fit, fit
from hotline.measures.seasons import (
    NEAR,
    YEAR,
    festival_distances,
    near_festival,
    reference_window,
    seasonal_levels,
)

FARRINGTON, TRAILING, NEW, SHORT = "farrington", "trailing", "new", "short"
ABOVE, USUAL, BELOW = "高于", "接近", "低于"

THREE_YEARS, TWO_YEARS, HALF_A_YEAR = 156, 104, 26  # weeks
BASELINE = round(5 * YEAR) + 3  # The last five years, with the whole reference window of the first.
LEFT_OUT, TRAILING_LEFT_OUT = 26, 2  # The last weeks may hold the beginning of the surge that is looked for.
TRAILING_FEWEST = 8  # weeks that the trailing rule needs, where some are missing or around 春节
# Half a year does not show its season. This standard deviation of the log mean stands for it: chosen so that less than 1% of
# the clean weeks after a break alarm with seasonal amplitudes of 0, 0.3 and 0.5 (docs/backtest.md has the shares; without it 1.3%).
SEASON_UNKNOWN = 0.2
FITTED = ["mean", "size", "low", "high", "p"]  # columns that a fit fills in
OUTSIDE = 0.025  # on each side of the 95% range


def expect(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """One row a series: count, mean, size, low, high, p, method, weeks.

    `mean` and `size` are the negative binomial's that is expected, `low` to `high` its 95% range, `p` the chance of such a
    count or a larger one. `weeks` is the length of the history: since the archive's first week, the last break, or the
    series' first request, whichever is the latest. `method` follows from it:

    farrington  three years and more: trend and season, the last 26 weeks left out (hotline.measures.farrington)
    trailing    less: the mean of the last 26 weeks without the last 2 and without those around 春节; or the same weeks of a
                year before, if there is one and they were busier
    new         no request in any week before; figures as trailing
    short       the archive, or the time since the break, has less than 26 weeks: no mean, low, high and p
    """
    past = _past(counts, week, breaks)
    weeks = _weeks(past)
    seen = (counts[counts.index < pd.Timestamp(week)].to_numpy(float) > 0).any(axis=0)
    methods = np.select(
        [len(past) < HALF_A_YEAR, ~seen, weeks >= THREE_YEARS], [SHORT, NEW, FARRINGTON], TRAILING
    )
    rules = (
        (methods == FARRINGTON, _seasonal),
        (np.isin(methods, [TRAILING, NEW]), _lately),
    )
    rows = _apply(rules, counts, week, past, weeks)
    return rows.assign(method=np.where(rows["mean"].isna(), SHORT, methods))


def norm(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """One row a series: count, mean, low, high, weeks, usual (高于, 接近 or 低于常年同期; None where it cannot be said).

    The fit of `expect`, from two years of history on (below three without the trend); 接近 is within the 95% range.
    """
    past = _past(counts, week, breaks)
    weeks = _weeks(past)
    long, enough = weeks >= THREE_YEARS, weeks >= TWO_YEARS
    rules = (long, _seasonal), (enough & ~long, partial(_seasonal, trend=False))
    rows = _apply(rules, counts, week, past, weeks)
    count, low, high = rows["count"], rows["low"], rows["high"]
    unknown = count.isna() | high.isna()
    usual = np.select([unknown, count > high, count < low], [None, ABOVE, BELOW], USUAL)
    return rows[["count", "mean", "low", "high", "weeks"]].assign(usual=usual)


def _past(counts: pd.DataFrame, week: date, breaks: Iterable[date]) -> pd.DataFrame:
    """The weeks before `week` that begin on the last break or after it. A break within the week itself leaves none."""
    after = pd.Timestamp(week) + pd.Timedelta(days=7)
    begins = max((day for day in map(pd.Timestamp, breaks) if day < after), default=counts.index[0])
    return counts[(counts.index >= begins) & (counts.index < pd.Timestamp(week))]


def _weeks(past: pd.DataFrame) -> np.ndarray:
    """Weeks since each series' first request, 0 without one."""
    if past.empty:
        return np.zeros(past.shape[1], int)
    some = past.to_numpy(float) > 0
    return np.where(some.any(axis=0), len(past) - some.argmax(axis=0), 0)


def _apply(rules, counts: pd.DataFrame, week: date, past: pd.DataFrame, weeks: np.ndarray) -> pd.DataFrame:
    """The figures of every series by the rule that is for it; `rules` are pairs of the series chosen and the rule."""
    count = counts.loc[pd.Timestamp(week)].to_numpy(float)
    figures = np.full((len(FITTED), len(count)), np.nan)
    values = past.to_numpy(float)
    for chosen, rule in rules:
        if chosen.any():
            model = rule(values[:, chosen].T, weeks[chosen], past.index, pd.Timestamp(week))
            bounds = model.quantile(OUTSIDE), model.quantile(1 - OUTSIDE)
            figures[:, chosen] = model.mean, model.size, *bounds, model.tail(count[chosen])
    return pd.DataFrame(
        {"count": count, **dict(zip(FITTED, figures, strict=True)), "weeks": weeks}, counts.columns
    )


def _seasonal(
    values: np.ndarray,
    weeks: np.ndarray,
    days: pd.DatetimeIndex,
    week: pd.Timestamp,
    trend: bool = True,
) -> Fit:
    """Farrington Flexible; each series from its first request on."""
    window = slice(-BASELINE, -LEFT_OUT)
    ages = np.arange(len(days), 0, -1)[window]
    values, days = values[:, window], days[window]
    used = ~np.isnan(values) & (ages <= weeks[:, None])
    years = (days - week).days.to_numpy() / (7 * YEAR)
    return fit(
        values, used, seasonal_levels(days, week), years, trend, reference_window(days, week), turning=True
    )


def _lately(values: np.ndarray, weeks: np.ndarray, days: pd.DatetimeIndex, week: pd.Timestamp) -> Fit:
    """The trailing rule, or where it expects fewer the same weeks of a year before (without a trend): the heating that
    begins each November is no surge in the second one."""
    lately = _trailing(values, weeks, days, week)
    if len(days) < YEAR + NEAR:
        return lately
    season = _seasonal(values, weeks, days, week, trend=False)
    busier = season.quantile(1 - OUTSIDE) > lately.quantile(1 - OUTSIDE)
    return Fit(*(np.where(busier, *both) for both in zip(astuple(season), astuple(lately), strict=True)))


def _trailing(values: np.ndarray, weeks: np.ndarray, days: pd.DatetimeIndex, week: pd.Timestamp) -> Fit:
    """One level without a trend. A series' weeks before its first request count as weeks without any."""
    window = slice(-LEFT_OUT, -TRAILING_LEFT_OUT)
    values, days = values[:, window], days[window]
    used = ~np.isnan(values) & ~near_festival(festival_distances(days))
    used &= used.sum(axis=1, keepdims=True) >= TRAILING_FEWEST
    model = fit(values, used, np.zeros(len(days), int), np.zeros(len(days)), trend=False)
    return replace(model, error=model.error + SEASON_UNKNOWN**2)
