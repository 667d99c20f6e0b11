"""Measures B1 to B7, the sections beyond the seed's and more side by side and writes benchmarks/RESULTS.md.

python -m benchmarks [--runs 3] [--weeks 26] [--only B1,B3]
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from benchmarks import clock, insight, intake, material
from benchmarks.clock import BIN, hotline, python

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, what came out beside what, and whether the goal is met."""

    name: str
    what: str
    measured: str
    goal: str
    met: bool


@dataclass(frozen=True)
class Bench:
    """What the measurements share."""

    home: Path
    runs: int
    weeks: list[str]

    @property
    def span(self) -> str:
        return f"{self.weeks[0]}:{self.weeks[-1]}"


def stock(bench: Bench, week: str) -> clock.Spent:
    """One week with the stock tools, as a shell loop runs them: papermill, then nbconvert to HTML.

    They get the notebook without the sections that the center does not print, which hotline does not run either.
    """
    out = bench.home / "stock.ipynb"
    one = clock.run(
        bench.home,
        BIN / "papermill",
        material.printed(bench.home),
        out,
        "-p",
        "period",
        week,
        "--no-progress-bar",
    )
    two = clock.run(bench.home, BIN / "jupyter", "nbconvert", "--to", "html", out)
    return clock.Spent(one.wall + two.wall, one.cpu + two.cpu, max(one.memory, two.memory))


def afresh(bench: Bench) -> None:
    """Forget what is published: an issue keeps every format that it has had."""
    shutil.rmtree(bench.home / "outputs", ignore_errors=True)


def b1(bench: Bench) -> Iterator[Row]:
    """Both in turn, so that neither has the quieter machine."""
    theirs, ours = [], []
    afresh(bench)
    for _ in range(bench.runs):
        theirs.append(sum(stock(bench, week).wall for week in bench.weeks))
        ours.append(hotline(bench.home, "render", bench.span, "--to", "html", "--force", "--first").wall)
    factor = statistics.median(theirs) / statistics.median(ours)
    measured = (
        f"stock {statistics.median(theirs):.1f} s, hotline {statistics.median(ours):.1f} s: **{factor:.1f}×**"
    )
    yield Row(
        "B1",
        f"{len(bench.weeks)} weeks to HTML, {os.cpu_count()} cores",
        measured,
        "12× (15× better)",
        factor >= 12,
    )


def b2(bench: Bench) -> Iterator[Row]:
    """What a week more costs: of the batch, without its start; of the floor, in one warm process."""
    floor, ours = [], []
    afresh(bench)
    for _ in range(bench.runs):
        floor.append(float(python(bench.home, _MODULE, "benchmarks.floor", *bench.weeks)))
        few, many = ((w[0], w[-1], len(w)) for w in (bench.weeks[:2], bench.weeks))
        cpu = [
            hotline(bench.home, "render", f"{a}:{b}", "--to", "", "--force", "--first", "--jobs", "1").cpu
            for a, b, _ in (few, many)
        ]
        ours.append((cpu[1] - cpu[0]) / (many[2] - few[2]))
    ratio = statistics.median(ours) / statistics.median(floor)
    measured = (
        f"floor {statistics.median(floor):.3f} s, hotline {statistics.median(ours):.3f} s: **{ratio:.2f}×**"
    )
    yield Row("B2", "CPU time a week over the floor, without HTML", measured, "≤ 1.5×", ratio <= 1.5)


_MODULE = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"


def b3(bench: Bench) -> Iterator[Row]:
    theirs, ours = [], []
    for _ in range(max(5, bench.runs)):
        theirs.append(stock(bench, bench.weeks[-1]).wall)
        ours.append(
            hotline(bench.home, "render", bench.weeks[-1], "--to", "html,pdf", "--force", "--first").wall
        )
    ratio = statistics.median(ours) / statistics.median(theirs)
    measured = f"stock to HTML {statistics.median(theirs):.2f} s, hotline to HTML and PDF {statistics.median(ours):.2f} s: **{ratio:.2f}×**"
    yield Row("B3", "one week from a cold start", measured, "≤ 0.6×", ratio <= 0.6)


_WARM = """
import gc, sys, time, resource
from hotline.publishing import issue
from hotline import periods
from hotline.figures import Figures
import hotline.batch.ready
took = []
for _ in range(int(sys.argv[2]) + 1):
    began = time.perf_counter()
    issue.render("junan", periods.parse(sys.argv[1]), formats=("html",), first=True)
    took.append(time.perf_counter() - began)
    Figures.displayed = None  # in a batch each issue has a process of its own; here one is held at a time
    gc.collect()
took = sorted(took[1:])
print(took[len(took) // 2], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def warm(home: Path, week: str, runs: int) -> tuple[float, float]:
    """Median wall time of a week to HTML in a warm process, and that process's peak memory in MiB."""
    took, memory = python(home, _WARM, week, str(runs)).split()
    return float(took), float(memory)


def b4(bench: Bench) -> Iterator[Row]:
    week, frame = bench.weeks[-1], material.year()
    small, _ = warm(bench.home, week, max(5, bench.runs))
    with tempfile.TemporaryDirectory() as folder:
        big = material.workspace(Path(folder) / "big")
        material.fill(big, frame)
        rows = material.grow(big, frame, 110, week) + len(frame)
        took, memory = warm(big, week, max(5, bench.runs))
    measured = f"{len(frame):,} rows {small:.3f} s; {rows:,} rows {took:.3f} s, {memory:.0f} MiB: **{took / small:.2f}×**"
    yield Row(
        "B4a", "a week of 2,000 requests out of a growing archive", measured, "≤ 1.2×", took <= 1.2 * small
    )
    with tempfile.TemporaryDirectory() as folder:
        big = material.workspace(Path(folder) / "before")
        start = material.periods.parse(week)
        before = frame["requested_at"].between(start.shift(-14).start, start.start, inclusive="left")
        own = frame["requested_at"] >= start.start
        grown = pd.concat([frame[own], material.multiplied(frame[before], 45, "b")], ignore_index=True)
        material.fill(big, grown)
        took, _ = warm(big, week, max(5, bench.runs))
    measured = f"{len(grown):,} rows {took:.3f} s: **{took / small:.2f}×**"
    yield Row(
        "B4a+", "the same after 14 weeks of 90,000 requests, which its trend counts", measured, "none", True
    )
    with tempfile.TemporaryDirectory() as folder:
        big = material.workspace(Path(folder) / "wide")
        one = frame[frame["requested_at"] >= material.periods.parse(week).start]
        one = material.multiplied(one, -(-1_000_000 // one["request_id"].nunique()), "m")
        material.fill(big, one)
        took, memory = warm(big, week, bench.runs)
    measured = (
        f"{one['request_id'].nunique():,} requests {took:.2f} s, {memory:.0f} MiB: **{took / small:.1f}×**"
    )
    yield Row(
        "B4b",
        "a week of 1,000,000 requests beside one of 2,000",
        measured,
        "≤ 10×, < 2 GiB",
        took <= 10 * small and memory < 2048,
    )


def b5(bench: Bench) -> Iterator[Row]:
    html, both = [], []
    for _ in range(bench.runs):
        afresh(bench)
        html.append(
            hotline(bench.home, "render", bench.span, "--to", "html", "--force", "--first").cpu
            / len(bench.weeks)
        )
        pdfs = hotline(bench.home, "render", bench.span, "--to", "html,pdf", "--force", "--first").cpu / len(
            bench.weeks
        )
        both.append(pdfs)
    cost = statistics.median(both) - statistics.median(html)
    ratio = cost / statistics.median(html)
    measured = f"HTML issue {statistics.median(html):.3f} s, its PDF {cost:.3f} s more: **{ratio:.2f}×**"
    yield Row("B5", f"CPU time of a PDF, {len(bench.weeks)} weeks", measured, "< 0.5×", ratio < 0.5)


_INDEX = (
    "from hotline import profiles\nfrom hotline.publishing import index\nindex.write(profiles.load('junan'))"
)


def b6(bench: Bench) -> Iterator[Row]:
    hotline(bench.home, "render", bench.weeks[-1], "--to", "html", "--force", "--first")
    with tempfile.TemporaryDirectory() as folder:
        home = material.workspace(Path(folder) / "many")
        (home / "outputs/junan").mkdir(parents=True)
        os.symlink(bench.home / "outputs/junan" / bench.weeks[-1], home / "outputs/junan" / bench.weeks[-1])
        material.published(home, 1000)

        def once() -> float:
            (home / "outputs/junan/index.html").unlink(missing_ok=True)
            began = time.perf_counter()
            python(home, _INDEX)
            return time.perf_counter() - began

        took = clock.median(once, max(5, bench.runs))
    yield Row("B6", "index of 1,000 issues, start of Python included", f"**{took:.2f} s**", "< 1 s", took < 1)


def unchanged(bench: Bench) -> Iterator[Row]:
    span = material.weeks(52)
    span = f"{span[1]}:{span[-1]}"
    hotline(bench.home, "render", span, "--to", "html")
    took = clock.median(lambda: hotline(bench.home, "render", span, "--to", "html").wall, max(5, bench.runs))
    yield Row("U", "51 weeks with nothing changed, the whole command", f"**{took:.2f} s**", "< 2 s", took < 2)


def stops(bench: Bench) -> Iterator[Row]:
    """Ctrl-C at some moments of a batch; and a scheduler that nobody has started."""
    import signal

    def interrupted(after: float) -> float:
        process = subprocess.Popen(
            [BIN / "hotline", "render", bench.span, "--to", "html", "--force"],
            env={**os.environ, "HOTLINE_HOME": str(bench.home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(after)
        began = time.perf_counter()
        os.killpg(process.pid, signal.SIGINT)
        process.wait()
        return time.perf_counter() - began

    worst = max(interrupted(after) for after in (0.5, 1.5, 2.5, 3.5, 4.5))
    yield Row("C", "from Ctrl-C to the end, the worst of five", f"**{worst:.2f} s**", "< 2 s", worst < 2)
    began = time.perf_counter()
    clock.run(
        bench.home,
        BIN / "hotline",
        "render",
        bench.weeks[0],
        "--force",
        "--scheduler",
        "tcp://127.0.0.1:1",
        check=False,
    )
    took = time.perf_counter() - began
    yield Row("S", "a scheduler that does not answer", f"**{took:.1f} s**", "< 10 s", took < 10)


ALL = {
    "B1": b1,
    "B2": b2,
    "B3": b3,
    "B4": b4,
    "B5": b5,
    "B6": b6,
    "B7": lambda bench: (Row(*row) for row in intake.rows(bench.home, bench.runs)),
    "I": lambda bench: (Row(*row) for row in insight.rows(bench.runs)),
    "U": unchanged,
    "C": stops,
}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--weeks", type=int, default=26)
    options.add_argument("--only", default="", help="B1,B3")
    given = options.parse_args()
    clock.adopt_orphans()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home = material.workspace(Path(folder) / "home")
        os.environ["HOTLINE_HOME"] = str(home)
        material.fill(home, material.year())
        bench = Bench(home, given.runs, material.weeks(given.weeks))
        for name in given.only.split(",") if given.only else ALL:
            for row in ALL[name](bench):
                rows.append(row)
                print(
                    f"{row.name}  {row.what}: {row.measured}  (goal {row.goal}: {'met' if row.met else 'MISSED'})",
                    flush=True,
                )
    if not given.only:
        RESULTS.write_text(table(rows, given.runs), encoding="utf-8")


def table(rows: list[Row], runs: int) -> str:
    """The table as Markdown."""
    lines = [
        "# Benchmarks",
        "",
        f"`make bench`, {date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}; "
        f"medians of {runs} runs or more, side by side in one run.",
        "",
        "| | what | measured | goal | |",
        "| :-- | :-- | :-- | :-- | :-: |",
    ]
    lines += [f"| {r.name} | {r.what} | {r.measured} | {r.goal} | {'✓' if r.met else '✗'} |" for r in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
