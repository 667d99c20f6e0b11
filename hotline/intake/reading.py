"""A grid into rows: its columns named, its values cleaned, what cannot be used set aside with the reason."""

import re
from collections import Counter
from datetime import datetime

import numpy as np
import pandas as pd

from hotline import columns
from hotline.intake import cleaning, values
from hotline.intake.grids import Body, Grid
from hotline.intake.headers import Header
from hotline.intake.report import FileAccount, SetAside, cell, shown
from hotline.intake.values import Vocabulary

RAGGED = "列数与表头不符（多半是某一格里有分隔符或引号），哪个值属于哪一列无法判断"
BEYOND = "有一格的日期超出任何日历，这一行读不出来"
_EITHER_WAY = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:20)?\d{2}(?!\d)")
_UNREAD = 3
"""So many texts that a column cannot hold are named; the rest are counted."""


def read(grid: Grid, header: Header, vocabulary: Vocabulary) -> tuple[FileAccount, pd.DataFrame]:
    """The account of a grid, and its usable rows: all columns (`unit` a tuple of names), and `row`, the row's number.

    Every row of the grid is either among the rows returned or in `account.rows_aside`.
    """
    center = vocabulary.center
    wanted = [column for column in columns.COLUMNS if column.name in header.positions]
    body = grid.body(header.last, [header.positions[c.name] for c in wanted], center.export.max_rows)
    raw = dict(zip((column.name for column in wanted), body.columns, strict=True))
    account = FileAccount(
        grid.file, grid.sheet, header.is_visits, header.named, read=len(body.rows), ignored=header.ignored
    )
    if not header.is_visits:
        account.absent = [
            center.columns[c][0] for c in columns.names() if c in center.columns and c not in raw
        ]
    problems = _Problems(account, raw, body, header)
    problems.add_all(np.isin(body.rows, body.ragged), "", RAGGED)
    problems.add_all(np.isin(body.rows, body.unreadable), "", BEYOND)
    frame = pd.DataFrame({"row": body.rows})
    for column in columns.COLUMNS:
        if column.name not in raw:
            frame[column.name] = values.missing(column, len(frame))
            continue
        cleaned = values.cleaned(column, raw[column.name], vocabulary, grid.date1904)
        frame[column.name] = cleaned.values
        for at, reason in cleaned.unusable.items():
            problems.add(at, column.name, reason)
        if cleaned.unread:
            account.notes.append(_unread(header.named[column.name], cleaned.unread))
    _judge(frame, header.is_visits, problems)
    aside = problems.settle(frame)
    undecided = sum(bool(_EITHER_WAY.match(row.value)) for row in account.rows_aside)
    if undecided:
        account.notes.append(
            f"有 {undecided} 行的日期看不出是月在前还是日在前：请在 params/{center.key}/center.yml 的 export.date_format 写明，如 %m/%d/%Y %H:%M"
        )
    usable = frame[~aside].copy() if aside.any() else frame
    return account, usable


def _unread(header: str, unread: Counter) -> str:
    named = "、".join(f"“{text}”{count} 行" for text, count in unread.most_common(_UNREAD))
    more = f"等 {len(unread)} 种写法" if len(unread) > _UNREAD else ""
    return f"{header}：读不懂 {named}{more}，按没有填算（是、否的写法可加进 center.yml 的 yes、no）"


def _judge(frame: pd.DataFrame, is_visits: bool, problems: "_Problems") -> None:
    """What a usable row needs besides readable cells: its moment, and nothing that happened before the receipt."""
    needed = "visited_at" if is_visits else "requested_at"
    problems.tell_untraceable(frame, needed)
    sound = ~problems.mask()
    lacking = frame[needed].isna().to_numpy()
    problems.add_all(sound & lacking, needed, f"没有{columns.column(needed).word}")
    if is_visits:
        return
    received = frame["requested_at"].to_numpy()
    midnight = received.astype("datetime64[D]")
    for event in columns.events():
        # A date alone, of the same day, is not earlier: it means some time on that day.
        moment = frame[event].to_numpy()
        early = (moment < received) & (moment != midnight)
        problems.add_all(sound & early, event, f"{columns.column(event).word.removesuffix('时间')}早于受理")


class _Problems:
    """What is wrong with which row, the first of a row first."""

    def __init__(self, account: FileAccount, raw: dict, body: Body, header: Header):
        self.account, self.raw, self.body, self.header = account, raw, body, header
        self.of_row: dict[int, list[tuple[str, str]]] = {}
        self.untraceable: set[int] = set()

    def add(self, at: int, column: str, reason: str) -> None:
        self.of_row.setdefault(at, []).append((column, reason))

    def add_all(self, which: np.ndarray, column: str, reason: str) -> None:
        for at in np.flatnonzero(which):
            self.add(int(at), column, reason)

    def mask(self) -> np.ndarray:
        mask = np.zeros(len(self.body.rows), dtype=bool)
        mask[list(self.of_row)] = True
        return mask

    def tell_untraceable(self, frame: pd.DataFrame, needed: str) -> None:
        """The rows without an id and without their moment (`needed`): nothing in them tells which request they are of, so
        that nobody can mend them. An id that has lost its digits does tell, and so do two cells that only look wrong."""
        unknown = frame[needed].isna().to_numpy()
        for at, reasons in self.of_row.items():
            of_column = dict(reversed(reasons))
            if "" in of_column:
                continue  # which of the values is which nobody knows: the row in the export tells
            reason = of_column.get("request_id")
            if reason == cleaning.FOOTNOTE:
                self.untraceable.add(at)
            elif unknown[at] and (
                reason == cleaning.NO_ID or (reason == cleaning.NOT_AN_ID and needed not in of_column)
            ):
                self.untraceable.add(at)
                self.of_row[at] = [("", cleaning.UNTRACEABLE.format(columns.column(needed).word))]

    def cells(self, at: int, frame: pd.DataFrame) -> dict[str, str]:
        """A row's cells as they came, personal numbers masked; of an id and a caller's number what became of it."""
        texts = {}
        for name, cells in self.raw.items():
            raw, value, column = cells[at], frame[name][at], columns.column(name)
            if column.is_code and (isinstance(value, str) or column.holds == columns.CALLER):
                texts[name] = cell(name, value)
            else:
                texts[name] = shown(raw if isinstance(cells, list) else raw.as_py())
        return texts

    def settle(self, frame: pd.DataFrame) -> np.ndarray:
        """Write the problems into the account; which rows have one. `frame`: the cleaned columns."""
        ragged = set(self.body.ragged)
        for at in sorted(self.of_row, key=lambda at: self.body.rows[at]):
            number = int(self.body.rows[at])
            column, reason = self.of_row[at][0]
            # Under a table stands who made it; in a shifted row an address may stand in any column. Neither is kept.
            hidden = number in ragged or at in self.untraceable
            cells = {} if hidden else self.cells(at, frame)
            name = self.header.named.get(column, "")
            value = cells.get(column, "")
            also = (
                "；".join(f"{self.header.named.get(c, '')}{r}" for c, r in self.of_row[at][1:])
                if not hidden
                else ""
            )
            label = f"{name}：{reason}" if name and not hidden else reason
            self.account.reasons[label] += 1
            text = f"{label}；{also}" if also else label
            mendable = at not in self.untraceable
            self.account.rows_aside.append(SetAside(number, text, name, value, cells, mendable))
        self.account.set_aside = len(self.of_row)
        return self.mask()


# ---- how old an export is ---------------------------------------------------------------------------------------

_TIME = r"(?:[T_\- ]?(?!20\d{2}[-_.年]?\d)([01]\d|2[0-3])[-:时]?([0-5]\d)(?:[-:分]?([0-5]\d))?秒?)?(?!\d)"
_IN_NAME = (
    re.compile(r"(?<!\d)(20\d{2})[-_.年](1[0-2]|0?[1-9])[-_.月](3[01]|[12]\d|0?[1-9])日?" + _TIME),
    re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])" + _TIME),
)


def dated(file: str) -> datetime | None:
    """The latest date, with its time if it has one, in a file's name: 工单20211101_0830.xlsx; None if there is none."""
    dates = []
    for form in _IN_NAME:
        for match in form.finditer(file):
            try:
                dates.append(datetime(*(int(part or 0) for part in match.groups())))
            except ValueError:
                continue  # 2021-02-30: digits that are no date
    return max(dates, default=None)


def latest(frame: pd.DataFrame) -> datetime | None:
    """The latest moment that an export itself mentions: a receipt, a closing or a visit; not a deadline."""
    moments = frame[["requested_at", *columns.events()]].max().max()
    return None if pd.isna(moments) else moments.to_pydatetime()
