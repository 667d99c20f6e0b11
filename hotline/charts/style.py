"""The house style: colours, sizes, type.

Colours are from one blue scale, dark to light, so that they differ in grey print and to colour-blind readers.
Sizes are in millimetres, type in points.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

import matplotlib
import pylopdf_fonts_zh_cn as fonts
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font, LoadFlags

INK, DARK, MIDDLE, LIGHT, PALE, RULE = "#222222", "#1b4f8a", "#3f74ae", "#a9c8e8", "#e3ecf5", "#c8cdd3"
"""Text in INK is read on LIGHT and PALE, white text on DARK and MIDDLE, with a contrast of 4.5 and more."""
ACCENT, WHITE = "#b5540a", "#ffffff"
WIDTH = 156
"""The type area of an official page, mm: every chart is as wide, so that text is of one size throughout."""
NARROW = 92
"""How wide the same chart is drawn for a telephone, mm: on 352 of its pixels the text is as high as 11 of them."""
POINTS = 8.5
LINE = POINTS * 1.3 * 25.4 / 72
"""From one line of a label to its next, mm."""
ROW = 4.6
"""The height of a row of a bar chart, mm."""
POINT, MM = 25.4 / 72, 1 / 25.4
"""A point in mm; a mm in inches."""
SHADES = (DARK, MIDDLE, LIGHT, PALE)

_FONT = str(fonts.sans_path())
_STYLE = {
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
}


# An analyst's own charts, drawn with matplotlib, look like those of the house.
if not any(font.fname == _FONT for font in font_manager.fontManager.ttflist):
    font_manager.fontManager.addfont(_FONT)
matplotlib.rcParams.update(_STYLE)


@cache
def _face() -> FT2Font:
    return FT2Font(_FONT)


if hasattr(os, "register_at_fork"):
    # It reads its file bit by bit, and forked processes share the place in it: two at once would read each other's bits.
    os.register_at_fork(after_in_child=_face.cache_clear)


@cache
def _advance(char: str) -> float:
    """How far a character carries the pen, in ems: as the face says, and a whole one for what it does not have."""
    if not _face().get_char_index(ord(char)):
        return 1.0
    return _face().load_char(ord(char), flags=LoadFlags.NO_SCALE).horiAdvance / _face().units_per_EM


_SLACK = 1.06
"""Faces that stand in for the packaged one, on a reader's machine, set figures and letters up to a twentieth wider."""


def width(text: str) -> float:
    """How wide a text is set, in mm; the widest of several lines."""
    return max(sum(map(_advance, line)) for line in str(text).split("\n")) * POINTS * POINT * _SLACK


_PHRASES = re.compile(r"[^、]+、?|、")
_PIECES = re.compile(r"[!-~]+ ?[）、，。；：]*|（?.[）、，。；：]*")
"""Between which a label may break: a word stays whole, and no line begins with what closes."""


def wrapped(text: str, limit: float) -> str:
    """A label with its line breaks, so that no line is wider than `limit` mm: between the names of a list, if each fits."""
    lines = [""]

    def put(part: str, *smaller: Callable[[str], Iterable[str]]) -> None:
        if smaller and width(part.rstrip()) > limit:
            for each in smaller[0](part):
                put(each, *smaller[1:])
            return
        if lines[-1] and width((lines[-1] + part).rstrip()) > limit:
            lines.append("")
        lines[-1] += part

    put(str(text), _PHRASES.findall, _PIECES.findall, list)
    return "\n".join(line.rstrip() for line in lines)


def half_widths(text: str) -> int:
    """A text's width in half-width characters, as a spreadsheet counts its columns."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in str(text))
