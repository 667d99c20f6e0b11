"""One issue made in a process of its own; every error becomes an outcome."""

import os
import traceback
from dataclasses import dataclass, field

from hotline import HotlineError
from hotline.printing.formats import DEFAULT
from hotline.publishing.outcome import MEMORY, Outcome
from hotline.system import refused


@dataclass(frozen=True)
class Job:
    """One issue to make, in the workspace `home`; hotline.publishing.issue.render says what the other fields mean.

    `relink`: only its links to its neighbours need renewing. `seconds` and `memory` are its limits.
    """

    home: str
    center: str
    period: str
    formats: tuple[str, ...] = DEFAULT
    links: dict = field(default_factory=dict, hash=False)
    relink: bool = False
    version: int | None = None
    first: bool = False
    archive: str | None = None
    keep_words: bool = False
    seconds: float = 600
    memory: int = MEMORY


def attempt(job: Job) -> Outcome:
    """Make one issue. Runs in a process of its own."""
    from hotline import periods
    from hotline.profiles import load
    from hotline.publishing import issue

    os.environ["HOTLINE_HOME"] = job.home
    try:
        period = periods.parse(job.period, load(job.center).first_weekday)
        if job.relink:
            return issue.relink(job.center, period)
        return issue.render(
            job.center,
            period,
            job.formats,
            job.links,
            job.first,
            job.version,
            job.archive,
            job.keep_words,
        )
    except Exception as error:
        return Outcome(job.center, job.period, "failed", _reason(error, job))


def _reason(error: Exception, job: Job) -> str:
    if isinstance(error, HotlineError):
        return str(error)
    if isinstance(error, MemoryError):
        return "内存不足，这一期没有完成。请减少 --jobs，或换内存更大的机器。"
    if isinstance(error, OSError):
        return f"{refused(error)}。已发布的各期没有变动。"
    from hotline.publishing import execution

    kept = execution.keep_traceback(job.center, job.period, "".join(traceback.format_exception(error)))
    return f"程序出错：{type(error).__name__}: {error}（详情：{kept}）"
