"""What is read from archives: noted by the archive itself while a log is open.

An issue keeps the log with it (publishing.inputs): as long as its reads give the same, it need not be made again.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from typing import Any

from hotline.table import Table

UNKNOWN = [None, {}]
"""Noted where something else than a declared method reads: which rows, only their files tell."""

_logs: list["Log"] = []
"""The open ones. Of the process, not of a context: a thread that a notebook starts reads for the same issue."""
_declared: ContextVar[bool] = ContextVar("declared", default=False)
"""Whether a method declared with `logged` is running."""


class Log:
    """The reads of each archive, in the order in which they were first made."""

    def __init__(self) -> None:
        self._by_table: dict[tuple, dict] = {}

    def of(self, table: Table) -> dict:
        key = (table.location, table.center, table.id, table.version)
        return self._by_table.setdefault(key, {"reads": [], "predicates": [], "files": set()})

    def record(self) -> list[dict]:
        """One entry an archive, for JSON: where it is, its table and version; `reads`: [method, arguments] each;
        `predicates`: which data files these opened, and `files`, a digest of their paths; None where data files alone
        do not say what was read."""
        return [
            {
                "location": str(location),
                "center": center,
                "table": identity,
                "version": version,
                "reads": noted["reads"],
                "predicates": noted["predicates"],
                "files": None if noted["files"] is None else digest(noted["files"]),
            }
            for (location, center, identity, version), noted in self._by_table.items()
        ]


@contextmanager
def log() -> Iterator[Log]:
    """Note what is read from archives meanwhile."""
    opened = Log()
    _logs.append(opened)
    try:
        yield opened
    finally:
        _logs.remove(opened)


def logged(method: Callable) -> Callable:
    """Declares a reading method of an archive: its calls are noted, to be repeated on another version.

    Arguments and results are plain: texts, numbers, moments; frames, series, lists of plain values. Whatever it looks
    at, it notes by `note_files` or `note_history`; which files it opens may depend on what it read from others before.
    """
    signature = inspect.signature(method)

    @wraps(method)
    def read(self: Table, *args: Any, **named: Any) -> Any:
        given = dict(list(signature.bind(self, *args, **named).arguments.items())[1:])
        _note_call([method.__name__, {name: _plain(value) for name, value in given.items()}], self)
        running = _declared.set(True)
        try:
            return method(self, *args, **named)
        finally:
            _declared.reset(running)

    read.logged = True
    return read


def repeat(entry: list, table: Table) -> Any:
    """What a noted call says of another version of its table."""
    method, arguments = entry
    return getattr(table, method)(**{name: _moment(value) for name, value in arguments.items()})


def note_files(table: Table, predicate: str | None, files: Iterable[str]) -> None:
    """That the data files of an SQL predicate are read (None: all); `files` are their paths, unique for ever."""
    for each in _logs:
        noted = each.of(table)
        if predicate not in noted["predicates"]:
            noted["predicates"].append(predicate)
        if noted["files"] is not None:
            noted["files"].update(files)
    if not _declared.get():
        _note_call(UNKNOWN, table)


def note_history(table: Table) -> None:
    """That the table's history is read, which no data file shows."""
    for each in _logs:
        each.of(table)["files"] = None


def digest(files: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()


def _note_call(entry: list, table: Table) -> None:
    for each in _logs:
        if entry not in (reads := each.of(table)["reads"]):
            reads.append(entry)


def _plain(value: Any) -> Any:
    return {"moment": value.isoformat()} if isinstance(value, datetime) else value


def _moment(value: Any) -> Any:
    return datetime.fromisoformat(value["moment"]) if isinstance(value, dict) else value
