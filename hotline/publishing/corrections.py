"""更正: what moved between an issue as first published and as it is now, in figures and in words.

A corrected issue says so in every copy, and goes on saying so when it is rendered again: figures.json keeps, under
`corrections`, each moved figure with the value that was first published.
"""

from collections.abc import Mapping

from hotline import figures, wording


def since(published: dict | None, now: dict) -> dict[str, list]:
    """name → [as first published, now], for every figure that has moved since; empty for an issue never published.

    Only figures that both notebooks record are compared: a new section is not a correction.
    """
    if published is None:
        return {}
    first, current = dict(figures.flat(published)), dict(figures.flat(now))
    # Release 0.1.0 wrote the names of corrections with slashes.
    keys = {sign.join(key): key for key in {**first, **current} for sign in "./"}
    for name, (before, _) in published.get("corrections", {}).items():
        first[keys.get(name, tuple(name.split(".")))] = before
    both = published["figures"].keys() & now["figures"].keys()
    return {
        ".".join(key): [first.get(key), current.get(key)]
        for key in {**first, **current}
        if key[0] in both and first.get(key) != current.get(key)
    }


def label(name: str, content: dict) -> str:
    """What a figure is called, as the notebook declared it; its name where it did not."""
    return figures.labels(content).get(name, name)


def printed(value: object) -> str:
    """A figure's value in a sentence; 无 where there was none."""
    if isinstance(value, list):
        return wording.listed(map(str, value)) or "无"
    return "无" if value is None else str(value)


def sentence(corrections: Mapping[str, list], content: dict) -> str:
    """The line that a corrected issue carries, as Markdown: every moved figure with its old and its new value."""
    moved = [
        f"{label(name, content)}由{printed(before)}更正为{printed(after)}"
        for name, (before, after) in corrections.items()
    ]
    return wording.escape(
        f"更正：本期首次生成后数据有更正，下列{len(moved)}处随之改变：{wording.listed(moved, '；')}。"
    )
