"""直办与转办: who took a request on, and what became of requests as a whole.

A request that was handed on counts as closed when all its handlings are; one answered in-house, or of a center whose
exports name no units, by its own closing.
"""

from datetime import datetime

import pandas as pd

from hotline.center import UNKNOWN, Center
from hotline.measures.tallies import known_at, shared
from hotline.periods import Period

DIRECT, HANDED_ON = "直办", "转办"


def by_way(handlings: pd.DataFrame, cutoff: datetime) -> pd.DataFrame:
    """way, count, closed, share: requests answered in-house (直办) and handed on (转办), as a share of all, even at zero."""
    ways = requests_by_way(handlings)
    closed = ways["request_id"].isin(closed_requests(handlings, cutoff)["request_id"])
    counts = pd.DataFrame({"way": [DIRECT, HANDED_ON]})
    counts["count"] = [int((ways["way"] == way).sum()) for way in counts["way"]]
    counts["closed"] = [int(((ways["way"] == way) & closed).sum()) for way in counts["way"]]
    return shared(counts, len(ways))


def requests_by_way(handlings: pd.DataFrame) -> pd.DataFrame:
    """One row per request, its first handling's columns, and `way`: 转办 if any of its rows has a unit, else 直办."""
    handed_on = handlings.loc[handlings["unit"].notna(), "request_id"]
    requests = handlings.drop_duplicates("request_id").reset_index(drop=True)
    way = requests["request_id"].isin(handed_on).map({True: HANDED_ON, False: DIRECT})
    return requests.assign(way=way.astype("str"))


def by_group(handlings: pd.DataFrame, center: Center) -> pd.DataFrame:
    """group, name, count, share, requests, requests_share: what was handed on to each unit group.

    `count` are handlings and `share` their share of all, so groups add up. `requests` are the requests that any unit
    of the group has, `requests_share` their share of 转办; a request of two groups is in both. Groups come in the
    profile's order, the units that it does not know last, if there are any.
    """
    given = handlings.dropna(subset="unit")
    given = given.assign(group=given["unit"].map(center.group_of).fillna(UNKNOWN))
    names = {key: group.name for key, group in center.unit_groups.items()}
    if (given["group"] == UNKNOWN).any():
        names[UNKNOWN] = "其他单位"
    sizes = given.groupby("group")["request_id"].agg(["size", "nunique"]).reindex(names, fill_value=0)
    counts = pd.DataFrame(
        {"group": list(names), "name": list(names.values()), "count": sizes["size"].to_numpy()}
    )
    counts = shared(counts, len(given)).assign(requests=sizes["nunique"].to_numpy())
    return shared(counts, given["request_id"].nunique(), "requests", "requests_share")


def closed_requests(handlings: pd.DataFrame, cutoff: datetime) -> pd.DataFrame:
    """One row per request that is closed by the cut-off: its first handling's columns, `closed_at` its last closing.

    It goes wherever requests do: by_kind(closed_requests(…), center) are the kinds of what was closed.
    """
    rows = handlings.assign(closed_at=known_at(handlings["closed_at"], cutoff))
    open_ids = rows.loc[rows["closed_at"].isna(), "request_id"]
    rows = rows[~rows["request_id"].isin(open_ids)]
    last = rows.groupby("request_id")["closed_at"].max()
    requests = rows.drop_duplicates("request_id").reset_index(drop=True)
    return requests.assign(closed_at=last.reindex(requests["request_id"]).to_numpy())


def carried_over(open_before: pd.DataFrame, received: pd.DataFrame, period: Period) -> pd.DataFrame:
    """One row, in requests: carried, received, in_all, closed, still_open: 结转 and what was handled in all.

    `open_before` are handlings received before the period and open at its start, as they stood at the cut-off.
    carried + received = in_all = closed + still_open.
    """
    carried = open_before[
        (open_before["requested_at"] < period.start) & known_at(open_before["closed_at"], period.start).isna()
    ]
    new = received[(received["requested_at"] >= period.start) & (received["requested_at"] < period.cutoff)]
    counts = {"carried": carried["request_id"].nunique(), "received": new["request_id"].nunique()}
    closed = sum(len(closed_requests(rows, period.cutoff)) for rows in (carried, new))
    in_all = counts["carried"] + counts["received"]
    return pd.DataFrame([{**counts, "in_all": in_all, "closed": closed, "still_open": in_all - closed}])
