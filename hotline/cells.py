"""A notebook as its cells: read from disk, or refused for what is wrong with it; what a cell is called and defines."""

import ast
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hotline import HotlineError
from hotline.workspace import shown

UNDECIDED = "upgrade:yours"
"""The tag of a cell that an upgrade could not bring together with the release's: it does not run, an analyst decides."""
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*$", re.M)
_MARKER = re.compile(rb"^\s*\"?(<<<<<<<|=======|>>>>>>>)", re.M)


class NotebookError(HotlineError):
    """A notebook is missing, damaged or lacks a section; the message, in Chinese, says which."""


def read(path: Path) -> list[dict]:
    """The cells of a notebook's file, each `source` one text. NotebookError for a file that is no notebook."""
    content = path.read_bytes()
    try:
        cells = json.loads(content)["cells"]
        return [
            {"metadata": {}, **cell, "source": "".join(cell["source"]), "cell_type": cell["cell_type"]}
            for cell in cells
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise NotebookError(_damage(path, content, error)) from None


def _damage(path: Path, content: bytes, error: Exception) -> str:
    """What is wrong with a file that should be a notebook, and where a sound one lies."""
    if not content.strip():
        what = "是空的"
    elif marker := _MARKER.search(content):
        line = content.count(b"\n", 0, marker.start(1)) + 1
        what = f"第 {line} 行是 git 合并时留下的冲突标记"
    elif isinstance(error, json.JSONDecodeError):
        what = f"第 {error.lineno} 行起读不下去（多半是存盘时中断了，或用别的程序改过）"
    else:
        what = "里面不是笔记本的内容"
    saved = path.parent / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
    advice = (
        f"JupyterLab 上一次存盘的在 {shown(saved)}，可以用它替换。" if saved.is_file() else "请用备份替换。"
    )
    return f"笔记本 {shown(path)} 损坏了：{what}。{advice}"


def undecided(cells: Sequence[dict]) -> list[str]:
    """What of an upgrade nobody has decided yet, by number and place."""
    return [name(cells, at) for at, cell in enumerate(cells) if UNDECIDED in cell["metadata"].get("tags", ())]


def heading_of(cells: Sequence[dict], at: int) -> str:
    """The heading above a cell, or its own: （三）热点问题; empty above the first one."""
    for cell in reversed(cells[: at + 1]):
        if cell["cell_type"] == "markdown" and (heading := _HEADING.search(cell["source"])):
            return heading[1].strip("【】")
    return ""


def name(cells: Sequence[dict], at: int) -> str:
    """第 14 个单元格（“（三）热点问题”）: by its place in the notebook."""
    heading = heading_of(cells, at)
    return f"第 {at + 1} 个单元格" + (f"（“{heading}”一节）" if heading else "")


def defined(source: str) -> set[str]:
    """The names that a cell's code assigns, imports or defines."""
    try:
        tree = ast.parse(_plain(source))
    except SyntaxError:
        return set()
    return set(_bound(tree))


def _bound(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.asname or each.name.partition(".")[0] for each in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _plain(source: str) -> str:
    """Without the lines that are IPython's: %magics and !commands."""
    return "\n".join("" if line.lstrip()[:1] in ("%", "!") else line for line in source.split("\n"))
