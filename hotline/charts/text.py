"""How wide a text will be, measured by the advances of its glyphs, and texts shortened to a width."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import pylopdf_fonts_zh_cn as fonts
from PIL import ImageFont

from hotline.charts.style import POINTS

_ROUNDING = 0.01
_SLACK = 1.08
"""A reader's own face has other Latin letters and digits than the one measured; Chinese characters are alike in all."""


def width(text: str, size: float = POINTS) -> float:
    """The width in points of one line of text."""
    return sum(map(_advance, str(text))) * size


def widest(texts: Iterable[str], size: float = POINTS) -> float:
    return max((width(text, size) for text in texts), default=0)


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(fonts.sans_path(), 1000, layout_engine=ImageFont.Layout.BASIC)


@cache
def _advance(character: str) -> float:
    """In ems."""
    if unicodedata.east_asian_width(character) in "WF":
        return 1
    return _font().getlength(character) / 1000 * _SLACK


def shorten(text: str, room: float, size: float = POINTS) -> str:
    """The text, or as much of its beginning as fits into `room` points with an ellipsis."""
    text = str(text)
    if width(text, size) <= room + _ROUNDING:
        return text
    used = width("…", size)
    for place, character in enumerate(text):
        used += width(character, size)
        if used > room:
            return text[:place].rstrip() + "…"
    return text


def names(texts: Sequence[str], room: float, size: float = POINTS) -> list[str]:
    """Names shortened to `room`; those that would read the same lose their middle instead of their end."""
    short = [shorten(text, room, size) for text in texts]
    return [
        _without_middle(str(text), room, size) if short.count(each) > 1 else each
        for text, each in zip(texts, short, strict=True)
    ]


def _without_middle(text: str, room: float, size: float) -> str:
    head = shorten(text, room / 2, size)
    if head == text:
        return text
    tail = shorten(text[::-1], room - width(head, size), size).rstrip("…")[::-1]
    return head + tail.lstrip()
