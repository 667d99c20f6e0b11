"""`hotline new`: a profile for a new center, drafted from its exports, for a person to finish."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from hotline import HotlineError, columns, paramfiles, profiles
from hotline.center import Export
from hotline.columns import NAME, RATING, TEXT, UNITS
from hotline.intake import cleaning
from hotline.intake.cleaning import Names
from hotline.intake.files import expand
from hotline.intake.moments import moments
from hotline.newcenter import contents, recognise
from hotline.newcenter.profile import Draft, profile_text
from hotline.newcenter.recognise import ExportSheet
from hotline.workspace import shown

_UNUSUAL = "|｜+＋ "
"""Separators of units that few platforms write."""
_SWALLOWED = re.compile(r"(?s).{100}|\n.*\d{6}|\d{6}.*\n")
"""What no name is: between two stray quotes rows become one cell, and what stands in it may be anybody's."""
_RARE = 3
"""A name that fewer requests have may be a citizen's, in a cell that has slipped."""
_PERSON = re.compile(
    r"[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫"
    r"段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤][一-鿿]{1,2}\d*|.*(先生|女士|同志|·).*"
)
_OFFICE = re.compile(r".+([局委办队所站院镇乡区县市村]|中心|公司|集团|银行|街道)")
_COUNTY = re.compile(r"^([^市]{2,3}[县区]|[县区])(?=..)")


class NewCenterError(HotlineError):
    """No profile was written; the message, in Chinese, says why."""


def write(key: str, files: Iterable[str | Path]) -> tuple[Path, list[str]]:
    """Write params/<key>/center.yml from exports; its path, and the keys left to fill in.

    NewCenterError where there is a profile already, which is never touched; FileError for what is not an export.
    """
    path = profiles.profile_path(key)
    if path.exists():
        raise NewCenterError(
            f"{shown(path)} 已经有了，没有改动它。要重新起草，请先把它改名或移走；或换一个名称。"
        )
    text = profile_text(drafted(expand(list(files))))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise NewCenterError(f"{shown(path)} 刚刚有了，没有改动它。") from None
    return path, profiles.to_fill(paramfiles.mapping(path))


# ---- what the exports say ---------------------------------------------------------------------------------------


def drafted(paths: list[Path]) -> Draft:
    """What the files say, all together. Counts are of requests; a unit's are of its handlings."""
    sheets = recognise.sheets(paths, Export())
    spoken = [
        contents.date_formats(sheet.raw[column], sheet.grid.date1904)
        for sheet in sheets
        for column in columns.names(kind=columns.MOMENT)
        if column in sheet.raw and contents.stated(sheet.raw[column])
    ]
    # A column that the import reads without a format fits any, so only the others decide. Where several formats fit them
    # all, each finds the same cells to be moments.
    spoken = [forms for forms in spoken if forms != {None}]
    common = set.intersection(*spoken) if spoken else {None}
    form = min(common, key=str) if common else None
    for sheet in sheets:
        _sound(sheet)
    draft = Draft(sheets, Export(date_format=form, unit_separators=_separators(sheets)), common)
    rows = _rows(draft)
    draft.requests = rows["request_id"].nunique()
    by_request = rows.drop_duplicates("request_id", keep="last")
    for column in columns.names(kind=TEXT, holds=NAME):
        draft.counts[column] = by_request[column].value_counts()
    for column in columns.names(holds=RATING):
        draft.counts[column] = rows[column].value_counts()
    handlings = rows[["request_id", "unit"]].explode("unit").dropna().drop_duplicates()
    draft.aliases = aliases(handlings["unit"].value_counts().index)
    handlings["unit"] = handlings["unit"].replace(draft.aliases)
    draft.counts["unit"] = handlings.drop_duplicates()["unit"].value_counts()
    for column, counts in draft.counts.items():
        kept = [_nobodys(name, count) for name, count in counts.items()]
        draft.counts[column], draft.withheld[column] = counts[kept], len(kept) - sum(kept)
    draft.aliases = {old: new for old, new in draft.aliases.items() if new in draft.counts["unit"]}
    return draft


def _nobodys(name: str, count: int) -> bool:
    """Whether a name is no door's, and no person's by its looks unless it recurs."""
    if recognise.DOOR.search(name):
        return False
    return count >= _RARE or not _PERSON.fullmatch(name) or bool(_OFFICE.fullmatch(name))


def _sound(sheet: ExportSheet) -> None:
    """Leave the rows of which each cell holds what its column holds. Those of another have shifted, or are a note: their
    cells may be anybody's, and nothing of them enters a profile."""
    sound = np.ones(len(next(iter(sheet.raw.values()))), dtype=bool)
    for column in map(columns.column, sheet.raw):
        cells = sheet.raw[column.name]
        if column.kind == columns.MOMENT:
            form = min(contents.date_formats(cells, sheet.grid.date1904), key=str, default=None)
            at, bad = moments(cells, Export(date_format=form), sheet.grid.date1904)
            sound &= ~(bad | np.isnat(at)) if column.required else ~bad
        elif column.required:
            sound[list(cleaning.ids(cells)[1])] = False
        elif column.kind != columns.TEXT or column.holds == columns.ID:
            sound &= contents.readable(column, cells)
        else:
            texts = cells if isinstance(cells, list) else cells.to_pylist()
            sound &= np.array([not _SWALLOWED.search(cleaning.plain(text)) for text in texts], dtype=bool)
    kept = np.flatnonzero(sound)
    for name, cells in sheet.raw.items():
        sheet.raw[name] = [cells[at] for at in kept] if isinstance(cells, list) else cells.take(kept)


def _rows(draft: Draft) -> pd.DataFrame:
    """One row per row of the sheets: request_id (a number of its own where the file has none) and the names, cleaned."""
    frames = []
    for number, sheet in enumerate(draft.sheets):
        size = len(next(iter(sheet.raw.values())))
        frame = pd.DataFrame(index=range(size))
        if "request_id" in sheet.raw:
            frame["request_id"] = pd.Series(cleaning.ids(sheet.raw["request_id"])[0], dtype=object)
        else:
            frame["request_id"] = [f"{number}/{row}" for row in range(size)]
        for column in columns.COLUMNS:
            if column.kind == TEXT and column.holds in (NAME, RATING, UNITS):
                clean = cleaning.units if column.holds == UNITS else cleaning.texts
                cells = sheet.raw.get(column.name)
                frame[column.name] = None if cells is None else clean(cells, draft.export, Names(()))
        frames.append(frame.dropna(subset="request_id"))
    return pd.concat(frames, ignore_index=True)


def _separators(sheets: list[ExportSheet]) -> str:
    """The signs that stand between units and not inside their names: at least half of what they part stands alone, too,
    or, of a usual separator, the parts are fewer than the cells."""
    cells = {
        cleaning.plain(cell)
        for sheet in sheets
        if "unit" in sheet.raw
        for cell in contents.stated(sheet.raw["unit"])
    }
    usual, kept = Export().unit_separators, ""
    for sign in dict.fromkeys(usual + _UNUSUAL):
        parted = [cell for cell in cells if sign in cell]
        parts = [part for cell in parted for part in map(str.strip, cell.split(sign)) if part]
        alone = sum(part in cells for part in parts)
        if (2 * alone >= len(parts) and (parts or sign in usual)) or (
            sign in usual and len(set(parts)) < len(parted)
        ):
            kept += sign
    return kept


def aliases(units: Iterable[str]) -> dict[str, str]:
    """Names that must be another one's longer form: 十字路街道办事处 → 十字路街道, 县住建局 → 住建局; where both occur."""
    units, short_of = set(units), {}
    for unit in sorted(units):
        short = Names(units - {unit})(unit)
        if short not in units or short == unit:
            short = _COUNTY.sub("", unit)
        if short != unit and short in units:
            short_of[unit] = short
    # Of two spellings that differ in width alone each is the other's short form: one must stay.
    return {old: new for old, new in short_of.items() if new not in short_of}
