"""Which issues can be made: the periods asked for, or each center's last complete one; none whose data are not whole."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from hotline import HotlineError, names, periods, profiles, system
from hotline.batch.batch import Wanted
from hotline.coverage import Coverage
from hotline.publishing.outcome import Outcome
from hotline.table import Table


def last_complete(centers: Iterable[str], moment: datetime) -> tuple[list[Wanted], list[Outcome]]:
    """The last complete period of every center, each in its own calendar, at that (local) moment; and an outcome that
    says why for each center whose profile cannot be rendered from: a new one must not keep all others from their issue.
    """
    asked, refused = [], []
    for key in centers:
        try:
            center = profiles.load(key)
            asked.append(Wanted(center, periods.last_complete(moment, center.grain, center.first_weekday)))
        except profiles.CenterError as error:
            refused.append(Outcome(key, "最近一期", "refused", str(error)))
    return asked, refused


def ready(
    asked: list[Wanted], moment: datetime, archive: str | None = None, version: int | None = None
) -> tuple[list[Wanted], list[Outcome]]:
    """Those whose period is over at that (local) moment and whose data are whole (hotline.coverage), and an outcome that
    says why not for each of the others.

    `archive`: --archive; `version`: the archive's, to be read.
    """
    over = [each for each in asked if each.period.cutoff <= moment]
    refused = [
        _refused(
            each, f"这一期到 {each.period.ends} 才结束，没有生成。如果现在就要做，请加 --allow-incomplete。"
        )
        for each in asked
        if each.period.cutoff > moment
    ]
    held: dict[tuple, Coverage] = {}
    whole = []
    for each in over:
        try:
            problem = _incomplete(each, held, archive, version)
        except (HotlineError, OSError) as error:
            problem = system.refused(error)
        if problem:
            refused.append(_refused(each, problem))
        else:
            whole.append(each)
    return whole, refused


def _refused(each: Wanted, why: str) -> Outcome:
    return Outcome(each.center.key, str(each.period), "refused", why)


def _incomplete(
    each: Wanted, held: dict[tuple, Coverage], archive: str | None = None, version: int | None = None
) -> str | None:
    """Why a period's data are not whole, in Chinese; None if they are. `held`: the coverage of the archives looked at so far."""
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


def unused_names(outcomes: Iterable[Outcome], archive: str | None = None) -> Iterator[str]:
    """A line for each center of which an issue was made: the names of its profile that no row of its last import had."""
    for key in dict.fromkeys(outcome.center for outcome in outcomes if outcome.status == "rendered"):
        center = profiles.load(key)
        said = Table(center.location(archive), key).account()
        known, noted = names.of_profile(center), said.get("unused", {})
        left = {
            column: [each for each in noted[column] if each in known[column] and each not in center.confirmed]
            for column in noted.keys() & known.keys()
        }
        if line := names.summary(left, said.get("recent", 0)):
            yield f"{key}：{line}"
