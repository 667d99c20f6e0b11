"""Jobs in, outcomes out, as they come: every issue in a process of its own, on this machine or on a Dask cluster."""

import os
from collections import deque
from collections.abc import Iterable, Iterator

from hotline import processes, scratch
from hotline.batch import cluster
from hotline.batch.worker import Job, attempt
from hotline.processes import Child, NotStarted
from hotline.publishing.outcome import Outcome, lost

_IMPORTS = "hotline.batch.ready"
_PRACTICE = "hotline.batch.practice"


def run(jobs: Iterable[Job], workers: int | None = None, scheduler: str | None = None) -> Iterator[Outcome]:
    """Outcomes in the order of completion. Closing the iterator early stops the workers at once.

    SchedulerError if `scheduler` does not answer within ten seconds or its workers cannot do the job.
    """
    jobs = list(jobs)
    if scheduler:
        yield from cluster.run(jobs, alone, scheduler)
    else:
        yield from _here(jobs, workers or _cores(), practice=len(jobs) > 1)


def alone(job: Job) -> Outcome:
    """One issue; what a Dask worker is asked to do. It keeps its fork server for the issues that follow."""
    scratch.use_own_folder()
    return next(_here([job], 1, practice=True))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _here(jobs: list[Job], workers: int, practice: bool) -> Iterator[Outcome]:
    """Outcomes of jobs on this machine, `workers` at a time. `practice`: rehearse an issue in the fork server first, which
    takes a good part of an issue's time and pays from the second issue on."""
    processes.preload(_IMPORTS, *([_PRACTICE] if practice else []))
    waiting, running = deque(jobs), {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.popleft()
                try:
                    running[Child(attempt, job, seconds=job.seconds, memory=job.memory)] = job
                except NotStarted as error:
                    yield Outcome(job.center, job.period, "failed", str(error))
            for child in processes.ended(running) if running else ():
                job = running.pop(child)
                yield child.result or Outcome(job.center, job.period, "failed", lost(child))
    finally:
        for child in running:
            child.kill()
