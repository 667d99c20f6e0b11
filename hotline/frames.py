"""An issue's rows, read from the archive as of the cut-off: those of its period, and those that it is compared with."""

from dataclasses import dataclass

import pandas as pd

from hotline import HotlineError, columns, names, wording
from hotline.archive import Archive
from hotline.center import Center
from hotline.comparable import Comparable
from hotline.periods import Period


class BulletinError(HotlineError):
    """The bulletin cannot be made; the message, in Chinese, says why and what to do."""


@dataclass(frozen=True)
class Frames:
    """The rows of `period`, which ends where the data end; `center` maps the columns that they have a value of.

    `requests_by_day` holds the period, and where it is whole what it is `compared` with: the periods before it up to the
    first that is not, and the year before. `notes` say, in Chinese, what the analyst should know of all that.
    """

    center: Center
    period: Period
    handlings: pd.DataFrame
    visits: pd.DataFrame
    previous_handlings: pd.DataFrame
    requests_by_day: pd.Series
    compared: Comparable
    notes: list[str]


def read(profile: Center, period: Period, table: Archive) -> Frames:
    """The rows of a period. BulletinError where the archive has none, and where a name that the profile does not know is
    so near to one that is missing that a person has to say whether it is the same."""
    handlings = table.handlings(period.start, period.cutoff, as_of=period.cutoff)
    if handlings.empty:
        raise BulletinError(_nothing(profile, period, table))
    compared = Comparable.of(period, table)
    period = compared.known(table, handlings["requested_at"].max())
    handlings = columns.as_of(handlings, period.cutoff)
    visits = table.visits(period.start, period.cutoff)
    requests_by_day = _by_day(table, period, compared)
    strange = names.strangers(names.counts([handlings, visits]), profile)
    units = {*handlings["unit"].dropna().unique(), *visits["unit"].dropna().unique()}
    if pairs := names.doubles(strange, units, profile):
        raise BulletinError(names.refusal(pairs, profile.key))
    absent = _absent(profile, handlings, visits)
    mapped, previous, before = profile.without(absent), period.previous, handlings.iloc[:0]
    if previous in compared.history:
        before = table.handlings(previous.start, previous.cutoff, as_of=previous.cutoff)
    if "visited_at" not in mapped.columns:
        visits = visits.iloc[:0]
    return Frames(
        center=mapped,
        period=period,
        handlings=_of_columns(handlings, mapped),
        visits=_of_columns(visits, mapped),
        previous_handlings=_of_columns(before, mapped),
        requests_by_day=requests_by_day,
        compared=compared,
        notes=[*compared.notes(table), *map(str, strange), *_absent_notes(period, absent)],
    )


def _by_day(table: Archive, period: Period, compared: Comparable) -> pd.Series:
    first = compared.history[0]
    days = [table.requests_by_day(first.start, period.cutoff)]
    # The year before is read by itself: the weeks between are many and nobody looks at them.
    if (year_before := compared.year_before) and year_before < first:
        days.append(table.requests_by_day(year_before.start, year_before.cutoff))
    return pd.concat(days).groupby(level=0).max()


def _absent(center: Center, handlings: pd.DataFrame, visits: pd.DataFrame) -> list[str]:
    """The columns that the profile maps and no row of the period has a value of, though it should: as good as not mapped.

    It may be that nothing was closed, or that the exports lost the column. Either looks the same, so no 办结率 of 0.00% is printed.
    """
    rows = {columns.VISIT: visits}
    return [
        name
        for name in columns.usual()
        if name in center.columns and rows.get(columns.column(name).of, handlings)[name].isna().all()
    ]


def _of_columns(rows: pd.DataFrame, center: Center) -> pd.DataFrame:
    """Rows in which what the profile does not map is missing: the archive may hold it from when it was mapped."""
    held = [name for name in rows if name not in center.columns and rows[name].notna().any()]
    return rows.assign(**{name: rows[name].mask(rows[name].notna()) for name in held})


def _absent_notes(window: Period, absent: list[str]) -> list[str]:
    words = wording.listed(columns.column(name).word for name in absent)
    return [f"{window} 的数据里没有{words}，靠它算出的数、图和附件各列都不印"] if absent else []


def _nothing(center: Center, period: Period, table: Archive) -> str:
    weeks = table.weeks()
    if not weeks:
        return f"{center.name}的档案是空的（{table.uri}）：请先用 hotline import 导入平台的导出文件。"
    held = weeks[0] if len(weeks) == 1 else f"{weeks[0]} 至 {weeks[-1]}，共 {len(weeks)} 周"
    return f"档案里没有 {period}（{wording.days(period.starts, period.ends)}）的诉求。{center.name}的档案现有：{held}。"
