"""Material for tests of rendering: a workspace of its own with an archive of invented requests, filled in a second."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pyarrow as pa

from hotline import periods
from hotline.archive import Archive
from hotline.coverage import NOTHING, Coverage

PROJECT = Path(__file__).parents[1]
KINDS = np.array(["求助", "投诉举报", "建议"])
TOPICS = np.array(["居民生活", "城市管理", "卫生", "农村工作", "住房与房地产", "交通"])
UNITS = np.array(["十字路街道", "大店镇", "团林镇", "市场监管局", "住建局", "人社局"])


def workspace(folder: Path, issues: bool = False) -> Path:
    """A workspace with the project's notebook and profile, and nothing imported; point $HOTLINE_HOME at it.

    `issues`: with the parameters and articles of single issues, too.
    """
    hidden = shutil.ignore_patterns(".ipynb_checkpoints", *([] if issues else ["2*"]))
    for name in ("params", "notebooks"):
        shutil.copytree(PROJECT / name, folder / name, ignore=hidden)
    return folder


def handlings(first: str, weeks: int, requests: int = 60, seed: int = 1) -> pd.DataFrame:
    """`requests` requests in each of `weeks` weeks from `first`, one handling each, some closed, some visited."""
    start = periods.parse(first).start
    random = np.random.default_rng(seed)
    count = weeks * requests
    # The last minute of each day is taken, so that no week ends with an empty day.
    minutes = np.concatenate(
        [
            np.sort(np.r_[random.integers(0, 7 * 1440, requests - 7), np.arange(7) * 1440 + 1439])
            + week * 7 * 1440
            for week in range(weeks)
        ]
    )
    requested = pd.Series(start + pd.to_timedelta(minutes, unit="min")).astype("datetime64[us]")
    closed = requested + pd.to_timedelta(random.integers(60, 9000, count), unit="min")
    visited = closed + pd.to_timedelta(random.integers(60, 3000, count), unit="min")
    seen = random.random(count) < 0.2
    ratings = np.array(["满意", "不满意"])
    return pd.DataFrame(
        {
            "request_id": [f"G{number:09d}" for number in range(count)],
            "requested_at": requested,
            "channel": "市级热线",
            "kind": KINDS[random.choice(3, count, p=[0.7, 0.25, 0.05])],
            "topic": TOPICS[random.integers(0, len(TOPICS), count)],
            "subtopic": None,
            "unit": UNITS[random.integers(0, len(UNITS), count)],
            "due_at": requested + pd.Timedelta(days=5),
            "closed_at": closed.where(random.random(count) < 0.8),
            "visited_at": visited.where(seen),
            "service_rating": np.where(seen, ratings[random.integers(0, 2, count)], None),
            "result_rating": np.where(seen, ratings[random.integers(0, 2, count)], None),
            "source": "invented",
            "source_row": np.arange(count),
            "exported_at": pd.Timestamp(start + timedelta(weeks=weeks, hours=8)),
        }
    )


def fill(home: Path, frame: pd.DataFrame, center: str = "junan", until: date | None = None) -> Archive:
    """Store handlings in the workspace's archive, as an import that holds their days whole up to its export's, or `until`.

    An archive that did not say so would be read from end to end for every issue.
    """
    archive = Archive(home / "data" / "archive", center)
    last = until or min(frame["requested_at"].max(), frame["exported_at"].max() - pd.Timedelta(days=1)).date()
    whole = Coverage.of([(frame["requested_at"].min().date(), last)]) | (
        archive.recorded_coverage() or NOTHING
    )
    archive.upsert(frame, {"coverage": whole.dump()})
    return archive


TINY = """
from IPython.display import Markdown, display
from hotline import wording
from hotline.bulletin import Bulletin
bulletin = Bulletin.open(center, period, issue, published, article, archive)
figures, say = bulletin.figures, bulletin.say
figures.record("total", len(bulletin.requests), "受理总量", rows=bulletin.requests)
figures.derive("daily_mean", wording.daily_mean, "total", bulletin.period.days, label="日均受理量")
display(bulletin.masthead())
display(say("共{total}件"))
"""


def tiny_notebook(home: Path, *cells: str, path: str = "notebooks/bulletin.ipynb") -> None:
    """Put a notebook without charts in the place of the workspace's: it shows the total, runs `cells`, and the figures."""
    nb = nbformat.read(home / "notebooks" / "bulletin.ipynb", as_version=4)
    parameters = next(cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", ()))
    nb.cells = [parameters, *map(nbformat.v4.new_code_cell, (TINY.strip(), *cells, "figures"))]
    nbformat.write(nb, home / path)


def published(home: Path, center: str = "junan", names: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The bytes of everything published, by path; of the files with these names alone where they are given."""
    root = home / "outputs" / center
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and (not names or path.name in names)
    }


def pa_array(values) -> pa.Array:
    return pa.array(list(values), pa.string())
