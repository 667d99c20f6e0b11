"""What must hold of a workspace whatever has befallen it, said without the project's own code: SQL, and eyes on folders."""

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
from deltalake import DeltaTable

from hotline import periods

CENTER = "junan"
MADE = {"bulletin.ipynb", "bulletin.html", "bulletin.pdf", "figures.json", "inputs.json"}
_SATISFIED = ("非常满意", "满意", "基本满意")


def table(home: Path) -> Path:
    return home / "data/archive" / CENTER


def rows(home: Path, version: int | None = None) -> sqlite3.Connection:
    """The archive at a version, in SQL, the moments as text."""
    frame = DeltaTable(str(table(home)), version=version).to_pandas()
    base = sqlite3.connect(":memory:")
    for name in frame.select_dtypes("datetime"):
        frame[name] = frame[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f")
    frame.to_sql("handlings", base)
    return base


def ids(home: Path) -> set[str]:
    return {id for (id,) in rows(home).execute("SELECT DISTINCT request_id FROM handlings")}


@cache
def sheet(export: Path) -> tuple[str, pd.DataFrame]:
    """The header of an export's ids, and its cells as text."""
    cells = (
        pd.read_csv(export, dtype=str)
        if export.suffix == ".csv"
        else pd.read_excel(export, dtype=str, engine="calamine")
    )
    return next(name for name in cells if "工单编号" in name), cells


@cache
def stored_of(export: Path) -> frozenset[str]:
    """The ids that an export's import must leave in the archive: those of rows that can be used."""
    number, cells = sheet(export)
    received = next(name for name in cells if name in ("受理时间", "来电时间"))
    usable = pd.to_datetime(cells[received], errors="coerce").notna()
    return frozenset(cells.loc[usable & cells[number].str.fullmatch(r"\d{12,}"), number])


# ---- figures -----------------------------------------------------------------------------------------------------------


def counted(base: sqlite3.Connection, period: periods.Period) -> dict:
    """An issue's figures as SQL counts them, of its own period and of the one before; of closings nothing where none is known."""
    start, cutoff = (f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in (period.start, period.cutoff))
    received = "FROM handlings WHERE requested_at >= :start AND requested_at < :cutoff"
    visited = "FROM handlings WHERE visited_at >= :start AND visited_at < :cutoff AND unit IS NOT NULL"
    given = {"start": start, "cutoff": cutoff}

    def by(name: str, what: str = "count(DISTINCT request_id)") -> dict:
        return dict(
            base.execute(f"SELECT {name}, {what} {received} AND {name} IS NOT NULL GROUP BY 1", given)
        )

    (total, handlings, closed) = base.execute(
        f"SELECT count(DISTINCT request_id), count(unit), total(unit IS NOT NULL AND closed_at < :cutoff) {received}",
        given,
    ).fetchone()
    topics = sorted(by("topic").values(), reverse=True)[:5]
    rates = {}
    for question in ("service", "result"):
        asked = f"SELECT unit, total({question}_rating IN {_SATISFIED}), count({question}_rating) {visited} GROUP BY unit"
        for unit, satisfied, rated in base.execute(asked, given):
            rates[unit, question] = _rate(int(satisfied), rated)
    return {
        "total": total,
        "handlings": handlings,
        "closed": int(closed) or None,
        "daily_mean": _rounded(Decimal(total) / 7),
        "channels": by("channel"),
        "kinds": by("kind"),
        "topics": topics,
        "topics_total": sum(topics),
        "units": by("unit", "count(*)"),
        "units_closed": {
            unit: int(n) if closed else None for unit, n in by("unit", "total(closed_at < :cutoff)").items()
        },
        "rates": rates,
    }


def _rounded(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def _rate(part: int, whole: int) -> str:
    if not whole:
        return "-"
    text = str((Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))
    return text.rstrip("0").rstrip(".") + "%"


def printed(figures: dict) -> dict:
    """The same of what an issue prints, in the same form."""
    units = [row for group in figures["units"].values() for row in group]
    return {
        **{name: figures[name] for name in ("total", "handlings", "closed", "daily_mean", "channels")},
        "kinds": {name: kind["count"] for name, kind in figures["kinds"].items()},
        "topics": [topic["count"] for topic in figures["topics"].values()],
        "topics_total": figures["topics_total"]["count"],
        "units": {row["unit"]: row["handled"] for row in units if row["handled"]},
        "units_closed": {row["unit"]: row["closed"] for row in units if row["handled"]},
        "rates": {
            (row["unit"], q): row[q]
            for row in units
            for q in ("service", "result")
            if row[q] not in ("-", None)
        },
    }


class Gone(Exception):
    """The issue was replaced while it was read."""


def issue(home: Path, name: str) -> Iterator[str]:
    """What is wrong with a published issue: not whole, or a figure that SQL counts otherwise."""
    files = _read(home / "outputs" / CENTER / name)
    missing = {"figures.json", "inputs.json", "bulletin.html", "bulletin.ipynb"} - files.keys()
    if missing:
        yield f"half: {name}: without {sorted(missing)}"
        return
    try:
        about, record = json.loads(files["figures.json"]), json.loads(files["inputs.json"])
    except ValueError as error:
        yield f"half: {name}: {error}"
        return
    page, period = files["bulletin.html"].decode(), periods.parse(about["period"])
    ends = page.rstrip().endswith("</html>") and str(period) == name
    if (
        not ends
        or f'value="{about["figures"]["total"]}"' not in page
        or record["archives"][0]["version"] != about["archive_version"]
    ):
        yield f"half: {name}: its files do not belong together"
    ours = printed(about["figures"])
    theirs = counted(rows(home, about["archive_version"]), period)
    if about["figures"]["previous_total"] is not None:
        ours["previous"] = about["figures"]["previous_total"]
        theirs["previous"] = counted(rows(home, about["archive_version"]), period.previous)["total"]
    if about["coverage"]["period"] != [[about["starts"], about["ends"]]]:
        del theirs["daily_mean"]  # of the days that are whole, and SQL does not know which
    theirs["rates"] = {key: rate for key, rate in theirs["rates"].items() if rate != "-"}
    for key, value in theirs.items():
        if ours[key] != value:
            yield f"wrong: {name}: {key}: printed {ours[key]}, counted {value}"[:600]


def _read(folder: Path) -> dict[str, bytes]:
    """The files of one folder, though another may take its name meanwhile; Gone if it was taken away."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        raise Gone from None
    files = {}
    try:
        for name in os.listdir(opened):
            with open(name, "rb", opener=lambda path, flags: os.open(path, flags, dir_fd=opened)) as file:
                files[name] = file.read()
        if os.stat(folder).st_ino != os.fstat(opened).st_ino:
            raise Gone
    except FileNotFoundError:
        raise Gone from None
    finally:
        os.close(opened)
    return files


# ---- what is left over ---------------------------------------------------------------------------------------------------

_EXPECTED = (
    r"(in|params|notebooks)/.*|tmp",
    rf"outputs/{CENTER}/(index\.html|\.work/[\w.-]+\.lock|\.failed/[\w-]+\.(ipynb|txt|said))",
    rf"outputs/{CENTER}/\d{{4}}-W\d\d/({'|'.join(map(re.escape, sorted(MADE)))})",
    rf"data/archive/{CENTER}\.(lock|taken\.lock|taken\.json|[\w-]+\.parquet|[\w-]+\.json)",
    rf"data/archive/{CENTER}\.aside/[^.][^/]*\.xlsx",
    rf"data/archive/{CENTER}/_delta_log/(\d{{20}}\.(json|checkpoint\.parquet)|_last_checkpoint)",
)


def leftovers(home: Path) -> Iterator[str]:
    """Files that nothing accounts for, data files of no version, and processes of commands that have ended."""
    log = table(home) / "_delta_log"
    entries = (json.loads(line) for path in log.glob("*.json") for line in path.read_bytes().splitlines())
    named = {f"data/archive/{CENTER}/{unquote(entry['add']['path'])}" for entry in entries if "add" in entry}
    there = {path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir()}
    for path in sorted(there - named):
        if not any(re.fullmatch(known, path) for known in _EXPECTED):
            yield f"left: {path}"
    yield from (f"lost: {path}" for path in sorted(named - there))
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={home}".encode() in process.joinpath("environ").read_bytes():
                yield f"left: process {process.name} {process.joinpath('cmdline').read_text()[:200]!r}"
        except OSError:
            continue


def links(home: Path) -> Iterator[str]:
    """Issues that the index does not name, or that do not lead to their neighbours."""
    folder = home / "outputs" / CENTER
    names = sorted(path.parent.name for path in folder.glob("*/figures.json"))
    listed = (folder / "index.html").read_text()
    yield from (f"links: {name} is not in the index" for name in names if f'href="{name}/' not in listed)
    for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False):
        page = (folder / name / "bulletin.html").read_text()
        led = set(re.findall(r'href="\.\./([^/"]+)/bulletin\.html"', page))
        if led != {before, after} - {None}:
            yield f"links: {name} leads to {sorted(led)}"
