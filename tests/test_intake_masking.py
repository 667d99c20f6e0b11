"""The grammar of personal numbers: each way of writing one is masked, other numbers stay, and it costs linear time."""

import statistics
import time
from pathlib import Path

import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st

from hotline.masking import masked

DATA = Path(__file__).with_name("data")
ESCAPES = ("\\n", "\n"), *((f"\\u{code:04x}", chr(code)) for code in (0xA0, 0x3000, 0x200B, 0x2009, 0x202F))


def personal() -> list[tuple[str, str]]:
    """Texts with a personal number, and what is to become of them. A line: the mark, before, the number, after."""
    found = []
    for line in (DATA / "personal_numbers.tsv").read_text("utf-8").splitlines():
        for written, meant in ESCAPES:
            line = line.replace(written, meant)
        mark, before, number, after = line.split("\t")
        found.append((before + number + after, f"{before}〔{mark}〕{after}"))
    return found


def innocent() -> list[str]:
    return (DATA / "innocent_numbers.txt").read_text("utf-8").splitlines()


def test_the_lists_are_long_enough_to_mean_something():
    """At least 300 different texts of either sort."""
    assert len(set(personal())) >= 300
    assert len(set(innocent())) >= 300


def test_every_way_of_writing_a_personal_number_is_masked_and_nothing_around_it():
    """The number goes, whole, and the words around it stay as they are."""
    assert [(text, masked(text), wanted) for text, wanted in personal() if masked(text) != wanted] == []


def test_every_other_number_stays():
    """Order numbers, amounts, roads, dates, times, standards, sizes, places: not a character is changed."""
    assert [(text, masked(text)) for text in innocent() if masked(text) != text] == []


@pytest.mark.parametrize("sign", ["、", "，", "/", " 或 ", ";"])
def test_a_local_number_after_another_number_needs_no_word_before_it(sign):
    """As people list their telephones; an amount after one stays."""
    assert masked(f"13800000007{sign}7210007") == f"〔电话〕{sign}〔电话〕"
    assert masked(f"0539-7210007{sign}7210008{sign}7210009").count("7210") == 0
    assert masked(f"13800000007{sign}3456789元") == f"〔电话〕{sign}3456789元"


@given(st.sampled_from(personal()), st.sampled_from(innocent()))
def test_words_and_numbers_of_others_beside_it_make_no_difference(number, other):
    """A number is masked in any company, and what was masked once is not changed by masking it again."""
    text, wanted = number
    assert wanted in masked(f"{other}。{text}。{other}")
    assert masked(masked(text)) == masked(text)


def seconds(text: str) -> float:
    """The processor's time for masking a text, the middle of five."""
    taken = []
    for _ in range(5):
        began = time.process_time()
        masked(text)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


PIECES = [
    "1",
    "13",
    "0539",
    "62",
    "3713",
    "400",
    "鲁A",
    "a@",
    "a.",
    "电话",
    "电话72",
    "来电",
    "（",
    " ",
    "-",
    "一",
    "三",
    "1 ",
    "x",
]


@pytest.mark.slow
@examples(15)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
@example("a")
@example("1")
@example("a@")
@example("6 2 ")
@example("电话7210007、")
@example("13" + " " * 400)
def test_time_grows_as_the_text_does(piece):
    """Eight times the text takes about eight times as long (sixty-four times, if it were quadratic)."""
    short = piece * (2_000 // len(piece) + 1)
    floor = 2e-5  # below which the clock says nothing
    assert seconds(short * 8) < 24 * max(seconds(short), floor)


@pytest.mark.parametrize("letter", ["a", "1", "１", "甲", "@", "鲁"])
def test_a_cell_as_long_as_a_spreadsheet_allows_is_masked_around(letter):
    """32,767 letters, and the telephone number at their end is found."""
    assert masked(f"{letter * 32_750} 电话 13800000007").endswith("〔电话〕")
