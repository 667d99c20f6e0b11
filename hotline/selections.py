"""Which rows a figure counts, and how: the unit of count says it.

件 counts requests, by their ids: a request that was given to three units is one. 件次 counts handlings, 次 visits: a row each.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from hotline.wording import NOT_STATED

REQUESTS, HANDLINGS, VISITS = "件", "件次", "次"
"""Units of count."""


@dataclass(frozen=True)
class Selection:
    """Of the rows of a frame, those that have these values: column → value."""

    frame: pd.DataFrame
    unit: str
    values: Mapping[str, object] = field(default_factory=dict)

    def rows(self) -> pd.DataFrame:
        """The rows that are counted, as they stand in the frame."""
        chosen = self.frame
        for column, value in self.values.items():
            here = chosen[column] == value
            chosen = chosen[here | chosen[column].isna() if value == NOT_STATED else here]
        return chosen


def count(rows: pd.DataFrame, unit: str) -> int:
    """How many a unit of count finds in these rows."""
    return rows["request_id"].nunique() if unit == REQUESTS else len(rows)


def counts(frame: pd.DataFrame, unit: str, keys: list[str]) -> dict[tuple, int]:
    """How many it finds for every combination of values of the key columns; missing reads as 未注明."""
    if not keys:
        return {(): count(frame, unit)}
    counted = frame.drop_duplicates([*keys, "request_id"]) if unit == REQUESTS else frame
    sizes: Counter = Counter()
    for key, size in counted.groupby(keys, sort=False, observed=True, dropna=False).size().items():
        stated = key if isinstance(key, tuple) else (key,)
        sizes[tuple(NOT_STATED if pd.isna(value) else value for value in stated)] += int(size)
    return sizes
