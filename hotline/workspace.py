"""What a workspace is and where: the folder that holds params/, notebooks/, data/ and outputs/; how one begins."""

import os
import re
import shutil
from pathlib import Path

from hotline import HotlineError
from hotline.system import close_to_others

SAMPLE = "junan"
"""The center that a new workspace has: the one whose published issue the sample reproduces."""


class WorkspaceError(HotlineError):
    """No workspace where one is needed, or one where none may be; the message, in Chinese, says where and what to do."""


def workspace() -> Path:
    """The folder that holds params/: $HOTLINE_HOME, else the working directory or one above it, else the project's.

    So the commands, papermill, a Lab whose working directory is notebooks/, and cron all find the same files.
    """
    if home := os.environ.get("HOTLINE_HOME"):
        return Path(home).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parents[1]):
        if (folder / "params").is_dir():
            return folder
    raise WorkspaceError(
        f"从 {here} 往上找不到 params/ 文件夹。请在工作区里运行，或用环境变量 HOTLINE_HOME 指明它；新的工作区用 hotline init 文件夹 建立。"
    )


_OWN, _PROJECT = Path(__file__).with_name("kit"), Path(__file__).resolve().parents[1]
KIT = _OWN if _OWN.is_dir() else _PROJECT
"""What a workspace begins with: in the installed package a folder of its own, in the repository the repository itself."""
MASTER = "notebooks/bulletin.ipynb"
BASE = ".hotline/bulletin.ipynb"
"""The master notebook as the release had it that the workspace was made from, or brought to: what an upgrade compares with."""
_IGNORED = """\
# 导出、档案、搁置的行和生成的周报都可能有不该外传的内容，不进版本库。
/data/
/outputs/*
!/outputs/.gitkeep
*.[xX][lL][sS]
*.[xX][lL][sS][xXmMbB]
*.[cC][sS][vV]
*.[tT][sS][vV]
*.[eE][tT]
*.[zZ][iI][pP]
*.password
.ipynb_checkpoints/
"""


def examples() -> list[str]:
    """The centers to try, besides the sample's."""
    return sorted(path.parent.name for path in (KIT / "examples").glob("*/center.yml"))


def recipe_path(example: str) -> Path:
    """What hotline.sample.demo makes the exports of an example from, if they are made."""
    return Path(__file__).with_name("sample") / f"{example}.yml"


def recipes() -> list[str]:
    """The examples whose exports are made with them."""
    return [example for example in examples() if recipe_path(example).is_file()]


def create(folder: Path, example: str | None = None) -> str:
    """Make a new workspace with the sample center, or with an example instead; the center's key.

    WorkspaceError where the folder holds anything already, or the example is unknown.
    """
    if example and example not in examples():
        raise WorkspaceError(f"没有“{example}”这个示例。可用的有：{'、'.join(examples())}。")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "已经是一个工作区" if (folder / "params").is_dir() else "已经有别的内容"
        raise WorkspaceError(f"{folder} {what}。请换一个新的文件夹名。")
    center = KIT / "examples" / example if example else KIT / "params" / SAMPLE
    unwanted = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    shutil.copytree(center, folder / "params" / center.name, ignore=unwanted)
    shutil.copytree(KIT / "notebooks", folder / "notebooks", ignore=unwanted)
    (folder / BASE).parent.mkdir()
    shutil.copyfile(KIT / MASTER, folder / BASE)
    for name in ("data", "outputs"):
        (folder / name).mkdir()
    (folder / "data/exports").mkdir()
    close_to_others(folder / "data/exports")  # what a platform exports has names and telephone numbers
    (folder / "outputs/.gitkeep").touch()
    (folder / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    return center.name


def shown(path: Path) -> str:
    """A path as an analyst knows it: from the workspace on."""
    root = workspace()
    return printable(str(path.relative_to(root) if path.is_relative_to(root) else path))


_COMMANDS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Text on one line, without what a terminal obeys (ESC, BEL, direction marks) or cannot write: \ufffd instead."""
    return _COMMANDS.sub("\ufffd", text)


def printable_lines(text: str) -> str:
    """A message of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))
