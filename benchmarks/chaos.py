"""Chaos as a habit: `make chaos MINUTES=60`.

For so many minutes, in a workspace of its own, commands run at random and at once: imports of weekly exports, alone and
several together; renders of single weeks, ranges and on a Dask cluster; the weekly run; status and diff. Many are killed
at a random moment, some find a disk that is full. Then everything is looked at with SQL over what was committed, and with
eyes on the folders: lost rows, half issues, wrong figures, hangs, leftovers. Exits 1 if there is any.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from deltalake import DeltaTable

from benchmarks import material
from benchmarks.clock import BIN
from hotline import periods
from hotline.sample import files as sample

WEEKS, REQUESTS, LAST = 30, 120, "2021-W43"
PATIENCE = 420
"""Seconds after which a command hangs: an issue may take ten minutes, one of these takes one second."""
FULL = 40_000
"""Bytes that a file may grow to where the disk is full."""


@dataclass
class Run:
    """One run: its workspace, what was done, what went wrong."""

    home: Path
    scheduler: str
    until: float
    did: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    committed: set[str] = field(default_factory=set)

    @property
    def weeks(self) -> list[str]:
        last = periods.parse(LAST)
        return [str(last.shift(-back)) for back in reversed(range(WEEKS))]

    @property
    def exports(self) -> list[Path]:
        return sorted((self.home / "in").glob("*.xlsx"))


def command(run: Run, chance: random.Random) -> tuple[str, list[str], list[Path]]:
    """What to do next: its name, the words, the exports that are imported if it ends well."""
    kind = chance.choice(
        ["import", "import", "import", "render", "render", "range", "cluster", "weekly", "status", "diff"]
    )
    week = chance.choice(run.weeks)
    later = str(min(periods.parse(week).shift(chance.randint(1, 4)), periods.parse(LAST)))
    if kind == "import":
        files = chance.sample(run.exports, chance.choice([1, 1, 2, 4]))
        return kind, ["import", *map(str, files)], files
    words = {
        "render": ["render", week, "--to", chance.choice(["html", "html,pdf"])],
        "range": ["render", f"{week}:{later}", "--to", "html", "--jobs", "2"],
        "cluster": ["render", f"{week}:{later}", "--to", "html", "--scheduler", run.scheduler],
        "weekly": ["render", "--import", str(run.home / "in"), "--to", "html"],
        "status": ["status"],
        "diff": ["diff", week],
    }[kind]
    return (
        kind,
        [*words, *(["--force"] if kind != "weekly" and chance.random() < 0.3 and "render" in words else [])],
        [],
    )


def work(run: Run, seed: int) -> None:
    """One of several users at once, until time is up."""
    chance = random.Random(seed)
    while time.monotonic() < run.until:
        kind, words, files = command(run, chance)
        full = chance.random() < 0.08
        kill = chance.choice(
            [None, None, None, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT]
        )
        before = ["prlimit", f"--fsize={FULL}", "--"] if full else []
        process = subprocess.Popen(
            [*before, str(BIN / "hotline"), *words],
            cwd=run.home,
            env=_environment(run.home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        if kill:
            time.sleep(chance.uniform(0, 5))
            os.kill(process.pid, kill)
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            run.wrong.append(f"hang: {' '.join(words)}")
            os.killpg(process.pid, signal.SIGKILL)
            continue
        run.did[f"{kind}{', disk full' if full else ''}{f', {kill.name}' if kill else ''}"] += 1
        if "Traceback" in said or "程序出错" in said:
            run.wrong.append(f"error nobody foresaw: {' '.join(words)}: {said[-600:]}")
        if process.returncode == 0:
            run.committed |= {id for file in files for id in _ids(file)}


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"HOTLINE_HOME": str(home), "TMPDIR": str(home / "tmp")}


_read: dict[Path, set[str]] = {}


def _ids(file: Path) -> set[str]:
    """The ids that an export's import must leave in the archive: those of rows that can be used."""
    if file not in _read:
        rows = pd.read_excel(file, dtype=str, engine="calamine")
        name = next(name for name in rows if "工单编号" in name)
        received = next(name for name in rows if name in ("受理时间", "来电时间"))
        usable = pd.to_datetime(rows[received], errors="coerce").notna() & rows[name].str.fullmatch(
            r"\d{12,}"
        )
        _read[file] = set(rows.loc[usable, name])
    return _read[file]


# ---- the oracle ------------------------------------------------------------------------------------------------------


def rows_of(home: Path, version: int | None = None) -> sqlite3.Connection:
    """The archive at a version, in SQL."""
    table = DeltaTable(str(home / "data/archive/junan"), version=version).to_pandas()
    base = sqlite3.connect(":memory:")
    for name in table.select_dtypes("datetime"):
        table[name] = table[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f")
    table.to_sql("handlings", base)
    return base


def lost(run: Run) -> list[str]:
    """Rows that an import said it stored and that are not there."""
    there = {id for (id,) in rows_of(run.home).execute("SELECT DISTINCT request_id FROM handlings")}
    return [f"lost: {id}" for id in sorted(run.committed - there)]


def misprinted(run: Run) -> list[str]:
    """Published issues whose figures are not what SQL counts, or that are not whole."""
    wrong = []
    for folder in sorted((run.home / "outputs/junan").glob("2*")):
        try:
            about = json.loads((folder / "figures.json").read_text())
            page = (folder / "bulletin.html").read_text()
        except (OSError, ValueError) as error:
            wrong.append(f"half: {folder.name}: {error}")
            continue
        window, figures = periods.parse(about["period"]), about["figures"]
        moments = [
            f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in (window.start, window.cutoff, window.cutoff)
        ]
        counted = (
            rows_of(run.home, about["archive_version"])
            .execute(
                "SELECT count(DISTINCT request_id), count(unit), sum(unit IS NOT NULL AND closed_at < ?3) "
                "FROM handlings WHERE requested_at >= ?1 AND requested_at < ?2",
                moments,
            )
            .fetchone()
        )
        printed = (figures["total"], figures["handlings"], figures["closed"])
        if counted != printed:
            wrong.append(f"wrong: {folder.name}: printed {printed}, counted {counted}")
        if f'value="{figures["total"]}"' not in page or not page.rstrip().endswith("</html>"):
            wrong.append(f"half: {folder.name}: its page")
    return wrong


def leftovers(run: Run) -> list[str]:
    """Files that no finished command owns, and processes that none is waiting for."""
    hidden = [
        path
        for path in (run.home / "outputs").rglob("*")
        if "~" in path.name or path.name.startswith(".bulletin")
    ]
    parts = [path for path in run.home.rglob("*") if path.suffix in (".part", ".tmp")]
    temporary = list((run.home / "tmp").iterdir())
    processes = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = process.joinpath("environ").read_bytes()
            if f"TMPDIR={run.home}".encode() in words:  # the cluster's processes have another
                processes.append(f"{process.name} {process.joinpath('cmdline').read_text()[:200]!r}")
        except OSError:
            continue
    paths = [
        path for path in (*hidden, *parts, *temporary) if not (path.is_dir() and not any(path.iterdir()))
    ]
    return [f"left: {what}" for what in (*paths, *processes)]


def differing(run: Run) -> list[str]:
    """Rows of the archive, once every export is imported, that are not what the exports were made of."""
    names = [
        "request_id",
        "unit",
        "requested_at",
        "kind",
        "topic",
        "closed_at",
        "visited_at",
        "result_rating",
    ]
    held = DeltaTable(str(run.home / "data/archive/junan")).to_pandas()[names]
    truth = sample.handlings(WEEKS, REQUESTS)[names]
    both = [
        frame.astype(object).where(frame.notna(), "").astype(str).sort_values(names, ignore_index=True)
        for frame in (held, truth)
    ]
    if both[0].equals(both[1]):
        return []
    odd = pd.concat(both).drop_duplicates(keep=False)
    return [f"differing: {len(odd)} rows, as {odd.iloc[0].to_dict()}"]


# ---- the run ---------------------------------------------------------------------------------------------------------


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--users", type=int, default=3)
    options.add_argument("--seed", type=int, default=int(time.time()))
    given = options.parse_args()
    with ExitStack() as stack:
        home = material.workspace(
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos"))) / "home"
        )
        (home / "tmp").mkdir()
        os.environ["HOTLINE_HOME"] = str(home)
        sample.write(home / "in", WEEKS, REQUESTS)
        address = home / "tmp-scheduler.json"
        for words in (
            [
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                address,
            ],
            ["worker", "--scheduler-file", address, "--nworkers", "1", "--nthreads", "1", "--no-dashboard"],
        ):
            cluster = subprocess.Popen(
                [BIN / "dask", *words], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(cluster.wait)
            stack.callback(cluster.terminate)
            while not address.exists() or not address.read_text():
                time.sleep(0.2)
        scheduler = json.loads(address.read_text())["address"]
        run = Run(home, scheduler, time.monotonic() + 60 * given.minutes)
        users = [threading.Thread(target=work, args=(run, given.seed * 100 + n)) for n in range(given.users)]
        for user in users:
            user.start()
        for user in users:
            user.join()
        run.wrong += lost(run)
        # What was killed has left its mark until the next command of its kind: one of each, undisturbed.
        quiet = [
            ["import", *map(str, run.exports)],
            ["render", f"{run.weeks[0]}:{run.weeks[-1]}", "--to", "html"],
        ]
        for words in quiet:
            ran = subprocess.run(
                [BIN / "hotline", *words], cwd=home, env=_environment(home), capture_output=True, text=True
            )
            if ran.returncode:
                run.wrong.append(f"afterwards: {words[0]}: {ran.stdout[-500:]}{ran.stderr[-500:]}")
        time.sleep(5)
        run.wrong += [*lost(run), *differing(run), *misprinted(run), *leftovers(run)]
        _print(run, given)
    raise SystemExit(bool(run.wrong))


def _print(run: Run, given: argparse.Namespace) -> None:
    print(
        f"{given.minutes:g} minutes, {given.users} users at once, seed {given.seed}: {run.did.total()} commands"
    )
    for what, times in sorted(run.did.items()):
        print(f"  {times:5} {what}")
    published = len(list((run.home / "outputs/junan").glob("2*")))
    print(f"{len(run.committed)} requests committed, {published} issues published and counted again in SQL")
    kinds = Counter(line.partition(":")[0] for line in run.wrong)
    print("wrong: " + (", ".join(f"{times} {what}" for what, times in kinds.items()) or "nothing"))
    print("\n".join(run.wrong[:40]))


if __name__ == "__main__":
    main()
