"""Forms of a row each: bars, bars cut into pieces, rates as dots."""

import pandas as pd

from hotline import blocks, quantities, wording
from hotline.charts import drawing, style
from hotline.charts.drawing import Chart, Drawing
from hotline.charts.style import ACCENT, DARK, INK, LIGHT, PALE


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
    the title becomes 前十六位 then, and nothing where all are drawn. A `part` without any value is not drawn.
    """
    if rows.empty:
        return None
    part = part if part and rows[part].notna().any() else None
    title = _of_the_first(title, rows, top)
    rows = rows.head(top or len(rows))
    wholes, darks = list(rows[value]), list(rows[part or value])
    labels_of = [
        f"{whole}（{dark}）" if part else str(whole) for whole, dark in zip(wholes, darks, strict=True)
    ]
    legend = [(labels[0], "s", DARK), (labels[1], "s", LIGHT)] if part else []

    def draw(width: float) -> Drawing:
        plot, places = drawing.rows(width, rows[name], list(zip(wholes, labels_of, strict=True)), legend)
        if part:
            plot.bars(places, wholes, 0.66, LIGHT, darks)
        plot.bars(places, darks, 0.66, DARK)
        return plot.drawing

    columns = {name: quantities.word(name), value: quantities.word(value)} | (
        {part: labels[0]} if part else {}
    )
    return drawing.chart(draw, title, f"{wording.counted(rows[name], wholes)}。", _data(rows, columns, name))


def parts(
    rows: pd.DataFrame,
    pieces: pd.DataFrame,
    name: str,
    piece: str,
    title: str,
    named: str,
    value: str = "count",
) -> Chart | None:
    """Horizontal bars cut into named pieces, the unnamed rest pale; whole bars if no piece is named. None if there are no rows.

    `rows`: name, value, one a bar, and under `named` a list of the pieces to be shown of it; `pieces`: name, piece,
    value, in the order to be drawn. A piece is labelled in its place if the label fits, else behind the bar, so that
    the reader need not match colours.
    """
    if rows.empty:
        return None
    wholes, gap = list(rows[value]), 0.3
    cuts = [
        list(within[within[piece].isin(shown)][[piece, value]].itertuples(index=False, name=None))
        for label, shown in zip(rows[name], rows[named], strict=True)
        for within in [pieces[pieces[name] == label]]
    ]

    def draw(width: float) -> Drawing:
        beside, left = None, cuts
        # Bars are the longer the fewer labels stand behind them: until no more of those find room in their pieces.
        while left != beside:
            beside = left
            behind = [
                f"{whole}（{wording.listed(f'{text} {count}' for text, count in each)}）"
                if each
                else str(whole)
                for whole, each in zip(wholes, beside, strict=True)
            ]
            plot, places = drawing.rows(width, rows[name], list(zip(wholes, behind, strict=True)))
            mm = plot.across[1] / plot.width
            left = [
                [
                    (text, count)
                    for text, count in each
                    if (style.width(f"{text} {count}") + gap + 0.6) * mm >= count
                ]
                for each in beside
            ]
        for place, whole, cut, behind in zip(places, wholes, cuts, beside, strict=True):
            begin = 0
            for index, (text, count) in enumerate(cut):
                end = begin + max(count - gap * mm, count / 2)
                plot.bars([place], [end], 0.7, style.SHADES[min(index, 2)], [begin])
                if (text, count) not in behind:
                    colour = style.WHITE if index < 2 else INK
                    middle, height = plot.x((begin + end) / 2), plot.y(place)
                    plot.label(middle, height, f"{text} {count}", side="center", colour=colour)
                begin += count
            plot.bars([place], [whole], 0.7, PALE if any(cuts) else DARK, [begin])
        return plot.drawing

    drawn = pieces.merge(rows[[name]], on=name)
    columns = {each: quantities.word(each) for each in (name, piece, value)}
    data = _data(drawn, columns, name, piece)
    return drawing.chart(draw, title, f"{wording.counted(rows[name], wholes)}。", data)


def dots(
    rows: pd.DataFrame,
    name: str,
    values: dict[str, str],
    title: str,
    full: str = "",
    rest: str = "",
    what: str = "满意率",
    of: str | None = None,
    top: int | None = None,
) -> Chart | None:
    """Printed rates (66.67%, 4/5, - where there is none) on one scale of 0 to 100, two marks a row; `what` they are.

    `values`: column → legend; `of`: the column that counts what the rates are of, written behind each row. Rows whose
    every rate is `full` are left out, and `rest` is added to the title then, their number for “{rest}” in it; rows
    without any rate are left out too, and of the others the first `top` are drawn (see `bars`). None if fewer than two
    rows remain: what one row has to say stands in its table. A column without any value is left out.
    """
    values = {column: legend for column, legend in values.items() if rows[column].notna().any()}
    rated = rows[(rows[list(values)] != wording.MISSING).any(axis=1)]
    rows = rated[~rated[list(values)].isin((full, wording.MISSING)).all(axis=1)]
    if len(rows) < 2:
        return None
    left_out, title = len(rated) - len(rows), _of_the_first(title, rows, top)
    rows = rows.head(top or len(rows))
    # The second mark is larger and hollow: where both lie on one spot, both are seen.
    marks = (("o", DARK, 1.7), ("D", ACCENT, 3.3))
    legend = [(label, *mark[:2]) for label, mark in zip(values.values(), marks, strict=False)]
    said = [f"{number}{quantities.QUANTITIES[of].unit}" for number in rows[of]] if of else [""] * len(rows)

    def draw(width: float) -> Drawing:
        # A mark at zero must not touch the name.
        ends = [(100, text) for text in said]
        plot, places = drawing.rows(width, rows[name], ends, legend, bottom=6, indent=2.8, room=3.5)
        for place in places:
            plot.rule((0, place), (100, place))
        for column, (marker, colour, size) in zip(values, marks, strict=False):
            for place, rate in zip(places, rows[column].map(_position), strict=True):
                if pd.notna(rate):
                    plot.drawing.mark(plot.x(rate), plot.y(place), marker, colour, size)
        for percent in (0, 25, 50, 75, 100):
            plot.label(plot.x(percent), plot.top + plot.height + 1, f"{percent}%", "top", side="center")
        return plot.drawing

    rates = rows[list(values)].agg("、".join, axis=1)
    return drawing.chart(
        draw,
        title + (rest.replace("{rest}", str(left_out)) if left_out else ""),
        f"{wording.listed(values.values())}{what}：{wording.counted(rows[name], rates)}。",
        _data(
            rows, {name: quantities.word(name), **({of: quantities.word(of)} if of else {}), **values}, name
        ),
    )


def _data(rows: pd.DataFrame, columns: dict[str, str], *names: str) -> dict:
    """What is drawn as a table: `columns`, column → heading; those of `names` are names, the others numbers."""
    kinds = {heading: "name" if column in names else "value" for column, heading in columns.items()}
    return blocks.table(kinds, rows[list(columns)].itertuples(index=False))


def _of_the_first(title: str, rows: pd.DataFrame, top: int | None) -> str:
    """A title with 前十六位 for “{top}” in it, or with nothing where all rows are drawn."""
    return title.replace("{top}", wording.top(top) if top and top < len(rows) else "")


def _position(rate: str) -> float:
    """A printed rate as a position on a chart: '66.67%' → 66.67, '4/5' → 80, '-' → NaN."""
    if rate == wording.MISSING:
        return float("nan")
    part, _, whole = rate.rstrip("%").partition("/")
    return 100 * int(part) / int(whole) if whole else float(part)
