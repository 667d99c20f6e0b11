"""Forms of a row each: bars, bars cut into pieces, rates as dots."""

import pandas as pd

from hotline import blocks, quantities, wording
from hotline.charts import drawing, style
from hotline.charts.drawing import Chart
from hotline.charts.style import ACCENT, DARK, INK, LIGHT, PALE, POINT, POINTS, WIDTH


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
    title = title.replace("{top}", wording.top(top) if top and top < len(rows) else "")
    rows = rows.head(top or len(rows))
    ax = drawing.bars_canvas(len(rows), rows[name], top=7 if part else 2)
    wholes, places = list(rows[value]), range(len(rows))
    drawing.rows(ax, rows[name], max(wholes))
    if part:
        drawing.bars(ax, places, rows[part], wholes, 0.66, LIGHT)
        drawing.bars(ax, places, 0, rows[part], 0.66, DARK)
        drawing.legend(ax, [(labels[0], "s", DARK), (labels[1], "s", LIGHT)])
    else:
        drawing.bars(ax, places, 0, wholes, 0.66, DARK)
    for place, whole, dark in zip(places, wholes, rows[part or value], strict=True):
        text = f"{whole}（{dark}）" if part else str(whole)
        drawing.label(ax, whole, place, text, dx=3, va="center_baseline")
    columns = {name: quantities.word(name), value: quantities.word(value)} | (
        {part: labels[0]} if part else {}
    )
    return drawing.chart(ax, title, f"{wording.counted(rows[name], wholes)}。", _data(rows, columns, name))


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
    value, in the order to be drawn. A piece is labelled in its place if the label fits, else behind the bar, so that
    the reader need not match colours.
    """
    if rows.empty:
        return None
    ax = drawing.bars_canvas(len(rows), rows[name], top=2)
    drawing.rows(ax, rows[name], rows[value].max())
    size = POINTS - 0.5
    # How many requests a half-width character takes up, and a gap of 0.3 mm between pieces.
    per_mm = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (ax.get_position().width * WIDTH)
    character, gap = size * POINT / 2 * per_mm, 0.3 * per_mm
    for place, (label, whole, shown) in enumerate(zip(rows[name], rows[value], rows[named], strict=True)):
        left, beside = 0, []
        within = pieces[(pieces[name] == label) & pieces[piece].isin(shown)]
        for index, (text, count) in enumerate(within[[piece, value]].itertuples(index=False)):
            drawing.bars(ax, [place], left, [left + count - gap], 0.7, style.SHADES[min(index, 2)])
            fitting = [
                form
                for form in (f"{text} {count}", text)
                if (style.width(form) + 1) * character < count - gap
            ]
            if fitting:
                colour = "white" if index < 2 else INK
                middle = left + (count - gap) / 2
                ax.text(middle, place, fitting[0], ha="center", va="center_baseline", color=colour, size=size)
            else:
                beside.append(f"{text} {count}")
            left += count
        drawing.bars(ax, [place], left, [whole], 0.7, PALE)
        rest = f"（{wording.listed(beside)}）" if beside else ""
        drawing.label(ax, whole, place, f"{whole}{rest}", dx=3, va="center_baseline")
    drawn = pieces.merge(rows[[name]], on=name)
    columns = {each: quantities.word(each) for each in (name, piece, value)}
    data = _data(drawn, columns, name, piece)
    return drawing.chart(ax, title, f"{wording.counted(rows[name], rows[value])}。", data)


def dots(
    rows: pd.DataFrame,
    name: str,
    values: dict[str, str],
    title: str,
    full: str = "",
    rest: str = "",
    what: str = "满意率",
) -> Chart | None:
    """Printed rates (66.67%, 4/5, - where there is none) on one scale of 0 to 100, two marks a row; `what` they are.

    `values`: column → legend. Rows whose every rate is `full` are left out, and `rest` is added to the title then,
    their number for “{rest}” in it; rows without any rate are left out too. None if fewer than two rows remain: what
    one row has to say stands in its table. A column without any value is left out.
    """
    values = {column: legend for column, legend in values.items() if rows[column].notna().any()}
    rated = rows[(rows[list(values)] != wording.MISSING).any(axis=1)]
    rows = rated[~rated[list(values)].isin((full, wording.MISSING)).all(axis=1)]
    if len(rows) < 2:
        return None
    ax = drawing.bars_canvas(len(rows), rows[name], bottom=6)
    places = range(len(rows))
    # A mark at zero must not touch the name.
    drawing.rows(ax, rows[name], 100, room=1.0, indent=8)
    drawing.rules(ax, [[(0, place), (100, place)] for place in places])
    # The second mark is larger and hollow: where both lie on one spot, both are seen.
    marks = (("o", DARK, DARK, 4.5), ("D", "none", ACCENT, 7))
    for column, (marker, face, edge, size) in zip(values, marks, strict=False):
        ax.plot(
            rows[column].map(_position),
            places,
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=edge,
            clip_on=False,
            zorder=3,
        )
    drawing.legend(
        ax, [(label, mark, edge) for label, (mark, _, edge, _) in zip(values.values(), marks, strict=False)]
    )
    for percent in (0, 25, 50, 75, 100):
        drawing.label(ax, percent, len(rows) - 0.5, f"{percent}%", dy=-3, ha="center", va="top")
    left_out = len(rated) - len(rows)
    rates = rows[list(values)].agg("、".join, axis=1)
    return drawing.chart(
        ax,
        title + (rest.replace("{rest}", str(left_out)) if left_out else ""),
        f"{wording.listed(values.values())}{what}：{wording.counted(rows[name], rates)}。",
        _data(rows, {name: quantities.word(name), **values}, name),
    )


def _data(rows: pd.DataFrame, columns: dict[str, str], *names: str) -> dict:
    """What is drawn as a table: `columns`, column → heading; those of `names` are names, the others numbers."""
    kinds = {heading: "name" if column in names else "value" for column, heading in columns.items()}
    return blocks.table(kinds, rows[list(columns)].itertuples(index=False))


def _position(rate: str) -> float:
    """A printed rate as a position on a chart: '66.67%' → 66.67, '4/5' → 80, '-' → NaN."""
    if rate == wording.MISSING:
        return float("nan")
    part, _, whole = rate.rstrip("%").partition("/")
    return 100 * int(part) / int(whole) if whole else float(part)
