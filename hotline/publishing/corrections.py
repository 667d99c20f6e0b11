"""更正: what moved between an issue as first published and as it is now, in figures and in words.

A correction is of data: what a figure was by the archive of the first printing, and is by today's, both under today's
profile and notebook. What these changed is said to the analyst alone. A corrected issue says so in every copy, and goes
on saying so when it is rendered again: figures.json keeps, under `corrections`, each moved figure with both values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from hotline import HotlineError, figurefile, wording

SAME = ("notebook", "parameters", "profile", "package")
"""What, beside the archive, an issue's figures are made from (publishing.inputs)."""
NAMED = 10
"""How many figures moved by something else than data are named to the analyst."""


@dataclass(frozen=True)
class Moves:
    """What moved since an issue was published: name → [then, now]. `data`: the 更正. `others`: by profile, notebook or
    package. `unclear`: what moved the others cannot be told, the archive of then is no longer there."""

    data: Mapping[str, list] = field(default_factory=dict)
    others: Mapping[str, list] = field(default_factory=dict)
    unclear: bool = False


def moves(
    published: dict, record: dict, now: dict, made_from: dict, tables: set, figures_at: Callable[[int], dict]
) -> Moves:
    """`record`: the published issue's (publishing.inputs); `made_from` and `tables`, the ids of the archives' tables:
    the same of `now`. `figures_at` works the figures out from another version, as today's notebook does."""
    moved = since(published, now)
    before = record.get("made_from", {})
    if not moved or all(before.get(name) == made_from[name] for name in SAME):
        return Moves(moved)
    fresh = since({**published, "corrections": {}}, now)
    version = record.get("first_version", published["archive_version"])
    read = {each["table"] for each in record.get("archives", ())}  # release 0.1.0 did not name its table
    if read and tables != read:
        return Moves({}, fresh, unclear=True)
    try:
        then = now if version == now["archive_version"] else figures_at(version)
    except HotlineError:
        return Moves({}, fresh, unclear=True)
    carried = {} if "first_version" in record else published.get("corrections", {})
    data = since({**then, "corrections": carried}, now)
    return Moves(data, {name: values for name, values in fresh.items() if name not in data})


def notice(moves: Moves, content: dict, folder: Path) -> str:
    """What the analyst reads of figures that moved without a 更正 since an issue was published in `folder`; empty where
    none did."""
    if not moves.others:
        return ""
    called = labels(content, folder)
    named = [
        f"{called.get(name, name)} {value_text(before)} → {value_text(after)}"
        for name, (before, after) in list(moves.others.items())[:NAMED]
    ]
    rest = "……" if len(moves.others) > NAMED else ""
    why = "是名册、参数、笔记本或程序的改动引起的，不写更正"
    if moves.unclear:
        why = "刊出时的档案已经读不到，名册、笔记本或程序又有改动，分不清是不是数据引起的，没有写更正"
    return f"与已刊出的相比，有 {len(moves.others)} 处的数不同，{why}：{wording.listed(named)}{rest}"


def since(published: dict | None, now: dict) -> dict[str, list]:
    """name → [as first published, now], for every figure that has moved since; empty for an issue never published.

    Only figures that both notebooks record are compared: a new section is not a correction.
    """
    if published is None:
        return {}
    first, current = dict(figurefile.flat(published)), dict(figurefile.flat(now))
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


def labels(content: dict, folder: Path) -> dict[str, str]:
    """name → what a figure is called; of one that is no longer recorded, as the issue published in `folder` has it."""
    path = folder / "bulletin.ipynb"
    try:
        before = figurefile.of_notebook(nbformat.read(path, as_version=4)) if path.is_file() else {}
    except (ValueError, figurefile.FiguresError):  # somebody edited it
        before = {}
    return {**figurefile.labels(before), **figurefile.labels(content)}


def value_text(value: object) -> str:
    """A figure's value in a sentence; 无 where there was none."""
    if isinstance(value, list):
        return wording.listed(map(str, value)) or "无"
    return "无" if value is None else str(value)


def sentence(corrections: Mapping[str, list], content: dict) -> str:
    """The line that a corrected issue carries, as Markdown: every moved figure with its old and its new value."""
    names = figurefile.labels(content)
    moved = [
        f"{names.get(name, name)}由{value_text(before)}更正为{value_text(after)}"
        for name, (before, after) in corrections.items()
    ]
    return wording.escape(
        f"更正：本期首次生成后数据有更正，下列{len(moved)}处随之改变：{wording.listed(moved, '；')}。"
    )
