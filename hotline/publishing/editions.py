"""A published issue opened again: 2021-W43 as it was printed, 2021-W43@1 as it was with version 1 of the archive.

Its own notebook is run again, in a process of its own, on the archive's version that it was made from. What is asked of
its figures is then asked of the very objects that its cells recorded.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from hotline import HotlineError, Progress, figurefile, processes, profiles
from hotline.center import Center
from hotline.location import Location
from hotline.periods import Period
from hotline.publishing import folders, inputs
from hotline.publishing.outcome import MEMORY, lost
from hotline.table import Table


class EditionError(HotlineError):
    """An issue cannot be opened again; the message, in Chinese, says why and what to do."""


@dataclass(frozen=True)
class Edition:
    """One issue, at the version of the archive that it was printed from or at `asked`."""

    center: Center
    period: Period
    asked: int | None = None

    @classmethod
    def of(cls, text: str, center: Center) -> "Edition":
        """The issue that 2021-W43 or 2021-W43@1 names. EditionError where it has not been made."""
        name, at, version = text.partition("@")
        if at and not (version.isascii() and version.isdigit()):
            raise EditionError(f"“{text}”里 @ 后面应是档案的版本号，如 {name}@1。")
        edition = cls(center, center.period(name), int(version) if at else None)
        if not (edition.folder / "figures.json").is_file() or not edition.notebook.is_file():
            raise EditionError(
                f"{center.key} {edition.period} 还没有生成：请先运行 hotline render {edition.period}。{edition._made()}"
            )
        return edition

    def __str__(self) -> str:
        return str(self.period) if self.asked is None else f"{self.period}@{self.asked}"

    @property
    def folder(self) -> Path:
        """The published issue's; of another version its own, where it was rendered with --archive-version."""
        root = folders.outputs(self.center.key)
        own = root / str(self)
        return own if own.is_dir() else root / str(self.period)

    @property
    def notebook(self) -> Path:
        return self.folder / "bulletin.ipynb"

    @cached_property
    def content(self) -> dict:
        """Its figures.json."""
        return figurefile.load(self.folder / "figures.json")

    @property
    def version(self) -> int:
        return self.content["archive_version"] if self.asked is None else self.asked

    @property
    def is_printed(self) -> bool:
        """Whether figures.json, and so the page, is of this version."""
        return self.version == self.content["archive_version"]

    @property
    def first_version(self) -> int:
        """The version that it was first printed from, before all corrections."""
        return inputs.record(self.folder).get("first_version", self.content["archive_version"])

    @cached_property
    def location(self) -> Location:
        """The archive that it read, at its version. EditionError where that is no more the same."""
        read = [
            each
            for each in inputs.record(self.folder).get("archives", ())
            if each["center"] == self.center.key
        ]
        given = profiles.parameters(self.center.key, self.period).archive
        place = Location.of(read[0]["location"]) if read else self.center.location(given)
        # Opened here, so that a version that does not exist is reported before a process starts.
        if read and Table(place.at(self.version), self.center.key).id != read[0]["table"]:
            raise EditionError(
                f"{self} 当时读的档案 {place.at(None)} 已经不在，或换成了另一个：它背后的工单已无从列出。请恢复当时的档案，或重新生成这一期。"
            )
        return place.at(self.version)

    def ask(self, question: Callable, *arguments: object, progress: Progress | None = None):
        """What `question(edition, nb, *arguments)` answers once the notebook has run in that process."""
        question = partial(_answer, self, str(self.location), question)
        processes.preload("hotline.publishing.issue")
        if progress:
            progress("运行笔记本", 0.0)
        seconds = self.center.timeout
        child = processes.call(question, *arguments, seconds=seconds, memory=MEMORY, progress=progress)
        if child.error is not None:
            raise child.error
        if not child.answered:
            raise EditionError(lost(child))
        return child.result

    def _made(self) -> str:
        """The issues that there are, the nearest first."""
        names = [path.parent.name for path in folders.outputs(self.center.key).glob("*/figures.json")]
        near = difflib.get_close_matches(str(self.period), sorted(names, reverse=True), 3, 0)
        return f"已经生成的有：{'、'.join(near)}{'……' if len(names) > 3 else ''}。" if near else ""


def _answer(edition: Edition, place: str, question: Callable, *arguments: object):
    from hotline.publishing import execution

    nb = execution.rerun(edition.notebook, place)
    return question(edition, nb, *arguments)
