"""Counts as horizontal bars: bars, bars cut into pieces, changes around zero."""

from collections.abc import Iterable
from itertools import product

import pandas as pd

from hotline import wording
from hotline.charts import text
from hotline.charts.drawing import Chart, Drawing, chart
from hotline.charts.layout import Rows
from hotline.charts.style import DARK, GAP, LIGHT, LINE, PALE, POINTS, ROW, SHADES

_SMALL = POINTS - 0.5
"""The type within bars."""


def bars(
    rows: pd.DataFrame,
    name: str,
    value: str,
    title: str,
    part: str | None = None,
    labels: tuple[str, str] = ("", ""),
    top: int | None = None,
) -> Chart | None:
    """Horizontal bars in the order of `rows`; the dark beginning of each is `part` of it. None if there are no rows.

    `name`, `value`, `part` are columns; `labels` name part and rest. Only the first `top` rows are drawn; “{top}” in
    the title becomes 前十六位 then, and nothing where all are drawn.
    """
    if rows.empty:
        return None
    title = title.replace("{top}", wording.top(top) if top and top < len(rows) else "")
    rows = rows.head(top or len(rows))
    wholes, darks = list(rows[value]), list(rows[part or value])
    numbers = [
        f"{whole}（{dark}）" if part else str(whole) for whole, dark in zip(wholes, darks, strict=True)
    ]
    legend = [(labels[0], "s", DARK), (labels[1], "s", LIGHT)] if part else []

    def draw(width: float) -> Drawing:
        plot = Rows(width, rows[name], legend)
        unit = plot.unit(wholes, numbers)
        ends, within = ([plot.left + count * unit for count in counts] for counts in (wholes, darks))
        plot.bars(within, ends, 0.66, LIGHT)
        plot.bars([plot.left] * len(within), within, 0.66, DARK)
        plot.base(plot.left)
        for x, y, number in zip(ends, plot.at, numbers, strict=False):
            plot.drawing.text(x + GAP, y, number)
        return plot.drawing

    return chart(draw, title, f"{wording.counted(rows[name], wholes)}。")


def parts(
    rows: pd.DataFrame,
    pieces: pd.DataFrame,
    name: str,
    piece: str,
    title: str,
    named: str,
    value: str = "count",
) -> Chart | None:
    """Horizontal bars cut into named pieces, the unnamed rest pale. None if there are no rows.

    `rows`: name, value, one a bar, and under `named` a list of the pieces to be shown of it; `pieces`: name, piece,
    value, in the order to be drawn. A piece is labelled in its place if the label fits, else behind the bar, or under it
    where a row has no room behind, so that the reader need not match colours.
    """
    if rows.empty:
        return None
    wholes = list(rows[value])
    cuts = []
    for label, shown in zip(rows[name], rows[named], strict=True):
        within = pieces[(pieces[name] == label) & pieces[piece].isin(shown)]
        cuts.append(list(within[[piece, value]].itertuples(index=False, name=None)))

    def draw(width: float) -> Drawing:
        plot = Rows(width, rows[name])
        unit = plot.unit(wholes, list(map(str, wholes)))
        behind = [_behind(whole, cut, unit) for whole, cut in zip(wholes, cuts, strict=True)]
        crowded = any(
            plot.left + whole * unit + GAP + text.width(words) > plot.right + 0.01
            for whole, words in zip(wholes, behind, strict=True)
        )
        if crowded:
            plot = Rows(width, rows[name], under=LINE)
        for y, whole, cut, words in zip(plot.at, wholes, cuts, behind, strict=False):
            end = _pieces(plot, y, whole, cut, unit)
            plot.drawing.text(end + GAP, y, str(whole) if crowded else words)
            if crowded and (beside := _beside(cut, unit)):
                under = text.shorten(beside, plot.right - plot.left - GAP)
                plot.drawing.text(plot.left + GAP, y + (ROW + LINE) / 2 - 1, under)
        plot.base(plot.left)
        return plot.drawing

    described = (
        f"{whole}（{_named(cut)}）" if cut else whole for whole, cut in zip(wholes, cuts, strict=True)
    )
    return chart(draw, title, f"{wording.counted(rows[name], described)}。")


def _pieces(plot: Rows, y: float, whole: int, cut: list[tuple[str, int]], unit: float) -> float:
    """One bar of named pieces, 0.9 points between them; where it ends."""
    height, x = ROW * 0.7, plot.left
    for index, (label, count) in enumerate(cut):
        length = count * unit - 0.9
        shade, ink = SHADES[min(index, 2)]
        plot.drawing.boxes([(x, y - height / 2, length, height)], shade)
        if inside := _inside(label, count, unit):
            plot.drawing.text(x + length / 2, y, inside, "middle", ink, _SMALL)
        x += count * unit
    end = plot.left + whole * unit
    plot.drawing.boxes([(x, y - height / 2, end - x, height)], PALE)
    return end


def _inside(label: str, count: int, unit: float) -> str:
    """What of a piece's label fits within it: name and count, the name, or nothing."""
    forms = (f"{label} {count}", label)
    return next((form for form in forms if text.width(form, _SMALL) + GAP < count * unit - 0.9), "")


def _beside(cut: list[tuple[str, int]], unit: float) -> str:
    """The pieces that have no room for their label."""
    return _named((label, count) for label, count in cut if not _inside(label, count, unit))


def _behind(whole: int, cut: list[tuple[str, int]], unit: float) -> str:
    """A bar's number, and the pieces that have no room for their label."""
    beside = _beside(cut, unit)
    return f"{whole}（{beside}）" if beside else str(whole)


def _named(cut: Iterable[tuple[str, int]]) -> str:
    return wording.listed(f"{label} {count}" for label, count in cut)


def changes(rows: pd.DataFrame, name: str, value: str, title: str) -> Chart | None:
    """Bars around zero, in the order of `rows`: what grew at the right and dark, what shrank at the left and light."""
    if rows.empty:
        return None
    moved = list(rows[value])
    signed = [_signed(number) for number in moved]

    def draw(width: float) -> Drawing:
        plot = Rows(width, rows[name])
        # Points a unit: every pair of a bar to the left and one to the right has room, with the labels of both.
        wide = [(number, text.width(label) + GAP) for number, label in zip(moved, signed, strict=True)]
        left, right = ([(abs(n), w) for n, w in wide if n * sign > 0] or [(0, 0)] for sign in (-1, 1))
        room = plot.right - plot.left - GAP
        unit = min(
            ((room - a[1] - b[1]) / (a[0] + b[0]) for a, b in product(left, right) if a[0] + b[0]), default=0
        )
        zero = plot.left + GAP * (left != [(0, 0)]) + max(number * unit + label for number, label in left)
        ends = [zero + number * unit for number in moved]
        for colour, sign in ((DARK, 1), (LIGHT, -1)):
            plot.bars(
                [zero] * len(ends),
                [end if number * sign > 0 else zero for end, number in zip(ends, moved, strict=True)],
                0.66,
                colour,
            )
        plot.base(zero)
        for number, x, y, label in zip(moved, ends, plot.at, signed, strict=False):
            plot.drawing.text(x - GAP if number < 0 else x + GAP, y, label, "end" if number < 0 else "start")
        return plot.drawing

    return chart(draw, title, f"{wording.counted(rows[name], signed)}。")


def _signed(number: float) -> str:
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else str(number)
