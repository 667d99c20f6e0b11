"""The house style: colours, sizes, type.

Colours are from one blue scale, dark to light, so that they differ in grey print and to colour-blind readers.
Sizes are in millimetres, type in points.
"""

import unicodedata

import matplotlib
import pylopdf_fonts_zh_cn as fonts
from matplotlib import font_manager

INK, DARK, MIDDLE, LIGHT, PALE, RULE = "#222222", "#1b4f8a", "#5b8fc7", "#a9c8e8", "#e3ecf5", "#c8cdd3"
ACCENT, QUIET = "#b5540a", "#6b7280"
WIDTH = 156
"""The type area of an official page, mm: every chart is as wide, so that text is of one size throughout."""
POINTS = 8.5
ROW = 4.6
"""The height of a row of a bar chart, mm."""
MM = 1 / 25.4
POINT = 25.4 / 72
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


def apply() -> None:
    """Have matplotlib draw in the house style. Before every chart: a notebook's end may have put back what was set."""
    if not any(font.fname == _FONT for font in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(_FONT)
    matplotlib.rcParams.update(_STYLE)


apply()


def width(text: str) -> int:
    """A text's width in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in str(text))
