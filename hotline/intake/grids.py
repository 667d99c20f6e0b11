"""A grid: one sheet of a workbook, or one text file, before any meaning."""

from dataclasses import dataclass, field

import numpy as np

from hotline import HotlineError

HEAD = 40
"""Rows looked at for the header."""
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".zip")
"""The files taken from a folder or a zip."""


class FileError(HotlineError):
    """A file that cannot be read; the message, in Chinese, names it and says what to do."""


@dataclass
class Body:
    """The rows under a header: their numbers as a spreadsheet shows them, and the columns asked for.

    A column is an Arrow string array (text files) or a list of cells (workbooks). `ragged` are the rows, by number,
    that do not have the header's number of fields: which of their values is which cannot be known.
    """

    rows: np.ndarray
    columns: list
    ragged: list[int] = field(default_factory=list)


@dataclass
class Grid:
    """One sheet of a workbook, or one text file."""

    file: str
    sheet: str
    head: list[list]
    date1904: bool = False

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        """The columns at `positions`, of the rows below row number `after`. FileError beyond `max_rows` rows."""
        raise NotImplementedError

    def _limited(self, rows: int, max_rows: int) -> None:
        if rows > max_rows:
            raise FileError(
                f"{self.file}：超过上限 {max_rows} 行（center.yml 的 export.max_rows）。请分成几个文件，或调高上限。"
            )
