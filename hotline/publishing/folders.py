"""The published issues on disk: one folder each, replaced whole or not at all.

An issue is prepared in a folder of its own under outputs/<center>/.work/, made durable, and then exchanged with the
published one in one step. Whoever is killed leaves at most an unfinished folder there, which the next to hold that
issue's lock removes. A lock belongs to an open file: the system drops it with the process, so none can be stale.
"""

import ctypes
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from hotline import HotlineError, whole
from hotline.printing import formats
from hotline.workspace import workspace

WORK, FAILED = ".work", ".failed"


def files() -> set[str]:
    """What an issue consists of. Anything else in its folder is someone's own and stays when the issue is replaced."""
    return {
        "bulletin.ipynb",
        "figures.json",
        "inputs.json",
        *(each.file for each in formats.known().values()),
    }


def outputs(center: str) -> Path:
    """outputs/<center>, made if need be, for its owner only: who else may read is the analyst's to say (chmod)."""
    folder = workspace() / "outputs" / center
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def prepared(folder: Path, foreign: bool = True) -> Iterator[Path]:
    """An empty folder to put an issue into; on leaving without an error it replaces `folder`, whole, unless left empty.

    What else lies in `folder` stays in it, unless not even `foreign` files shall.
    Only one process at a time prepares the same issue: another one waits for its turn.
    """
    work = folder.parent / WORK
    with locked(work / f"{folder.name}.lock"):
        recover(folder)
        fresh = work / f"{folder.name}~{secrets.token_hex(4)}"
        fresh.mkdir()
        try:
            yield fresh
            if not any(fresh.iterdir()):
                return
            if foreign:
                _keep_foreign(folder, fresh)
            _sync(fresh)
            _replace(folder, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def recover(folder: Path) -> None:
    """Remove what a killed process left of this issue, under its lock; put back one that it had set aside."""
    for left in (folder.parent / WORK).glob(f"{folder.name}~*"):
        if left.name.endswith("~old") and not folder.exists():
            os.replace(left, folder)
        else:
            shutil.rmtree(left, ignore_errors=True)


def sweep(center: Path, patience: float = 0) -> None:
    """Clean up after killed processes, all issues of a center's folder; those being worked on right now are left alone.

    A process just killed holds its locks for a moment yet: `patience` is how many seconds to wait for them.
    """
    until = time.monotonic() + patience
    for name in {left.name.partition("~")[0] for left in (center / WORK).glob("*~*")}:
        while True:
            try:
                with locked(center / WORK / f"{name}.lock", wait=0):
                    recover(center / name)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.02)
                    continue
            break


class LockError(HotlineError):
    """Another process has held a lock for too long; the message, in Chinese, says which."""


@contextmanager
def locked(path: Path, wait: float = 300) -> Iterator[None]:
    """Hold a lock between processes. While another one holds it, a line on stderr says which and since when.

    LockError if it still does after `wait` seconds; BlockingIOError at once where `wait` is 0.
    """
    from filelock import FileLock, Timeout  # not for a call that finds nothing changed

    whole.folder(path.parent)
    lock, holder = FileLock(path, mode=0o600), path.with_suffix(".holder")
    try:
        lock.acquire(timeout=min(wait, _SOON))
    except Timeout:
        if not wait:
            raise BlockingIOError(str(path)) from None
        print(
            f"{path.stem} 正由{_read(holder)}处理，等它做完（最多 {wait:.0f} 秒）。",
            file=sys.stderr,
            flush=True,
        )
        try:
            lock.acquire(timeout=max(wait - _SOON, 0))
        except Timeout:
            raise LockError(
                f"等了 {wait:.0f} 秒，{path.stem} 仍由{_read(holder)}占着。请等它做完，或结束那个进程后再试。"
            ) from None
    try:
        with suppress(OSError):  # a full disk: whose lock it is can then not be said
            holder.write_text(f"{os.getpid()} {datetime.now():%m-%d %H:%M:%S}", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


_SOON = 2.0
"""Seconds to wait for a lock without a word."""


def _read(holder: Path) -> str:
    """进程 4711（11-05 09:30:00 开始）"""
    try:
        pid, since = holder.read_text(encoding="utf-8").split(" ", 1)
    except (OSError, ValueError):
        return "另一个进程"
    return f"进程 {pid}（{since} 开始）"


def write(path: Path, text: str) -> None:
    """Replace one small file whole, or create it and its folder."""
    whole.folder(path.parent)
    whole.write(path, text.encode())


def _keep_foreign(folder: Path, fresh: Path) -> None:
    ours = files()
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in ours:
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, fresh / path.name)


def _sync(folder: Path) -> None:
    """Have the contents on disk before the name is: a power cut, too, leaves the old issue or the new one."""
    if sys.platform == "win32":
        return
    for path in (*folder.iterdir(), folder):
        if path.is_file() or path == folder:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _replace(folder: Path, fresh: Path) -> None:
    if not folder.exists():
        os.replace(fresh, folder)
    elif not _exchanged(folder, fresh):
        aside = fresh.with_name(f"{fresh.name}~old")
        os.replace(folder, aside)
        os.replace(fresh, folder)
        shutil.rmtree(aside, ignore_errors=True)


_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux, most file systems)."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # an older C library
        return False
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
