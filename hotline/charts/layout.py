"""The two layouts of a chart: rows with their names at the left, and a panel of slots over a vertical scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hotline.charts import text
from hotline.charts.drawing import Drawing, legend_width
from hotline.charts.style import GAP, INK, LINE, MM, MOST, QUIET, ROW

HEIGHT = 46 * MM
"""Of a panel."""


class Rows:
    """A drawing of one row a name from the top down, the names at its left, shortened where they would take too much.

    Whatever is drawn of a row lies between `left` and `right` at the height `at[row]`.
    """

    def __init__(
        self,
        width: float,
        names: Sequence[object],
        legend=(),
        foot: float = 0,
        indent: float = GAP,
        under: float = 0,
    ):
        """`legend` stands above the rows, `foot` is the room for a scale below them, `under` that below each bar."""
        room = min(text.widest(map(str, names)), width * 0.42)
        self.left, self.right = 2 + room + indent, width - 2
        shown, more = list(names)[:MOST], len(names) - MOST
        self.drawing, self.top = Drawing(width), 2
        if legend:
            fits = legend_width(legend) <= self.right - self.left
            self.top += self.drawing.legend(legend, self.left if fits else 2, self.top) + 3
        self.bottom = self.top + (ROW + under) * len(shown)
        self.drawing.height = self.bottom + foot + (LINE + 2 if more > 0 else 0) + 2
        self.at = [self.top + (ROW + under) * place + ROW / 2 for place in range(len(shown))]
        for y, name in zip(self.at, text.names(list(map(str, shown)), room), strict=True):
            self.drawing.text(self.left - indent, y, name, "end")
        if more > 0:
            self.drawing.text(2, self.bottom + foot + LINE / 2 + 2, f"其余{more}个未画出", colour=QUIET)

    def bars(self, starts: Sequence[float], ends: Sequence[float], thick: float, colour: str) -> None:
        """A bar a row from where it starts to where it ends."""
        height = ROW * thick
        self.drawing.boxes(
            (
                (min(start, end), y - height / 2, abs(end - start), height)
                for y, start, end in zip(self.at, starts, ends, strict=False)
            ),
            colour,
        )

    def base(self, x: float) -> None:
        """The line that bars stand on."""
        self.drawing.lines([[(x, self.top), (x, self.bottom)]], INK)

    def unit(self, values: Sequence[float], labels: Sequence[str]) -> float:
        """Points a unit of the value, so that the longest bar and the label behind it just fit."""
        room = self.right - self.left - GAP
        return min(
            (
                (room - text.width(label)) / value
                for value, label in zip(values, labels, strict=False)
                if value > 0
            ),
            default=0,
        )


@dataclass
class Panel:
    """A vertical scale from zero over a row of slots, with a heading, a legend, rules and their numbers."""

    drawing: Drawing
    left: float
    right: float
    top: float
    bottom: float
    slots: int
    largest: float

    def x(self, place: float) -> float:
        """The middle of a slot."""
        return self.left + (place + 0.5) * self.slot

    def y(self, count: float) -> float:
        return self.bottom - (self.bottom - self.top) * count / self.largest

    @property
    def slot(self) -> float:
        return (self.right - self.left) / self.slots

    def bars(self, places: Sequence[float], counts: Sequence[float], width: float, colour: str) -> None:
        """Bars `width` of a slot wide."""
        wide = self.slot * width
        self.drawing.boxes(
            (
                (self.x(place) - wide / 2, self.y(count), wide, self.bottom - self.y(count))
                for place, count in zip(places, counts, strict=True)
            ),
            colour,
        )

    def number(self, place: float, count: float, above: float = 1) -> None:
        """A bar's number, `above` points above it."""
        within = (self.left, self.right)
        self.drawing.text(
            self.x(place), self.y(count) - LINE / 2 - above, str(count), "middle", within=within
        )

    def below(self, labels: Sequence[str], least: int = 1, last: bool = False) -> None:
        """The names of the slots, every `least` or as many as have room; from the last backwards if `last`."""
        lines = [label.split("\n") for label in labels]
        widths = [text.widest(each) + 2.5 for each in lines]
        every = max(least, math.ceil(max(widths) / self.slot))
        left, right = self.left - 6, self.right + 2
        order = range(len(labels))[:: -every if last else every]
        before = None
        for place in order:
            half = widths[place] / 2
            x = max(min(self.x(place), right - half), left + half)
            # A name at the edge is moved inwards: its neighbour may have no room then.
            if before is not None and abs(x - before[0]) < half + before[1]:
                continue
            before = x, half
            for row, line in enumerate(lines[place]):
                self.drawing.text(x, self.bottom + GAP + LINE * (row + 0.5), line, "middle")


def panel(
    drawing: Drawing,
    left: float,
    right: float,
    top: float,
    heading: str,
    legend,
    slots: int,
    largest: float,
    rows: int,
) -> Panel:
    """A panel of `HEIGHT` from `top` on, `rows` lines of names under it; the legend at the heading's right, or under it."""
    beside = text.width(heading) + 3 * GAP + legend_width(legend) <= right - left
    y = top + 2 + LINE / 2
    drawing.text(left, y, text.shorten(heading, right - left))
    if legend:
        at = right - legend_width(legend) if beside else left
        drawing.legend(legend, at, y - LINE / 2 + (0 if beside else LINE))
    head = LINE * (1 if beside or not legend else 2) + 1.7 * LINE
    apart = step(largest)
    ticks = [apart * number for number in range(int(largest // apart) + 1)]
    left += text.width(str(ticks[-1])) + GAP
    panel = Panel(
        drawing, left, right, top + head, top + HEIGHT - GAP - LINE * rows - 2, slots, max(largest, 1)
    )
    drawing.lines([(left, panel.y(tick)), (right, panel.y(tick))] for tick in ticks)
    for tick in ticks:
        drawing.text(left - GAP, panel.y(tick), str(tick), "end")
    return panel


def step(largest: float) -> int:
    """Between rules: 1, 2 or 5 times a power of ten, at most four rules above zero."""
    power = 10 ** max(int(math.log10(max(largest, 1))) - 1, 0)
    return next(factor * power for factor in (1, 2, 5, 10, 20, 50) if factor * power * 5 > largest)
