"""What a center's archive holds, what is missing in it, and how it came there: `hotline status`."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import python_calamine as calamine

from hotline import columns, names, periods
from hotline.archive import Archive
from hotline.center import Center
from hotline.coverage import Coverage
from hotline.intake.importing import aside_folder
from hotline.intake.report import FEW, SIBLING
from hotline.location import Location
from hotline.periods import Period

_IMPORTS = 5
_WEEKDAYS = "一二三四五六日"


@dataclass
class Status:
    """`by_period`: one row a period, with its requests, handlings and closed handlings."""

    center: Center
    uri: str
    version: int | None
    by_period: pd.DataFrame
    covered: str = ""
    names: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    imports: list[dict] = field(default_factory=list)
    aside: dict[str, int] = field(default_factory=dict)

    def text(self, whole: bool = False) -> str:
        """What is printed: the periods of the last year alone, and of many set-aside workbooks how many, unless the `whole`
        is asked for."""
        return "\n".join(_lines(self, whole))

    @property
    def content(self) -> dict:
        """The same for a program, as JSON can hold it; every period."""
        periods = [{"period": str(period), **row} for period, row in self.by_period.to_dict("index").items()]
        imports = [{**entry, "at": entry["at"].isoformat()} for entry in self.imports]
        return {
            "center": self.center.key,
            "name": self.center.name,
            "archive": self.uri,
            "version": self.version,
            "covered": self.covered,
            "periods": periods,
            "missing": self.missing,
            "names": self.names,
            "imports": imports,
            "aside": self.aside,
        }


def status(location: Location, center: Center) -> Status:
    """Read a center's archive and say what is in it. Nothing is changed."""
    archive = Archive(location, center.key)
    by_day = archive.by_day()
    state = Status(center, archive.uri, archive.version, _by_period(by_day, center))
    state.missing = missing(by_day["requests"], center)
    recorded = archive.recorded_coverage()
    inferred = "（导入时没有记下，由各天的件数推断）" if recorded is None else ""
    state.covered = f"{Coverage.load(archive.coverage())}{inferred}"
    if len(by_day):
        last = by_day.index[-1].to_pydatetime()
        rows = archive.handlings(
            last - timedelta(weeks=names.RECENT), last + timedelta(days=1), last + timedelta(days=1)
        )
        counts = names.counts([rows])
        strange = names.strangers(counts, center)
        state.names += map(str, strange)
        state.names += [
            f"center.yml 里的{columns.column(column).word}最近 {names.RECENT} 周一行也没有：{'、'.join(unused)}"
            for column, unused in names.unused(counts, center).items()
        ]
        if pairs := names.doubles(strange, counts.get("unit", {}), center):
            state.names.append(names.refusal(pairs, center.key).removesuffix("。"))
    state.imports = archive.imports()[:_IMPORTS]
    folder = aside_folder(location, center.key)
    if folder.is_dir():
        state.aside = {str(path): _rows(path) for path in sorted(folder.glob("*.xlsx"))}
    return state


def _by_period(by_day: pd.DataFrame, center: Center) -> pd.DataFrame:
    window = [periods.containing(day.date(), center.grain, center.first_weekday) for day in by_day.index]
    return by_day.groupby(pd.Index(window, name="period", dtype=object)).sum()


def _last_year(by_period: pd.DataFrame) -> pd.DataFrame:
    """The periods that begin less than a year before the last one's end."""
    if by_period.empty:
        return by_period
    since = max(by_period.index).ends - timedelta(days=365)
    return by_period[[period.starts > since for period in by_period.index]]


def missing(requests: pd.Series, center: Center) -> list[str]:
    """What looks incomplete: periods without a request between two that have some; a last period that has not come to
    its end; a last day with less than half of what its weekday had in the eight weeks before.

    `requests`: by day (midnight), days without any left out.
    """
    if requests.empty:
        return []
    gaps, remarks = [], []
    held = {periods.containing(day.date(), center.grain, center.first_weekday) for day in requests.index}
    each = min(held)
    while each < max(held):
        if each not in held:
            gaps.append(each)
        each = each.next
    remarks += [f"{name} 没有诉求" for name in _runs(gaps)]
    last = requests.index[-1]
    ends = max(held).ends
    if last.date() < ends:
        remarks.append(f"{max(held)} 只到 {_day(last)}，还差 {(ends - last.date()).days} 天")
    usual = _usual(requests, last)
    if usual is not None and 2 * requests.iloc[-1] < usual:
        remarks.append(
            f"最后一天 {_day(last)} 只有 {requests.iloc[-1]} 件，平时约 {usual:.0f} 件，可能没有导全"
        )
    return remarks


def _usual(requests: pd.Series, last: pd.Timestamp) -> float | None:
    """The median of that weekday in the eight weeks before, a day without requests counting as none."""
    before = [last - timedelta(weeks=n) for n in range(1, 9)]
    before = [day for day in before if day >= requests.index[0]]
    return float(pd.Series([requests.get(day, 0) for day in before]).median()) if len(before) >= 2 else None


def _runs(gaps: list[Period]) -> list[str]:
    """Consecutive periods as one: 2021-W05至2021-W09."""
    runs: list[list[Period]] = []
    for period in gaps:
        if runs and runs[-1][-1].next == period:
            runs[-1].append(period)
        else:
            runs.append([period])
    return [str(run[0]) if len(run) == 1 else f"{run[0]} 至 {run[-1]}（{len(run)} 期）" for run in runs]


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def _rows(path: Path) -> int:
    """The rows of a set-aside workbook that want mending; -1 where somebody has made it something else."""
    try:
        book = calamine.load_workbook(str(path))
        return sum(
            bool(row[0]) and row[0] != SIBLING
            for name in book.sheet_names
            for row in book.get_sheet_by_name(name).to_python()[1:]
        )
    except Exception:
        return -1


def _lines(state: Status, whole: bool):
    yield f"{state.center.name}（{state.center.key}）：{state.uri}"
    if state.version is None:
        yield "档案里还没有数据。请先用 hotline import 导入平台的导出。"
        return
    total = state.by_period.sum()
    words = {"requests": "诉求", "handlings": "承办", "closed": "已办结"}
    if not total["handlings"]:
        del words["handlings"]  # the center's exports name no unit

    def counted(row: pd.Series) -> list[str]:
        return [f"{word} {row[name]} 件" for name, word in words.items()]

    shown = state.by_period if whole else _last_year(state.by_period)
    if earlier := len(state.by_period) - len(shown):
        first, last = state.by_period.index[0], state.by_period.index[earlier - 1]
        yield f"更早的还有 {earlier} 期（{first} 至 {last}），加 --all 列出。"
    for period, row in shown.iterrows():
        yield "　".join([str(period), *counted(row)])
    yield f"共 {len(state.by_period)} 期，{'，'.join(counted(total)[:-1])}；档案第 {state.version} 版。"
    yield f"完整的日子：{state.covered}。"
    for line in (*state.missing, *state.names):
        yield f"注意：{line}。"
    if state.imports:
        yield "最近的导入："
    for entry in state.imports:
        counts = {
            name: sum(each.get(name, 0) for each in entry.get("files", []))
            for name in ("stored", "replaced", "set_aside")
        }
        names = "、".join(each["file"] for each in entry.get("files", [])[:3]) or "（没有说明）"
        more = f" 等 {len(entry['files'])} 个文件" if len(entry.get("files", [])) > 3 else ""
        at: datetime = entry["at"]
        yield (
            f"  第 {entry['version']} 版　{at:%Y-%m-%d %H:%M}　{names}{more}："
            f"新存 {counts['stored']}，更新 {counts['replaced']}，搁置 {counts['set_aside']} 行"
        )
    yield from (f"搁置待改：{path}（读不出来）" for path, rows in state.aside.items() if rows < 0)
    waiting = {path: rows for path, rows in state.aside.items() if rows >= 0}
    if len(waiting) > FEW and not whole:
        folder, rows = Path(next(iter(waiting))).parent, sum(waiting.values())
        yield f"搁置待改：{folder} 里的 {len(waiting)} 个工作簿，共 {rows} 行；加 --all 列出。"
        return
    yield from (f"搁置待改：{path}（{rows} 行）" for path, rows in waiting.items())
