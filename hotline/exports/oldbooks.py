"""The old .xls format, read in a process of its own.

A damaged one can make the reader ask for all memory there is, or never end, and neither can be caught: so it reads
in a process that may have only so much of both, and that dies alone. (Of six hundred mutated files, seventy did.)
"""

import io
import os
import pickle
import subprocess
import sys

SECONDS, BYTES = 120, 2 << 30
"""What the reader may take. The format's largest sheet, 65,536 rows of 256 cells, needs half of it."""
PASSWORD = 3
"""The exit code of the reader that met a password."""


class Unreadable(Exception):
    """The reader gave up, or died; `password` says whether it met one."""

    def __init__(self, password: bool = False):
        super().__init__()
        self.password = password


def sheets(data: bytes) -> list[tuple[str, list[list]]]:
    """Each worksheet's name and rows of cells, from the first row on. Unreadable if it cannot be had."""
    command = [sys.executable, "-P", "-m", __name__]
    try:
        ran = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=SECONDS,
            env={**os.environ, "RUST_BACKTRACE": "0"},
        )
    except subprocess.TimeoutExpired:
        raise Unreadable from None
    if ran.returncode:
        raise Unreadable(ran.returncode == PASSWORD)
    return pickle.loads(ran.stdout)


def _read() -> int:
    import python_calamine as calamine

    _limit()
    try:
        book = calamine.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
        names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        found = [(name, list(book.get_sheet_by_name(name).iter_rows())) for name in names]
    except calamine.PasswordError:
        return PASSWORD
    except BaseException:
        return 1
    pickle.dump(found, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    return 0


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit holds there too
        return
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(_read())
