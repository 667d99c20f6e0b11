"""An issue's named figures: record, save, load, check, compare two issues.

What the sentences print is recorded here, and an issue whose figures contradict each other, or whose sentences
hold a number that is not among them, is not published.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from hotline import HotlineError, wording

MIMETYPE = "application/vnd.hotline.figures+json"


class FiguresError(HotlineError):
    """The figures of an issue contradict each other; the message, in Chinese, says which."""


class Figures:
    """The named figures of one issue, beside what identifies it (center, period, dates, archive version)."""

    def __init__(self, **header: object):
        self.content = {**header, "figures": {}}

    def record(self, **values: object) -> None:
        """Add figures by name. Counts as integers; what is printed as text as that text; None for what is not printed."""
        self.content["figures"].update(json.loads(json.dumps(values, ensure_ascii=False, default=_plain)))

    def __getitem__(self, name: str) -> object:
        return self.content["figures"][name]

    def check(self) -> None:
        """FiguresError, naming every contradiction, unless the figures agree with each other."""
        check(self.content)

    def _repr_mimebundle_(self, include=None, exclude=None):
        plain = json.dumps(self.content, ensure_ascii=False, indent=2)
        return {MIMETYPE: self.content, "text/plain": plain}, {"hotline": {"role": "figures"}}


def _plain(value: object) -> object:
    """numpy's numbers as Python's, dates as text."""
    return value.item() if hasattr(value, "item") else str(value)


def of_notebook(nb) -> dict:
    """The figures that an executed notebook displayed last; FiguresError where it displayed none."""
    found = [
        output["data"][MIMETYPE]
        for cell in nb.cells
        if cell.cell_type == "code"
        for output in cell.get("outputs", ())
        if MIMETYPE in output.get("data", {})
    ]
    if not found:
        raise FiguresError("笔记本没有显示 figures：请保留最后一个单元格中的 figures。")
    return found[-1]


def dumps(content: dict) -> str:
    """figures.json as text: the same figures give the same bytes."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def load(path: Path) -> dict:
    """A published figures.json."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def check(content: dict, sentences: Iterable[str] = ()) -> None:
    """FiguresError unless parts add up, closed ≤ handled, shares recompute, and every number of the sentences is known.

    `sentences` are the texts that the issue prints, the editor's article left out.
    """
    problems = [*_contradictions(content), *_strangers(content, sentences)]
    if problems:
        raise FiguresError("数据核对未通过，本期未生成：" + "；".join(problems) + "。")


def _contradictions(content: dict) -> Iterator[str]:
    figures = content["figures"]
    needed = (
        "total",
        "daily_mean",
        "change",
        "channels",
        "kinds",
        "top_units",
        "topics",
        "topics_total",
        "units",
    )
    missing = [name for name in needed if name not in figures]
    if missing:
        yield f"figures 缺少 {'、'.join(missing)}"
        return
    total = figures["total"]
    yield from _miscalculated(content)
    for name, parts in (("诉求来源", figures["channels"]), ("诉求类别", _counts(figures["kinds"]))):
        if parts and sum(parts.values()) != total:
            yield f"{name}合计 {sum(parts.values())} 件，不等于受理总量 {total} 件"
    for name, block in _shares(figures):
        if block["share"] is not None and block["share"] != wording.share(block["count"], total):
            yield f"{name}占比应为 {wording.share(block['count'], total)}，写的是 {block['share']}"
    topics = sum(_counts(figures["topics"]).values())
    if figures["topics_total"] and figures["topics_total"]["count"] != topics:
        yield f"热点问题合计应为 {topics} 件，写的是 {figures['topics_total']['count']} 件"
    for group, units in figures["units"].items():
        for row in units:
            if not 0 <= row["closed"] <= row["handled"]:
                yield f"{row['unit']}办结量 {row['closed']} 大于承办量 {row['handled']}"
        top = figures["top_units"].get(group)
        handled = {row["unit"]: row["handled"] for row in units}
        if top and top["count"] != sum(handled.get(unit, 0) for unit in top["units"]):
            yield f"{group} 前几位的承办量合计与附件不符"
    rows = [row for units in figures["units"].values() for row in units]
    for name, part, said in (("handlings", "handled", "承办量"), ("closed", "closed", "办结量")):
        if name in figures and figures[name] != (found := sum(row[part] for row in rows)):
            yield f"附件的{said}合计 {found} 件，不等于{said} {figures[name]} 件"


def _miscalculated(content: dict) -> Iterator[str]:
    """The figures that are worked out of two others, worked out again."""
    figures = content["figures"]
    days = (date.fromisoformat(content["ends"]) - date.fromisoformat(content["starts"])).days + 1
    mean = wording.daily_mean(figures["total"], days)
    if figures["daily_mean"] != mean:
        yield f"日均受理应为 {mean} 件，写的是 {figures['daily_mean']}"
    for name, said, now, before in (
        ("change", "受理环比", "total", "previous_total"),
        ("year_change", "受理同比", "total", "year_before_total"),
        ("handlings_change", "承办环比", "handlings", "previous_handlings"),
    ):
        if name in figures:
            change = wording.change(figures[now], figures.get(before))
            if figures[name] != (change and change.amount):
                yield f"{said}应为 {(change and change.amount) or '空'}，写的是 {figures[name]}"
    if "closure_rate" in figures:
        found = wording.closure_rate(figures["closed"], figures["handlings"])
        if figures["closure_rate"] != found:
            yield f"办结率应为 {found}，写的是 {figures['closure_rate']}"


def _counts(blocks: dict) -> dict[str, int]:
    return {name: block["count"] for name, block in blocks.items()}


def _shares(figures: dict) -> Iterator[tuple[str, dict]]:
    yield from figures["kinds"].items()
    yield from figures["topics"].items()
    yield from figures["top_units"].items()
    if figures["topics_total"]:
        yield "热点问题", figures["topics_total"]


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def _strangers(content: dict, sentences: Iterable[str]) -> Iterator[str]:
    known = set(_numbers(content))
    for sentence in sentences:
        strange = [number for number in _NUMBER.findall(sentence) if _normal(number) not in known]
        if strange:
            yield f"“{sentence.strip()[:40]}”中的 {'、'.join(strange)} 不在 figures.json 中"


def _numbers(value: object) -> Iterator[str]:
    """Every number that a figures.json holds, in its values and its names."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _numbers(name)
            yield from _numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    elif value is not None and not isinstance(value, bool):
        yield from map(_normal, _NUMBER.findall(str(value)))


def _normal(number: str) -> str:
    """The 05 of a date and the 5 of 5日 are one number; 17.40 and 17.4 are two."""
    return number.lstrip("0") or "0" if number.isdigit() else number


def flat(content: dict) -> dict[str, object]:
    """Figures by path, units by name: {"units/towns/大店镇/handled": 92, …}; for comparing two issues."""
    found: dict[str, object] = {}

    def walk(path: str, value: object) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                walk(f"{path}/{name}" if path else name, item)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                walk(f"{path}/{item['unit']}", {name: part for name, part in item.items() if name != "unit"})
        else:
            found[path] = value

    walk("", content["figures"])
    return found


def compare(before: dict, after: dict) -> list[tuple[str, object, object]]:
    """The figures that moved between two issues: (path, before, after), None where there was none."""
    old, new = flat(before), flat(after)
    return [(path, old.get(path), new.get(path)) for path in {**old, **new} if old.get(path) != new.get(path)]
