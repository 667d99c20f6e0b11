"""What the analyst sees while something lasts: a bar on a terminal, lines in a log."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain

from hotline.publishing.outcome import Outcome
from hotline.workspace import printable_lines

FEW = 3
"""Up to this many issues get a line each on a terminal; for more there is a progress bar."""


def follow(
    outcomes: Iterator[Outcome],
    total: int,
    before: Sequence[Outcome] = (),
    stamp: Callable[[], str] = lambda: "",
) -> list[Outcome]:
    """Report the outcomes in `before`, then the others as they come; returns all of them.

    On a terminal a failure is a line when it happens and the rest moves a bar; in a log every issue is a line, with
    `stamp()` before it. An interruption leaves what has been done so far to the caller, as `done` of the exception.
    """
    done: list[Outcome] = []
    bar, tell = (None, _line) if total <= FEW or not sys.stderr.isatty() else _bar(total)
    try:
        with closing(outcomes):
            for outcome in chain(before, outcomes):
                done.append(outcome)
                if bar and len(done) > len(before):
                    bar.advance(bar.task_ids[0])
                if not outcome.ok or not bar:
                    tell(f"{stamp()}{outcome}", outcome.ok)
    except KeyboardInterrupt as stop:
        stop.done = done
        raise
    finally:
        if bar:
            bar.stop()
    return done


def _line(text: str, ok: bool) -> None:
    print(printable_lines(text), file=sys.stdout if ok else sys.stderr, flush=True)


def _bar(total: int):
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("生成各期"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("期，还需"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    bar.add_task("", total=total)
    bar.start()
    return bar, lambda text, ok: bar.console.print(
        printable_lines(text), style=None if ok else "red", markup=False, highlight=False
    )


AFTER = 2.0
"""Seconds before a bar appears: what is done sooner needs none."""


class Bar:
    """`with Bar() as bar: bar("读取 a.xlsx", 0.3)`: what is being done, and which part of the whole is done."""

    def __init__(self) -> None:
        self._bar = None
        self._under_way = ("", 0.0)
        # A timer, because a single long step (one large file) tells nothing while it lasts.
        self._timer = threading.Timer(AFTER, self._show)
        self._timer.daemon = True

    def __enter__(self) -> "Bar":
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def __call__(self, what: str, done: float) -> None:
        self._under_way = (what, done)
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
        bar.add_task(self._under_way[0], total=1.0, completed=self._under_way[1])
        bar.start()
        self._bar = bar


def kept(error: BaseException) -> str:
    """An error that nobody foresaw: its type and text, and the file that its traceback was written to."""
    import tempfile
    import traceback

    from hotline.scratch import lasting

    with tempfile.NamedTemporaryFile(
        "w", prefix="hotline-", suffix=".txt", encoding="utf-8", delete=False, dir=lasting()
    ) as file:
        traceback.print_exception(error, file=file)
    return f"{type(error).__name__}: {error}（详情：{file.name}）"
