"""The old .xls format, read in a process of its own.

A damaged one can make the reader ask for all memory there is, or never end, and neither can be caught: so it reads
in a process that may have only so much of both, and that dies alone. (Of six hundred mutated files, seventy did.)
"""

import io
import os
import pickle
import struct
import subprocess
import sys

SECONDS, BYTES = 120, 2 << 30
"""What the reader may take. The format's largest sheet, 65,536 rows of 256 cells, needs half of it."""
PASSWORD = 3
"""The exit code of the reader that met a password."""
_DATE_1904, _END = 0x0022, 0x000A
"""Types of record in a workbook's stream; the first substream, which ends with the second, is the workbook's own."""


class Unreadable(Exception):
    """The reader gave up, or died; `password` says whether it met one."""

    def __init__(self, password: bool = False):
        super().__init__()
        self.password = password


def sheets(data: bytes) -> tuple[bool, list[tuple[str, list[list]]]]:
    """Whether its dates count from 1904, and each worksheet's name and rows of cells, from the first row on.

    Unreadable if they cannot be had.
    """
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
    data = sys.stdin.buffer.read()
    try:
        book = calamine.load_workbook(io.BytesIO(data))
        names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        found = [(name, list(book.get_sheet_by_name(name).iter_rows())) for name in names]
        date1904 = _counts_from_1904(data)
    except calamine.PasswordError:
        return PASSWORD
    except BaseException:
        return 1
    pickle.dump((date1904, found), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    return 0


def _counts_from_1904(data: bytes) -> bool:
    """What the workbook's Date1904 record says ([MS-XLS] 2.4.77). The reader applies it to cells with a date's format;
    a bare serial number it leaves to us.
    """
    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as container:
        stream = container.openstream("Workbook" if container.exists("Workbook") else "Book").read()
    at, end = 0, len(stream) - 4
    while at <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        if kind in (_DATE_1904, _END):
            return kind == _DATE_1904 and stream[at + 4 : at + 6] == b"\1\0"
        at += 4 + size
    return False


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
