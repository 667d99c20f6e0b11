"""The handlings behind the samples, as they will have become: generated weeks, and issue 43's.

sample.yml beside this module holds the figures and weights; the rest is drawn from generators seeded by the week,
so that a week comes out alike on every machine, on every day, and whatever is made around it. Frames have the
columns of hotline.columns; times are whole seconds.
"""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from hotline import columns
from hotline.center import Center
from hotline.periods import Period

SEED = 2021_43
BAD = ("不满意", "非常不满意")
_DAY = 86_400
_SECOND = np.timedelta64(1, "s")
_NEVER = np.datetime64("NaT", "us")
WEEKDAYS = np.array([0.18, 0.165, 0.16, 0.155, 0.15, 0.105, 0.085])
HOURS = np.array([1, 1, 1, 1, 1, 2, 6, 14, 30, 36, 34, 24, 16, 20, 30, 32, 28, 22, 18, 16, 14, 9, 5, 2])


@cache
def sample_figures() -> dict:
    """sample.yml: issue 43's figures, topics with weights, seasons."""
    return yaml.safe_load(Path(__file__).with_name("sample.yml").read_text(encoding="utf-8"))


def generated(center: Center, weeks: list[Period], mean: int) -> pd.DataFrame:
    """Weeks of `mean` requests on average: weeks x mean in all, each moving with season, trend and chance."""
    levels = np.cumsum([_level(week) for week in weeks])
    sums = np.rint(levels / levels[-1] * mean * len(weeks)).astype("int64")
    return _joined(
        [_week(center, week, size) for week, size in zip(weeks, np.diff(sums, prepend=0), strict=True)]
    )


def issue_43(center: Center, weeks: list[Period]) -> pd.DataFrame:
    """The weeks up to 2021-W43, which has issue 43's figures, and the days until its export.

    The week before it has 1,626 requests; those before that are generated at its level. In these weeks all visits
    made in 2021-W43 are the planned ones: a visit counts when it is made, whatever the week of its request.
    """
    issue = sample_figures()["issue"]
    few = 0.03  # visits are rare in issue 43; the weeks beside it are alike
    *earlier, previous, reported = weeks
    level = issue["previous_total"] / _level(previous)
    following = _week(center, reported.next, issue["total"], few)
    parts = [
        *(_week(center, week, round(level * _level(week)), few) for week in earlier),
        _week(center, previous, issue["previous_total"], few),
        _issue_week(center, reported, issue),
        following[following["requested_at"] < issue["exported"]],
    ]
    return _issue_visits(_joined(parts), center, reported, issue)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)


def _rng(week: Period, purpose: int) -> np.random.Generator:
    return np.random.default_rng((SEED, week.starts.toordinal(), purpose))


def _peak(day: date, month: int, of_month: int, width: float) -> float:
    """1 on that day of the year, falling off to both sides within about `width` days."""
    apart = (day - date(day.year, month, of_month)).days
    apart = (apart + 182) % 365 - 182
    return float(np.exp(-((apart / width) ** 2)))


def _level(week: Period) -> float:
    """How busy a week is, about 1: a slow rise over the years, heat and cold, the holidays, and chance."""
    middle = week.starts + timedelta(days=3)
    trend = 1 + 0.2 * np.tanh((middle - date(2021, 10, 28)).days / 730)
    seasons = 1 + 0.14 * _peak(middle, 7, 20, 35) + 0.18 * _peak(middle, 12, 5, 30)
    holidays = (1 - 0.35 * _peak(middle, 2, 8, 9)) * (1 - 0.15 * _peak(middle, 10, 4, 4))
    chance = 1 + 0.04 * np.clip(_rng(week, 0).standard_normal(), -2, 2)
    return float(trend * seasons * holidays * chance)


def _figures(center: Center) -> dict:
    """Issue 43's figures for its own center, which its other weeks resemble; nothing for another."""
    issue = sample_figures()["issue"]
    return issue if center.key == issue["center"] else {}


def _shares(names: tuple[str, ...], counts: dict[str, int], fall: float) -> np.ndarray:
    """How often each name occurs: by its count where there are counts, else falling off down the list."""
    if counts:
        weights = np.array([counts.get(name, 6) for name in names], dtype=float)
    else:
        weights = 1 / np.arange(1, len(names) + 1) ** fall
    return weights / weights.sum()


def _text(names: tuple[str, ...] | list[str], codes: np.ndarray) -> pd.Series:
    """The names of the codes as a string column; code -1 is missing."""
    return pd.Series(pd.array(list(names) or [""], dtype="str").take(codes, allow_fill=True))


def _requests(center: Center, week: Period, count: int) -> pd.DataFrame:
    """The requests received in a week, in order, one row each: what belongs to the request."""
    rng = _rng(week, 1)
    day = rng.choice(7, count, p=np.roll(WEEKDAYS, -center.first_weekday) / WEEKDAYS.sum())
    hour = rng.choice(24, count, p=HOURS / HOURS.sum())
    second = np.sort(day * _DAY + hour * 3600 + rng.integers(0, 3600, count))
    day = second // _DAY
    first = np.searchsorted(day, np.arange(7))
    stamps = np.array([int(f"{week.starts + timedelta(days=n):%Y%m%d}") for n in range(7)])
    requested = (np.datetime64(week.start, "s") + second).astype("datetime64[us]")
    figures = _figures(center)
    channels, kinds = center.channels or ("热线",), center.kinds or ("求助",)
    channel = rng.choice(len(channels), count, p=_shares(channels, figures.get("channels", {}), 6))
    kind = rng.choice(len(kinds), count, p=_shares(kinds, figures.get("kinds", {}), 2))
    topics, subtopics, weights = _topics(center, week)
    topic = rng.choice(len(topics), count, p=weights)
    days = np.array([5, 7, 10, 2, 3])[kind % 5]
    return pd.DataFrame(
        {
            "request_id": pd.Series(stamps[day] * 10**6 + np.arange(count) - first[day] + 1).astype("str"),
            "requested_at": requested,
            "channel": _text(channels, channel),
            "kind": _text(kinds, kind),
            "topic": _text(topics, topic),
            "subtopic": _text(subtopics, topic),
            "due_at": requested + days.astype("timedelta64[D]"),
        }
    )


def _topics(center: Center, week: Period) -> tuple[list[str], list[str], np.ndarray]:
    """All pairs of topic and subtopic, and how often each occurs in that week of the year."""
    figures, middle = sample_figures(), week.starts + timedelta(days=3)
    if center.topics:
        falling = dict(zip(center.topics, _shares(center.topics, {}, 0.8), strict=True))
        tree = {
            topic: figures["topics"].get(topic, {"其他": falling[topic] * 1000}) for topic in center.topics
        }
    else:
        tree = figures["topics"]
    topics, subtopics, weights = [], [], []
    for topic, parts in tree.items():
        for subtopic, weight in parts.items():
            season = figures["seasons"].get(subtopic)
            if season:
                weight *= season["low"] + season["high"] * _peak(middle, *season["peak"], season["width"])
            topics.append(topic)
            subtopics.append(subtopic)
            weights.append(weight)
    return topics, subtopics, np.array(weights) / sum(weights)


def _units(center: Center) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """The profile's units, and for each: its share of the handlings, mean days to close, chance to satisfy."""
    names, figures = tuple(center.group_of), _figures(center).get("units", {})
    rng = np.random.default_rng((SEED, len(names)))
    days = rng.uniform(1.5, 8, len(names))
    for number, name in enumerate(names):
        if name in figures:
            handled, closed = figures[name][:2]
            days[number] = 0.7 + 6.5 * (1 - closed / handled)
    shares = _shares(names, {name: row[0] for name, row in figures.items()}, 0.8) if names else np.array([])
    return names, shares, days, rng.uniform(0.72, 0.99, len(names))


def _week(center: Center, week: Period, count: int, visited_share: float = 0.15) -> pd.DataFrame:
    """A generated week: requests, the units that they are given to, closings, visits and ratings."""
    requests, rng = _requests(center, week, count), _rng(week, 2)
    names, shares, days, satisfying = _units(center)
    given = rng.choice(4, count, p=[0.03, 0.82, 0.13, 0.02]) if names else np.zeros(count, dtype="int64")
    request = np.repeat(np.arange(count), given)
    unit = rng.choice(len(names), len(request), p=shares) if names else np.array([], dtype="int64")
    # A request is not given twice to one unit: a second draw of the same unit falls away.
    request, unit = np.divmod(np.unique(request * (len(names) + 1) + unit), len(names) + 1)
    request, unit = _with_direct(request, unit, np.flatnonzero(given == 0))
    leader = _leaders(request, rng)
    mean = np.where(unit < 0, 0.02, np.append(days, 0)[unit])
    delay = (mean * rng.gamma(1.5, 1 / 1.5, len(unit)) * _DAY + 60)[leader]
    requested = requests["requested_at"].to_numpy()[request]
    closed = requested + delay.astype("int64").astype("timedelta64[s]")
    closed[(rng.random(len(unit)) < 0.04)[leader]] = _NEVER
    wait = np.clip(rng.gamma(2, 3, len(unit)), 0.2, 21) * _DAY
    visited = closed + wait.astype("int64").astype("timedelta64[s]")
    visited[rng.random(len(unit)) >= visited_share] = _NEVER
    likely = np.where(unit < 0, 0.97, np.append(satisfying, 0)[unit])
    frame = _outcome(requests, request, names, unit, closed)
    rated = ~np.isnat(visited)
    frame["visited_at"] = visited
    for column, harder in (("service_rating", 1.0), ("result_rating", 0.93)):
        missing = rng.random(len(unit)) < 0.02
        words = _ratings(center, rng.random(len(unit)) < likely * harder, rng)
        frame[column] = pd.Series(words).where(rated & ~missing).astype("str")
    return frame


def _ratings(center: Center, satisfied: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The words of a rating: the profile's satisfied ones, or the two that are not."""
    good = np.array(center.satisfied or ("满意",), dtype=object)
    drawn = good[np.minimum(rng.geometric(0.55, len(satisfied)) - 1, len(good) - 1)]
    return np.where(
        satisfied, drawn, np.array(BAD, dtype=object)[(rng.random(len(satisfied)) < 0.25).astype(int)]
    )


def _outcome(
    requests: pd.DataFrame, request: np.ndarray, names: tuple[str, ...], unit: np.ndarray, closed: np.ndarray
) -> pd.DataFrame:
    """One row per handling, with all columns; not visited."""
    frame = requests.take(request).reset_index(drop=True)
    frame["unit"] = _text(names, unit)
    frame["closed_at"] = closed
    return columns.completed(frame)


def _with_direct(request: np.ndarray, unit: np.ndarray, direct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Handlings in the order of their requests, with one row, of unit -1, for each request without a unit."""
    request, unit = np.append(request, direct), np.append(unit, np.full(len(direct), -1))
    order = np.argsort(request, kind="stable")
    return request[order], unit[order]


def _leaders(request: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whose draw each handling follows: some requests are closed as a whole, others unit by unit."""
    whole = rng.random(request[-1] + 1 if len(request) else 0) < 0.6
    return np.where(whole[request], np.searchsorted(request, request), np.arange(len(request)))


def _issue_week(center: Center, week: Period, issue: dict) -> pd.DataFrame:
    """The week reported: its channels, kinds, topics, units and closings exactly; not visited yet."""
    rng, requests = _rng(week, 3), _requests(center, week, issue["total"])
    for column in ("channels", "kinds"):
        requests[column.removesuffix("s")] = _dealt(issue[column], rng)
    pairs = {
        (topic, part): n for topic, parts in sample_figures()["topics"].items() for part, n in parts.items()
    }
    requests["topic"], requests["subtopic"] = zip(*_dealt(pairs, rng), strict=True)
    names, rows = tuple(issue["units"]), np.array([row[:2] for row in issue["units"].values()])
    request, unit = _given(rows[:, 0], issue, rng)
    requested, cutoff = requests["requested_at"].to_numpy()[request], np.datetime64(week.cutoff, "us")
    # Of each unit's handlings the earlier ones tend to be closed in time.
    eager = requested + (rng.normal(0, 2, len(unit)) * _DAY).astype("timedelta64[s]")
    order = np.lexsort((eager, unit))
    place = np.empty(len(unit), dtype="int64")
    place[order] = np.arange(len(unit)) - np.searchsorted(unit[order], unit[order])
    done = (unit < 0) | (place < np.append(rows[:, 1], 0)[unit])
    leader = _leaders(request, rng)
    seconds = (cutoff - requested) // _SECOND
    in_time = requested + (seconds * rng.beta(1.2, 2.5, len(unit))[leader]).astype("int64") * _SECOND
    late = cutoff + (rng.uniform(0.1, 8, len(unit)) * _DAY).astype("int64")[leader] * _SECOND
    late[(rng.random(len(unit)) < 0.15)[leader]] = _NEVER
    closed = np.where(done, in_time, late)
    # The edge of the cut-off, on requests of one unit: a second before it counts, at it does not.
    single = (unit >= 0) & (np.bincount(request)[request] == 1)
    closed[np.flatnonzero(single & done)[-4:]] = cutoff - _SECOND
    closed[np.flatnonzero(single & ~done)[-4:]] = cutoff
    return _outcome(requests, request, names, unit, closed)


def _dealt(counts: dict, rng: np.random.Generator) -> list:
    """Each key as often as it counts, in a random order."""
    keys = list(counts)
    return [keys[code] for code in rng.permutation(np.repeat(np.arange(len(keys)), list(counts.values())))]


def _given(handled: np.ndarray, issue: dict, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Request and unit of each handling: `handled` per unit, no unit twice on a request; -1 for the direct ones."""
    total, direct, threes = issue["total"], issue["direct"], issue["with_three_units"]
    twos = int(handled.sum()) - (total - direct) - 2 * threes
    units = rng.permutation(np.repeat([0, 1, 2, 3], [direct, total - direct - twos - threes, twos, threes]))
    request = np.repeat(np.arange(total), units)
    unit = rng.permutation(np.repeat(np.arange(len(handled)), handled))
    while len(
        again := np.setdiff1d(np.arange(len(unit)), np.unique(request * 1000 + unit, return_index=True)[1])
    ):
        for one, other in zip(again, rng.integers(0, len(unit), len(again)), strict=True):
            unit[[one, other]] = unit[[other, one]]
    return _with_direct(request, unit, np.flatnonzero(units == 0))


def _issue_visits(frame: pd.DataFrame, center: Center, week: Period, issue: dict) -> pd.DataFrame:
    """The visits made in the week reported: as many, on as many of its and earlier requests, as its rates need."""
    rng = _rng(week, 4)
    start, cutoff = np.datetime64(week.start, "us"), np.datetime64(week.cutoff, "us")
    requested, closed = frame["requested_at"].to_numpy(), frame["closed_at"].to_numpy()
    visited = frame["visited_at"].to_numpy().copy()
    ratings = {
        column: frame[column].to_numpy(dtype=object).copy() for column in columns.names(holds=columns.RATING)
    }
    unplanned = (visited >= start) & (visited < cutoff)
    visited[unplanned] = _NEVER
    for words in ratings.values():
        words[unplanned] = None
    recent, own = requested >= np.datetime64(week.previous.start, "us"), requested >= start

    def pick(unit: str, where: np.ndarray) -> list[int]:
        free = (frame["unit"] == unit).to_numpy() & np.isnat(visited) & recent & where
        return rng.permutation(np.flatnonzero(free)).tolist()

    def visit(row: int, at: np.datetime64, good: tuple[bool | None, bool | None]) -> None:
        visited[row] = at
        for column, satisfied in zip(columns.names(holds=columns.RATING), good, strict=True):
            word = None if satisfied is None else _ratings(center, np.array([satisfied]), rng)[0]
            ratings[column][row] = word

    for number, (unit, (_, _, *rates)) in enumerate(issue["units"].items()):
        if rates[0] is None:
            continue
        # As many visits as the rates need: quarters four, halves two; else by the unit's size.
        few = 4 if 75 in rates else 2 if 50 in rates else 1 + min(4, issue["units"][unit][0] // 40)
        before, mine = pick(unit, ~own & (closed < cutoff)), pick(unit, own & (closed < cutoff))
        for turn in range(few):
            row = (before or mine).pop() if turn % 2 == 0 else (mine or before).pop()
            earliest = max(closed[row], start)
            at = earliest + int((cutoff - earliest) / _SECOND * rng.uniform(0.05, 0.95)) * _SECOND
            if unit == issue["visited_at_the_first_instant"] and closed[row] < start:
                at = start
            if unit == issue["visited_in_the_last_second"]:
                at = cutoff - _SECOND
            good = [turn * 100 < rates[0] * few, (few - 1 - turn) * 100 < rates[1] * few]
            if few >= 3 and turn == 1 and set(rates) <= {0, 100}:
                good[number % 2] = None  # asked, but one of the two was not answered
            visit(row, at, tuple(good))
    for unit in issue["visited_at_the_cut_off"]:
        visit(pick(unit, own & (closed < cutoff))[0], cutoff, (False, False))
    for unit in issue["visited_just_before"]:
        visit(pick(unit, ~own & (closed < start))[0], start - _SECOND, (False, False))
    later = np.flatnonzero(own & np.isnat(visited) & ~np.isnat(closed) & frame["unit"].notna().to_numpy())
    later = later[rng.random(len(later)) < 0.12]
    for row in later:
        at = max(closed[row], cutoff) + int(rng.uniform(0.02, 3) * _DAY) * _SECOND
        visit(row, at, tuple(rng.random(2) < 0.85))
    return frame.assign(
        visited_at=visited, **{column: pd.Series(words, dtype="str") for column, words in ratings.items()}
    )
