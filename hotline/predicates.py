"""Which rows, and which data files, a read of the archive's table wants: for Arrow's filter, and for the log's SQL."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from hotline import periods


def within(column: str, start: datetime, end: datetime) -> pc.Expression:
    """Arrow's filter for the rows whose moment lies in [start, end)."""
    moment = pa.timestamp("us")
    return (pc.field(column) >= pa.scalar(start, moment)) & (pc.field(column) < pa.scalar(end, moment))


def between(column: str, start: datetime, end: datetime) -> str:
    """The same as SQL over the log, which rules out files by their least and greatest value."""
    return f"{column} >= '{start:%Y-%m-%d %H:%M:%S.%f}' AND {column} < '{end:%Y-%m-%d %H:%M:%S.%f}'"


def weeks_between(start: datetime, end: datetime) -> str:
    """SQL for the partitions that [start, end) touches, so that a read opens no other."""
    first, last = periods.containing(start), periods.containing(end)
    names = [str(first)]
    while first < last:
        first = first.next
        names.append(str(first))
    return in_weeks(names)


def in_weeks(weeks: list[str]) -> str:
    """SQL for these partitions."""
    return f"week IN ({', '.join(map(literal, weeks))})"


def literal(text: str) -> str:
    """Text as SQL has it: an id is data, whatever signs it holds."""
    return "'" + text.replace("'", "''") + "'"
