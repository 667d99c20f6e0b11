"""The house style: colours, sizes, type. Lengths are in points.

Colours are from one blue scale, dark to light, so that they differ in grey print and to colour-blind readers.
"""

INK, DARK, MIDDLE, LIGHT, PALE, RULE = "#222222", "#1b4f8a", "#5b8fc7", "#a9c8e8", "#e3ecf5", "#c8cdd3"
ACCENT, QUIET, WHITE = "#b5540a", "#6b7280", "#ffffff"
SHADES = ((DARK, WHITE), (MIDDLE, "#111111"), (LIGHT, INK))
"""The pieces of a bar with the colour of text on each: 4.5 to 1 by day and by night, when the page exchanges dark and light."""

FACE = "Noto Sans SC"
MM = 72 / 25.4
WIDE = 156 * MM
"""The type area of an official page: every chart is as wide, so that text is of one size throughout."""
NARROW = 90 * MM
"""The same chart for a telephone: on a screen of 360 px its type is 11.7 px high."""
POINTS = 8.5
LINE = 10.5
"""The height of a line of text."""
ROW = 4.6 * MM
"""The height of a row of a bar chart."""
GAP = 4
"""Between a label and what it labels."""
MOST = 40
"""Rows of one chart: more do not fit on a page."""
