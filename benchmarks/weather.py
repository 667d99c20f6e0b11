"""What commands are exposed to in benchmarks.chaos: a clock that jumps, a disk that fills up, a worker that is killed.

The clock is the C library's, put before it with LD_PRELOAD: Python, Rust and what else is called read one and the same
wrong time, and it jumps under processes that are running. The disk is a small file system in memory, really full. Both
need Linux; the disk, root; the clock, a C compiler: without them a run says that it had none.
"""

import mmap
import os
import random
import shutil
import struct
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil

SIZE = 1 << 30
NOW = datetime(2021, 11, 5, 9)
"""What the clock says at the beginning: the Friday on which issue 43 is published."""
DAY = 86_400
JUMPS = (-3_600, 3_600, -DAY, DAY, -9 * DAY, 40 * DAY, -800 * DAY, 5_000 * DAY)
_PRELOADED = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long *shift;

__attribute__((constructor)) static void find(void) {
    const char *name = getenv("CHAOS_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *there = file < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) close(file);
    if (there != MAP_FAILED) shift = there;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *shift;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    int failed = clock_gettime(CLOCK_REALTIME, &exact);
    if (!failed && now) { now->tv_sec = exact.tv_sec; now->tv_usec = exact.tv_nsec / 1000; }
    return failed;
}

time_t time(time_t *where) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (where) *where = exact.tv_sec;
    return exact.tv_sec;
}
"""


class Clock:
    """`environment`: what a command must have to read this clock."""

    def __init__(self, folder: Path):
        self.environment: dict[str, str] = {}
        self.right = True
        library, file = folder / "clock.so", folder / "clock"
        compiler = shutil.which("cc")
        if not compiler:
            return
        command = [compiler, "-shared", "-fPIC", "-O2", "-x", "c", "-", "-o", str(library)]
        subprocess.run(command, input=_PRELOADED, text=True, check=True)
        file.write_bytes(struct.pack("l", 0))
        with file.open("r+b") as opened:
            self._shift = mmap.mmap(opened.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}
        self._base = int(NOW.timestamp() - time.time())
        self.set(0)

    def set(self, seconds: int) -> None:
        self._shift[:8] = struct.pack("l", self._base + seconds)
        self.right = seconds == 0


class Disk:
    """A folder on a small file system of its own, where that can be had."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.full = False
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
        self.small = (
            bool(shutil.which("mount")) and not subprocess.run(command, capture_output=True).returncode
        )

    def fill(self, seconds: float) -> None:
        """Leave no byte free for so long."""
        file = self.folder / "filler"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT)
        self.full = True
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                with suppress(OSError):  # what others delete meanwhile is taken, too
                    while os.write(descriptor, bytes(1 << 20)):
                        pass
                time.sleep(0.05)
        finally:
            os.close(descriptor)
            file.unlink()
            self.full = False

    def end(self) -> None:
        if self.small:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class Weather(threading.Thread):
    """Changes now and then until `until`. `changes` counts: a command in whose time it has not moved was undisturbed."""

    def __init__(self, clock: Clock, disk: Disk, nanny: subprocess.Popen, until: float, seed: int):
        super().__init__(daemon=True)
        self.clock, self.disk, self.nanny, self.until = clock, disk, nanny, until
        self.did, self.changes = Counter(), 0
        self._chance = random.Random(seed)

    def run(self) -> None:
        while time.monotonic() < self.until:
            time.sleep(self._chance.uniform(5, 25))
            what = self._chance.choice(["clock", "clock", "disk", "worker"])
            self.changes += 1
            if what == "clock" and self.clock.environment:
                self.clock.set(self._chance.choice(JUMPS))
                self.did["clock jumps, and jumps back"] += 1
                time.sleep(self._chance.uniform(1, 20))
                self.changes += 1
                self.clock.set(0)
            elif what == "disk" and self.disk.small:
                self.did["disk really full"] += 1
                self.disk.fill(self._chance.uniform(0.5, 6))
                self.changes += 1
            elif what == "worker":
                for worker in _children(self.nanny.pid):
                    worker.kill()
                    self.did["cluster's worker killed"] += 1


def _children(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return [
            each
            for each in psutil.Process(pid).children()
            if "resource_tracker" not in " ".join(each.cmdline())
        ]
    return []
