"""What a workspace is and where: the folder that holds params/, notebooks/, data/ and outputs/."""

import os
import re
from pathlib import Path

from hotline import HotlineError


class WorkspaceError(HotlineError):
    """No workspace was found; the message, in Chinese, says where it was looked for."""


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
        f"从 {here} 往上找不到 params/ 文件夹。请在项目文件夹里运行，或用环境变量 HOTLINE_HOME 指明它。"
    )


def shown(path: Path) -> str:
    """A path as an analyst knows it: from the workspace on."""
    root = workspace()
    return printable(str(path.relative_to(root) if path.is_relative_to(root) else path))


_COMMANDS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Text on one line, without what a terminal obeys (ESC, BEL, direction marks) or cannot write: \ufffd instead."""
    return _COMMANDS.sub("\ufffd", text)


def printable_lines(text: str) -> str:
    """A message of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))
