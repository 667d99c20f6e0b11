"""Measuring commands: wall time, CPU time of the whole family of processes, peak memory; medians."""

import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
_SUBREAPER = 36


@dataclass(frozen=True)
class Spent:
    """Seconds of wall and CPU time; peak memory of the largest process in MiB."""

    wall: float
    cpu: float
    memory: float


def adopt_orphans() -> None:
    """Have processes whose parent has ended counted here: the server that workers are forked from outlives the command."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def run(home: Path, *command: str | Path, check: bool = True) -> Spent:
    """Run a command in a workspace and wait for all of its family."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "HOTLINE_HOME": str(home)}
    process = subprocess.Popen(
        list(map(str, command)),
        env=environment,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = process.stdout.read()
    code = process.wait()
    wall = time.perf_counter() - began
    if check and code:
        raise SystemExit(f"{' '.join(map(str, command))}\n{said}")
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(wall, cpu, after.ru_maxrss / 1024)


def hotline(home: Path, *arguments: str) -> Spent:
    return run(home, BIN / "hotline", *arguments)


def python(home: Path, code: str, *arguments: str) -> str:
    """What a Python program in a process of its own prints."""
    environment = {**os.environ, "HOTLINE_HOME": str(home), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, cwd=home, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def median(measure: Callable[[], float], runs: int) -> float:
    return statistics.median(measure() for _ in range(runs))
