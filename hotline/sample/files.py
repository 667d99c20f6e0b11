"""Synthetic exports whose figures are known, issue 43's among them, as a platform writes them.

All files of a call are cut from one frame of handlings as they will have become (sample_weeks): each shows what its
platform knew at its moment. The mess of real exports is added last and changes no figure: names and telephone
numbers, several units in one cell or on several rows, aliases, repeated rows, rows that cannot be used.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from hotline import HotlineError, Progress, columns, profiles
from hotline.center import Center
from hotline.periods import Period
from hotline.sample import weeks as drawn

MEAN = 2_000
"""Requests a week where their number is not given and the weeks are not issue 43's."""
MOST = 3_000_000
"""Requests a week for which the six digits after the day in an id suffice."""
_OLDER = (
    "request_id",
    "诉求人姓名",
    "联系电话",
    "诉求人地址",
    "requested_at",
    "channel",
    "kind",
    "topic",
    "subtopic",
    "诉求内容",
    "unit",
    "due_at",
)
_NEWER = (
    "request_id",
    "channel",
    "kind",
    "requested_at",
    "due_at",
    "topic",
    "subtopic",
    "诉求内容",
    "诉求人姓名",
    "联系电话",
    "诉求人地址",
    "unit",
)
"""What stands first in the sheets, and in which order; the other columns that the profile maps follow."""


class SampleError(HotlineError):
    """A sample that cannot be made; the message, in Chinese, says why."""


@dataclass(frozen=True)
class SampleFile:
    """One file: the week it is about, its moment, and whether it still has the older headers."""

    period: Period
    at: datetime
    older: bool

    @property
    def name(self) -> str:
        return f"12345工单导出_{self.at:%Y%m%d}.xlsx"


def write(
    folder: str | Path,
    weeks: int = 2,
    requests: int | None = None,
    center: Center | None = None,
    last: str = "2021-W43",
    progress: Progress = lambda what, done: None,
) -> list[Path]:
    """Write one .xlsx export a week, oldest first, and return their paths; `progress` is told how far it is.

    Without `requests`, for center junan and two weeks or more up to 2021-W43, the last two are issue 43's, and earlier
    ones follow their level. The first of the two was exported during Monday of 2021-W43, the second on the Friday
    after it: both hold the next week's first requests, none holds a piece of a week before the first.
    Otherwise every week is generated, with `requests` on average (MEAN if not given): weeks x requests in all, the
    single week moving with season and trend; one week alone has exactly `requests`.

    A file holds its week's requests, and those of earlier ones that were closed or visited since the export before
    (or are still open, the week before). Importing the files in order leaves what `handlings` returns.
    """
    center, exports, truth = _made(weeks, requests, center, last)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths, before = [], None
    for at, export in enumerate(exports):
        progress(f"写出 {export.name}", at / len(exports))
        path = folder / export.name
        _save(path, export, *_sheet(_shown(truth, export, before), center, export))
        paths.append(path)
        before = export
    return paths


def handlings(
    weeks: int = 2, requests: int | None = None, center: Center | None = None, last: str = "2021-W43"
) -> pd.DataFrame:
    """What the archive holds once all files are imported that `write` writes with the same arguments.

    One row per handling, in the order of their requests, with the archive's columns but `week`; `source` is "sample",
    `source_row` a running number, `exported_at` the moment of the last file.
    """
    _, exports, truth = _made(weeks, requests, center, last)
    frame = columns.completed(_as_of(truth, exports[-1].at))
    return frame.assign(
        source=pd.Series("sample", frame.index, dtype="str"),
        source_row=np.arange(1, len(frame) + 1),
        exported_at=pd.Series(exports[-1].at, frame.index, dtype="datetime64[us]"),
    )


def _made(
    weeks: int, requests: int | None, center: Center | None, last: str
) -> tuple[Center, list[SampleFile], pd.DataFrame]:
    """The profile, the exports to make, and all handlings as they will have become."""
    if weeks < 1:
        raise SampleError(f"样例至少要有 1 周（现为 {weeks}）。")
    if requests is not None and not 1 <= requests <= MOST:
        raise SampleError(f"样例每周的诉求量应在 1 至 {MOST} 之间（现为 {requests}）。")
    issue = drawn.sample_figures()["issue"]
    center = center or profiles.load(issue["center"])
    end = center.period(last)
    if end.grain != "week":
        raise SampleError(f"样例按周生成，最后一周应写作 2021-W43 的形式（现为“{last}”）。")
    span = [end.shift(-back) for back in reversed(range(weeks))]
    exports = [
        # The platform's headers changed half-way.
        SampleFile(week, week.cutoff + timedelta(hours=8, minutes=30), older=number < weeks // 2)
        for number, week in enumerate(span)
    ]
    if requests is not None or weeks < 2 or (center.key, str(end)) != (issue["center"], issue["period"]):
        return center, exports, drawn.generated(center, span, requests or MEAN)
    exports[-2:] = [
        SampleFile(span[-2], issue["previous_exported"], exports[-2].older),
        SampleFile(span[-1], issue["exported"], older=False),
    ]
    return center, exports, drawn.issue_43(center, span)


def _as_of(frame: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """What was known just before `at`: later requests left out, later closings and visits unknown."""
    return columns.as_of(frame[frame["requested_at"] < at].reset_index(drop=True), at)


def _shown(truth: pd.DataFrame, export: SampleFile, before: SampleFile | None) -> pd.DataFrame:
    """The handlings in one export, every request whole, as of its moment."""
    frame = _as_of(truth, export.at)
    if before is None:
        return frame
    requested = frame["requested_at"]
    shown = requested >= export.period.start
    for event in columns.events():
        shown |= frame[event] >= before.at
    shown |= frame["closed_at"].isna() & (requested >= export.period.previous.start)
    request = _running(frame)
    whole = np.zeros(len(frame) + 1, dtype=bool)
    whole[request[shown]] = True
    return frame[whole[request]].reset_index(drop=True)


def _running(frame: pd.DataFrame) -> np.ndarray:
    """The running number of each row's request; rows of one request stand together."""
    return (frame["request_id"] != frame["request_id"].shift()).cumsum().to_numpy()


def _sheet(frame: pd.DataFrame, center: Center, export: SampleFile) -> tuple[list[str], list[list]]:
    """Headers and columns of an export's sheet: a text, a number (an Excel date) or None per cell."""
    rng = np.random.default_rng((drawn.SEED, export.period.starts.toordinal(), 5))
    frame = _personal(_joined_units(_with_aliases(frame, center, rng), center, rng))
    dates = not export.older and not center.export.date_format
    cells = {name: frame[name].to_numpy(dtype=object) for name in frame}
    for name in columns.names(kind=columns.MOMENT):
        cells[name] = _serials(frame[name]) if dates else _written(frame[name], center)
    cells = _with_unusable(_with_repeated(cells, rng), center, export, rng)
    headers, filled = [], []
    for name in dict.fromkeys([*(_OLDER if export.older else _NEWER), *columns.names()]):
        known = center.columns.get(name, () if name in columns.names() else (name,))
        if known and (header := known[-1 if export.older else 0]) not in headers:
            headers.append(header)
            filled.append([None if pd.isna(value) else value for value in cells[name].tolist()])
    return headers, filled


def _with_aliases(frame: pd.DataFrame, center: Center, rng: np.random.Generator) -> pd.DataFrame:
    """Every third row or so with its unit's old name, where the profile knows one."""
    old = {unit: alias for alias, unit in center.aliases.items()}
    renamed = frame["unit"].map(old)
    return frame.assign(unit=renamed.where(renamed.notna() & (rng.random(len(frame)) < 0.3), frame["unit"]))


def _joined_units(frame: pd.DataFrame, center: Center, rng: np.random.Generator) -> pd.DataFrame:
    """Some requests whose units all stand alike on one row, the units in one cell; the rest keep a row per unit."""
    request = _running(frame)
    several = frame[np.bincount(request)[request] > 1]
    if several.empty or not center.export.unit_separators:
        return frame
    number = request[several.index]
    outcome = [column.name for column in columns.COLUMNS if column.known_from]
    alike = several.groupby(number)[outcome].nunique(dropna=False).max(axis=1) == 1
    chosen = alike.index[alike.to_numpy() & (rng.random(len(alike)) < 0.6)]
    merged = several[np.isin(number, chosen)]
    separators = [mark for mark in "、，" if mark in center.export.unit_separators] or [
        center.export.unit_separators[0]
    ]
    units = merged["unit"].groupby(request[merged.index]).agg(list)
    texts = [separators[n % 4 == 3 and len(separators) > 1].join(names) for n, names in enumerate(units)]
    first = merged.index[np.unique(request[merged.index], return_index=True)[1]]
    frame = frame.assign(unit=frame["unit"].astype(object))
    frame.loc[first, "unit"] = texts
    return frame.drop(merged.index.difference(first)).reset_index(drop=True)


def _personal(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that no profile maps: obviously invented, the same for a request in every export."""
    code = (frame["request_id"].str[-9:].astype("int64") * 7919).to_numpy() % 10_000
    stems = np.array([f"测试{stem}" for stem in "甲乙丙丁戊己庚辛壬癸"], dtype=object)
    return frame.assign(
        诉求人姓名=stems[code % 10],
        联系电话=pd.Series(13_000_000_000 + code).astype("str"),
        诉求人地址="样例路" + pd.Series(code % 300 + 1).astype("str") + "号",
        诉求内容="（样例）反映" + frame["subtopic"].fillna("其他") + "问题，请予处理",
    )


def _serials(times: pd.Series) -> np.ndarray:
    """Times as Excel keeps them: days since 1899-12-30."""
    return ((times - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)).to_numpy(dtype=object)


def _written(times: pd.Series, center: Center) -> np.ndarray:
    """Times as text, in the profile's format if it has one; None where missing."""
    if center.export.date_format:
        texts = times.dt.strftime(center.export.date_format).to_numpy(dtype=object)
    else:
        texts = np.char.replace(np.datetime_as_string(times.to_numpy(), unit="s"), "T", " ").astype(object)
    return np.where(times.isna(), None, texts)


def _with_repeated(cells: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Some rows a second time, exactly: half of them below the first, half at the end."""
    rows = len(cells["request_id"])
    again = rng.choice(rows, min(rows, 4 + rows // 250), replace=False)
    order = np.append(np.sort(np.append(np.arange(rows), again[::2])), again[1::2])
    return {name: values[order] for name, values in cells.items()}


def _with_unusable(
    cells: dict[str, np.ndarray], center: Center, export: SampleFile, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Five rows that cannot be used: three without an id, two received at a time that does not exist."""
    rows = len(cells["request_id"])
    if not rows:
        return cells
    spoilt = {name: values[rng.choice(rows, 5)] for name, values in cells.items()}
    spoilt["request_id"][:3] = [None, None, "无" if "无" in center.export.missing else None]
    spoilt["request_id"][3:] = [f"{export.at:%Y%m%d}99999{n}" for n in range(2)]
    spoilt["requested_at"][3:] = [f"{export.at:%Y}-13-45 08:15:00", f"{export.at:%Y-%m}-32 25:61:00"]
    places = np.sort(rng.choice(rows, 5))
    return {name: np.insert(values, places, spoilt[name]) for name, values in cells.items()}


def _save(path: Path, export: SampleFile, headers: list[str], filled: list[list]) -> None:
    """The workbook; its created date is the export's moment, so that the same sheet gives the same bytes."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    book.set_properties({"created": export.at})
    sheet = book.add_worksheet("工单明细")
    date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headers) - 1, 18)
    for place, header in enumerate(headers):
        sheet.write_string(0, place, header)
    text, number = sheet.write_string, sheet.write_number
    for row, values in enumerate(zip(*filled, strict=True), start=1):
        for place, value in enumerate(values):
            if type(value) is str:
                text(row, place, value)
            elif value is not None:
                number(row, place, value, date)
    book.close()
