"""A center's profile: what params/<center>/center.yml may say, validated. Where it lies and how it is loaded: hotline.profiles.

Everything an analyst may get wrong in these files is answered in Chinese with the file, the key and the remedy.
"""

import re
from collections.abc import Iterable
from datetime import date
from itertools import combinations
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from hotline import columns, periods, quantities
from hotline.delivery import Delivery
from hotline.location import DEFAULT, Location
from hotline.periods import Period

UNKNOWN = "unknown"
"""The key of the group that holds units which the profile does not know."""
SECTIONS = ("overview", "kinds", "areas", "topics", "article", "annexes")
"""The sections of the notebook that are printed where the profile does not say: those of issue 43."""

RATINGS = ("satisfied", "unsatisfied", "unreached", "excluded")
"""The lists of a profile that say what a word of a rating means; a word stands in one of them."""


class Strict(BaseModel):
    """A model that refuses keys which it does not know, and cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Group(Strict):
    """A unit group: what the text calls it, and its units in the profile's order."""

    name: str
    title: str
    noun: str
    units: tuple[str, ...] = ()


class Limits(Strict):
    """How much is said: 前五位, five topics, subtopics from 10 %, kinds with a share from 1 %."""

    top_units: int = Field(5, ge=1, le=20)
    topics: int = Field(5, ge=1, le=20)
    subtopics: int = Field(4, ge=1, le=20)
    subtopic_share: int = Field(10, ge=0, le=100, description="percent of its topic")
    kind_share: int = Field(1, ge=0, le=100, description="percent of all requests")
    small: int = Field(10, ge=0, description="rates of fewer than this print as 4/5")


def _headers(value: object) -> object:
    """One or several; a header is known by its words, however they are broken into lines."""
    several = (value,) if isinstance(value, str) else value
    if not isinstance(several, (list, tuple)):
        return several
    return tuple(" ".join(each.split()) if isinstance(each, str) else each for each in several)


def _column(name: str) -> str:
    if name not in columns.names():
        raise ValueError(f"没有这一列，可用的有 {'、'.join(columns.names())}")
    return name


def _annex_column(name: str) -> str:
    if name not in quantities.OF_UNITS:
        raise ValueError(f"附件没有“{name}”这一栏，可用的有 {'、'.join(quantities.OF_UNITS)}")
    return name


Headers = Annotated[tuple[str, ...], BeforeValidator(_headers)]


def _place(text: str) -> str:
    Location.of(text)
    return text


Place = Annotated[str, AfterValidator(_place)]
"""Where an archive lies, as Location reads it; kept as it was written."""


class Export(Strict):
    """How to read the platform's files, where guessing is not enough."""

    sheet: str | None = None
    date_format: str | None = Field(
        None, description="strptime format of every date column, e.g. month first"
    )
    missing: tuple[str, ...] = ("", "无", "-", "—", "/", "NULL", "null", "None", "N/A", "nan")
    unit_separators: str = "、，,；;/\n"
    max_rows: int = Field(5_000_000, ge=1)
    max_megabytes: int = Field(2_000, ge=1, description="of a file, uncompressed")
    max_memory: int = Field(1_536, ge=128, description="MiB that reading a file may take")
    max_seconds: int = Field(300, ge=1, description="that reading a file may take")


class Center(Strict):
    """params/<center>/center.yml."""

    key: str
    name: str
    title: str = "热线周报"
    subject: str = Field(description="who took the requests, the subject of the first sentence")
    citizens: str = "市民诉求"
    office: str
    report_to: tuple[str, ...] = ()
    send_to: tuple[str, ...] = ()
    grain: Literal["week", "month", "quarter", "year"] = "week"
    week_starts: Literal[periods.WEEKDAYS] = "monday"
    platform: str = Field("市级平台", description="who makes the visits")
    columns: dict[Annotated[str, AfterValidator(_column)], Headers]
    export: Export = Export()
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    unit_groups: dict[str, Group]
    aliases: dict[str, str] = {}
    confirmed: tuple[str, ...] = Field(
        (), description="names that are right although the data, or the profile, lack them"
    )
    satisfied: tuple[str, ...] = ("非常满意", "满意", "基本满意")
    unsatisfied: tuple[str, ...] = ("不满意", "很不满意", "非常不满意", "不太满意")
    unreached: tuple[str, ...] = (
        "未接通",
        "无法接通",
        "未联系上",
        "联系不上",
        "无人接听",
        "拒接",
        "占线",
        "关机",
        "停机",
        "空号",
    )
    excluded: tuple[str, ...] = ()
    """Ratings that are neither: “一般” is in no list, because centers differ; who means it says so."""
    yes: tuple[str, ...] = ("是", "有", "已解决", "解决", "Y", "Yes", "true", "1", "√")
    no: tuple[str, ...] = ("否", "没有", "未解决", "没有解决", "没解决", "N", "No", "false", "0", "×")
    respond_hours: int | None = Field(
        None, ge=1, description="hours to the first contact, where the platform gives no limit of its own"
    )
    breaks: dict[date, str] = Field(
        {},
        description="days from which on a count means something else, and what changed: history begins anew",
    )
    limits: Limits = Limits()
    words: dict[Literal["增加", "减少"], str] = Field(
        {}, description="what a change in percent is called instead: {增加: 上升, 减少: 下降}"
    )
    sections: tuple[str, ...] = SECTIONS
    units_share_of: Literal["total", "handlings"] = Field(
        "total", description="the figure that the share of the first units is of: requests, or handlings"
    )
    annex_columns: tuple[Annotated[str, AfterValidator(_annex_column)], ...] = Field(
        quantities.ANNEX,
        description="what the annexes say of a unit, in order; those without data are left out",
    )
    timeout: int = Field(600, ge=1, description="seconds that an issue may take")
    delivery: Delivery | None = Field(None, description="how issues are mailed")
    paper_cards: bool = Field(
        True, description="the masthead's figures on paper and in Word, not on the page alone"
    )
    archive: Place | None = None

    @model_validator(mode="after")
    def _needed(self) -> "Center":
        missing = [name for name in columns.names(required=True) if not self.columns.get(name)]
        if missing:
            raise ValueError(f"columns 缺少 {'、'.join(missing)}")
        lists = {name: set(getattr(self, name)) for name in RATINGS if name in self.model_fields_set}
        for one, other in combinations(lists, 2):
            if both := lists[one] & lists[other]:
                raise ValueError(f"评价“{'、'.join(sorted(both))}”在 {one} 和 {other} 中各出现一次")
        if both := set(self.yes) & set(self.no):
            raise ValueError(f"“{'、'.join(sorted(both))}”在 yes 和 no 中各出现一次")
        seen: dict[str, str] = {}
        for key, group in self.unit_groups.items():
            if key == UNKNOWN:
                raise ValueError(f"unit_groups 不能用“{UNKNOWN}”作组名，它留给名册以外的单位")
            for unit in group.units:
                if unit in seen:
                    raise ValueError(f"单位“{unit}”在 {seen[unit]} 和 {key} 中各出现一次")
                seen[unit] = key
        return self

    def without(self, names: Iterable[str]) -> "Center":
        """The profile as if these columns were not mapped."""
        return self.model_copy(
            update={"columns": {name: heads for name, heads in self.columns.items() if name not in names}}
        )

    @property
    def rating_words(self) -> tuple[str, ...]:
        """Every word that a visit's rating may be; of another nobody knows what it counts as."""
        return tuple(word for field in RATINGS for word in getattr(self, field))

    @property
    def first_weekday(self) -> int:
        return periods.WEEKDAYS.index(self.week_starts)

    def titled(self, grain: str | None = None) -> str:
        """The title of its issues of a grain, of its own if none is given: 热线周报, 热线月报, 热线季报, 热线年报."""
        return re.sub("[周月季年]报", periods.bulletin(grain or self.grain), self.title)

    def period(self, text: str) -> Period:
        """The period of that name, in this center's calendar."""
        return periods.parse(text, self.first_weekday)

    def location(self, given: str | None = None) -> Location:
        """Where this center's archive lies: `given` (by --archive, else by the issue's parameters), else where the
        profile says, else data/archive."""
        chosen = (given, self.archive, DEFAULT)
        return Location.of(next(place for place in chosen if place is not None))

    @property
    def group_of(self) -> dict[str, str]:
        """unit → its group's key."""
        return {unit: key for key, group in self.unit_groups.items() for unit in group.units}

    @property
    def known(self) -> dict[str, tuple[str, ...]]:
        """column → the names in it that the profile lists."""
        return {each.name: tuple(getattr(self, each.listed)) for each in columns.COLUMNS if each.listed}
