"""Workers that are the processes of a Dask cluster."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait

from hotline import HotlineError
from hotline.batch.worker import Job
from hotline.publishing.outcome import Outcome


class SchedulerError(HotlineError):
    """The Dask cluster cannot be used; the message, in Chinese, says why."""


def run(jobs: list[Job], make: Callable[[Job], Outcome], address: str) -> Iterator[Outcome]:
    """Outcomes in the order of completion, through the cluster's concurrent.futures interface; it gives the jobs of a
    lost worker to another. SchedulerError if it does not answer within ten seconds or its workers cannot do the job.
    """
    with _quiet(), _client(address) as client:
        executor = client.get_executor(pure=False, retries=1)
        running = {executor.submit(make, job): job for job in jobs}
        try:
            while running:
                done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
                if client.status != "running":  # all futures are then cancelled
                    raise SchedulerError(
                        f"Dask 调度器 {address} 中途断开了：还有 {len(running)} 期没有做完。"
                        "请重新启动它，再运行同一个命令：做完的不会重做。"
                    )
                for future in done:
                    job = running.pop(future)
                    try:
                        yield future.result()
                    except Exception as error:
                        yield Outcome(job.center, job.period, "failed", _cause(error))
        finally:
            executor.shutdown(wait=False)  # Dask's executor cancels by this what has not been done


def _cause(error: Exception) -> str:
    if type(error).__name__ == "KilledWorker":
        return "做这一期的集群工作进程一再被终止（多半是内存不足）。请换内存更大的机器，再做这一期。"
    return f"集群没有完成：{type(error).__name__}: {error}"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """distributed logs a traceback for a lost connection, in several places; the analyst gets one line."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _client(address: str) -> Iterator:
    try:
        from distributed import Client
    except ImportError:
        raise SchedulerError("要用集群，请先安装：pip install 'hotline-bulletin[cluster]'。") from None
    try:
        # A Client waits for minutes for a peer that accepts and says nothing: ask first.
        asyncio.run(_greeted(address))
        client = Client(address, timeout=8, set_as_default=False)
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        raise SchedulerError(
            f"Dask 调度器 {address} 没有应答（{_first_line(error)}）。请核对地址，并确认它已启动。"
        ) from None
    with client:
        programs = client.run(_program, on_error="return")
        if not programs:
            raise SchedulerError(f"Dask 调度器 {address} 上没有工作进程。请先启动：dask worker {address}。")
        other = [worker for worker, digest in programs.items() if digest != _program()]
        if other:
            raise SchedulerError(
                f"工作进程 {'、'.join(sorted(other))} 上没有本程序，或版本与这里不同。请安装同一版本后再试。"
            )
        yield client


def _program() -> str:
    """Which program a process runs; asked of every worker."""
    from hotline.publishing import inputs

    return inputs.package_digest()


async def _greeted(address: str) -> None:
    from distributed import Security
    from distributed.comm import connect

    secured = Security().get_connection_args("client")  # Dask's own configuration: certificates for tls://
    greeted = await asyncio.wait_for(connect(address, timeout=5, **secured), 6)
    greeted.abort()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
