"""A process that reads files, so that no file can take more memory or time than the profile allows.

A damaged or hostile file can make a reader ask for all memory there is, never end, or die of a fault in native code,
and nothing within the process can stop that. So bytes become grids in a process of its own: `Reader` asks, hotline.intake.serving
answers. One process serves all files of an import, and waits for the next import of the same command; one that died, or
that a file has swollen, is replaced. It ends with the command: nobody can ask it any more.

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
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hotline.intake.grids import Body, FileError, Grid, Texts, damaged
from hotline.intake.serving import NO_MEMORY
from hotline.masking import shown_name
from hotline.system import refused

if TYPE_CHECKING:
    from hotline.center import Export

_SWOLLEN = 256 << 20
"""Bytes that a process may have held and still serve the next file: not all of it is had back."""
_OUT_OF_MEMORY = ("memory allocation", "memoryerror", "bad_alloc", "cannot allocate memory", "failed to map")
"""What code says on its way out when it gets no memory."""


_waiting: dict[tuple[str, str], tuple] = {}
"""Limits → the process, and its file of complaints, that an import has left for the next one."""


class Reader:
    """`with Reader(export) as reader: reader.grids(path)`. Grids can be asked until the next file is opened.

    FileError where a file is no export, is damaged, or exceeds what the profile's `export` allows.
    """

    def __init__(self, export: "Export"):
        self._export = export
        self._process: subprocess.Popen | None = None
        self._file, self._seconds_left, self._held = "", 0.0, 0
        self._progress: Callable[[float], None] = lambda part: None
        self._limits = str(export.max_memory << 20), str(export.max_seconds)

    def __enter__(self) -> "Reader":
        if kept := _waiting.pop(self._limits, None):
            self._process, self._complaints = kept
        else:
            self._start()
        return self

    def __exit__(self, failed: type | None, *_: object) -> None:
        if failed or self._process is None or self._held > _SWOLLEN or self._process.poll() is not None:
            self._stop()
        else:
            _waiting[self._limits] = self._process, self._complaints
            self._process = None

    def grids(self, path: Path, progress: Callable[[float], None] = lambda part: None) -> list[Grid]:
        """Every grid of a file, or those of the profile's sheet. `progress` is called, while this or a grid's body is
        read, with the part of the work on the file that is done, 0 to 1."""
        if self._held > _SWOLLEN:
            self._stop()
        if self._process is None:
            self._start()
        self._progress = progress
        self._file, self._seconds_left = shown_name(path), float(self._export.max_seconds)
        grids = self.ask("open", path.absolute(), self._file, self._export.max_megabytes, self._export.sheet)
        return [_Remote(*grid, self, number) for number, grid in enumerate(grids)]

    # ---- the process ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the process)
        except OSError as error:
            raise FileError(
                f"临时文件夹写不进：{refused(error)}。请检查磁盘空间和权限；没有存入任何数据。"
            ) from None
        # Arrow's own allocators and OpenBLAS's threads keep memory in reserve, which the limit would count.
        surroundings = {
            **os.environ,
            "RUST_BACKTRACE": "0",
            "ARROW_DEFAULT_MEMORY_POOL": "system",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "hotline.intake.serving", *self._limits],
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

    def ask(self, *question: object) -> object:
        """The answer to a question. What the caller does between two of them takes none of the file's time."""
        if self._process is None:
            raise damaged(self._file)  # it died of another sheet of the file
        began, late = time.monotonic(), threading.Event()
        alarm = threading.Timer(self._seconds_left, lambda: (late.set(), self._process.kill()))
        alarm.start()
        try:
            pickle.dump(question, self._process.stdin, 5)
            self._process.stdin.flush()
            kind = "progress"
            while kind == "progress":
                kind, answer, self._held = pickle.load(self._process.stdout)
                if kind == "progress":
                    self._progress(answer)
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
        code = self._process.wait()
        slow = late.is_set() or code == -getattr(signal, "SIGXCPU", 0)
        self._complaints.seek(0)
        complaint = self._complaints.read()[-4_000:].decode("utf-8", "replace")
        self._stop()
        advice = "没有读取。请核对它是不是正常的导出；如果是，请分成几个文件，或调高上限。"
        if code == NO_MEMORY or any(words in complaint.lower() for words in _OUT_OF_MEMORY):
            limit = f"超过 {self._export.max_memory} MB（center.yml 的 export.max_memory）"
            return FileError(f"{self._file}：读取时占用的内存{limit}，{advice}")
        if slow:
            limit = f"{self._export.max_seconds} 秒（center.yml 的 export.max_seconds）"
            return FileError(f"{self._file}：读了 {limit}还没有读完，{advice}")
        return damaged(self._file)


class _Remote(Grid):
    """A grid whose rows the process has."""

    def __init__(self, file, sheet, head, date1904, broken, reader: Reader, number: int):
        super().__init__(file, sheet, head, date1904, broken)
        self._reader, self._number = reader, number

    def body(self, after: int, positions: list[int], max_rows: int) -> Body:
        import numpy as np

        body = self._reader.ask("body", self._number, after, positions, max_rows)
        body.rows = np.asarray(body.rows, dtype="int64")
        body.columns = [column.arrow() if isinstance(column, Texts) else column for column in body.columns]
        return body
