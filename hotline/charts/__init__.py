"""The recurring charts of a bulletin: a form takes a tidy frame and what to draw, and gives a Chart, or None without data.

A form sizes itself: as many rows as there are, margins as wide as its labels. It says in words what it shows, for
those who cannot see it.
"""

from hotline.charts.drawing import Chart
from hotline.charts.rows import bars, dots, parts
from hotline.charts.times import steps_and_trend

__all__ = ["Chart", "bars", "dots", "parts", "steps_and_trend"]
