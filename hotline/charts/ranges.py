"""Forms of a row each that compare: a count with the range in which it usually is, and changes to both sides of zero."""

import pandas as pd

from hotline import blocks, quantities, wording
from hotline.charts import drawing
from hotline.charts.drawing import Chart, Drawing
from hotline.charts.style import ACCENT, DARK, LIGHT


def ranges(
    rows: pd.DataFrame,
    name: str,
    value: str,
    title: str,
    labels: tuple[str, str],
    low: str = "low",
    high: str = "high",
) -> Chart | None:
    """A mark for the value of each row over the range from `low` to `high`, all on one scale. None if there are no rows.

    `labels` name the mark and the range. A value outside its range is marked in another colour.
    """
    rows = rows.dropna(subset=[low, high])
    if rows.empty:
        return None
    values, lows, highs = (rows[each].astype("float64").tolist() for each in (value, low, high))
    outside = [not a <= count <= b for count, a, b in zip(values, lows, highs, strict=True)]
    ends = [(max(count, b), str(int(count))) for count, b in zip(values, highs, strict=True)]
    legend = [(labels[0], "o", DARK), (labels[1], "s", LIGHT)]

    def draw(width: float) -> Drawing:
        plot, places = drawing.rows(width, rows[name], ends, legend, indent=2.2, room=2.2)
        plot.bars(places, highs, 0.5, LIGHT, lows)
        for value, place, out in zip(values, places, outside, strict=True):
            plot.drawing.mark(plot.x(value), plot.y(place), "o", ACCENT if out else DARK, 1.9)
        return plot.drawing

    usual = [f"{int(count)}（{int(a)}至{int(b)}）" for count, a, b in zip(values, lows, highs, strict=True)]
    headings = dict.fromkeys([quantities.word(name)], "name") | dict.fromkeys(
        [labels[0], "通常最少", "通常最多"], "value"
    )
    data = blocks.table(headings, rows[[name, value, low, high]].itertuples(index=False))
    return drawing.chart(draw, title, f"{wording.counted(rows[name], usual)}。", data)


def changes(rows: pd.DataFrame, name: str, value: str, title: str) -> Chart | None:
    """Bars to the right for what rose, to the left for what fell, in the order of `rows`. None if nothing moved."""
    rows = rows[rows[value] != 0]
    if rows.empty:
        return None
    values = [int(each) for each in rows[value]]
    written = [f"{each:+d}" for each in values]

    def draw(width: float) -> Drawing:
        plot, places = drawing.rows(width, rows[name], list(zip(values, written, strict=True)))
        plot.bars(places, [max(each, 0) for each in values], 0.66, DARK)
        plot.bars(places, [0] * len(values), 0.66, LIGHT, [min(each, 0) for each in values])
        return plot.drawing

    data = blocks.table(
        {quantities.word(name): "name", quantities.word(value): "value"}, zip(rows[name], values, strict=True)
    )
    return drawing.chart(draw, title, f"{wording.counted(rows[name], written)}。", data)
