"""承办单位比较: a unit's closings in time against what the center achieves with the same mix of topics and kinds."""

from fractions import Fraction

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
    judged = judged.assign(
        cell=judged.groupby(mix, observed=True).ngroup(), hit=judged["outcome"] == "on_time"
    )
    cells = judged.groupby("cell")["hit"].agg(["size", "sum"])
    own = judged.groupby(["unit", "cell"], observed=True).size()
    rows = []
    for unit, hits in zip(units["unit"], units["on_time"], strict=True):
        taken = own[unit]
        whole, good = (cells.loc[taken.index, column].to_numpy() for column in ("size", "sum"))
        expected = sum(
            (Fraction(int(n) * int(k), int(size)) for n, k, size in zip(taken, good, whole, strict=True)),
            Fraction(0),
        )
        rate = wording.share(expected.numerator, expected.denominator * int(taken.sum()))
        rows.append((float(expected), rate, mid_p(hits, taken.to_numpy(), good, whole), hits > expected))
    columns = ["expected", "expected_rate", "p", "above"]
    compared = units.join(pd.DataFrame(rows, index=units.index, columns=columns))
    apart = discoveries(compared["p"].to_numpy("float64"), FALSE_DISCOVERIES)
    band = np.where(~apart, SAME, np.where(compared["above"].astype(bool), BETTER, WORSE))
    return compared.drop(columns="above").assign(band=pd.Series(band, compared.index, "str"))


def mid_p(hits: int, taken: np.ndarray, good: np.ndarray, whole: np.ndarray) -> float:
    """The two-sided exact mid-p of `hits`, if a unit's handlings are a random draw out of each cell of the center.

    Of cell i the unit has `taken` out of `whole`, of which `good` were closed in time; its closings in time are then a
    sum of independent hypergeometric numbers. That is exact although the center's rates come from the same handlings,
    the unit's own among them; binomial numbers with these rates would take the rates for known. Mid-p counts half of
    the observed outcome's probability (Lancaster 1961); both sides are twice the smaller one.
    """
    chances = np.ones(1)
    lowest = 0
    for n, k, size in zip(taken, good, whole, strict=True):
        least, probabilities = _hypergeometric(int(n), int(k), int(size))
        chances, lowest = np.convolve(chances, probabilities), lowest + least
    at = hits - lowest
    below, here = chances[:at].sum(), chances[at]
    return float(min(1.0, 2 * min(below + here / 2, 1 - below - here / 2)))


def _hypergeometric(taken: int, good: int, whole: int) -> tuple[int, np.ndarray]:
    """The least number of good ones among `taken` out of `whole`, and the probabilities from it on."""
    least, most = max(0, taken + good - whole), min(taken, good)
    # From one number to the next the probability changes by this factor; their product is free of factorials.
    x = np.arange(least, most)
    steps = np.log((good - x) * (taken - x)) - np.log((x + 1) * (whole - good - taken + x + 1))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    probabilities = np.exp(logs - logs.max())
    return least, probabilities / probabilities.sum()


def discoveries(p: np.ndarray, rate: float) -> np.ndarray:
    """Which of these p-values stand out, so that at most `rate` of them are expected to be chance.

    Benjamini and Hochberg 1995: the largest i with p(i) ≤ rate · i / m, and all up to it.
    """
    order = np.argsort(p)
    small = p[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    apart = np.zeros(len(p), dtype=bool)
    apart[order[: np.flatnonzero(small)[-1] + 1 if small.any() else 0]] = True
    return apart
