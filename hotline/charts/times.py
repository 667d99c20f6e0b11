"""Forms of time: the steps of a period beside those of the one before, and the trend of the last periods."""

from math import ceil

import pandas as pd

from hotline import blocks, wording
from hotline.charts import drawing, style
from hotline.charts.drawing import GAP, MIDDLE, Chart, Drawing, Plot
from hotline.charts.style import ACCENT, DARK, LIGHT, PALE, WIDTH
from hotline.periods import Period

UNKNOWN = "数据不全"
"""What stands in place of a step's count of which the archive does not hold every day."""


def steps_and_trend(
    by_step: pd.DataFrame,
    by_step_before: pd.DataFrame,
    by_period: pd.DataFrame,
    period: Period,
    what: str,
    unit: str,
) -> Chart | None:
    """A period's steps beside those of the period before, and the trend of the last periods up to it.

    `by_step`, `by_step_before`: day (a step's first), count, missing where it is not known; `by_period`: period, count,
    the latest last, empty for a period that is not whole: its steps stand alone then. `what` is counted, in `unit`:
    受理量, 件. None if no step is known.
    """
    if by_step["count"].isna().all():
        return None
    this, last = f"本{period.word}", f"上{period.word}"
    beside = f"{this}与{last}" if by_step_before["count"].sum() else this
    counts = [UNKNOWN if pd.isna(count) else count for count in by_step["count"]]
    title, said = f"{beside}{what}", f"{this}：{wording.counted(by_step['day'].dt.strftime('%m-%d'), counts)}"
    tables = [_data(by_step, "日期", f"{this}{what}")]
    if not by_period.empty:
        span = f"近{period.span(len(by_period))}"
        title += f"，{span}{what}"
        tables.append(_data(by_period, "周期", f"{span}{what}"))
        said += f"；{span}：{wording.counted(by_period['period'], by_period['count'])}"

    def draw(width: float) -> Drawing:
        largest = max(
            _largest(by_step, by_step_before, period.grain), by_period["count"].max() if len(by_period) else 0
        )
        left = 2 + GAP + max(style.width(str(tick)) for tick in drawing.ticks(largest))
        count, labels = (1 if by_period.empty else 2), [str(each) for each in by_step["count"].dropna()]
        # Side by side where the days' labels do not touch each other then, one below the other on a narrow page.
        slot = (width / count - left - 2) / (len(by_step) + 0.2)
        fits = width == WIDTH and (period.grain != "week" or max(map(style.width, labels)) + 0.5 < slot)
        plots = drawing.panels(width, count, 47, left, 2, 7, 10, beside=fits)
        _steps(plots[0], by_step, by_step_before, (this, last), period.grain, f"{this}{what}（{unit}）")
        if count == 2:
            _trend(plots[1], by_period, f"{span}{what}（{unit}）")
        return plots[0].drawing

    return drawing.chart(draw, title, f"{said}。", *tables)


def _data(rows: pd.DataFrame, heading: str, what: str) -> dict:
    """A frame of a time and a count as a table, with a title of its own."""
    named = [
        (str(time)[:10], None if pd.isna(count) else count) for time, count in rows.itertuples(index=False)
    ]
    return blocks.table({heading: "name", what: "count"}, named, remark=what)


def _largest(this: pd.DataFrame, last: pd.DataFrame, grain: str) -> float:
    """The highest of what `_steps` draws."""
    return max(this["count"].max(), (last["count"].mean() if grain == "month" else last["count"].max()) or 0)


def _steps(
    plot: Plot, this: pd.DataFrame, last: pd.DataFrame, names: tuple[str, str], grain: str, title: str
) -> None:
    """A period's steps beside the same steps of the period before, where there is something to compare.

    `this` and `last`: day (a step's first), count, in order; `names` are the entries of the legend, this period's
    first; `grain` is the period's: a week shows its days, a month too, a quarter its weeks, a year its months.
    """
    places = list(range(len(this)))
    compared, daily = bool(last["count"].sum()), grain == "month"
    width, beside = (0.4, 0.2) if compared and not daily else (0.7 if daily else 0.6, 0)
    drawing.scale(plot, (-0.6, len(this) - 0.4), _largest(this, last, grain))
    _mark_unknown(plot, this["count"].isna())
    plot.bars([place + beside for place in places], this["count"].fillna(0), width, DARK, upright=True)
    legend = []
    if compared and daily:
        # The same day of two months is not the same weekday: only the level of the month before says something.
        level = last["count"].mean()
        plot.rule((-0.6, level), (len(this) - 0.4, level), ACCENT, 0.42)
        legend = [(f"{names[1]}日均", "_", ACCENT), (names[0], "s", DARK)]
    elif compared:
        earlier = last["count"].head(len(this))
        plot.bars([place - beside for place in places[: len(earlier)]], earlier, width, LIGHT, upright=True)
        legend = [(names[1], "s", LIGHT), (names[0], "s", DARK)]
    plot.heading(title, legend)
    if grain == "week":
        for place, count in this["count"].dropna().items():
            plot.label(plot.x(place + beside), plot.y(count) - 0.5, str(count), "bottom", side="center")
    every = {"week": 1, "month": 5, "quarter": 3, "year": 2}[grain]
    _label_below(plot, [_step_label(day, grain) for day in this["day"]], every)


def _label_below(plot: Plot, texts: list[str], every: int = 1, last: bool = False) -> None:
    """Labels below a scale, one in each so many, fewer where they would touch; from the `last` on or from the first."""
    slot = plot.x(1) - plot.x(0)
    every = max(every, ceil((max(map(style.width, texts)) + 0.5) / slot))
    for place, text in enumerate(texts):
        if (len(texts) - 1 - place if last else place) % every == 0:
            plot.label(plot.x(place), plot.y(0) + 1.4, text, "top", side="center")


def _mark_unknown(plot: Plot, unknown: pd.Series) -> None:
    """A pale band, and what it means, over each run of steps whose count is not known: no bar there is no zero."""
    for _, run in unknown[unknown].groupby((~unknown).cumsum()):
        first, last = run.index[0] - 0.5, run.index[-1] + 0.5
        plot.drawing.area(plot.x(first), plot.top, plot.x(last), plot.y(0), PALE)
        middle, height = plot.x((first + last) / 2), plot.top + plot.height / 2
        if plot.x(last) - plot.x(first) < style.width(UNKNOWN) + GAP:
            plot.drawing.text(middle + MIDDLE, height, UNKNOWN, "center", upright=True)
        else:
            plot.label(middle, height, UNKNOWN, side="center")


def _step_label(day: pd.Timestamp, grain: str) -> str:
    if grain == "year":
        return f"{day.month}月"
    date = f"{day.month}.{day.day}"
    return f"{'一二三四五六日'[day.weekday()]}\n{date}" if grain == "week" else date


def _trend(plot: Plot, by_period: pd.DataFrame, title: str) -> None:
    """Totals of the last periods, the latest emphasised and labelled. `by_period`: period, count."""
    latest = len(by_period) - 1
    counts = list(by_period["count"])
    # A short history stands at the right, its bars no wider than those of a long one.
    drawing.scale(plot, (latest - max(latest, 6) - 0.6, latest + 0.6), max(counts))
    plot.heading(title if latest >= 6 else f"{title}，更早的没有完整数据")
    plot.bars(range(latest), counts[:-1], 0.7, LIGHT, upright=True)
    plot.bars([latest], counts[-1:], 0.7, DARK, upright=True)
    plot.label(plot.x(latest), plot.y(counts[-1]) - 0.5, str(counts[-1]), "bottom", side="center")
    _label_below(plot, [_short(period) for period in by_period["period"]], last=True)


def _short(period: Period) -> str:
    return {
        "week": f"{period.number}周",
        "month": f"{period.number}月",
        "quarter": f"{period.number}季",
        "year": str(period.year),
    }[period.grain]
