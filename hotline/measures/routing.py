"""直办与转办: who took a request on, and what became of requests as a whole.

A request that was handed on counts as closed when all its handlings are; one answered in-house, or of a center whose
exports name no units, by its own closing.
"""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd

from hotline.center import UNKNOWN, Center
from hotline.measures.tallies import known_at, shared
from hotline.periods import Period

DIRECT, HANDED_ON = "直办", "转办"


def by_way(by_request: pd.DataFrame) -> pd.DataFrame:
    """way, count, requests_closed, share: requests answered in-house (直办) and handed on (转办), as a share of all, even
    at zero. `by_request` is of the function of that name."""
    of_way = {way: by_request.loc[by_request["way"] == way, "closed_at"] for way in (DIRECT, HANDED_ON)}
    rows = [(way, len(closings), int(closings.count())) for way, closings in of_way.items()]
    counts = pd.DataFrame(rows, columns=["way", "count", "requests_closed"])
    return shared(counts, len(by_request))


def by_request(handlings: pd.DataFrame, cutoff: datetime) -> pd.DataFrame:
    """One row per request: its first handling's columns but for `way` and `closed_at`.

    `way` is 转办 if any of its rows has a unit, else 直办. `closed_at` is its last closing, missing unless all its rows are
    closed by the cut-off.
    """
    rows = handlings.assign(closed_at=known_at(handlings["closed_at"], cutoff))
    groups = rows.groupby("request_id")["closed_at"]
    last = groups.max().where(groups.count() == groups.size())
    requests = rows.drop_duplicates("request_id").reset_index(drop=True)
    handed_on = requests["request_id"].isin(handlings.loc[handlings["unit"].notna(), "request_id"])
    way = handed_on.map({True: HANDED_ON, False: DIRECT}).astype("str")
    return requests.assign(way=way, closed_at=last.reindex(requests["request_id"]).to_numpy())


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
    """The rows of `by_request` that are closed by the cut-off.

    They go wherever requests do: by_kind(closed_requests(…), center) are the kinds of what was closed.
    """
    return by_request(handlings, cutoff).dropna(subset="closed_at").reset_index(drop=True)


def at_hand(open_before: pd.DataFrame, received: pd.DataFrame, period: Period) -> dict[str, pd.DataFrame]:
    """What there was to do in the period, in rows of `by_request`: carried, received, in_all, requests_closed, still_open.

    `open_before` are handlings received before the period and open at its start, as they stood at the cut-off.
    carried (结转) and received are in_all (办理总量); so are requests_closed and still_open.
    """
    waiting = known_at(open_before["closed_at"], period.start).isna()
    before = open_before[waiting & (open_before["requested_at"] < period.start)]
    within = (received["requested_at"] >= period.start) & (received["requested_at"] < period.cutoff)
    carried, new = (by_request(rows, period.cutoff) for rows in (before, received[within]))
    in_all = pd.concat([carried, new], ignore_index=True)
    closed = in_all["closed_at"].notna()
    return {
        "carried": carried,
        "received": new,
        "in_all": in_all,
        "requests_closed": in_all[closed],
        "still_open": in_all[~closed],
    }


def carried_over(at_hand: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row: how many requests each frame of `at_hand` has."""
    return pd.DataFrame([{name: len(rows) for name, rows in at_hand.items()}])
