"""What only the center itself may read: data/rows/, data/sheets/, for their owner alone, never under outputs/."""

import hashlib
import re
from pathlib import Path

from hotline import HotlineError, whole
from hotline.system import close_to_others, is_device
from hotline.workspace import shown, workspace

_FORBIDDEN = re.compile(r'[%<>:"/\\|?*\x00-\x1f\x7f]')
_LONGEST = 180
"""Bytes of a file's name: systems take 255, and a temporary name is longer."""


class PrivateError(HotlineError):
    """A private file cannot be written; the message, in Chinese, says why. What was there is as it was."""


def folder(room: str, center: str, period: str) -> Path:
    """data/<room>/<center>/<period>/, whether it is there or not."""
    return workspace() / "data" / room / center / period


def file_name(name: str, ending: str) -> str:
    """A name of the data as a file's, each its own: Mobile/Open311 is Mobile%2FOpen311."""
    plain = _FORBIDDEN.sub(lambda sign: f"%{ord(sign[0]):02X}", name)
    if is_device(plain):
        plain = f"%{ord(plain[0]):02X}{plain[1:]}"
    encoded = plain.encode()
    if len(encoded) > _LONGEST:
        digest = hashlib.sha256(encoded).hexdigest()[:8]
        plain = f"{encoded[:_LONGEST].decode(errors='ignore')}~{digest}"
    return plain + ending


def refuse_open(path: Path) -> None:
    """PrivateError for a file that somebody has open in an office program, as the file that this puts beside it says."""
    stem = path.name
    marks = (f"~${stem}", f"~${stem[2:]}", f".~{stem}", f".~lock.{stem}#")
    if any((path.parent / mark).exists() for mark in marks):
        raise PrivateError(f"{shown(path)} 正在 Excel 或 WPS 里打开着：请先关闭它再试，原来的文件没有变。")


def close_folder(folder: Path) -> None:
    """Make a folder of data/<room>/, and close it and those above it to all others."""
    root = workspace() / "data"
    for place in reversed([folder, *(each for each in folder.parents if root in each.parents)]):
        place.mkdir(parents=True, exist_ok=True)
        close_to_others(place)


def write(path: Path, content: bytes) -> None:
    """Replace one file whole; it and the folders from its room on are readable by their owner alone."""
    close_folder(path.parent)
    try:
        whole.write(path, content, private=True)
    except PermissionError:
        raise PrivateError(f"写不了 {shown(path)}：没有权限。") from None
