"""What Windows does otherwise than POSIX: files that are open, files for their owner alone, how a path is typed."""

import getpass
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hotline import HotlineError

WINDOWS = os.name == "nt"
PATIENCE = float(os.environ.get("HOTLINE_PATIENCE", 10))
"""Seconds that a file may be open elsewhere before that is said: a virus scanner lets go of it within one or two."""


class InUseError(HotlineError):
    """A file or folder cannot be replaced, because a program has it open; the message, in Chinese, says which. It is as it was."""


def replace(source: Path, target: Path) -> None:
    """os.replace, which Windows refuses while anything in either is open: then wait, and say what is open where.

    InUseError after PATIENCE seconds; PermissionError at once where it is a matter of rights.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError as error:
            held = [*_open_in(source), *_open_in(target)]
            if not held and not WINDOWS:
                raise
            if time.monotonic() > until:
                raise InUseError(_in_use(target, held)) from error
        time.sleep(0.2)


def _in_use(target: Path, held: list[tuple[Path, str]]) -> str:
    if not held:
        return f"{target} 正在别的程序里打开着，或没有权限改它：请关闭它再试。原来的没有变。"
    listed = "；".join(f"{path} 正在 {program} 里打开着" for path, program in held[:3])
    return f"{listed}。请关闭它再试；原来的没有变。"


def _open_in(place: Path) -> Iterator[tuple[Path, str]]:
    """The files open in or as `place`, each with the name of the program; as far as this user may see."""
    import psutil

    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error, OSError):
            for each in process.open_files():
                path = Path(each.path)
                if path == place or place in path.parents:
                    yield path, process.info["name"] or f"进程 {process.pid}"


def close_to_others(folder: Path) -> None:
    """Let nobody but its owner into a folder. Where that cannot be done, a line on stderr says so, and how to."""
    if not WINDOWS:
        folder.chmod(0o700)
        return
    owner = "\\".join(filter(None, (os.environ.get("USERDOMAIN"), getpass.getuser())))
    command = ["icacls", str(folder), "/inheritance:r", "/grant:r", f"{owner}:(OI)(CI)F"]
    try:
        fine = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        fine = False
    if not fine:
        print(
            f"注意：没能把 {folder} 设为只有本人能读。请在它的“属性 → 安全”里去掉其他用户。",
            file=sys.stderr,
        )


def quoted(*words: object) -> str:
    """Words of a command as they are typed in this system's terminal."""
    given = [str(word) for word in words]
    return subprocess.list2cmdline(given) if WINDOWS else shlex.join(given)
