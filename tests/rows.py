"""Handlings for tests of definitions: only what a test speaks of is written down, the other columns are missing."""

import pandas as pd
from hypothesis import strategies as st

from hotline import columns, profiles

JUNAN = profiles.load("junan")
DEMO = JUNAN.model_copy(
    update={"columns": {name: (name,) for name in columns.names() if name != "repeat_of"}}
)
"""A center whose exports have every column but the platform's own mark of repeats."""
WEEK = DEMO.period("2021-W43")
"""Monday 25 October 2021 to Sunday 31 October; the cut-off is Monday 1 November 00:00."""


def handlings(*rows: dict, **same: object) -> pd.DataFrame:
    """One row per dict, with `same` in all of them; ids are 0, 1, 2 …; a moment is written "10-26 09:00" (of 2021)."""
    frame = columns.completed(
        pd.DataFrame([{"request_id": str(n), **same, **row} for n, row in enumerate(rows)])
    )
    for name in columns.names(kind=columns.MOMENT):
        frame[name] = [pd.Timestamp(f"2021-{at}" if isinstance(at, str) else at) for at in frame[name]]
    kinds = {column.name: columns.DTYPES[column.kind] for column in columns.COLUMNS}
    return frame.astype(kinds)


def moments(first: str, last: str) -> st.SearchStrategy:
    """A minute of 2021 between these days."""
    day = st.sampled_from(list(pd.date_range(f"2021-{first}", f"2021-{last}")))
    minute = st.sampled_from([0, 1, 9 * 60, 17 * 60 + 30, 24 * 60 - 1])
    return st.builds(lambda at, m: at + pd.Timedelta(minutes=m), day, minute)


_perhaps = st.none() | moments("10-20", "11-04")
anything = st.lists(
    st.fixed_dictionaries(
        {
            "requested_at": moments("09-20", "11-04"),
            "due_at": _perhaps,
            "extended_due_at": _perhaps,
            "closed_at": _perhaps,
            "responded_at": _perhaps,
            "respond_due_at": _perhaps,
            "unit": st.sampled_from(["大店镇", "住建局", "名册外的单位", None]),
            "topic": st.sampled_from(["卫生", "交通", None]),
            "kind": st.sampled_from(["求助", None]),
            "caller": st.sampled_from(["a", "b", None]),
        }
    ),
    min_size=1,
    max_size=15,
).map(lambda rows: handlings(*rows))
"""Handlings around the week, some of them received, due and closed after its cut-off."""
