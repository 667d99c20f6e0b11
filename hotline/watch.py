"""What the analyst sees while issues are made: a bar with the time left on a terminal, lines in a log."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain

from hotline.running.jobs import Outcome

FEW = 3
"""So many issues are told of one by one on a terminal, too."""


def follow(
    outcomes: Iterator[Outcome],
    total: int,
    before: Sequence[Outcome] = (),
    stamp: Callable[[], str] = lambda: "",
) -> list[Outcome]:
    """Take the outcomes as they come, after those there are `before`, and tell of them; all of them, at the end.

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
    print(text, file=sys.stdout if ok else sys.stderr, flush=True)


def _bar(total: int):
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("生成周报"), BarColumn(), MofNCompleteColumn(), TextColumn("期，还需"), TimeRemainingColumn(),
        console=Console(stderr=True),
    )  # fmt: skip
    bar.add_task("", total=total)
    bar.start()
    return bar, lambda text, ok: bar.console.print(
        text, style=None if ok else "red", markup=False, highlight=False
    )
