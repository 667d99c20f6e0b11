"""A unit's 督办单: a page, however much there is to do; and the signals that concern the unit."""

import pandas as pd
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import DEMO, WEEK, handlings

from hotline.printing import pdf, word
from hotline.publishing import duties, sheet, sheets
from hotline.publishing.editions import Edition

ABOUT = {
    "issue": "第43期",
    "center": "测试县12345政务服务热线受理中心",
    "date": "2021年11月5日",
    "cutoff": "10月31日24:00",
}
NAMES = {
    "short": ("卫生", "防疫"),
    "long": ("劳动和社会保障与就业创业服务保障", "机关事业单位工作人员养老保险关系转移接续办理问题"),
    "one word": ("Unsanitary", "UNSANITARYCONDITIONSINTHECOMMONPARTSOFABUILDING"),
}
counts = st.tuples(*[st.sampled_from([0, 1, 2, 3, 7, 20, 60])] * 4)


def sheet_of(
    over: int, again: int, soon: int, rest: int, names=NAMES["short"], unit="大店镇", digits=14, signals=()
):
    """The sheet of a unit with so many overdue, returned, due next week and other open handlings."""
    topic, subtopic = names
    said = {"unit": unit, "topic": topic, "subtopic": subtopic, "requested_at": "10-01 09:00"}
    dues = ["10-20 17:30"] * over + ["11-03 17:30"] * soon + ["12-20"] * rest
    rows = [{**said, "due_at": due} for due in dues]
    rows += [{**said, "returned_at": "10-27 10:00", "closed_at": "10-30 10:00"} for _ in range(again)]
    ids = [f"{2021:0<{digits}}"[: digits - 4] + f"{n:04}" for n in range(len(rows))]
    frame = handlings(*({**row, "request_id": each} for row, each in zip(rows, ids, strict=True)))
    none = frame[:0]
    all_duties = duties.duties(none, none, frame, frame, frame, WEEK, DEMO)
    (made,) = sheets.of_units(Edition(DEMO, WEEK), ABOUT, all_duties)
    printed = pd.DataFrame(
        [{"unit": unit, **each} for each in signals], columns=all_duties.signals.columns, dtype=object
    )
    return sheet.UnitSheet(**{**vars(made), "signals": printed}), ids


def cells(block) -> list[str]:
    return [
        cell
        for element in block.elements
        if element["kind"] == "table"
        for row in element["rows"]
        for cell in row
    ]


@settings(max_examples=25)
@given(counts.filter(any), st.sampled_from([*NAMES.values()]))
def test_what_the_page_does_not_hold_stands_on_the_annex(numbers, names):
    """The page has all, or the first of each list and how many there are; then the annex has all, in their order."""
    made, ids = sheet_of(*numbers, names)
    _, page, *annex = made.blocks
    on_page = [each for each in ids if each in cells(page)]
    titles = [
        line["text"]
        for element in page.elements
        for line in (element, *element.get("caption", ()))
        if "text" in line
    ]
    for number, title in zip(
        numbers, ("已经超期", "本周退回重办的", "下周到期的", "其余在办的"), strict=True
    ):
        said = [text for text in titles if text.startswith(title)]
        assert [f"（{number}件" in text for text in said] == [True] * bool(number)
        assert all(("附页" in text) <= bool(annex) for text in said)
    if annex:
        assert sorted(each for each in cells(annex[0]) if each in {*ids}) == sorted(ids)
    else:
        assert on_page == ids


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(
    ("numbers", "unit", "digits"),
    [
        ((1, 0, 0, 0), "大店镇", 14),
        ((4, 2, 9, 6), "大店镇", 14),
        ((19, 3, 9, 6), "公共资源交易服务中心（政务服务大厅分中心）", 20),
        ((0, 0, 200, 30), "大店镇", 11),
        ((70, 20, 70, 70), "大店镇", 14),
    ],
)
def test_a_sheet_is_one_page(names, numbers, unit, digits):
    """In the PDF; the second page, if there is one, begins with the annex. No cell is cut: each id is there whole."""
    signal = {
        "name": "卫生中的防疫",
        "count": 47,
        "low": 11,
        "high": 34,
        "running": 2,
        "new": None,
        "own": 39,
    }
    made, ids = sheet_of(*numbers, names, unit, digits, [signal] * (numbers[0] > 4))
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf.pdf(made.blocks))]
    assert [page.split()[0] for page in pages[1:2]] == ["附页"] * (len(made.blocks) > 2)
    text = "".join(pages)
    assert not [each for each in ids if each not in text]
    assert len(made.blocks) > 2 or len(pages) == 1
    if names == NAMES["short"]:
        assert len([each for each in ids if each in pages[0]]) >= min(len(ids), 20)


def test_a_page_break_is_the_annex_s_alone(tmp_path):
    """In Word: no list, no salutation begins a page."""
    import docx

    for numbers, breaks in (((3, 1, 2, 1), []), ((90, 1, 2, 1), ["附页"])):
        path = tmp_path / "sheet.docx"
        path.write_bytes(word.docx(sheet_of(*numbers)[0].blocks))
        paragraphs = docx.Document(path).paragraphs
        assert [each.text for each in paragraphs if each.style.paragraph_format.page_break_before] == breaks


def test_signals_concern_the_units_that_they_name_or_whose_topics_they_are():
    """A unit's own without a share, a topic's with how much of it the unit has; nobody else is told."""
    rows = handlings(
        {"unit": "大店镇", "topic": "卫生", "subtopic": "防疫"},
        {"unit": "大店镇", "topic": "卫生"},
        {"unit": "住建局", "topic": "卫生", "subtopic": "防疫"},
        {"unit": "人社局", "topic": "交通"},
        {"topic": "卫生"},
        requested_at="10-26 09:00",
    )
    printed = {
        name: {"count": 9, "mean": 2, "low": 1, "high": 4, "running": None, "new": None}
        for name in ("卫生", "卫生中的防疫", "大店镇承办的工单", "大店镇承办的卫生", "人社局承办的卫生")
    }
    signals = duties.signals_by_unit(rows, printed)
    assert signals[["unit", "name", "own"]].to_numpy().tolist() == [
        ["大店镇", "卫生", 2], ["住建局", "卫生", 1], ["大店镇", "卫生中的防疫", 1], ["住建局", "卫生中的防疫", 1],
        ["大店镇", "大店镇承办的工单", None], ["大店镇", "大店镇承办的卫生", None],
    ]  # fmt: skip
    assert duties.signals_by_unit(rows, {}).empty


def test_a_sheet_says_its_signals():
    """As the issue does, with the unit's own part."""
    signals = [
        {"name": "卫生中的防疫", "count": 47, "low": 11, "high": 34, "running": 2, "new": None, "own": 39},
        {
            "name": "大店镇承办的卫生",
            "count": 6,
            "low": None,
            "high": None,
            "running": None,
            "new": "此前没有出现过",
            "own": None,
        },
    ]
    made, _ = sheet_of(1, 0, 0, 0, signals=signals)
    assert made.blocks[1].elements[2]["markdown"] == (
        "本周预警：卫生中的防疫47件（通常在11至34件之间），已连续2周，其中你单位承办39件；大店镇承办的卫生6件（此前没有出现过）。"
    )
