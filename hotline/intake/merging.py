"""Rows of an import as handlings, and how they are put together with what the archive has of the same requests.

Rows of exports become handlings; a newer export replaces a request whole. All functions are pure.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from hotline import columns
from hotline.columns import HANDLING, REQUEST, VISIT, about
from hotline.intake import fingerprints
from hotline.schema import frame_of

_KEY = list(columns.KEY)
_TOGETHER = 100_000


def handlings(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per handling, out of the rows of one export, and a frame of what was decided on the way.

    `rows`: all columns, with `unit` a tuple of names, and `file`, `row`, `exported_at`; the index tells rows apart, and is
    kept as column `origin`. Rules, in this order:

    1. A row that names several units is as many handlings, which share its closing and visit. A row without a unit
       is a handling without one, unless another row of the request names a unit.
    2. Of rows for the same request and unit the one with the latest event (closing, visit) counts; among equals the one
       with more cells filled, then the lower one of the later file.
    3. What belongs to the request is taken, column by column, from the row that comes last by the same order and has it.

    The second frame has one row per file: `conflicts`, handlings given twice with different contents;
    `disagreeing`, requests whose rows differ in a column of the request.
    """
    units = rows["unit"].tolist()
    counts = np.fromiter((len(names) or 1 for names in units), dtype="int64", count=len(units))
    frame = rows.iloc[np.repeat(np.arange(len(rows)), counts)] if (counts > 1).any() else rows
    flat = [name for names in units for name in (names or (None,))]
    frame = frame.assign(unit=pd.Series(flat, index=frame.index, dtype=object)).reset_index(names="origin")

    several = frame["request_id"].duplicated(keep=False)
    if not several.any():
        return frame, pd.DataFrame(columns=["conflicts", "disagreeing"])
    settled = [_settled(part) for part in _parts(frame[several])]
    kept = pd.concat([frame[~several], *(kept for kept, _ in settled)]).sort_index().reset_index(drop=True)
    decided = pd.concat([decided for _, decided in settled])
    return kept, decided.groupby(level=0).sum().astype(int)


def _parts(multi: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Whole requests, some _TOGETHER rows at a time: what is worked out of rows takes several times their memory."""
    requests, _ = pd.factorize(multi["request_id"])
    part = (np.cumsum(np.bincount(requests)) // _TOGETHER)[requests]
    yield from (of_part for _, of_part in multi.groupby(part))


def _settled(multi: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The handlings of requests that have several rows, and what was decided, by file."""
    order = multi[["file", "row"]].assign(
        latest=multi[columns.events()].max(axis=1), filled=multi[columns.names()].notna().sum(axis=1)
    )
    order = order.sort_values(["latest", "filled", "file", "row"], na_position="first", kind="stable")
    multi = multi.loc[order.index]

    by_request = multi.groupby("request_id", sort=False)
    of_request = about(REQUEST)
    differing = by_request[of_request].nunique().gt(1).any(axis=1)
    disagreeing = (
        multi[multi["request_id"].isin(differing.index[differing])].groupby("file")["request_id"].nunique()
    )
    multi = multi.assign(**{column: by_request[column].transform("last") for column in of_request})

    named = multi.groupby("request_id", sort=False)["unit"].transform("count") > 0
    multi = multi[multi["unit"].notna() | ~named]
    beaten = multi.duplicated(_KEY, keep="last")
    content = pd.util.hash_pandas_object(
        multi[[*about(HANDLING), *about(VISIT)]].astype(object).fillna(""), index=False
    )
    winner = content.groupby([multi["request_id"], multi["unit"].fillna("")]).transform("last")
    conflicts = multi[beaten & (content != winner)].groupby("file").size()
    return multi[~beaten], pd.DataFrame({"conflicts": conflicts, "disagreeing": disagreeing}).fillna(0)


def archived(stored: pa.Table) -> pd.DataFrame:
    """Handlings as the archive gives them, in the form of those that come in."""
    texts = {field.name: object for field in stored.schema if field.type == pa.string()}
    return frame_of(stored).astype(texts)


def complete(incoming: pd.DataFrame, stored: pd.DataFrame, absent: dict[int, set[str]]) -> pd.DataFrame:
    """Incoming handlings with what only the archive knows of them.

    A column that a file does not have (`absent`: file → columns) says nothing, so the archive's value stands; what a
    visit said stands with that visit. A visit that a separate file of visits brought stands as long as the export names
    none for that handling.
    """
    incoming = incoming.assign(visit_source=None)
    if stored.empty:
        return incoming
    lacking_unit = _files_without("unit", incoming, absent) & incoming["request_id"].isin(
        stored["request_id"]
    )
    if lacking_unit.any():
        spread = incoming[lacking_unit].drop(columns="unit").merge(stored[_KEY], on="request_id", how="left")
        incoming = pd.concat([incoming[~lacking_unit], spread], ignore_index=True)
    of_handling = stored.set_index(_pairs(stored))
    of_handling = of_handling[~of_handling.index.duplicated()]
    position = of_handling.index.get_indexer(_pairs(incoming))
    of_request = stored.drop_duplicates("request_id").set_index("request_id")
    request_position = of_request.index.get_indexer(incoming["request_id"])
    for of, source, where in ((REQUEST, of_request, request_position), (HANDLING, of_handling, position)):
        for column in about(of):
            lacks = _files_without(column, incoming, absent) & (where >= 0)
            if lacks.any():
                incoming.loc[lacks, column] = source[column].array[where[lacks]]
    silent = incoming[about(VISIT)].isna().all(axis=1).to_numpy() & (position >= 0)
    from_visits = np.zeros(len(incoming), dtype=bool)
    from_visits[position >= 0] = of_handling["visit_source"].notna().to_numpy()[position[position >= 0]]
    keeps = silent & (_files_without("visited_at", incoming, absent) | from_visits)
    for column in (*about(VISIT), "visit_source"):
        incoming.loc[keeps, column] = of_handling[column].array[position[keeps]]
    at = np.maximum(position, 0)
    same_visit = (position >= 0) & (
        incoming["visited_at"].to_numpy() == of_handling["visited_at"].to_numpy()[at]
    )
    for column in about(VISIT):
        lacks = same_visit & ~keeps & _files_without(column, incoming, absent)
        incoming.loc[lacks, column] = of_handling[column].array[position[lacks]]
    return incoming


def _pairs(handlings: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([handlings["request_id"], handlings["unit"].fillna("")])


def _files_without(column: str, incoming: pd.DataFrame, absent: dict[int, set[str]]) -> np.ndarray:
    """Which handlings come from a file that does not have the column."""
    return incoming["file"].map({file: column in columns for file, columns in absent.items()}).to_numpy(bool)


def outnumbered(incoming: pd.DataFrame, stored: pd.DataFrame) -> int:
    """How many requests have, from another export of the same moment, handlings that `incoming` does not name.

    A platform that exports unit by unit makes such files; imported one by one each takes the others' handlings away.
    """
    rivals = stored.merge(
        incoming[["request_id", "exported_at"]].drop_duplicates(), on=["request_id", "exported_at"]
    )
    rivals = rivals[~rivals["source"].isin(incoming["source"].unique())]
    return rivals.loc[~_pairs(rivals).isin(_pairs(incoming)), "request_id"].nunique()


def overtaken(incoming: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Which incoming handlings are of requests that a newer export is known to have."""
    if known.empty:
        return pd.Series(False, index=incoming.index)
    newest = known.groupby("request_id")["exported_at"].max()
    return incoming["exported_at"] < incoming["request_id"].map(newest)


def outcomes(incoming: pd.DataFrame, stored: pd.DataFrame) -> pd.Series:
    """For each incoming handling, what its request is to the archive: `stored` (new), `replaced`, `unchanged`, or
    `touched` (the same, from an export of another moment)."""
    if stored.empty:
        return pd.Series("stored", index=incoming.index, dtype=object)
    before = incoming["request_id"].map(stored.groupby("request_id")["exported_at"].max())
    ours, theirs = (
        pd.Series(fingerprints.of_frame(frame)).groupby(frame["request_id"].to_numpy()).sum()
        for frame in (incoming, stored)
    )
    same = incoming["request_id"].map(ours) == incoming["request_id"].map(theirs)
    conditions = [before.isna(), same & (incoming["exported_at"] != before), same]
    return pd.Series(
        np.select(conditions, ["stored", "touched", "unchanged"], "replaced"), index=incoming.index
    )


def join_visits(
    visits: pd.DataFrame, known: pd.DataFrame, absent: dict[int, set[str]], again: bool = False
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Visits put to the handlings that they name.

    `visits`: request_id, unit (tuple), the visit, source, file, row; `known`: all handlings of the requests named;
    `absent`: the columns that each file does not have, of which the handling's own value stands if the visit is the same.
    Returns the handlings with the visits in them, what became of each row of visits (`stored`, `replaced`,
    `unchanged`, `older`, `repeated`, `set_aside`), and the reason of each that was set aside. The latest visit to a
    handling counts; with `again` the latest of these files, however late the archive's is.
    """
    said = about(VISIT)
    of_request: dict[str, dict] = {}
    for at, request, unit, *visit in known[[*_KEY, *said]].itertuples(name=None):
        of_request.setdefault(request, {})[unit if isinstance(unit, str) else None] = (
            at,
            _visit(said, visit),
        )
    outcome, reason, latest = {}, {}, {}
    ordered = visits.sort_values(["visited_at", "file", "row"], kind="stable")
    for at, file, request, units, *visit in ordered[["file", *_KEY, *said]].itertuples(name=None):
        targets, problem = _targets(of_request.get(request), units)
        if problem:
            outcome[at], reason[at] = "set_aside", problem
            continue
        results = []
        for handling, before in targets:
            if handling in latest:  # of two rows for one handling the earlier is repeated by the later
                outcome[latest[handling][0]] = "repeated"
            after = _visit(said, visit)
            if after["visited_at"] == before["visited_at"]:
                after |= {name: before[name] for name in absent[file] & after.keys()}
            outcome_of = _outcome(before, after)
            results.append("replaced" if again and outcome_of == "older" else outcome_of)
            latest[handling] = (at, results[-1], after)
        outcome[at] = min(results, key=("stored", "replaced", "unchanged", "older").index)
    taken = {
        handling: (at, visit)
        for handling, (at, result, visit) in latest.items()
        if result in ("stored", "replaced")
    }
    changed = known.copy()
    for column in said:
        changed.loc[list(taken), column] = pd.array(
            [visit[column] for _, visit in taken.values()], dtype=changed[column].dtype
        )
    changed.loc[list(taken), "visit_source"] = visits.loc[
        [at for at, _ in taken.values()], "source"
    ].to_numpy()
    return changed, pd.Series(outcome, dtype=object), pd.Series(reason, dtype=object)


def _visit(names: list[str], values: list) -> dict[str, object]:
    return {name: None if pd.isna(value) else value for name, value in zip(names, values, strict=True)}


def _outcome(before: dict, after: dict) -> str:
    """What a visit is to a handling's own: new, a later or corrected one, the same, or an earlier one."""
    if all(value is None for value in before.values()):
        return "stored"
    if after == before:
        return "unchanged"
    is_older = before["visited_at"] is not None and after["visited_at"] < before["visited_at"]
    return "older" if is_older else "replaced"


def _targets(handlings_of: dict | None, units: tuple[str, ...]) -> tuple[list, str | None]:
    if not handlings_of:
        return [], "档案里没有这个工单"
    if units:
        missing = [unit for unit in units if unit not in handlings_of]
        return (
            ([], f"这个工单没有交给“{'、'.join(missing)}”")
            if missing
            else ([handlings_of[unit] for unit in units], None)
        )
    if len(handlings_of) > 1:
        return [], "工单有几个承办单位，没有写明回访的是哪一个"
    return list(handlings_of.values()), None
