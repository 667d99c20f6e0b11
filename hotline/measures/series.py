"""预警 and 常年同期 as they are printed: the series with their names, whole numbers, and what is worth saying of them.

`counts` are hotline.records.Records.series: a row a week, a column a (topic, subtopic, unit), "" where a series is not
divided by that; the total is ("", "", "").
"""

from collections.abc import Iterable, MutableMapping
from datetime import date

import numpy as np
import pandas as pd

from hotline import wording
from hotline.measures.expectation import ABOVE, BELOW, HALF_A_YEAR, NEW, norm
from hotline.measures.warning import backtest, looked_back, signals

SERIES = ["topic", "subtopic", "unit"]
TOTAL = ("", "", "")
WHOLE_NAME = "受理总量"
FIRST_TIME = "此前没有出现过"


def history_weeks(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> tuple[int, int]:
    """How many weeks of history there are before `week`, since the last break, and how many a signal needs."""
    begins = max(
        (day for day in map(pd.Timestamp, breaks) if day <= pd.Timestamp(week)), default=pd.Timestamp.min
    )
    return int(((counts.index >= begins) & (counts.index < pd.Timestamp(week))).sum()), HALF_A_YEAR


def norms(
    counts: pd.DataFrame, topics: Iterable[str], week: date, breaks: Iterable[date] = ()
) -> pd.DataFrame:
    """name, count, mean, low, high, usual, topic, subtopic, unit of the total (WHOLE_NAME, first) and of these topics; see
    expectation.norm.

    Without those of which the history does not say what is usual.
    """
    names = {TOTAL: WHOLE_NAME, **{(topic, "", ""): topic for topic in topics}}
    chosen = [name for name in names if name in counts.columns]
    columns = ["name", "count", "mean", "low", "high", "usual", *SERIES]
    if not _judges(counts, week) or not chosen:
        return pd.DataFrame(columns=columns)
    rows = norm(counts[chosen], week, breaks).dropna(subset="usual")
    rows = _parts(rows.assign(name=[names[each] for each in rows.index]))
    return _whole_numbers(rows)[columns].reset_index(drop=True)


def warnings(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """name, count, mean, low, high, running, new, topic, subtopic, unit: the signals (warning.signals) as printed.

    `running` is for how many weeks in a row it has been one, missing for the first; `new` says that there was none
    before, with no mean and range then.
    """
    columns = ["name", "count", "mean", "low", "high", "running", "new", *SERIES]
    if not _judges(counts, week):
        return pd.DataFrame(columns=columns)
    rows = signals(counts.drop(columns=[TOTAL], errors="ignore"), week, breaks)
    running = (pd.Timestamp(week) - rows["since"]).dt.days // 7 + 1
    first = rows["method"] == NEW
    rows = rows.assign(name=list(map(named, rows.index)), running=running.where(running > 1))
    rows[["mean", "low", "high"]] = rows[["mean", "low", "high"]].mask(first)
    rows["new"] = pd.Series(np.where(first, FIRST_TIME, None), rows.index, dtype=object)
    return _whole_numbers(_parts(rows))[columns].reset_index(drop=True)


def receding(counts: pd.DataFrame, week: date, breaks: Iterable[date] = ()) -> pd.DataFrame:
    """name, count_before, count, state, topic, subtopic, unit: last issue's signals (warning.looked_back), 持续 or 回落."""
    columns = ["name", "count_before", "count", "state", *SERIES]
    if not _judges(counts, week):
        return pd.DataFrame(columns=columns)
    rows = looked_back(counts.drop(columns=[TOTAL], errors="ignore"), week, breaks)
    rows = _parts(rows.assign(name=list(map(named, rows.index))))
    return _whole_numbers(rows)[columns].reset_index(drop=True)


def reliability(
    counts: pd.DataFrame,
    week: date,
    breaks: Iterable[date] = (),
    known: MutableMapping[str, dict] | None = None,
) -> pd.DataFrame:
    """One row: issues, false_alarms, detected as printed, of warning.backtest; no row where no week could be judged."""
    result = {"issues": 0}
    if _judges(counts, week):
        result = backtest(counts.drop(columns=[TOTAL], errors="ignore"), week, breaks, known=known)
    if not result["issues"]:
        return pd.DataFrame(columns=["issues", "false_alarms", "detected"])
    false_alarms = wording.decimal(round(result["false_alarms"] * 1000), 1000, 2)
    detected = wording.share(round(result["detected"] * 1000), 1000)
    return pd.DataFrame([{"issues": result["issues"], "false_alarms": false_alarms, "detected": detected}])


def named(series: tuple[str, str, str]) -> str:
    """What a sentence calls a series: 公用事业, 公用事业中的供热, 供热集团承办的工单, 供热集团承办的公用事业."""
    topic, subtopic, unit = series
    if unit:
        return f"{unit}承办的{topic or '工单'}"
    return f"{topic}中的{subtopic}" if subtopic else topic


def crossed(now: int, before: int | None, usual: str) -> str:
    """How the change on the period before and the norm go together: a rise, 接近 → 但接近; a rise, 高于 → 也高于."""
    if not before or now == before:
        return usual
    same = usual == (ABOVE if now > before else BELOW)
    return ("也" if same else "但") + usual


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """With the topic, subtopic and unit of each series; None where it is not divided by that."""
    parts = pd.DataFrame(
        [[part or None for part in name] for name in rows.index], rows.index, SERIES, "object"
    )
    return rows.assign(**parts)


def _judges(counts: pd.DataFrame, week: date) -> bool:
    return pd.Timestamp(week) in counts.index


def _whole_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Counts, means and bounds as whole numbers, means half up."""
    names = [each for each in ("count", "count_before", "mean", "low", "high", "running") if each in rows]
    return rows.assign(
        **{name: np.floor(rows[name].astype("float64") + 0.5).astype("Int64") for name in names}
    )
