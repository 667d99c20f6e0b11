"""Which notebook makes an issue, which of its sections are printed, and what identifies it."""

import difflib
import hashlib
import json
from functools import cache
from pathlib import Path

from hotline import cells as notebook_cells
from hotline.cells import NotebookError
from hotline.center import Center
from hotline.periods import Period
from hotline.printing.document import SECTION_TAG
from hotline.workspace import MASTER, shown, workspace


def path(center: str, period: Period, own: bool = True) -> Path:
    """The issue's own notebook (unless not `own`), else the center's own, else the master notebook of the workspace."""
    places = (
        workspace() / "params" / center / f"{period}.ipynb",
        workspace() / "params" / center / "bulletin.ipynb",
        workspace() / MASTER,
    )
    for place in places if own else places[1:]:
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
    there = notebook_cells.read(notebook)
    if left := notebook_cells.undecided(there):
        raise NotebookError(
            f"{shown(notebook)} 里有升级留下的 {len(left)} 处还没有定：{'、'.join(left)}。"
            "请打开笔记本，按那里的说明定下来再做。"
        )
    for cell in there:
        tags = sorted(cell["metadata"].get("tags", []))
        if not {"parameters", "injected-parameters"} & set(tags):
            cells.append((cell["cell_type"], cell["source"], tags))
        sections.update((tag.removeprefix(SECTION_TAG), None) for tag in tags if tag.startswith(SECTION_TAG))
    return cells, sections
