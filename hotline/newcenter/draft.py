"""`hotline new`: a profile for a new center, drafted from its exports, for a person to finish."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from hotline import HotlineError, columns
from hotline import center as profiles
from hotline.center import Export
from hotline.columns import NAME, RATING, TEXT, UNITS
from hotline.intake import cleaning
from hotline.intake.cleaning import Names
from hotline.intake.files import expand
from hotline.intake.moments import moments
from hotline.newcenter import recognise
from hotline.newcenter.profile import Draft, profile_text
from hotline.newcenter.recognise import Sheet
from hotline.workspace import shown

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
    return path, profiles.to_fill(yaml.safe_load(text))


# ---- what the exports say ---------------------------------------------------------------------------------------


def drafted(paths: list[Path]) -> Draft:
    """What the files say, all together. Counts are of requests; a unit's are of its handlings."""
    sheets = recognise.sheets(paths, Export())
    spoken = [
        recognise.date_formats(sheet.raw[column], sheet.grid.date1904)
        for sheet in sheets
        for column in columns.names(kind=columns.MOMENT)
        if column in sheet.raw and recognise.stated(sheet.raw[column])
    ]
    # What the import reads by itself it reads with any format. Of several formats each tells which cells are moments.
    common = (
        set.intersection(*several) if (several := [forms for forms in spoken if forms != {None}]) else {None}
    )
    form = min(common, key=str) if common else None
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
    return draft


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
        if "requested_at" in sheet.raw:
            # A row without its moment has shifted or is a note: its cells may be anybody's.
            at, _ = moments(sheet.raw["requested_at"], draft.export, sheet.grid.date1904)
            frame = frame[~np.isnat(at)]
        frames.append(frame.dropna(subset="request_id"))
    return pd.concat(frames, ignore_index=True)


def _separators(sheets: list[Sheet]) -> str:
    """The default separators of units, but for those that stand inside names: whose parts never stand alone."""
    cells = {
        cleaning.plain(cell)
        for sheet in sheets
        if "unit" in sheet.raw
        for cell in recognise.stated(sheet.raw["unit"])
    }
    kept = ""
    for sign in Export().unit_separators:
        parts = [part.strip() for cell in cells if sign in cell for part in cell.split(sign) if part.strip()]
        if not parts or 2 * sum(part in cells for part in parts) >= len(parts):
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
    # One spelling of two that differ in width alone must stay.
    return {old: new for old, new in short_of.items() if new not in short_of}
