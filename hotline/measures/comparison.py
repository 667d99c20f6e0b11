"""承办单位比较: a unit's closings in time against what the center achieves with the same mix of topics and kinds."""

import math
import operator

import numpy as np
import pandas as pd

from hotline import wording
from hotline.center import Center
from hotline.measures.timeliness import OUTCOMES, timeliness_by_unit
from hotline.wording import NOT_STATED

BETTER, SAME, WORSE = "优于", "相当", "低于"
FALSE_DISCOVERIES = 0.1
"""The share of the units set apart that may be no different (Benjamini and Hochberg's)."""


def comparison(due: pd.DataFrame, center: Center) -> pd.DataFrame:
    """group, unit, due, on_time, on_time_rate, expected, expected_rate, p, band: each unit against its own mix.

    `due` is of `due_in`. `expected` is the sum, over the unit's handlings, of the center's rate for their topic and
    kind (as a number with a fraction), `expected_rate` its share of `due` as printed. `p` is the two-sided mid-p of
    `on_time`, given how many of each topic × kind were closed in time by all (`mid_p`). `band` is 优于, 相当 or 低于
    after Benjamini and Hochberg over the units at FALSE_DISCOVERIES.
    """
    units = timeliness_by_unit(due, center)[["group", "unit", "due", "on_time", "on_time_rate"]]
    judged = due[due["outcome"].isin(OUTCOMES)].dropna(subset="unit")
    mix = [judged["topic"].fillna(NOT_STATED), judged["kind"].fillna(NOT_STATED)]
    cell = judged.groupby(mix, observed=True).ngroup().to_numpy()
    whole = np.bincount(cell)
    good = np.bincount(cell, judged["outcome"] == "on_time").astype("int64")
    row = units.reset_index().set_index("unit")["index"].reindex(judged["unit"]).to_numpy("int64")
    taken = np.zeros((len(units), len(whole)), dtype="int64")
    np.add.at(taken, (row, cell), 1)
    # Exact, over one denominator: a rate that is printed is rounded once, from whole numbers.
    common = math.lcm(*whole.tolist())
    rates = [int(k) * (common // int(size)) for k, size in zip(good, whole, strict=True)]
    expected = [sum(map(operator.mul, own, rates)) for own in taken.tolist()]
    p = [
        mid_p(hits, own[own > 0], good[own > 0], whole[own > 0])
        for hits, own in zip(units["on_time"], taken, strict=True)
    ]
    above = [hits * common > each for hits, each in zip(units["on_time"].tolist(), expected, strict=True)]
    printed = [
        wording.share(each, common * size) for each, size in zip(expected, units["due"].tolist(), strict=True)
    ]
    apart = discoveries(np.array(p), FALSE_DISCOVERIES)
    return units.assign(
        expected=np.array([each / common for each in expected], dtype="float64"),
        expected_rate=pd.Series(printed, units.index, "str"),
        p=np.array(p, dtype="float64"),
        band=pd.Series(np.where(apart, np.where(above, BETTER, WORSE), SAME), units.index, "str"),
    )


def mid_p(hits: int, taken: np.ndarray, good: np.ndarray, whole: np.ndarray) -> float:
    """The two-sided exact mid-p of `hits`, if a unit's handlings are a random draw out of each cell of the center.

    Of cell i the unit has `taken` out of `whole`, of which `good` were closed in time; its closings in time are then a
    sum of independent hypergeometric numbers. That is exact although the center's rates come from the same handlings,
    the unit's own among them; binomial numbers with these rates would take the rates for known. Mid-p counts half of
    the observed outcome's probability (Lancaster 1961); both sides are twice the smaller one.
    """
    least = np.maximum(0, taken + good - whole)
    chances = np.ones(1)
    for n, k, size in zip(taken.tolist(), good.tolist(), whole.tolist(), strict=True):
        if 0 < k < size and n < size:  # else the draw is certain
            chances = np.convolve(chances, _hypergeometric(n, k, size))
    at = hits - int(least.sum())
    below, here = chances[:at].sum(), chances[at]
    return float(min(1.0, 2 * min(below + here / 2, 1 - below - here / 2)))


def _hypergeometric(taken: int, good: int, whole: int) -> np.ndarray:
    """The probabilities of the numbers of good ones among `taken` out of `whole`, from the least possible on."""
    x = np.arange(max(0, taken + good - whole), min(taken, good))
    # From one number to the next the probability changes by this factor; their product is free of factorials.
    steps = np.log((good - x) * (taken - x) / ((x + 1) * (whole - good - taken + x + 1)))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    probabilities = np.exp(logs - logs.max())
    return probabilities / probabilities.sum()


def discoveries(p: np.ndarray, rate: float) -> np.ndarray:
    """Which of these p-values stand out, so that at most `rate` of them are expected to be chance.

    Benjamini and Hochberg 1995: the largest i with p(i) ≤ rate · i / m, and all up to it.
    """
    order = np.argsort(p)
    small = p[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    apart = np.zeros(len(p), dtype=bool)
    apart[order[: np.flatnonzero(small)[-1] + 1 if small.any() else 0]] = True
    return apart
