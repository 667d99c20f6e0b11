"""Forms of time: the steps of a period beside those of the one before, and the trend of the last periods."""

import pandas as pd
from matplotlib.axes import Axes

from hotline import blocks, wording
from hotline.charts import drawing
from hotline.charts.drawing import Chart
from hotline.charts.style import ACCENT, DARK, LIGHT, PALE, QUIET
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
    axes = drawing.canvas(46, columns=1 if by_period.empty else 2, left=9)
    left = axes if by_period.empty else axes[0]
    _steps(left, by_step, by_step_before, (this, last), period.grain)
    drawing.heading(left, f"{this}{what}（{unit}）")
    beside = f"{this}与{last}" if by_step_before["count"].sum() else this
    counts = [UNKNOWN if pd.isna(count) else count for count in by_step["count"]]
    title, said = f"{beside}{what}", f"{this}：{wording.counted(by_step['day'].dt.strftime('%m-%d'), counts)}"
    tables = [_data(by_step, "日期", f"{this}{what}")]
    if not by_period.empty:
        span = f"近{period.span(len(by_period))}"
        _trend(axes[1], by_period)
        drawing.heading(axes[1], f"{span}{what}（{unit}）")
        title += f"，{span}{what}"
        tables.append(_data(by_period, "周期", f"{span}{what}"))
        said += f"；{span}：{wording.counted(by_period['period'], by_period['count'])}"
    return drawing.chart(left, title, f"{said}。", *tables)


def _data(rows: pd.DataFrame, heading: str, what: str) -> dict:
    """A frame of a time and a count as a table, with a title of its own."""
    named = [(str(time)[:10], count) for time, count in rows.itertuples(index=False)]
    return blocks.table({heading: "name", what: "count"}, named, remark=what)


def _steps(ax: Axes, this: pd.DataFrame, last: pd.DataFrame, names: tuple[str, str], grain: str) -> Axes:
    """A period's steps beside the same steps of the period before, where there is something to compare.

    `this` and `last`: day (a step's first), count, in order; `names` are the entries of the legend, this period's
    first; `grain` is the period's: a week shows its days, a month too, a quarter its weeks, a year its months.
    """
    places = list(range(len(this)))
    compared, daily = bool(last["count"].sum()), grain == "month"
    width, beside = (0.4, 0.2) if compared and not daily else (0.7 if daily else 0.6, 0)
    largest = max(this["count"].max(), last["count"].mean() if daily else last["count"].max())
    drawing.scale(ax, (-0.6, len(this) - 0.4), largest)
    _mark_unknown(ax, this["count"].isna())
    drawing.bars(
        ax, [place + beside for place in places], 0, list(this["count"].fillna(0)), width, DARK, upright=True
    )
    if compared and daily:
        # The same day of two months is not the same weekday: only the level of the month before says something.
        level = last["count"].mean()
        drawing.rules(ax, [[(-0.6, level), (len(this) - 0.4, level)]], ACCENT, 1.2)
        drawing.legend(ax, [(f"{names[1]}日均", "_", ACCENT), (names[0], "s", DARK)], right=True)
    elif compared:
        earlier = list(last["count"].head(len(this)))
        drawing.bars(
            ax, [place - beside for place in places[: len(earlier)]], 0, earlier, width, LIGHT, upright=True
        )
        drawing.legend(ax, [(names[1], "s", LIGHT), (names[0], "s", DARK)], right=True)
    if grain == "week":
        for place, count in this["count"].dropna().items():
            drawing.label(ax, place + beside, count, str(count), dy=2, ha="center", va="bottom")
    shown = {"week": places, "month": places[::5], "quarter": places[::3], "year": places[::2]}[grain]
    for place in shown:
        drawing.label(ax, place, 0, _step_label(this["day"][place], grain), dy=-3, ha="center", va="top")
    return ax


def _mark_unknown(ax: Axes, unknown: pd.Series) -> None:
    """A pale band, and what it means, over each run of steps whose count is not known: no bar there is no zero."""
    for _, run in unknown[unknown].groupby((~unknown).cumsum()):
        first, last = run.index[0] - 0.5, run.index[-1] + 0.5
        ax.axvspan(first, last, color=PALE, linewidth=0)
        side = "horizontal" if last - first >= len(unknown) / 7 else "vertical"
        middle, height = (first + last) / 2, ax.get_ylim()[1] / 2
        ax.text(middle, height, UNKNOWN, ha="center", va="center", color=QUIET, rotation=side)


def _step_label(day: pd.Timestamp, grain: str) -> str:
    if grain == "year":
        return f"{day.month}月"
    date = f"{day.month}.{day.day}"
    return f"{'一二三四五六日'[day.weekday()]}\n{date}" if grain == "week" else date


def _trend(ax: Axes, by_period: pd.DataFrame) -> Axes:
    """Totals of the last periods, the latest emphasised and labelled. `by_period`: period, count."""
    latest = len(by_period) - 1
    counts = list(by_period["count"])
    # A short history stands at the right, its bars no wider than those of a long one.
    drawing.scale(ax, (latest - max(latest, 6) - 0.6, latest + 0.6), max(counts))
    if latest < 6:
        middle = (ax.get_xlim()[0] - 0.5) / 2
        ax.text(middle, ax.get_ylim()[1] / 2, "更早的没有完整数据", ha="center", va="center", color=QUIET)
    drawing.bars(ax, range(latest), 0, counts[:-1], 0.7, LIGHT, upright=True)
    drawing.bars(ax, [latest], 0, counts[-1:], 0.7, DARK, upright=True)
    drawing.label(ax, latest, counts[-1], str(counts[-1]), dy=2, ha="center", va="bottom")
    for place in range(latest + 1):
        if latest < 7 or (latest - place) % 2 == 0:
            drawing.label(ax, place, 0, _short(by_period["period"][place]), dy=-3, ha="center", va="top")
    return ax


def _short(period: Period) -> str:
    return {
        "week": f"{period.number}周",
        "month": f"{period.number}月",
        "quarter": f"{period.number}季",
        "year": str(period.year),
    }[period.grain]
