"""A drawing of bars, rules, marks and texts as one SVG: text as text, the same bytes for the same data.

Drawing was half of what a bulletin cost while a plotting library did it. A chart of the house is some rectangles,
lines and words at places that its form has worked out, so they are written down as they are.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from hotline.charts import style
from hotline.charts.style import GAP, INK, LINE, NARROW, POINTS, RULE, WIDE
from hotline.charts.text import width

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARK = 6


@dataclass(frozen=True)
class Chart:
    """A finished chart: its SVG, its title, a description for those who cannot see it, and its SVG for a telephone."""

    svg: str
    title: str
    description: str
    narrow: str

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {
            "role": "chart",
            "title": self.title,
            "description": self.description,
            "narrow": self.narrow,
        }
        return {"image/svg+xml": self.svg, "text/plain": f"{self.title}：{self.description}"}, {
            "hotline": about
        }


def chart(draw: Callable[[float], "Drawing"], title: str, description: str) -> Chart:
    """The chart that `draw` draws in a given width: once for the page, once for a telephone."""
    return Chart(draw(WIDE).svg(), title, description, draw(NARROW).svg())


class Drawing:
    """What is drawn so far, in order. x grows to the right, y downwards, from the top left; the height may be set last."""

    def __init__(self, width: float, height: float = 0):
        self.width, self.height = width, height
        self._parts: list[str] = []

    def boxes(self, boxes: Iterable[tuple[float, float, float, float]], colour: str) -> None:
        """Filled rectangles (left, top, width, height); those without a width or a height are left out."""
        self._path(
            (f"M{_n(x)} {_n(y)}h{_n(w)}v{_n(h)}h{_n(-w)}z" for x, y, w, h in boxes if w > 0 and h > 0),
            f"fill:{colour}",
        )

    def area(self, corners: Iterable[tuple[float, float]], colour: str) -> None:
        """A filled polygon."""
        self._path([_line(corners) + "z"], f"fill:{colour}")

    def lines(
        self, lines: Iterable[Iterable[tuple[float, float]]], colour: str = RULE, points: float = 0.6
    ) -> None:
        """Open lines through their points."""
        self._path(map(_line, lines), f"fill:none;stroke:{colour};stroke-width:{points}")

    def marks(
        self, spots: Iterable[tuple[float, float]], mark: str, colour: str, size: float = _MARK
    ) -> None:
        """The same mark at every spot, `size` wide: s a square, o a dot, O a ring, D a hollow
        diamond, _ and | a dash."""
        r = size / 2
        shape = {
            "s": f"m{_n(-r)} {_n(-r)}h{_n(size)}v{_n(size)}h{_n(-size)}z",
            "_": f"m{_n(-r)} 0h{_n(size)}",
            "|": f"m0 {_n(-r)}v{_n(size)}",
            "D": f"m{_n(-r)} 0l{_n(r)} {_n(-r)}l{_n(r)} {_n(r)}l{_n(-r)} {_n(r)}z",
        }.get(mark, f"m{_n(-r)} 0a{_n(r)} {_n(r)} 0 1 0 {_n(size)} 0a{_n(r)} {_n(r)} 0 1 0 {_n(-size)} 0z")
        filled = mark in "so"
        self._path(
            (f"M{_n(x)} {_n(y)}{shape}" for x, y in spots),
            f"fill:{colour}" if filled else f"fill:none;stroke:{colour};stroke-width:1.2",
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        anchor: str = "start",
        colour: str = INK,
        size: float = POINTS,
        within: tuple[float, float] | None = None,
    ) -> None:
        """One line of text whose middle is at height y. `within`: a centred text is moved to lie between these."""
        if within:
            half = width(text, size) / 2
            x = max(min(x, within[1] - half), within[0] + half)
        about = [f"text-anchor:{anchor}"] * (anchor != "start")
        about += [f"fill:{colour}"] * (colour != INK) + [f"font-size:{size}px"] * (size != POINTS)
        styled = f' style="{";".join(about)}"' if about else ""
        content = escape(_NOT_XML.sub("\ufffd", str(text)))
        self._parts.append(f'<text x="{_n(x)}" y="{_n(y + 0.36 * size)}"{styled}>{content}</text>')

    def legend(self, entries: list[tuple[str, str, str]], left: float, top: float) -> float:
        """(text, mark, colour) in rows from `left` on, wrapped at the right edge. Its height."""
        x, y = left, top + LINE / 2
        for text, mark, colour in entries:
            if x > left and x + legend_width([(text, mark, colour)]) > self.width:
                x, y = left, y + LINE
            self.marks([(x + _MARK / 2, y)], mark, colour)
            self.text(x + _MARK + GAP, y, text)
            x += legend_width([(text, mark, colour)]) + 2 * GAP
        return y + LINE / 2 - top

    def svg(self) -> str:
        size = f'width="{_n(self.width)}pt" height="{_n(self.height)}pt" viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        type_ = f"font-family:'{style.FACE}';font-size:{POINTS}px;fill:{INK}"
        paper = f'<path d="M0 0h{_n(self.width)}v{_n(self.height)}H0z" style="fill:{style.WHITE}"/>'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{type_}">{paper}{"".join(self._parts)}</svg>'

    def _path(self, shapes: Iterable[str], about: str) -> None:
        if outline := "".join(shapes):
            self._parts.append(f'<path d="{outline}" style="{about}"/>')


def legend_width(entries: list[tuple[str, str, str]]) -> float:
    """The width of a legend in one row."""
    return sum(_MARK + GAP + width(text) for text, _, _ in entries) + 2 * GAP * (len(entries) - 1)


def _line(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(number: float) -> str:
    """A length with at most two decimals."""
    return f"{round(number, 2) + 0:g}"
