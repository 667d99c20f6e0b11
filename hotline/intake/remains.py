"""What an import that did not come to its end leaves in the archive: data files that no version of the table names."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

from hotline.archive import ArchiveError
from hotline.location import Location
from hotline.locks import locked
from hotline.system import refused


@contextmanager
def storing(location: Location, center: str) -> Iterator[None]:
    """Store something in a center's archive, one import of this machine at a time.

    What an import that was killed has left is removed before, and if this one fails, what it leaves. ArchiveError where
    the archive's folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            killed = stack.enter_context(locked(location.local / f"{center}.lock"))
        except OSError as error:
            raise ArchiveError(
                f"档案 {location.table(center)} 写不进去：{refused(error)}。请检查磁盘空间和权限；档案仍是导入前的样子。"
            ) from None
        if killed:
            remove(location, center)
        try:
            yield
        except BaseException:
            remove(location, center)
            raise


def remove(location: Location, center: str) -> None:
    """Remove the data files that no version names, and unfinished entries of the log. Under the lock alone."""
    if location.is_url:
        return  # the lock is of this machine: what no version names there may be another's import under way
    table = Path(location.table(center))
    log = table / "_delta_log"
    with suppress(OSError, ValueError, KeyError):
        named = _named(log)
        for path in [*table.glob("week=*/*"), *log.glob("_commit_*"), *log.glob("*#*")]:
            if path.relative_to(table).as_posix() not in named:
                path.unlink()
        for week in table.glob("week=*"):
            if not any(week.iterdir()):
                week.rmdir()


def _named(log: Path) -> set[str]:
    """The data files that the versions name. ValueError where entries are lacking: which files those name is not known.

    (Release 0.1.0 let its log expire.)
    """
    commits = sorted(log.glob("*.json"))
    if [int(path.stem) for path in commits] != [*range(len(commits))]:
        raise ValueError(f"{log} is not whole")
    entries = (json.loads(line) for path in commits for line in path.read_bytes().splitlines())
    return {unquote(entry["add"]["path"]) for entry in entries if "add" in entry}
