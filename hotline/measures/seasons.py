"""Which past weeks a week is compared with: the levels of the seasonal factor, and the weeks around 春节.

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
LEVELS = 10  # of the seasonal factor: the reference window, and the rest of the year in nine equal parts
YEAR = 365.2425 / 7  # in weeks


def seasonal_levels(weeks: pd.DatetimeIndex, week: pd.Timestamp) -> np.ndarray:
    """The level of each week (its first day) as seen from `week`, whose own level is 0.

    0 is the reference window, ±3 weeks around the same time of other years, and 1 to 9 the rest of the year.
    Weeks around 春节 have levels of their own, 10 to 14, by their distance from it; if `week` is one of them, 0 is its
    distance.
    """
    apart = ((weeks - week).days.to_numpy() / 7) % YEAR
    part = (YEAR - 2 * NEAR - 1) / (LEVELS - 1)
    after = 1 + np.floor((apart - NEAR - 0.5) / part).astype(int)
    levels = np.where(np.minimum(apart, YEAR - apart) <= NEAR + 0.5, 0, np.clip(after, 1, LEVELS - 1))
    distances = festival_distances(weeks)
    levels = np.where(near_festival(distances), LEVELS + AROUND_FESTIVAL + distances, levels)
    own = festival_distances(pd.DatetimeIndex([week]))[0]
    if not near_festival(own):
        return levels
    levels = np.where(levels == 0, LEVELS + AROUND_FESTIVAL + own, levels)
    return np.where(near_festival(distances) & (distances == own), 0, levels)


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
