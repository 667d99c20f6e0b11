"""A process that reads files, so that no file can take more memory or time than the profile allows.

A damaged or hostile file can make a reader ask for all memory there is, never end, or die of a fault in native code,
and nothing within the process can stop that. So bytes become grids in a process of its own: `Reader` asks, `_serve`
answers. One process serves all files of an import; one that died, or that a file has swollen, is replaced.

The process knows nothing of pandas, and of pyarrow only if a file is text: it starts in a few hundredths of a second.
Windows has no limit of memory for a process; the limit of time holds there too.
"""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from hotline.intake import files
from hotline.intake.grids import Body, FileError, Grid, Texts, damaged

if TYPE_CHECKING:
    from hotline.center import Export

_SWOLLEN = 256 << 20
"""Bytes that a process may have held and still serve the next file: not all of it is had back."""
_OUT_OF_MEMORY = ("memory allocation of", "MemoryError", "bad_alloc")
"""What code says on its way out when it gets no memory."""


class Reader:
    """`with Reader(export) as reader: reader.grids(path)`. Grids can be asked until the next file is opened.

    FileError where a file is no export, is damaged, or exceeds what the profile's `export` allows.
    """

    def __init__(self, export: "Export"):
        self._export = export
        self._process: subprocess.Popen | None = None
        self._file, self._seconds_left, self._held = "", 0.0, 0

    def __enter__(self) -> "Reader":
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def grids(self, path: Path) -> list[Grid]:
        """Every grid of a file, or those of the profile's sheet."""
        if self._held > _SWOLLEN:
            self._stop()
        if self._process is None:
            self._start()
        self._file, self._seconds_left = files.shown_name(path), float(self._export.max_seconds)
        grids = self._ask("open", path.absolute(), self._export.max_megabytes, self._export.sheet)
        return [_Remote(*grid, self, number) for number, grid in enumerate(grids)]

    # ---- the process ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        # Arrow's own allocators keep memory in reserve, which the limit would count.
        surroundings = {**os.environ, "RUST_BACKTRACE": "0", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        limits = [str(self._export.max_memory << 20), str(self._export.max_seconds)]
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=surroundings,
        )
        self._held = 0

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            with contextlib.suppress(OSError):
                stream.close()
        self._process = None

    def _ask(self, *question: object) -> object:
        """The answer to a question. What the caller does between two of them takes none of the file's time."""
        if self._process is None:
            raise damaged(self._file)  # it died of another sheet of the file
        began, late = time.monotonic(), threading.Event()
        alarm = threading.Timer(self._seconds_left, lambda: (late.set(), self._process.kill()))
        alarm.start()
        try:
            pickle.dump(question, self._process.stdin, 5)
            self._process.stdin.flush()
            kind, answer, self._held = pickle.load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError, OSError):
            raise self._death(late) from None
        finally:
            alarm.cancel()
            self._seconds_left -= time.monotonic() - began
        if kind == "refused":
            raise FileError(answer)
        if kind == "failed":
            raise RuntimeError(answer)
        return answer

    def _death(self, late: threading.Event) -> FileError:
        """What the process died of."""
        late = self._process.wait() == -getattr(signal, "SIGXCPU", 0) or late.is_set()
        self._complaints.seek(0)
        complaint = self._complaints.read()[-4_000:].decode("utf-8", "replace")
        self._stop()
        advice = "没有读取。请核对它是不是正常的导出；如果是，请分成几个文件，或调高上限。"
        if any(words in complaint for words in _OUT_OF_MEMORY):
            limit = f"超过 {self._export.max_memory} MB（center.yml 的 export.max_memory）"
            return FileError(f"{self._file}：读取时占用的内存{limit}，{advice}")
        if late:
            limit = f"{self._export.max_seconds} 秒（center.yml 的 export.max_seconds）"
            return FileError(f"{self._file}：读了 {limit}还没有读完，{advice}")
        return damaged(self._file)


class _Remote(Grid):
    """A grid whose rows the process has."""

    def __init__(self, file, sheet, head, date1904, reader: Reader, number: int):
        super().__init__(file, sheet, head, date1904)
        self._reader, self._number = reader, number

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        import numpy as np

        body = self._reader._ask("body", self._number, after, positions, max_rows)
        body.rows = np.asarray(body.rows, dtype="int64")
        body.columns = [column.arrow() if isinstance(column, Texts) else column for column in body.columns]
        return body


# ---- in the process ---------------------------------------------------------------------------------------------


def _serve(max_memory: int, max_seconds: int) -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which then ends this process
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    _limit_memory(max_memory)
    grids: list[Grid] = []
    while True:
        try:
            question, *details = pickle.load(questions)
        except EOFError:
            return
        try:
            if question == "open":
                _limit_time(max_seconds)
                grids = list(files.grids(*details))
                answer = "answer", [(grid.file, grid.sheet, grid.head, grid.date1904) for grid in grids]
            else:
                number, *where = details
                answer = "answer", grids[number].body(*where)
        except FileError as error:
            answer = "refused", str(error)
        except MemoryError:
            raise
        except Exception:
            answer = "failed", traceback.format_exc()
        pickle.dump((*answer, _held()), answers, 5)
        answers.flush()


try:
    import resource
except ImportError:  # Windows

    def _limit_memory(most: int) -> None:
        pass

    def _limit_time(seconds: int) -> None:
        pass

    def _held() -> int:
        return 0

else:

    def _limit_memory(most: int) -> None:
        # What the process writes to, unlike RLIMIT_AS, which counts what libraries merely set aside.
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _limit_time(seconds: int) -> None:
        """Should the parent be killed meanwhile, the system ends this process."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU,
            (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY),
        )

    def _held() -> int:
        """The most memory that the process has had, in bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _serve(*map(int, sys.argv[1:]))
