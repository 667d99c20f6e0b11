"""Rates on a scale of percents: as they are, and against what was expected of them."""

from collections.abc import Callable

import pandas as pd

from hotline import wording
from hotline.charts import text
from hotline.charts.drawing import Chart, Drawing, chart
from hotline.charts.layout import Rows
from hotline.charts.style import ACCENT, DARK, GAP, INK, LIGHT, LINE, MIDDLE, ROW


def dots(
    rows: pd.DataFrame, name: str, values: dict[str, str], title: str, full: str, rest: str
) -> Chart | None:
    """Printed rates (66.67%, - where there is none) on one scale of 0 to 100, two marks a row.

    `values`: column → legend. Rows whose every rate is `full` are left out, and `rest` is added to the title then,
    their number for “{rest}” in it; rows without any rate are left out too. None if fewer than two rows remain: what
    one row has to say stands in its table.
    """
    rated = rows[(rows[list(values)] != wording.MISSING).any(axis=1)]
    rows = rated[~rated[list(values)].isin((full, wording.MISSING)).all(axis=1)]
    if len(rows) < 2:
        return None
    # The second mark is larger and hollow: where both lie on one spot, both are seen.
    marks = (("o", DARK, 5), ("D", ACCENT, 8))
    legend = [(label, mark, colour) for label, (mark, colour, _) in zip(values.values(), marks, strict=False)]

    def draw(width: float) -> Drawing:
        # A mark at zero must not touch the name.
        plot = Rows(width, rows[name], legend, foot=LINE, indent=8)
        place = _percents(plot, 0, plot.right - text.width("100%") / 2)
        plot.drawing.lines([(place(0), y), (place(100), y)] for y in plot.at)
        plot.base(plot.left)
        for column, (mark, colour, size) in zip(values, marks, strict=False):
            spots = zip(map(_percent, rows[column]), plot.at, strict=False)
            plot.drawing.marks([(place(rate), y) for rate, y in spots if rate == rate], mark, colour, size)
        return plot.drawing

    left_out = len(rated) - len(rows)
    rates = rows[list(values)].agg("、".join, axis=1)
    return chart(
        draw,
        title + (rest.replace("{rest}", str(left_out)) if left_out else ""),
        f"{wording.listed(values.values())}满意率：{wording.counted(rows[name], rates)}。",
    )


def intervals(
    rows: pd.DataFrame,
    name: str,
    observed: str,
    expected: str,
    low: str,
    high: str,
    band: str,
    title: str,
    labels: tuple[str, str, str] = ("实际", "应有", "正常范围"),
) -> Chart | None:
    """A rate a row beside the one expected of it and the range of chance, with the word for it at the right.

    `observed`, `expected`, `low`, `high` are columns of percents, as numbers or as printed; `band` holds the word: a row
    whose rate lies outside its range has a filled mark, blue above and brown below. None if there are no rows.
    """
    if rows.empty:
        return None
    numbers = rows[[observed, expected, low, high]].map(_percent).to_numpy().tolist()
    words = list(map(str, rows[band]))
    floor = min(min(row) for row in numbers if row == row)
    legend = [(labels[0], "o", DARK), (labels[1], "|", INK), (labels[2], "s", LIGHT)]

    def draw(width: float) -> Drawing:
        plot = Rows(width, rows[name], legend, foot=LINE, indent=8)
        place = _percents(plot, floor, plot.right - max(text.widest(words) + 2 * GAP, text.width("100%") / 2))
        plot.drawing.lines([(plot.left, y), (place(100), y)] for y in plot.at)
        plot.bars([place(row[2]) for row in numbers], [place(row[3]) for row in numbers], 0.5, LIGHT)
        ticks = [(place(row[1]), y) for row, y in zip(numbers, plot.at, strict=False)]
        plot.drawing.lines(([(x, y - ROW * 0.25), (x, y + ROW * 0.25)] for x, y in ticks), INK, 1.2)
        for (rate, _, lowest, highest), y, word in zip(numbers, plot.at, words, strict=False):
            colour = ACCENT if rate < lowest else DARK if rate > highest else MIDDLE
            plot.drawing.marks([(place(rate), y)], "O" if colour == MIDDLE else "o", colour)
            plot.drawing.text(plot.right, y, word, "end")
        return plot.drawing

    described = (
        f"{observe}，{labels[1]}{expect}，{word}"
        for observe, expect, word in zip(rows[observed], rows[expected], words, strict=True)
    )
    return chart(draw, title, f"{wording.counted(rows[name], described)}。")


def _percents(plot: Rows, floor: float, right: float) -> Callable[[float], float]:
    """A scale of percents under the rows, from at most `floor` to 100; the function from a percent to its x."""
    lowest = max((base for base in (0, 50, 80, 90) if base <= floor), default=0)
    left = plot.left

    def place(percent: float) -> float:
        return left + (percent - lowest) / (100 - lowest) * (right - left)

    steps = [lowest + (100 - lowest) * quarter / 4 for quarter in range(5)]
    shown = steps if text.width("100%") + GAP < (right - left) / 4 else steps[::2]
    for percent in shown:
        plot.drawing.text(place(percent), plot.bottom + LINE / 2, f"{percent:g}%", "middle")
    return place


def _percent(rate: str | float) -> float:
    """A rate, printed or not, as a number of percents: '66.67%' → 66.67, '-' → NaN."""
    if not isinstance(rate, str):
        return float(rate)
    return float("nan") if rate == wording.MISSING else float(rate.rstrip("%"))
