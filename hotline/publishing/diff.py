"""hotline diff: the published figures of an issue beside today's, and which import moved each."""

from dataclasses import dataclass

from hotline import HotlineError, figurefile, processes, profiles
from hotline.archive import Archive
from hotline.periods import Period
from hotline.publishing import corrections, folders, inputs
from hotline.publishing.outcome import MEMORY, lost


class DiffError(HotlineError):
    """There is nothing to compare; the message, in Chinese, says what is missing."""


@dataclass(frozen=True)
class Moved:
    """A figure that has moved: its name in Chinese, the value then, today's, and what moved it.

    One that both data and profile moved is there twice: from what was published to what the archive of then says under
    today's profile, and from there to today's.
    """

    name: str
    published: str
    today: str
    moved_by: str


def diff(center: str, period: Period, archive: str | None = None) -> list[Moved]:
    """Each figure of a published issue that today's archive, profile and notebook would print otherwise.

    The issue is rendered anew from today's archive and from each version since the one it was published from, so an
    import is named because the figure moved with it, not because it might have. DiffError for an issue that has not
    been published. `archive`: another than the issue's and the center's, as --archive names it.
    """
    path = folders.outputs(center) / str(period) / "figures.json"
    if not path.is_file():
        raise DiffError(f"{period} 还没有生成过，没有可对照的数：请先运行 hotline render {period}。")
    published = figurefile.load(path)
    # Corrections that the published issue already carries are not news.
    published = {**published, "corrections": {}}
    today = _figures_at(center, period, None, archive)
    if not corrections.since(published, today):
        return []
    then, movers = _movers(center, period, archive, published)
    labels = corrections.labels(today, path.parent)
    data = corrections.since({**then, "corrections": {}}, today)
    moves = [(name, values, movers.get(name, _UNNAMED)) for name, values in data.items()]
    moves += [
        (name, values, movers.get("", _OTHERWISE))
        for name, values in corrections.since(published, then).items()
    ]
    return [
        Moved(labels.get(name, name), *map(corrections.value_text, values), by) for name, values, by in moves
    ]


_OTHERWISE = "名册、参数或笔记本的改动，不算更正"
_UNNAMED = "档案的改动，没有一次导入单独引起它"


def _figures_at(center: str, period: Period, version: int | None, archive: str | None) -> dict:
    """The figures from one version, in a process of its own: the notebook's run from the next one must not see this."""
    processes.preload("hotline.publishing.issue")
    seconds = profiles.load(center).timeout
    child = processes.call(_rendered, center, period, version, archive, seconds=seconds, memory=MEMORY)
    if child.error is not None:
        raise child.error
    if not child.answered:
        raise DiffError(lost(child))
    return child.result


def _rendered(center: str, period: Period, version: int | None, archive: str | None) -> dict:
    from hotline.publishing import execution

    return execution.figures_at(profiles.parameters(center, period, archive), version)


def _movers(center: str, period: Period, archive: str | None, published: dict) -> tuple[dict, dict[str, str]]:
    """The figures of then, as today's profile and notebook have them; and name → the imports with which its value
    changed since, oldest first. Where the archive of then is another, today's figures, and under "" that it is."""
    given = profiles.parameters(center, period, archive)
    held = Archive(profiles.load(center).location(given.archive), center)
    read = inputs.record(folders.outputs(center) / str(period)).get("archives", ())
    if read and held.id not in {each["table"] for each in read}:
        today = _figures_at(center, period, None, archive)
        return today, {"": f"已生成的一期读的是另一个档案（{read[0]['location']}）"}
    since = [entry for entry in held.imports() if entry["version"] > published["archive_version"]]
    imports_of: dict[str, list[str]] = {}
    then = before = _figures_at(center, period, published["archive_version"], archive)
    for entry in sorted(since, key=lambda entry: entry["version"]):
        after = _figures_at(center, period, entry["version"], archive)
        for key in corrections.since({**before, "corrections": {}}, after):
            imports_of.setdefault(key, []).append(_named(entry))
        before = after
    return then, {key: "；".join(names) for key, names in imports_of.items()}


def _named(entry: dict) -> str:
    files = "、".join(file.get("file", "") for file in entry.get("files", ()))
    return f"第 {entry['version']} 版（{entry['at']:%Y-%m-%d %H:%M} 导入 {files or '未记文件名'}）"
