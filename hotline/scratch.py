"""Where a command's temporary files lie: one folder a command, whatever of it makes them.

Its processes inherit it, and pandoc, Typst and multiprocessing put theirs there, too. A command that is killed leaves
it; the next one removes it, because its name tells whose it was.
"""

import atexit
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

_PREFIX = "hotline-"
_VARIABLES = ("TMPDIR", "TEMP", "TMP")
_once = threading.Lock()  # the tasks of a Dask worker are threads of it
_LONGEST = 68
"""multiprocessing puts a socket into it, whose whole path may have 104 signs (macOS) or 108."""


def use_own_folder() -> None:
    """From now on the folder of all temporary files is this process's own; when it ends, the folder goes.

    Where the common one has too long a name, or this has been done, nothing is done. To be called before multiprocessing
    is imported where that can be: its own files then go first.
    """
    with _once:
        if _is_own(Path(tempfile.gettempdir())):
            return
        _sweep(Path(tempfile.gettempdir()))
        folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
        if len(folder) > _LONGEST:
            os.rmdir(folder)
            return
        os.environ.update(dict.fromkeys(_VARIABLES, folder))
        tempfile.tempdir = folder
        atexit.register(_remove, folder, os.getpid())


def _is_own(folder: Path) -> bool:
    return folder.name.startswith(f"{_PREFIX}{os.getpid()}-")


def lasting() -> str:
    """The folder of temporary files that outlive the command."""
    folder = Path(tempfile.gettempdir())
    return str(folder.parent if _is_own(folder) else folder)


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child inherits this, and the folder is its parent's
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(common: Path) -> None:
    """Remove the folders of this user's commands that have ended without doing it."""
    for left in common.glob(f"{_PREFIX}*-*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        with suppress(OSError):
            if (
                pid.isdigit()
                and left.is_dir()
                and not left.is_symlink()
                and not _runs(int(pid))
                and _ours(left)
            ):
                shutil.rmtree(left, ignore_errors=True)


def _ours(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def _runs(pid: int) -> bool:
    import psutil  # imported here, because it is rarely needed and every command begins in this module

    return psutil.pid_exists(pid)
