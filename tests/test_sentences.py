"""A number in a sentence is a figure, never text."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import wording
from hotline.figures import Figures
from hotline.sentences import Say
from hotline.templates import SentenceError, typed_number

KINDS = pd.DataFrame({"kind": ["求助", "建议"], "count": [1293, 6], "share": ["67.73%", None]})


def recorded(record: bool = True) -> Figures:
    made = Figures()
    made.record("total", 1909, "受理总量")
    made.record("previous_total", 1626, "上期受理总量")
    made.derive("change", wording.change, "total", "previous_total", label="环比变化")
    made.record("year_change", None, "同比变化")
    made.record("town", 92, "大店镇承办量")
    if record:
        made.table("kinds", KINDS, "{kind}类")
    return made


def spoken(record: bool = True, known: frozenset = frozenset(), figures: Figures | None = None) -> Say:
    made = recorded(record) if figures is None else figures
    return Say(made, {"subject": "12345政务服务热线", "last": "上周"}, lambda: set(known))


def test_a_row_a_clause_and_missing_clauses_fall_away():
    """The seed's sentence of kinds: one template, a clause in brackets where its figure is there."""
    assert (
        spoken()("{kind}类{count}件[，占{share}]", KINDS, "；").plain == "求助类1293件，占67.73%；建议类6件。"
    )
    assert spoken()("{subject}共{total}件[，较{last}{change}][，同比{year_change}]").plain == (
        "12345政务服务热线共1909件，较上周增加17.40%。"
    )
    assert spoken()("{kind}", KINDS.head(0)) is None


def test_a_list_of_nothing_is_missing():
    """A topic without a subtopic: the clause falls away, for nothing 主要涉及等方面."""
    figures, topics = (
        recorded(),
        pd.DataFrame({"topic": ["卫生", "交通"], "subtopics": [["垃圾", "厕所"], []]}),
    )
    figures.table("topics", topics, "{topic}")
    said = spoken(figures=figures)("{topic}问题[，主要涉及{subtopics}等方面]", topics, "；").plain
    assert said == "卫生问题，主要涉及垃圾、厕所等方面；交通问题。"
    assert figures["topics.交通.subtopics"].value == []


def test_every_figure_of_a_sentence_is_marked_with_its_name():
    """The page can be read by a program: each figure's place, name and value."""
    said = spoken()("共{total}件，{kinds}", kinds=spoken().clause("{kind}{count}件", KINDS))
    marks = {said.markdown[each.start : each.end]: (each.name, each.value) for each in said.spans}
    assert marks == {
        "1909": ("total", 1909),
        "1293": ("kinds.求助.count", 1293),
        "6": ("kinds.建议.count", 6),
    }


@pytest.mark.parametrize(
    ("template", "number", "figure"),
    [
        ("{kind}类92件", "92", "{town}"),
        ("约一千九百零九件", "一千九百零九", "{total}"),
        ("环比增加17.40%", "17.40%", "{change}"),
        ("有两个方面", "两", None),
        ("占三分之一", "三", None),
        ("过去百分之五的", "百分之五", None),
        ("共１２件", "１２", None),
    ],
)
def test_a_typed_number_is_refused_with_the_figure_to_use(template, number, figure):
    """0.1.0 accepted 类92件 for every kind, because 92 was a town's count."""
    with pytest.raises(SentenceError, match=f"写了数“{number}") as refused:
        spoken()(template, KINDS) if "{kind}" in template else spoken()(template)
    assert figure is None or figure in str(refused.value)


@pytest.mark.parametrize(
    ("template", "number"),
    [
        ("有两[{year_change}]个方面", "两"),
        ("百分[，{year_change}]之五", "百分之五"),
        ("[{total}两][{year_change}]个", "两"),
    ],
)
def test_a_number_that_a_clause_divides_is_refused(template, number):
    """What reads as a number once the clause has fallen away is one."""
    with pytest.raises(SentenceError, match=f"写了数“{number}”"):
        spoken()(template)


def test_a_number_that_was_not_recorded_is_refused():
    """Without its `record` the sentence fails: a column of a frame is a figure only if it was recorded."""
    with pytest.raises(SentenceError, match=r"“\{count\}”是 1293.*先用 figures.record"):
        spoken(record=False)("{kind}类{count}件", KINDS, "；")
    with pytest.raises(SentenceError, match=r"“\{share\}”是 67.73%"):
        spoken(record=False)("{kind}类占{share}", KINDS, "；")
    with pytest.raises(SentenceError, match=r"“\{n\}”是 92.*请写 \{town\}"):
        spoken()("共{n}件", n=92)


def test_a_frame_changed_after_its_record_is_refused():
    """What is printed is what was recorded and checked."""
    changed = KINDS.copy()
    spoke = spoken()
    changed.attrs = KINDS.attrs
    changed["count"] = [1294, 6]
    with pytest.raises(SentenceError, match="求助类件数记入的是 1293，这里却是 1294"):
        spoke("{kind}类{count}件", changed, "；")


def test_names_with_digits_block_nothing():
    """Mobile/Open311 and a channel called 12345 are names of the data, not numbers."""
    channels = pd.DataFrame({"channel": ["Mobile/Open311", "12345"], "count": [3, 4]})
    figures = recorded()
    figures.table("channels", channels, "{channel}", values="count")
    spoke = spoken(known=frozenset({"Mobile/Open311", "12345"}), figures=figures)
    assert spoke("{channel}{count}件", channels, "，").plain == "Mobile/Open311 3件，12345 4件。"
    with pytest.raises(SentenceError, match="Mobile/Open311"):
        spoken()("{channel}", channels)


def test_what_is_missing_outside_brackets_is_an_error():
    """None and NaN are missing; an unknown name is answered with the nearest."""
    with pytest.raises(SentenceError, match=r"“\{year_change\}”没有值"):
        spoken()("同比{year_change}")
    with pytest.raises(SentenceError, match=r"不知道“\{totel\}”是什么。是不是 \{total\}"):
        spoken()("共{totel}件")


@pytest.mark.parametrize("template", ["{total", "total}", "[{total}", "{total}]", "[a[{total}]]", "{}"])
def test_brackets_that_do_not_pair_are_named(template):
    """Brackets do not nest, and close."""
    with pytest.raises(SentenceError, match=r"括号|没有 \["):
        spoken()(template)


@given(st.text())
def test_any_name_prints_as_its_characters(name):
    """Names are data: Markdown in them stays text."""
    name = "甲" + " ".join(name.split()) + "乙"
    said = Say(Figures(), {"name": name}, set)("{name}说")
    assert said.plain == " ".join(name.split()) + "说。"


@given(st.integers(0, 10**6))
def test_digits_are_always_seen(number):
    """No number can be typed, whatever stands around it."""
    assert typed_number(f"共{number}件") == str(number)


@pytest.mark.parametrize(
    "text", ["本周未对该镇街进行回访", "承办量排名靠前", "一级分类", "星期三", "一体化办理"]
)
def test_words_with_numerals_in_them_are_words(text):
    """A numeral that counts nothing is no number."""
    assert typed_number(text) is None
