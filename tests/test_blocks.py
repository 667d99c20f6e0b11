"""A block is described once, and every format shows it."""

import json

import nbformat
import pytest
from conftest import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from printed import (
    annex,
    imprint,
    masthead,
    notebook,
    output,
    page,
    shown,
    signoff,
    squeezed,
    text_of,
)

from hotline import blocks, wording
from hotline.printing import document
from hotline.printing.formats import known

FORMS = [name for name in known() if name != "xlsx"]
"""A workbook holds tables and no text: tests/test_workbook.py."""
ROW = [1, "甲镇", 3, 2, "100%", "-"]


def one_of_everything(place: str) -> blocks.Block:
    """A block that no format has heard of, with an element of every kind that holds words."""
    elements = [
        blocks.line("行文甲", level=2),
        blocks.line("行文乙", "nobodysstyle"),
        blocks.pair(blocks.line("左文"), blocks.line("右文"), "nobodyspair"),
        blocks.group("nobodysgroup", ["组文一", "组文二"]),
        blocks.cards([blocks.card("卡名", "卡值", "卡注")], "卡题"),
        blocks.table(
            {"表头号": "rank", "表头名": "name", "表头字": "text"},
            [[7, "表格名", "表格字"]],
            [blocks.line("表题")],
            "表注",
        ),
        blocks.text("自由**文字**"),
    ]
    return blocks.Block("nobodysrole", elements, place)


WORDS = (
    "行文甲",
    "行文乙",
    "左文",
    "右文",
    "组文一",
    "组文二",
    "卡名",
    "卡值",
    "卡注",
    "表题",
    "表头号",
    "表头名",
    "表头字",
    "7表格名表格字",
    "表注",
    "自由文字",
)


@pytest.mark.parametrize("place", [blocks.TOP, blocks.SECTION, blocks.AFTER, blocks.PAGE])
@pytest.mark.parametrize("form", FORMS)
def test_a_new_block_shows_in_every_format(form, place):
    """Whatever its role and styles are called, each of its texts is there once, between what stands around it."""
    nb = notebook(
        masthead(), "## 甲", output("前句。"), shown(one_of_everything(place)), "## 乙", output("后句。")
    )
    text = text_of(nb, form)
    assert [text.count(word) for word in WORDS] == [1] * len(WORDS)
    order = ["行文甲", "前句。"] if place == blocks.TOP else ["前句。", "行文甲", "表注", "后句。"]
    assert [text.index(word) for word in order] == sorted(text.index(word) for word in order)


def test_lab_shows_a_new_block_too():
    """Its Markdown holds every text, escaped."""
    text = (
        squeezed(wording.unescape(one_of_everything(blocks.TOP).markdown)).replace("|", "").replace("*", "")
    )
    assert [text.count(word) for word in WORDS] == [1] * len(WORDS)


@pytest.mark.parametrize("form", FORMS)
def test_warning_and_highlights_stand_under_the_masthead(form):
    """数据不完整 and 本期要点 follow title and figures, before the first section, in this order."""
    nb = notebook(
        masthead(),
        shown(blocks.warning("数据不完整：缺10月30日、31日。")),
        shown(blocks.highlights("本期要点", "- 受理1909件，*增加*17\\.40%。\n- 到期未办结35件。")),
        "## 【每周纵览】",
        output("句子。"),
    )
    text = text_of(nb, form)
    expected = (
        "2021年11月5日",
        "较上周增加17.40%",
        "数据不完整：缺10月30日、31日。",
        "本期要点",
        "受理1909件，增加17.40%。",
        "到期未办结35件。",
        "句子。",
    )
    at = 0
    for words in expected:
        at = text.index(words, at) + len(words)


@pytest.mark.parametrize("form", FORMS)
def test_cards_are_on_paper_only_where_the_profile_says_so(form):
    """The masthead's figures are on the page always; on PDF and Word unless the center prints as the seed does."""
    assert "1909件" in text_of(notebook(masthead(), "## 甲", output("句。")), form)
    without = text_of(notebook(masthead(paper=False), "## 甲", output("句。")), form)
    assert ("1909件" in without) is (form == "html")


def test_a_pages_style_sheet_holds_the_styles_of_its_blocks():
    """A block's own style sheet is on the page if the block is, and on no other."""
    sheet = page(notebook(masthead(), shown(blocks.warning("缺。")), "## 甲", output("句。"))).style.string
    assert ".warning {" in sheet
    assert ".highlights {" not in sheet
    assert ".warning {" not in page(notebook(masthead(), "## 甲", output("句。"))).style.string


def test_an_issue_published_by_release_1_is_read_as_it_was():
    """Its metadata held the parts of four kinds of block; its page is made again when its links are renewed."""
    imprint_parts = {"report_to": "甲", "send_to": "", "office": "办公室", "date": "2021年11月5日"}
    old = {
        "masthead": {"title": "热线周报", "issue": "第43期", "center": "中心", "date": "2021年11月5日", "summary": [], "cutoff": "10月31日24:00", "version": 3},
        "signoff": {"attachments": ["附件1: 甲"], "center": "中心", "date": "2021年11月5日"},
        "imprint": imprint_parts,
        "annex": {"number": 1, "title": "甲", "order": "(按承办量排序)", "columns": ["序号", "承办部门", "承办量", "办结量", "率", "率二"], "rows": [ROW], "remark": "备注。"},
    }  # fmt: skip
    nb = notebook("## 甲", output("句。"), *(output("…", role=role, **parts) for role, parts in old.items()))
    printed = {block.role: block for block in document.printed(nb)}
    assert printed["imprint"] == blocks.imprint(**imprint_parts)
    assert printed["annex"].elements[0]["kinds"] == ["rank", "name", "count", "count", "rate", "rate"]
    text = squeezed(page(nb).body.get_text())
    for words in ("第43期", "附件1:甲", "报:甲", "1甲镇32100%-", "数据截止10月31日24:00数据档案第3版"):
        assert words in text


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


@examples(40, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, TEXT, st.integers(0, 99))
def test_a_block_is_read_back_as_it_was_shown(one, other, number):
    """A notebook's file gives back every block whose words are data, whatever they are."""
    given_blocks = [
        blocks.masthead(one, other, one, other, [blocks.card(one, other)], cutoff=one, version=number),
        blocks.signoff([one, other], one, other),
        blocks.imprint(one, other, one, other),
        blocks.annex(number, one, other, {"号": "rank", "名": "name"}, [[number, one]], other),
    ]
    nb = notebook("## 甲", output("句。"), *map(shown, given_blocks))
    read = document.printed(nbformat.reads(json.dumps(nb), as_version=4))
    assert [block for block in read if block.role not in ("heading", "text")] == given_blocks


def test_what_is_not_in_the_section_ends_it():
    """A heading that is followed by a sign-off or an annex alone has nothing under it."""
    nb = notebook(masthead(), "## 空", signoff("甲"), "## 也空", imprint(), annex([ROW]))
    assert not [block for block in document.printed(nb) if block.role == "heading"]
