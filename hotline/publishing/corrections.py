"""更正: what moved between an issue as first published and as it is now, in figures and in words.

A corrected issue says so in every copy, and goes on saying so when it is rendered again: figures.json keeps, under
`corrections`, each moved figure with the value that was first published.
"""

from collections.abc import Mapping

from hotline import figures, wording
from hotline.center import Center

_NAMES = {
    "total": "受理总量",
    "previous_total": "上期受理总量",
    "year_before_total": "上年同期受理总量",
    "daily_mean": "日均受理量",
    "previous_daily_mean": "上期日均受理量",
    "change": "环比变化",
    "year_change": "同比变化",
    "handlings": "承办总量",
    "previous_handlings": "上期承办总量",
    "handlings_change": "承办总量环比变化",
    "closed": "办结总量",
    "closure_rate": "办结率",
    "previous_closure_rate": "上期办结率",
    "topics_total": "热点问题",
}
_PARTS = {
    "count": "件数",
    "share": "占比",
    "units": "名单",
    "subtopics": "主要方面",
    "handled": "承办量",
    "closed": "办结量",
    "service": "回访服务过程满意率",
    "result": "回访办理结果满意率",
}


def since(published: dict | None, now: dict) -> dict[str, list]:
    """path → [as first published, now], for every figure that has moved since; empty for an issue never published.

    Only figures that both notebooks record are compared: a new section is not a correction.
    """
    if published is None:
        return {}
    known = published["figures"].keys() & now["figures"].keys()
    first = {path: value for path, value in figures.flat(published).items() if path.split("/")[0] in known}
    for path, (before, _) in published.get("corrections", {}).items():
        if path.split("/")[0] in known:
            first[path] = before
    current = {path: value for path, value in figures.flat(now).items() if path.split("/")[0] in known}
    paths = {**first, **current}
    return {
        path: [first.get(path), current.get(path)] for path in paths if first.get(path) != current.get(path)
    }


def name(path: str, center: Center) -> str:
    """A figure's name as an analyst knows it: units/towns/大店镇/handled → 大店镇承办量."""
    head, *rest = path.split("/", 1)
    parts = rest[0].rsplit("/", 1) if rest else []
    if head == "channels":
        return f"{rest[0]}件数"
    if head == "units":
        return parts[0].split("/", 1)[-1] + _PARTS.get(parts[-1], parts[-1])
    if head == "top_units":
        group = center.unit_groups.get(parts[0])
        return f"承办量靠前的{group.name if group else parts[0]}{_PARTS.get(parts[-1], parts[-1])}"
    if head in ("kinds", "topics"):
        return f"{parts[0]}{'类' if head == 'kinds' else '问题'}{_PARTS.get(parts[-1], parts[-1])}"
    return _NAMES.get(head, head) + (_PARTS.get(rest[0], rest[0]) if rest else "")


def printed(value: object) -> str:
    """A figure's value in a sentence; 无 where there was none."""
    if isinstance(value, list):
        return wording.listed(map(str, value)) or "无"
    return "无" if value is None else str(value)


def sentence(corrections: Mapping[str, list], center: Center) -> str:
    """The line that a corrected issue carries, as Markdown: every moved figure with its old and its new value."""
    moved = [
        f"{name(path, center)}由{printed(before)}更正为{printed(after)}"
        for path, (before, after) in corrections.items()
    ]
    return wording.escape(
        f"更正：本期首次生成后数据有更正，下列{len(moved)}处随之改变：{wording.listed(moved, '；')}。"
    )
