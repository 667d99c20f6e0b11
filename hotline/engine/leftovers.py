"""What a notebook leaves running: threads, and processes that it forked and that come back from the cell.

A kernel is ended with all of that. Here the notebook runs in the caller's process, and its figures are printed while such
a thread may still be changing them: so it is an error.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

_GRACE = 1.0
"""Seconds that a thread or process may still take when the last cell has ended."""


class LeftoverError(RuntimeError):
    """The notebook left something running; the message, in Chinese, says what."""


@contextmanager
def nothing_left() -> Iterator[Callable[[], None]]:
    """A function to call at the end of each cell: it ends a forked process that has come back there.

    LeftoverError on leaving without another error, if there was such a process, or if a process forked inside or a thread
    started inside, running the notebook's code, is still there after a second.
    """
    threads = {*threading.enumerate()}
    with _no_fork_left() if hasattr(os, "fork") else nullcontext(lambda: None) as end_here:
        yield end_here
    until = time.monotonic() + _GRACE
    while (running := _running(threads)) and time.monotonic() < until:
        time.sleep(0.01)
    if running:
        raise LeftoverError(
            f"笔记本做完了，它启动的线程还在运行：{'、'.join(running)}。请在最后一个单元格之前用 join() 等它结束。"
        )


@contextmanager
def _no_fork_left() -> Iterator[Callable[[], None]]:
    """The same for forked processes alone."""
    owner = os.getpid()
    # Every forked process holds the writing end. (A program that a cell starts does not: the pipe is closed in it.)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)

    def end_here() -> None:
        if os.getpid() != owner:
            os.write(writer, b".")
            os._exit(0)

    try:
        try:
            yield end_here
        finally:
            os.close(writer)
        until = time.monotonic() + _GRACE
        while (came_back := _read(reader)) is None and time.monotonic() < until:
            time.sleep(0.01)
        if came_back is None:
            raise LeftoverError(
                "笔记本做完了，它用 os.fork 或 multiprocessing 分出的进程还在运行。请在最后一个单元格之前等它结束。"
            )
        if came_back:
            raise LeftoverError(
                "笔记本用 os.fork() 分出了另一个进程，那个进程又回到了笔记本里。请改用 subprocess 或 multiprocessing。"
            )
    finally:
        os.close(reader)


def _read(reader: int) -> bytes | None:
    """What those that came back have written; empty if they have all ended without; None while one is there."""
    try:
        return os.read(reader, 1)
    except BlockingIOError:
        return None


def _running(before: set[threading.Thread]) -> list[str]:
    return sorted(thread.name for thread in {*threading.enumerate()} - before if _own(thread))


def _own(thread: threading.Thread) -> bool:
    """Whether it runs the notebook's code: not a library's own thread, such as an idle pool's or a progress bar's."""
    frame = sys._current_frames().get(thread.ident)
    modules = []
    while frame is not None:
        modules.append(frame.f_globals.get("__name__"))
        frame = frame.f_back
    others = [name for name in modules if name != "threading"]
    return bool(modules) and ("__main__" in others or not others)
