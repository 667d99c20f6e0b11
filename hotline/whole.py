"""A small file put in its place whole or not at all: whoever is interrupted leaves what was there."""

import os
from contextlib import suppress
from pathlib import Path


def folder(path: Path) -> None:
    """Make a folder, and those above it that are not there, for their owner alone; one that is there stays as it is."""
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def write(path: Path, content: bytes, private: bool = False) -> None:
    """Replace one file, or create it; a `private` one is readable by its owner alone, from its first moment on.

    On disk before its name is, so that a power cut, too, leaves the old one or the new one.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(fresh, flags, 0o600 if private else 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()
