"""What each data file of an archive says of its weeks and days, counted once: a cache that may be deleted at any time.

A data file never changes, so its counts are kept under its name, for all files of a center in one Parquet file beside
the archive. Ten years of weeks are then read in the time that one week takes; an issue is the same with it and without.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hotline import whole

SERIES = ["topic", "subtopic", "unit", "kind"]
"""What names a series; empty where it is not divided by that. The total is empty throughout."""
GROUPED = (("topic",), ("topic", "subtopic"), ("unit",), ("topic", "unit"), ("kind",), ())
"""Series by a unit count handlings, all others requests; what does not state its topic, unit, … is in no such series."""
NEEDED = ["requested_at", "nth", *SERIES]
"""The columns that are counted."""
_DAY_ZERO = 3
"""The first day of the moments' own calendar, 1 January 1970, was a Thursday."""
COUNTS = pa.schema(
    [
        ("week", pa.int32()),
        *((name, pa.dictionary(pa.int32(), pa.string())) for name in SERIES),
        ("count", pa.int32()),
    ]
)


def by_week_and_series(rows: pa.Table, first_weekday: int) -> pa.Table:
    """Requests or handlings by week and series (GROUPED). `week` is its first day, in days since 1970."""
    day = pc.floor_temporal(rows["requested_at"], unit="day").cast(pa.timestamp("s")).cast(pa.int64())
    days = day.to_numpy() // 86_400
    weeks = days - (days + _DAY_ZERO - first_weekday) % 7
    rows = rows.append_column("week", pa.array(weeks, pa.int32()))
    first = rows.filter(pc.equal(rows["nth"], 0))
    parts = []
    for by in GROUPED:
        chosen = rows if "unit" in by else first
        for name in by:
            chosen = chosen.filter(pc.is_valid(chosen[name]))
        counts = chosen.group_by(["week", *by]).aggregate([([], "count_all")])
        empty = pa.array([""] * len(counts), pa.string())
        parts.append(
            pa.table(
                {
                    "week": counts["week"],
                    **{name: counts[name] if name in by else empty for name in SERIES},
                    "count": counts["count_all"].cast(pa.int32()),
                }
            )
        )
    return pa.concat_tables(parts)


DAYS = pa.schema([("day", pa.timestamp("us")), ("requests", pa.int64()), ("last", pa.timestamp("us"))])


def by_day(rows: pa.Table) -> pa.Table:
    """The days that have requests: how many, and the moment of the last."""
    first = rows.filter(pc.equal(rows["nth"], 0))
    first = first.append_column("day", pc.floor_temporal(first["requested_at"], unit="day"))
    counts = first.group_by("day").aggregate([("requested_at", "count"), ("requested_at", "max")])
    return pa.table(dict(zip(DAYS.names, counts.columns, strict=True)), schema=DAYS)


class Cache:
    """Rows worked out of data files, kept under their names in one Parquet file; `schema` is that of the rows."""

    def __init__(self, path: Path, schema: pa.Schema):
        self._path = path
        self._schema = schema.insert(0, pa.field("file", pa.dictionary(pa.int32(), pa.string())))

    def of(
        self,
        files: Iterable[str],
        work_out: Callable[[list[str]], Iterable[tuple[str, pa.Table]]],
        keep: set[str] | None,
    ) -> pa.Table:
        """The rows of these files; those of files that it does not have by `work_out`: (file, rows) of each.

        They are added, and rows of files that are not in `keep` dropped; None leaves the cache as it is.
        """
        files, held = list(files), self._load()
        there = set(held["file"].unique().to_pylist())
        if fresh := [file for file in files if file not in there]:
            parts = [_named(file, rows, self._schema) for file, rows in work_out(fresh)]
            held = pa.concat_tables([held, *parts]).unify_dictionaries()
            if keep is not None:
                held = held.filter(pc.is_in(held["file"], pa.array([*keep], pa.string())))
                self._save(held)
        return held.filter(pc.is_in(held["file"], pa.array(files, pa.string()))).drop_columns("file")

    def _load(self) -> pa.Table:
        """What is there; nothing where there is no file that can be read, or one of another shape."""
        with suppress(OSError, pa.ArrowInvalid):
            if pq.read_schema(self._path).equals(self._schema):
                return pq.read_table(self._path)
        return self._schema.empty_table()

    def _save(self, rows: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression="zstd")
        _replace(self._path, sink.getvalue())


@contextmanager
def remembered(path: Path, most: int = 500) -> Iterator[dict]:
    """Values by name, kept in a file of JSON, at most so many, those of the last use; empty where there is none that can be read."""
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError):
        held = {}
    there = set(held)
    yield held
    if set(held) != there:
        _replace(path, json.dumps(dict(list(held.items())[-most:])).encode())


def _replace(path: Path, content: bytes) -> None:
    """Where it cannot be written the next issue works it out anew."""
    with suppress(OSError):
        whole.write(path, content, private=True)


def _named(file: str, rows: pa.Table, schema: pa.Schema) -> pa.Table:
    rows = rows.add_column(0, "file", pa.array([file] * len(rows), pa.string()))
    return rows.select(schema.names).cast(schema)


def nothing() -> pd.DataFrame:
    """No week and no series."""
    series = pd.MultiIndex.from_arrays([[] for _ in SERIES], names=SERIES)
    return pd.DataFrame(
        index=pd.DatetimeIndex([], name="week").as_unit("us"), columns=series, dtype="float64"
    )


def wide(counts: pa.Table) -> pd.DataFrame:
    """Counts (of `by_week_and_series`) with a row a week, none left out, and a column a series; 0 where there is nothing."""
    if not len(counts):
        return nothing()
    counts = counts.unify_dictionaries().combine_chunks()
    codes, names = np.zeros(len(counts), dtype="int64"), {}
    for name in SERIES:
        column = counts[name].combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        names[name] = column.dictionary.to_numpy(zero_copy_only=False)
        codes = codes * len(names[name]) + column.indices.to_numpy()
    series, place = np.unique(codes, return_inverse=True)
    weeks = counts["week"].to_numpy()
    first, last = weeks.min(), weeks.max()
    values = np.zeros(((last - first) // 7 + 1, len(series)))
    np.add.at(values, ((weeks - first) // 7, place), counts["count"].to_numpy())
    levels = []
    for name in reversed(SERIES):
        series, code = np.divmod(series, len(names[name]))
        levels.append(names[name][code])
    index = pd.DatetimeIndex(pd.to_datetime(np.arange(first, last + 1, 7), unit="D"), name="week").as_unit(
        "us"
    )
    frame = pd.DataFrame(values, index, pd.MultiIndex.from_arrays(levels[::-1], names=SERIES))
    return frame.sort_index(axis=1)
