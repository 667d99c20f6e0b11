"""What Windows does otherwise than POSIX: files that are open, files for their owner alone, how a path is typed."""

import errno
import getpass
import os
import re
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
            late = time.monotonic() > until
            # Windows takes seconds to list the open files of every process: it is asked once, at the end.
            held = [*_open_in(source), *_open_in(target)] if late or not WINDOWS else []
            if not held and not WINDOWS:
                raise
            if late:
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


_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)


def is_device(name: str) -> bool:
    """Whether Windows takes a file's name for a device: NUL, con.txt, COM1. On any system: folders are carried between them."""
    return bool(_DEVICE.fullmatch(name))


_REFUSED = {
    errno.ENOENT: "找不到{}",
    errno.EEXIST: "{}已经有了，而且不是要的那一种（文件或文件夹）",
    errno.ENOTDIR: "{}不是文件夹",
    errno.EISDIR: "{}是文件夹，不是文件",
    errno.EACCES: "没有权限读写{}",
    errno.EPERM: "没有权限改动{}",
    errno.EROFS: "{}所在的盘是只读的",
    errno.ENOSPC: "磁盘已满，写不下{}",
    getattr(errno, "EDQUOT", -1): "磁盘配额已用完，写不下{}",
    errno.ENAMETOOLONG: "名称太长：{}",
    errno.EMFILE: "同时打开的文件太多{}",
    errno.EIO: "盘读写出错：{}",
}


def refused(error: Exception) -> str:
    """What the system refused, in Chinese, with the file; the message of any other error as it is."""
    if not isinstance(error, OSError) or error.errno not in _REFUSED:
        return str(error)
    return _REFUSED[error.errno].format(f" {error.filename} " if error.filename else "").strip()


def quoted(*words: object) -> str:
    """Words of a command as they are typed in this system's terminal."""
    given = [str(word) for word in words]
    return subprocess.list2cmdline(given) if WINDOWS else shlex.join(given)
