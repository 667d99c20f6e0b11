"""What lies in params/: which centers there are, a center's profile, an issue's parameters and its article.

Everything an analyst may get wrong in these files is answered in Chinese with the file, the key and the remedy.
"""

import re
from datetime import date
from pathlib import Path

from pydantic import Field

from hotline import paramfiles
from hotline.center import Center, Place, Strict
from hotline.paramfiles import CenterError
from hotline.periods import Period
from hotline.system import is_device
from hotline.workspace import shown, workspace

TO_FILL = "待填"
"""Stands in a drafted profile (hotline new) where only a person knows what to write."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\-]*")


class Parameters(Strict):
    """One issue's parameters, as papermill hands them to the notebook: params/<center>/<period>.yml."""

    center: str
    period: str
    issue: int | None = Field(None, ge=1)
    published: date | None = None
    article: str | None = None
    archive: Place | None = None


def centers() -> list[str]:
    """The keys of the centers that have a profile."""
    return sorted(path.parent.name for path in (workspace() / "params").glob("*/center.yml"))


def default() -> str:
    """The center that is meant where none is named: the only one there is. CenterError where there are several, or none."""
    known = centers()
    if not known:
        raise CenterError(
            "params/ 里还没有中心。请用 hotline new 起草一个，或从 examples/ 复制一个（cp -r examples/… params/）。"
        )
    if len(known) > 1:
        raise CenterError(f"这里有几个中心：{'、'.join(known)}。请用 --center 指明是哪一个。")
    return known[0]


def load(key: str, draft: bool = False) -> Center:
    """The profile of a center. CenterError for an unknown center or a profile that cannot be used.

    A profile with keys still to fill in cannot be printed from, and is refused; a `draft` is good enough to read
    exports with, once their columns are known.
    """
    path = profile_path(key)
    if not path.is_file():
        known = "、".join(centers()) or "（无）"
        raise CenterError(f"没有“{key}”这个中心：找不到 {shown(path)}。现有中心：{known}。")
    content = paramfiles.mapping(path)
    left = [name for name in to_fill(content) if not draft or name.split(".")[0] in ("columns", "export")]
    if left:
        raise CenterError(
            f"{shown(path)}：还有 {len(left)} 处写着“{TO_FILL}”：{'、'.join(left)}。"
            "请按该行的说明填好（用不着的整行删去），存盘后再试。"
        )
    return paramfiles.validated(Center, {**content, "key": key}, shown(path))


def to_fill(content: object, name: str = "") -> list[str]:
    """The keys of a profile that still say TO_FILL: ["name", "report_to", "columns.kind"]."""
    if isinstance(content, dict):
        return [
            left
            for key, item in content.items()
            for left in to_fill(item, f"{name}.{key}" if name else str(key))
        ]
    if isinstance(content, list):
        return list(dict.fromkeys(left for item in content for left in to_fill(item, name)))
    return [name] if isinstance(content, str) and content.strip().startswith(TO_FILL) else []


def profile_path(key: str) -> Path:
    """Where a center's profile is, or would be. CenterError for a name that cannot be a folder's."""
    return _folder(key) / "center.yml"


def parameters(key: str, period: Period, archive: str | None = None) -> Parameters:
    """The parameters of one issue: its file's where there is one, with the center and period filled in; `archive` is
    --archive, which goes before the file's."""
    path = _folder(key) / f"{period}.yml"
    given = paramfiles.mapping(path) if path.is_file() else {}
    if "period" in given and isinstance(given["period"], int):
        given["period"] = str(given["period"])
    checked = paramfiles.validated(Parameters, {"center": key, "period": str(period), **given}, shown(path))
    for name, value, expected in (("center", checked.center, key), ("period", checked.period, str(period))):
        if value != expected:
            raise CenterError(f"{shown(path)}：{name} 写的是“{value}”，按文件的位置应为“{expected}”。")
    return checked if archive is None else checked.model_copy(update={"archive": archive})


def checked(**content: object) -> Parameters:
    """The parameters that a notebook was given, checked. CenterError names the one that cannot be used."""
    return paramfiles.validated(Parameters, content, "笔记本的参数")


def article(key: str, period: Period, name: str | None) -> str | None:
    """The editor's article of an issue, Markdown. `name` is a file beside the profile; <period>.md if not given.

    None where no file is named and none of that name exists. CenterError where a named file is missing, lies
    outside the center's folder, or is no text that can be printed.
    """
    folder = _folder(key)
    path = folder / (name or f"{period}.md")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise CenterError(f"article：“{name}”不在 {shown(folder)}/ 之内。文章请放在该文件夹中。")
    if path.is_file():
        return paramfiles.text(path)
    if name:
        raise CenterError(
            f"找不到文章 {shown(path)}（article 写的是“{name}”）。请补上这个文件，或删去 article 一行。"
        )
    return None


def reference_path(key: str) -> Path | None:
    """The center's own layout for Word, params/<center>/reference.docx; None where there is none."""
    path = _folder(key) / "reference.docx"
    return path if path.is_file() else None


def _folder(key: str) -> Path:
    if not _NAME.fullmatch(str(key)):
        raise CenterError(f"中心的名称“{key}”不能用：只能有字母、数字、下划线和连字符。")
    if is_device(key):
        raise CenterError(f"中心的名称“{key}”不能用：Windows 把它当作设备，建不成文件夹。请换一个。")
    return workspace() / "params" / key
