"""A small file put in its place whole or not at all: whoever is interrupted leaves what was there."""

import os
import platform
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hotline.system import WINDOWS, close_to_others, replace

_MARK = f".hotline-{zlib.crc32(platform.node().encode()):08x}-"
"""What is being written carries the machine and the process in its name; folders may be shared by the machines of a cluster."""


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it that are not there, for their owner alone; one that is there stays as it is."""
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        if WINDOWS:  # where a mode says nothing
            close_to_others(path)


def write(path: Path, content: bytes, private: bool = False) -> None:
    """Replace one file, or create it; a `private` one is readable by its owner alone, from its first moment on.

    On disk before its name is, so that a power cut, too, leaves the old one or the new one. InUseError where a program has
    the old one open and the system therefore keeps it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    with replacement(path) as fresh:
        with open(os.open(fresh, flags, 0o600 if private else 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        replace(fresh, path)


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """A hidden name beside a file, for what shall replace it; nothing of that name is left, whatever happens.

    What processes of this machine that were killed have left so in the folder goes, too.
    """
    for left in path.parent.glob(f".*{_MARK}*"):
        if not _runs(left.name.rpartition("-")[2]):
            left.unlink(missing_ok=True)
    fresh = path.with_name(f".{path.name}{_MARK}{os.getpid()}")
    try:
        yield fresh
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()


def _runs(pid: str) -> bool:
    import psutil  # for the rare file that a killed process has left

    return not pid.isdigit() or psutil.pid_exists(int(pid))
