"""An import: files in, one commit of the archive out, every row accounted for.

Rows that cannot be used are set aside with their reason, in a workbook beside the archive that can be mended and
imported again. A newer export of a request replaces an older one (how old it is: hotline.intake.freshness).
"""

import os
import random
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import psutil

from hotline import Progress, columns, names, periods
from hotline.archive import Archive, ArchiveError, Conflict
from hotline.center import Center
from hotline.coverage import NOTHING, Coverage
from hotline.intake import headers, merging, planning, reading
from hotline.intake.files import expand
from hotline.intake.grids import HEAD, FileError, Grid
from hotline.intake.planning import Batch, Plan
from hotline.intake.readers import Reader
from hotline.intake.remains import storing
from hotline.intake.report import SIBLING, FileAccount, Report, SetAside, cell, write_aside
from hotline.intake.values import Vocabulary
from hotline.location import Location
from hotline.masking import shown_name
from hotline.system import refused

_READ, _CLEANED = 0.6, 0.8
"""The share of an import that is reading; the part of the work on a file that is done when its rows are to be cleaned."""
_ATTEMPTS = 50
_PER_ROW = 2 << 10
"""Bytes that an import holds of a row until it is stored: 1.8 KiB of each of a million different ones."""
_UNDATED = "{} 行有{}而没有{}：已入档，但不计入任何一期的{}"


class _FileProgress:
    """How much of the work on one file is done; it never goes back, however many sheets the file has."""

    def __init__(self, say: Progress, what: str, begins: float, share: float):
        self._say, self._what, self._begins, self._share, self._done = say, what, begins, share, 0.0
        self.read(0.0)

    def read(self, part: float) -> None:
        self._done = max(self._done, part)
        self._say(self._what, self._begins + self._share * self._done)

    def cleaned(self, part: float) -> None:
        self.read(_CLEANED + (1 - _CLEANED) * part)


def import_files(
    files: list[str | Path],
    center: Center,
    place: Location | str | Path,
    dry_run: bool = False,
    progress: Progress | None = None,
    shared: bool = False,
    covers: Coverage = NOTHING,
    again: bool = False,
) -> Report:
    """Import files, folders, globs and zips into a center's archive, in one commit, and say what became of each row.

    `covers` are days that the archive holds whole with these files, though the rows may not show it; it may be given
    without any file. With `again` the files replace what the archive has of their requests even if that is newer: this
    repairs a mistaken import. `dry_run` does all but store. What is written can be read by this user alone unless
    `shared`, now or by the import that made the archive. FileError names every file that cannot be read, ArchiveError an archive that cannot be
    written, LocationError one at a version: nothing has been stored then.
    """
    say = progress or (lambda what, done: None)
    location = Location.of(place)
    location.check_writable()
    table = location.local / center.key
    mask = os.umask(0o022 if shared or (table.is_dir() and table.stat().st_mode & 0o004) else 0o077)
    try:
        if shared and not dry_run:
            _share(table)
        batch = read_files(files, center, say) if files else Batch()
        with nullcontext() if dry_run else storing(location, center.key):
            return _store(batch, center, location, dry_run, say, covers, again)
    finally:
        os.umask(mask)


def _share(table: Path) -> None:
    """Let others read the folder of the archives, and what is there of a table already."""
    table.parent.mkdir(parents=True, exist_ok=True)
    for path in (table.parent, *([table, *table.rglob("*")] if table.is_dir() else [])):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


def read_files(files: list[str | Path], center: Center, progress: Progress | None = None) -> Batch:
    """Read, recognise, clean and validate; nothing is stored. FileError lists every file that cannot be used."""
    say = progress or (lambda what, done: None)
    vocabulary, failures = Vocabulary(center), []
    batch = Batch(notes=vocabulary.notes)
    paths, room = expand(files), psutil.virtual_memory().available
    with Reader(center.export) as reader:
        for number, path in enumerate(paths):
            part = _FileProgress(
                say, f"读取 {shown_name(path)}", _READ * number / len(paths), _READ / len(paths)
            )
            try:
                _read_file(reader.grids(path, part.read), center, vocabulary, batch, part)
            except FileError as error:
                failures.append(str(error))
            if (rows := sum(account.read for account in batch.accounts)) * _PER_ROW > room:
                failures.append(_no_room(path, rows, room))
                break
    if failures:
        more = (
            f"\n{len(paths)} 个文件中有 {len(failures)} 个不能用，本次什么也没有存入。"
            if len(paths) > 1
            else ""
        )
        raise FileError("\n".join(failures) + more)
    return batch


def _no_room(path: Path, rows: int, room: int) -> str:
    return (
        f"{shown_name(path)}：读到这个文件已有 {rows} 行，这台电脑空闲的内存 {room >> 20} MB 最多放得下 {room // _PER_ROW} 行。"
        "请分几次导入，每次少几个文件（这个文件太大就分成几个）；或关掉别的程序再试。"
    )


def _read_file(
    grids: list[Grid], center: Center, vocabulary: Vocabulary, batch: Batch, whole: _FileProgress
) -> None:
    """Read the sheets that fit the profile best; of one file, those that fit less are named as not read."""
    sheets_of: dict[str, list] = {}
    for grid in grids:
        sheets_of.setdefault(grid.file, []).append((grid, headers.find(grid.head, center)))
    for file, sheets in sheets_of.items():
        usable = [
            (grid, header)
            for grid, header in sheets
            if header and (header.is_export or header.is_visits) and not header.lacks_receipt
        ]
        if not usable:
            raise FileError(_no_header(file, sheets, center))
        # Sheets with the same columns are all read: a part that repeats the whole does no harm, a month left out would.
        best = {
            kind: max((len(header.positions) for _, header in usable if header.is_visits == kind), default=0)
            for kind in (False, True)
        }
        for grid, header in sheets:
            if not any(grid is one for one, _ in usable) or len(header.positions) < best[header.is_visits]:
                if any(str(cell).strip() for row in grid.head for cell in row):
                    batch.unread.append(f"{file}［{grid.sheet}］：表头不如另一张工作表相符")
                continue
            account, frame = reading.read(grid, header, vocabulary, datetime.now(), whole.cleaned)
            batch.accounts.append(account)
            batch.frames.append(frame)


def _no_header(file: str, sheets: list, center: Center) -> str:
    header = max((header for _, header in sheets if header), key=lambda h: len(h.positions), default=None)
    wanted = "；".join(f"{'或'.join(center.columns[column])}" for column in ("request_id", "requested_at"))
    missing = [c for c in ("request_id", "requested_at") if header is None or c not in header.positions]
    lacks = "、".join(f"“{'”或“'.join(center.columns[column])}”" for column in missing)
    # Only headers that are known are shown: what looks like a header row may be a citizen's.
    near = (
        f"第 {header.last} 行认出了 {'、'.join(header.named.values())}，"
        if header
        else f"前 {HEAD} 行里没有认出表头，"
    )
    like = names.nearest(center.columns[missing[0]][0], header.ignored) if header and missing else None
    lacks += f"（文件里最接近的表头是“{like}”）" if like else ""
    return f"{file}：{near}缺少 {lacks} 一列（必需：{wanted}）。若平台改了表头，请写进 params/{center.key}/center.yml 的 columns。"


# ---- storing ----------------------------------------------------------------------------------------------------


def _store(
    batch: Batch,
    center: Center,
    location: Location,
    dry_run: bool,
    say: Progress,
    covers: Coverage,
    again: bool,
) -> Report:
    """Work out what to write against the archive as it stands and write it; again if somebody else wrote meanwhile."""
    rows, visits = batch.rows(visits=False), batch.rows(visits=True)
    say("整理工单", 0.6)
    exports = _resolved(batch, rows)
    for attempt in range(_ATTEMPTS):
        say("与档案比对", 0.7)
        archive = Archive(location, center.key)
        plan = planning.plan(archive, batch, rows, exports, visits, again)
        report = _report(batch, plan, center, dry_run)
        present, report.recent = planning.recent(archive, plan)
        report.unused = names.unused(present, center) if report.recent else {}
        report.coverage = planning.coverage(archive, plan, rows, center, again) | covers
        if not dry_run:
            report.aside_files = _write_aside(plan.accounts, rows, center, location)
        if dry_run or (
            plan.writes.empty and (archive.version is None or report.coverage == archive.recorded_coverage())
        ):
            break
        say("存入档案", 0.9)
        try:
            archive.upsert(plan.writes, _provenance(report))
            break
        except Conflict:
            time.sleep(random.uniform(0.01, 0.1) * min(attempt + 1, 10))
    else:
        raise ArchiveError(
            f"档案 {archive.uri} 一直有别的导入在写，试了 {_ATTEMPTS} 次都没有存成。请稍后再导入一次。"
        )
    report.version = archive.version
    say("完成", 1.0)
    return report


def _resolved(batch: Batch, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """The handlings that the rows make, an export at a time, the oldest first; files of the same moment are one export.

    What had to be decided is noted in the accounts.
    """
    for account, frame in zip(batch.accounts, batch.frames, strict=True):
        for event in columns.events():
            undated = frame[columns.known_from(event)].notna().any(axis=1) & frame[event].isna()
            if undated.any():
                ratings = columns.names(known_from=event, holds=columns.RATING)
                words = [columns.column(name).word for name in columns.known_from(event)]
                what, word = "评价" if ratings else "或".join(words), columns.column(event).word
                account.notes.append(_UNDATED.format(undated.sum(), what, word, word.removesuffix("时间")))
    exports = []
    for _, of_moment in rows.groupby("exported_at", sort=True):
        export, decided = merging.handlings(of_moment)
        exports.append(export)
        for file, conflicts, disagreeing in decided.itertuples(name=None):
            notes = batch.accounts[file].notes
            if conflicts:
                notes.append(
                    f"{conflicts} 行与同一工单、同一单位的另一行内容不同：以办结或回访较晚的一行为准"
                )
            if disagreeing:
                notes.append(
                    f"{disagreeing} 个工单的各行在受理时间、来源、类别、分类或期限上不一致：以信息较新的一行为准"
                )
    return exports


def _write_aside(
    accounts: list[FileAccount], rows: pd.DataFrame, center: Center, location: Location
) -> list[Path]:
    """The rows set aside, and with them the sound rows of the same requests: a request is replaced whole, so mending
    one of its rows must not lose the others."""
    whole = []
    for number, account in enumerate(accounts):
        broken = {row.cells.get("request_id") for row in account.rows_aside} - {None, ""}
        sound = rows[(rows["file"] == number) & rows["request_id"].isin(broken)] if broken else rows[:0]
        siblings = [
            SetAside(row["row"], SIBLING, "", "", {name: cell(name, row[name]) for name in account.columns})
            for row in sound.to_dict("records")
        ]
        whole.append(replace(account, rows_aside=[*account.rows_aside, *siblings]))
    folder = aside_folder(location, center.key)
    try:
        return write_aside(folder, whole, center)
    except OSError as error:
        raise ArchiveError(
            f"搁置的行写不进 {folder}：{refused(error)}。请检查磁盘空间和权限；没有存入任何数据。"
        ) from None


def aside_folder(location: Location, center: str) -> Path:
    """Where the rows set aside lie."""
    return location.local / f"{center}.aside"


# ---- the report ----------------------------------------------------------------------------------------------------


def _report(batch: Batch, plan: Plan, center: Center, dry_run: bool) -> Report:
    report = Report(
        center.key, plan.accounts, dry_run, unread=batch.unread, notes=[*batch.notes, *plan.notes]
    )
    report.newer = max(plan.newer, default=None)
    frames = [f for a, f in zip(batch.accounts, batch.frames, strict=True) if not a.is_visits]
    counts = names.counts(frames)
    report.strangers = names.strangers(counts, center)
    report.doubles = names.doubles(report.strangers, counts.get("unit", {}), center)
    if plan.changed:
        moved = plan.writes[plan.writes["request_id"].isin(plan.changed)].drop_duplicates("request_id")
        for day, n in moved["requested_at"].dt.normalize().value_counts().items():
            week = str(periods.containing(day.date()))
            report.weeks[week] = report.weeks.get(week, 0) + int(n)
    return report


def _provenance(report: Report) -> dict:
    """An import's own account, kept with the commit: `hotline status` and `hotline diff` read it.

    `weeks` counts the requests that it moved, by the ISO week that the archive keeps them in.
    """
    files = [
        {"file": a.name, "exported_at": a.exported_at.isoformat() if a.exported_at else None, **a.counts()}
        for a in report.files
    ]
    return {
        "files": files,
        "weeks": report.weeks,
        "aside": [path.name for path in report.aside_files],
        "coverage": report.coverage.dump(),
        "unused": report.unused,
        "recent": report.recent,
    }
