"""The weekly run that nobody watches: take in what lies there, find the last complete period, refuse half a week."""

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from hotline import HotlineError, locks, names, periods, whole
from hotline import center as profiles
from hotline.batch.batch import BatchError, Wanted
from hotline.center import Center
from hotline.coverage import Coverage
from hotline.location import Location
from hotline.publishing.outcome import Outcome
from hotline.table import Table

_EXPORTS = (".xlsx", ".xls", ".csv", ".tsv", ".zip")


def usable(centers: Iterable[str]) -> tuple[list[str], list[Outcome]]:
    """Those whose profile can be rendered from, and an outcome that says why not for each of the others.

    A new center's unfinished profile must not keep all others from their issue.
    """
    fine, refused = [], []
    for key in centers:
        try:
            profiles.load(key)
            fine.append(key)
        except profiles.CenterError as error:
            refused.append(Outcome(key, "最近一期", "refused", str(error)))
    return fine, refused


def last_complete(centers: Iterable[str], moment: datetime) -> list[Wanted]:
    """The last complete period of every center, each in its own calendar, at that (local) moment."""
    return [
        Wanted(center, periods.last_complete(moment, center.grain, center.first_weekday))
        for center in map(profiles.load, centers)
    ]


def over(asked: list[Wanted], moment: datetime) -> tuple[list[Wanted], list[Outcome]]:
    """Those whose period is over at that (local) moment, and an outcome that says when it is for each of the others.

    What is printed before would be half a period under the name of a whole one.
    """
    fine = [each for each in asked if each.period.cutoff <= moment]
    return fine, [
        Outcome(
            each.center.key,
            str(each.period),
            "refused",
            f"这一期到 {each.period.ends} 才结束，没有生成。如果现在就要做，请加 --allow-incomplete。",
        )
        for each in asked
        if each.period.cutoff > moment
    ]


def sound(
    asked: list[Wanted], archive: str | None = None, version: int | None = None
) -> tuple[list[Wanted], list[Outcome]]:
    """Those whose data are whole (hotline.coverage), and an outcome that says why not for each of the others.

    `archive`: --archive; `version`: the archive's, to be read.
    """
    held: dict[tuple, Coverage] = {}
    fine, refused = [], []
    for each in asked:
        try:
            problem = incomplete(each, held, archive, version)
        except (HotlineError, OSError) as error:
            problem = str(error)
        if problem:
            refused.append(Outcome(each.center.key, str(each.period), "refused", problem))
        else:
            fine.append(each)
    return fine, refused


def incomplete(
    each: Wanted, held: dict[tuple, Coverage], archive: str | None = None, version: int | None = None
) -> str | None:
    """Why a period's data are not whole. `held`: the coverage of the archives looked at so far."""
    given = profiles.parameters(each.center.key, each.period, archive)
    location = each.center.location(given.archive)
    if (location, each.center.key) not in held:
        table = Table(location.at(version) if version is not None else location, each.center.key)
        if table.version is None:
            return f"档案是空的（{table.uri}），没有生成。请先导入平台的导出文件（hotline import）。"
        coverage = table.recorded_coverage()
        if coverage is None:
            from hotline.archive import Archive

            coverage = Coverage.load(Archive(table.location, each.center.key).coverage())
        held[location, each.center.key] = coverage
    period = each.period
    coverage = held[location, each.center.key]
    missing = coverage.missing(period.starts, period.ends)
    if not missing:
        return None
    return (
        f"数据不完整，没有生成：缺 {missing} 的完整数据（档案里完整的是 {coverage}）。请导入更新的导出文件；这些天若确已导全，请用 "
        f"hotline import --covers {period.starts}:{period.ends} 说明；要照现有的数据印，请加 --allow-incomplete。"
    )


def unused(outcomes: Iterable[Outcome], archive: str | None = None) -> Iterator[str]:
    """Once a center of which an issue was made: the names of its profile that no row had when it was last imported into."""
    for key in dict.fromkeys(outcome.center for outcome in outcomes if outcome.status == "rendered"):
        center = profiles.load(key)
        said = Table(center.location(archive), key).account()
        known, noted = names.known(center), said.get("unused", {})
        left = {
            column: [each for each in noted[column] if each in known[column] and each not in center.confirmed]
            for column in noted.keys() & known.keys()
        }
        if line := names.summary(left, said.get("recent", 0)):
            yield f"{key}：{line}"


def take_in(folder: Path, centers: list[str], archive: str | None = None) -> Iterator[tuple[bool, str]]:
    """Import the exports lying in a folder, each once: (whether it went well, a line to log).

    A file that cannot be used is told of each time, and does not keep the others out. A center's exports lie in a folder
    of its name; with several centers, one that lies in `folder` itself is taken by the one center whose profile fits it,
    or told of. `archive`: --archive.
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
            yield False, f"{center.key} 导入 {shown_name(path)}：{error}"
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
