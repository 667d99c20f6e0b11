"""A workbook of tables, set as this house sets them: a title, facts about the table, a frozen header row, A4.

The same tables give the same bytes. Numbers are numbers, in the form in which they are printed; an id stays text.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import pandas as pd
import xlsxwriter

from hotline import wording
from hotline.charts import style
from hotline.workspace import printable

ID, MOMENT, VALUE = "id", "moment", "value"
"""Kinds of columns besides those of a block's table (hotline.blocks.table)."""
_NUMBERS = ("count", "rate", VALUE)
_PERCENT = re.compile(r"(增加|减少|上升|下降|不足)?(\d+)(?:\.(\d+))?%")
_CHANGE = re.compile(r"(增加|减少|上升|下降)(\d+)(\D*)")
_FEWER = ("减少", "下降")
_WIDEST, _HEADING, _LANDSCAPE = 46, 14, 92
"""In half-width characters: the widest column; a heading's line; the table from which on a page lies on its side."""
_LONGEST = 32_000
"""Letters in a cell: Excel takes 32,767."""


class Book:
    """The workbook under way: sheets are added in order, `content` ends it."""

    def __init__(self, title: str, author: str, date: datetime):
        self._buffer = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._buffer, options)
        self._book.set_properties({"title": title, "author": author, "created": date.replace(tzinfo=None)})
        self._formats: dict[tuple, object] = {}
        self._names: list[str] = []

    def named(self, title: str) -> str:
        """A sheet's name that the workbook does not have yet: Excel takes 31 letters (of UTF-16), and not all of them."""
        plain = re.sub(r"[\[\]:*?/\\]", " ", printable(title)).strip("' ") or "表"
        plain = plain.partition("（")[0] or plain if len(plain) > 31 else plain
        names = {name.casefold() for name in self._names}
        for number in range(1, len(names) + 2):
            ending = f" {number}" if number > 1 else ""
            kept = plain.encode("utf-16-le")[: 2 * (31 - len(ending))].decode("utf-16-le", "ignore")
            name = kept.strip("' ") + ending
            if name.casefold() not in names:
                self._names.append(name)
                return name
        raise AssertionError("one more name than there are sheets is always free")

    def sheet(
        self,
        name: str,
        title: str,
        columns: Mapping[str, str],
        rows: Iterable[Sequence[object]],
        facts: Mapping[str, object] | None = None,
        foot: str = "",
        back: str = "",
        links: Mapping[int, str] | None = None,
    ) -> None:
        """One sheet: a title, `facts` about the table, its header and rows, a remark at its foot.

        `columns`: heading → kind. `back` is the sheet that a link beside the title leads to; `links` are those that the
        first cells of rows lead to: row → a sheet's name, or a file beside the workbook.
        """
        sheet, rows = self._book.add_worksheet(name), [list(row) for row in rows]
        kinds, last = list(columns.values()), max(len(columns) - 1, 1)
        widths = [_width(heading, [row[at] for row in rows]) for at, heading in enumerate(columns)]
        sheet.write_string(0, 0, title, self._format(bold=True, font_size=14))
        for line, (fact, value) in enumerate((facts or {}).items(), 1):
            sheet.write_string(line, 0, fact, self._format(font_color="#595F66", valign="top"))
            text = self._format(text_wrap=True, valign="top", align="left")
            sheet.merge_range(line, 1, line, max(last, 3), "", text)
            self._write(sheet, line, 1, value, VALUE, text_wrap=True, valign="top", align="left")
            sheet.set_row(line, 15 * max(1, -(-style.half_widths(str(value)) // 70)))
        head = len(facts or {}) + 2
        if back:
            sheet.write_url(head - 1, 0, _within(back), self._link, back)
        bar = self._format(
            bold=True, text_wrap=True, valign="vcenter", align="center", bg_color="#E3ECF5", border=1
        )
        for at, heading in enumerate(columns):
            sheet.write_string(head, at, heading, bar)
        for line, row in enumerate(rows, head + 1):
            for at, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
                self._write(sheet, line, at, cell, kind, border=1, valign="top", text_wrap=kind == "text")
            if (tall := _lines(row, kinds, widths)) > 1:
                sheet.set_row(line, 15 * tall)
            if goal := (links or {}).get(line - head - 1):
                sheet.write_url(
                    line, 0, _within(goal) if goal in self._names else goal, self._link, str(row[0])
                )
        if foot:
            sheet.write_string(head + len(rows) + 1, 0, foot, self._format(font_color="#595F66"))
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.freeze_panes(head + 1, 1 if len(columns) > 2 else 0)
        if len(rows) > 1:
            sheet.autofilter(head, 0, head + len(rows), len(columns) - 1)
        self._printed(sheet, head, sum(widths))

    def content(self) -> bytes:
        """The whole file."""
        self._book.close()
        return self._buffer.getvalue()

    @property
    def _link(self):
        return self._format(font_color="#1B4F8A", underline=1)

    @staticmethod
    def _printed(sheet, head: int, width: float) -> None:
        sheet.set_paper(9)  # A4
        if width > _LANDSCAPE:
            sheet.set_landscape()
        sheet.set_margins(left=0.6, right=0.6, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(head)
        sheet.set_footer("&C— &P / &N —")

    def _write(self, sheet, line: int, at: int, value: object, kind: str, **how) -> None:
        value = value.item() if hasattr(value, "item") else value
        if value is None or (not isinstance(value, list | tuple) and pd.isna(value) is True):
            sheet.write_blank(line, at, None, self._format(**how))
        elif isinstance(value, bool):
            sheet.write_string(line, at, "是" if value else "否", self._format(**how))
        elif isinstance(value, datetime):
            form = "yyyy-mm-dd hh:mm"
            sheet.write_datetime(line, at, value.replace(tzinfo=None), self._format(num_format=form, **how))
        elif number := numeric(value) if kind in _NUMBERS or isinstance(value, int | float) else None:
            sheet.write_number(line, at, number[0], self._format(num_format=number[1], **how))
        else:
            text = _text(value)
            side = {"indent": 1} if kind not in _NUMBERS else {"align": "right"}
            side = {} if "align" in how else side
            form = {"num_format": "@"} if kind == ID else {}
            sheet.write_string(line, at, text[:_LONGEST], self._format(**form, **side, **how))

    def _format(self, **how):
        key = tuple(sorted(how.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(
                {"font_name": "Noto Sans SC", "font_size": 10.5, **how}
            )
        return self._formats[key]


def numeric(value: object) -> tuple[float, str] | None:
    """A printed number as a number and the format that prints it so; None for what is none.

    "66.67%" is 0.6667 as 0.00%, 减少3.00% is -0.03, and prints as it did.
    """
    if isinstance(value, int | float):
        return value, "0" if isinstance(value, int) else "General"
    text = str(value)
    if change := _CHANGE.fullmatch(text):
        word, count, unit = change.groups()
        return int(count) * (-1 if word in _FEWER else 1), _worded(word, "0", unit)
    if (percent := _PERCENT.fullmatch(text)) and percent[1] != "不足":
        word, whole, places = percent.groups()
        number = int(whole + (places or "")) / 10 ** (2 + len(places or ""))
        form = "0%" if not places else f"0.{'0' * len(places)}%"
        return number * (-1 if word in _FEWER else 1), _worded(word, form) if word else form
    return None


def _text(value: object) -> str:
    return wording.listed(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _worded(word: str, form: str, unit: str = "") -> str:
    """A number format that says the direction in a word, whatever the sign."""
    return f'"{word}"{form}"{unit}";"{word}"{form}"{unit}"'


def _within(sheet: str) -> str:
    return "internal:'" + sheet.replace("'", "''") + "'!A1"


def _width(heading: str, cells: list) -> float:
    """How wide a column must be, in half-width characters."""

    def of(cell: object) -> int:
        return 16 if isinstance(cell, datetime) else style.half_widths(str(cell))

    longest = max([min(style.half_widths(heading), _HEADING), *map(of, cells)])
    return min(max(longest + 2.5, 8), _WIDEST)


def _lines(row: list, kinds: list[str], widths: list[float]) -> int:
    """How many lines the longest text of a row takes: not every program makes room for it by itself."""
    texts = [(cell, room) for cell, kind, room in zip(row, kinds, widths, strict=True) if kind == "text"]
    return max((-(-style.half_widths(_text(cell)) // int(room - 3)) for cell, room in texts), default=1)
