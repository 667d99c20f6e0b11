"""What chance explains: an exact test of one number, and how many of many tests stand out."""

import numpy as np


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
    """Which of these p-values stand out, so that at most `rate` of them are expected to be chance; of several families
    (rows), each by itself. A missing one (NaN) is no test.

    Benjamini and Hochberg 1995: the largest i with p(i) ≤ rate · i / m, and all up to it.
    """
    order = np.argsort(p, axis=-1, kind="stable")  # missing ones last
    tests = np.maximum((~np.isnan(p)).sum(axis=-1, keepdims=True), 1)
    small = np.take_along_axis(p, order, axis=-1) <= rate * np.arange(1, p.shape[-1] + 1) / tests
    upto = np.logical_or.accumulate(small[..., ::-1], axis=-1)[..., ::-1]
    apart = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(apart, order, upto, axis=-1)
    return apart
