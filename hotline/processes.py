"""A call made in a process of its own: whatever it changes, breaks or leaves running ends with that process.

The process is forked from a warm one, multiprocessing's fork server, that has imported what the call needs. Where there
is no fork, or where the environment variable HOTLINE_START_METHOD says `spawn`, it is a fresh interpreter. It leads a
process group, so that what the call itself has started ends with it; and it ends when the process that asked for it does.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Collection, Iterator
from multiprocessing import connection

from hotline import HotlineError, Progress

PATIENCE = 60
"""Seconds that a fork server may give no answer and do nothing; while it works it imports, however slow the machine is."""
_ATTEMPTS = 3
_LONGEST = 20
"""So many times half of that it may work."""
_RETRIES = 20
"""With a fifth of a second between them: a fork server that was killed is seen as gone only when the system has cleared it away."""
_SERVER_GONE = 255
"""The exit code that multiprocessing gives for any process whose fork server has gone, though it may be alive."""
_STARTING = threading.Lock()
"""Held while what the whole process has (environment, `__main__`) is changed for a start."""
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a forked child must not inherit half a thread pool
    "PYTHONSAFEPATH": "1",  # `python -c` would import what lies in the working directory before what is installed
}


class NotStarted(HotlineError):
    """The process could not be started: the fork server does not answer, or the system allows no more processes. The
    message, in Chinese, says what to do."""


def method() -> str:
    """How a process is started: `forkserver` where there is fork, else `spawn`; HOTLINE_START_METHOD chooses."""
    default = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    return os.environ.get("HOTLINE_START_METHOD") or default


def preload(*modules: str) -> None:
    """What the fork server imports before it forks. Without effect once it runs, or where there is none."""
    if method() == "forkserver":
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))


class Child:
    """`function(*arguments)` under way in a process of its own; NotStarted if the process does not come up.

    It is killed after `seconds`, and cannot allocate more than `memory` bytes where the system can limit that. Once
    `ended` has returned it, it has either a `result`, or an `error` (what the function raised), or neither: then
    `exitcode` tells how the process ended, None that it was killed for its time, and `step` what it was doing, with
    `limit`, the seconds it had for that, and `memory`, the bytes that it might take for it, where it had its own limit.
    `progress` is told, while it is waited for, what it says of how far it is (`reached`).
    """

    def __init__(
        self,
        function: Callable,
        *arguments: object,
        seconds: float,
        memory: int | None = None,
        progress: Progress | None = None,
    ):
        self.step, self.limit, self.memory = "", seconds, None
        self._progress = progress or (lambda what, done: None)
        self.result, self.error, self.exitcode = None, None, None
        self._answered = False
        context = multiprocessing.get_context(method())
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_call, args=(sender, function, arguments, memory, dict(os.environ))
        )
        try:
            _start(self._process)
        except BaseException:
            self.kill()
            raise
        finally:
            sender.close()
        self.signals = [self._receiver, self._process.sentinel]
        self._seconds, self._ends = seconds, time.monotonic() + seconds
        self._step_ends = self._ends

    @property
    def answered(self) -> bool:
        """Whether the function has returned or raised."""
        return self._answered

    @property
    def deadline(self) -> float:
        return min(self._ends, self._step_ends)

    def kill(self) -> None:
        """End the process and all of its group now."""
        if self._process.pid is not None:
            with contextlib.suppress(OSError):
                _kill_group(self._process.pid)
            if not self._answered:  # it may not have had the time to lead a group
                with contextlib.suppress(OSError):
                    self._process.kill()
            self._process.join(5)
        self._receiver.close()

    def over(self, ready: Collection) -> bool:
        """Take in what has come; whether this is the end of it."""
        if self._receiver in ready:
            self._receive()
        if not self._answered and self._process.sentinel in ready:
            self._died()
        if not self._answered and self.exitcode is None and time.monotonic() < self.deadline:
            return False
        self.kill()
        return True

    def _receive(self) -> None:
        try:
            while not self._answered and self._receiver.poll():
                what, value = self._receiver.recv()
                if what == "progress":
                    self._progress(*value)
                elif what == "step":
                    self.step, part, self.memory = value
                    self._step_ends = time.monotonic() + part * self._seconds
                    self.limit = self._seconds * (part if self._step_ends < self._ends else 1)
                else:
                    self._answered = True
                    setattr(self, what, value)
        except (EOFError, OSError):
            self._process.join(5)
            self.exitcode = self._process.exitcode
            self.exitcode = _SERVER_GONE if self.exitcode is None else self.exitcode

    def _died(self) -> None:
        exitcode = self._process.exitcode
        if exitcode == _SERVER_GONE:
            # The process itself may well go on: its pipe says when it ends.
            self.signals = [self._receiver]
            return
        # What the call has started may hold the pipe open, and must not be waited for.
        with contextlib.suppress(OSError):
            _kill_group(self._process.pid)
        self._receive()
        if not self._answered:
            self.exitcode = exitcode


def ended(children: Collection[Child]) -> list[Child]:
    """Those of these that have ended; waits until there is one."""
    while True:
        signals = [each for child in children for each in child.signals]
        patience = max(0.0, min(child.deadline for child in children) - time.monotonic())
        ready = connection.wait(signals, min(patience, 1.0))  # on Windows Ctrl-C is heard between two waits
        if over := [child for child in children if child.over(ready)]:
            return over


def call(
    function: Callable,
    *arguments: object,
    seconds: float,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Child:
    """The same for one call, waited for."""
    child = Child(function, *arguments, seconds=seconds, memory=memory, progress=progress)
    try:
        return ended([child])[0]
    finally:
        child.kill()


# ---- starting ---------------------------------------------------------------------------------------------------------


def _start(process: multiprocessing.Process) -> None:
    """Start it. multiprocessing starts its fork server again at the next attempt, where that was killed.

    In a thread, because multiprocessing waits without limit for a fork server that does not answer, and because Ctrl-C
    comes to the main thread alone: a process whose start it had interrupted would be known to nobody.
    """
    failures: list[str] = []
    given_up = threading.Event()

    def start() -> None:
        if hasattr(signal, "pthread_sigmask"):
            # Ctrl-C is for the command, which stops its processes; blocked here, it is blocked in all that descend.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        while len(failures) < _RETRIES and not given_up.is_set():
            try:
                with _STARTING, _environment(), _children_allowed(), _main_hidden():
                    process.start()
                return
            except (EOFError, OSError) as error:
                failures.append(str(error) or "EOF")
                time.sleep(0.2)

    thread = threading.Thread(target=start, daemon=True)
    try:
        thread.start()
        idle, worked = 0, None
        for _ in range(_LONGEST):
            thread.join(PATIENCE / 2)
            if not thread.is_alive() or idle == _ATTEMPTS:
                break
            if (now := _server_worked()) == worked:
                _kill_server()
                idle += 1
            worked = now
        thread.join(1)
    except BaseException:
        given_up.set()
        with contextlib.suppress(RuntimeError):  # interrupted before it ran: it finds that this was given up
            thread.join(10)
        raise
    if process.pid is None:
        given_up.set()
        _kill_server()  # one that never answers would outlive the command
        why = f"试了 {len(failures)} 次：{failures[-1]}" if failures else f"{PATIENCE} 秒没有应答"
        raise NotStarted(
            f"工作进程没有启动（{why}）。多半是这台电脑太忙，或不许再开进程：请等一会儿、关掉别的程序，再试一次。"
        )


def _server() -> int | None:
    server = sys.modules.get("multiprocessing.forkserver")
    return server and server._forkserver._forkserver_pid  # noqa: SLF001  (there is no public way)


def _server_worked() -> tuple | None:
    """The CPU time that the fork server has used; the same again if it was stopped."""
    import psutil

    with contextlib.suppress(psutil.Error):
        return (pid := _server()) and (pid, sum(psutil.Process(pid).cpu_times()[:2]))
    return None


def _kill_server() -> None:
    """End a fork server that does not answer (it was stopped): multiprocessing has no public way to."""
    if pid := _server():
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """What the fork server must have from its first moment on."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _children_allowed() -> Iterator[None]:
    """Dask's nanny starts its worker as a daemon, which multiprocessing allows no children; ours end with it anyway."""
    config = multiprocessing.current_process()._config  # noqa: SLF001  (there is no public way)
    before = config.pop("daemon", None)
    try:
        yield
    finally:
        if before is not None:
            config["daemon"] = before


@contextlib.contextmanager
def _main_hidden() -> Iterator[None]:
    """multiprocessing runs the command's script (Lab's, Dask's) again in each process, for functions that it may define.

    None of ours is there: they stand in modules.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


# ---- in the process ----------------------------------------------------------------------------------------------------

_sender: connection.Connection | None = None


def step(text: str, part: float = 1.0, memory: int | None = None) -> None:
    """Say, in a process of one call, what is done next, which part of its time that may take, and how many bytes more than
    the process has by now, within its own limit.

    Elsewhere nothing happens.
    """
    if _sender is not None:
        _sender.send(("step", (text, part, memory)))
        _limit_step(memory)


def reached(what: str, done: float) -> None:
    """Say, in a process of one call, what is being done and which part of the whole, 0 to 1, is done; elsewhere nothing happens."""
    if _sender is not None:
        _sender.send(("progress", (what, done)))


def _call(
    sender: connection.Connection, function: Callable, arguments: tuple, memory: int | None, environment: dict
) -> None:
    global _sender
    _sender = sender
    os.environ.clear()  # the fork server's is of the moment that it was started
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    _limit(memory)
    threading.Thread(target=_follow, daemon=True).start()
    try:
        answer = "result", function(*arguments)
    except Exception as error:
        answer = "error", _portable(error)
    with contextlib.suppress(OSError):  # nobody waits for the answer any more
        sender.send(answer)
    _end(0)


def _limit(memory: int | None) -> None:
    """RLIMIT_DATA counts what is really allocated; address space is reserved by the terabyte (pandoc) and says nothing."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write out all of that
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _limit_step(more: int | None) -> None:
    """Allow `more` bytes than the process has allocated; None: what its own limit leaves."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_DATA)[1]
        with open("/proc/self/status", "rb") as status:
            has = next(int(line.split()[1]) << 10 for line in status if line.startswith(b"VmData:"))
        wanted = most if more is None else has + more
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
        )


def _follow() -> None:
    """End with the process that asked, whatever ends it: kill -9 leaves it no chance to stop its processes."""
    multiprocessing.parent_process().join()
    _end(1)


def _end(code: int) -> None:
    """End at once, with all that was started here: threads that never end are not waited for."""
    with contextlib.suppress(OSError):
        _kill_group(0)
    os._exit(code)


def _kill_group(pid: int) -> None:
    """End a process that leads a group (0: this one), and all that it has started; without groups, all that descend from it."""
    if hasattr(os, "killpg"):
        os.killpg(pid, signal.SIGKILL)
        return
    import psutil

    with contextlib.suppress(psutil.Error):
        for each in psutil.Process(pid or None).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                each.kill()


def _portable(error: Exception) -> Exception:
    try:
        return pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
