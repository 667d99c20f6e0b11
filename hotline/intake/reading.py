"""A grid into rows: its columns named, its values cleaned, what cannot be used set aside with the reason."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd

from hotline import columns
from hotline.intake import cleaning, freshness, values
from hotline.intake.grids import Body, Grid
from hotline.intake.headers import Header
from hotline.intake.report import FileAccount, SetAside, cell, shown_cell
from hotline.intake.values import Vocabulary

RAGGED = "列数与表头不符（多半是某一格里有分隔符或引号），哪个值属于哪一列无法判断"
BEYOND = "有一格的日期超出任何日历，这一行读不出来"
_EITHER_WAY = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:20)?\d{2}(?!\d)")
_UNREAD = 3
"""So many texts that a column cannot hold are named; the rest are counted."""


def read(
    grid: Grid,
    header: Header,
    vocabulary: Vocabulary,
    now: datetime,
    progress: Callable[[float], None] = lambda part: None,
) -> tuple[FileAccount, pd.DataFrame]:
    """The account of a grid, and its usable rows: all columns (`unit` a tuple of names), and `row`, the row's number.

    Every row of the grid is either among the rows returned or in `account.rows_aside`; one with a moment later than
    `now`, by this machine's clock, is set aside. `progress` is called with the part of the columns that is cleaned, 0 to 1.
    """
    center = vocabulary.center
    wanted = [column for column in columns.COLUMNS if column.name in header.positions]
    body = grid.body(header.last, [header.positions[c.name] for c in wanted], center.export.max_rows)
    raw = dict(zip((column.name for column in wanted), body.columns, strict=True))
    account = FileAccount(
        grid.file, grid.sheet, header.is_visits, header.named, read=len(body.rows), ignored=header.ignored
    )
    if grid.broken:
        account.notes.append(
            f"注意：这个文件有 {grid.broken} 格是错误值（#REF!、#N/A 一类）或没有算出结果的公式，都当作空的。"
            "请在 Excel 或 WPS 里改好，另存后再导入"
        )
    if not header.is_visits:
        account.absent = [
            center.columns[c][0] for c in columns.names() if c in center.columns and c not in raw
        ]
    problems = _Problems(account, raw, body, header)
    problems.add_all(np.isin(body.rows, body.ragged), "", RAGGED)
    problems.add_all(np.isin(body.rows, body.unreadable), "", BEYOND)
    frame = pd.DataFrame({"row": body.rows})
    for number, column in enumerate(columns.COLUMNS):
        progress(number / len(columns.COLUMNS))
        if column.name not in raw:
            frame[column.name] = values.missing_column(column, len(frame))
            continue
        cleaned = values.cleaned(column, raw[column.name], vocabulary, grid.date1904)
        frame[column.name] = cleaned.values
        for at, reason in cleaned.unusable.items():
            problems.add(at, column.name, reason)
        if cleaned.unread:
            account.notes.append(_unread(header.named[column.name], cleaned.unread))
    _judge(frame, header.is_visits, problems, now)
    _date(account, frame, problems, now)
    aside = problems.settle(frame)
    undecided = sum(bool(_EITHER_WAY.match(row.value)) for row in account.rows_aside)
    if undecided:
        account.notes.append(
            f"有 {undecided} 行的日期看不出是月在前还是日在前：请在 params/{center.key}/center.yml 的 export.date_format 写明，如 %m/%d/%Y %H:%M"
        )
    del raw, body, problems  # as large as the frame, which is copied now
    return account, frame[~aside] if aside.any() else frame


def _unread(header: str, unread: Counter) -> str:
    named = "、".join(f"“{text}”{count} 行" for text, count in unread.most_common(_UNREAD))
    more = f"等 {len(unread)} 种写法" if len(unread) > _UNREAD else ""
    return f"{header}：读不懂 {named}{more}，按没有填算（是、否的写法可加进 center.yml 的 yes、no）"


def _judge(frame: pd.DataFrame, is_visits: bool, problems: "_Problems", now: datetime) -> None:
    """What a usable row needs besides readable cells: its moment, nothing that is not yet, and nothing that happened
    before the receipt."""
    needed = "visited_at" if is_visits else "requested_at"
    problems.tell_untraceable(frame, needed)
    sound = ~problems.mask()
    lacking = frame[needed].isna().to_numpy()
    problems.add_all(sound & lacking, needed, f"没有{columns.column(needed).word}")
    for name, late in freshness.ahead(frame, now + freshness.AHEAD).items():
        problems.add_all(sound & late.to_numpy(), name, "晚于现在")
    if is_visits:
        return
    received = frame["requested_at"].to_numpy()
    midnight = received.astype("datetime64[D]")
    for event in columns.events():
        # A date alone, of the same day, is not earlier: it means some time on that day.
        moment = frame[event].to_numpy()
        early = (moment < received) & (moment != midnight)
        problems.add_all(sound & early, event, f"{columns.column(event).word.removesuffix('时间')}早于受理")


def _date(account: FileAccount, frame: pd.DataFrame, problems: "_Problems", now: datetime) -> None:
    """How old the export is (hotline.intake.freshness); what it mentions of later days is set aside or noted.

    Nothing is received after an export was made, so a few receipts that are later are slips. What is closed later may be
    one as well, but many an export is named by the days that it is about: it is kept, and makes the export no newer.
    """
    sound = frame.loc[~problems.mask(), ["row", "requested_at", *columns.events()]]
    if sound.empty:
        return
    named = freshness.dated(account.file, now)
    moment = account.exported_at = named or freshness.latest(sound) or datetime(1990, 1, 1)
    late = freshness.ahead(sound, moment)
    received, sure = (
        late.pop("requested_at"),
        f"{moment:%Y-%m-%d}（{'文件名' if named else '文件里最晚的可信时间'}）",
    )
    if 0 < received.sum() <= freshness.at_most(len(sound)):
        problems.add_all(
            received.reindex(frame.index, fill_value=False).to_numpy(), "requested_at", "晚于导出那天"
        )
        account.notes.append(
            f"导出那天是 {sure}。若其实更晚，请把导出的日期写进文件名（如 工单{now:%Y%m%d}.xlsx）再导入"
        )
        late, received = late[~received], received & False
    rows = late.any(axis=1) | received
    if rows.any():
        first = sound[rows].iloc[0]
        column = next((name for name in late if late.loc[first.name, name]), "requested_at")
        account.notes.append(
            f"{rows.sum()} 行的时间晚于导出那天 {sure}，例如第 {first['row']} 行的{account.columns[column]} "
            f"{first[column]:%Y-%m-%d %H:%M}：照原样入档，但不当作导出的时间。请核对这些时间、文件名里的日期和 export.date_format"
        )


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
                continue  # its cells are shifted: a person can mend the row in the export
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
                texts[name] = shown_cell(raw if isinstance(cells, list) else raw.as_py())
        return texts

    def settle(self, frame: pd.DataFrame) -> np.ndarray:
        """Write the problems into the account; which rows have one. `frame`: the cleaned columns."""
        ragged = set(self.body.ragged)
        for at in sorted(self.of_row, key=lambda at: self.body.rows[at]):
            number = int(self.body.rows[at])
            column, reason = self.of_row[at][0]
            # Cells are left out where they may name persons: a line under the table says who made it, a shifted row may have an
            # address in any column.
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
