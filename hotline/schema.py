"""The archive's table in Arrow: its columns, and rows of it as frames."""

import pandas as pd
import pyarrow as pa

from hotline import columns, periods

_TYPES = {
    columns.TEXT: pa.string(),
    columns.MOMENT: pa.timestamp("us"),
    columns.INTEGER: pa.int64(),
    columns.YES_NO: pa.bool_(),
}
_OURS = [
    ("week", pa.string()),
    ("nth", pa.int16()),
    ("source", pa.string()),
    ("source_row", pa.int64()),
    ("exported_at", pa.timestamp("us")),
    ("visit_source", pa.string()),
]
"""`nth` numbers the handlings of a request from 0. Counting those at 0 avoids comparing ids, the dominant cost on large
tables. `source` and `source_row` say where a row came from, `exported_at` how fresh it is, `visit_source` names the file
of visits that brought the visit, if one did."""


def schema() -> pa.Schema:
    """The table's columns: those of a handling, then the archive's own. Times are local, without a zone."""
    return pa.schema([(column.name, _TYPES[column.kind]) for column in columns.COLUMNS] + _OURS)


def with_missing(rows: pa.Table, wanted: pa.Schema) -> pa.Table:
    """The rows with all columns wanted, those that they lack as missing."""
    for field in wanted:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(len(rows), field.type))
    return rows.select(wanted.names).cast(wanted)


def placed(handlings: pd.DataFrame) -> pd.DataFrame:
    """With the week of its request, and its number among the request's handlings, which come and go together."""
    nth = handlings.groupby("request_id").cumcount()
    return handlings.assign(week=weeks_of(handlings["requested_at"]), nth=nth)


def weeks_of(moments: pd.Series) -> pd.Series:
    """The ISO week of each moment, as the table is partitioned by it."""
    days = moments.dt.normalize()
    # Naming a week is slow: name the few distinct days, then map.
    return days.map({day: str(periods.containing(day.date())) for day in days.unique()})


def by_moment(rows: pa.Table, moment: str) -> pd.DataFrame:
    """Rows by a moment, request and unit. Arrow sorts texts five times as fast as pandas."""
    return frame_of(rows.sort_by([(name, "ascending") for name in (moment, "request_id", "unit")]))


def frame_of(rows: pa.Table) -> pd.DataFrame:
    """Rows as a frame; whole numbers, and yes or no, stay what they are where some are missing."""
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return rows.to_pandas(types_mapper=nullable.get)
