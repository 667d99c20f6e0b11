"""Simulated centers for the backtest: weekly counts with known seasons, levels and surges; and the plain rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from hotline.measures.seasons import YEAR, festival_distances, near_festival

SERIES, PLANTED = 140, 3  # series of an issue, and how many of them get a surge
FIRST_JUDGED = date(2022, 1, 3)
FESTIVAL = {-2: 0.9, -1: 0.7, 0: 0.35, 1: 0.6, 2: 0.9}  # what is left of a week's requests around 春节


@dataclass(frozen=True)
class Setting:
    """How a center's series behave. `levels`: "lognormal" (1.6, 1.2), a fixed level, or (low, high), log-uniform between."""

    name: str
    levels: str | float | tuple[float, float] = (2, 100)
    dispersions: tuple[float, ...] = (1, 2, 3)
    amplitudes: tuple[float, ...] = (0, 0.3, 0.5)  # of the harmonic season
    heating: tuple[float, ...] = (1,)  # how many times the level from 15 November to 15 March
    surge: float = 6  # times √(2μ)
    history: int = 260  # weeks before the judged one
    shift: int = 0  # weeks since every level changed to half, or 1.5, 2 or 3 times itself
    declared: bool = False  # as a break
    festival: bool = False  # whether 春节 takes requests away; then only weeks around it are judged


@dataclass(frozen=True)
class Issues:
    """Some issues of the same week: counts (weeks × issues·series) and what was planted (issues × series); of each series
    the judged week's true mean without a surge, and its dispersion."""

    counts: pd.DataFrame
    surges: np.ndarray
    breaks: list[pd.Timestamp]
    mean: np.ndarray
    dispersion: np.ndarray


def simulate(setting: Setting, issues: int, seed: int = 43) -> Iterator[Issues]:
    """That many issues, their judged weeks (the last rows) spread evenly over a year."""
    random = np.random.default_rng(seed)
    weeks = pd.date_range(FIRST_JUDGED, periods=52, freq="W-MON")
    if setting.festival:
        weeks = weeks[near_festival(festival_distances(weeks))]
    for week, share in zip(weeks, np.array_split(np.arange(issues), len(weeks)), strict=True):
        if len(share):
            yield _issues(setting, week, len(share), random)


def _issues(setting: Setting, week: pd.Timestamp, issues: int, random: np.random.Generator) -> Issues:
    n = issues * SERIES
    days = pd.date_range(end=week, periods=setting.history + 1, freq="W-MON")
    mean = _levels(setting.levels, n, random) * np.ones((len(days), 1))
    turn = 2 * np.pi * np.arange(len(days))[:, None] / YEAR + random.uniform(0, 2 * np.pi, n)
    mean *= 1 + random.choice(setting.amplitudes, n) * np.cos(turn)
    cold = (days.strftime("%m%d") >= "1115") | (days.strftime("%m%d") < "0315")
    mean[cold] *= random.choice(setting.heating, n)
    if setting.festival:
        left = pd.Series(festival_distances(days)).map(FESTIVAL).fillna(1)
        mean *= left.to_numpy()[:, None]
    if setting.shift:
        mean[-setting.shift - 1 :] *= random.choice([0.5, 1.5, 2, 3], n)
    dispersion = random.choice(setting.dispersions, n)
    # A Poisson count with a gamma-distributed mean has the variance dispersion·mean.
    spread = np.maximum(dispersion - 1, 1e-9)
    counts = random.poisson(np.where(dispersion > 1, random.gamma(mean / spread, spread), mean)).astype(float)
    surges = random.random((issues, SERIES)).argsort(axis=1) < PLANTED
    more = np.maximum(4, random.poisson(setting.surge * np.sqrt(2 * mean[-1])))
    counts[-1] += np.where(surges.ravel(), more, 0)
    breaks = [days[-setting.shift - 1]] if setting.declared else []
    return Issues(pd.DataFrame(counts, index=days), surges, breaks, mean[-1], dispersion)


def _levels(levels, n: int, random: np.random.Generator) -> np.ndarray:
    if levels == "lognormal":
        return random.lognormal(1.6, 1.2, n)
    low, high = levels if isinstance(levels, tuple) else (levels, levels)
    return np.exp(random.uniform(np.log(low), np.log(high), n))


def plain_rules(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Alarms of the last week by the rules that dashboards use (counts: weeks × series)."""
    last, before = counts[-1], counts[-2]
    year = counts[-53:-1]
    median = np.median(year, axis=0)
    deviation = 1.4826 * np.median(np.abs(year - median), axis=0)
    lagged = [_standardised(counts, ago, lag=2) for ago in range(3)]
    return {
        "环比+50%且+5件": (last >= 1.5 * before) & (last - before >= 5),
        "EARS C1": _standardised(counts, 0, lag=0) > 3,
        "EARS C2": lagged[0] > 3,
        "EARS C3": sum(np.maximum(0, value - 1) for value in lagged) > 2,
        "中位数+3MAD": last > median + 3 * deviation,
        "P80": last > np.quantile(year, 0.8, axis=0),
    }


def _standardised(counts: np.ndarray, ago: int, lag: int) -> np.ndarray:
    """A week's count less the mean of seven weeks before it, over their standard deviation (at least 0.2)."""
    at = len(counts) - 1 - ago
    baseline = counts[at - lag - 7 : at - lag]
    return (counts[at] - baseline.mean(axis=0)) / np.maximum(baseline.std(axis=0, ddof=1), 0.2)
