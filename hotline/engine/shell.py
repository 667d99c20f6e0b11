"""The shell of IPython's kernel in this process: a cell's source in, the messages that a kernel would send out.

The shell is ipykernel's own; in place of sockets it has a recorder. Streams are flushed when a kernel flushes them:
before anything is displayed, when the cell says so, and at its end.
"""

import atexit
import builtins
import getpass
import io
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress

# It keeps the `__main__` that it sees when it is first imported: let that not be a notebook's, with all its frames.
import IPython.core.completer  # noqa: F401
from ipykernel.compiler import XCachingCompiler
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.error import StdinNotImplementedError, UsageError
from jupyter_client.session import Session
from traitlets.config import Config

from hotline.engine.leftovers import nothing_left


class _Messages(list):
    """The messages of one cell, in order, and its execution count."""

    count: int | None = None


class _Recorder(Session):
    """A kernel's session whose messages go into a list instead of a socket, passed through JSON as on the wire."""

    messages: _Messages

    def send(
        self,
        stream,
        msg_or_type,
        content=None,
        parent=None,
        ident=None,
        buffers=None,
        track=False,
        header=None,
        metadata=None,
    ):
        message = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content, parent, header, metadata)
        )
        message["content"] = self.unpack(self.pack(message["content"]))
        message["buffers"] = buffers or []
        self.messages.append(message)
        return message


class _Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of a cell: what is written becomes a stream message when flushed, as in a kernel."""

    encoding = "UTF-8"

    def __init__(self, name: str, session: _Recorder):
        self.name = f"<{name}>"
        self._stream, self._session = name, session
        self._written: list[str] = []
        self._lock = threading.Lock()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        with self._lock:
            self._written.append(text)
        return len(text)

    def flush(self) -> None:
        with self._lock:
            text, self._written = "".join(self._written), []
        if text:
            self._session.send(None, "stream", {"name": self._stream, "text": text})


class Shell(ZMQInteractiveShell):
    """The shell that IPython's kernel runs, here without a kernel."""

    def ask_exit(self) -> None:
        """`exit` in a cell ends a kernel; here there is none to end, and the notebook goes on."""

    def enable_gui(self, gui=None) -> None:
        """`%matplotlib inline` has no event loop to start; windows are not for a notebook that nobody watches."""
        if gui not in (None, "inline"):
            raise UsageError(f"无人值守的笔记本不能打开窗口（{gui}），请用 %matplotlib inline。")


Runner = Callable[[str], tuple[_Messages, dict | None]]


@contextmanager
def running() -> Iterator[Runner]:
    """A function that runs the source of a cell and returns its messages, and an error reply or None."""
    # The caller may itself be in a shell (a notebook that renders issues): set it aside, it is back afterwards.
    outer = [(cls, cls._instance) for cls in Shell._walk_mro()]
    for cls, _ in outer:
        cls._instance = None
    session = _Recorder()
    session.messages = _Messages()
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    with (
        tempfile.TemporaryDirectory(prefix=f"hotline-{os.getpid()}-") as folder,
        _captured_descriptors() as captured,
    ):
        try:
            shell = Shell.instance(
                config=config, ipython_dir=folder, compiler_class=XCachingCompiler, kernel=None
            )
            shell.displayhook.session = shell.display_pub.session = session
            shell.displayhook.topic = b"execute_result"
            os.environ.setdefault("MPLBACKEND", _INLINE)
            _find_beside()
            _adopt_figures(shell)
            try:
                with nothing_left() as end_forked:
                    yield lambda source: _run(shell, session, captured, end_forked, source)
            finally:
                _release_figures()
                # At its end the shell collects the garbage of the whole process, which takes time and frees nothing that is needed.
                shell.displayhook.flush = lambda: None
                shell.atexit_operations()
                atexit.unregister(shell.atexit_operations)
        finally:
            for cls, instance in outer:
                cls._instance = instance


def _run(
    shell: Shell, session: _Recorder, captured: Callable, end_forked: Callable, source: str
) -> tuple[_Messages, dict | None]:
    messages = session.messages = _Messages()
    sys.stdout, sys.stderr = streams = _Stream("stdout", session), _Stream("stderr", session)
    shell.set_parent(session.msg("execute_request"))
    with _no_input(), _own_logging(shell), captured(*streams):
        result = shell.run_cell(source, store_history=True)
        end_forked()
    for stream in streams:
        stream.flush()
    shell.payload_manager.clear_payload()
    messages.count = shell.execution_count - 1
    failure = result.error_before_exec or result.error_in_exec
    # Where Ctrl-C is ignored, as in a process of one issue, only the cell itself can have raised it.
    if isinstance(failure, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        raise failure
    if result.success and not shell._last_traceback_during_displayhook:
        return messages, None
    return messages, {
        "status": "error",
        "ename": type(failure).__name__,
        "evalue": str(failure),
        "traceback": shell._last_traceback or [],
    }


@contextmanager
def _no_input() -> Iterator[None]:
    """A cell that asks for input fails as it does in a kernel without a front end, instead of waiting for ever."""

    def refuse(*_, **__):
        raise StdinNotImplementedError(
            "raw_input was called, but this frontend does not support input requests."
        )

    asked = builtins.input, getpass.getpass
    builtins.input = getpass.getpass = refuse
    try:
        yield
    finally:
        builtins.input, getpass.getpass = asked


@contextmanager
def _own_logging(shell: Shell) -> Iterator[None]:
    """A notebook's root logger is its own, from cell to cell, as in a kernel: not the one of the calling program."""
    root = logging.getLogger()
    outer = list(root.handlers), root.level
    root.handlers[:], root.level = shell.__dict__.get("_root_logger", ([], logging.WARNING))
    try:
        yield
    finally:
        shell.__dict__["_root_logger"] = list(root.handlers), root.level
        root.handlers[:] = outer[0]
        root.setLevel(outer[1])


@contextmanager
def _captured_descriptors() -> Iterator[Callable]:
    """A context manager per cell that adds to its streams what was written past Python: by subprocesses, by libraries.

    Only in the main thread: elsewhere (a Dask worker) the descriptors serve others at the same time.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda *streams: nullcontext()
        return
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:

        @contextmanager
        def captured(*streams: _Stream) -> Iterator[None]:
            with ExitStack() as stack:
                for number, file, stream in ((1, out, streams[0]), (2, err, streams[1])):
                    stack.enter_context(_redirected(number, file, stream))
                yield

        yield captured


@contextmanager
def _redirected(number: int, file, stream: _Stream) -> Iterator[None]:
    try:
        kept = os.dup(number)
    except OSError:  # closed: a daemon without a terminal
        yield
        return
    try:
        os.dup2(file.fileno(), number)
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)
        if size := file.seek(0, os.SEEK_END):
            file.seek(0)
            stream.write(file.read(size).decode(errors="replace"))
            file.seek(0)
            file.truncate()


def _find_beside() -> None:
    """Modules in the working directory can be imported, after the standard library, as in a kernel."""
    if "" not in sys.path:
        places = (
            index for index, path in enumerate(sys.path) if path.endswith(("site-packages", "dist-packages"))
        )
        sys.path.insert(next(places, 0), "")


_INLINE = "module://matplotlib_inline.backend_inline"


def _adopt_figures(shell: Shell) -> None:
    """Make this shell the one that shows pyplot's figures: in a kernel the inline backend's import does so, once."""
    if "matplotlib" not in sys.modules:
        return
    import matplotlib

    backend = os.environ["MPLBACKEND"]
    matplotlib.use(backend)  # the environment is read when matplotlib is imported, and that was earlier
    if backend == _INLINE and "matplotlib_inline.backend_inline" in sys.modules:
        from matplotlib_inline import backend_inline

        backend_inline.configure_inline_support.current_backend = "unset"
        backend_inline._enable_matplotlib_integration()


def _release_figures() -> None:
    """Take pyplot's hooks from the shell, while it is still there, and forget what the notebook configured."""
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib import pyplot

        with suppress(ValueError):  # the notebook's own doing: it is gone already
            pyplot.uninstall_repl_displayhook()
    if "matplotlib_inline.backend_inline" in sys.modules:
        from matplotlib_inline import backend_inline
        from matplotlib_inline.config import InlineBackend

        InlineBackend.clear_instance()
        backend_inline.configure_inline_support.current_backend = "unset"
        backend_inline.show._to_draw, backend_inline.show._draw_called = [], False
