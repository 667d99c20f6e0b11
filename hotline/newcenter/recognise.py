"""Which column of an unknown platform's export is which: by the headers usual elsewhere, checked against the content.

Used once for a center, by `hotline new`: what it recognises is written into its profile, where a person corrects it.
Where a header stands and what a cell means is the import's to say (hotline.intake.headers, hotline.intake.cleaning).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from hotline import columns
from hotline.center import Center, Export
from hotline.intake import cleaning, headers, moments, values
from hotline.intake.grids import HEAD, FileError, Grid
from hotline.intake.headers import Header
from hotline.intake.masking import masked, shown_name
from hotline.intake.readers import Reader
from hotline.intake.values import Vocabulary

_NEVER = re.compile(
    r"姓名|联系|电话|手机|地址|住址|身份证|证件|邮箱|经度|纬度|坐标|状态|是否|次数|时长|备注|描述|标题|协办|人员|经办人|"
    r"name$|phone|mobile|address|email|latitude|longitude|status|zip"
)
"""Headers never taken by their looks: personal, or about something else. (A synonym's exact word still counts.)"""

_SAMPLE = 5_000
_ANY = Center.model_construct(unit_groups={})
"""A center of which nothing is known yet."""
_DATE_FORMATS = [
    sign.join(order) + clock
    for clock in (" %I:%M:%S %p", " %H:%M:%S", " %I:%M %p", " %H:%M", "")
    for order in (("%m", "%d", "%Y"), ("%d", "%m", "%Y"))
    for sign in "/-."
]


@dataclass
class Sheet:
    """A sheet whose columns are known: `raw` has the cells of each, `rejected` the headers whose content spoke against."""

    grid: Grid
    header: Header
    raw: dict[str, pa.Array | list]
    rejected: dict[str, list[str]] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)

    def others(self, column: str) -> list[str]:
        """Headers not taken that by their name could be the column too."""
        keys = _keys(_wanted([self.grid.head])[column]) - _keys(self.rejected.get(column, ()))
        return [name for name in self.header.ignored if headers.key(name) in keys]


def sheets(paths: Iterable[Path], export: Export) -> list[Sheet]:
    """The sheets of the files that look like exports or visits. FileError for a file of which no sheet does."""
    fitting = []
    with Reader(export) as reader:
        for path in paths:
            read = [recognised(grid, export) for grid in reader.grids(path)]
            usable = [sheet for sheet in read if sheet and len(sheet.raw) > 1]
            if not usable:
                raise FileError(
                    f"{shown_name(path)}：前 {HEAD} 行里没有认出表头（如 工单编号、受理时间、承办单位）。请核对是不是工单导出。"
                )
            best = max(len(sheet.raw) for sheet in usable)
            fitting += [sheet for sheet in usable if len(sheet.raw) == best]
    return fitting


def recognised(grid: Grid, export: Export) -> Sheet | None:
    """A grid with its columns found by name and not contradicted by content; None where no header is known."""
    wanted = _wanted([grid.head])
    rejected: dict[str, list[str]] = {}
    while header := headers.find(grid.head, Center.model_construct(columns=wanted)):
        body = grid.body(header.last, list(header.positions.values()), export.max_rows)
        raw = dict(zip(header.positions, body.sound(), strict=True))
        wrong = [column for column, cells in raw.items() if not fits(column, cells, grid.date1904)]
        if not wrong:
            sheet = Sheet(grid, header, raw, rejected)
            _by_content(sheet, export)
            return sheet
        for column in wrong:
            name = header.named[column]
            rejected.setdefault(column, []).append(name)
            wanted[column] = tuple(n for n in wanted[column] if headers.key(n) != headers.key(name))
    return None


def _wanted(heads: Iterable[list[list]]) -> dict[str, tuple[str, ...]]:
    """The headers to look for: the synonyms, then the cells of the first rows that look like one."""
    wanted = {column.name: list(column.synonyms) for column in columns.COLUMNS}
    known = {headers.key(name) for names in wanted.values() for name in names}
    for head in heads:
        for text in dict.fromkeys(cleaning.plain(cell) for row in head for cell in row):
            key = headers.key(text)
            if not key or len(key) > 30 or key in known or _NEVER.search(key):
                continue
            # The later a column is declared, the more special it is: 二级分类 is a 分类, 回访时间 a 时间.
            alike = (c.name for c in reversed(columns.COLUMNS) if c.alike and re.search(c.alike, key))
            if column := next(alike, None):
                wanted[column].append(text)
    return {column: tuple(names) for column, names in wanted.items()}


def _keys(names: Iterable[str]) -> set[str]:
    return {headers.key(name) for name in names}


# ---- content ----------------------------------------------------------------------------------------------------


def fits(name: str, cells: pa.Array | list, date1904: bool = False) -> bool:
    """Whether cells can be that column's. An empty column can be any."""
    column, given = columns.column(name), stated(cells)
    if not given:
        return True
    if column.kind == columns.MOMENT:
        return bool(date_formats(given, date1904))
    if column.kind in (columns.INTEGER, columns.YES_NO):
        unread = values.cleaned(column, given, Vocabulary(_ANY)).unread
        return unread.total() <= 0.2 * len(given)
    if column.holds == columns.ID:
        _, bad = cleaning.ids(given)
        # The ids of other requests may recur; its own may not.
        return len(bad) <= 0.2 * len(given) and (
            not column.required or len(set(map(str, given))) >= 0.2 * len(given)
        )
    texts = [cleaning.plain(cell) for cell in given]
    kinds = set(texts)
    personal = {text for text in kinds if masked(text) != text}
    if sum(text in personal for text in texts) > 0.1 * len(texts):
        return False  # telephone numbers and the like: a person's column, whatever its header says
    if column.holds == columns.RATING:
        return len(kinds) <= 12
    recurring = len(kinds) <= max(40, 0.3 * len(texts))
    return recurring and sum(map(len, texts)) <= 30 * len(texts)


def date_formats(cells: pa.Array | list, date1904: bool = False) -> set[str | None]:
    """The formats in which most of these cells are moments, and the fewest are none: None for the import's own, else
    strptime's. Empty where more than a fifth can be read in none."""
    given = stated(cells)
    _, bad = moments.moments(given, Export(), date1904)
    unread: dict[str | None, int] = {None: int(bad.sum())}
    # What the import reads by itself it reads with any format, too.
    left = [cell for cell, is_bad in zip(given, bad, strict=True) if is_bad]
    for form in _DATE_FORMATS if left else ():
        unread[form] = int(moments.moments(left, Export(date_format=form), date1904)[1].sum())
    fewest = min(unread.values())
    if fewest > 0.2 * len(given):
        return set()
    return {None} if unread[None] == fewest else {form for form, count in unread.items() if count == fewest}


def stated(cells: pa.Array | list) -> list:
    """The first cells that say anything; a total or note below the table is among them."""
    values = cells[:_SAMPLE] if isinstance(cells, list) else cells.slice(0, _SAMPLE).to_pylist()
    return [cell for cell in values if not cleaning.is_missing(cleaning.plain(cell), Export())]


def _by_content(sheet: Sheet, export: Export) -> None:
    """What is needed and no header gave: the one column left whose content alone could be it."""
    for column in columns.names(required=True):
        if column in sheet.raw or sheet.header.is_visits:
            continue
        possible = []
        for at, name in _left(sheet):
            # With the columns found, so that the same rows are taken for sound.
            positions = [*sheet.header.positions.values(), at]
            cells = sheet.grid.body(sheet.header.last, positions, export.max_rows).sound()[-1]
            if stated(cells) and fits(column, cells, sheet.grid.date1904) and _certain(column, cells):
                possible.append((at, name, cells))
        if len(possible) == 1:
            at, name, sheet.raw[column] = possible[0]
            sheet.header.positions[column], sheet.header.named[column] = at, name
            sheet.header.ignored.remove(name)
            sheet.guessed.add(column)


def _left(sheet: Sheet) -> list[tuple[int, str]]:
    """The columns not taken, whose header is one cell, and not a personal one's."""
    row = sheet.grid.head[sheet.header.last - 1]
    taken = set(sheet.header.positions.values())
    named = [(at, " ".join(cleaning.plain(cell).split())) for at, cell in enumerate(row) if at not in taken]
    return [
        (at, name)
        for at, name in named
        if name in sheet.header.ignored and not _NEVER.search(headers.key(name))
    ]


def _certain(column: str, cells: pa.Array | list) -> bool:
    """For a column without a telling header: filled throughout; an id different on nearly every row, and no number of a person's."""
    given = stated(cells)
    if len(given) < 0.95 * min(len(cells), _SAMPLE):
        return False
    if column != "request_id":
        return True
    texts = [cleaning.plain(cell) for cell in given]
    return (
        len(set(texts)) > 0.7 * len(texts)
        and all(masked(text) == text and re.search(r"\d", text) for text in texts[:500])
        and not date_formats(given)
    )
