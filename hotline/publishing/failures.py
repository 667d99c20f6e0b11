"""What could not be done of a center's issues, kept until it is: `hotline send` tells the maintainer."""

from pathlib import Path

from hotline.publishing import folders
from hotline.publishing.outcome import Outcome

IMPORT = "导入"
_ENDING = ".said"


def note(outcomes: list[Outcome], unattended: bool) -> None:
    """Forget what was kept of an issue that is made now; of one that is not, keep its message if nobody saw it."""
    for each in outcomes:
        if each.ok or unattended:
            _keep(each.center, each.period, "" if each.ok else each.message)


def note_imports(centers: list[str], taken: list[tuple[bool, str]]) -> None:
    """Keep what could not be taken in, of each center; (whether it went well, the line that was logged) of every file."""
    for center in centers:
        _keep(
            center,
            IMPORT,
            "\n".join(line for well, line in taken if not well and line.startswith(f"{center} ")),
        )


def noted(center: str, period: str) -> dict[str, str]:
    """Period, or IMPORT → message."""
    kept = {name: _path(center, name) for name in (IMPORT, period)}
    return {name: path.read_text(encoding="utf-8") for name, path in kept.items() if path.is_file()}


def _keep(center: str, name: str, message: str) -> None:
    path = _path(center, name)
    if message:
        folders.write(path, message)
    else:
        path.unlink(missing_ok=True)


def _path(center: str, name: str) -> Path:
    return folders.outputs(center) / folders.FAILED / f"{name}{_ENDING}"
