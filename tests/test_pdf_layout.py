"""The PDF read back: GB/T 9704-2012's page, the fonts, the annexes, the standards it says it keeps."""

import ctypes
import re
from collections import Counter

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from printed import (
    annex,
    chart,
    executed,
    exported,
    imprint,
    masthead,
    notebook,
    output,
    pages_text,
    shown,
    signoff,
    squeezed,
)

from hotline.blocks import highlights

MM = 72 / 25.4
A4 = (210, 297)
LEFT, RIGHT, TOP, BOTTOM = 28, 210 - 26, 297 - 37, 35
"""The type area's edges, 156 × 225 mm, from the page's lower left corner, mm."""


@pytest.fixture(scope="module")
def content(issue43) -> bytes:
    return (issue43 / "outputs/junan/2021-W43/bulletin.pdf").read_bytes()


@pytest.fixture(scope="module")
def document(content):
    return pypdfium2.PdfDocument(content)


def lines(page) -> list[tuple[str, float, float, float, float]]:
    """Text with its box (left, bottom, right, top) in mm."""
    textpage = page.get_textpage()
    found = []
    for index in range(textpage.count_rects()):
        box = textpage.get_rect(index)
        found.append((textpage.get_text_bounded(*box).strip(), *(edge / MM for edge in box)))
    return [each for each in found if each[0]]


def number(page) -> tuple[str, float, float, float, float]:
    """The page's number: what stands below the type area."""
    below = [each for each in lines(page) if each[4] < BOTTOM - 1]
    text = squeezed("".join(each[0] for each in sorted(below, key=lambda each: each[1])))
    return (
        text,
        min(e[1] for e in below),
        min(e[2] for e in below),
        max(e[3] for e in below),
        max(e[4] for e in below),
    )


def sizes(page) -> Counter:
    """How many characters are set in each size, in points."""
    textpage = page.get_textpage()
    return Counter(
        round(pdfium.FPDFText_GetFontSize(textpage, index)) for index in range(textpage.count_chars())
    )


def fonts(document) -> dict[str, bool]:
    """Every face in use, and whether it is embedded."""
    found = {}
    for page in document:
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=8):
            font = pdfium.FPDFTextObj_GetFont(item)
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, name, 200)
            found[name.value.decode()] = bool(pdfium.FPDFFont_GetIsEmbedded(font))
    return found


def rules(page) -> list[tuple[float, float, float]]:
    """Horizontal rules as wide as the type area: (height above the page's foot in mm, thickness in mm, width in mm)."""
    found = []
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1):
        left, bottom, right, top = (edge / MM for edge in item.get_bounds())
        if right - left > 150 and top - bottom < 2:
            width = ctypes.c_float()
            pdfium.FPDFPageObj_GetStrokeWidth(item, width)
            found.append(((bottom + top) / 2, width.value / MM, right - left))
    return sorted(found, reverse=True)


def test_every_page_is_a4(document):
    """210 × 297 mm."""
    assert {tuple(round(edge / MM) for edge in page.get_size()) for page in document} == {A4}


def test_text_stays_in_the_type_area(document):
    """Nothing but the page's number is outside of 156 × 225 mm at 37 mm from the top and 28 mm from the left edge."""
    for page in document:
        for text, left, bottom, right, top in lines(page):
            if top < BOTTOM - 1:
                continue
            assert left >= LEFT - 1.5, text
            assert right <= RIGHT + 1.5, text
            assert top <= TOP + 1, text
            assert bottom >= BOTTOM - 1, text


def test_page_numbers_alternate(document):
    """“— 1 —” in size 4, 7 mm below the type area, one character in: right on odd pages, left on even ones."""
    for index, page in enumerate(document, 1):
        text, left, _, right, top = number(page)
        assert text == f"—{index}—"
        assert abs(BOTTOM - 7 - top) < 3
        edge = RIGHT - right if index % 2 else left - LEFT
        assert 3.5 < edge < 7.5, (index, edge)


def test_a_full_page_has_22_lines_of_28_characters():
    """Running text: 22 lines a page, 28 characters a line, in size 3 (16 pt)."""
    nb = notebook(masthead(), "## 甲", output("\n\n".join(["文" * 28 * 40] * 3)), imprint())
    document = pypdfium2.PdfDocument(exported(nb, "pdf"))
    body = [each for each in lines(document[1]) if each[4] > BOTTOM]
    heights = sorted({round(each[2], 1) for each in body})
    assert len(heights) == 22
    assert max(len(each[0]) for each in body) == 28
    assert sizes(document[1]).most_common(1)[0][0] == 16


def test_sizes_of_title_and_headings(document):
    """The text is set in 16 pt; annex titles in size 2 (22 pt); the imprint in size 4 (14 pt)."""
    assert sizes(document[0]).most_common(1)[0][0] == 16
    first_annex = next(
        page for page, text in zip(document, pages_of(document), strict=True) if text.startswith("附件1")
    )
    assert 22 in sizes(first_annex)
    assert sizes(document[len(document) - 1])[14] > 40


def pages_of(document) -> list[str]:
    return [squeezed(page.get_textpage().get_text_bounded()) for page in document]


def test_all_fonts_are_embedded(document):
    """It reads and prints the same on a machine without any Chinese font."""
    found = fonts(document)
    assert found
    assert all(found.values()), found


def test_the_imprint_closes_the_last_page(document):
    """版记: first and last rule 0.35 mm, the middle one 0.25 mm; the last on the bottom of the type area of the last page."""
    first, middle, last = rules(document[len(document) - 1])[-3:]
    assert [round(rule[1], 2) for rule in (first, middle, last)] == [0.35, 0.25, 0.35]
    assert all(abs(rule[2] - 156) < 1 for rule in (first, middle, last))
    assert abs(last[0] - BOTTOM) < 1
    text = pages_of(document)[-1]
    assert (
        text.index("报:县委常委")
        < text.index("送:县直各部门单位")
        < text.index("莒南县人民政府办公室2021年11月5日印发")
    )


def test_annexes_start_new_pages_with_repeated_heads(document):
    """附件1 at the top left of a new page; its head again on each page that the table goes on to."""
    pages = pages_text_of(document)
    starts = [index for index, text in enumerate(pages) if re.match(r"附件\d:", text)]
    assert len(starts) == 2
    for index in starts:
        text, left, *_ = lines(document[index])[0]
        assert text.startswith("附件")
        assert abs(left - LEFT) < 1.5
    assert pages[starts[1] + 1].startswith("序号承办部门承办量办结量")


def pages_text_of(document) -> list[str]:
    return [re.sub(r"—\d+—$", "", text) for text in pages_of(document)]


def test_every_annex_row_is_there_once(document, issue43):
    """Each unit of each annex, with its figures, once and in order."""
    text = "".join(pages_text_of(document))
    for number_, annex_ in enumerate([b for b in blocks(issue43) if b.role == "annex"], 1):
        at = text.index(f"附件{number_}:{annex_.label.split()[1]}(按承办量排序)")
        for row in annex_.elements[0]["rows"]:
            shown = "".join(map(str, row))
            place = text.find(shown, at)
            assert place >= 0, shown
            at = place + len(shown)


def blocks(issue43):
    from hotline.printing import document as printed

    return printed.printed(executed(issue43))


def test_it_says_which_standards_it_keeps(content):
    """PDF/A-2b and PDF/UA-1 together, with language, title, outline and tags; every chart has a description."""
    for mark in (
        rb"<pdfaid:part>2</pdfaid:part>",
        rb"<pdfaid:conformance>B</pdfaid:conformance>",
        rb"<pdfuaid:part>1</pdfuaid:part>",
    ):
        assert re.search(mark, content), mark
    assert b"/MarkInfo" in content
    assert re.search(rb"/Lang ?\(zh-CN\)", content)
    document = pypdfium2.PdfDocument(content)
    assert document.get_metadata_value("Title") == "热线周报 第43期"
    assert document.get_metadata_value("CreationDate").startswith("D:20211105")
    titles = [item.get_title() for item in document.get_toc()]
    assert titles[:2] == ["【每周纵览】", "【市民诉求】"]
    assert "县直部门单位热线办理情况" in titles


def test_charts_are_vectors(document):
    """No picture is a raster: lines and letters stay sharp on paper, and the letters can be found."""
    images = [
        item
        for page in document
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=8)
    ]
    assert images == []
    assert "截止时已办结" in "".join(pages_of(document))


def test_a_chart_that_does_not_fit_leaves_no_hole():
    """The text that follows goes on under the sentence, and the chart tops the next page."""
    cells = output("前文。" * 60), chart(svg=high(560)), output("后文。" * 60)
    nb = notebook(masthead(), "## 甲", *cells, imprint())
    first, second = pages_text(exported(nb, "pdf"))[:2]
    assert first.endswith("后文。")
    assert "求助" in second


def test_many_charts_are_laid_out_to_the_end():
    """Each depends on those before it: whatever their number, every page has the number of its place."""
    sections = [
        (f"## 第{at}节", output("句子。" * (37 + 29 * at % 83)), chart(svg=high(150 + 41 * at % 200)))
        for at in range(20)
    ]
    cells = [cell for section in sections for cell in section]
    content = pypdfium2.PdfDocument(exported(notebook(masthead(), *cells, signoff("镇街"), imprint()), "pdf"))
    numbers = [number(page)[0] for page in content]
    assert len(numbers) > 10
    assert numbers == [f"—{at}—" for at in range(1, len(numbers) + 1)]


def high(points: int) -> str:
    """A drawing so many points high."""
    return chart().data["image/svg+xml"].replace("442 120", f"442 {points}").replace("120pt", f"{points}pt")


def test_highlights_stand_on_the_first_page():
    """Five of them, of five lines in two: none is left for the next page."""
    points = "\n".join(f"- {'点' * 70}{number}。" for number in "甲乙丙丁戊")
    nb = notebook(masthead(), shown(highlights("本期要点", points)), "## 甲", output("句。" * 200), imprint())
    first = pypdfium2.PdfDocument(exported(nb, "pdf"))[0]
    text = squeezed(first.get_textpage().get_text_bounded())
    assert "点戊。" in text
    assert sizes(first)[14] > 350


def test_the_signature_is_never_alone():
    """Whatever the length of the article, the page with the signature holds some of its text."""
    for length in range(380, 420, 4):
        nb = notebook(
            masthead(),
            "## 【热线信息】",
            output("甲" * length + "。\n\n" + "末段" * 20 + "。", role="article"),
            signoff("镇街", "部门"),
            imprint(),
        )
        signed = next(text for text in pages_text(exported(nb, "pdf")) if "附件1:" in text)
        assert "末段" in signed


def test_the_imprint_is_never_alone():
    """The last page holds some of the last annex, whatever the number of its rows."""
    for count in range(28, 48, 3):
        rows = [[rank, f"第{rank}单位", 90 - rank, 3, "100%", "-"] for rank in range(1, count + 1)]
        last = pages_text(
            exported(notebook(masthead(), "## 甲", output("句。"), imprint(), annex(rows), chart()), "pdf")
        )[-1]
        assert len(last) > len("报:甲、乙送:丙测试办公室2021年11月5日印发")


def test_without_recipients_the_imprint_has_no_middle_rule():
    """A center that reports to nobody prints who issued it, between two rules."""
    nb = notebook(masthead(), "## 甲", output("句。"), imprint(report_to="", send_to=""))
    document = pypdfium2.PdfDocument(exported(nb, "pdf"))
    assert len([rule for rule in rules(document[0]) if rule[0] < 100]) == 2
    assert "报:" not in pages_of(document)[0]


def test_a_long_name_without_spaces_stays_on_the_page():
    """It breaks where it must, in text and in a cell, and can still be found and copied as one."""
    name = "VeryLongNameWithoutAnySpace" * 4
    nb = notebook(
        masthead(),
        "## 甲",
        output(f"{name}。"),
        signoff(name),
        imprint(),
        annex([[1, name, 1234567, 3, "100%", "66.67%"]]),
    )
    content = exported(nb, "pdf")
    assert "".join(pages_text(content)).count(name) == 3
    for each in pypdfium2.PdfDocument(content):
        assert max(right for _, _, _, right, _ in lines(each)) <= RIGHT + 1.5
