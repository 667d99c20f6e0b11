"""Personal numbers in text: one grammar of telephone, identity-card, bank-card and plate numbers and mail addresses.

Whatever enters the archive, a set-aside file, a drafted profile or a message passes `masked`. The text is first made
narrow, one character for one: any script's digits, wide letters, every kind of dash. Each form then looks for its
digits with `_GAP` between any two, and a check says whether what it found is grouped as people group such a number.

Time is linear in the text's length: a form begins only where no digit (no part of an address) stands before it, and
looks at no more digits than its number has.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from hotline.workspace import printable


class _Narrow(dict):
    """Characters to their narrow form, each worked out when it is first met: one for one, so that places stay."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)
        if kind == "Nd":
            narrow = str(unicodedata.decimal(char))
        elif kind == "Cf":
            narrow = " "  # shows nothing, like a zero-width blank
        elif kind == "Pd" or char in "\u2212\u30fc\u2500\u2501":
            narrow = "-"
        else:
            # Other numerals (², ①) are no digits of a number: "12m²" must not grow one.
            compatible = unicodedata.normalize("NFKC", char)
            narrow = compatible if len(compatible) == 1 and kind != "No" else char
        self[code] = narrow
        return narrow


_NARROW = _Narrow()
_WORTH_A_LOOK = re.compile(r"\d\D*+\d\D*+\d|@|[一幺壹][三四五六七八九叁肆伍陆柒捌玖]")
"""What every form has at the least; most texts have none of it."""


# ---- how a number is written ------------------------------------------------------------------------------------

_GAP = r"\s*+(?:[-._/·•・()一]\s*+){0,2}"
_NOT_COUNTED = r"(?!\d|\s?[元号万亿米吨件户人度千斤平立个株棵亩])"
"""No digit follows, nor a unit of count: seven digits are money more often than a telephone."""


def _more(least: int, most: int | None = None) -> str:
    """So many digits more, each after a gap."""
    return rf"(?:{_GAP}\d){{{least},{most or least}}}"


def _groups(number: str) -> tuple[int, ...]:
    return tuple(map(len, re.findall(r"\d+", number)))


_MOBILE = frozenset({
    (11,), (3, 8), (8, 3), (7, 4), (4, 7), (5, 6), (6, 5), (1, 10), (2, 9), (3, 4, 4), (4, 3, 4), (4, 4, 3), (3, 3, 5),
    (3, 5, 3), (3, 2, 6), (3, 6, 2), (5, 3, 3), (2, 4, 5), (2, 5, 4), (1, 2, 4, 4), (3, 4, 2, 2), (3, 2, 2, 4),
    (2, 3, 3, 3), (3, 3, 3, 2), (1, 3, 3, 4), (3, 2, 2, 2, 2), (2, 2, 2, 2, 2, 1), (1, 2, 2, 2, 2, 2), (1,) * 11,
})  # fmt: skip
_LOCAL = frozenset({
    (7,), (8,), (3, 4), (4, 3), (4, 4), (2, 5), (3, 5), (5, 3), (3, 2, 2), (2, 2, 3), (2, 3, 2), (2, 2, 2, 2), (1,) * 7,
    (1,) * 8,
})  # fmt: skip
_SERVICE = frozenset({(10,), (3, 7), (4, 6), (6, 4), (3, 3, 4), (3, 4, 3), (4, 3, 3), (1,) * 10})
"""How the digits of a mobile, a local and a 400 number are grouped. Other groups are dates, hours, sizes, rooms."""
_PREFIX = re.compile(r"\(?(?:\+\s*|00)?86\)?\D*|\(?0(?=1)")
_YEAR = re.compile(r"\D(?:19|20)\d\d\D+(?:0?[1-9]|1[0-2])\D")
_DATE = re.compile(r"(?:19|20)\d\d(?:\D|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$)")


def _is_mobile(text: str) -> bool:
    number = text[match.end() :] if (match := _PREFIX.match(text)) else text
    decimal_or_size = re.fullmatch(r"\d+\.\d+|\d{4}-\d{4}-\d{3}", number)
    return _groups(number) in _MOBILE and not decimal_or_size and not _YEAR.search(number)


def _is_local(text: str) -> bool:
    return _groups(text) in _LOCAL and not _DATE.match(text)


def _are_local(text: str) -> bool:
    return all(_is_local(number.strip()) for number in re.split(_LISTED, text))


def _is_service(text: str) -> bool:
    size = re.fullmatch(r"800-\d{4}-\d{3}", text)
    return _groups(text) in _SERVICE and not size


def _is_card(text: str) -> bool:
    """The check digit is right (Luhn): of ten order numbers of that length nine are not taken for a card."""
    digits = [int(digit) for digit in text if digit.isdigit()][::-1]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def _is_plate(text: str) -> bool:
    return sum(char.isdigit() for char in text) >= 3


def _always(text: str) -> bool:
    return True


# ---- the forms --------------------------------------------------------------------------------------------------

_PROVINCE = _GAP.join(
    ("(?:1", "[1-5]|2", "[1-3]|3", "[1-7]|4", "[1-6]|5", "[0-4]|6", "[1-5]|7", "1|8", "[1-3])")
)
"""The first two digits of an identity card; an order number that begins with the year has none of these."""
_DAY = rf"(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
_AREA = r"(?:10|2\d|[3-9]\d\d)"
_SUBSCRIBER = rf"[2-9]{_more(6, 7)}(?!\d)"
_LISTED = r"\s*[、,;和或及]\s*|(?<=\d{7})/"
_CALL = (
    r"(?<!〔)(?:电\s?话|座机|手机|固话|小灵通|传真|来电|致电|拨打|请拨|拨|回电|联系(?![单函])|\b(?:tel|phone|call|mobile|fax)\b)"
    r"(?:(?!工单|单号|编号|流水|订单|案号|证号|卡号|账号|户号|门牌|合同|发票|费|金额)\D){0,8}"
)
_UNANSWERED = r"\D{0,4}(?:打不通|无人接|没人接|占线|停机|空号|无法接通|无应答)"
_PROVINCES = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]"
_NUMERAL = "[〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]"
_PAUSE = r"\s?(?:[*,、~+]|…{1,2})\s?"

_FORMS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    (
        "〔邮箱〕",
        r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]++\s?@\s?[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++|。(?:com|cn|net|org)(?![A-Za-z0-9]))+",
        _always,
    ),
    (
        "〔身份证号〕",
        rf"(?<!\d){_PROVINCE}{_more(4)}{_GAP}(?:1{_GAP}[89]|2{_GAP}0){_more(2)}{_GAP}{_DAY}{_more(3)}{_GAP}[\dXx](?!\d)",
        _always,
    ),
    ("〔身份证号〕", rf"(?<!\d){_PROVINCE}{_more(6)}{_GAP}{_DAY}{_more(3)}(?!\d)", _always),
    *(
        (
            "〔银行卡号〕",
            rf"(?<![\d.])(?:6{_GAP}[02]|9{_GAP}[05]|5{_GAP}[1-5]|3{_GAP}5|4{_GAP}\d){_more(length - 2)}(?!\d)",
            _is_card,
        )
        for length in (19, 18, 17, 16)
    ),
    (
        "〔电话〕",
        rf"(?<!\d)\(?(?:(?:\+\s*|00)?86{_GAP}|0\)?)?\(?1{_GAP}[3-9]{_more(9)}(?!\d)",
        _is_mobile,
    ),
    (
        "〔电话〕",
        rf"(?<!{_NUMERAL})[一幺壹][三四五六七八九叁肆伍陆柒捌玖]{_NUMERAL}{{9}}(?!{_NUMERAL})",
        _always,
    ),
    # As it is spelt out, pause by pause; without a word for it these are three numbers of a list.
    (
        "〔电话〕",
        rf"(?i:{_CALL})(?P<alone>1[3-9]\d{_PAUSE}\d{{4}}{_PAUSE}\d{{4}})(?!\d)",
        _always,
    ),
    (
        "〔电话〕",
        rf"(?<!\d)(?<!\d\.)\(?(?:0|(?:\+\s*|00)?86[\s)-]{{1,3}}\(?0?\)?){_AREA}{_GAP}(?P<number>{_SUBSCRIBER})",
        _is_local,
    ),
    ("〔电话〕", rf"(?<!\d)\(?[48]00{_more(7)}{_NOT_COUNTED}", _is_service),
    (
        "〔电话〕",
        # After a word for it, or after another one: those that were found already are \0.
        rf"(?:(?i:{_CALL})|(?<=\0)(?:{_LISTED}|/))(?P<alone>(?:\(?[3-9]\d\d{_GAP})?(?P<number>[2-8]{_more(6, 7)}(?:(?:{_LISTED})[2-8]{_more(6, 7)})*){_NOT_COUNTED})",
        _are_local,
    ),
    ("〔电话〕", rf"(?<!\d)(?P<number>[2-8]{_more(6, 7)}(?!\d))(?={_UNANSWERED})", _is_local),
    (
        "〔车牌〕",
        rf"{_PROVINCES}\s?[A-Za-z][\s·•・.\-]{{0,3}}(?:[A-Za-z0-9]|[A-Za-z][\s·\-]{{1,2}}(?=[A-Za-z0-9]{{4}}))[A-Za-z0-9]{{3,4}}[A-Za-z0-9挂学警港澳领试超](?![A-Za-z0-9])",
        _is_plate,
    ),
)


@cache
def _compiled() -> list[tuple[str, re.Pattern, Callable[[str], bool]]]:
    """The forms, compiled when the first number is met: it takes as long as reading a small file."""
    return [(mark, re.compile(form), check) for mark, form, check in _FORMS]


def masked(text: str) -> str:
    """Text with a mark, as 〔电话〕, in the place of each personal number and mail address; all else as it was."""
    narrow = text if text.isascii() else text.translate(_NARROW)
    if not _WORTH_A_LOOK.search(narrow):
        return text
    spans: list[tuple[int, int, str]] = []
    for mark, form, check in _compiled():
        places = list(_places(narrow, form, check))
        if places:
            spans += [(start, end, mark) for start, end in places]
            narrow = _replaced(narrow, [(start, end, "\0" * (end - start)) for start, end in places])
    return _replaced(text, sorted(spans))


def shown_name(path: str | Path) -> str:
    """A file's name as it is printed, stored and reported: nobody's number, nothing that a terminal obeys."""
    return masked(printable(Path(path).name))


def _places(narrow: str, form: re.Pattern, check: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Where the form stands and its check agrees; where it does not, a number may begin within what was refused."""
    at = 0
    while match := form.search(narrow, at):
        groups = match.groupdict()
        if check(groups.get("number") or match[0]):
            start, end = match.span("alone" if "alone" in groups else 0)
            # A bracket around the number is the sentence's; one around its area code is the number's.
            while narrow[start] == "(" and narrow.count("(", start, end) > narrow.count(")", start, end):
                start += 1
            yield start, end
            at = end
        else:
            at = match.start() + 1


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, mark in spans:
        parts += text[at:start], mark
        at = end
    return "".join([*parts, text[at:]])
