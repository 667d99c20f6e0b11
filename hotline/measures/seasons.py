"""Which past weeks a week is compared with: its reference window, the levels of the seasonal factor, the weeks around 春节.

春节 falls between 21 January and 20 February, so the calendar's weeks say little about it: the weeks from two before it to
two after it (元宵, two weeks on to the day, is the last) are compared with the weeks at the same distance in other
years, and no other week is compared with them.
"""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd

AROUND_FESTIVAL = 2  # weeks on each side of the week that holds 春节
NEAR = 3  # weeks on each side of the same week of another year that are its reference window
LEVELS = 26  # of the seasonal factor, each of two weeks
YEAR = 365.2425 / 7  # in weeks


def seasonal_levels(weeks: pd.DatetimeIndex, week: pd.Timestamp) -> np.ndarray:
    """The level of each week (its first day): which weeks of other years it is expected to be like.

    The year has LEVELS nearly equal parts, the first around the time of `week`; the weeks around 春节 have levels of their
    own, by their distance from it.
    """
    apart = year_distances(weeks, week)
    levels = np.floor((apart / YEAR * LEVELS + 0.5) % LEVELS).astype(int)
    distances = festival_distances(weeks)
    return np.where(near_festival(distances), LEVELS + AROUND_FESTIVAL + distances, levels)


def reference_window(weeks: pd.DatetimeIndex, week: pd.Timestamp) -> np.ndarray:
    """Weeks from the same time of another year as `week`, for those whose counts are what `week` is expected to be like: within
    ±3 of it, and none around 春节. If `week` is itself around 春节: 0 for those at its distance. Missing (NaN) for the rest.
    """
    distances = festival_distances(weeks)
    own = festival_distances(pd.DatetimeIndex([week]))[0]
    if near_festival(own):
        return np.where(distances == own, 0, np.nan)
    apart = np.rint(year_distances(weeks, week))
    return np.where((np.abs(apart) <= NEAR) & ~near_festival(distances), apart, np.nan)


def year_distances(weeks: pd.DatetimeIndex, week: pd.Timestamp) -> np.ndarray:
    """Weeks from the nearest same time of the year as `week` to each of these; below 0 for those before it."""
    apart = ((weeks - week).days.to_numpy() / 7) % YEAR
    return np.where(apart > YEAR / 2, apart - YEAR, apart)


def festival_distances(weeks: pd.DatetimeIndex) -> np.ndarray:
    """Weeks from the week that holds the nearest 春节 (0) to each of these, which are given by their first day."""
    days = weeks.to_numpy().astype("datetime64[D]").astype(int)
    festivals = np.array([_new_year(year) for year in range(weeks.min().year - 1, weeks.max().year + 2)])
    apart = -((festivals - days[:, None]) // 7)
    return apart[np.arange(len(weeks)), np.abs(apart).argmin(axis=1)]


def near_festival(distances: np.ndarray) -> np.ndarray:
    """Whether a week is one of those that are compared by their distance from 春节."""
    return np.abs(distances) <= AROUND_FESTIVAL


@cache
def _new_year(year: int) -> int:
    """The first day of the lunar year, in days since 1970."""
    from borax.calendars.lunardate import LunarDate

    return (LunarDate(year, 1, 1).to_solar_date() - date(1970, 1, 1)).days
