"""Whose export a file is, where one folder holds those of several centers: its headers tell."""

from collections.abc import Iterable
from pathlib import Path

from hotline.center import Center, Export
from hotline.intake import headers
from hotline.intake.grids import Grid
from hotline.intake.readers import Reader


def owners(path: Path, centers: Iterable[Center]) -> list[str]:
    """The keys of the centers whose profile fits a sheet of the file: of several, their headers do not tell whose it is.

    FileError where it cannot be read.
    """
    with Reader(Export()) as reader:
        grids = reader.grids(path)
    return [center.key for center in centers if any(_fits(grid, center) for grid in grids)]


def _fits(grid: Grid, center: Center) -> bool:
    """Whether a profile reads a sheet: at least half of what it maps is there, so that a header or two that many
    platforms share make no owner. A file of visits has few columns: what it needs is enough."""
    header = headers.find(grid.head, center)
    if header is None or header.lacks_receipt or center.export.sheet not in (None, grid.sheet):
        return False
    return header.is_visits or (header.is_export and 2 * len(header.positions) >= len(center.columns))
