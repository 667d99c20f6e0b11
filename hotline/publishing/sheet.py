"""One unit's 督办单 as printed blocks: a page of what it has to do, the most urgent first; whole lists on an annex where the
page does not hold them."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import pandas as pd

from hotline import blocks, wording
from hotline.blocks import SECTION, Block
from hotline.charts.style import half_widths
from hotline.figures import Figures
from hotline.periods import Period
from hotline.publishing import private
from hotline.publishing.duties import COUNTS, RATES
from hotline.publishing.editions import Edition
from hotline.sentences import Say

TITLE = "热线督办单"
ANNEX = "待办工单全部清单"
ID, PROBLEM = "工单编号", "反映的问题"
ROOM = 35
"""Lines of lists that a page holds below its masthead, in Word: the PDF holds a few more."""
_SIDE, _BESIDE = 46, 2
"""Half-width characters of a list's half of the page, and those between two of its columns."""
_RATE = 12
"""The same of a column of rates."""
_INDENT, _TEXT, _TALL = 4, 66, 1.75
"""Half-width characters of a paragraph's indent and of a line of text, and its height in lines of a list."""
_NEAR = timedelta(days=183)


@dataclass(frozen=True)
class Listing:
    """A list of the unit's handlings, the most urgent first. `columns`: heading → kind, as blocks.table takes them."""

    title: str
    columns: dict[str, str]
    rows: list[tuple]

    def table(self, most: int | None = None) -> dict:
        """Its first rows, two beside each other unless that takes more room, under a line that says what they are and how many
        there are."""
        shown, of = self.rows[:most], len(self.rows)
        more = f"，先列最急的{len(shown)}件，全部见附页" if len(shown) < of else ""
        head = [blocks.line(f"{self.title}（{of}件{more}）", "part")]
        plain = blocks.table(self.columns, shown, head, style="list")
        return min(blocks.in_two_columns(plain), plain, key=self._lines)

    @property
    def elsewhere(self) -> dict:
        """What stands for it where the page has no room for any of it."""
        return blocks.line(f"{self.title}（{len(self.rows)}件），见附页", "part")

    def lines(self, most: int) -> int:
        """How many lines its first rows take on the page, their title and head included."""
        return 3 + self._lines(self.table(most))

    def _lines(self, table: dict) -> int:
        """How many lines of a list the rows of a table of it take."""
        fixed = [self._width(at) for at, kind in enumerate(self.columns.values()) if kind != "name"]
        room = max(_SIDE * 2 // table.get("halves", 1) - sum(fixed) - _BESIDE, 4)
        names = [at for at, kind in enumerate(table["kinds"]) if kind == "name"]
        return sum(max(-(-_wide(row[at]) // room) or 1 for at in names) for row in table["rows"])

    def _width(self, at: int) -> int:
        heading = list(self.columns)[at]
        return max([half_widths(heading), *(half_widths(str(row[at])) for row in self.rows)]) + _BESIDE


@dataclass(frozen=True)
class UnitSheet:
    """One unit's: its row among `duties.by_unit`, its group's, and the rows that are its own."""

    edition: Edition
    about: dict
    unit: str
    row: dict
    group: dict
    waiting: pd.DataFrame
    returned: pd.DataFrame
    signals: pd.DataFrame

    @property
    def name(self) -> str:
        """The beginning of its files' names."""
        return private.file_name(f"督办单_{self.unit}", "")

    @cached_property
    def figures(self) -> Figures:
        """What its sentences say: the unit's counts, none where there is nothing, and its signals."""
        own = Figures(center=self.edition.center.key, period=str(self.edition.period))
        for name in COUNTS:
            own.record(
                name, int(self.row[name]) or None, count_word(COUNTS[name], self.edition.period), "件次"
            )
        own.table("signals", self.signals, "{name}")
        return own

    @property
    def blocks(self) -> list[Block]:
        """The sheet as printed blocks: its page, and the annex where one is needed."""
        about, said = self.about, self._said
        head = blocks.masthead(
            TITLE, about["issue"], about["center"], about["date"], key=self.edition.center.key
        )
        head.elements[0]["style"] = "small-title"
        counts = self._counts()
        lines = sum(-(-(half_widths(wording.unescape(each)) + _INDENT) // _TEXT) for each in said)
        heads = max(-(-half_widths(each) // _RATE) for each in counts["columns"])
        lists, whole = self._lists(ROOM - len(counts["rows"]) - heads + 1 - math.ceil(_TALL * lines))
        elements = [blocks.line(f"{self.unit}：", "salute"), *map(blocks.text, said), counts, *lists]
        page = Block("sheet", elements, SECTION)
        return [head, page] if whole else [head, page, self._annex()]

    @property
    def said(self) -> str:
        """What stands above its tables, as plain text."""
        return "\n\n".join(map(wording.unescape, self._said))

    @cached_property
    def _said(self) -> list[str]:
        """The sentences above the tables, as Markdown."""
        period = self.edition.period
        names = {
            "unit": self.unit,
            "cutoff": self.about["cutoff"],
            "this": f"本{period.word}",
            "next": f"下{period.word}",
        }
        say = Say(self.figures, names, lambda: {self.unit, *self.signals["name"]})
        duties = say(
            "截至{cutoff}，你单位[在办工单{waiting}件]{nothing}[，其中{past_due}件已超过办理期限][，{due_next}件{next}到期]"
            "[；{this}退回重办{redone}件]。请抓紧办理，按期办结并答复市民。",
            nothing="" if self.row["waiting"] else "没有在办工单",
        )
        signals = say(
            "{name}{count}件[（通常在{low}至{high}件之间）][（{new}）][，已连续{running}周][，其中你单位承办{own}件]",
            self.signals,
            "；",
            start=f"本{period.word}预警：",
        )
        return [each.markdown for each in (duties, signals) if each]

    def _counts(self) -> dict:
        """The unit's figures beside its group's: counts on the left, rates on the right."""
        said = {**COUNTS, **RATES}
        rows = [
            (count_word(said[name], self.edition.period), self.row[name], self.group[name])
            for name in said
            if name in self.row and self._mapped(name)
        ]
        columns = {"情况": "name", "你单位": "rate", f"全部{self.group['name']}": "rate"}
        return blocks.in_two_columns(blocks.table(columns, rows, style="list"))

    def _mapped(self, name: str) -> bool:
        """Whether the center's exports have what a rate is of."""
        of = {
            "service": "service_rating",
            "result": "result_rating",
            "visits": "visited_at",
            "redone": "returned_at",
        }
        of |= dict.fromkeys(("due", "on_time_rate", "past_due", "due_next"), "due_at")
        return of.get(name, "unit") in self.edition.center.columns

    def _parts(self, problem: Callable[[dict], str]) -> list[Listing]:
        """What there is to do, the most urgent first; each open handling in one of the first, the third and the last."""
        word = self.edition.period.word
        over, soon = self.waiting["past_due"], self.waiting["due_next"]
        late = self.waiting[over].assign(over=[f"{days}天" for days in self.waiting[over]["days_over"]])
        parts = [
            ("已经超期、尚未办结的", late, {"期限": "limit", "超期": "over"}),
            (f"本{word}退回重办的", self.returned, {"退回": "returned_at", "现状": "state"}),
            (f"下{word}到期的", self.waiting[soon], {"期限": "limit"}),
            ("其余在办的", self.waiting[~over & ~soon], {"受理": "requested_at", "期限": "limit"}),
        ]
        return [
            Listing(
                title,
                {ID: "fit", PROBLEM: "name"} | dict.fromkeys(columns, "fit"),
                [
                    (row["request_id"], problem(row), *(self._cell(row[each]) for each in columns.values()))
                    for row in rows.to_dict("records")
                ],
            )
            for title, rows, columns in parts
            if len(rows)
        ]

    def _cell(self, value: object) -> str:
        """A day, with its year where it is half a year or more from the cut-off; anything else as it is."""
        if pd.isna(value):
            return wording.MISSING
        if not isinstance(value, pd.Timestamp):
            return str(value)
        near = abs(value - self.edition.period.cutoff) < _NEAR
        return f"{value:%m-%d}" if near else f"{value:%Y-%m-%d}"

    def _lists(self, room: int) -> tuple[list[dict], bool]:
        """What of the parts fits on the page, and whether that is everything."""
        elements, whole, parts = [], True, self._parts(_subtopic)
        for number, part in enumerate(parts, 1):
            left = room - 2 * (len(parts) - number)  # two lines for each of the others, at least
            most = max(bisect_right(range(len(part.rows) + 1), left, key=part.lines) - 1, 0)
            elements.append(part.table(most) if most else part.elsewhere)
            room -= part.lines(most) if most else 2
            whole &= most == len(part.rows)
        return elements, whole

    def _annex(self) -> Block:
        """The whole lists, each request with topic and subtopic."""
        caption = [blocks.line("附页", "number"), blocks.line(f"{self.unit}{ANNEX}", "annex", 2)]
        lists = [part.table() for part in self._parts(_topic_and_subtopic)]
        return Block("annex", [*caption, *lists], blocks.PAGE, "附页")


def _wide(text: str) -> int:
    """A text's width in half-width characters; capitals are half as wide again."""
    return half_widths(text) + sum(map(str.isupper, text)) // 2


def count_word(text: str, period: Period) -> str:
    """A count's name in the words of the period: 本周承办, 本月承办."""
    return text.format(this=period.word)


def _subtopic(row: dict) -> str:
    return next((row[each] for each in ("subtopic", "topic") if isinstance(row[each], str)), "")


def _topic_and_subtopic(row: dict) -> str:
    return " / ".join(row[each] for each in ("topic", "subtopic") if isinstance(row[each], str))
