"""The house style and the recurring chart forms.

A form takes Axes and a tidy frame and returns the Axes; `canvas` gives Axes laid out by hand, `chart` turns them
into what the notebook shows: one SVG, text as text, the same bytes for the same data. Sizes are in millimetres.
Colours are from one blue scale, dark to light, so that they differ in grey print and to colour-blind readers.
Drawing is what a bulletin costs: Figures are made without pyplot, drawn once, with no tight bounding box; the forms
place bars, rules and labels themselves, many in one artist, instead of having an Axis lay out its ticks.
"""

import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import matplotlib
import pandas as pd
import pylopdf_fonts_zh_cn as fonts
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from hotline import wording

INK, DARK, MIDDLE, LIGHT, PALE, RULE = "#222222", "#1b4f8a", "#5b8fc7", "#a9c8e8", "#e3ecf5", "#c8cdd3"
ACCENT, QUIET = "#b5540a", "#6b7280"
WIDTH = 156
"""The type area of an official page, mm: every chart is as wide, so that text is of one size throughout."""
POINTS = 8.5
ROW = 4.6
"""The height of a row of a bar chart, mm."""
_MM = 1 / 25.4
_POINT = 25.4 / 72
_SHADES = (DARK, MIDDLE, LIGHT, PALE)

font_manager.fontManager.addfont(fonts.sans_path())
matplotlib.rcParams.update({
    "font.family": ["Noto Sans SC"],
    "font.size": POINTS,
    "axes.unicode_minus": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "hotline",
})  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """A finished chart: its SVG, its title, and a description for those who cannot see it."""

    svg: str
    title: str
    description: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {"role": "chart", "title": self.title, "description": self.description}
        return {"image/svg+xml": self.svg, "text/plain": f"{self.title}：{self.description}"}, {
            "hotline": about
        }


def canvas(
    height: float,
    left: float = 6,
    right: float = 4,
    top: float = 7,
    bottom: float = 9,
    columns: int = 1,
    gap: float = 12,
):
    """Axes on a page-wide figure `height` mm high, margins in mm; a list of Axes side by side for `columns` > 1."""
    figure = Figure(figsize=(WIDTH * _MM, height * _MM))
    width = (WIDTH - left - right - gap * (columns - 1)) / columns
    axes = [
        figure.add_axes((
            (left + index * (width + gap)) / WIDTH, bottom / height, width / WIDTH, (height - top - bottom) / height,
        ))
        for index in range(columns)
    ]  # fmt: skip
    return axes[0] if columns == 1 else axes


def bars_canvas(rows: int, labels, right: float = 12, top: float = 7, bottom: float = 2) -> Axes:
    """Axes for `rows` horizontal bars of one thickness, the left margin as wide as the longest of `labels`."""
    left = 4 + max((_width(label) for label in labels), default=0) * POINTS * _POINT / 2
    return canvas(
        top + bottom + ROW * max(rows, 1), left=min(left, WIDTH / 2), right=right, top=top, bottom=bottom
    )


def _width(text: str) -> int:
    """A text's width in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in str(text))


def chart(ax: Axes, title: str, description: str) -> Chart:
    """The SVG of the figure that `ax` belongs to."""
    buffer = io.StringIO()
    FigureCanvasSVG(ax.figure).print_svg(
        buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    return Chart(_slim(buffer.getvalue()), title, description)


def _slim(svg: str) -> str:
    """The <svg> element alone, without what a page does not need: prolog, comments, metadata, ids of groups."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    # Several charts share a page: what is still referred to by id (clip paths) needs ids of its own on it.
    svg = re.sub(r">\s+<", "><", svg)
    return svg.strip()


def steps(ax: Axes, this: pd.DataFrame, last: pd.DataFrame, names: tuple[str, str], grain: str) -> Axes:
    """A period's steps beside the same steps of the period before, where there is something to compare.

    `this` and `last`: day (a step's first), count, in order; `names` are the entries of the legend, this period's
    first; `grain` is the period's: a week shows its days, a month too, a quarter its weeks, a year its months.
    """
    places = list(range(len(this)))
    compared, daily = bool(last["count"].sum()), grain == "month"
    width, beside = (0.4, 0.2) if compared and not daily else (0.7 if daily else 0.6, 0)
    largest = max(this["count"].max(), last["count"].mean() if daily else last["count"].max())
    _scale(ax, (-0.6, len(this) - 0.4), largest)
    _bars(ax, [place + beside for place in places], 0, list(this["count"]), width, DARK, upright=True)
    if compared and daily:
        # The same day of two months is not the same weekday: only the level of the month before says something.
        level = last["count"].mean()
        _rules(ax, [[(-0.6, level), (len(this) - 0.4, level)]], ACCENT, 1.2)
        _legend(ax, [(f"{names[1]}日均", "_", ACCENT), (names[0], "s", DARK)], right=True)
    elif compared:
        earlier = list(last["count"].head(len(this)))
        _bars(
            ax, [place - beside for place in places[: len(earlier)]], 0, earlier, width, LIGHT, upright=True
        )
        _legend(ax, [(names[1], "s", LIGHT), (names[0], "s", DARK)], right=True)
    if grain == "week":
        for place, count in zip(places, this["count"], strict=True):
            _label(ax, place + beside, count, str(count), dy=2, ha="center", va="bottom")
    shown = {"week": places, "month": places[::5], "quarter": places[::3], "year": places[::2]}[grain]
    for place in shown:
        _label(ax, place, 0, _step_label(this["day"][place], grain), dy=-3, ha="center", va="top")
    return ax


def _step_label(day: pd.Timestamp, grain: str) -> str:
    if grain == "year":
        return f"{day.month}月"
    date = f"{day.month}.{day.day}"
    return f"{'一二三四五六日'[day.weekday()]}\n{date}" if grain == "week" else date


def trend(ax: Axes, by_period: pd.DataFrame) -> Axes:
    """Totals of the last periods, the latest emphasised and labelled. `by_period`: period, count."""
    latest = len(by_period) - 1
    counts = list(by_period["count"])
    # A short history stands at the right, its bars no wider than those of a long one.
    _scale(ax, (latest - max(latest, 6) - 0.6, latest + 0.6), max(counts))
    if latest < 6:
        middle = (ax.get_xlim()[0] - 0.5) / 2
        ax.text(middle, ax.get_ylim()[1] / 2, "更早的没有完整数据", ha="center", va="center", color=QUIET)
    _bars(ax, range(latest), 0, counts[:-1], 0.7, LIGHT, upright=True)
    _bars(ax, [latest], 0, counts[-1:], 0.7, DARK, upright=True)
    _label(ax, latest, counts[-1], str(counts[-1]), dy=2, ha="center", va="bottom")
    for place in range(latest + 1):
        if latest < 7 or (latest - place) % 2 == 0:
            _label(ax, place, 0, _short(by_period["period"][place]), dy=-3, ha="center", va="top")
    return ax


def _short(period) -> str:
    return {
        "week": f"{period.number}周",
        "month": f"{period.number}月",
        "quarter": f"{period.number}季",
        "year": str(period.year),
    }[period.grain]


def heading(ax: Axes, text: str) -> Axes:
    """What one of several Axes of a chart shows, at its top left."""
    ax.text(0, 1, text, transform=ax.transAxes + _offset(ax, 0, 4))
    return ax


def ranking(
    ax: Axes,
    rows: pd.DataFrame,
    name: str,
    value: str,
    part: str | None = None,
    labels: tuple[str, str] = ("", ""),
) -> Axes:
    """Horizontal bars, largest on top; the dark beginning of each is `part` of it. `labels` name part and rest."""
    wholes, places = list(rows[value]), range(len(rows))
    _rows(ax, rows[name], max(wholes))
    if part:
        _bars(ax, places, rows[part], wholes, 0.66, LIGHT)
        _bars(ax, places, 0, rows[part], 0.66, DARK)
        _legend(ax, [(labels[0], "s", DARK), (labels[1], "s", LIGHT)])
    else:
        _bars(ax, places, 0, wholes, 0.66, DARK)
    for place, row in zip(places, rows.itertuples(index=False), strict=True):
        whole = getattr(row, value)
        text = f"{whole}（{getattr(row, part)}）" if part else str(whole)
        _label(ax, whole, place, text, dx=3, va="center_baseline")
    return ax


def parts(
    ax: Axes, rows: pd.DataFrame, pieces: pd.DataFrame, name: str, piece: str, value: str = "count"
) -> Axes:
    """Horizontal bars cut into named pieces, the unnamed rest pale.

    `rows`: name, value, one a bar; `pieces`: name, piece, value, in the order to be drawn. A piece is labelled in
    its place if the label fits, else behind the bar, so that the reader need not match colours.
    """
    _rows(ax, rows[name], rows[value].max())
    size = POINTS - 0.5
    # How many requests a half-width character takes up, and a gap of 0.3 mm between pieces.
    per_mm = (ax.get_xlim()[1] - ax.get_xlim()[0]) / (ax.get_position().width * WIDTH)
    character, gap = size * _POINT / 2 * per_mm, 0.3 * per_mm
    for place, (label, whole) in enumerate(zip(rows[name], rows[value], strict=True)):
        left, beside = 0, []
        named = pieces.loc[pieces[name] == label, [piece, value]]
        for index, (text, count) in enumerate(named.itertuples(index=False)):
            _bars(ax, [place], left, [left + count - gap], 0.7, _SHADES[min(index, 2)])
            fitting = [
                form for form in (f"{text} {count}", text) if (_width(form) + 1) * character < count - gap
            ]
            if fitting:
                colour = "white" if index < 2 else INK
                middle = left + (count - gap) / 2
                ax.text(middle, place, fitting[0], ha="center", va="center_baseline", color=colour, size=size)
            else:
                beside.append(f"{text} {count}")
            left += count
        _bars(ax, [place], left, [whole], 0.7, PALE)
        rest = f"（{wording.listed(beside)}）" if beside else ""
        _label(ax, whole, place, f"{whole}{rest}", dx=3, va="center_baseline")
    return ax


def dots(ax: Axes, rows: pd.DataFrame, name: str, values: dict[str, str]) -> Axes:
    """Rates of 0 to 100 on one scale, two marks a row. `values`: column → legend; NaN is left out."""
    places = range(len(rows))
    # A mark at zero must not touch the name.
    _rows(ax, rows[name], 100, room=1.0, indent=8)
    _rules(ax, [[(0, place), (100, place)] for place in places])
    # The second mark is larger and hollow: where both lie on one spot, both are seen.
    marks = (("o", DARK, DARK, 4.5), ("D", "none", ACCENT, 7))
    for (column, _), (marker, face, edge, size) in zip(values.items(), marks, strict=False):
        ax.plot(
            rows[column],
            places,
            linestyle="none",
            marker=marker,
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=edge,
            clip_on=False,
            zorder=3,
        )
    _legend(
        ax, [(label, mark, edge) for label, (mark, _, edge, _) in zip(values.values(), marks, strict=False)]
    )
    for percent in (0, 25, 50, 75, 100):
        _label(ax, percent, len(rows) - 0.5, f"{percent}%", dy=-3, ha="center", va="top")
    return ax


def percent(rate: str) -> float:
    """A printed rate as a position on a chart: '66.67%' → 66.67, '-' → NaN."""
    return float("nan") if rate == wording.MISSING else float(rate.rstrip("%"))


def _scale(ax: Axes, width: tuple[float, float], largest: int) -> None:
    """A vertical scale from zero, with light rules and their numbers, and room for labels above the bars."""
    ax.set_axis_off()
    ax.set_xlim(*width)
    ax.set_ylim(0, max(int(largest), 1) * 1.12)
    ticks = [
        int(tick)
        for tick in MaxNLocator(4, integer=True).tick_values(0, ax.get_ylim()[1])
        if tick <= ax.get_ylim()[1]
    ]
    _rules(ax, [[(width[0], tick), (width[1], tick)] for tick in ticks])
    for tick in ticks:
        _label(ax, width[0], tick, str(tick), dx=-3, ha="right", va="center_baseline")


def _rows(ax: Axes, names: Iterable[str], largest: int, room: float = 1.08, indent: float = 4) -> None:
    """One row a name from the top down, a base line at zero, and room for a number after the longest bar."""
    names = list(names)
    ax.set_axis_off()
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(0, max(int(largest), 1) * room)
    _rules(ax, [[(0, -0.5), (0, len(names) - 0.5)]], INK)
    for place, name in enumerate(names):
        _label(ax, 0, place, name, dx=-indent, ha="right", va="center_baseline")


def _bars(
    ax: Axes,
    places: Iterable[float],
    starts: float | Iterable[float],
    ends: Iterable[float],
    width: float,
    colour: str,
    upright: bool = False,
) -> None:
    """Bars as thick lines, all in one artist; `width` in rows (columns if `upright`)."""
    ends = list(ends)
    starts = [starts] * len(ends) if isinstance(starts, int | float) else list(starts)
    lines = [
        [(place, start), (place, end)] if upright else [(start, place), (end, place)]
        for place, start, end in zip(places, starts, ends, strict=True)
        if end > start
    ]
    box = ax.get_position()
    across = box.width * WIDTH if upright else box.height * ax.figure.get_figheight() / _MM
    low, high = ax.get_xlim() if upright else ax.get_ylim()
    points = width * across / abs(high - low) / _POINT
    ax.add_collection(LineCollection(lines, linewidths=points, colors=colour, capstyle="butt"), autolim=False)


def _rules(ax: Axes, lines: list, colour: str = RULE, points: float = 0.6) -> None:
    ax.add_collection(LineCollection(lines, linewidths=points, colors=colour, clip_on=False), autolim=False)


def _label(ax: Axes, x: float, y: float, text: str, dx: float = 0, dy: float = 0, **how: str) -> None:
    """A text `dx`, `dy` points off a place of the data."""
    ax.text(x, y, text, transform=ax.transData + _offset(ax, dx, dy), **how)


def _offset(ax: Axes, dx: float, dy: float) -> ScaledTranslation:
    return ScaledTranslation(dx / 72, dy / 72, ax.figure.dpi_scale_trans)


def _legend(ax: Axes, entries: list[tuple[str, str, str]], right: bool = False) -> None:
    """(text, marker, colour) in a row above the plot, at its left or right end."""
    widths = [12 + _width(text) * POINTS / 2 + 10 for text, _, _ in entries]
    at = -sum(widths) + 10 if right else 0
    edge = 1 if right else 0
    for (text, marker, colour), width in zip(entries, widths, strict=True):
        face = colour if marker != "D" else "none"
        ax.plot(
            [edge], [1], marker=marker, markersize=6, markerfacecolor=face, markeredgecolor=colour, clip_on=False,
            transform=ax.transAxes + _offset(ax, at + 4, 7.5),
        )  # fmt: skip
        ax.text(edge, 1, text, transform=ax.transAxes + _offset(ax, at + 12, 4))
        at += width
