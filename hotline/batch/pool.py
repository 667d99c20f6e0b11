"""Workers: processes of this machine, or those of a Dask cluster. Jobs in, outcomes out, as they come.

A worker of this machine is forked from a warm process, makes a share of the issues, a few at most, and ends: so nothing
can pile up in it. The share is one task of the executor, because ProcessPoolExecutor may hang with more than one task a
child (python/cpython#115634). What an issue changes in its process is put back by the engine: see
hotline.engine.isolation.
"""

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event

from hotline.batch import cluster
from hotline.batch.worker import LOST, Job, attempt
from hotline.publishing.outcome import Outcome

_SHARE = 4
"""Issues a worker makes at most. A fork touches, and so copies, a good part of the warm process: a tenth of an issue."""


def attempt_each(share: tuple[Job, ...]) -> list[Outcome]:
    """Make a few issues, one after another."""
    return [attempt(job) for job in share]


def run(jobs: Iterable[Job], workers: int | None = None, scheduler: str | None = None) -> Iterator[Outcome]:
    """Outcomes in the order of completion. Closing the iterator early stops the workers at once.

    SchedulerError if `scheduler` does not answer within ten seconds or its workers cannot do the job.
    """
    jobs = list(jobs)
    if scheduler:
        yield from cluster.run(jobs, scheduler)
    elif len(jobs) == 1:
        yield attempt(jobs[0])  # a worker would cost more than it saves
    else:
        yield from _here(jobs, min(workers or _cores(), len(jobs)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _here(jobs: list[Job], workers: int) -> Iterator[Outcome]:
    """On this machine. The shares under way when a worker was killed are tried again, each issue alone: so the culprit
    is known.
    """
    suspects: list[Job] = []
    with _interrupts_at_rest() as rest:
        while jobs or suspects:
            alone = not jobs
            batch, jobs = ([suspects.pop()], []) if alone else (jobs, [])
            left = {job.name: job for job in batch}
            with _local(1 if alone else workers) as (executor, ready):
                lost: list[Job] = []
                shares = _shares(batch, workers)
                for job, outcome in _served(executor, shares, 2 * workers, rest, ready):
                    if outcome is None:
                        lost.append(job)
                    else:
                        del left[job.name]
                        yield outcome
            if lost and alone:
                yield Outcome(batch[0].center, batch[0].period, "failed", LOST)
            elif lost:
                suspects += lost
                jobs = [job for job in batch if job.name in left and job not in lost]


@contextlib.contextmanager
def _interrupts_at_rest() -> Iterator[Callable[[], None]]:
    """Ctrl-C is only noted; the function given raises it. So it never comes in the middle of starting a worker, which
    nobody would know of and stop then.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    noted = threading.Event()

    def rest() -> None:
        if noted.is_set():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, lambda *_: noted.set())
    try:
        yield rest
    finally:
        signal.signal(signal.SIGINT, before)


def _shares(jobs: list[Job], workers: int) -> Iterator[tuple[Job, ...]]:
    """The jobs in order, a few at a time; fewer where there are few, so that no worker is left without."""
    size = max(1, min(_SHARE, len(jobs) // (2 * workers)))
    return (tuple(jobs[start : start + size]) for start in range(0, len(jobs), size))


def _served(
    executor: Executor,
    shares: Iterable[tuple[Job, ...]],
    at_once: int,
    rest: Callable[[], None],
    ready: Event,
) -> Iterator[tuple[Job, Outcome | None]]:
    """Each job with its outcome, or with None where its worker was lost; then no further share is begun.

    `rest` is called where an interruption may be raised. A worker may be done before the thread that started it has
    noted its number, and then the executor stops for good: so the first workers wait until they are `ready` to go, and
    the executor's own thread, which also hears of their end, starts the others.
    """
    waiting, begun, results = deque(shares), [], queue.SimpleQueue()

    def begin() -> None:
        with contextlib.suppress(IndexError, BrokenProcessPool, RuntimeError):
            share = waiting.popleft()
            future = executor.submit(attempt_each, share)
            begun.extend(share)
            future.add_done_callback(lambda future: done(share, future))

    def done(share: tuple[Job, ...], future: Future) -> None:
        if (outcomes := _result(future)) is not None:
            begin()
        for job, outcome in zip(share, outcomes or [None] * len(share), strict=True):
            results.put((job, outcome))

    for _ in range(at_once):
        begin()
    ready.set()
    served = 0
    while served < len(begun):
        rest()
        with contextlib.suppress(queue.Empty):
            yield results.get(timeout=0.2)
            served += 1


def _result(future: Future) -> list[Outcome] | None:
    try:
        return future.result()
    except (BrokenProcessPool, CancelledError):
        return None


@contextlib.contextmanager
def _local(workers: int) -> Iterator[tuple[Executor, Event]]:
    """A pool of this machine's processes, which begin once the event is set.

    Left in any other way than by finishing, its workers are killed.
    """
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        _start_server(context)
    others = set(multiprocessing.active_children())
    ready = context.Event()
    executor = ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_begin,
        initargs=(ready,),
        max_tasks_per_child=1 if method == "forkserver" else None,
    )
    try:
        yield executor, ready
    except BaseException:
        _kill(executor, others)
        raise
    else:
        executor.shutdown()


def _kill(executor: Executor, others: set) -> None:
    """End a pool and its processes now, whatever they are doing.

    The executor may be putting another worker in the place of one that is killed, so its workers are killed until it
    has shut down, and once more after.
    """
    # What the executor's own thread says when a worker dies as it starts is no news to anybody.
    said, threading.excepthook = threading.excepthook, lambda _: None
    closing = threading.Thread(target=executor.shutdown, kwargs={"cancel_futures": True})
    closing.start()
    while True:
        last = not closing.is_alive()
        left = set(multiprocessing.active_children()) - others
        for child in left:
            child.kill()
        if last:
            break
        closing.join(0.05)
    for child in left:
        child.join(5)
    threading.excepthook = said


def _start_server(context) -> None:
    """Start the process that workers are forked from, with what it must have from its first moment on."""
    from multiprocessing import forkserver

    context.set_forkserver_preload(["hotline.batch.warm", "hotline.cli", "hotline.batch.pool"])
    before = {name: os.environ.get(name) for name in _SERVER}
    os.environ.update(_SERVER)
    # Ctrl-C is for the command, which stops its workers; blocked here, it is blocked in all that descend from it.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_SERVER = {
    "OPENBLAS_NUM_THREADS": "1",  # a forked child must not inherit half a thread pool
    "PYTHONSAFEPATH": "1",  # `python -c` would import what lies in the working directory before what is installed
}


def _begin(ready: Event) -> None:
    """In a new worker: end with the command, whatever ends it. (kill -9 leaves it no chance to stop its workers.)"""
    os.environ.pop("PYTHONSAFEPATH", None)
    # Half-way through telling its result a worker must not be interrupted: the executor would hear of it twice.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    ready.wait()
