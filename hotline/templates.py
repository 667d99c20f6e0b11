"""A sentence's template: its parts and placeholders, and the numbers that stand typed in a text.

`{kind}类{count}件[，占{share}]`: a placeholder stands in braces, a clause that may fall away in square brackets.
"""

import re
from dataclasses import dataclass
from functools import cache

from hotline import HotlineError


class SentenceError(HotlineError):
    """A template that cannot be said; the message, in Chinese, says which part and what to write instead."""


@dataclass(frozen=True)
class Placeholder:
    name: str


@dataclass(frozen=True)
class Segment:
    """A run of text and placeholders; an optional one stood in square brackets."""

    pieces: tuple[str | Placeholder, ...]
    optional: bool


@cache
def parsed(template: str) -> tuple[Segment, ...]:
    """A template as its parts. SentenceError for brackets that nest or do not close."""
    parts, rest = [], template
    while rest:
        before, opened, after = rest.partition("[")
        if "]" in before:
            raise SentenceError(f"“{template}”里的 ] 前面没有 [。")
        if before:
            parts.append(Segment(_pieces(before, template), False))
        if not opened:
            break
        clause, closed, rest = after.partition("]")
        if not closed or "[" in clause:
            raise SentenceError(f"“{template}”里的方括号没有配对，或套了两层。")
        parts.append(Segment(_pieces(clause, template), True))
    return tuple(parts)


def _pieces(text: str, template: str) -> tuple[str | Placeholder, ...]:
    pieces = re.split(r"\{([^{}]*)\}", text)
    if any(brace in literal for literal in pieces[::2] for brace in "{}") or "" in [
        each.strip() for each in pieces[1::2]
    ]:
        raise SentenceError(f"“{template}”里的花括号没有配对，或里面没有名称。")
    return tuple(
        Placeholder(each.strip()) if n % 2 else each for n, each in enumerate(pieces) if n % 2 or each
    )


# ---- typed numbers ---------------------------------------------------------------------------------------------------

_NUMERALS = "〇零一二三四五六七八九十百千万亿两壹贰叁肆伍陆柒捌玖拾佰仟"
_UNITS = "件|个|位|次|起|项|人|家|单|宗|条|户|名|倍|成|处|类|分之"
DIGITS = re.compile(r"\d+(?:\.\d+)?%?")
_SPELT = re.compile(rf"百分之[{_NUMERALS}点]+|[{_NUMERALS}]+(?:多|余|来|几)?(?={_UNITS})")


def typed_number(text: str) -> str | None:
    """The first number that stands in a text: digits, or a Chinese numeral before a unit of count; None for none."""
    number = DIGITS.search(text) or _SPELT.search(text)
    return number[0] if number else None


def amount(numeral: str) -> int:
    """二百八十 → 280; what stands behind the numeral is passed over."""
    total = section = digit = 0
    for char in numeral:
        if char in "十百千拾佰仟":
            section += (digit or 1) * {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}[char]
            digit = 0
        elif char in "万亿":
            total = (total + section + digit) * {"万": 10_000, "亿": 100_000_000}[char]
            section = digit = 0
        elif char in "〇零一二三四五六七八九":
            digit = "零一二三四五六七八九".index("零" if char == "〇" else char)
        elif char in "两壹贰叁肆伍陆柒捌玖":
            digit = {"两": 2}.get(char) or "零壹贰叁肆伍陆柒捌玖".index(char)
    return total + section + digit
