"""The published issues on disk: one folder each, replaced whole or not at all.

An issue is prepared in a folder of its own under outputs/<center>/.work/, made durable, and then exchanged with the
published one in one step. Whoever is killed leaves at most an unfinished folder there, which the next to hold that
issue's lock removes.
"""

import ctypes
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hotline import HotlineError, whole
from hotline.locks import HOLDER, locked
from hotline.printing import formats
from hotline.system import close_to_others, replace
from hotline.workspace import shown, workspace

WORK, FAILED = ".work", ".failed"


class FolderError(HotlineError):
    """The issue's folder is not one that may be replaced; the message, in Chinese, says why."""


def files() -> set[str]:
    """What an issue consists of. Anything else in its folder is someone's own and stays when the issue is replaced."""
    return {
        "bulletin.ipynb",
        "figures.json",
        "inputs.json",
        *(each.file for each in formats.known().values()),
    }


def outputs(center: str) -> Path:
    """outputs/<center>, made if need be, for its owner only: who else may read is the analyst's to say (chmod)."""
    folder = workspace() / "outputs" / center
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        close_to_others(folder)
    return folder


@contextmanager
def prepared(folder: Path, foreign: bool = True) -> Iterator[Path]:
    """An empty folder to put an issue into; on leaving without an error it replaces `folder`, whole, unless left empty.

    What else lies in `folder` stays in it, unless not even `foreign` files shall.
    Only one process at a time prepares the same issue: another one waits for its turn. FolderError for a link, which is
    not replaced: what it leads to is somebody else's.
    """
    if folder.is_symlink():
        raise FolderError(
            f"{shown(folder)} 是一个链接，指向 {folder.readlink()}：没有生成，以免改动那里的文件。请删去这个链接（它指向的文件不会动）再做这一期。"
        )
    work = folder.parent / WORK
    with locked(work / f"{folder.name}.lock"):
        recover(folder)
        fresh = work / f"{folder.name}~{secrets.token_hex(4)}"
        fresh.mkdir()
        try:
            yield fresh
            if not any(fresh.iterdir()):
                return
            if foreign:
                with suppress(FileNotFoundError):  # thrown away meanwhile
                    _keep_foreign(folder, fresh)
            _sync(fresh)
            _replace(folder, fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def recover(folder: Path) -> None:
    """Remove what a killed process left of this issue, under its lock; put back one that it had set aside."""
    for left in (folder.parent / WORK).glob(f"{folder.name}~*"):
        if left.name.endswith("~old") and not folder.exists():
            os.replace(left, folder)
        else:
            shutil.rmtree(left, ignore_errors=True)


def sweep(center: Path, patience: float = 0) -> None:
    """Clean up after killed processes, all issues of a center's folder; those being worked on right now are left alone.

    A process just killed holds its locks for a moment yet: `patience` is how many seconds to wait for them.
    """
    until = time.monotonic() + patience
    left = [*(center / WORK).glob("*~*"), *(center / WORK).glob(f"*{HOLDER}")]
    for name in {path.name.removesuffix(HOLDER).partition("~")[0] for path in left}:
        while True:
            try:
                with locked(center / WORK / f"{name}.lock", wait=0):
                    recover(center / name)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.02)
                    continue
            break


def write(path: Path, text: str) -> None:
    """Replace one small file whole, or create it and its folder."""
    whole.make_private_folder(path.parent)
    whole.write(path, text.encode())


def _keep_foreign(folder: Path, fresh: Path) -> None:
    ours = files()
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in ours:
                (shutil.copytree if path.is_dir() else shutil.copy2)(path, fresh / path.name)


def _sync(folder: Path) -> None:
    """Have the contents on disk before the name is: a power cut, too, leaves the old issue or the new one."""
    if sys.platform == "win32":
        return
    for path in (*folder.iterdir(), folder):
        if path.is_file() or path == folder:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _replace(folder: Path, fresh: Path) -> None:
    if folder.exists() and _exchanged(folder, fresh):
        return
    aside = fresh.with_name(f"{fresh.name}~old")
    with suppress(FileNotFoundError):  # there is none, or it has just been thrown away
        replace(folder, aside)
    try:
        replace(fresh, folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.replace(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux, most file systems)."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # an older C library
        return False
    return renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0
