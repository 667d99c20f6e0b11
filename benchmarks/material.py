"""What is measured on: workspaces in a temporary folder, with archives of invented requests."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
from deltalake import write_deltalake

from hotline import periods, profiles
from hotline.archive import Archive
from hotline.comparable import HISTORY
from hotline.publishing import notebooks
from hotline.sample import files as sample
from hotline.schema import schema

PROJECT = Path(__file__).parents[1]
LAST = "2021-W43"


def workspace(folder: Path) -> Path:
    """A workspace with the project's notebook and profiles, and no archive."""
    for name in ("params", "notebooks"):
        shutil.copytree(PROJECT / name, folder / name)
    for given in (folder / "params").glob("*/2*"):
        given.unlink()
    return folder


def printed(home: Path) -> Path:
    """A copy of the workspace's notebook without the sections that its center does not print."""
    path, copy = home / "notebooks/bulletin.ipynb", home / "notebooks/printed.ipynb"
    content, hidden = json.loads(path.read_text()), {*notebooks.left_out(path, profiles.load("junan"))}
    content["cells"] = [cell for cell in content["cells"] if not hidden & {*cell["metadata"].get("tags", ())}]
    copy.write_text(json.dumps(content, ensure_ascii=False))
    return copy


def weeks(count: int) -> list[str]:
    """The last `count` weeks of the sample, oldest first."""
    last = periods.parse(LAST)
    return [str(last.shift(-back)) for back in reversed(range(count))]


def fill(home: Path, frame: pd.DataFrame) -> None:
    Archive(home / "data" / "archive", "junan").upsert(frame)


def year(requests: int = 2_000) -> pd.DataFrame:
    """A year of handlings, about `requests` requests a week."""
    return sample.handlings(weeks=52, requests=requests, center=profiles.load("junan"), last=LAST)


def multiplied(frame: pd.DataFrame, times: int, name: str) -> pd.DataFrame:
    """The same handlings `times` times over, each time as other requests."""
    copies = [
        frame.assign(request_id=frame["request_id"].astype(str) + f"{name}{number}")
        for number in range(times)
    ]
    return pd.concat(copies, ignore_index=True)


def grow(home: Path, frame: pd.DataFrame, times: int, week: str) -> int:
    """Append to the archive `times` copies of every week that the issue of `week` does not read; the rows added.

    So the issue is the same, and so is what it needs: measured is what the rest of a large table costs it. (The copies
    go straight into the table, a commit a week.)
    """
    table = str(home / "data" / "archive" / "junan")
    untouched = {str(periods.parse(week).shift(-back)) for back in range(HISTORY)}
    names = frame["requested_at"].dt.normalize()
    names = names.map({day: str(periods.containing(day.date())) for day in names.unique()})
    added = 0
    for week, rows in frame.groupby(names):
        if week not in untouched:
            nth = rows.groupby("request_id").cumcount()
            big = multiplied(rows.assign(week=week, nth=nth), times, "c").reindex(columns=schema().names)
            write_deltalake(
                table, pa.Table.from_pandas(big, schema=schema(), preserve_index=False), mode="append"
            )
            added += len(big)
    return added


def published(home: Path, count: int) -> None:
    """figures.json of `count` issues, as a real one's."""
    (real,) = list((home / "outputs/junan").glob("2021-W43/figures.json"))
    content, period = json.loads(real.read_text()), periods.parse("2002-W01")
    for _ in range(count):
        folder = home / "outputs" / "junan" / str(period)
        folder.mkdir(parents=True, exist_ok=True)
        content |= {"period": str(period), "issue": period.number, "published": str(period.published)}
        content["figures"]["total"] = 1500 + period.starts.toordinal() * 37 % 900
        (folder / "figures.json").write_text(json.dumps(content, ensure_ascii=False))
        (folder / "bulletin.html").touch()
        period = period.next
