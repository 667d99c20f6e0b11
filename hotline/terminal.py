"""The terminal that a command speaks to: what it can show, and in which encoding."""

import os
import re
import sys

import typer

from hotline.masking import masked
from hotline.system import WINDOWS
from hotline.workspace import printable, printable_lines


def say(text: str, err: bool = False, **style: str) -> None:
    """To the terminal, without what a file's name, a cell or a profile may hold that a terminal obeys, and without somebody's
    number among the command's own words; plain if $NO_COLOR is set."""
    for word in sys.argv[1:]:
        for part in (word, *re.split("[=:,]", word)):
            safe = masked(printable(part))  # nor must it feign a line of ours
            if part != safe:
                text = text.replace(part, safe)
    text = printable_lines(text)
    typer.echo(typer.style(text, **style) if style and not os.environ.get("NO_COLOR") else text, err=err)


def in_chinese() -> None:
    """From now on Chinese can be written to both streams, whatever the code page: one that has it stays, else it is UTF-8.

    What even that cannot write, as the bytes of a name that is no text, becomes a question mark and no error.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                encoding=stream.encoding if _has_chinese(stream.encoding) else "utf-8", errors="replace"
            )


def _has_chinese(encoding: str) -> bool:
    try:
        return bool("热线：件".encode(encoding))
    except (UnicodeError, LookupError):
        return False


def with_utf8_paths() -> None:
    """Begin again in Python's UTF-8 mode where the locale reads the names of files otherwise (zh_CN.GBK, on Linux): they are
    UTF-8 whatever the locale says. The terminal keeps its encoding."""
    if WINDOWS or sys.getfilesystemencoding() == "utf-8":
        return
    os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding or "utf-8")
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
