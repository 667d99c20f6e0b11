"""What the notebook opens: one period's frames, its center, its figures.

`Bulletin.open` takes the notebook's parameters as they are, fills in what is not given, reads the archive as of
the cut-off, and offers the pieces of the bulletin that are not computed: masthead, article, sign-off, imprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd

from hotline import blocks, columns, frames, highlights, measures, mistakes, profiles, wording
from hotline.archive import Archive
from hotline.blocks import Block
from hotline.center import UNKNOWN, Center, Group
from hotline.coverage import Coverage
from hotline.figures import Figures
from hotline.frames import BulletinError
from hotline.periods import Period
from hotline.quantities import ANNEX, OF_VISITS, QUANTITIES
from hotline.records import Records
from hotline.sentences import Say, refuse_bare_markdown

NOTE = "注意"
"""How a line begins that a cell prints for the analyst; render tells it, too."""
_UNKNOWN_GROUP = Group(name="其他单位", title="其他承办单位热线办理情况", noun="单位")


@dataclass(frozen=True)
class Bulletin:
    """One issue's material. Frames are as of the cut-off; see hotline.measures for what they hold.

    `covered` are the days of the period that the archive holds whole (hotline.coverage). `requests_by_day` holds the
    period, and where it is whole what it is compared with: the periods before it up to the first that is not, and the
    year before; `history` are the whole periods up to this one, for the trend. What is not whole is not compared, and
    the cell says so. The `columns` of `center` are those that its profile maps and the period's rows have.
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
    history: list[Period]
    figures: Figures
    records: Records

    @classmethod
    def open(cls, center, period, issue=None, published=None, article=None, archive=None) -> "Bulletin":
        """The bulletin of a period. Parameters are the notebook's; None takes the default.

        A HotlineError with a Chinese message for an unknown center, a meaningless period, a missing article, or a period
        of which the archive holds nothing.
        """
        profile = profiles.load(center)
        given = profiles.checked(
            center=center,
            period=str(profile.period(period)),
            issue=issue,
            published=published,
            article=article,
            archive=archive,
        )
        table = Archive(profile.location(given.archive), center)
        rows = frames.read(profile, profile.period(period), table)
        for note in rows.notes:
            print(f"{NOTE}：{note}。")
        window = rows.period
        number, published = given.issue or window.number, given.published or window.published
        bulletin = cls(
            center=rows.center,
            period=window,
            issue=number,
            published=published,
            article_text=profiles.article(center, window, article),
            handlings=rows.handlings,
            visits=rows.visits,
            previous_handlings=rows.previous_handlings,
            requests_by_day=rows.requests_by_day,
            covered=rows.compared.covered,
            history=rows.compared.history if rows.compared.holds(window) else [],
            figures=Figures(
                center=center,
                period=str(window),
                issue=number,
                starts=str(window.starts),
                ends=str(window.ends),
                published=str(published),
                archive_version=table.version,
                coverage=rows.compared.content(),
            ),
            records=Records(table, window, profile),
        )
        bulletin.figures.small, bulletin.figures.words = profile.limits.small, profile.words
        refuse_bare_markdown(bulletin.figures)
        mistakes.explain()
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

    @cached_property
    def previous_requests(self) -> pd.DataFrame:
        """One row per request of the period before; none where the archive does not hold it whole."""
        return measures.requests(self.previous_handlings)

    @property
    def previous_total(self) -> int | None:
        """Requests of the period before; None where the archive does not hold it whole."""
        return len(self.previous_requests) or None

    @property
    def previous_handled(self) -> int | None:
        """Handlings of the period before; None where the archive does not hold it whole, or no export names units."""
        return int(self.previous_handlings["unit"].count()) or None

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
    def groups(self) -> dict[str, Group]:
        """The unit groups in order, with one at the end for units that the profile does not know."""
        return {**self.center.unit_groups, UNKNOWN: _UNKNOWN_GROUP}

    @property
    def title(self) -> str:
        """The masthead's: the center's title, in the word of the period."""
        return self.center.titled(self.period.grain)

    @cached_property
    def say(self) -> Say:
        """Sentences over this issue's figures; besides these a template may name {period}, {subject} and the others below."""
        this, window = self.period.word, self.period
        given = {
            "period": window.label,
            "days": wording.days(window.starts, window.ends),
            "subject": self.center.subject,
            "citizens": self.center.citizens,
            "this": f"本{this}",
            "last": f"上{this}",
            "each": f"每{this}",
            "issue": str(self.issue),
        }
        return Say(self.figures, given, self._known_names)

    def _known_names(self) -> set[str]:
        """What data and profile call things: such a name may hold digits, and is no number."""
        held = {name for column in columns.named() for name in self.handlings[column].dropna().unique()}
        held |= set(self.visits["unit"].dropna())
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

    def masthead(self, *cards: dict[str, str], issue: str = "第{issue}期") -> Block:
        """报头: title, issue (a template of `say`), center and date; and those of the `cards` that have something to say."""
        if any(not isinstance(card, dict) for card in cards):
            raise BulletinError(
                "bulletin.masthead([…]) 的写法已经改了：现在写 bulletin.masthead(bulletin.card(…), …)。"
            )
        return blocks.masthead(
            title=self.title,
            issue=self.say.clause(issue).plain,
            center=self.center.name,
            date=wording.day(self.published),
            summary=[card for card in cards if card["value"]],
            paper=self.center.paper_cards,
            key=self.center.key,
            cutoff=self.period.until,
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

    def note(self, template: str) -> Block:
        """A method note (口径) under a heading; what it says of the profile's limits is a placeholder: {subtopics}."""
        limits = self.center.limits
        given = {
            "kind_share": wording.percent(limits.kind_share) if limits.kind_share else None,
            "subtopic_share": wording.percent(limits.subtopic_share) if limits.subtopic_share else None,
            "subtopics": wording.numeral(limits.subtopics),
            "units_share_of": self.units_share_of,
        }
        return Block("note", [blocks.text(self.say.unchecked(template, given).markdown)])

    @property
    def units_share_of(self) -> str:
        """What the shares of the first units are of, as it is called."""
        return self.figures[self.center.units_share_of].label

    def of_units(self, by_unit: pd.DataFrame) -> list[str]:
        """The columns of a table of units that are figures: those of issue 43, and what the profile's annexes print."""
        wanted = dict.fromkeys((*ANNEX, *self.center.annex_columns))
        return [name for name in wanted if name in by_unit]

    def annex(self, number: int, group: str, rows: pd.DataFrame) -> Block:
        """An annex: every unit of a group, ranked (rule 7). `rows`: unit, and the profile's `annex_columns`, of which
        those without any value are left out."""
        about = self.groups[group]
        shown = [name for name in self.center.annex_columns if name in rows and rows[name].notna().any()]
        kinds = {name: "count" if QUANTITIES[name].unit else "rate" for name in shown}
        headings = {"序号": "rank", "承办部门": "name"} | {
            QUANTITIES[name].word: kinds[name] for name in shown
        }
        remark = f"备注：数据截止{self.period.until}" + "".join(
            f"；{said}"
            for said in _of_dashes(kinds, f"{self.center.platform}本{self.period.word}", about.noun)
        )
        if group == UNKNOWN:
            remark += "。以上单位未列入本中心的承办单位名册，请核对"
        asked = {} if "visits" in shown else {name: OF_VISITS[name] for name in shown if name in OF_VISITS}
        beside = {
            QUANTITIES[name].word: [f"{number}{QUANTITIES[of].unit}" if number else "" for number in rows[of]]
            for name, of in asked.items()
            if of in rows
        }
        ranked = [(rank, *row) for rank, row in enumerate(rows[["unit", *shown]].itertuples(index=False), 1)]
        return blocks.annex(number, about.title, "(按承办量排序)", headings, ranked, f"{remark}。", beside)

    @property
    def warning(self) -> str:
        """What readers are told under the masthead of an issue whose data are not whole; empty for a whole one."""
        if self.whole:
            return ""
        missing = self.covered.missing(self.period.starts, self.period.ends)
        mean = "日均按数据完整的日子计算，" if self.covered else ""
        return f"数据不完整：本{self.period.word}缺 {missing} 的完整数据，数据截止{self.period.until}。{mean}不作环比、同比。"


def _of_dashes(kinds: Mapping[str, str], visitor: str, noun: str) -> list[str]:
    """What a “-” means in an annex with these columns: a rate of visits, where nobody asked; another, where nothing counts."""
    rates = {name for name, kind in kinds.items() if kind == "rate"}
    asked, others = rates & OF_VISITS.keys(), rates - OF_VISITS.keys()
    visited = f"{'满意率的' if others else ''}“-”为{visitor}未对该{noun}进行回访"
    return [
        *([visited] if asked else []),
        *([f"{'其余' if asked else ''}各率的“-”为没有可计的件数"] if others else []),
    ]
