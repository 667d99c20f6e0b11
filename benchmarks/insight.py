"""What the sections beyond the seed's cost: fits, a whole demo issue, an archive of ten million rows."""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake

from benchmarks.clock import hotline, python
from hotline import periods
from hotline.archive import Archive
from hotline.measures import expect
from hotline.sample import demo
from hotline.schema import schema, weeks_of

WEEK, OTHERS = "2024-W47", ("2024-W45", "2024-W46")
SEED = "sections: [overview, kinds, areas, topics, article, annexes]"
READ = 14  # weeks up to the issue's, of which it reads the rows: they stay as they are
TIMES = 62  # how often every other week is repeated in the large archive
_ISSUE = """
import resource, sys, time
from hotline import periods
from hotline.publishing import issue
import hotline.batch.ready
def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)
for week in sys.argv[1:]:
    wall, cpu = time.perf_counter(), spent()
    issue.render("demo", periods.parse(week), formats=("html",), first=True)
    print(time.perf_counter() - wall, spent() - cpu)
"""


def fits(series: int = 200, weeks: int = 261) -> float:
    """CPU seconds of the expectation of so many series over five years, the least of five."""
    random = np.random.default_rng(1)
    mean = random.lognormal(1.6, 1.2, series) * random.gamma(4, 1 / 4, (weeks, series))
    days = pd.date_range(end="2024-06-03", periods=weeks, freq="W-MON")
    counts = pd.DataFrame(random.poisson(mean).astype(float), index=days)
    return min(_cpu(lambda: expect(counts, days[-1])) for _ in range(6))


def _cpu(function) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began


def workspace(folder: Path) -> tuple[Path, pd.DataFrame]:
    """The demo's workspace with its handlings in the archive, and these."""
    hotline(folder, "init", str(folder / "demo"), "--example", "demo")
    home = folder / "demo"
    recipe = demo.recipe("demo")
    weeks, rows = demo.weeks(recipe), demo.handlings(recipe)
    rows = rows.assign(
        source="demo", source_row=np.arange(len(rows)), exported_at=pd.Timestamp("2024-12-30 08:30")
    )
    covered = {"coverage": [[str(weeks[0].starts), str(weeks[-1].ends)]]}
    Archive(home / "data/archive", "demo").upsert(rows, covered)
    return home, rows


def grow(home: Path, rows: pd.DataFrame, times: int = TIMES) -> int:
    """Repeat in the archive every week whose rows the issue does not read, each time as other requests; all rows then."""
    table, read = str(home / "data/archive/demo"), set()
    for week in (WEEK, *OTHERS):
        last = periods.parse(week)
        read |= {str(last.shift(-back)) for back in range(READ)} | {str(last.year_before), str(last.next)}
    rows = rows.assign(week=weeks_of(rows["requested_at"]), nth=rows.groupby("request_id").cumcount())
    whole = len(rows)
    rows = rows[~rows["week"].isin(read) & (rows["week"] < WEEK)].reindex(columns=schema().names)
    for _, part in rows.groupby(rows["week"].str[:6]):
        one = pa.Table.from_pandas(part, schema=schema(), preserve_index=False)
        ids = [pc.binary_join_element_wise(one["request_id"], f"x{n}", "") for n in range(times)]
        copies = pa.concat_tables([one.set_column(0, one.schema.field(0), each) for each in ids])
        write_deltalake(table, copies, mode="append")
        whole += len(copies)
    return whole


def issues(home: Path, *weeks: str) -> list[tuple[float, float]]:
    """Wall and CPU seconds of these issues to HTML, one after the other in one process."""
    lines = python(home, _ISSUE, *weeks).splitlines()
    return [tuple(map(float, line.split())) for line in lines[-len(weeks) :]]


def rows(runs: int) -> Iterator[tuple]:
    """The lines of the table."""
    took = fits()
    yield "I1", "CPU of the fits of 200 series over five years", f"**{took:.3f} s**", "≤ 0.15 s", took <= 0.15
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home, frame = workspace(Path(folder))
        profile = home / "params/demo/center.yml"
        text = profile.read_text(encoding="utf-8")
        cpu = {}
        for name, content in (("seed", re.sub(r"sections: \[[^]]*]", SEED, text)), ("all", text)):
            profile.write_text(content, encoding="utf-8")
            spent = issues(home, *[WEEK] * 2, *[WEEK] * max(runs, 3))
            cpu[name] = min(each for _, each in spent[2:])
        ratio = cpu["all"] / cpu["seed"]
        told = f"seed's sections {cpu['seed']:.2f} s, all {cpu['all']:.2f} s: **{ratio:.2f}×**"
        yield "I2", "CPU of a warm demo issue to HTML, every section", told, "≤ 2×", ratio <= 2
        small = issues(home, WEEK, *OTHERS * 2)
        whole = grow(home, frame)
        first, *further = issues(home, WEEK, *OTHERS * 2)
        ratio = min(wall for wall, _ in further[2:]) / min(wall for wall, _ in small[3:])
        told = f"{whole:,} rows: the first {first[0]:.1f} s, a further one **{ratio:.2f}×** that of {len(frame):,} rows"
        yield (
            "I3",
            "every section out of a growing archive",
            told,
            "first ≤ 10 s, further ≤ 1.3×",
            first[0] <= 10 and ratio <= 1.3,
        )
