"""What the charts are drawn with: plots laid out in millimetres on a matplotlib figure, and its SVG: text as text, the same
bytes for the same data.

Every chart is drawn twice, as wide as a page and as a telephone, from one function of its width. Room for labels is what
they measure in the packaged face (style.width). Drawing is what a bulletin costs: figures are made without pyplot and
Axes, whose layout of ticks and texts nothing here would use, and drawn once.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from hotline.charts import style
from hotline.charts.style import INK, LINE, MM, POINT, POINTS, ROW, RULE

Entry = tuple[str, str, str]
"""An entry of a legend: text, marker, colour."""
GAP = 1.2
"""Between a mark and its label, mm."""
MIDDLE, ASCENT, DESCENT = (part * POINTS * POINT for part in (0.365, 0.88, 0.12))
"""How far a line's baseline lies below the middle of its figures, below its top and above its foot, in mm."""
LEGEND, KEY = 4.4, 4.2
"""The height of a row of a legend, and from the left of an entry to its text, in mm."""


_NOT_NEEDED = re.compile(r'<!--.*?-->|<metadata>.*?</metadata>|(?<=<g) id="[^"]*"|(?<=>)\s+(?=<)', re.DOTALL)
"""On a page that several charts share: ids of their groups, metadata, comments, blanks between elements."""


@dataclass(frozen=True)
class Chart:
    """A finished chart: its SVG, the same for a narrow page, its title, a description for those who cannot see it, and
    the tables that it draws."""

    svg: str
    title: str
    description: str
    data: tuple[dict, ...] = ()
    narrow: str = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {"role": "chart", "title": self.title, "description": self.description}
        about |= {"narrow": self.narrow} if self.narrow else {}
        about |= {"data": list(self.data)} if self.data else {}
        return {"image/svg+xml": self.svg, "text/plain": f"{self.title}：{self.description}"}, {
            "hotline": about
        }


class Label(Text):
    """A text of one line at its place on a baseline: drawn without the layout that matplotlib works out for others."""

    def draw(self, renderer: RendererBase) -> None:
        pen = renderer.new_gc()
        pen.set_foreground(self.get_color())
        x, y = self.get_transform().transform(self.get_unitless_position())
        look = self.get_fontproperties(), self.get_rotation()
        renderer.draw_text(pen, x, renderer.height - y, self.get_text(), *look, mtext=self)
        pen.restore()


class Drawing:
    """A sheet of so many mm, and what has been drawn on it so far, in order: a matplotlib figure whose scale is mm from
    its top left. Shapes of one look that follow each other are one artist: artists are what drawing costs."""

    def __init__(self, width: float, height: float):
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width * MM, height * MM), frameon=False)
        self._mm = Affine2D().scale(MM, -MM).translate(0, height * MM) + self.figure.dpi_scale_trans
        self._shapes: list[Path] = []
        self._look: dict = {}

    @property
    def svg(self) -> str:
        """The sheet as an <svg> element alone, without what a page does not need: prolog, comments, metadata, ids."""
        self._end_run()
        buffer = io.StringIO()
        FigureCanvasSVG(self.figure).print_svg(
            buffer, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
        svg = buffer.getvalue()
        return _NOT_NEEDED.sub("", svg[svg.index("<svg") :]).strip()

    def _draw(self, shape: Path, **look: object) -> None:
        if look != self._look:
            self._end_run()
        self._look = look
        self._shapes.append(shape)

    def _end_run(self) -> None:
        if self._shapes:
            self._add(PathPatch(Path.make_compound_path(*self._shapes), **self._look))
        self._shapes = []

    def _add(self, artist: Artist) -> None:
        artist.set(transform=self._mm, clip_on=False)
        self.figure.add_artist(artist)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float) -> None:
        """A straight line `width` mm wide, its ends cut off."""
        look = {"edgecolor": colour, "linewidth": width / POINT, "capstyle": "butt"}
        self._draw(Path([(x1, y1), (x2, y2)]), facecolor="none", **look)

    def area(self, x1: float, y1: float, x2: float, y2: float, colour: str) -> None:
        """A filled rectangle between two corners."""
        corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
        self._draw(Path(corners, closed=True), facecolor=colour, edgecolor="none")

    def mark(self, x: float, y: float, marker: str, colour: str, size: float) -> None:
        """A mark `size` mm across: a dot (o), a square (s), a dash (_) or a hollow diamond (D)."""
        half = size / 2
        if marker == "s":
            self.area(x - half, y - half, x + half, y + half, colour)
        elif marker == "_":
            self.line(x - half, y, x + half, y, colour, 0.42)
        elif marker == "D":
            corners = [(x, y - half), (x + half, y), (x, y + half), (x - half, y), (x, y - half)]
            self._draw(Path(corners, closed=True), facecolor="none", edgecolor=colour, linewidth=1)
        else:
            self._draw(Path.circle((x, y), half), facecolor=colour, edgecolor="none")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        side: str = "left",
        colour: str = INK,
        upright: bool = False,
    ) -> None:
        """One line that begins, ends or has its middle (`left`, `right`, `center`) at a place on its baseline."""
        turned = {"rotation": 90, "rotation_mode": "anchor"} if upright else {}
        self._end_run()
        look = {"color": colour, "fontsize": POINTS, "ha": side, "va": "baseline"}
        self._add(Label(x, y, text, **look, **turned))


@dataclass
class Plot:
    """A part of a drawing, in mm from its top left, with a scale across and a scale down it: from `low` to `high` of each."""

    drawing: Drawing
    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float] = (0, 1)
    down: tuple[float, float] = (1, 0)

    def x(self, value: float) -> float:
        """Where a value of the scale across lies, in mm."""
        low, high = self.across
        return self.left + (value - low) / (high - low) * self.width

    def y(self, value: float) -> float:
        """Where a value of the scale down lies, in mm."""
        low, high = self.down
        return self.top + (value - low) / (high - low) * self.height

    def bars(
        self,
        places: Iterable[float],
        ends: Iterable[float],
        width: float,
        colour: str,
        starts: Iterable[float] | None = None,
        upright: bool = False,
    ) -> None:
        """A bar at each place, from zero if no `starts` are given, `width` in rows (columns if `upright`); none of no length."""
        places, ends = list(places), list(ends)
        for place, start, end in zip(places, starts or [0] * len(places), ends, strict=True):
            if end > start:
                along, aside = (start, end), (place - width / 2, place + width / 2)
                (x1, x2), (y1, y2) = (aside, along) if upright else (along, aside)
                self.drawing.area(self.x(x1), self.y(y1), self.x(x2), self.y(y2), colour)

    def rule(
        self, start: tuple[float, float], end: tuple[float, float], colour: str = RULE, width: float = 0.21
    ) -> None:
        """A line between two places of the scales, `width` in mm."""
        self.drawing.line(self.x(start[0]), self.y(start[1]), self.x(end[0]), self.y(end[1]), colour, width)

    def label(self, x: float, y: float, text: str, stands: str = "center", **how: object) -> None:
        """A text of one line or more at a place in mm: in the `center` of it by its figures, below it (`top`) or above."""
        lines = text.split("\n")
        first = {"center": MIDDLE - (len(lines) - 1) / 2 * LINE, "top": ASCENT, "bottom": -DESCENT}[stands]
        for number, line in enumerate(lines):
            self.drawing.text(x, y + first + number * LINE, line, **how)

    def heading(self, text: str, entries: Iterable[Entry] = ()) -> None:
        """What one of several plots of a drawing shows, at its top left, and its legend at the right."""
        self.drawing.text(self.left, self.top - 1.4, text)
        self.legend([list(entries)], right=True)

    def legend(self, lines: list[list[Entry]], right: bool = False) -> None:
        """Entries in rows above the plot, up to its right end or from its left: further left where a row is wider."""
        for up, entries in enumerate(reversed(lines)):
            spare = self.width - legend_width(entries)
            x, y = self.left + (spare + 2 if right else min(spare, 0)), self.top - 1.4 - up * LEGEND
            for text, marker, colour in entries:
                self.drawing.mark(x + 1.4, y - MIDDLE + 0.1, marker, colour, 2.6 if marker == "D" else 2.1)
                self.drawing.text(x + KEY, y, text)
                x += legend_width([(text, marker, colour)])


def chart(draw: Callable[[float], Drawing], title: str, description: str, *data: dict) -> Chart:
    """The chart that `draw` makes for a width in mm; `data` are the tables that it draws (hotline.blocks.table)."""
    wide, narrow = (draw(width).svg for width in (style.WIDTH, style.NARROW))
    return Chart(wide, title, description, data, narrow)


def panels(
    width: float,
    count: int,
    height: float,
    left: float,
    right: float,
    top: float,
    bottom: float,
    beside: bool,
) -> list[Plot]:
    """`count` plots on a drawing `width` mm wide, each `height` mm with its margins: side by side, or one below another."""
    across, down = (count, 1) if beside else (1, count)
    drawing, each = Drawing(width, height * down), width / across
    return [
        Plot(
            drawing,
            each * (at % across) + left,
            height * (at // across) + top,
            each - left - right,
            height - top - bottom,
        )
        for at in range(count)
    ]


def rows(
    width: float,
    names: Iterable[str],
    marks: Iterable[tuple[float, str]],
    entries: Iterable[Entry] = (),
    bottom: float = 2,
    indent: float = 1.4,
    room: float = GAP,
) -> tuple[Plot, list[float]]:
    """A plot with one row a name from the top down, a base line at zero, and the labels of `marks`; where each row lies.

    `marks`: how far each row reaches from zero, to the right or, if negative, to the left, and what is written behind;
    `entries`: those of the legend above; `indent`, `room`: how far names and labels stand off, in mm. A name wider than
    two fifths of the drawing, or a label wider than half of what is left, is broken into lines, and its row is higher.
    """
    names = [style.wrapped(name, 0.4 * width) for name in names]
    left = 2 + indent + max(map(style.width, names), default=0)
    across = width - left - 2
    marks = [(value, style.wrapped(text, across / 2)) for value, text in marks]
    needed = [
        max((LINE * (1 + max(name.count("\n"), text.count("\n"))) + 0.6) / ROW, 1)
        for name, (_, text) in zip(names, marks, strict=True)
    ]
    places = [sum(needed[:at]) + need / 2 for at, need in enumerate(needed)]
    lines, foot = legend_rows(entries, width - 4), sum(needed)
    top = 2 + (0.6 + LEGEND * len(lines) if lines else 0)
    drawing = Drawing(width, top + ROW * foot + bottom)
    plot = Plot(drawing, left, top, across, ROW * foot, _limits(across, marks, room), (0, foot))
    plot.rule((0, 0), (0, foot), INK)
    plot.legend(lines)
    for place, name, (value, text) in zip(places, names, marks, strict=True):
        plot.label(plot.left - indent, plot.y(place), name, side="right")
        away, side = (-room, "right") if value < 0 else (room, "left")
        plot.label(plot.x(value) + away, plot.y(place), text, side=side)
    return plot, places


def _limits(across: float, marks: list[tuple[float, str]], room: float) -> tuple[float, float]:
    """The ends of a scale `across` mm long on which every mark has room for its label, at its side of zero."""
    sides = [
        [(abs(value), style.width(text) + room) for value, text in marks if (value < 0) == left]
        for left in (True, False)
    ]
    largest = max((value for side in sides for value, _ in side), default=0) or 1

    def needed(mm: float) -> list[float]:
        """How far each side reaches, in mm, where one unit takes so many."""
        return [max((value * mm + label for value, label in side), default=0) for side in sides]

    few, many = 0.0, across / largest
    for _ in range(40):
        middle = (few + many) / 2
        few, many = (middle, many) if sum(needed(middle)) <= across else (few, middle)
    left, _ = needed(few)
    return -left / few, (across - left) / few


def ticks(largest: float) -> list[int]:
    """The numbers of a vertical scale from zero: three to five round ones, not beyond the largest count."""
    steps = (round(digit * 10**power) for power in range(10) for digit in (1, 1.5, 2, 2.5, 3, 5))
    step = next(each for each in steps if each >= 1 and largest / each < 5)
    return list(range(0, int(largest) + 1, step))


def scale(plot: Plot, across: tuple[float, float], largest: float) -> None:
    """Give a plot a vertical scale from zero, with light rules and their numbers, and room for a label above the highest bar."""
    plot.across = across
    plot.down = (max(int(largest), 1) * max(1.1, plot.height / (plot.height - LINE - 0.8)), 0)
    for tick in ticks(largest):
        plot.rule((across[0], tick), (across[1], tick))
        plot.label(plot.left - 1, plot.y(tick), str(tick), side="right")


def legend_rows(entries: Iterable[Entry], width: float) -> list[list[Entry]]:
    """The entries of a legend in rows that are no wider than `width` mm, if one entry is not."""
    lines: list[list[Entry]] = []
    for entry in entries:
        if not lines or legend_width([*lines[-1], entry]) > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def legend_width(entries: Iterable[Entry]) -> float:
    """How wide entries stand in one row, in mm."""
    return sum(KEY + style.width(text) + 3.4 for text, _, _ in entries)
