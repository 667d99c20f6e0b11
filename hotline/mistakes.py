"""What an analyst gets wrong in a cell, or in a file of params/, in Chinese: where it is and what to write instead.

A batch, JupyterLab and its preview say the same of a cell: `explanation`.
"""

import difflib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from hotline import HotlineError, cells
from hotline.workspace import BASE, workspace

_HALF = dict(
    zip("，。：；（）【】“”‘’！？＝＋－＊／％＜＞｛｝［］　", ",.:;()[]\"\"''!?=+-*/%<>{}[] ", strict=True)
)
_NAMED = {"\u3000": "全角空格", **dict.fromkeys("“”‘’", "全角引号")}
_SYNTAX = (
    (r"'(.)' was never closed", "{0} 没有配对的另一半"),
    (r"unmatched '(.)'", "多出了 {0}，前面没有与它配对的"),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", "{1} 和 {0} 不配对"),
    (r"incomplete input|unexpected EOF", "没有写完：多半少了右括号"),
    (r"unterminated", "引号没有配对的另一半"),
    (r"unexpected indent", "这一行前面多了空格"),
    (r"unindent does not match|inconsistent use of tabs", "这一行前面的空格与上面的不齐"),
    (r"expected an indented block", "冒号下面的一行前面要空四格"),
    (r"forgot a comma", "多半少了一个逗号"),
    (r"expected ':'", "这一行的末尾少了冒号“:”"),
)


def explanation(ename: str, evalue: str, notebook: Sequence[dict], at: int) -> str:
    """An error of a cell, by its exception's name and text: which cell, what is wrong with it, what to do."""
    where = cells.name(notebook, at)
    if ename in ("SyntaxError", "IndentationError", "TabError"):
        return f"{where}{_syntax(evalue, notebook[at]['source'])}"
    if ename == "NameError" and (name := re.search(r"name '(\w+)' is not defined", evalue)):
        return f"{where}用到的 {name[1]} 没有定义：{_missing(name[1], notebook, at)}"
    return ""


def _syntax(evalue: str, source: str) -> str:
    place = re.search(r"line (\d+)\)$", evalue)
    number = int(place[1]) if place else 1
    text = source.split("\n")[number - 1].strip() if number <= source.count("\n") + 1 else ""
    line = f"第 {number} 行“{text}”" if text else f"第 {number} 行"
    if code := re.search(r"U\+([0-9A-F]{4,5})", evalue):
        wrong = chr(int(code[1], 16))
        named = _NAMED.get(wrong) or (f"全角的“{wrong}”" if wrong in _HALF else f"“{wrong}”")
        instead = (
            f"请改成半角的 {_HALF[wrong].replace(' ', '空格')}" if wrong in _HALF else "请改掉，或放进引号"
        )
        return f"{line}里有{named}：{instead}。只有引号里的文字可以用中文标点。"
    for pattern, said in _SYNTAX:
        if match := re.search(pattern, evalue):
            return f"{line}写得不对：{said.format(*match.groups())}。"
    return f"{line}写得不对，Python 看不懂。请与没有改过的笔记本对照。"


def _missing(name: str, notebook: Sequence[dict], at: int) -> str:
    """Where a name is defined, was defined in the original, or which other was meant."""
    for number, cell in enumerate(notebook):
        if cell["cell_type"] == "code" and number != at and name in cells.defined(cell["source"]):
            todo = "请先运行那一格" if number < at else "请把那一格移到前面"
            return f"它在{cells.name(notebook, number)}里定义，{todo}。"
    for number, cell in enumerate(original := _original()):
        if cell["cell_type"] == "code" and name in cells.defined(cell["source"]):
            line = next(line for line in cell["source"].split("\n") if re.search(rf"\b{name}\b", line))
            section = cells.heading_of(original, number) or "开头"
            return f"定义它的一格（“{section}”一节，“{line.strip()}”）不在了，多半是删掉了。请补回来；原样在 {BASE}。"
    known = {
        each for cell in notebook if cell["cell_type"] == "code" for each in cells.defined(cell["source"])
    }
    near = difflib.get_close_matches(name, known, 1)
    if near:
        return f"是不是 {near[0]}？"
    return "请核对拼写；是文字的，要放进引号。"


def _original() -> list[dict]:
    """The cells of the master notebook that the workspace began with; none where it kept none."""
    try:
        return cells.read(workspace() / BASE)
    except (HotlineError, OSError):
        return []


# ---- in a kernel -----------------------------------------------------------------------------------------------------


def explain() -> None:
    """Have the kernel that this is say under a failed cell what is wrong with it. In a batch the command says it."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if getattr(shell, "kernel", None) is not None:
        shell.events.register("post_run_cell", _explain)  # once: a second time is no second callback


def _explain(result) -> None:
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return
    source = result.info.raw_cell
    notebook, at = [{"cell_type": "code", "source": source, "metadata": {}}], 0
    path = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if path.suffix == ".ipynb" and path.is_file():
        saved = cells.read(path)
        at = next((at for at, cell in enumerate(saved) if cell.get("id") == result.info.cell_id), None)
        if at is None:  # a cell since the last save
            saved, at = [*saved, *notebook], len(saved)
        saved[at] = {**saved[at], "source": source}
        notebook = saved
    if said := explanation(type(error).__name__, str(error), notebook, at):
        print(said, file=sys.stderr)


# ---- in a file of params/ --------------------------------------------------------------------------------------------


def of_yaml(text: str, line: int | None) -> str:
    """What is wrong with a YAML file that could not be read; `line`, from 0, is where its reader gave up."""
    for number, written in enumerate(text.split("\n"), 1):
        if re.match(r"[ ]*\t", written):
            return f"第 {number} 行开头是 Tab：YAML 只能用空格缩进，请改成空格"
        if re.match(r"\s*(- )?[\w.\-]+：", written):
            return f"第 {number} 行“{written.strip()[:20]}”用了全角冒号：请改成半角的“: ”（冒号后面空一格）"
    return "不是可用的 YAML" + ("" if line is None else f"（第 {line + 1} 行）")
