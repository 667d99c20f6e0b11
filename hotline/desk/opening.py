"""hotline open: what was published, in the program that the system opens such a file with."""

import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

from hotline import HotlineError
from hotline.center import Center
from hotline.printing import formats
from hotline.workspace import shown, workspace


class OpenError(HotlineError):
    """There is nothing to open, or nothing to open it with; the message, in Chinese, says what to do."""


def published_file(center: Center, period: str | None, form: str) -> Path:
    """The file of an issue in a format; without a period the index of all. OpenError where it has not been made."""
    root = workspace() / "outputs" / center.key
    if period is None:
        path, make = root / "index.html", "hotline render"
    else:
        known = formats.known()
        if form not in known:
            raise OpenError(f"没有“{form}”这种格式。可用的有：{'、'.join(known)}。")
        name, _, version = period.partition("@")
        window = center.period(name)
        folder = f"{window}@{version}" if version else str(window)
        path, make = root / folder / known[form].file, f"hotline render {window} --to {form}"
    if not path.is_file():
        raise OpenError(f"{shown(path)} 还没有生成：请先运行 {make}。")
    return path


def show(path: Path) -> None:
    """Open a file in the system's program. OpenError where there is none, naming the file."""
    if hasattr(os, "startfile"):
        os.startfile(path)
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    if program := shutil.which(opener):
        ended = subprocess.run([program, path], capture_output=True, check=False)
        if ended.returncode == 0:
            return
    if path.suffix != ".html" or not webbrowser.open(path.as_uri()):
        raise OpenError(f"这台机器上没有能打开它的程序。文件在：{path}")
