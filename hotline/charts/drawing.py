"""Axes laid out by hand, and what the notebook shows of them: one SVG, text as text, the same bytes for the same data.

Drawing is what a bulletin costs: Figures are made without pyplot, drawn once, with no tight bounding box; bars,
rules and labels are placed by hand, many in one artist, instead of having an Axis lay out its ticks.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from hotline.charts import style
from hotline.charts.style import INK, MM, POINT, POINTS, ROW, RULE, WIDTH


@dataclass(frozen=True)
class Chart:
    """A finished chart: its SVG, its title, a description for those who cannot see it, and the tables that it draws."""

    svg: str
    title: str
    description: str
    data: tuple[dict, ...] = ()

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {"role": "chart", "title": self.title, "description": self.description}
        about |= {"data": list(self.data)} if self.data else {}
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
    style.apply()
    figure = Figure(figsize=(WIDTH * MM, height * MM))
    width = (WIDTH - left - right - gap * (columns - 1)) / columns
    axes = [
        figure.add_axes(
            (
                (left + index * (width + gap)) / WIDTH,
                bottom / height,
                width / WIDTH,
                (height - top - bottom) / height,
            )
        )
        for index in range(columns)
    ]
    return axes[0] if columns == 1 else axes


def bars_canvas(rows: int, labels, right: float = 12, top: float = 7, bottom: float = 2) -> Axes:
    """Axes for `rows` horizontal bars of one thickness, the left margin as wide as the longest of `labels`."""
    left = 4 + max((style.width(label) for label in labels), default=0) * POINTS * POINT / 2
    return canvas(
        top + bottom + ROW * max(rows, 1), left=min(left, WIDTH / 2), right=right, top=top, bottom=bottom
    )


def chart(ax: Axes, title: str, description: str, *data: dict) -> Chart:
    """The SVG of the figure that `ax` belongs to; `data` are the tables that it draws (hotline.blocks.table)."""
    buffer = io.StringIO()
    FigureCanvasSVG(ax.figure).print_svg(
        buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
    )
    return Chart(_slim(buffer.getvalue()), title, description, data)


def _slim(svg: str) -> str:
    """The <svg> element alone, without what a page does not need: prolog, comments, metadata, ids of groups."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    # Several charts share a page: what is still referred to by id (clip paths) needs ids of its own on it.
    svg = re.sub(r">\s+<", "><", svg)
    return svg.strip()


def heading(ax: Axes, text: str) -> Axes:
    """What one of several Axes of a chart shows, at its top left."""
    ax.text(0, 1, text, transform=ax.transAxes + offset(ax, 0, 4))
    return ax


def scale(ax: Axes, width: tuple[float, float], largest: int) -> None:
    """A vertical scale from zero, with light rules and their numbers, and room for labels above the bars."""
    ax.set_axis_off()
    ax.set_xlim(*width)
    ax.set_ylim(0, max(int(largest), 1) * 1.12)
    ticks = [
        int(tick)
        for tick in MaxNLocator(4, integer=True).tick_values(0, ax.get_ylim()[1])
        if tick <= ax.get_ylim()[1]
    ]
    rules(ax, [[(width[0], tick), (width[1], tick)] for tick in ticks])
    for tick in ticks:
        label(ax, width[0], tick, str(tick), dx=-3, ha="right", va="center_baseline")


def rows(ax: Axes, names: Iterable[str], largest: int, room: float = 1.08, indent: float = 4) -> None:
    """One row a name from the top down, a base line at zero, and room for a number after the longest bar."""
    names = list(names)
    ax.set_axis_off()
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(0, max(int(largest), 1) * room)
    rules(ax, [[(0, -0.5), (0, len(names) - 0.5)]], INK)
    for place, name in enumerate(names):
        label(ax, 0, place, name, dx=-indent, ha="right", va="center_baseline")


def bars(
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
    across = box.width * WIDTH if upright else box.height * ax.figure.get_figheight() / MM
    low, high = ax.get_xlim() if upright else ax.get_ylim()
    points = width * across / abs(high - low) / POINT
    ax.add_collection(LineCollection(lines, linewidths=points, colors=colour, capstyle="butt"), autolim=False)


def rules(ax: Axes, lines: list, colour: str = RULE, points: float = 0.6) -> None:
    ax.add_collection(LineCollection(lines, linewidths=points, colors=colour, clip_on=False), autolim=False)


def label(ax: Axes, x: float, y: float, text: str, dx: float = 0, dy: float = 0, **how: str) -> None:
    """A text `dx`, `dy` points off a place of the data."""
    ax.text(x, y, text, transform=ax.transData + offset(ax, dx, dy), **how)


def offset(ax: Axes, dx: float, dy: float) -> ScaledTranslation:
    return ScaledTranslation(dx / 72, dy / 72, ax.figure.dpi_scale_trans)


def legend(ax: Axes, entries: list[tuple[str, str, str]], right: bool = False) -> None:
    """(text, marker, colour) in a row above the plot, at its left or right end."""
    widths = [12 + style.width(text) * POINTS / 2 + 10 for text, _, _ in entries]
    at = -sum(widths) + 10 if right else 0
    edge = 1 if right else 0
    for (text, marker, colour), width in zip(entries, widths, strict=True):
        face = colour if marker != "D" else "none"
        ax.plot(
            [edge],
            [1],
            marker=marker,
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=colour,
            clip_on=False,
            transform=ax.transAxes + offset(ax, at + 4, 7.5),
        )
        ax.text(edge, 1, text, transform=ax.transAxes + offset(ax, at + 12, 4))
        at += width
