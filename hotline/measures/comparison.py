"""承办单位比较: a unit's closings in time against what the center achieves with the same mix of topics and kinds."""

import math
import operator

import numpy as np
import pandas as pd

from hotline import wording
from hotline.center import Center
from hotline.measures.chance import discoveries, mid_p
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
