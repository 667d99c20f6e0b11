"""The Delta table of handlings: upsert, read one period as of a moment.

One table a center, at <archive>/<center>, one row per handling, partitioned by the ISO week of the request; a
request without a unit has one row with no unit. Reading never changes the table, an import commits once.
"""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import CommitProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from hotline import periods
from hotline.center import COLUMNS
from hotline.reads import logged, note_files, note_history
from hotline.table import ArchiveError, Table, reason

TIMES = ("requested_at", "due_at", "closed_at", "visited_at")
SCHEMA = pa.schema(
    [(name, pa.timestamp("us") if name in TIMES else pa.string()) for name in COLUMNS]
    + [
        ("week", pa.string()),
        ("nth", pa.int16()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("exported_at", pa.timestamp("us")),
        ("visit_source", pa.string()),
    ]
)
"""Local times without a zone; `nth` numbers the handlings of a request from 0, so that requests can be counted without
looking at their ids, which is most of the cost in a large archive; `source` and `source_row` say where a row came from, `exported_at` how fresh it is;
`visit_source` names the visits file where the visit came from one."""

_CONFIGURATION = {
    # An issue records the version it read, and may be rendered from it years later: nothing of the log expires.
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "20",
}
_FIRST = pc.field("nth") == 0
PROVENANCE = "hotline"
"""The key of an import's account in the table's history."""


class Conflict(Exception):
    """Somebody else committed meanwhile: look again, then store again."""


class Archive(Table):
    """A center's table with its rows. Each public method that reads is declared with `logged`."""

    def _dataset(self, predicate: str | None) -> ds.Dataset:
        """The data files that an SQL predicate does not rule out by the log alone; None: all."""
        return self._table.to_pyarrow_dataset(file_pruning_predicate=predicate)

    def files(self, predicates: Iterable[str | None]) -> set[str]:
        """The paths of the data files that these predicates open. A path is written once: what it holds never changes."""
        if self._table is None:
            return set()
        with self._reading():
            return {path for predicate in predicates for path in self._dataset(predicate).files}

    def _read(self, files: str | None, where: pc.Expression | None, columns: list[str]) -> pa.Table:
        """The rows of `where`, out of the files that the SQL predicate `files` does not rule out by the log alone.

        Left to the rows' filter, the ruling out would begin by looking at every file that there is.
        """
        if self._table is None:
            return SCHEMA.empty_table().select(columns)
        with self._reading():
            dataset = self._dataset(files)
            note_files(self, files, dataset.files)
            return dataset.to_table(columns=columns, filter=where)

    @logged
    def handlings(self, start: datetime, end: datetime, as_of: datetime) -> pd.DataFrame:
        """The handlings of requests received in [start, end), as they stood at `as_of`: later closings and visits unknown."""
        frame = _frame(self._read(_weeks(start, end), _within("requested_at", start, end), list(COLUMNS)))
        frame = frame.sort_values(["requested_at", "request_id", "unit"], ignore_index=True)
        frame.loc[frame["closed_at"] >= as_of, "closed_at"] = pd.NaT
        late = frame["visited_at"] >= as_of
        frame.loc[late, "visited_at"] = pd.NaT
        frame.loc[late, ["service_rating", "result_rating"]] = None
        return frame

    @logged
    def visits(self, start: datetime, end: datetime) -> pd.DataFrame:
        """The visits made in [start, end), whenever their requests were received: unit and the two ratings."""
        columns = ["request_id", "unit", "visited_at", "service_rating", "result_rating"]
        made = f"visited_at >= '{start:%Y-%m-%d %H:%M:%S}' AND visited_at < '{end:%Y-%m-%d %H:%M:%S}'"
        rows = self._read(made, _within("visited_at", start, end), columns)
        return _frame(rows).sort_values(["visited_at", "request_id", "unit"], ignore_index=True)

    @logged
    def requests_by_day(self, start: datetime, end: datetime) -> pd.Series:
        """Requests received on each day of [start, end) that has any: index the day (midnight), value the count."""
        rows = self._read(_weeks(start, end), _within("requested_at", start, end) & _FIRST, ["requested_at"])
        days = pa.table({"day": pc.floor_temporal(rows["requested_at"], unit="day")})
        counts = days.group_by("day").aggregate([("day", "count")]).sort_by("day").to_pandas()
        return pd.Series(
            counts["day_count"].to_numpy("int64"), index=pd.DatetimeIndex(counts["day"]), name="requests"
        )

    @logged
    def by_day(self) -> pd.DataFrame:
        """Each day that has requests (index: midnight), with its requests, handlings and closed handlings."""
        counts = []
        for week in self.weeks():  # one at a time: ten million rows need not be held at once
            rows = self._read(_listed([week]), None, ["requested_at", "nth", "unit", "closed_at"])
            days = rows.append_column("day", pc.floor_temporal(rows["requested_at"], unit="day"))
            days = days.append_column("first", pc.equal(rows["nth"], 0))
            wanted = [("first", "sum"), ("unit", "count"), ("closed_at", "count")]
            counts.append(days.drop_columns(["requested_at", "nth"]).group_by("day").aggregate(wanted))
        if not counts:
            return pd.DataFrame(columns=["requests", "handlings", "closed"], index=pd.DatetimeIndex([]))
        frame = pa.concat_tables(counts).sort_by("day").to_pandas().set_index("day").astype("int64")
        return frame.set_axis(["requests", "handlings", "closed"], axis=1)

    @logged
    def weeks(self) -> list[str]:
        """The ISO weeks that hold requests, in order."""
        if self._table is None:
            return []
        note_files(self, None, self.files([None]))
        return sorted({row["week"] for row in self._table.partitions()})

    @logged
    def newest_export(self) -> datetime | None:
        """The moment of the newest export in the table; None where the data files do not say."""
        if self._table is None:
            return None
        note_files(self, None, self.files([None]))
        actions = pa.table(self._table.get_add_actions(flatten=True))
        if "max.exported_at" not in actions.column_names:
            return None
        newest = pc.max(actions["max.exported_at"]).as_py()
        return newest and newest.replace(tzinfo=None)

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
            return SCHEMA.empty_table()
        bounds = pc.min_max(ids)
        between = f"request_id >= {_quoted(bounds['min'].as_py())} AND request_id <= {_quoted(bounds['max'].as_py())}"
        named = pc.field("request_id").isin(ids)
        weeks = pc.unique(self._read(between, named, ["week"])["week"]).to_pylist()
        if not weeks:
            return SCHEMA.empty_table()
        return self._read(_listed(weeks), named, SCHEMA.names).cast(SCHEMA)

    def upsert(self, handlings: pd.DataFrame, provenance: dict | None = None) -> None:
        """Store handlings in one commit; every request named in them replaces its earlier rows whole.

        Conflict if the table has moved on since this archive was opened; ArchiveError if it cannot be written;
        LocationError for an archive at a version.
        """
        self.location.check_writable()
        frame = _placed(handlings).reindex(columns=SCHEMA.names)
        rows = pa.Table.from_pandas(frame, schema=SCHEMA, preserve_index=False)
        # No silent retry: what is stored was worked out from this version, and must be again from a newer one.
        commit = CommitProperties(custom_metadata={PROVENANCE: provenance or {}}, max_commit_retries=0)
        try:
            if self._table is None:
                write_deltalake(
                    self.uri,
                    rows,
                    partition_by=["week"],
                    storage_options=self._options,
                    configuration=_CONFIGURATION,
                    commit_properties=commit,
                )
            else:
                ids = pc.unique(rows["request_id"].combine_chunks())
                touched = sorted({*rows["week"].to_pylist(), *self.stored(ids)["week"].to_pylist()})
                kept = self._read(_listed(touched), ~pc.field("request_id").isin(ids), SCHEMA.names)
                write_deltalake(
                    self._table,
                    pa.concat_tables([kept.cast(SCHEMA), rows]),
                    mode="overwrite",
                    predicate=_listed(touched),
                    commit_properties=commit,
                )
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


def _within(column: str, start: datetime, end: datetime) -> pc.Expression:
    moment = pa.timestamp("us")
    return (pc.field(column) >= pa.scalar(start, moment)) & (pc.field(column) < pa.scalar(end, moment))


def _weeks(start: datetime, end: datetime) -> str:
    """The partitions that [start, end) touches, so that a read opens no other."""
    first, last = periods.containing(start), periods.containing(end)
    names = [str(first)]
    while first < last:
        first = first.next
        names.append(str(first))
    return _listed(names)


def _listed(weeks: list[str]) -> str:
    return f"week IN ({', '.join(map(_quoted, weeks))})"


def _quoted(text: str) -> str:
    """Text as SQL has it: an id is data, whatever signs it holds."""
    return "'" + text.replace("'", "''") + "'"


def _placed(handlings: pd.DataFrame) -> pd.DataFrame:
    """With the week of its request, and its number among the request's handlings, which come and go together."""
    days = handlings["requested_at"].dt.normalize()
    # Naming a week is slow: name the few distinct days, then map.
    names = {day: str(periods.containing(day.date())) for day in days.unique()}
    return handlings.assign(week=days.map(names), nth=handlings.groupby("request_id").cumcount())


def _frame(rows: pa.Table) -> pd.DataFrame:
    return rows.to_pandas()
