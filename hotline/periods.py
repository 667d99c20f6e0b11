"""Reporting periods: parsing, previous, year before, cut-off, labels.

A period is a half-open window of whole days: it starts at 00:00 of its first day and ends, exclusively, at its
cut-off, 00:00 of the day after its last. Weeks are named as ISO 8601 names them (2021-W43). A center whose week
starts on another day names it after the ISO week that holds its fourth day, that is most of its days.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from hotline import HotlineError
from hotline.workspace import printable

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GRAINS = ("week", "month", "quarter", "year")
_FORMS = {
    "week": re.compile(r"(\d{4})-W(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-Q(\d)"),
    "year": re.compile(r"(\d{4})"),
}
_WORDS = {"week": "周", "month": "月", "quarter": "季度", "year": "年"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def bulletin(grain: str) -> str:
    """What an issue of periods of this grain is called: 周报, 月报, 季报, 年报."""
    return f"{_WORDS[grain][0]}报"


class PeriodError(HotlineError):
    """A period's name that means nothing; the message, in Chinese, says which forms there are."""


@dataclass(frozen=True, order=True)
class Period:
    """A window [starts 00:00, cutoff 00:00) with its name; ordered by time.

    `reach` is where the data end, of a period that is not over for them: of what comes after nothing is known.
    """

    starts: date
    cutoff_day: date
    grain: str = "week"
    week_starts: int = 0
    reach: datetime | None = field(default=None, compare=False)

    @property
    def start(self) -> datetime:
        """The first instant, inclusive."""
        return datetime.combine(self.starts, time())

    @property
    def cutoff(self) -> datetime:
        """数据截止: the exclusive end, or where the data end before it."""
        return self.reach or datetime.combine(self.cutoff_day, time())

    def up_to(self, last: datetime) -> "Period":
        """The same period, of which data tell up to this second, that included."""
        after = last.replace(microsecond=0) + timedelta(seconds=1)
        return replace(self, reach=after) if after < self.cutoff else self

    @property
    def until(self) -> str:
        """数据截止 as printed: 10月31日24:00, or where the data end before, 10月28日08:30."""
        last = self.reach and self.reach - timedelta(seconds=1)
        return (
            f"{last.month}月{last.day}日{last:%H:%M}"
            if last
            else f"{self.ends.month}月{self.ends.day}日24:00"
        )

    @property
    def ends(self) -> date:
        """The last day, as printed."""
        return self.cutoff_day - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.cutoff_day - self.starts).days

    @property
    def year(self) -> int:
        return self._iso.year if self.grain == "week" else self.starts.year

    @property
    def number(self) -> int:
        """The period's number within its year, and so the default issue number: week 43, month 10, quarter 4, year 1."""
        if self.grain == "week":
            return self._iso.week
        return {"month": self.starts.month, "quarter": (self.starts.month + 2) // 3, "year": 1}[self.grain]

    @property
    def _iso(self):
        return (self.starts + timedelta(days=3)).isocalendar()

    def __str__(self) -> str:
        number = {
            "week": f"-W{self.number:02d}",
            "month": f"-{self.number:02d}",
            "quarter": f"-Q{self.number}",
            "year": "",
        }
        return f"{self.year:04d}{number[self.grain]}"

    @property
    def label(self) -> str:
        """2021年第43周, 2021年10月, 2021年第4季度, 2021年."""
        number = {
            "week": f"第{self.number}周",
            "month": f"{self.number}月",
            "quarter": f"第{self.number}季度",
            "year": "",
        }
        return f"{self.year}年{number[self.grain]}"

    @property
    def word(self) -> str:
        """周, 月, 季度, 年: what 本 and 上 are followed by."""
        return _WORDS[self.grain]

    def span(self, n: int) -> str:
        """n periods of this kind, in words after a number: 13周, 12个月, 4个季度, 3年."""
        return f"{n}{'个' if self.grain in ('month', 'quarter') else ''}{self.word}"

    @property
    def steps(self) -> list[tuple[date, date]]:
        """The windows [from, to) that a chart divides the period into: days, a quarter's weeks, a year's months."""
        edges = [self.starts]
        while (edge := edges[-1]) < self.cutoff_day:
            if self.grain == "quarter":
                after = containing(edge, "week", self.week_starts).cutoff_day
            elif self.grain == "year":
                after = containing(edge, "month").cutoff_day
            else:
                after = edge + timedelta(days=1)
            edges.append(min(after, self.cutoff_day))
        return list(pairwise(edges))

    @property
    def published(self) -> date:
        """The default date of the issue: the first Friday after the last day."""
        return self.cutoff_day + timedelta(days=(4 - self.cutoff_day.weekday()) % 7)

    @property
    def previous(self) -> "Period":
        return self.shift(-1)

    @property
    def next(self) -> "Period":
        return self.shift(1)

    @property
    def year_before(self) -> "Period | None":
        """The period of the same number a year earlier; None for a week 53 that the earlier year did not have."""
        name = str(self)
        try:
            return parse(f"{self.year - 1:04d}{name[4:]}", self.week_starts)
        except PeriodError:
            return None

    def since(self, first: "Period") -> int:
        """How many periods there are from `first` to this one, both counted: 总第N期, where `first` is a center's first."""
        if self.grain == "week":
            return (self.starts - first.starts).days // 7 + 1
        months = (self.starts.year - first.starts.year) * 12 + self.starts.month - first.starts.month
        return months // _MONTHS[self.grain] + 1

    def shift(self, by: int) -> "Period":
        """The period `by` periods later (earlier if negative)."""
        if self.grain == "week":
            step = timedelta(days=7 * by)
            return Period(self.starts + step, self.cutoff_day + step, "week", self.week_starts)
        return _months(
            self.grain,
            self.starts.year * 12 + self.starts.month - 1 + by * _MONTHS[self.grain],
            self.week_starts,
        )


def _months(grain: str, index: int, week_starts: int) -> Period:
    """The month, quarter or year whose first month is `index` months after year 0."""
    end = index + _MONTHS[grain]
    return Period(date(index // 12, index % 12 + 1, 1), date(end // 12, end % 12 + 1, 1), grain, week_starts)


def parse(text: str, week_starts: int = 0) -> Period:
    """The period named: 2021-W43, 2021-10, 2021-Q4 or 2021.

    `week_starts` is the weekday of a week's first day, Monday = 0; w and q do for W and Q. PeriodError for a name that means nothing,
    week 53 of a year that has none included.
    """
    text = printable(str(text).strip())
    for grain, form in _FORMS.items():
        if not (match := form.fullmatch(text.upper())):
            continue
        year, number = int(match[1]), int(match[2]) if match.lastindex == 2 else 1
        try:
            if grain == "week":
                fourth = date.fromisocalendar(year, number, 1) + timedelta(days=(week_starts + 3) % 7)
                starts = fourth - timedelta(days=3)
                return Period(starts, starts + timedelta(days=7), "week", week_starts)
            if not 1 <= number <= 12 // _MONTHS[grain]:
                raise ValueError(number)
            return _months(grain, year * 12 + (number - 1) * _MONTHS[grain], week_starts)
        except (ValueError, OverflowError):
            raise PeriodError(f"没有“{text}”这个周期：请核对年份和序号（该年可能没有这一周）。") from None
    raise PeriodError(f"看不懂周期“{text}”：周写作 2021-W43，月写作 2021-10，季度写作 2021-Q4，年写作 2021。")


def containing(moment: date, grain: str = "week", week_starts: int = 0) -> Period:
    """The period of that grain which holds a day."""
    if grain == "week":
        starts = date(moment.year, moment.month, moment.day) - timedelta(
            days=(moment.weekday() - week_starts) % 7
        )
        return Period(starts, starts + timedelta(days=7), "week", week_starts)
    months = _MONTHS[grain]
    return _months(grain, moment.year * 12 + (moment.month - 1) // months * months, week_starts)


def last_complete(moment: datetime, grain: str = "week", week_starts: int = 0) -> Period:
    """The latest period whose cut-off is not after that moment."""
    return containing(moment, grain, week_starts).previous


def parse_range(text: str, week_starts: int = 0) -> list[Period]:
    """2021-W43, or both ends of 2021-W01:2021-W43 and all between."""
    first, colon, last = text.partition(":")
    begin = parse(first, week_starts)
    end = parse(last, week_starts) if colon else begin
    if begin.grain != end.grain:
        raise PeriodError(f"“{text}”两端不是同一种周期。")
    if end < begin:
        raise PeriodError(f"“{text}”的结束早于开始。")
    return list(_span(begin, end))


def _span(begin: Period, end: Period) -> Iterator[Period]:
    while begin <= end:
        yield begin
        begin = begin.next
