"""Many issues: which of them need making, made on this machine's cores or a cluster; then the index and the links.

What is imported here is light: a call that finds nothing changed must answer at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from hotline import HotlineError, profiles
from hotline.batch.worker import Job
from hotline.center import Center
from hotline.location import Location
from hotline.periods import Period
from hotline.printing.formats import DEFAULT, known
from hotline.publishing import folders, index, inputs
from hotline.publishing.outcome import KEPT, Outcome
from hotline.workspace import workspace


class BatchError(HotlineError):
    """What was asked for cannot be begun; the message, in Chinese, says why."""


@dataclass(frozen=True)
class Wanted:
    """One issue asked for."""

    center: Center
    period: Period


def wanted(centers: Iterable[str], texts: Iterable[str]) -> list[Wanted]:
    """The issues that periods and ranges (2021-W43, 2021-W01:2021-W12) name, once each, in every one of the centers."""
    from hotline import periods

    wanted = [
        Wanted(center, period)
        for center in map(profiles.load, dict.fromkeys(centers))
        for text in texts
        for period in periods.parse_range(text, center.first_weekday)
    ]
    return list({(each.center.key, str(each.period)): each for each in wanted}.values())


def formats(text: str) -> tuple[str, ...]:
    """The formats of --to, in order; BatchError for one that there is not."""
    asked = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in asked:
        if name not in known():
            raise BatchError(f"没有“{name}”这种格式。可用的有：{'、'.join(known())}。")
    return tuple(name for name in known() if name in asked)


@dataclass(frozen=True)
class Options:
    """How to make them: formats, where, and what to do about those that have not changed. See `hotline render --help`."""

    formats: tuple[str, ...] = DEFAULT
    workers: int | None = None
    scheduler: str | None = None
    force: bool = False
    version: int | None = None
    first: bool = False
    archive: str | None = None
    timeout: float | None = None
    keep_words: bool = False
    """Leave a published issue as it is where its words would change, but no figure: nobody asked for that very issue."""


def place_and_version(archive: str | None, version: int | None) -> tuple[str | None, int | None]:
    """--archive and --archive-version, each by itself: `--archive PLACE@3` is `--archive PLACE --archive-version 3`.

    BatchError where they name two versions, LocationError where --archive names no place.
    """
    if archive is None:
        return None, version
    location = Location.of(archive)
    if version is not None and location.version not in (None, version):
        raise BatchError(
            f"--archive 说的是第 {location.version} 版，--archive-version 说的是第 {version} 版：请只说一个。"
        )
    return str(location.at(None)), version if location.version is None else location.version


def render(asked: list[Wanted], options: Options) -> Iterator[Outcome]:
    """Make what is asked for and has changed; outcomes as they come, the unchanged first. Index and links follow.

    Issues that are done stay done, however this ends.
    """
    touched = {each.center.key: each.center for each in asked}
    for key in touched:
        folders.sweep(folders.outputs(key))
    jobs, tables, links = [], inputs.Tables(), _links(asked)
    for each in asked:
        same = None if options.force or options.version is not None else _unchanged(each, options, tables)
        if same:
            yield same
        else:
            near = links.get((each.center.key, str(each.period)), {})
            jobs.append(
                Job(
                    str(workspace()),
                    each.center.key,
                    str(each.period),
                    options.formats,
                    near,
                    version=options.version,
                    first=options.first,
                    archive=options.archive,
                    keep_words=options.keep_words,
                    seconds=options.timeout or each.center.timeout,
                )
            )
    failed = set()
    try:
        for outcome in _run(jobs, options):
            if not outcome.ok:
                failed.add((outcome.center, outcome.period))
            yield outcome
    finally:
        for key, center in touched.items():
            folders.sweep(folders.outputs(key), patience=1)  # after workers that were stopped
            index.write(center)
    yield from (each for each in _relinked(touched, options) if (each.center, each.period) not in failed)


def _run(jobs: list[Job], options: Options) -> Iterator[Outcome]:
    if not jobs:
        return
    from hotline.batch import pool

    with closing(pool.run(jobs, options.workers, options.scheduler)) as outcomes:
        yield from outcomes


def _unchanged(each: Wanted, options: Options, tables: inputs.Tables) -> Outcome | None:
    """An outcome, if the published issue is what would be made now, in all the formats asked for.

    Whatever is wrong with the inputs is for the rendering to say.
    """
    folder = folders.outputs(each.center.key) / str(each.period)
    made = inputs.record(folder)
    if not made or not {*options.formats} <= {*made["formats"]}:
        return None
    if not all((folder / f"bulletin.{name}").is_file() for name in ("ipynb", *made["formats"])):
        return None
    try:
        given = profiles.parameters(each.center.key, each.period, options.archive)
        now = inputs.of(each.center, each.period, given)
        seen = [("unchanged", "没有变化", made), ("kept", KEPT, made.get("kept"))]
        for status, message, record in seen[: 1 + options.keep_words]:
            if record and record["made_from"] == now and tables.same(record["archives"]):
                return Outcome(each.center.key, str(each.period), status, message)
    except (HotlineError, OSError):
        pass
    return None


def _links(asked: Iterable[Wanted]) -> dict[tuple[str, str], dict]:
    """The links of every issue of the centers, as they will be when all that is asked for is there."""
    periods: dict[str, set[Period]] = {}
    centers = {each.center.key: each.center for each in asked}
    for key, center in centers.items():
        published = {entry.period for entry in index.entries(center, folders.outputs(key))}
        periods[key] = published | {each.period for each in asked if each.center.key == key}
    return {
        (key, str(period)): near
        for key, chosen in periods.items()
        for period, near in index.links([*chosen]).items()
    }


def _relinked(centers: dict[str, Center], options: Options) -> Iterator[Outcome]:
    """Renew the links of the issues whose neighbours have come or gone; only failures are reported."""
    jobs = []
    for key, center in centers.items():
        folder = folders.outputs(key)
        published = [entry.period for entry in index.entries(center, folder)]
        for period, near in index.links(published).items():
            made = inputs.record(folder / str(period))
            if made and made.get("links") != near:
                jobs.append(Job(str(workspace()), key, str(period), relink=True, seconds=center.timeout))
    for outcome in _run(jobs, options):
        if not outcome.ok:
            yield replace(outcome, status="unlinked", message=f"前后期的链接没有更新：{outcome.message}")


def summary(outcomes: list[Outcome], seconds: float) -> str:
    """共 52 期：生成 3，没有变化 49；用时 4.1 秒。 and then the failures by name, in the order of the periods."""
    words = {
        "rendered": "生成",
        "unchanged": "没有变化",
        "kept": "文字有变未重做",
        "refused": "未做",
        "failed": "失败",
        "unlinked": "链接没有更新",
    }
    counts = {status: sum(outcome.status == status for outcome in outcomes) for status in words}
    counted = "，".join(f"{words[status]} {count}" for status, count in counts.items() if count)
    asked = len(outcomes) - counts["unlinked"]
    text = f"共 {asked} 期：{counted or '无'}；用时 {_duration(seconds)}。"
    bad = sorted(f"{outcome.center} {outcome.period}" for outcome in outcomes if not outcome.ok)
    return text + (f"\n需要处理：{'、'.join(bad)}。" if bad else "")


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} 秒"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest} 秒"
