"""How far a file has been read. The process that reads it (hotline.intake.serving) sets `listener`, which informs the other."""

from collections.abc import Callable

listener: Callable[[float], None] | None = None


def reached(part: float) -> None:
    """Report that this part, 0 to 1, of what is being read is done: of the whole file, or of a sheet's rows."""
    if listener:
        listener(part)
