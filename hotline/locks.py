"""Locks between processes. One belongs to an open file: the system drops it with its process, so none can be stale."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from hotline import HotlineError, whole

_SOON = 2.0
"""Seconds to wait for a lock without a word."""


class LockError(HotlineError):
    """Another process has held a lock for too long; the message, in Chinese, says which."""


@contextmanager
def locked(path: Path, wait: float = 300) -> Iterator[bool]:
    """Hold a lock between processes; whether the last one to hold it was killed meanwhile.

    While another one holds it, a line on stderr says which and since when. LockError if it still does after `wait`
    seconds; BlockingIOError at once where `wait` is 0.
    """
    from filelock import FileLock, Timeout  # not for a call that finds nothing changed

    whole.make_private_folder(path.parent)
    lock, holder = FileLock(path, mode=0o600), path.with_suffix(HOLDER)
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
        killed = holder.exists()
        with suppress(OSError):  # a full disk: whose lock it is can then not be said
            holder.write_text(f"{os.getpid()} {datetime.now():%m-%d %H:%M:%S}", encoding="utf-8")
        yield killed
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


HOLDER = ".holder"


def _read(holder: Path) -> str:
    """进程 4711（11-05 09:30:00 开始）"""
    try:
        pid, since = holder.read_text(encoding="utf-8").split(" ", 1)
    except (OSError, ValueError):
        return "另一个进程"
    return f"进程 {pid}（{since} 开始）"
