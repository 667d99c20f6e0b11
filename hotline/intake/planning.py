"""What an import would write, worked out against the archive as it stands, and what becomes of each row read."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotline import claims, columns, names, periods
from hotline.archive import Archive
from hotline.center import Center
from hotline.coverage import NOTHING, Coverage
from hotline.intake import merging, settling
from hotline.intake.report import FileAccount, SetAside, cell
from hotline.schema import weeks_of

_RIVALS = "{} 个工单在同一时间的另一份导出里还有别的承办单位，已被这次的替换：若平台按单位分别导出，请把这些文件一次导入"


@dataclass
class Batch:
    """What was read: an account and the usable rows of each sheet or text file, what was left unread, and `notes`."""

    accounts: list[FileAccount] = field(default_factory=list)
    frames: list[pd.DataFrame] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rows(self, visits: bool) -> pd.DataFrame:
        """The usable rows of all exports, or of all files of visits; `file` is the position of their account."""
        parts = [
            frame.assign(file=number, exported_at=pd.Timestamp(account.exported_at))
            for number, (account, frame) in enumerate(zip(self.accounts, self.frames, strict=True))
            if account.is_visits == visits and len(frame)
        ]
        if not parts:
            return pd.DataFrame(columns=[*columns.names(), "row", "file", "exported_at"])
        return pd.concat(parts, ignore_index=True)


@dataclass
class Plan:
    """`writes`: the handlings to store; `changed`: the requests that this moves; `new`: when each request was received
    that the archive did not have; `accounts`: every row accounted for; `notes`: what the analyst should know besides;
    `newer`: the moments of exports that the archive takes to be newer than those read."""

    writes: pd.DataFrame
    changed: set[str]
    new: pd.Series
    accounts: list[FileAccount]
    notes: list[str]
    newer: set[pd.Timestamp]


def plan(
    archive: Archive,
    batch: Batch,
    rows: pd.DataFrame,
    exports: list[pd.DataFrame],
    visits: pd.DataFrame,
    again: bool = False,
) -> Plan:
    """What importing a batch would write into the archive as it stands; nothing is written.

    `rows` are the batch's rows of exports, `exports` the handlings made of them, an export at a time and the oldest first,
    `visits` its rows of visits. Several exports at once give the same as one by one. With `again` they replace what the
    archive has of their requests even if that is newer. AssertionError if a row is not accounted for.
    """
    accounts = [replace(a, reasons=a.reasons.copy(), rows_aside=[*a.rows_aside]) for a in batch.accounts]
    of_rows = pd.Series("repeated", index=rows.index, dtype=object)
    settled = settling.settle(archive, exports, set(visits["request_id"]), again)
    of_rows.loc[settled.outcome.index] = settled.outcome.to_numpy()
    ids = pd.unique(pd.concat([part["request_id"] for part in (*settled.left, visits)]).astype(object))
    stored = merging.archived(archive.stored(pa.array(ids, pa.string())))
    absent = {file: _absent(account, batch.frames[file]) for file, account in enumerate(accounts)}
    files = {file: account.name for file, account in enumerate(accounts)}
    current, late, rivals, newer = _one_by_one(settled.left, stored, absent, files, again)
    of_rows.loc[late] = "older"
    incoming = current[current["origin"] >= 0]
    outcome = merging.outcomes(incoming, stored)
    of_rows.loc[incoming["origin"]] = outcome.to_numpy()
    _count(accounts, rows["file"], of_rows)
    touched = [_sourced(part, files).assign(visit_source=None) for part in settled.touched if len(part)]
    writes = pd.concat(
        [incoming[outcome.isin(["stored", "replaced", "touched"])], *touched], ignore_index=True
    )
    changed = set(incoming.loc[outcome.isin(["stored", "replaced"]), "request_id"])
    notes = [_RIVALS.format(rivals)] if rivals else []
    if len(visits):
        writes, moved, of_visits, reasons = _with_visits(visits, writes, stored, absent, files, again)
        changed |= moved
        for at, reason in reasons.items():
            _set_aside(accounts, visits.loc[at], reason)
        _count(accounts, visits["file"], of_visits.reindex(visits.index))
    for account in accounts:
        account.check()
    unknown = incoming[~incoming["request_id"].isin(stored["request_id"])]
    return Plan(
        writes,
        changed,
        unknown.drop_duplicates("request_id")["requested_at"],
        accounts,
        notes,
        settled.newer | newer,
    )


def _one_by_one(
    exports: list[pd.DataFrame],
    stored: pd.DataFrame,
    absent: dict[int, set[str]],
    files: dict[int, str],
    again: bool,
) -> tuple[pd.DataFrame, list[int], int, set[pd.Timestamp]]:
    """What the archive would have of the requests of `exports` if they came one by one: its handlings, `origin` the row
    that each comes of, -1 for one that is `stored`; the rows that are older than what it has; how many requests lose
    handlings to another export of the same moment; the moments of exports that it takes to be newer."""
    current, older, rivals, newer = stored.assign(origin=-1), [], 0, set()
    for export in exports:
        late = merging.overtaken(export, current)
        newer |= set(_newest(current, export.loc[late, "request_id"]))
        late &= not again
        older += [*export.loc[late, "origin"]]
        export = export[~late]
        known = current[current["request_id"].isin(export["request_id"])]
        export = _sourced(merging.complete(export, known, absent), files)
        rivals += merging.outnumbered(export, known)
        left = current[~current["request_id"].isin(export["request_id"])]
        current = pd.concat([part for part in (left, export) if len(part)] or [left], ignore_index=True)
    return current, older, rivals, newer


def _with_visits(
    visits: pd.DataFrame,
    writes: pd.DataFrame,
    stored: pd.DataFrame,
    absent: dict[int, set[str]],
    files: dict[int, str],
    again: bool,
) -> tuple[pd.DataFrame, set[str], pd.Series, dict]:
    """`writes` with the visits of files of visits, and with the `stored` handlings that these move; the requests moved;
    what becomes of each visit; why those that cannot be used are set aside."""
    named = set(visits["request_id"])
    untouched = stored[stored["request_id"].isin(named - set(writes["request_id"]))]
    known = pd.concat([part for part in (writes, untouched) if len(part)] or [untouched], ignore_index=True)
    sourced = visits.assign(source=visits["file"].map(files))
    joined, of_visits, reasons = merging.join_visits(
        sourced, known[known["request_id"].isin(named)], absent, again
    )
    moved = set(visits.loc[of_visits.index[of_visits.isin(["stored", "replaced"])], "request_id"])
    joined = joined[joined["request_id"].isin(moved | set(writes["request_id"]))]
    rest = writes[~writes["request_id"].isin(named)]
    writes = pd.concat([part for part in (rest, joined) if len(part)] or [rest], ignore_index=True)
    return writes, moved, of_visits, reasons


def coverage(
    archive: Archive, plan: Plan, rows: pd.DataFrame, center: Center, again: bool = False
) -> Coverage:
    """The days that the archive holds whole once a plan is carried out: what it held before, and what each export of
    `rows` (those of one moment are one export) may claim besides. With `again` the imports that it took to be newer were
    mistaken: what they claimed is no more."""
    held = Coverage.load(archive.coverage())
    if again and plan.newer:
        held -= _claimed_by(archive.imports(), plan.newer)
    for moment, export in rows.groupby("exported_at", sort=True):
        if len(center.group_of) > 1 and export["unit"].explode().nunique() == 1:
            continue  # an export of one unit alone holds no day whole
        requests = export.sort_values("closed_at").drop_duplicates("request_id")
        days = claims.by_day(requests, moment)
        first, last = days.index[0], days.index[-1]
        month = first - pd.Timedelta(days=28)
        known = archive.requests_by_day(month, last + pd.Timedelta(days=1))
        new = plan.new.dt.normalize().value_counts()
        archived = known.add(new, fill_value=0).reindex(days.index, fill_value=0)
        idle = claims.idle(known, held.within(month.date(), first.date() - timedelta(days=1)))
        held |= claims.of_export(days.assign(archived=archived), moment.date(), held, idle)
    return held


def _newest(handlings: pd.DataFrame, requests: pd.Series) -> pd.Series:
    """The moments of the newest exports that these requests are from."""
    return handlings.loc[handlings["request_id"].isin(requests), "exported_at"].drop_duplicates()


def recent(archive: Archive, plan: Plan) -> tuple[dict[str, set[str]], int]:
    """column → the names that rows of the last weeks have, once a plan is carried out; and how many weeks there are."""
    received = plan.writes["requested_at"]
    days = pd.to_datetime(pd.Series(received.dt.normalize().unique() if len(received) else []))
    held = archive.weeks()
    weeks = sorted({*held, *weeks_of(days)})[-names.RECENT :]
    given = plan.writes[received >= periods.parse(weeks[0]).start] if len(received) else plan.writes
    present = {name: set(given[name].dropna().unique()) for name in columns.named()}
    if archived := [week for week in weeks if week in held]:
        for rows in archive.scan(archived, columns.named()):
            for name, texts in present.items():
                texts.update(pc.unique(rows[name]).drop_null().to_pylist())
    return present, len(weeks)


def _claimed_by(imports: list[dict], moments: set[pd.Timestamp]) -> Coverage:
    """The days that imports (newest first) of exports of these moments added to what was held before."""
    claimed, before = NOTHING, NOTHING
    for entry in reversed(imports):
        after = Coverage.load(entry.get("coverage", before.dump()))
        exported = {
            pd.Timestamp(each["exported_at"]) for each in entry.get("files", ()) if each["exported_at"]
        }
        if exported & moments:
            claimed |= after - before
        before = after
    return claimed


def _sourced(export: pd.DataFrame, files: dict[int, str]) -> pd.DataFrame:
    """With where each handling came from."""
    return export.assign(source=export["file"].map(files), source_row=export["row"].astype("int64"))


def _absent(account: FileAccount, frame: pd.DataFrame) -> set[str]:
    """The columns that a file does not have, and so says nothing about."""
    absent = {name for name in columns.names() if name not in account.columns}
    # A platform that exports visits apart may keep their columns, all blank, in the main export.
    visit = columns.about(columns.VISIT)
    return absent.union(visit) if frame[visit].isna().all(axis=None) else absent


def _count(accounts: list[FileAccount], files: pd.Series, outcome: pd.Series) -> None:
    counts = pd.DataFrame({"file": files.to_numpy(), "outcome": outcome.to_numpy()}).value_counts()
    for (file, word), count in counts.items():
        account, count = accounts[file], int(count)
        account.older += count * (word == "older")
        name = "unchanged" if word in ("older", "touched") else word
        setattr(account, name, getattr(account, name) + count)


def _set_aside(accounts: list[FileAccount], visit: pd.Series, reason: str) -> None:
    account = accounts[visit["file"]]
    cells = {name: cell(name, visit[name]) for name in account.columns}
    account.rows_aside.append(
        SetAside(int(visit["row"]), reason, account.columns["request_id"], visit["request_id"], cells)
    )
    account.reasons[reason] += 1
