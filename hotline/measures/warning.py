"""Signals (预警): the week's counts that their own history does not explain, and how often that rule is wrong.

For `counts`, `week` and `breaks` see hotline.measures.expectation. Columns may be a MultiIndex, for example (topic, subtopic, unit)
with "" where a series is not divided by that: ("居民生活", "", "") is a topic and the parent of ("居民生活", "", "大店镇").
"""

import hashlib
from collections.abc import Iterable, MutableMapping
from datetime import date
from itertools import compress

import numpy as np
import pandas as pd

from hotline.measures.chance import discoveries
from hotline.measures.expectation import LEFT_OUT, NEW, expect
from hotline.measures.farrington import tail

ALARM = 0.005  # a smaller p is a signal
FEWEST, RECENT = 5, 4  # requests, in so many weeks: fewer are never a signal
PRINTED = 3  # signals an issue
# Of a hundred and fifty series some are improbable by chance each week: of those printed this share is expected to be.
# Benjamini and Hochberg's; with it a week without surges prints half as many, and as many surges are found (docs/backtest.md).
CHANCE = 0.2
GONE_ON, RECEDED = "持续", "回落"
PLANTED, DRAWS = 3, 20  # surges an issue of the backtest, and how often each week's are drawn


def signals(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """One row a signal, as printed: the columns of `expect` and `since`, the first of the weeks in a row that were signals.

    At most three that chance does not explain, the smallest p first; a series whose parent is a signal too comes after
    its parent, and not at all where it is all of its parent: 供电公司's 公用事业, if that is all it has.
    """
    breaks = list(breaks)
    rows = _shown(counts, week, breaks)
    return rows.assign(since=_since(counts.loc[:, rows.index], week, breaks))


def _shown(counts: pd.DataFrame, week: date, breaks: list[date]) -> pd.DataFrame:
    """The rows of `signals`, without `since`."""
    rows = judged(counts.loc[:, _recent(counts, week) >= FEWEST], week, breaks)
    apart = discoveries(rows["p"].to_numpy(), CHANCE) | (rows["method"] == NEW)
    return _parents_first(rows[rows["signal"] & apart]).head(PRINTED).drop(columns=["recent", "signal"])


def looked_back(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """One row a signal of the week before: count_before, count, mean, low, high, state (持续 if it still is one, else 回落)."""
    breaks = list(breaks)
    before = pd.Timestamp(week) - pd.Timedelta(days=7)
    if before not in counts.index:
        return pd.DataFrame(columns=["count_before", "count", "mean", "low", "high", "state"])
    last = _shown(counts, before, breaks)
    now = judged(counts.loc[:, last.index], week, breaks)
    state = np.where(now["signal"], GONE_ON, RECEDED)
    return now[["count", "mean", "low", "high"]].assign(count_before=last["count"], state=state)


def judged(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """The columns of `expect`, `recent` (requests of the last four weeks) and `signal`, whether the row is one.

    It is with p < 0.005, or never seen before, if it has at least five requests in the last four weeks.
    """
    rows, recent = expect(counts, week, breaks), _recent(counts, week)
    unexplained = (rows["p"] < ALARM) | (rows["method"] == NEW)
    return rows.assign(recent=recent, signal=(recent >= FEWEST) & unexplained)


def _recent(counts: pd.DataFrame, week: date) -> np.ndarray:
    """Requests of the last four weeks, series by series."""
    return np.nansum(counts.loc[: pd.Timestamp(week)].iloc[-RECENT:].to_numpy(float), axis=0)


def _parents_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by p, each directly after those of its parents that are among them; without those that equal a parent."""
    same = rows[["count", "mean"]].to_numpy()
    repeated = [
        any(
            _is_part(name, parent) and (same[at] == same[other]).all()
            for other, parent in enumerate(rows.index)
        )
        for at, name in enumerate(rows.index)
    ]
    rows = rows[~np.array(repeated, bool)].sort_values(["p", "count"], ascending=[True, False], kind="stable")
    places: list[int] = []
    for place, name in enumerate(rows.index):
        parents = [other for other, parent in enumerate(rows.index) if _is_part(name, parent)]
        parents.sort(key=lambda other: sum(map(bool, rows.index[other])))
        places += [other for other in [*parents, place] if other not in places]
    return rows.iloc[places]


def _is_part(name, parent) -> bool:
    """Whether a series is a part of another: the same where that one is divided, and divided further."""
    if not isinstance(name, tuple) or name == parent:
        return False
    return all(own == theirs for own, theirs in zip(name, parent, strict=True) if theirs)


def _since(counts: pd.DataFrame, week: date, breaks: list[date]) -> pd.Series:
    """The first of the weeks in a row, up to `week`, in which each series was a signal; at most half a year back."""
    since = pd.Series(pd.Timestamp(week), index=counts.columns, dtype="datetime64[us]")
    for back in range(1, LEFT_OUT):
        before = pd.Timestamp(week) - pd.Timedelta(weeks=back)
        if counts.empty or before not in counts.index:
            break
        rows = judged(counts, before, breaks)
        counts = counts.loc[:, rows["signal"].to_numpy()]
        since.loc[counts.columns] = before
    return since


def backtest(
    counts: pd.DataFrame,
    week: date,
    breaks: Iterable[date] = (),
    weeks: int = 52,
    every: int = 4,
    known: MutableMapping[str, dict] | None = None,
) -> dict[str, float]:
    """How often the rule is wrong on this archive: every fourth of the last 52 weeks, judged as it was then.

    issues        weeks that could be judged; the rest is missing (NaN) where there was none
    signals       signals printed an issue; true ones are among them, so at most so many are false
    false_alarms  signals printed an issue beside planted surges, which take up places of the three
    detected      share of the planted surges that are printed in their first week
    coverage      share of the counts within their 95% range, over `series_weeks` counts

    Surges of max(4, 6·√(2·mean)) requests are planted in three series a week, drawn at random twenty times; every
    run draws the same. `known` keeps what was worked out for a week under a digest of all that it was worked out of:
    the next issue judges the same weeks but one.
    """
    breaks, known, names = list(breaks), {} if known is None else known, list(counts.columns)
    last = counts.index[counts.index <= pd.Timestamp(week)][-weeks:]
    issues = []
    for end in last[last.map(lambda day: day.toordinal() // 7 % every == 0)]:
        past = counts.loc[:end]
        often = _recent(past, end) >= FEWEST
        key = _digest(list(compress(names, often)), past.to_numpy()[:, often], end, breaks)
        if key not in known:
            known[key] = _tested(past.loc[:, often], end, breaks)
        issues.append(known[key])
    judged = pd.DataFrame(issues, columns=["signals", "false_alarms", "detected", "covered", "judged"])
    judged = judged[judged["judged"] >= PLANTED]
    means = judged.mean()
    per_issue = {name: float(means[name]) for name in ("signals", "false_alarms", "detected")}
    coverage = float(means["covered"] / means["judged"])
    return {
        "issues": len(judged),
        **per_issue,
        "coverage": coverage,
        "series_weeks": int(judged["judged"].sum()),
    }


def _digest(names: list, past: np.ndarray, end: pd.Timestamp, breaks: list[date]) -> str:
    about = repr((names, str(end), list(map(str, breaks)), ALARM, PRINTED, CHANCE))
    return hashlib.sha256(about.encode() + past.tobytes()).hexdigest()


def _tested(past: pd.DataFrame, end: pd.Timestamp, breaks: list[date]) -> dict[str, float]:
    """The figures of `backtest` for one week, the last of `past`."""
    rows = judged(past, end, breaks)
    rows = rows[rows["p"].notna()]
    if len(rows) < PLANTED:
        return {"judged": 0}
    random = np.random.default_rng((12345, end.toordinal()))
    count, mean, size, recent = (rows[name].to_numpy() for name in ("count", "mean", "size", "recent"))
    surge = np.maximum(4, np.rint(6 * np.sqrt(2 * mean)))
    with_surge = np.where(recent + surge >= FEWEST, tail(count + surge, mean, size), np.nan)
    alone = rows["p"].to_numpy()
    planted = _smallest(random.random((DRAWS, len(rows))), PLANTED)
    shown = printed(np.where(planted, with_surge, alone))
    return {
        "signals": int(printed(alone[None]).sum()),
        "false_alarms": float((shown & ~planted).sum() / DRAWS),
        "detected": float((shown & planted).sum() / (DRAWS * PLANTED)),
        "covered": int(((count >= rows["low"]) & (count <= rows["high"])).sum()),
        "judged": len(rows),
    }


def printed(p: np.ndarray) -> np.ndarray:
    """Which of the series an issue prints by p alone: the signals with the smallest that chance does not explain, at most
    three (issues × series). Missing is the p of a series with too few requests to be judged."""
    return (p < ALARM) & discoveries(p, CHANCE) & _smallest(p, PRINTED)


def _smallest(values: np.ndarray, n: int) -> np.ndarray:
    """The n smallest of each row."""
    return values.argsort(axis=1, kind="stable").argsort(axis=1) < n
