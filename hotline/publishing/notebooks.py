"""Which notebook makes an issue, which of its sections are printed, and what identifies it."""

import difflib
import hashlib
import json
from functools import cache
from pathlib import Path

from hotline import HotlineError
from hotline.center import Center
from hotline.periods import Period
from hotline.printing.document import SECTION_TAG
from hotline.workspace import shown, workspace


class NotebookError(HotlineError):
    """An issue's notebook is missing or lacks a section; the message, in Chinese, says which."""


def path(center: str, period: Period) -> Path:
    """The issue's own notebook, else the center's own, else the master notebook of the workspace."""
    places = (
        workspace() / "params" / center / f"{period}.ipynb",
        workspace() / "params" / center / "bulletin.ipynb",
        workspace() / "notebooks" / "bulletin.ipynb",
    )
    for place in places:
        if place.is_file():
            return place
    raise NotebookError(f"找不到笔记本 {shown(places[-1])}。")


def left_out(notebook: Path, center: Center) -> tuple[str, ...]:
    """The tags of the sections that the center does not print. NotebookError for one that the notebook does not have."""
    there = list(_content(notebook, notebook.stat().st_mtime_ns)[1])
    # Only sections that the profile lists are required: the default ones are the master notebook's, and others may lack them.
    asked = center.sections if "sections" in center.model_fields_set else ()
    for name in asked:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1, 0.5)
            hint = f"是不是 {near[0]}？" if near else f"它有：{'、'.join(there) or '（没有）'}。"
            raise NotebookError(
                f"params/{center.key}/center.yml 的 sections 里有“{name}”，而笔记本 {shown(notebook)} 没有这一节。{hint}"
            )
    return tuple(SECTION_TAG + name for name in there if name not in center.sections)


def digest(notebook: Path, center: Center) -> str:
    """Of the text of the cells that run: running the notebook in JupyterLab changes nothing."""
    hidden = set(left_out(notebook, center))
    cells = [cell for cell in _content(notebook, notebook.stat().st_mtime_ns)[0] if not hidden & set(cell[2])]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


@cache
def _content(notebook: Path, _changed: int) -> tuple[list, dict]:
    """The cells (type, source, tags) but those of the parameters, and the names of the sections in their order.

    Every parameter is given, so the defaults in their cell say nothing, and an analyst changes them all the time.
    """
    cells, sections = [], {}
    for cell in json.loads(notebook.read_bytes())["cells"]:
        tags = sorted(cell["metadata"].get("tags", []))
        if not {"parameters", "injected-parameters"} & set(tags):
            cells.append((cell["cell_type"], "".join(cell["source"]), tags))
        sections.update((tag.removeprefix(SECTION_TAG), None) for tag in tags if tag.startswith(SECTION_TAG))
    return cells, sections
