"""A grid: one sheet of a workbook, or one text file, before any meaning.

Nothing here imports numpy or pyarrow when it is loaded: the process that reads workbooks starts faster without them.
"""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from hotline import HotlineError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

HEAD = 40
"""Rows looked at for the header."""
WIDEST = 16_384
"""Columns of the widest sheet that a spreadsheet holds; a row with more cells is no row of a table."""
SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".zip")
"""The files taken from a folder or a zip."""
FOOTER = re.compile(
    r"^\W*(合\s*计|总\s*计|小\s*计|共\s*计|总\s*数|备\s*注|说\s*明|注|制表|填表|审核|负责人|统计|导出|打印|数据截止|共\d+[条件行])"
)
"""How a line under a table begins."""
_LONGEST = 1_000
"""Characters of a cell among the first rows that are looked at: a header has fewer."""


class FileError(HotlineError):
    """A file that cannot be read; the message, in Chinese, names it and says what to do."""


def damaged(name: str) -> FileError:
    return FileError(
        f"{name}：文件已损坏或不完整（可能没有下载完）。请重新导出，或在 Excel、WPS 里打开另存后再导入。"
    )


@dataclass
class Texts:
    """A column of texts as Arrow lays them out: the bytes of all of them, and where each begins."""

    content: bytes
    starts: array

    @classmethod
    def of(cls, cells: list[str]) -> "Texts":
        """AttributeError or UnicodeError where a cell is no text that UTF-8 can hold."""
        encoded = [cell.encode() for cell in cells]
        return cls(b"".join(encoded), array("i", accumulate(map(len, encoded), initial=0)))

    def arrow(self) -> "pa.Array":
        import pyarrow as pa

        buffers = [None, pa.py_buffer(self.starts), pa.py_buffer(self.content)]
        return pa.Array.from_buffers(pa.string(), len(self.starts) - 1, buffers)


@dataclass
class Body:
    """The rows under a header: their numbers as a spreadsheet shows them, and the columns asked for.

    A column is an Arrow string array (text files) or a list of cells (workbooks). `ragged` are the rows, by number,
    that do not have the header's number of fields: which of their values is which cannot be known. `unreadable` are
    those with a cell that no reader can make sense of.
    """

    rows: "np.ndarray | array"
    columns: "list[pa.Array | Texts | list]"
    ragged: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)

    def sound(self) -> "list[pa.Array | list]":
        """The columns without the rows of which no value can be trusted to be in its place."""
        import numpy as np

        odd = {*self.ragged, *self.unreadable}
        if not odd:
            return self.columns
        kept = np.flatnonzero([int(number) not in odd for number in self.rows])
        return [
            [column[at] for at in kept] if isinstance(column, list) else column.take(kept)
            for column in self.columns
        ]


@dataclass
class Grid:
    """One sheet of a workbook, or one text file. `broken`: cells of the workbook that are read as empty and are not."""

    file: str
    sheet: str
    head: list[list]
    date1904: bool = False
    broken: int = 0

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        """The columns at `positions`, of the rows below row number `after`. FileError beyond `max_rows` rows."""
        raise NotImplementedError

    def _limited(self, rows: int, max_rows: int) -> None:
        if rows > max_rows:
            raise FileError(
                f"{self.file}：超过上限 {max_rows} 行（center.yml 的 export.max_rows）。请分成几个文件，或调高上限。"
            )


def head_of(name: str, rows: Iterable[list]) -> list[list]:
    """The first rows of a grid, each cell no longer than a header may be. FileError for a row too wide for a table."""
    head = []
    for number, row in enumerate(rows, 1):
        if len(row) > WIDEST:
            raise FileError(
                f"{name}：第 {number} 行有 {len(row)} 格，超过表格能有的 {WIDEST} 列，不像正常的导出，没有读取。"
            )
        head.append([cell[:_LONGEST] if isinstance(cell, str) else cell for cell in row])
        if number == HEAD:
            break
    return head
