"""高发问题: what stays at the top of its unit group week after week; candidates for 每月一题."""

from datetime import datetime, timedelta
from itertools import compress

import pandas as pd

from hotline.center import UNKNOWN, Center

WEEKS, AT_LEAST = 6, 4
"""Of the last so many weeks, in at least so many."""


def persistent(handlings: pd.DataFrame, cutoff: datetime, center: Center) -> pd.DataFrame:
    """group, topic, unit, count, weeks, at_top, counts: topics of a unit that stay in their group's top decile.

    `handlings` are those received in the WEEKS weeks up to the cut-off. A topic of a unit is in the top decile of a
    week if, of its group's topics × units of that week, at most a tenth have as many or more: ties at the edge are
    out, and fewer than ten have no decile. `weeks` says in how many it was, AT_LEAST or more, `at_top` which ones (by
    their first day), `counts` its handlings in each week, the earliest first, `count` those of all. By weeks, then
    count. A topic that is not stated is no topic; a place is never looked at.
    """
    start = cutoff - timedelta(weeks=WEEKS)
    rows = handlings.dropna(subset=["unit", "topic"])
    rows = rows[(rows["requested_at"] >= start) & (rows["requested_at"] < cutoff)]
    rows = rows.assign(
        group=rows["unit"].map(center.group_of).fillna(UNKNOWN),
        week=(rows["requested_at"] - start) // timedelta(weeks=1),
    )
    sizes = (
        rows.groupby(["week", "group", "topic", "unit"], observed=True).size().rename("size").reset_index()
    )
    in_week = sizes.groupby(["week", "group"])["size"]
    top = in_week.rank(ascending=False, method="max") * 10 <= in_week.transform("size")
    sizes["top"] = top.astype("int64")
    key = ["group", "topic", "unit"]
    by_week = sizes.set_index([*key, "week"])
    counts, top = (
        by_week[name].unstack(fill_value=0).reindex(columns=range(WEEKS), fill_value=0).astype("int64")
        for name in ("size", "top")
    )
    stayed = pd.DataFrame({"count": counts.sum(axis=1), "weeks": top.sum(axis=1)})
    first_days = [(start + timedelta(weeks=week)).date() for week in range(WEEKS)]
    stayed["at_top"] = [list(compress(first_days, marks)) for marks in top.to_numpy()]
    stayed["counts"] = counts.to_numpy().tolist()
    return (
        stayed[stayed["weeks"] >= AT_LEAST]
        .reset_index()
        .sort_values(["weeks", "count", *key], ascending=[False, False, True, True, True], ignore_index=True)
    )
