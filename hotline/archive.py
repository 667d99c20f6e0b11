"""The Delta table of handlings: upsert, read one period as of a moment.

One table a center, at <archive>/<center>, one row per handling, partitioned by the ISO week of the request; a
request without a unit has one row with no unit. Reading never changes the table, an import commits once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property, reduce
from operator import or_

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from hotline import claims, columns, history, periods
from hotline.coverage import Coverage
from hotline.predicates import between, in_weeks, literal, weeks_between, within
from hotline.reads import logged, note_files, note_history
from hotline.schema import by_moment, frame_of, placed, schema, with_missing
from hotline.table import PROVENANCE, ArchiveError, Table, reason

_CONFIGURATION = {
    # An issue records the version it read, and may be rendered from it years later: nothing of the log expires.
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}
_FIRST = pc.field("nth") == 0


class Conflict(Exception):
    """Somebody else committed meanwhile: look again, then store again."""


class Archive(Table):
    """A center's table with its rows. Each public method that reads is declared with `logged`."""

    def _dataset(self, predicate: str) -> ds.Dataset:
        """The data files that an SQL predicate does not rule out by the log alone."""
        base, fragments = self._base, []
        for uri in self._table.file_uris(file_pruning_predicate=predicate):
            path = uri[uri.rindex("week=") :]
            if path not in self._fragments:
                week = path.partition("=")[2].partition("/")[0]
                self._fragments[path] = base.format.make_fragment(
                    path, base.filesystem, pc.field("week") == week
                )
            fragments.append(self._fragments[path])
        return ds.FileSystemDataset(fragments, base.schema, base.format, base.filesystem)

    @cached_property
    def _base(self) -> ds.Dataset:
        """A dataset without a file. Delta's own would write out each file's bounds as an expression, a millisecond each."""
        return self._table.to_pyarrow_dataset(file_pruning_predicate="week = ''")

    @cached_property
    def _fragments(self) -> dict[str, ds.Fragment]:
        """Those of the data files looked at so far, by path: one that is kept reads its file's footer once."""
        return {}

    def files(self, predicates: Iterable[str | None]) -> set[str]:
        """The paths of the data files that these predicates open. A path is written once: what it holds never changes."""
        if self._table is None:
            return set()
        with self._reading():
            return {
                path for each in predicates for path in (self._dataset(each).files if each else self._paths())
            }

    def _paths(self) -> list[str]:
        """The paths of all data files."""
        return pa.table(self._table.get_add_actions())["path"].to_pylist()

    def _read(self, files: str | None, where: pc.Expression | None, names: list[str]) -> pa.Table:
        """The rows of `where`, out of the files that the SQL predicate `files` does not rule out by the log alone.

        Left to the rows' filter, the ruling out would begin by looking at every file that there is. A column that the
        table does not have yet reads as missing.
        """
        wanted = pa.schema([schema().field(name) for name in names])
        if self._table is None:
            return wanted.empty_table()
        with self._reading():
            dataset = self._dataset(files)
            note_files(self, files, dataset.files)
            held = [name for name in names if name in dataset.schema.names]
            return with_missing(dataset.to_table(held, filter=where), wanted)

    @logged
    def handlings(
        self, start: datetime, end: datetime, as_of: datetime, names: Sequence[str] = ()
    ) -> pd.DataFrame:
        """The handlings of requests received in [start, end), as they stood at `as_of`: later closings and visits unknown.

        `names`: the columns wanted besides ids, units and receipts; all where none is named.
        """
        wanted = [name for name in columns.names() if name in (*columns.KEY, "requested_at", *names)]
        names = wanted if names else columns.names()
        return self._handlings(weeks_between(start, end), within("requested_at", start, end), as_of, names)

    @logged
    def due(
        self,
        start: datetime,
        end: datetime,
        as_of: datetime,
        limits: Sequence[str] = ("due_at", "extended_due_at"),
    ) -> pd.DataFrame:
        """The handlings with one of these `limits` from the day before `start` to `end`, whenever received, as of `as_of`.

        A limit without a time is due at 24:00 of its day, so that of the day before `start` may fall on `start`; what
        exactly is due in a period is measures.due_in's to say. `limits=["respond_due_at"]`: first contacts due.
        """
        limits = [name for name in limits if self._has(name)]
        if not limits:
            return self._handlings("false", pc.scalar(False), as_of)
        first, after = start - timedelta(days=1), end + timedelta(microseconds=1)
        files = " OR ".join(f"({between(name, first, after)})" for name in limits)
        return self._handlings(files, reduce(or_, (within(name, first, after) for name in limits)), as_of)

    @logged
    def returned(self, start: datetime, end: datetime, as_of: datetime) -> pd.DataFrame:
        """The handlings returned for redoing in [start, end), whenever received, as they stood at `as_of`."""
        if not self._has("returned_at"):
            return self._handlings("false", pc.scalar(False), as_of)
        files, where = between("returned_at", start, end), within("returned_at", start, end)
        return self._handlings(files, where, as_of)

    @logged
    def open(self, moment: datetime, as_of: datetime) -> pd.DataFrame:
        """The handlings received before `moment` and not closed before it, as they stood at `as_of`."""
        if self._table is None:
            return frame_of(self._read(None, None, columns.names()))
        files, instant = self._files_until(moment), pa.scalar(moment, pa.timestamp("us"))
        # In most weeks every closing is before the moment, so that only what was never closed is open: worked out once a file.
        settled = pa.array([False] * len(files), pa.bool_())
        if "max.closed_at" in files.column_names:
            latest = files["max.closed_at"].cast(pa.timestamp("us"))
            settled = pc.fill_null(pc.less(latest, instant), False)
        waiting = pc.is_null(pc.field("closed_at")) | (pc.field("closed_at") >= instant)
        wanted = pa.schema([schema().field(name) for name in columns.names()])
        stuck = files.filter(settled)
        if len(stuck):
            stuck = stuck.filter(pc.greater(stuck["null_count.closed_at"], 0))
        never = self._worked_out(
            "open",
            stuck["path"].to_pylist(),
            lambda rows: rows.filter(pc.is_null(rows["closed_at"])),
            wanted,
            wanted.names,
        )
        weeks = pc.unique(files.filter(pc.invert(settled))["partition.week"]).to_pylist()
        recent = self._read(in_weeks(weeks), waiting, wanted.names) if weeks else never.slice(0, 0)
        rows = pa.concat_tables([never, recent])
        return self._frame(rows.filter(pc.less(rows["requested_at"], instant)), as_of)

    def _handlings(
        self, files: str, where: pc.Expression, as_of: datetime, names: list[str] | None = None
    ) -> pd.DataFrame:
        return self._frame(self._read(files, where, names or columns.names()), as_of)

    def _frame(self, rows: pa.Table, as_of: datetime) -> pd.DataFrame:
        return columns.as_of(by_moment(rows, "requested_at"), as_of)

    def _has(self, name: str) -> bool:
        """Whether the table has the column; one of an earlier release lacks those declared since."""
        if self._table is None or name in (field.name for field in self._table.schema().fields):
            return self._table is not None
        # That the column is missing depends on every file: any import may bring it.
        note_files(self, None, self.files([None]))
        return False

    @logged
    def visits(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The visits made in [start, end), whenever their requests were received: request, unit, and what the visit says."""
        names = [*columns.KEY, *columns.about(columns.VISIT)]
        files = between("visited_at", start, end)
        rows = self._read(files, within("visited_at", start, end), names)
        return columns.as_of(by_moment(rows, "visited_at"), end)

    @logged
    def requests_by_day(self, start: datetime, end: datetime) -> pd.Series:
        """Requests received on each day of [start, end) that has any: index the day (midnight), value the count."""
        rows = self._read(
            weeks_between(start, end), within("requested_at", start, end) & _FIRST, ["requested_at"]
        )
        days = pa.table({"day": pc.floor_temporal(rows["requested_at"], unit="day")})
        counts = days.group_by("day").aggregate([("day", "count")]).sort_by("day").to_pandas()
        return pd.Series(
            counts["day_count"].to_numpy("int64"), index=pd.DatetimeIndex(counts["day"]), name="requests"
        )

    @logged
    def by_week(self, end: datetime, first_weekday: int = 0) -> pd.DataFrame:
        """Requests, and handlings of a unit, received before `end`: a row a week (its first day), a column a series
        (hotline.history.SERIES); from the first week that has any, a week without any is 0 throughout."""
        if self._table is None:
            return history.nothing()

        def counted(rows: pa.Table) -> pa.Table:
            return history.by_week_and_series(rows, first_weekday)

        files = self._files_until(end)["path"].to_pylist()
        counts = self._worked_out(f"weeks-{first_weekday}", files, counted, history.COUNTS, history.NEEDED)
        counts = history.wide(counts)
        return counts[counts.index < end]

    def _files_until(self, end: datetime) -> pa.Table:
        """What the log says of each data file of the weeks that begin before `end`: path, week, least and greatest values."""
        last = str(periods.containing(end - timedelta(microseconds=1)))
        files = pa.table(self._table.get_add_actions(flatten=True))
        files = files.filter(pc.less_equal(files["partition.week"].cast(pa.string()), last))
        note_files(self, f"week <= {literal(last)}", files["path"].to_pylist())
        return files

    def _worked_out(
        self,
        name: str,
        files: list[str],
        work_out: Callable[[pa.Table], pa.Table],
        shape: pa.Schema,
        needed: list[str],
    ) -> pa.Table:
        """What `work_out` makes of the rows (their columns `needed`) of these data files, rows of this `shape`: once a file."""
        all_files = set(self._paths())

        def fresh(paths: list[str]) -> Iterator[tuple[str, pa.Table]]:
            weeks = sorted({path.partition("week=")[2].partition("/")[0] for path in paths})
            for each in self._dataset(in_weeks(weeks)).get_fragments():
                if each.path in paths:
                    held = [column for column in needed if column in each.physical_schema.names]
                    wanted = pa.schema([schema().field(column) for column in needed])
                    yield each.path, work_out(with_missing(each.to_table(columns=held), wanted))

        with self._reading():
            cache = history.Cache(self.location.local / f"{self.center}.{name}.parquet", shape)
            # What an earlier version's files say is not kept: the next issues do not read them.
            return cache.of(files, fresh, None if self.location.version is not None else all_files)

    @logged
    def by_day(self) -> pd.DataFrame:
        """Each day that has requests (index: midnight), with its requests, its handlings, and how many of these are closed;
        in an archive that knows no unit, how many requests."""
        counts = []
        for week in self.weeks():  # one at a time: ten million rows need not be held at once
            rows = self._read(in_weeks([week]), None, ["requested_at", "nth", "unit", "closed_at"])
            handled = pc.and_(pc.is_valid(rows["unit"]), pc.is_valid(rows["closed_at"]))
            days = rows.append_column("day", pc.floor_temporal(rows["requested_at"], unit="day"))
            days = days.append_column("first", pc.equal(rows["nth"], 0)).append_column("handled", handled)
            wanted = [("first", "sum"), ("unit", "count"), ("handled", "sum"), ("closed_at", "count")]
            counts.append(days.drop_columns(["requested_at", "nth"]).group_by("day").aggregate(wanted))
        if not counts:
            return pd.DataFrame(columns=["requests", "handlings", "closed"], index=pd.DatetimeIndex([]))
        frame = pa.concat_tables(counts).sort_by("day").to_pandas().set_index("day").astype("int64")
        frame = frame.set_axis(["requests", "handlings", "closed", "closed_rows"], axis=1)
        closed_rows = frame.pop("closed_rows")
        return frame if frame["handlings"].any() else frame.assign(closed=closed_rows)

    @logged
    def weeks(self) -> list[str]:
        """The ISO weeks that hold requests, in order."""
        return self._weeks()

    def _weeks(self) -> list[str]:
        if self._table is None:
            return []
        note_files(self, None, self.files([None]))
        return sorted({row["week"] for row in self._table.partitions()})

    @logged
    def newest_export(self) -> datetime | None:
        """The moment of the newest export in the table; None where the data files do not say."""
        return self._newest_export()

    def _newest_export(self) -> datetime | None:
        if self._table is None:
            return None
        note_files(self, None, self.files([None]))
        actions = pa.table(self._table.get_add_actions(flatten=True))
        if "max.exported_at" not in actions.column_names:
            return None
        newest = pc.max(actions["max.exported_at"]).as_py()
        return newest and newest.replace(tzinfo=None)

    @logged
    def coverage(self, start: datetime = datetime.min, end: datetime = datetime.max) -> list[list[str]]:
        """The days of [start, end) that the archive holds whole, as hotline.coverage.Coverage loads them; inferred where
        no import says."""
        note_history(self)
        return self._covered.within(start.date(), end.date() - timedelta(days=1)).dump()

    @cached_property
    def _covered(self) -> Coverage:
        recorded = self.recorded_coverage()
        return self._inferred_coverage() if recorded is None else recorded

    def _inferred_coverage(self) -> Coverage:
        """What the days of all requests say of their being whole (hotline.claims.of_archive)."""
        if not (files := sorted(self.files([None]))):
            return Coverage()
        days = self._worked_out("days", files, history.by_day, history.DAYS, ["requested_at", "nth"])
        by_day = days.group_by("day").aggregate([("requests", "sum"), ("last", "max")]).to_pandas()
        by_day = by_day.set_axis(["day", "requests", "last"], axis=1).set_index("day").sort_index()
        newest = self._newest_export() or by_day["last"].max()
        return claims.of_archive(by_day, min(newest, by_day["last"].max() + timedelta(days=1)).date())

    @logged
    def imports(self) -> list[dict]:
        """What the commits say of themselves, newest first: version, at (UTC), and the import's account (see intake)."""
        note_history(self)
        if self._table is None:
            return []
        with self._reading():
            entries = self._table.history()
        return [
            {
                "version": entry["version"],
                "at": datetime.fromtimestamp(entry["timestamp"] / 1000),
                **(entry.get(PROVENANCE) or {}),
            }
            for entry in entries
        ]

    def stored(self, ids: pa.Array) -> pa.Table:
        """All handlings, with every column, of these requests.

        First the ids alone, to learn which weeks hold them, then those weeks: an import of two thousand rows must not
        read ten million.
        """
        if self._table is None or not len(ids):
            return schema().empty_table()
        bounds = pc.min_max(ids)
        files = f"request_id >= {literal(bounds['min'].as_py())} AND request_id <= {literal(bounds['max'].as_py())}"
        named = pc.field("request_id").isin(ids)
        weeks = pc.unique(self._read(files, named, ["week"])["week"]).to_pylist()
        if not weeks:
            return schema().empty_table()
        return self._read(in_weeks(weeks), named, schema().names)

    def scan(self, weeks: list[str], names: list[str]) -> Iterator[pa.RecordBatch]:
        """All handlings of these weeks, part by part, so that they are never all in memory."""
        wanted = pa.schema([schema().field(name) for name in names])
        dataset = self._dataset(in_weeks(weeks))
        held = [name for name in names if name in dataset.schema.names]
        parts = dataset.scanner(held, batch_size=1 << 17, batch_readahead=2, fragment_readahead=1)
        for part in parts.to_batches():
            yield from with_missing(pa.Table.from_batches([part]), wanted).to_batches()

    def upsert(self, handlings: pd.DataFrame, provenance: dict | None = None) -> None:
        """Store handlings in one commit; every request named in them replaces its earlier rows whole.

        Conflict if the table has moved on since this archive was opened; ArchiveError if it cannot be written;
        LocationError for an archive at a version.
        """
        self.location.check_writable()
        frame = placed(handlings)
        given = pa.schema([field for field in schema() if field.name in frame])
        rows = with_missing(pa.Table.from_pandas(frame, schema=given, preserve_index=False), schema())
        # No silent retry: what is stored was worked out from this version, and must be again from a newer one.
        commit = CommitProperties(custom_metadata={PROVENANCE: provenance or {}}, max_commit_retries=0)
        try:
            self._commit(rows, commit)
        except CommitFailedError as error:
            raise Conflict(str(error)) from None
        except (DeltaError, OSError) as error:
            if "already exists" in str(error):
                raise Conflict(str(error)) from None
            remedy = "网络、地址和凭据" if self.location.is_url else "磁盘空间和权限"
            raise ArchiveError(
                f"档案 {self.uri} 写不进去：{reason(error)}。请检查{remedy}；档案仍是导入前的样子。"
            ) from None
        with self._reading():
            self._table = self._opened()
        for cached in ("_covered", "_base", "_fragments"):
            self.__dict__.pop(cached, None)

    def _commit(self, rows: pa.Table, commit: CommitProperties) -> None:
        """Write the rows in place of all that the table has of their requests; a table of an earlier release gains the
        columns declared since."""
        if self._table is None:
            write_deltalake(
                self.uri,
                rows,
                partition_by=["week"],
                storage_options=self._options,
                configuration=_CONFIGURATION,
                commit_properties=commit,
            )
        elif not len(rows):  # only the account has changed, as the days that the imports cover
            write_deltalake(self._table, rows, mode="append", schema_mode="merge", commit_properties=commit)
        else:
            ids = pc.unique(rows["request_id"].combine_chunks())
            touched = sorted({*rows["week"].to_pylist(), *self.stored(ids)["week"].to_pylist()})
            kept = self._read(in_weeks(touched), ~pc.field("request_id").isin(ids), schema().names)
            write_deltalake(
                self._table,
                pa.concat_tables([kept, rows]),
                mode="overwrite",
                schema_mode="merge",
                predicate=in_weeks(touched),
                commit_properties=commit,
            )
