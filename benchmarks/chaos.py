"""Chaos as a habit: `make chaos MINUTES=60`.

For so many minutes, in a workspace of its own, several users' commands run at random and at once: imports of weekly
exports, alone and several together, of requests that come late, so that each changes the archive, and of exports once
more (--again); renders of single weeks, ranges and on a Dask cluster; the weekly run; status and diff. Many are killed at a random moment, or one of their processes is; some find a disk that is full; the clock jumps
(benchmarks.weather). Meanwhile a reader looks at published issues, and in the end everything is looked at, with SQL over
what was committed (benchmarks.oracle): lost rows, half issues, wrong figures, hangs, leftovers, and commands that failed
though nothing had befallen them. Exits 1 if there is any.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil
from deltalake import DeltaTable

from benchmarks import material, oracle
from benchmarks.clock import BIN
from benchmarks.weather import Clock, Disk, Weather
from hotline.sample import files as sample

WEEKS, REQUESTS = 30, 120
PATIENCE = 1200
"""Seconds after which a command hangs: one takes seconds, and waits at most 300 for another's lock."""
FULL = 40_000
"""Bytes that a file may grow to where the disk is full for one command alone."""
KINDS = (
    "import",
    "import",
    "late",
    "late",
    "late",
    "again",
    "render",
    "render",
    "range",
    "cluster",
    "weekly",
    "status",
    "diff",
)
ALL = "--allow-incomplete"
REFUSED = "档案里没有|没有生成|还没有生成|档案是空的|已停止"
"""What a command may say and end with 1 though nothing is wrong: what it needs has not been imported or rendered yet."""

UNFORESEEN = "Traceback|程序出错|panicked(?!(?s:.)*错误：档案 )"
"""Delta's threads say in their own way that the disk is full (object_store 0.13, `Already shut down`), and then we do."""


@dataclass
class Run:
    """One run: its workspace, what was done, what went wrong."""

    home: Path
    outside: Path
    scheduler: str
    clock: Clock
    until: float
    did: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    committed: set[str] = field(default_factory=set)
    known: list[Path] = field(default_factory=list)
    late: list[Path] = field(default_factory=list)
    slowest: float = 0.0
    read: int = 0

    @property
    def exports(self) -> list[Path]:
        return sorted((self.home / "in").glob("*.xlsx"))

    def comes_late(self, chance: random.Random) -> Path:
        """An export of requests like some that are known, under ids of their own: no other file has them."""
        known = chance.choice(self.known)
        number, cells = oracle.sheet(known)
        some = cells[cells[number].isin(chance.sample(sorted(oracle.stored_of(known)), chance.randint(1, 3)))]
        path = self.outside / f"{chance.getrandbits(40):012d}_{known.stem[-8:]}.csv"
        some.assign(**{number: some[number] + path.stem[:12]}).to_csv(path, index=False)
        self.late.append(path)
        return path

    @property
    def environment(self) -> dict[str, str]:
        own = {"HOTLINE_HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}
        return os.environ | own | self.clock.environment


def command(run: Run, chance: random.Random) -> tuple[str, list[str], list[Path]]:
    """What to do next: its name, the words, the exports that are imported if it ends well."""
    kind, weeks = chance.choice(KINDS), material.weeks(WEEKS)
    at = chance.randrange(WEEKS)
    span = f"{weeks[at]}:{weeks[min(at + chance.randint(1, 4), WEEKS - 1)]}"
    if kind == "import":
        files = chance.sample(run.exports, chance.choice([1, 1, 2, 4]))
        return kind, ["import", *map(str, files)], files
    if kind == "late" and run.known:
        files = [run.comes_late(chance) for _ in range(chance.choice([1, 1, 3]))]
        return kind, ["import", *map(str, files)], files
    if kind in ("again", "late"):
        files = [chance.choice(run.exports)]
        return kind, ["import", "--again", *map(str, files)], files
    words = {
        "render": ["render", weeks[at], "--to", chance.choice(["html", "html,pdf"])],
        "range": ["render", span, "--to", "html", "--jobs", "2"],
        "cluster": ["render", span, "--to", "html", "--scheduler", run.scheduler],
        "weekly": ["render", "--import", str(run.home / "in"), "--to", "html"],
        "status": ["status"],
        "diff": ["diff", weeks[at]],
    }[kind]
    # What came late was in no export of its week, which then is not whole: it is refused, and printed where that is asked for.
    options = ["--force", ALL] if kind in ("render", "range", "cluster") else []
    return (
        kind,
        [*words, *(option for option in options if chance.random() < 0.5)],
        run.exports if kind == "weekly" else [],
    )


def user(run: Run, weather: Weather, seed: int) -> None:
    """One of several at once, until time is up."""
    chance, usual = random.Random(seed), 4.0
    while time.monotonic() < run.until:
        kind, words, files = command(run, chance)
        full = chance.random() < 0.08
        kill = chance.choice(
            [None, None, None, signal.SIGKILL, "one of its processes", signal.SIGTERM, signal.SIGINT]
        )
        changes, began = weather.changes, time.monotonic()
        process = subprocess.Popen(
            [*(["prlimit", f"--fsize={FULL}", "--"] if full else []), str(BIN / "hotline"), *words],
            cwd=run.home,
            env=run.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        if kill:
            time.sleep(chance.uniform(0, 1.2 * usual))
            _kill(process, kill, chance)
        try:
            said, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            run.wrong.append(f"hang: {' '.join(words)}")
            os.killpg(process.pid, signal.SIGKILL)
            continue
        took = time.monotonic() - began
        run.slowest = max(run.slowest, took)
        usual = usual if kill else 0.8 * usual + 0.2 * took
        how = f", {kill.name if isinstance(kill, signal.Signals) else kill} killed" if kill else ""
        run.did[f"{kind}{', disk full' if full else ''}{how}"] += 1
        told = f"{' '.join(word.replace(str(run.home), '') for word in words)}: "
        if odd := re.search(UNFORESEEN, said):
            run.wrong.append(f"not foreseen: {told}{said[max(odd.start() - 300, 0) : odd.end() + 1500]}")
        if weather.changes == changes and weather.clock.right and not weather.disk.full:
            if process.returncode == 0:
                run.committed |= {id for file in files for id in oracle.stored_of(file)}
                run.known += [file for file in files if file not in run.late]
            elif not (kill or full or re.search(REFUSED, said)):
                run.wrong.append(f"failed: {told}{process.returncode}: {said[-800:]}")


def _kill(process: subprocess.Popen, how: signal.Signals | str, chance: random.Random) -> None:
    with suppress(psutil.Error, ProcessLookupError):
        if isinstance(how, signal.Signals):
            os.kill(process.pid, how)
        elif family := psutil.Process(process.pid).children(recursive=True):
            chance.choice(family).kill()


def reader(run: Run, seed: int) -> None:
    """Who opens published issues while they are made: each is whole, and prints what SQL counts."""
    chance = random.Random(seed)
    while time.monotonic() < run.until:
        time.sleep(2)
        names = [path.name for path in (run.home / "outputs" / oracle.CENTER).glob("2*")]
        with suppress(oracle.Gone):
            if names:
                run.wrong += oracle.issue(run.home, chance.choice(names))
                run.read += 1


def differing(run: Run) -> Iterator[str]:
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
    held = DeltaTable(str(oracle.table(run.home))).to_pandas()[names]
    late = {id for file in run.late for id in oracle.stored_of(file)}
    held = held[~held["request_id"].isin(late)]
    both = [
        frame.astype(object).where(frame.notna(), "").astype(str).sort_values(names, ignore_index=True)
        for frame in (held, sample.handlings(WEEKS, REQUESTS)[names])
    ]
    odd = pd.concat(both).drop_duplicates(keep=False)
    if len(odd):
        yield f"differing: {len(odd)} rows, as {odd.iloc[0].to_dict()}"


def lost(run: Run) -> list[str]:
    """Requests that an import said it stored and that are not there."""
    return [f"lost: {id}" for id in sorted(run.committed - oracle.ids(run.home))]


# ---- the run ---------------------------------------------------------------------------------------------------------


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--users", type=int, default=3)
    options.add_argument("--seed", type=int, default=int(time.time()))
    given = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what has been mounted and started is ended
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos")))
        disk, clock = Disk(root / "disk"), Clock(root)
        stack.callback(disk.end)
        home = material.workspace(disk.folder / "home")
        (home / "tmp").mkdir()
        os.environ["HOTLINE_HOME"] = str(home)
        sample.write(home / "in", WEEKS, REQUESTS)
        scheduler, nanny = stack.enter_context(cluster(root / "cluster"))
        outside = root / "late"  # where no disk is full
        outside.mkdir()
        run = Run(home, outside, scheduler, clock, time.monotonic() + 60 * given.minutes)
        weather = Weather(clock, disk, nanny, run.until, given.seed)
        threads = [weather, threading.Thread(target=reader, args=(run, given.seed), daemon=True)]
        threads += [
            threading.Thread(target=user, args=(run, weather, given.seed * 100 + n), daemon=True)
            for n in range(given.users)
        ]
        threading.excepthook = lambda error: run.wrong.append(
            f"benchmark: {error.exc_type}: {error.exc_value}"
        )
        for thread in threads:
            thread.start()
        shown = 0
        while time.monotonic() < run.until:
            time.sleep(min(60, max(0, run.until - time.monotonic())))
            said = f"{time.strftime('%H:%M:%S')} {run.did.total()} commands, {len(run.wrong)} wrong"
            print(said, *run.wrong[shown:], sep="\n", flush=True)
            shown = len(run.wrong)
        for thread in threads:
            thread.join()
        run.wrong += lost(run)
        run.wrong += afterwards(run)
        _print(run, weather, given)
        if run.wrong:
            kept = tempfile.mkdtemp(prefix="chaos-kept-")
            shutil.copytree(home, kept, dirs_exist_ok=True)
            print(f"kept: {kept}")
    raise SystemExit(bool(run.wrong))


def afterwards(run: Run) -> Iterator[str]:
    """What was killed has left its mark until the next command of its kind: after one of each, undisturbed, none is left."""
    weeks = material.weeks(WEEKS)
    for words in (
        ["render", "--import", str(run.home / "in"), "--to", "html", ALL],
        ["import", *map(str, run.exports), *map(str, run.late)],
        ["render", f"{weeks[0]}:{weeks[-1]}", "--to", "html", ALL],
    ):
        ran = subprocess.run(
            [BIN / "hotline", *words], cwd=run.home, env=run.environment, capture_output=True, text=True
        )
        if ran.returncode:
            yield f"failed: afterwards: {words[:2]}: {ran.stdout[-800:]}{ran.stderr[-800:]}"
    time.sleep(5)
    run.committed |= {id for file in run.late for id in oracle.stored_of(file)}
    yield from lost(run)
    yield from differing(run)
    for name in weeks:
        try:
            yield from oracle.issue(run.home, name)
        except oracle.Gone:
            yield f"half: {name}: not there"
    yield from oracle.links(run.home)
    yield from oracle.leftovers(run.home)


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """A Dask scheduler's address, and the nanny that keeps one worker alive."""
    folder.mkdir()
    address, log = folder / "scheduler.json", folder / "log"
    with ExitStack() as stack:
        said = stack.enter_context(log.open("w"))
        for words in (
            "scheduler --host 127.0.0.1 --port 0 --no-dashboard --dashboard-address 127.0.0.1:0",
            "worker --host 127.0.0.1 --nworkers 1 --nthreads 1 --no-dashboard",
        ):
            process = subprocess.Popen(
                [BIN / "dask", *words.split(), "--scheduler-file", address],
                cwd=folder,
                env=os.environ | {"TMPDIR": str(folder)},
                stdout=said,
                stderr=said,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            while not address.exists() or not address.read_text():
                time.sleep(0.2)
        while "Registered to" not in log.read_text():
            time.sleep(0.2)
        yield json.loads(address.read_text())["address"], process


def _print(run: Run, weather: Weather, given: argparse.Namespace) -> None:
    print(
        f"{given.minutes:g} minutes, {given.users} users at once, seed {given.seed}: {run.did.total()} commands"
    )
    for what, times in sorted((run.did + weather.did).items()):
        print(f"  {times:5} {what}")
    if not weather.clock.environment or not weather.disk.small:
        print("  without the clock (no compiler), or without the full disk (not root)")
    version = DeltaTable(str(oracle.table(run.home))).version()
    print(
        f"{len(run.committed)} requests said to be stored, {version + 1} versions of the archive; {run.read} issues read"
    )
    print(
        f"meanwhile, {WEEKS} at the end, counted again in SQL; the slowest command took {run.slowest:.0f} seconds"
    )
    kinds = Counter(line.partition(":")[0] for line in run.wrong)
    print("wrong: " + (", ".join(f"{times} {what}" for what, times in kinds.items()) or "nothing"))
    print("\n".join(run.wrong[:40]))


if __name__ == "__main__":
    main()
