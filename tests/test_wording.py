"""The printed form of every number: one rounding policy, and words that follow the number."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import blocks, wording

counts = st.integers(0, 10**9)
wholes = st.integers(1, 10**9)


@given(part=counts, whole=wholes)
def test_a_share_is_the_exact_quotient_rounded_half_up(part, whole):
    """Rule 2: two decimals, half up, computed from the integers, as exact decimal arithmetic would."""
    exact = Fraction(part * 100, whole)
    floor = Decimal(exact.numerator * 10**6 // exact.denominator) / 10**6
    sticky = Decimal(1) / 10**7 if floor != exact else 0
    assert wording.share(part, whole) == f"{(floor + sticky).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


@pytest.mark.parametrize(
    ("part", "whole", "printed"),
    [
        (1293, 1909, "67.73%"),
        (681, 1909, "35.67%"),
        (445, 10000, "4.45%"),
        (1, 1, "100.00%"),
        (1, 20000, "0.01%"),
        (1, 20001, "0.00%"),
        (5, 1000, "0.50%"),
        (0, 7, "0.00%"),
    ],
)
def test_a_share_always_has_two_decimals(part, whole, printed):
    """Rule 2, on the seed's figures and on the halves where truncation or binary fractions go wrong."""
    assert wording.share(part, whole) == printed


@pytest.mark.parametrize(
    ("part", "whole", "printed"),
    [
        (0, 0, "-"),
        (0, 4, "0%"),
        (4, 4, "100%"),
        (3, 4, "75%"),
        (2, 3, "66.67%"),
        (1, 8, "12.5%"),
        (1, 1000, "0.1%"),
        (1, 10, "10%"),
    ],
)
def test_a_rate_drops_trailing_zeros_and_shows_nobody_asked_as_a_dash(part, whole, printed):
    """Rule 7: up to two decimals; 0% where nobody was satisfied, “-” where there was no visit."""
    assert wording.rate(part, whole) == printed


@given(part=counts, whole=wholes)
def test_a_rate_is_the_share_without_its_trailing_zeros(part, whole):
    """A rate and a share of the same counts are the same number."""
    assert Decimal(wording.rate(part, whole)[:-1]) == Decimal(wording.share(part, whole)[:-1])


@pytest.mark.parametrize(
    ("closed", "handled", "printed"), [(1295, 2150, "60.23%"), (1, 2, "50.00%"), (0, 0, "-")]
)
def test_a_closure_rate_is_a_share(closed, handled, printed):
    """Two decimals, as the changes beside it; “-” where nothing was handled."""
    assert wording.closure_rate(closed, handled) == printed


@given(total=counts, days=st.integers(1, 366))
def test_the_daily_mean_is_within_half_of_the_exact_one(total, days):
    """Rule 2: a whole number, half up."""
    assert Fraction(-1, 2) < Fraction(total, days) - wording.daily_mean(total, days) < Fraction(1, 2) or (
        2 * total % (2 * days) == days and wording.daily_mean(total, days) * days > total
    )


def test_the_daily_mean_of_issue_43():
    """1909 / 7 = 272.71 is printed 273; a half goes up."""
    assert (wording.daily_mean(1909, 7), wording.daily_mean(7, 2)) == (273, 4)


@given(now=wholes, before=wholes)
def test_the_word_follows_the_number(now, before):
    """Rule 4: 增加, 减少 or 持平 as the counts say, and swapping the two counts swaps the word."""
    word = {1: "增加", 0: "持平", -1: "减少"}
    sign = (now > before) - (now < before)
    assert (wording.change(now, before).word, wording.change(before, now).word) == (word[sign], word[-sign])


@pytest.mark.parametrize(
    ("now", "before", "printed"),
    [
        (1909, 1626, "增加17.40%"),
        (1626, 1909, "减少14.82%"),
        (7, 7, "持平"),
        (0, 5, "减少100.00%"),
        (100001, 100000, "增加不足0.01%"),
    ],
)
def test_a_change_is_printed_as_its_magnitude(now, before, printed):
    """Rule 4: no sign, no “增加0.00%”."""
    assert str(wording.change(now, before)) == printed


@pytest.mark.parametrize("before", [None, 0])
def test_without_an_earlier_count_there_is_no_change(before):
    """Rule 4: no baseline, no comparison."""
    assert wording.change(12, before) is None


def test_a_share_of_nothing_is_an_error():
    """A denominator of zero never becomes a printed figure."""
    with pytest.raises(ZeroDivisionError):
        wording.share(0, 0)


@pytest.mark.parametrize(
    ("n", "words"),
    [(1, "一"), (2, "两"), (5, "五"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (100, "100")],
)
def test_numerals_before_a_measure_word(n, words):
    """Rule 6: “五个方面” follows the actual number, and two is 两."""
    assert wording.numeral(n) == words


def test_top_follows_the_actual_number():
    """Rule 6: “前五位” of five, “第一位” of one."""
    assert [wording.top(n) for n in (1, 2, 5)] == ["第一位", "前两位", "前五位"]


def test_days_name_both_years_where_they_differ():
    """Rule 1: year ends must read right."""
    assert wording.days(date(2021, 10, 25), date(2021, 10, 31)) == "10月25日至10月31日"
    assert wording.days(date(2020, 12, 28), date(2021, 1, 3)) == "2020年12月28日至2021年1月3日"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40))
def test_escaped_text_renders_as_its_own_characters(text):
    """Markdown of an escaped text shows exactly those characters, white space folded."""
    import html

    import mistune

    shown = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "url"])(
        "字" + wording.escape(text) + "字"
    )
    assert (
        html.unescape(shown.removeprefix("<p>").removesuffix("</p>\n"))
        == "字" + " ".join(text.split()) + "字"
    )


def test_a_table_holds_hostile_names_in_their_cells():
    """A unit named like a table's syntax stays one cell."""
    import mistune

    shown = mistune.create_markdown(escape=True, plugins=["table"])(
        blocks.grid(blocks.table({"序号": "rank", "单位": "name", "率": "rate"}, [[1, "a|b`<i>", "-"]]))
    )
    assert "a|b`&lt;i&gt;" in shown
    assert shown.count("<td") == 3


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=40))
def test_unescaping_gives_back_what_was_escaped(text):
    """What is checked in a sentence is what its reader sees."""
    assert wording.unescape(wording.escape(text)) == " ".join(text.split())
