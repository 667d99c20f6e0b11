"""Farrington Flexible: what a weekly count is expected to be from its own history, for all series at once.

The rule is that of Noufaily, Enki, Farrington, Garthwaite, Andrews and Charlett, “An improved algorithm for outbreak
detection in multiple surveillance systems”, Statistics in Medicine 32 (2013) 1206–1222; written from the paper. The
reference implementation, to compare figures with, is `farringtonFlexible` of Höhle's R package surveillance.

    log μ_t = α_level(t) + β·t,        Var(y_t) = φ·μ_t        (quasi-Poisson)

`t` is counted from the judged week, in years. For a given β the best level is the level's requests over its Σ exp(β·t).
That leaves one unknown a series, β, which Newton's steps find for all series together; no matrix is inverted. What the
judged week is expected to be is read in the same way off its reference window, ±3 weeks around the same time of other years.

Two things are not the paper's. Its seasonal factor has ten levels, the window one of them; here a level is two weeks long, so
that a season that sets in on a day, as heating does, does not pass for spread. And where the season turns within the window the busier
side of it is what is expected. docs/backtest.md measures both (block-shaped seasons).
"""

from dataclasses import dataclass

import numpy as np

RESIDUAL_LIMIT = 2.58  # A week with a larger Anscombe residual is taken for a past surge and counts less.
# β, that is tenfold a year: a series with requests at one end of its history only has no finite β.
STEEPEST = 2.3
# Requests of a level without any, for the prediction: its mean is small, not zero, and not known well.
NOTHING = 0.5
# Standard errors by which the sides of the window differ if the season is taken to turn: at the first cold week one is early.
TURN = 1.0
STEPS, CLOSE = 20, 1e-5  # Newton: at most so many steps, until β moves by no more


@dataclass(frozen=True)
class Fit:
    """What the judged week is expected to be; arrays with one value a series.

    A further request is spread as a negative binomial of this mean with the variance φ·mean + error·mean²: the spread
    of the counts and, on top of it, what is not known about the mean.
    """

    mean: np.ndarray
    dispersion: np.ndarray  # φ, at least 1
    error: np.ndarray  # the variance of log(mean), φ included
    slope: np.ndarray  # β, a year; 0 where no trend was fitted

    @property
    def size(self) -> np.ndarray:
        """The negative binomial's size r: Var = mean + mean²/r. Always finite, since `error` is positive."""
        return 1 / ((self.dispersion - 1) / self.mean + self.error)

    def tail(self, counts: np.ndarray) -> np.ndarray:
        """P(Y ≥ count): the smaller, the less the history explains the count."""
        return tail(counts, self.mean, self.size)

    def quantile(self, share: float) -> np.ndarray:
        """The smallest count k with P(Y ≤ k) ≥ share."""
        return quantile(share, self.mean, self.size)


def tail(counts: np.ndarray, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    """P(Y ≥ count) of a negative binomial: I_q(count, size) with q = mean/(mean + size); 1 for a count of 0."""
    from scipy.special import betainc  # 0.2 s of CPU, for those who need it only

    return np.where(counts == 0, 1.0, betainc(np.maximum(counts, 1), size, mean / (mean + size)))


def quantile(share: float, mean: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The smallest whole k with P(Y ≤ k) ≥ share; missing where the mean is."""
    from scipy.special import nbdtrik

    k = np.ceil(np.nan_to_num(nbdtrik(share, size, size / (mean + size))))
    # The inverse may come out a rounding error too high: then k - 1 is large enough.
    below = 1 - tail(k, mean, size) >= share
    return np.where(np.isnan(mean), np.nan, np.where(below, np.maximum(k - 1, 0), k))


def fit(
    counts: np.ndarray,
    used: np.ndarray,
    levels: np.ndarray,
    years: np.ndarray,
    trend: bool = True,
    window: np.ndarray | None = None,
    turning: bool = False,
) -> Fit:
    """The model fitted to `counts` over the weeks that are `used` (both series × weeks); a series that uses none of
    the weeks of the reference window has no mean (NaN).

    `levels` is each week's level of the seasonal factor (whole numbers), `years` its distance from the judged week, below 0.
    `window` is how far a week of the reference window is from the judged one's time of the year, in weeks, and missing
    for all others; without it the window is level 0. Fitted twice: the second time weeks with large residuals weigh
    less. As in the paper, a trend that would lift the expected count above every count of the history is left out.

    `turning`: a series whose weeks before that time of the year and after it differ by more than TURN standard errors is
    expected to be like the busier ones: what comes a week earlier than in other years is no surge.
    """
    order = levels.argsort(kind="stable")
    counts, used, years = np.where(used, counts, 0.0)[:, order], used[:, order], years[order]
    season = _Season(levels[order])
    sloped = np.full(len(counts), trend)
    model = _solve(counts, used.astype(float), season, years, sloped, np.zeros(len(counts)))
    weights = outbreak_weights(_residuals(model, counts, used, season, years, sloped), used)
    model = _solve(counts, weights, season, years, sloped, model.slope)
    window = (np.where(levels == 0, 0.0, np.nan) if window is None else window)[order]
    alike = ~np.isnan(window)
    sloped &= _expected(model, counts, weights, years, alike)[0] <= counts.max(axis=1)
    if trend and not sloped.all():
        model = _solve(counts, weights, season, years, sloped, np.where(sloped, model.slope, 0))
    dispersion = _dispersion(model, counts, weights, used, sloped)
    mean, error = _expected(model, counts, weights, years, alike, sloped)
    if turning:
        sides = [
            _expected(model, counts, weights, years, side, sloped) for side in (window <= 0, window >= 0)
        ]
        (before, before_error), (after, after_error) = sides
        apart = np.abs(np.log(before / after)) > TURN * np.sqrt(dispersion * (before_error + after_error))
        mean = np.where(apart, np.maximum(before, after), mean)
        error = np.where(apart, np.where(before > after, before_error, after_error), error)
    error = dispersion * error
    return Fit(mean, dispersion, error, model.slope)


def outbreak_weights(residuals: np.ndarray, used: np.ndarray, limit: float = RESIDUAL_LIMIT) -> np.ndarray:
    """Weight γ·s⁻² where a residual s is above the limit, γ elsewhere; γ makes the weights add up to the weeks used."""
    weights = used / np.where(residuals > limit, residuals, 1) ** 2
    return weights * (used.sum(axis=1) / np.where(used.any(axis=1), weights.sum(axis=1), 1))[:, None]


class _Season:
    """The weeks in the order of their levels: sums over a level, and a level's value at each of its weeks.

    Sums of slices instead of a product of matrices, which numpy spreads over threads: six times the CPU time here.
    """

    def __init__(self, levels: np.ndarray):
        _, self.starts, self.places = np.unique(levels, return_index=True, return_inverse=True)

    def sums(self, values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, self.starts, axis=1)

    def spread(self, values: np.ndarray) -> np.ndarray:
        return values[:, self.places]


def _expected(model, counts, weights, years, chosen, sloped=0) -> tuple[np.ndarray, np.ndarray]:
    """The judged week's mean by the `chosen` weeks, and the variance of its logarithm, for φ = 1."""
    weights, years = weights[:, chosen], years[chosen]
    requests = np.maximum((weights * counts[:, chosen]).sum(axis=1), NOTHING)
    growth = weights * np.exp(np.multiply.outer(model.slope, years))
    weeks = growth.sum(axis=1)
    weeks = np.where(weeks > 0, weeks, np.nan)
    centre = (growth * years).sum(axis=1) / weeks
    return requests / weeks, 1 / requests + sloped * centre**2 / model.information


@dataclass(frozen=True)
class _Solution:
    """The slope and levels that satisfy the score equations; all but the first and the last two are series × levels."""

    slope: np.ndarray
    requests: np.ndarray  # Σ w·y over the level's weeks
    weeks: np.ndarray  # Σ w·exp(β·t) over the level's weeks
    level: np.ndarray  # exp(α) = requests / weeks
    centre: np.ndarray  # the mean of t over the level's weeks, weighted by w·μ
    information: np.ndarray  # Σ w·μ·(t − centre)²: the inverse variance of β, for φ = 1
    fitted: np.ndarray  # μ, series × weeks


def _solve(counts, weights, season, years, sloped, slope) -> _Solution:
    """Newton's steps for β, from `slope` on; series that are not `sloped` keep it."""
    requests, pull, squared = season.sums(weights * counts), (weights * counts) @ years, years**2
    for _ in range(STEPS):
        growth = np.exp(np.multiply.outer(slope, years))
        zeroth = weights * growth
        weeks, first, second = map(season.sums, (zeroth, zeroth * years, zeroth * squared))
        some = np.where(weeks > 0, weeks, 1)
        level, centre = requests / some, first / some
        information = (level * (second - centre * first)).sum(axis=1)
        # Without requests, or with those of a single week, there is no slope to be read.
        information = np.where(information > 1e-9, information, np.inf)
        step = sloped * (pull - (level * first).sum(axis=1)) / information
        step[np.abs(step) < CLOSE] = 0  # A series stops by itself, so that no other one changes its figures.
        moved = np.clip(slope + np.clip(step, -1, 1), -STEEPEST, STEEPEST)
        if (moved == slope).all():
            break
        slope = moved
    return _Solution(slope, requests, weeks, level, centre, information, season.spread(level) * growth)


def _dispersion(model: _Solution, counts, weights, used, sloped) -> np.ndarray:
    """φ: Pearson's χ² over its degrees of freedom, at least 1. Levels without a week take no degree."""
    fitted = np.where(model.fitted > 0, model.fitted, 1)  # Where nothing is expected nothing came.
    squares = (weights * (counts - model.fitted) ** 2 / fitted).sum(axis=1)
    freedom = used.sum(axis=1) - (model.weeks > 0).sum(axis=1) - sloped
    return np.maximum(squares / np.maximum(freedom, 1), 1)


def _residuals(model: _Solution, counts, used, season, years, sloped) -> np.ndarray:
    """Anscombe's, 3/2·(y^⅔ − μ^⅔)/μ^⅙, over √(φ·(1 − leverage)): about standard normal without surges."""
    sixth = np.where(model.fitted > 0, model.fitted, 1) ** (1 / 6)
    raw = 1.5 * (np.cbrt(counts) ** 2 / sixth - np.where(model.fitted > 0, sixth**3, 0))
    away = years - season.spread(model.centre)
    per_request = season.spread(1 / np.where(model.requests > 0, model.requests, 1))
    leverage = model.fitted * (per_request + sloped[:, None] * away**2 / model.information[:, None])
    dispersion = _dispersion(model, counts, used, used, sloped)
    return raw / np.sqrt(dispersion[:, None] * np.maximum(1 - leverage, 0.01))
