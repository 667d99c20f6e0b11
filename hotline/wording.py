"""Every number's printed form: the only rounding policy of the bulletin.

Counts stay integers until they are printed. A share, a mean or a change is computed from integers by exact
integer arithmetic and rounded once, half up (五入), so a printed figure can be checked with pencil and paper.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

MISSING = "-"
NOT_STATED = "未注明"
"""The channel, kind, … of a request that does not say its own."""
_NUMERALS = "零一二三四五六七八九"


def half_up(numerator: int, denominator: int, places: int = 0) -> int:
    """numerator / denominator in units of 10**-places, rounded half up.  half_up(1909, 7) == 273.

    Both are non-negative integers; a denominator of zero is a ZeroDivisionError, never a printed figure.
    """
    numerator, denominator = int(numerator), int(denominator)
    if numerator < 0 or denominator < 0:
        raise ValueError(f"half_up is for counts, not for {numerator}/{denominator}")
    return (2 * numerator * 10**places + denominator) // (2 * denominator)


def decimal(numerator: int, denominator: int, places: int) -> str:
    """numerator / denominator as printed with that many places.  decimal(5, 2, 1) == '2.5'."""
    return _decimal(half_up(numerator, denominator, places), places)


def _decimal(units: int, places: int) -> str:
    whole, rest = divmod(units, 10**places)
    return f"{whole}.{rest:0{places}d}"


def share(part: int, whole: int) -> str:
    """A share as printed: always two decimals, half up.  share(1293, 1909) == '67.73%'."""
    return _decimal(half_up(100 * int(part), whole, 2), 2) + "%"


def rate(part: int, whole: int) -> str:
    """A satisfaction rate: up to two decimals without trailing zeros; '-' where nobody was asked.

    rate(1, 1) == '100%', rate(2, 3) == '66.67%', rate(0, 4) == '0%', rate(0, 0) == '-'.
    """
    if whole == 0:
        return MISSING
    return _decimal(half_up(100 * int(part), whole, 2), 2).rstrip("0").rstrip(".") + "%"


def ratio(part: int, whole: int, small: int = 10) -> str:
    """A rate that is worth its digits: 4/5 where the whole is under `small`, '-' where it is nothing, else a share.

    ratio(24165, 29186) == '82.80%', ratio(4, 5) == '4/5', ratio(0, 0) == '-'.
    """
    if whole == 0:
        return MISSING
    return f"{int(part)}/{int(whole)}" if whole < small else share(part, whole)


def closure_rate(closed: int, handled: int) -> str:
    """办结率: a share, with '-' where nothing was handled.  closure_rate(1295, 2150) == '60.23%'."""
    return share(closed, handled) if handled else MISSING


def daily_mean(total: int, days: int) -> int:
    """日均: requests a day, a whole number, half up.  daily_mean(1909, 7) == 273."""
    return half_up(total, days)


@dataclass(frozen=True)
class Change:
    """A change on an earlier period: the word, and the magnitude as printed (None where none is printed)."""

    word: str
    amount: str | None

    def __str__(self) -> str:
        return self.word + (self.amount or "")

    def said(self, words: Mapping[str, str]) -> str:
        """With a center's own words for a change in percent: 上升17.40% by {增加: 上升}; a count keeps 增加 and 减少."""
        own = words.get(self.word, self.word) if self.amount and self.amount.endswith("%") else self.word
        return own + (self.amount or "")


def change(now: int, before: int | None) -> Change | None:
    """How a total moved: 增加17.40%, 减少3.00% or 持平; None where there is nothing to compare with.

    The word follows the two counts. A move too small for two decimals is 不足0.01%, so that neither
    "增加0.00%" nor a false 持平 is ever printed. Without an earlier count above zero there is no comparison.
    """
    if not before:
        return None
    if now == before:
        return Change("持平", None)
    amount = share(abs(int(now) - int(before)), before)
    return Change("增加" if now > before else "减少", "不足0.01%" if amount == "0.00%" else amount)


def difference(now: int, before: int | None, unit: str = "件") -> Change | None:
    """How a count moved, as a count: 减少41件, 增加3件 or 持平; None where there is no earlier count."""
    if before is None:
        return None
    if now == before:
        return Change("持平", None)
    return Change("增加" if now > before else "减少", f"{abs(int(now) - int(before))}{unit}")


def numeral(n: int) -> str:
    """A small number in words, as it stands before 个 or 位: 两, 五, 十, 十二, 二十."""
    if not 1 <= n <= 99:
        return str(n)
    tens, ones = divmod(n, 10)
    if tens == 0:
        return "两" if n == 2 else _NUMERALS[n]
    return ("" if tens == 1 else _NUMERALS[tens]) + "十" + (_NUMERALS[ones] if ones else "")


def ordinal(n: int) -> str:
    """A section's number in words: 一, 二, … (never 两)."""
    return "二" if n == 2 else numeral(n)


def top(n: int) -> str:
    """前五位, 前两位; a single one is 第一位."""
    return "第一位" if n == 1 else f"前{numeral(n)}位"


def percent(n: int) -> str:
    """A whole percentage in words: 一成, 两成; 百分之一, 百分之十五."""
    if n % 10 == 0 and 0 < n < 100:
        return numeral(n // 10) + "成"
    return "百分之" + ("百" if n == 100 else ordinal(n) if n else "零")


def listed(items: Iterable[str], separator: str = "、") -> str:
    """Items as a Chinese list: 路灯、用水、供暖."""
    return separator.join(items)


def counted(names: Iterable[object], counts: Iterable[object]) -> str:
    """Names with their counts, as plain text for a description: 求助 1293、投诉举报 610."""
    return listed(f"{name} {count}" for name, count in zip(names, counts, strict=True))


def day(d: date) -> str:
    """2021年11月5日."""
    return f"{d.year}年{d.month}月{d.day}日"


def days(first: date, last: date) -> str:
    """10月25日至10月31日; with both years where they differ: 2020年12月28日至2021年1月3日."""
    if first.year != last.year:
        return f"{day(first)}至{day(last)}"
    return f"{first.month}月{first.day}日至{last.month}月{last.day}日"


_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!<>|~$@^\"'&:=])")


def escape(text: str) -> str:
    """Text from the data as Markdown that shows exactly those characters, in HTML, PDF and Word.

    >>> escape("<b>|*")
    '\\\\<b\\\\>\\\\|\\\\*'
    """
    return _MARKUP.sub(r"\\\1", " ".join(str(text).split()))


def unescape(markdown: str) -> str:
    """The text that `escape` was given, white space folded."""
    return _ESCAPED.sub(r"\1", markdown)
