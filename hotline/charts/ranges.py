"""Forms of a row each that compare: a count with the range in which it usually is, and changes to both sides of zero."""

import pandas as pd

from hotline import blocks, quantities, wording
from hotline.charts import drawing
from hotline.charts.drawing import Chart
from hotline.charts.style import ACCENT, DARK, INK, LIGHT


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
    ax, places = drawing.bars_canvas(len(rows), rows[name]), range(len(rows))
    drawing.rows(ax, rows[name], max(*values, *highs), indent=6)
    drawing.bars(ax, places, lows, highs, 0.5, LIGHT)
    outside = [not a <= count <= b for count, a, b in zip(values, lows, highs, strict=True)]
    for wanted, colour in ((False, DARK), (True, ACCENT)):
        chosen = [place for place in places if outside[place] == wanted]
        ax.plot(
            [values[place] for place in chosen],
            chosen,
            "o",
            markersize=5,
            color=colour,
            clip_on=False,
            zorder=3,
        )
    for place in places:
        drawing.label(
            ax, max(values[place], highs[place]), place, str(int(values[place])), dx=6, va="center_baseline"
        )
    drawing.legend(ax, [(labels[0], "o", DARK), (labels[1], "s", LIGHT)])
    usual = [f"{int(count)}（{int(a)}至{int(b)}）" for count, a, b in zip(values, lows, highs, strict=True)]
    headings = dict.fromkeys([quantities.word(name)], "name") | dict.fromkeys(
        [labels[0], "通常最少", "通常最多"], "value"
    )
    data = blocks.table(headings, rows[[name, value, low, high]].itertuples(index=False))
    return drawing.chart(ax, title, f"{wording.counted(rows[name], usual)}。", data)


def changes(rows: pd.DataFrame, name: str, value: str, title: str) -> Chart | None:
    """Bars to the right for what rose, to the left for what fell, in the order of `rows`. None if nothing moved."""
    rows = rows[rows[value] != 0]
    if rows.empty:
        return None
    values = [int(each) for each in rows[value]]
    ax, places = drawing.bars_canvas(len(rows), rows[name], top=2), range(len(rows))
    drawing.rows(ax, rows[name], max(map(abs, values)))
    lowest, highest = min(0, *values), max(0, *values)
    room = 0.12 * (highest - lowest)
    ax.set_xlim(lowest - (room if lowest else 0), highest + (room if highest else 0))
    for collection in list(ax.collections):
        collection.remove()
    drawing.rules(ax, [[(0, -0.5), (0, len(rows) - 0.5)]], INK)
    for text in ax.texts:
        text.set_transform(ax.get_yaxis_transform() + drawing.offset(ax, -4, 0))
    rises = [max(each, 0) for each in values]
    falls = [min(each, 0) for each in values]
    drawing.bars(ax, places, 0, rises, 0.66, DARK)
    drawing.bars(ax, places, falls, [0] * len(values), 0.66, LIGHT)
    for place, each in zip(places, values, strict=True):
        side = 3 if each > 0 else -3
        drawing.label(
            ax, each, place, f"{each:+d}", dx=side, ha="left" if each > 0 else "right", va="center_baseline"
        )
    data = blocks.table(
        {quantities.word(name): "name", quantities.word(value): "value"}, zip(rows[name], values, strict=True)
    )
    return drawing.chart(
        ax, title, f"{wording.counted(rows[name], [f'{each:+d}' for each in values])}。", data
    )
