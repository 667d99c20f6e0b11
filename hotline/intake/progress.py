"""How far a file has been read: said by the process that reads it (hotline.intake.serving) to the one that waits for it."""

from collections.abc import Callable

listener: Callable[[float], None] | None = None


def reached(part: float) -> None:
    """That this part of what is being read, the whole file or a sheet's rows, is done, 0 to 1."""
    if listener:
        listener(part)
