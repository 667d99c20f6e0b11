"""变动来源: which topics and units made the total move."""

import pandas as pd

from hotline import wording
from hotline.measures.tallies import shared
from hotline.wording import NOT_STATED


def movement(now: pd.DataFrame, before: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The columns of `by`, count, previous, difference, change: how much each moved since the period before.

    Rows are counted: requests by ["topic"], handlings by ["unit"] or ["topic", "unit"]. What does not state its topic
    or unit is under NOT_STATED, so the differences add up to that of all rows. The largest rise is first, the largest
    fall last. `change` is the difference as printed: 增加3件, 减少41件, 持平.
    """
    sizes = [
        rows[by].fillna(NOT_STATED).groupby(by, observed=True).size().rename(name)
        for rows, name in ((now, "count"), (before, "previous"))
    ]
    moved = pd.concat(sizes, axis=1).fillna(0).astype("int64").rename_axis(by).reset_index()
    moved["difference"] = moved["count"] - moved["previous"]
    moved["change"] = list(map(wording.difference, moved["count"], moved["previous"]))
    keys = ["difference", "count", *by]
    return moved.sort_values(keys, ascending=[False, False, *[True] * len(by)], ignore_index=True)


def explaining(moved: pd.DataFrame, at_most: int = 3) -> pd.DataFrame:
    """The few rows of `movement` that explain most of the total's move, the largest first, with `of_change`, their share.

    They move the way the total does; rows are taken until they are more than half of its move, at most `at_most`.
    Empty where the total did not move. `of_change` is None where a row moved by more than the total, which others held.
    """
    total = int(moved["difference"].sum())
    sign = (total > 0) - (total < 0)
    along = (
        moved.assign(size=moved["difference"] * sign)
        .query("size > 0")
        .sort_values("size", ascending=False, kind="stable", ignore_index=True)
    )
    reached = along["size"].cumsum().shift(fill_value=0) * 2 > abs(total)
    few = along[~reached].head(at_most) if sign else along.head(0)
    shares = shared(few, abs(total), "size")["share"].where(few["size"] <= abs(total), None)
    return few.drop(columns="size").assign(of_change=shares)
