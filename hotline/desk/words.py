"""hotline edit: one issue's own notebook, and what it words otherwise than the notebook that it was made from."""

import json
import re
from functools import partial
from pathlib import Path

import nbformat
from nbformat import v4

from hotline import processes, profiles, whole
from hotline.center import Center
from hotline.periods import Period
from hotline.publishing import compare, folders, notebooks
from hotline.publishing.compare import Comparison, Side
from hotline.publishing.outcome import MEMORY, lost
from hotline.workspace import shown, workspace


class WordsError(notebooks.NotebookError):
    """An issue has no notebook of its own, or it does not run; the message, in Chinese, says what to do."""


def own_notebook(center: Center, period: Period) -> Path:
    """Where an issue's own notebook is, or would be."""
    return workspace() / "params" / center.key / f"{period}.ipynb"


def make(center: Center, period: Period) -> tuple[Path, bool]:
    """An issue's own notebook, and whether it is new: then a copy of the one that makes it so far, with its parameters."""
    path = own_notebook(center, period)
    if path.is_file():
        return path, False
    nb = nbformat.read(notebooks.path(center.key, period), as_version=4)
    given = profiles.parameters(center.key, period).model_dump(mode="json", exclude_none=True)
    for cell in nb.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            for name, value in given.items():
                cell.source = _assigned(cell.source, name, value)
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    whole.write(path, f"{v4.writes(nb)}\n".encode())
    return path, True


def _assigned(source: str, name: str, value: object) -> str:
    """The cell with another value for a parameter, the remark behind it kept."""
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(rf'^{name} = (?:"[^"]*"|[^\s#]+)', lambda _: f"{name} = {text}", source, flags=re.M)


def changed(center: Center, period: Period) -> tuple[Comparison, bool]:
    """What the issue's own notebook words otherwise than the center's, or the master; and whether it is printed so already.

    Both are run, on today's archive. WordsError for an issue without one of its own.
    """
    path = own_notebook(center, period)
    if not path.is_file():
        raise WordsError(f"{period} 没有自己的笔记本：先用 hotline edit {period} 建一个。")
    before, now = (
        _side(center, period, each) for each in (notebooks.path(center.key, period, own=False), path)
    )
    printed = folders.outputs(center.key) / str(period) / "bulletin.ipynb"
    same = printed.is_file() and not compare.changed_paragraphs(
        compare.side(nbformat.read(printed, as_version=4)), now
    )
    return compare.between(before, now), same


def _side(center: Center, period: Period, notebook: Path) -> Side:
    """What a notebook makes of the period, in a process of its own."""
    processes.preload("hotline.publishing.issue")
    child = processes.call(
        partial(_run, center.key, str(period)), notebook, seconds=center.timeout, memory=MEMORY
    )
    if child.error is not None:
        raise child.error
    if not child.answered:
        raise WordsError(f"{shown(notebook)}：{lost(child)}")
    return child.result


def _run(key: str, period: str, notebook: Path) -> Side:
    from hotline.publishing import execution

    profile = profiles.load(key)
    window = profile.period(period)
    left_out = notebooks.left_out(notebook, profile)
    nb, _ = execution.executed(profiles.parameters(key, window), notebook, left_out, None)
    return compare.side(nb)
