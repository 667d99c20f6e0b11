"""A grid into rows: its columns named, its values cleaned, what cannot be used set aside with the reason."""

import re
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd
import pandera.pandas as pandera

from hotline.archive import TIMES
from hotline.center import COLUMNS, Center
from hotline.intake import cleaning
from hotline.intake.cleaning import Names
from hotline.intake.grids import Body, Grid
from hotline.intake.headers import Header
from hotline.intake.moments import moments
from hotline.intake.report import FileAccount, SetAside, cell, shown

VISIT = ("visited_at", "service_rating", "result_rating")
_TEXTS = ("channel", "kind", "topic", "subtopic", "service_rating", "result_rating")
UNDECODED = "有无法解码的字符"
RAGGED = "列数与表头不符（多半是某一格里有分隔符或引号），哪个值属于哪一列无法判断"
BEYOND = "有一格的日期超出任何日历，这一行读不出来"
UNREADABLE = "不是能用的日期时间"
_EITHER_WAY = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:20)?\d{2}(?!\d)")


class Vocabulary:
    """A center's names, made ready once for all files of an import."""

    def __init__(self, center: Center):
        self.center = center
        known = {
            "channel": center.channels,
            "kind": center.kinds,
            "topic": center.topics,
            "unit": tuple(center.group_of),
        }
        self.names = {column: Names(known.get(column, ())) for column in (*_TEXTS, "unit")}
        self.names["unit"] = Names(known["unit"], center.aliases)
        self.known = known


def _not_before(column: str) -> pandera.Check:
    def check(frame: pd.DataFrame) -> pd.Series:
        # A date alone, of the same day, is not earlier: it means some time on that day.
        earlier = frame[column] < frame["requested_at"]
        return ~(earlier & (frame[column] != frame["requested_at"].dt.normalize()))

    word = {"closed_at": "办结早于受理", "visited_at": "回访早于受理"}[column]
    return pandera.Check(check, error=word, name=column, ignore_na=False)


class Rules:
    """What a usable row is, as pandera schemas: one of an export of requests, one of a file of visits."""

    @cached_property
    def request(self) -> pandera.DataFrameSchema:
        return pandera.DataFrameSchema(
            {
                "request_id": pandera.Column(nullable=False),
                "requested_at": pandera.Column(
                    "datetime64[us]",
                    pandera.Check(_given, error="没有受理时间", ignore_na=False),
                    nullable=True,
                ),
            },
            checks=[_not_before("closed_at"), _not_before("visited_at")],
        )

    @cached_property
    def visit(self) -> pandera.DataFrameSchema:
        given = pandera.Check(_given, error="没有回访时间", ignore_na=False)
        return pandera.DataFrameSchema(
            {
                "request_id": pandera.Column(nullable=False),
                "visited_at": pandera.Column("datetime64[us]", given, nullable=True),
            }
        )


def _given(values: pd.Series) -> pd.Series:
    return values.notna()


RULES = Rules()


def read(grid: Grid, header: Header, vocabulary: Vocabulary) -> tuple[FileAccount, pd.DataFrame]:
    """The account of a grid, and its usable rows: COLUMNS (`unit` a tuple of names), `row`, the row's number.

    Every row of the grid is either among the rows returned or in `account.rows_aside`.
    """
    center = vocabulary.center
    columns = [column for column in COLUMNS if column in header.positions]
    body = grid.body(header.last, [header.positions[column] for column in columns], center.export.max_rows)
    raw = dict(zip(columns, body.columns, strict=True))
    account = FileAccount(
        grid.file, grid.sheet, header.is_visits, header.named, read=len(body.rows), ignored=header.ignored
    )
    account.absent = [
        center.columns[c][0] for c in COLUMNS if c in center.columns and c not in raw and not header.is_visits
    ]
    problems = _Problems(account, raw, body, header)

    problems.add_all(np.isin(body.rows, body.ragged), "", RAGGED)
    problems.add_all(np.isin(body.rows, body.unreadable), "", BEYOND)
    frame = pd.DataFrame({"row": body.rows})
    found, bad_ids = cleaning.ids(raw["request_id"])
    frame["request_id"] = pd.Series(found, dtype=object)
    for at, reason in bad_ids.items():
        problems.add(at, "request_id", reason)
    for column in TIMES:
        if column in raw:
            frame[column], bad = moments(raw[column], center.export, grid.date1904)
            problems.add_all(bad, column, UNREADABLE)
        else:
            frame[column] = pd.Series(np.datetime64("NaT", "us"), index=frame.index)
    for column in _TEXTS:
        frame[column] = _column(
            raw, column, lambda c, name=column: cleaning.texts(c, center.export, vocabulary.names[name])
        )
        problems.add_all(_undecoded(frame[column]), column, UNDECODED)
    frame["unit"] = (
        pd.Series(cleaning.units(raw["unit"], center.export, vocabulary.names["unit"]), dtype=object)
        if "unit" in raw
        else pd.Series([()] * len(frame), dtype=object)
    )
    _validate(frame, RULES.visit if header.is_visits else RULES.request, problems)
    aside = problems.settle(frame["request_id"])
    undecided = sum(bool(_EITHER_WAY.match(row.value)) for row in account.rows_aside)
    if undecided:
        account.notes.append(
            f"有 {undecided} 行的日期看不出是月在前还是日在前：请在 params/{center.key}/center.yml 的 export.date_format 写明，如 %m/%d/%Y %H:%M"
        )
    usable = frame[~aside].copy() if aside.any() else frame
    return account, usable


def _column(raw: dict, column: str, clean) -> pd.Series:
    return pd.Series(clean(raw[column]), dtype=object) if column in raw else None


def _undecoded(values: pd.Series | None) -> np.ndarray:
    if values is None or not len(values):
        return np.zeros(0, dtype=bool)
    codes, names = pd.factorize(values)
    damaged = np.array(["\ufffd" in name for name in names] + [False])
    return damaged[codes]


def _validate(frame: pd.DataFrame, schema: pandera.DataFrameSchema, problems: "_Problems") -> None:
    """Every failure of the schema as a problem of its row, but for rows that have one already."""
    sound = frame[~problems.mask()]
    try:
        schema.validate(sound, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        for failure in errors.schema_errors:
            column = (
                failure.check.name if getattr(failure.check, "name", None) in COLUMNS else failure.schema.name
            )
            for at in failure.failure_cases["index"].dropna().unique():
                problems.add(int(at), column or "", str(failure.check.error or failure.check))


class _Problems:
    """What is wrong with which row, first found first."""

    def __init__(self, account: FileAccount, raw: dict, body: Body, header: Header):
        self.account, self.raw, self.body, self.header = account, raw, body, header
        self.found: dict[int, list[tuple[str, str]]] = {}

    def add(self, at: int, column: str, reason: str) -> None:
        self.found.setdefault(at, []).append((column, reason))

    def add_all(self, which: np.ndarray, column: str, reason: str) -> None:
        for at in np.flatnonzero(which):
            self.add(int(at), column, reason)

    def mask(self) -> np.ndarray:
        mask = np.zeros(len(self.body.rows), dtype=bool)
        mask[list(self.found)] = True
        return mask

    def cells(self, at: int) -> dict[str, str]:
        values = {}
        for column, cells in self.raw.items():
            raw = cells[at]
            values[column] = shown(raw if isinstance(cells, list) else raw.as_py())
        return values

    def settle(self, ids: pd.Series) -> np.ndarray:
        """Write the problems into the account; which rows have one. `ids`: the cleaned ids."""
        ragged = set(self.body.ragged)
        for at in sorted(self.found, key=lambda at: self.body.rows[at]):
            number = int(self.body.rows[at])
            column, reason = self.found[at][0]
            # Under a table stands who made it; in a shifted row an address may stand in any column. Neither is kept.
            hidden = number in ragged or reason == cleaning.FOOTNOTE
            cells = {} if hidden else self.cells(at)
            if cells and isinstance(ids[at], str):
                cells["request_id"] = cell("request_id", ids[at])
            name = self.header.named.get(column, "")
            value = cells.get(column, "")
            also = (
                "；".join(f"{self.header.named.get(c, '')}{r}" for c, r in self.found[at][1:])
                if not hidden
                else ""
            )
            label = f"{name}：{reason}" if name and not hidden else reason
            self.account.reasons[label] += 1
            text = f"{label}；{also}" if also else label
            self.account.rows_aside.append(SetAside(number, text, name, value, cells))
        self.account.set_aside = len(self.found)
        return self.mask()


# ---- how old an export is ---------------------------------------------------------------------------------------

_TIME = r"(?:[T_\- ]?(?!20\d{2}[-_.年]?\d)([01]\d|2[0-3])[-:时]?([0-5]\d)(?:[-:分]?([0-5]\d))?秒?)?(?!\d)"
_IN_NAME = (
    re.compile(r"(?<!\d)(20\d{2})[-_.年](1[0-2]|0?[1-9])[-_.月](3[01]|[12]\d|0?[1-9])日?" + _TIME),
    re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])" + _TIME),
)


def dated(file: str) -> datetime | None:
    """The latest date, with its time if it has one, in a file's name: 工单20211101_0830.xlsx; None if there is none."""
    found = []
    for form in _IN_NAME:
        for match in form.finditer(file):
            try:
                found.append(datetime(*(int(part or 0) for part in match.groups())))
            except ValueError:
                continue  # 2021-02-30: digits that are no date
    return max(found, default=None)


def latest(frame: pd.DataFrame) -> datetime | None:
    """The latest moment that an export itself mentions: a receipt, a closing or a visit; not a deadline."""
    moments = frame[["requested_at", "closed_at", "visited_at"]].max().max()
    return None if pd.isna(moments) else moments.to_pydatetime()
