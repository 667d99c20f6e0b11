"""Counts over time: the steps of a period beside those of the one before, the trend of the last periods, and a series
against its expectation.
"""

import math
from collections.abc import Sequence

import pandas as pd

from hotline import wording
from hotline.charts import layout, text
from hotline.charts.drawing import Chart, Drawing, chart
from hotline.charts.style import ACCENT, DARK, LIGHT, LINE, MM, POINTS, QUIET, WIDE
from hotline.periods import Period

_LEAST = {"week": 1, "month": 5, "quarter": 3, "year": 2}
"""Every how many steps of a period one is named, at most."""


def steps_and_trend(
    by_step: pd.DataFrame,
    by_step_before: pd.DataFrame,
    by_period: pd.DataFrame,
    period: Period,
    what: str,
    unit: str,
) -> Chart | None:
    """A period's steps beside those of the period before, and the trend of the last periods up to it.

    `by_step`, `by_step_before`: day (a step's first), count; `by_period`: period, count, the latest last; `what` is
    counted, in `unit`: 受理量, 件. None if no period is known.
    """
    if by_period.empty:
        return None
    this, last, recent = f"本{period.word}", f"上{period.word}", f"近{period.span(len(by_period))}{what}"

    def draw(width: float) -> Drawing:
        # Side by side on a page, one under the other on a telephone.
        wide = width >= WIDE
        drawing = Drawing(width, layout.HEIGHT * (1 if wide else 2))
        gap = 10 * MM
        _steps(
            drawing,
            (2, (width - gap) / 2 if wide else width - 2),
            f"{this}{what}（{unit}）",
            by_step,
            by_step_before,
            (this, last),
            period.grain,
        )
        place = ((width + gap) / 2, width - 2, 0) if wide else (2, width - 2, layout.HEIGHT)
        _trend(drawing, place, f"{recent}（{unit}）", by_period)
        return drawing

    beside = f"{this}与{last}" if by_step_before["count"].sum() else this
    return chart(
        draw,
        f"{beside}{what}，{recent}",
        f"{this}：{wording.counted(by_step['day'].dt.strftime('%m-%d'), by_step['count'])}；"
        f"近{period.span(len(by_period))}：{wording.counted(by_period['period'], by_period['count'])}。",
    )


def _steps(
    drawing: Drawing,
    sides: tuple[float, float],
    heading: str,
    by_step: pd.DataFrame,
    before: pd.DataFrame,
    names: tuple[str, str],
    grain: str,
) -> None:
    """The steps of a period: a week shows its days, a month too, a quarter its weeks, a year its months."""
    counts, earlier = list(by_step["count"]), list(before["count"].head(len(by_step)))
    compared, daily = bool(before["count"].sum()), grain == "month"
    level = before["count"].mean() if compared and daily else 0
    beside = compared and not daily
    legend = []
    if compared:
        # The same day of two months is not the same weekday: only the level of the month before says something.
        legend = [
            (f"{names[1]}日均", "_", ACCENT) if daily else (names[1], "s", LIGHT),
            (names[0], "s", DARK),
        ]
    largest = max([*counts, level, *(earlier if beside else ())])
    panel = layout.panel(
        drawing, *sides, 0, heading, legend, len(counts), largest, rows=2 if grain == "week" else 1
    )
    places = range(len(counts))
    if beside:
        panel.bars([place - 0.2 for place in range(len(earlier))], earlier, 0.4, LIGHT)
    shift = 0.2 if beside else 0
    panel.bars([place + shift for place in places], counts, 0.4 if beside else 0.7 if daily else 0.6, DARK)
    if level:
        drawing.lines([[(panel.left, panel.y(level)), (panel.right, panel.y(level))]], ACCENT, 1.2)
    if grain == "week":
        crowded = text.widest(map(str, counts)) + 1 > panel.slot
        for place in [counts.index(max(counts))] if crowded else places:
            panel.number(place + shift, counts[place])
    panel.below([_step_label(day, grain) for day in by_step["day"]], _LEAST[grain])


def _step_label(day: pd.Timestamp, grain: str) -> str:
    if grain == "year":
        return f"{day.month}月"
    date = f"{day.month}.{day.day}"
    return f"{'一二三四五六日'[day.weekday()]}\n{date}" if grain == "week" else date


def _trend(
    drawing: Drawing, place: tuple[float, float, float], heading: str, by_period: pd.DataFrame
) -> None:
    """Totals of the last periods, the latest emphasised and labelled. `place`: left, right, top."""
    counts = list(by_period["count"])
    # A short history stands at the right, its bars no wider than those of a long one.
    empty = max(7 - len(counts), 0)
    panel = layout.panel(drawing, *place, heading, (), len(counts) + empty, max(counts), rows=1)
    room = panel.slot * (empty + 0.1)
    if room >= 5 * POINTS:
        note = "更早的没有完整数据"
        lines = math.ceil(text.width(note) / room)
        each = math.ceil(len(note) / lines)
        # Between two rules rather than across one.
        top = (panel.y(0) + panel.y(layout.step(panel.largest))) / 2 - LINE * (lines - 1) / 2
        for row in range(lines):
            line = note[row * each : (row + 1) * each]
            drawing.text(panel.left + room / 2, top + LINE * row, line, "middle", QUIET)
    latest = len(by_period) - 1 + empty
    panel.bars(range(empty, latest), counts[:-1], 0.7, LIGHT)
    panel.bars([latest], counts[-1:], 0.7, DARK)
    panel.number(latest, counts[-1])
    labels = [""] * empty + [_short(period) for period in by_period["period"]]
    panel.below(labels, 1 if len(counts) < 8 else 2, last=True)


def _short(period: Period) -> str:
    return {
        "week": f"{period.number}周",
        "month": f"{period.number}月",
        "quarter": f"{period.number}季",
        "year": str(period.year),
    }[period.grain]


def against_expectation(
    rows: pd.DataFrame, title: str, labels: tuple[str, str, str] = ("受理量", "常年范围", "预警")
) -> Chart | None:
    """A series as a line over the range that its history explains, the latest emphasised, alarms marked. None without rows.

    `rows`: period, count, low, high (the range, NaN where the history is too short), alarm (yes or no), in order of time.
    """
    if rows.empty:
        return None
    counts, lows, highs = (list(rows[column]) for column in ("count", "low", "high"))
    known = [place for place, low in enumerate(lows) if low == low]
    alarms = [place for place, alarm in enumerate(rows["alarm"]) if alarm]
    legend = [(labels[0], "_", DARK), (labels[1], "s", LIGHT)] + [(labels[2], "D", ACCENT)] * bool(alarms)

    def draw(width: float) -> Drawing:
        drawing = Drawing(width, layout.HEIGHT)
        largest = max([*counts, *(highs[place] for place in known)])
        panel = layout.panel(drawing, 2, width - 2, 0, "", legend, len(counts), largest, rows=1)
        for run in _runs(known):
            # A single point has no line to fill under: a band is as wide as its slots.
            upper = [(panel.x(place + side), panel.y(highs[place])) for place in run for side in (-0.5, 0.5)]
            lower = [
                (panel.x(place + side), panel.y(max(lows[place], 0))) for place in run for side in (-0.5, 0.5)
            ]
            drawing.area([*upper, *reversed(lower)], LIGHT)
        drawing.lines([[(panel.x(place), panel.y(count)) for place, count in enumerate(counts)]], DARK, 1.4)
        drawing.marks([(panel.x(place), panel.y(counts[place])) for place in alarms], "D", ACCENT, 9)
        latest = len(counts) - 1
        drawing.marks([(panel.x(latest), panel.y(counts[latest]))], "o", DARK, 5)
        panel.number(latest, counts[latest], above=4)
        panel.below([_short(period) for period in rows["period"]], last=True)
        return drawing

    described = f"{wording.counted(rows['period'], counts)}"
    if known[-1:] == [len(counts) - 1]:
        described += f"；最近一期的{labels[1]} {lows[-1]:g}至{highs[-1]:g}"
    if alarms:
        described += f"；{labels[2]}：{wording.listed(str(rows['period'].iloc[place]) for place in alarms)}"
    return chart(draw, title, f"{described}。")


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Consecutive places together."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs
