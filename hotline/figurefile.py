"""Figures as an executed notebook holds them, checked; and figures.json, which an issue is published with.

`content` is what `Figures.content` gives: center, period, dates, archive version, `figures` nested by their names; and in a
notebook, not in figures.json, what BESIDES names.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from hotline import HotlineError
from hotline.relations import Relation, contradictions

MIMETYPE = "application/vnd.hotline.figures+json"
BESIDES = ("declared", "relations", "tables")
"""What the notebook keeps of figures and figures.json does not."""
Key = tuple[str, ...]
"""A figure's path: ("units", "towns", "大店镇", "closed")."""


class FiguresError(HotlineError):
    """A figure is missing, or figures contradict each other; the message, in Chinese, says which."""


def of_notebook(nb) -> dict:
    """The figures that an executed notebook displayed last; FiguresError where it displayed none."""
    displayed = [
        output["data"][MIMETYPE]
        for cell in nb.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", ())
        if MIMETYPE in output.get("data", {})
    ]
    if not displayed:
        raise FiguresError("笔记本没有显示 figures：请保留最后一个单元格中的 figures。")
    return displayed[-1]


def dumps(content: dict) -> str:
    """figures.json as text: the same figures give the same bytes. What is declared of them stays in the notebook."""
    kept = {name: value for name, value in content.items() if name not in BESIDES}
    return json.dumps(kept, ensure_ascii=False, indent=2) + "\n"


def load(path: Path) -> dict:
    """A published figures.json."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def labels(content: dict) -> dict[str, str]:
    """name → label, as the notebook declared them."""
    return {".".join(key): label for key, label, _ in content.get("declared", ())}


def check(content: dict) -> None:
    """FiguresError unless every declared relation holds: parts add up, shares and changes recompute."""
    if "total" not in content["figures"]:
        raise FiguresError("figures 缺少 total（受理总量）：请保留笔记本里记入它的那一格。")
    values = dict(flat(content))
    labels = {tuple(key): label for key, label, _ in content.get("declared", ())}
    relations = [Relation.load(each) for each in content.get("relations", ())]
    problems = list(contradictions(relations, values, labels))
    if problems:
        raise FiguresError("数据核对未通过，本期未生成：" + "；".join(problems) + "。")


def flat(content: dict) -> Iterator[tuple[Key, object]]:
    """Figures by path, units by name: ("units", "towns", "大店镇", "handled"), 92; for comparing two issues."""

    def walk(key: Key, value: object) -> Iterator[tuple[Key, object]]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield from walk((*key, name), item)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                yield from walk(
                    (*key, item["unit"]), {name: part for name, part in item.items() if name != "unit"}
                )
        else:
            yield key, value

    return walk((), content["figures"])
