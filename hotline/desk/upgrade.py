"""hotline init --upgrade: the notebooks of a workspace brought to this release, with the analyst's changes.

Each notebook that was made from a master notebook is merged with today's: the workspace's own, a center's, an issue's.
What it was made from is the one kept in .hotline/, or one of an older release that the package carries; of these the
one that it has most in common with.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from hotline import HotlineError, cells, whole
from hotline.desk import merging
from hotline.desk.merging import Merged
from hotline.workspace import BASE, KIT, MASTER, shown

_BEFORE = "（升级前"
_KNOWN = Path(__file__).with_name("known")
"""The master notebooks of releases that kept none in the workspace."""


class UpgradeError(HotlineError):
    """The workspace cannot be upgraded, and is as it was; the message, in Chinese, says why and what to do."""


def upgrade(root: Path) -> tuple[list[str], bool]:
    """Upgrade the notebooks: a report, in lines, and whether nothing is left to decide. UpgradeError, before anything is written, where an
    earlier upgrade's conflict is still there, or the workspace is the project's own folder."""
    if not (root / "params").is_dir():
        raise UpgradeError(
            f"{root} 不是工作区：里面没有 params/。请核对文件夹；新的工作区用 hotline init 建立。"
        )
    master = KIT / MASTER
    if (root / MASTER).exists() and (root / MASTER).samefile(master):
        raise UpgradeError(f"{root} 是程序自己的源文件夹：它的笔记本随程序更新，不必升级。")
    new = nbformat.read(master, as_version=4)
    bases = [nbformat.read(path, as_version=4) for path in (root / BASE, *_known()) if path.is_file()]
    merged = {path: _merged(path, bases, new) for path in _notebooks(root)}
    report, decided = [], True
    for path, result in merged.items():
        if result is None:
            report.append(f"{shown(path)}：与主笔记本没有相同的单元格，没有动。")
        elif _cells(result.notebook) == _cells(nbformat.read(path, as_version=4)):
            report.append(f"{shown(path)}：已是这一版的，没有要改的。")
        else:
            kept = _aside(path)
            whole.write(path, f"{v4.writes(result.notebook)}\n".encode())
            report += [f"{shown(path)}：已升级。", *_said(result), f"  原来的笔记本：{shown(kept)}"]
            decided &= not result.conflicts
    # Last: an upgrade that is interrupted is done again from where the rest began.
    (root / BASE).parent.mkdir(exist_ok=True)
    whole.write(root / BASE, master.read_bytes())
    return report, decided


def _known() -> list[Path]:
    return sorted(_KNOWN.glob("*.ipynb"))


def _notebooks(root: Path) -> list[Path]:
    """The workspace's, the centers' and their issues', but what earlier upgrades have set aside."""
    candidates = [root / MASTER, *sorted((root / "params").glob("*/*.ipynb"))]
    return [path for path in candidates if path.is_file() and _BEFORE not in path.name]


def _merged(path: Path, bases: list[NotebookNode], new: NotebookNode) -> Merged | None:
    """The notebook at `path` with the release's changes; None where it has nothing in common with any master."""
    if left := cells.undecided(cells.read(path)):
        raise UpgradeError(
            f"{shown(path)} 里还有上次升级留下的 {len(left)} 处没有定：{'、'.join(left)}。请先处理，再升级；什么也没有改。"
        )
    yours = nbformat.read(path, as_version=4)
    common = [sum(cell in _cells(yours) for cell in _cells(base)) for base in bases]
    if not any(common):
        return None
    return merging.merge(bases[common.index(max(common))], yours, new)


def _cells(notebook: NotebookNode) -> list[tuple]:
    return [merging.content(cell) for cell in notebook.cells]


def _aside(path: Path) -> Path:
    """A copy of the notebook beside it, under a name that says what it is and that nothing has yet."""
    names = (
        f"{path.stem}{_BEFORE} {date.today()}{more}）{path.suffix}"
        for more in ("", *map(" {}".format, range(2, 1000)))
    )
    kept = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    whole.write(kept, path.read_bytes())
    return kept


def _said(merged: Merged) -> Iterator[str]:
    for what, places in (
        ("新版加的", merged.added),
        ("新版改写的", merged.rewritten),
        ("新版去掉的", merged.dropped),
        ("您改过、加过的，都在", merged.yours),
        ("您删去而新版改写了的，没有放回", merged.left_out),
    ):
        if places:
            listed = "、".join(f"{place} {count} 格" for place, count in Counter(places).items())
            yield f"  {what}：{len(places)} 格（{listed}）"
    if merged.conflicts:
        yield f"  要您定的：{len(merged.conflicts)} 处，两种写法都在笔记本里，定了才能生成："
        yield from (f"    {each}" for each in merged.conflicts)
