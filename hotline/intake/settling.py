"""What need not be merged: requests of which the archive has the same, or something newer, already.

They are recognised by fingerprints, week by week, so that an export which comes again costs little more than reading it, and
the archive's rows are never all in memory.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hotline.archive import Archive
from hotline.intake import fingerprints
from hotline.schema import weeks_of

_NEVER = np.iinfo("int64").min


@dataclass
class Settled:
    """`left`: the exports without what is settled. `outcome`: for each row of an export that is, `older`, `unchanged` or
    `touched`, by its `origin`. `touched`: those handlings, which are written again as being from this export. `newer`: the
    moments of the archive's exports that it takes to be newer than one of these."""

    left: list[pd.DataFrame]
    outcome: pd.Series
    touched: list[pd.DataFrame]
    newer: set[pd.Timestamp] = field(default_factory=set)


def settle(archive: Archive, exports: list[pd.DataFrame], merged: set[str], again: bool = False) -> Settled:
    """`exports`: handlings, an export at a time, the oldest first; `merged`: requests that must be merged in any case.
    With `again` they count, however old: what the archive has the same of is written again as being from them.

    A request lies in one week, that of its receipt: one that the archive has in another week is not settled here.
    """
    settled = Settled([], pd.Series(dtype=object), [])
    if archive.version is None or not exports:
        return Settled(exports, settled.outcome, [])
    ids = pd.Index(pd.unique(pd.concat([export["request_id"] for export in exports])), dtype=object)
    held_at, held = _held(archive, exports, ids)
    later, outcomes = ids.isin(merged), []
    for export in reversed(exports):
        position = ids.get_indexer(export["request_id"])
        ours = np.zeros(len(ids), dtype="uint64")
        np.add.at(ours, position, fingerprints.of_frame(export.assign(visit_source=None)))
        moment = export["exported_at"].iloc[0].to_datetime64().astype("datetime64[us]").astype("int64")
        known = held_at != _NEVER
        later_held = np.unique(held_at[position][held_at[position] > moment])
        settled.newer.update(map(pd.Timestamp, later_held.astype("datetime64[us]")))
        same = known & (ours == held) & ~later
        words = np.select(
            [known & (moment < held_at) & (not again), same & (moment == held_at), same],
            ["older", "unchanged", "touched"],
            "",
        )[position]
        outcomes.append(pd.Series(words, index=export["origin"])[words != ""])
        settled.left.insert(0, export[words == ""])
        settled.touched.append(export[words == "touched"])
        later[position] = True
    settled.outcome = pd.concat(outcomes)
    return settled


def _held(archive: Archive, exports: list[pd.DataFrame], ids: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """For each id the moment of the export that the archive has it from (_NEVER if none), and its fingerprint."""
    held_at, held = np.full(len(ids), _NEVER), np.zeros(len(ids), dtype="uint64")
    weeks = sorted({week for export in exports for week in weeks_of(export["requested_at"]).unique()})
    for rows in archive.scan(weeks, [*fingerprints.names(), "exported_at"]):
        position = ids.get_indexer(rows["request_id"].to_numpy(zero_copy_only=False))
        if not (ours := position >= 0).any():
            continue
        rows, position = rows.filter(ours), position[ours]
        np.add.at(held, position, fingerprints.of_rows(lambda name, rows=rows: rows[name]))
        np.maximum.at(held_at, position, rows["exported_at"].cast("int64").to_numpy(zero_copy_only=False))
    return held_at, held
