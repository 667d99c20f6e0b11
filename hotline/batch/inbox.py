"""Exports lying in a folder (render --import): whose they are, and each imported once."""

import hashlib
import json
from collections.abc import Generator, Iterator
from pathlib import Path

from hotline import HotlineError, locks, profiles, whole
from hotline.batch.batch import BatchError
from hotline.center import Center
from hotline.location import Location
from hotline.system import refused
from hotline.table import Table

_EXPORTS = (".xlsx", ".xls", ".csv", ".tsv", ".zip")


def take_in(folder: Path, centers: list[str], archive: str | None = None) -> Iterator[tuple[bool, str]]:
    """Import the exports lying in a folder, each once: (whether it went well, a line to log).

    A file that cannot be used is reported each time, and the others are imported. A center's exports lie in a folder
    of its name; with several centers, one that lies in `folder` itself is taken by the one center whose profile fits it,
    or reported. `archive`: --archive.
    """
    if not folder.is_dir():
        raise BatchError(f"--import：找不到文件夹 {folder}。")
    loose = yield from _shared_out(folder, centers, archive)
    for key in centers:
        own = _exports(folder / key) if (folder / key).is_dir() else []
        if not own and not loose[key] and len(centers) > 1:
            continue
        try:
            center = profiles.load(key, draft=True)
            location = center.location(archive)
            location.check_writable()
            with locks.locked(location.local / f"{key}.taken.lock"):
                yield from _take_in([*own, *loose[key]], center, location)
        except HotlineError as error:
            yield False, f"{key} 没有导入：{error}"


def _shared_out(
    folder: Path, centers: list[str], archive: str | None
) -> Generator[tuple[bool, str], None, dict[str, list[Path]]]:
    """center → the exports lying in the folder itself that are its; yields a line for each that is none's."""
    loose, theirs = _exports(folder), {key: [] for key in centers}
    if not loose:
        return theirs
    if len(profiles.centers()) == 1 == len(centers):
        return {centers[0]: loose}
    from hotline.intake.owners import owners
    from hotline.masking import shown_name

    usable_centers, taken = [], set()
    for key in profiles.centers():
        try:
            center = profiles.load(key, draft=True)
            taken |= Ledger(center.location(archive), key).taken.keys()
            usable_centers.append(center)
        except HotlineError:
            continue  # reported when its own exports are imported or its issue is made
    for path in loose:
        if _digest(path) in taken:
            continue
        try:
            fitting = owners(path, usable_centers)
        except HotlineError as error:
            yield False, f"没有导入 {shown_name(path)}：{error}"
            continue
        if len(fitting) == 1 and fitting[0] not in theirs:
            yield True, f"没有导入 {shown_name(path)}：看表头是 {fitting[0]} 的导出，这次不做这个中心"
        elif len(fitting) == 1 or len(centers) == 1:
            theirs[fitting[0] if len(fitting) == 1 else centers[0]].append(path)
        else:
            why = (
                f"{'、'.join(fitting)} 的表头都相符" if fitting else f"与 {'、'.join(centers)} 的表头都不相符"
            )
            yield (
                False,
                f"没有导入 {shown_name(path)}：{why}，看不出是哪个中心的导出。请移到 {folder}/中心的名称/ 里，如 "
                f"{folder / (fitting or centers)[0]}/，或用 --center 指明",
            )
    return theirs


def _exports(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _EXPORTS and not path.name.startswith(("~", ".")) and path.is_file()
    ]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take_in(paths: list[Path], center: Center, location: Location) -> Iterator[tuple[bool, str]]:
    ledger = Ledger(location, center.key)
    for path in paths:
        digest = _digest(path)
        if digest in ledger.taken:
            continue
        from hotline.intake import importing
        from hotline.masking import shown_name

        try:
            report = importing.import_files([path], center, location)
        except (HotlineError, OSError) as error:
            yield False, f"{center.key} 导入 {shown_name(path)}：{refused(error)}"
            continue
        if (
            not report.meaningless
        ):  # a file not noted is read and reported again next time, when the profile may be mended
            ledger.add(digest, shown_name(path))
        old = "，{} 行比档案里的旧，没有采用（档案里的若是错的：hotline import --again）"
        yield (
            not report.meaningless,
            f"{center.key} 导入 {shown_name(path)}：读入 {report.read} 行，新存 {report.stored}，更新 {report.replaced}，搁置 {report.set_aside}"
            f"{old.format(report.older) if report.older else ''}{''.join(report.meaningless)}",
        )


class Ledger:
    """Which exports an archive has taken in: `taken`, digest of the content → file name, so that a copy under another
    name is the same export. It belongs to one table: an archive deleted and begun anew has taken in none."""

    def __init__(self, location: Location, center: str):
        self._location, self._center = location, center
        self._path = location.local / f"{center}.taken.json"
        table = Table(location, center)
        content = json.loads(self._path.read_text(encoding="utf-8")) if self._path.is_file() else {}
        if "files" in content:
            self.taken = content["files"] if content["table"] == table.id else {}
        else:  # release 0.1.0 did not note the table: only files that the table's history names count as taken in
            imported = table.imported()
            self.taken = {digest: name for digest, name in content.items() if name in imported}

    def add(self, digest: str, name: str) -> None:
        self.taken[digest] = name
        content = {"table": Table(self._location, self._center).id, "files": self.taken}
        whole.write(
            self._path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode(), private=True
        )
