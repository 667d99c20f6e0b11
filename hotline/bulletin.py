"""What the notebook opens: one period's frames, its center, its figures.

`Bulletin.open` takes the notebook's parameters as they are, fills in what is not given, reads the archive as of
the cut-off, and offers the pieces of the bulletin that are not computed: masthead, article, sign-off, imprint.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from hotline import HotlineError, blocks, columns, highlights, measures, names, wording
from hotline import center as profiles
from hotline.archive import Archive
from hotline.blocks import Block
from hotline.center import UNKNOWN, Center, Group
from hotline.coverage import Coverage
from hotline.figures import Figures
from hotline.periods import Period
from hotline.records import Records
from hotline.sentences import Say, refuse_bare_markdown

NOTE = "注意"
"""How a line begins that a cell prints for the analyst; render tells it, too."""
HISTORY = 13
"""How many periods the trend shows, the issue's own included."""
ANNEX_COLUMNS = {
    "序号": "rank",
    "承办部门": "name",
    "承办量": "count",
    "办结量": "count",
    "回访服务过程满意率": "rate",
    "回访办理结果满意率": "rate",
}
"""The columns of an annex, each with its kind (hotline.blocks.table)."""
_UNKNOWN_GROUP = Group(name="其他单位", title="其他承办单位热线办理情况", noun="单位")


class BulletinError(HotlineError):
    """The bulletin cannot be made; the message, in Chinese, says why and what to do."""


@dataclass(frozen=True)
class Bulletin:
    """One issue's material. Frames are as of the cut-off; see hotline.measures for what they hold.

    `covered` are the days of the period that the archive holds whole (hotline.coverage). `requests_by_day` holds the
    period, and where it is whole what it is compared with: the periods before it up to the first that is not, and the
    year before. What is not whole is not compared, and the cell says so.
    """

    center: Center
    period: Period
    issue: int
    published: date
    article_text: str | None
    handlings: pd.DataFrame
    visits: pd.DataFrame
    previous_handlings: pd.DataFrame
    requests_by_day: pd.Series
    covered: Coverage
    cutoff: str
    figures: Figures
    records: Records

    @classmethod
    def open(cls, center, period, issue=None, published=None, article=None, archive=None) -> "Bulletin":
        """The bulletin of a period. Parameters are the notebook's; None takes the default.

        Raises a ValueError with a Chinese message for an unknown center, a meaningless period, a missing article,
        or a period of which the archive holds nothing.
        """
        profile = profiles.load(center)
        window = profile.period(period)
        given = profiles.typed(
            center=center,
            period=str(window),
            issue=issue,
            published=published,
            article=article,
            archive=archive,
        )
        table = Archive(profile.location(given.archive), center)
        handlings = table.handlings(window.start, window.cutoff, as_of=window.cutoff)
        if handlings.empty:
            raise BulletinError(_nothing(profile, window, table))
        coverage = _coverage(table, window)
        compared = _compared(window, coverage)
        previous, history = window.previous, compared["history"]
        known = [table.requests_by_day(history[0].start, window.cutoff)]
        # The year before is read by itself: the weeks between are many and nobody looks at them.
        if (before := compared["year_before"]) and before < history[0]:
            known.append(table.requests_by_day(before.start, before.cutoff))
        requests_by_day = pd.concat(known).groupby(level=0).max()
        notes = _notes(window, coverage, table)
        rows = [handlings, visits := table.visits(window.start, window.cutoff)]
        strange = names.strangers(names.counts(rows), profile)
        if pairs := names.doubles(strange, {*handlings["unit"].dropna(), *visits["unit"].dropna()}, profile):
            raise BulletinError(names.refusal(pairs, profile.key))
        for note in (*notes, *map(str, strange)):
            print(f"{NOTE}：{note}。")
        number = given.issue or window.number
        published = given.published or window.published
        bulletin = cls(
            center=profile,
            period=window,
            issue=number,
            published=published,
            article_text=profiles.article(center, window, article),
            handlings=handlings,
            visits=visits,
            previous_handlings=table.handlings(previous.start, previous.cutoff, as_of=previous.cutoff)
            if previous in history
            else handlings.iloc[:0],
            requests_by_day=requests_by_day,
            covered=coverage.within(window.starts, window.ends),
            cutoff=_cutoff(window, coverage, table, handlings),
            figures=Figures(
                center=center,
                period=str(window),
                issue=number,
                starts=str(window.starts),
                ends=str(window.ends),
                published=str(published),
                archive_version=table.version,
                coverage=_said(window, coverage),
            ),
            records=Records(table, window, profile),
        )
        bulletin.figures.small = profile.limits.small
        refuse_bare_markdown(bulletin.figures)
        return bulletin

    @cached_property
    def requests(self) -> pd.DataFrame:
        """One row per request of the period."""
        return measures.requests(self.handlings)

    @property
    def whole(self) -> bool:
        """Whether the archive holds every day of the period whole."""
        return self.covered.days == self.period.days

    @property
    def counted(self) -> int:
        """Requests of the days that the archive holds whole: all of the period's, unless it is incomplete."""
        days = self.requests_by_day
        return sum(int(days[str(first) : str(last)].sum()) for first, last in self.covered)

    @property
    def previous_total(self) -> int | None:
        """Requests of the period before; None where the archive does not hold it whole."""
        return self.previous_handlings["request_id"].nunique() or None

    @property
    def year_before_total(self) -> int | None:
        """Requests of the same period a year before; None where the archive does not hold all of it.

        None for a year, too: there it is the period before, and said already.
        """
        before = self.period.year_before
        if before is None or before == self.period.previous:
            return None
        return measures.total(self.requests_by_day, before) or None

    @property
    def history(self) -> list[Period]:
        """The last periods up to this one that are whole without a gap, earliest first: the trend's."""
        return [each for each in _history(self.period) if each.start >= self.requests_by_day.index[0]]

    @property
    def groups(self) -> dict[str, Group]:
        """The unit groups in order, with one at the end for units that the profile does not know."""
        return {**self.center.unit_groups, UNKNOWN: _UNKNOWN_GROUP}

    @property
    def title(self) -> str:
        """热线周报, and 热线月报, 热线季报, 热线年报 for other periods."""
        return self.center.title.replace("周报", f"{self.period.word[0]}报")

    @cached_property
    def say(self) -> Say:
        """Sentences over this issue's figures; what may stand in them besides are the names below."""
        this, window = self.period.word, self.period
        given = {
            "period": window.label,
            "days": wording.days(window.starts, window.ends),
            "subject": self.center.subject,
            "citizens": self.center.citizens,
            "this": f"本{this}",
            "last": f"上{this}",
            "each": f"每{this}",
        }
        return Say(self.figures, given, self._known_names)

    def _known_names(self) -> set[str]:
        """What data and profile call things: such a name may hold digits, and is no number."""
        held = {name for column in columns.named() for name in self.handlings[column].dropna().unique()}
        groups = self.center.unit_groups.values()
        return (
            held
            | {group.name for group in groups}
            | {self.center.name, self.center.office, *self.center.group_of}
        )

    def card(self, name: str, value: str, note: str = "") -> dict[str, str]:
        """A figure for the top of the page: its name, and two templates of `say`, for the figure and for what is beside."""
        said = [self.say.clause(template) if template else None for template in (value, note)]
        return blocks.card(name, *(text.plain if text else "" for text in said))

    def masthead(self, *cards: dict[str, str]) -> Block:
        """报头: title, issue, center and date; and the `cards` for the top."""
        if any(not isinstance(card, dict) for card in cards):
            raise BulletinError(
                "bulletin.masthead([…]) 的写法已经改了：现在写 bulletin.masthead(bulletin.card(…), …)。"
            )
        return blocks.masthead(
            title=self.title,
            issue=f"第{self.issue}期",
            center=self.center.name,
            date=wording.day(self.published),
            summary=cards,
            paper=self.center.paper_cards,
            key=self.center.key,
            cutoff=self.cutoff,
            version=self.figures.header["archive_version"],
            sections=list(self.center.sections),
            **({} if self.whole else {"warning": self.warning}),
        )

    def heading(self, text: str, note: str = "", level: int = 2) -> Block:
        """A section's heading, with its method note (口径); for one whose words follow the period ({each} is 每周)."""
        markdown = f"{'#' * level} {self.say.clause(text).markdown}" + (f"\n\n> {note}" if note else "")
        return Block("", [blocks.text(markdown)])

    @property
    def highlights(self) -> Block | None:
        """本期要点, from what the sections above have recorded."""
        return highlights.highlights(self.say, self.figures, self.center.sections)

    @property
    def article(self) -> Block | None:
        """The editor's article, passed through as it is (rule 9)."""
        return None if self.article_text is None else blocks.article(self.article_text)

    def signoff(self, titles: list[str]) -> Block:
        """附件 list, center and date, under the last section."""
        titles = titles if "annexes" in self.center.sections else []
        attachments = [f"附件{number}: {title}" for number, title in enumerate(titles, 1)]
        return blocks.signoff(attachments, self.center.name, wording.day(self.published))

    @property
    def imprint(self) -> Block:
        """版记: 报, 送 and 印发, from the profile."""
        return blocks.imprint(
            wording.listed(self.center.report_to),
            wording.listed(self.center.send_to),
            self.center.office,
            wording.day(self.published),
        )

    def annex(self, number: int, group: str, rows: pd.DataFrame) -> Block:
        """An annex: every unit of a group, ranked (rule 7). `rows`: unit, handled, closed, service, result as printed."""
        rows = rows[["unit", "handled", "closed", "service", "result"]]
        about = self.groups[group]
        remark = (
            f"备注：数据截止{self.cutoff}；"
            f"“-”为{self.center.platform}本{self.period.word}未对该{about.noun}进行回访。"
        )
        if group == UNKNOWN:
            remark += "以上单位未列入本中心的承办单位名册，请核对。"
        ranked = [(rank, *row) for rank, row in enumerate(rows.itertuples(index=False), 1)]
        return blocks.annex(number, about.title, "(按承办量排序)", ANNEX_COLUMNS, ranked, remark)

    @property
    def warning(self) -> str:
        """What readers are told under the masthead of an issue whose data are not whole; empty for a whole one."""
        if self.whole:
            return ""
        missing = self.covered.missing(self.period.starts, self.period.ends)
        mean = "日均按数据完整的日子计算，" if self.covered else ""
        return f"数据不完整：本{self.period.word}缺 {missing} 的完整数据，数据截止{self.cutoff}。{mean}不作环比、同比。"


def _history(period: Period) -> list[Period]:
    return [period.shift(by) for by in range(1 - HISTORY, 1)]


def _coverage(table: Archive, window: Period) -> Coverage:
    """The days held whole of all periods that may be compared. What other days hold is not asked: a later import must not
    look like a change of this issue."""
    coverage = Coverage.load(table.coverage(_history(window)[0].start, window.cutoff))
    if before := window.year_before:
        coverage |= Coverage.load(table.coverage(before.start, before.cutoff))
    return coverage


def _compared(window: Period, coverage: Coverage) -> dict:
    """What a period is compared with: `history`, whole periods without a gap and itself; `year_before`. Nothing is
    compared with what is not whole, nor is what is not whole itself."""
    history, before = _history(window), window.year_before
    if not _whole(window, coverage):
        return {"history": [window], "year_before": None}
    gap = max((at for at, each in enumerate(history[:-1], 1) if not _whole(each, coverage)), default=0)
    return {"history": history[gap:], "year_before": before if before and _whole(before, coverage) else None}


def _whole(period: Period, coverage: Coverage) -> bool:
    return coverage.holds(period.starts, period.ends)


def _notes(window: Period, coverage: Coverage, table: Archive) -> list[str]:
    """What the analyst is told of the periods that are compared, where the archive holds something of them but not all."""
    compared = {window: "", window.previous: "，不作环比", window.year_before: "，不作同比"}
    return [
        f"{period} 的数据不完整，缺 {coverage.missing(period.starts, period.ends)}{what}"
        for period, what in compared.items()
        if period and not _whole(period, coverage) and len(table.requests_by_day(period.start, period.cutoff))
    ]


def _said(window: Period, coverage: Coverage) -> dict:
    """The days held whole of the period and of those it is compared with, for figures.json."""
    periods = {"period": window, "previous": window.previous, "year_before": window.year_before}
    return {name: coverage.within(p.starts, p.ends).dump() for name, p in periods.items() if p}


def _cutoff(window: Period, coverage: Coverage, table: Archive, handlings: pd.DataFrame) -> str:
    """Until when the data reach, as printed: the period's end, unless the newest export is older.

    Of one whose name says its day alone, its last request says more.
    """
    newest = None if coverage.holds(window.ends, window.ends) else table.newest_export()
    if newest and (newest := max(newest, handlings["requested_at"].max())) < window.cutoff:
        return f"{newest.month}月{newest.day}日{newest:%H:%M}"
    return f"{window.ends.month}月{window.ends.day}日24:00"


def _nothing(center: Center, period: Period, table: Archive) -> str:
    weeks = table.weeks()
    if not weeks:
        return f"{center.name}的档案是空的（{table.uri}）：请先用 hotline import 导入平台的导出文件。"
    held = weeks[0] if len(weeks) == 1 else f"{weeks[0]} 至 {weeks[-1]}，共 {len(weeks)} 周"
    return f"档案里没有 {period}（{wording.days(period.starts, period.ends)}）的诉求。{center.name}的档案现有：{held}。"
