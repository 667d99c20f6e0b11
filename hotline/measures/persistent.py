"""高发问题: what stays at the top of its unit group week after week; candidates for 每月一题."""

from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta

import pandas as pd

from hotline.center import UNKNOWN, Center

KEY = ["group", "topic", "unit"]
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
    sizes = rows.groupby([*KEY, "week"], observed=True).size().to_dict()
    in_week = defaultdict(list)
    for (group, _, _, week), size in sizes.items():
        in_week[group, week].append(size)
    ordered = {name: sorted(peers) for name, peers in in_week.items()}
    at_top = defaultdict(list)
    for (*name, week), size in sorted(sizes.items()):
        peers = ordered[name[0], week]
        if (len(peers) - bisect_left(peers, size)) * 10 <= len(peers):  # as many or more
            at_top[*name].append(week)
    first_days = [(start + timedelta(weeks=week)).date() for week in range(WEEKS)]
    stayed = []
    for name, weeks in at_top.items():
        if len(weeks) >= AT_LEAST:
            counts = [sizes.get((*name, week), 0) for week in range(WEEKS)]
            days = [first_days[week] for week in weeks]
            stayed.append((*name, sum(counts), len(weeks), days, counts))
    stayed.sort(key=lambda row: (-row[4], -row[3], *row[:3]))
    return pd.DataFrame(stayed, columns=[*KEY, "count", "weeks", "at_top", "counts"])
