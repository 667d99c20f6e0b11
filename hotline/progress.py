"""A bar for what takes longer than two seconds: on a terminal only, never in a log."""

import sys
import threading

AFTER = 2.0
"""Seconds before a bar appears: what is done sooner needs none."""


class Bar:
    """`with Bar() as told: told("读取 a.xlsx", 0.3)`: what is being done, and which part of the whole is done."""

    def __init__(self) -> None:
        self._bar = None
        self._told = ("", 0.0)
        # A timer, because a single long step (one large file) tells nothing while it lasts.
        self._timer = threading.Timer(AFTER, self._show)
        self._timer.daemon = True

    def __enter__(self) -> "Bar":
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __call__(self, what: str, done: float) -> None:
        self._told = (what, done)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=what, completed=done)

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._bar is not None:
            self._bar.stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True)
        bar.add_task(self._told[0], total=1.0, completed=self._told[1])
        bar.start()
        self._bar = bar
