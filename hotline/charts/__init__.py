"""The recurring charts of a bulletin: a form takes a tidy frame and what to draw, and gives a Chart, or None without data.

A form sizes itself: as many rows as there are, margins as wide as its labels. It says in words what it shows, for
those who cannot see it.
"""

from hotline import HotlineError
from hotline.charts.drawing import Chart
from hotline.charts.ranges import changes, ranges
from hotline.charts.rows import bars, dots, parts
from hotline.charts.times import steps_and_trend

_REPLACED = {
    "canvas": "charts.bars 等图，它们自己定大小",
    "bars_canvas": "charts.bars 等图，它们自己定大小",
    "chart": "charts.bars 等图，它们自己就是成图",
    "ranking": "charts.bars(表, 名称列, 数值列, title=标题)",
    "steps": "charts.steps_and_trend",
    "trend": "charts.steps_and_trend",
    "heading": "charts.steps_and_trend",
    "percent": "charts.dots(表, 名称列, {列: 图例}, 标题)，它直接用印出来的百分数",
}


class ReplacedError(HotlineError, AttributeError):
    """A call of release 0.1.0 that is gone; the message, in Chinese, names what replaces it."""


def __getattr__(name: str):
    if name in _REPLACED:
        raise ReplacedError(f"charts.{name} 已经没有了，现在用 {_REPLACED[name]}。")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Chart", "bars", "changes", "dots", "parts", "ranges", "steps_and_trend"]
