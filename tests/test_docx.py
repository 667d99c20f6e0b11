"""The Word document read back: an office can go on writing in it."""

import io
import re
import shutil
import subprocess
import zipfile

import pypdfium2
import pytest
from docx import Document
from docx.enum.text import WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Pt
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

from hotline import blocks
from hotline.printing import document as printed_blocks
from hotline.printing.pdf import PaperError
from hotline.printing.word import REFERENCE

MM = 36000
"""A millimetre in Word's own units."""


@pytest.fixture(scope="module")
def content(issue43) -> bytes:
    return exported(executed(issue43), "docx")


@pytest.fixture(scope="module")
def word(content):
    return Document(io.BytesIO(content))


def face(style) -> dict[str, str]:
    """A style's faces by script, its parents' where it has none."""
    while style is not None:
        if style.element.rPr is not None and style.element.rPr.rFonts is not None:
            return {key.split("}")[1]: value for key, value in style.element.rPr.rFonts.attrib.items()}
        style = style.base_style
    return {}


def test_headings_are_headings(word):
    """The navigation pane shows the bulletin: sections, subsections, the article and the annexes."""
    sections = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert sections == ["【每周纵览】", "【市民诉求】", "【热线信息】"]
    assert [p.text for p in word.paragraphs if p.style.name == "Heading 2"] == [
        "（一）诉求类别",
        "（二）区域分布",
        "（三）热点问题",
    ]
    for name in ("文章题目", "附件标题"):
        found = [p for p in word.paragraphs if p.style.name == name]
        assert found
        assert found[0].style.base_style.name.startswith("Heading")


def test_east_asian_faces_are_set_as_such(word):
    """Every style names its face for East Asian text too: 小标宋, 仿宋, 黑体, 楷体, as the standard has them."""
    expected = {
        "Title": "方正小标宋简体",
        "Body Text": "仿宋_GB2312",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "附件编号": "黑体",
        "附件标题": "方正小标宋简体",
        "表文": "仿宋_GB2312",
        "版记": "仿宋_GB2312",
    }
    for name, wanted in expected.items():
        faces = face(word.styles[name])
        assert (faces["eastAsia"], faces["ascii"]) == (wanted, wanted), name


def test_every_style_in_use_is_ours(word):
    """No paragraph is in a style that pandoc made up for want of one of ours."""
    used = {style.get(qn("w:val")) for style in word.element.body.iter(qn("w:pStyle"))}
    assert used
    assert used <= {style.style_id for style in Document(str(REFERENCE)).styles}


def test_page_and_lines(word):
    """A4, margins 37, 28, 26 and 35 mm, lines of 29 pt: 22 of them in 225 mm; page numbers differ on odd and even pages."""
    (section,) = word.sections
    assert [round(edge / MM) for edge in (section.page_width, section.page_height)] == [210, 297]
    margins = (section.top_margin, section.left_margin, section.right_margin, section.bottom_margin)
    assert [round(edge / MM) for edge in margins] == [37, 28, 26, 35]
    normal = word.styles["Normal"].paragraph_format
    assert normal.line_spacing_rule == WD_LINE_SPACING.EXACTLY
    assert round(normal.line_spacing.pt) == 29
    assert word.settings.odd_and_even_pages_header_footer
    sides = [
        footer.paragraphs[0].paragraph_format.alignment.name
        for footer in (section.footer, section.even_page_footer)
    ]
    assert sides == ["RIGHT", "LEFT"]
    assert [squeezed(footer.paragraphs[0].text) for footer in (section.footer, section.even_page_footer)] == [
        "—1—"
    ] * 2


def test_annexes_are_tables_with_every_row_once(word, issue43):
    """Real tables, cell by cell the annex's, their head repeated on each page, each annex on a page of its own.

    A heading breaks between its words.
    """
    blocks = printed_blocks.printed(executed(issue43))
    annexes = [block.elements[0] for block in blocks if block.role == "annex"]
    tables = word.tables[: len(annexes)]
    for parts, table in zip(annexes, tables, strict=True):
        heads, *cells = [[cell.text for cell in row.cells] for row in table.rows]
        assert heads[4:] == ["回访服务\n过程满意率", "回访办理\n结果满意率"]
        assert [squeezed(each) for each in heads] == parts["columns"]
        assert cells == [*([str(value) for value in row] for row in parts["rows"])]
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    numbers = [p for p in word.paragraphs if p.style.name == "附件编号"]
    assert [p.text for p in numbers] == ["附件1:", "附件2:"]
    assert numbers[0].style.paragraph_format.page_break_before


def test_charts_are_pictures_with_a_description(word, content):
    """A chart is as wide as the type area, and says what it shows to who cannot see it."""
    shapes = word.inline_shapes
    assert len(shapes) >= 5
    assert all(round(shape.width / MM) == 156 for shape in shapes)
    assert all(re.search(r"：.*\d", shape._inline.docPr.get("descr")) for shape in shapes)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pictures = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_the_text_is_the_issues(word):
    """Sentences, 附件 list, sign-off, remarks and imprint are text, in the order of the PDF."""
    text = squeezed("".join(node.text or "" for node in word.element.body.iter() if node.tag == qn("w:t")))
    at = 0
    for line in (
        "热线周报第43期莒南县12345政务服务热线受理中心2021年11月5日【每周纵览】2021年第43周（10月25日至10月31日），",
        "求助类1293件，占67.73%；",
        "附件1:镇街热线办理情况附件2:县直部门单位热线办理情况莒南县12345政务服务热线受理中心2021年11月5日附件1:",
        "备注：数据截止10月31日24:00；“-”为市级平台本周未对该镇街进行回访。",
        "报:县委常委、",
        "莒南县人民政府办公室2021年11月5日印发",
    ):
        at = text.index(line, at) + len(line)
    assert at == len(text)
    assert "口径" not in text
    assert word.core_properties.title == "热线周报"


def test_nothing_depends_on_the_clock(content):
    """The dates in the file are the issue's."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"2021-11-05" in archive.read("docProps/core.xml")
        assert {entry.date_time[:3] for entry in archive.infolist()} <= {(2021, 11, 5), (1980, 1, 1)}


def test_the_article_keeps_its_shape():
    """Headings, strong text, lists and tables of the editor's are Word's own."""
    text = "# 题目\n\n### 一、小题\n\n正文**重点**。\n\n- 甲\n- 乙\n\n| 项 | 数 |\n| :- | -: |\n| 一 | 2 |\n"
    word = Document(
        io.BytesIO(
            exported(
                notebook(
                    masthead(), "## 【热线信息】", output(text, role="article"), signoff("甲"), imprint()
                ),
                "docx",
            )
        )
    )
    styles = {p.text: p.style.name for p in word.paragraphs}
    assert styles["题目"] == "文章题目"
    assert styles["一、小题"] == "Heading 3"
    assert [run.text for p in word.paragraphs for run in p.runs if run.bold] == ["重点"]
    assert [[cell.text for cell in row.cells] for row in word.tables[1].rows] == [["项", "数"], ["一", "2"]]


@pytest.mark.skipif(
    not shutil.which("soffice"), reason="no LibreOffice here: apt-get install libreoffice-writer-nogui"
)
def test_libreoffice_lays_it_out(content, tmp_path):
    """An office suite opens it, and makes A4 pages of it with every row of the annexes."""
    (tmp_path / "bulletin.docx").write_bytes(content)
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    subprocess.run(
        [*command, "--outdir", tmp_path, tmp_path / "bulletin.docx"],
        check=True,
        capture_output=True,
        timeout=180,
    )
    made = (tmp_path / "bulletin.pdf").read_bytes()
    assert {
        tuple(round(edge / 72 * 25.4) for edge in page.get_size()) for page in pypdfium2.PdfDocument(made)
    } == {(210, 297)}
    pages = pages_text(made)
    assert 6 <= len(pages) <= 14
    text = "".join(pages)
    for row in ("1十字路街道324224100%100%", "44人寿保险11--"):
        assert row in text
    assert text.count("序号承办部门") >= 3


def test_a_small_bulletin_without_annex_or_imprint():
    """A center without recipients and a week without charts still make a document."""
    word = Document(
        io.BytesIO(
            exported(notebook(masthead(), "## 甲", output("句。"), imprint(report_to="", send_to="")), "docx")
        )
    )
    (cell,) = word.tables[-1].rows[0].cells
    assert cell.text == "测试办公室\t2021年11月5日印发"


def test_a_signature_stays_with_the_chart_before_it():
    """As with the last paragraph: no page holds the signature alone."""
    nb = notebook(masthead(), "## 甲", output("句。"), chart(), signoff("镇街"), imprint())
    paragraphs = Document(io.BytesIO(exported(nb, "docx"))).paragraphs
    at = next(at for at, each in enumerate(paragraphs) if each.text.startswith("附件1"))
    for each in paragraphs[at - 2 : at]:  # the caption and the chart
        assert each.style.paragraph_format.keep_with_next


def test_highlights_are_smaller_and_the_last_is_not_alone():
    """本期要点 in size 4 (14 pt); no item breaks, and the last but one stays with the last."""
    nb = notebook(
        masthead(), shown(blocks.highlights("本期要点", "- 一\n- 二\n- 三")), "## 甲", output("句。")
    )
    items = [p for p in Document(io.BytesIO(exported(nb, "docx"))).paragraphs if p.text in ("一", "二", "三")]
    assert [each.style.name for each in items] == ["要点", "要点连", "要点"]
    assert {style_of(each).font.size.pt for each in items} == {14}
    assert items[1].style.paragraph_format.keep_with_next


def style_of(paragraph):
    """The paragraph's style, or the first above it that says a size."""
    style = paragraph.style
    while style.font.size is None:
        style = style.base_style
    return style


def test_annex_charts_follow_their_annex():
    """What stands in the notebook after an annex stands after it on paper."""
    nb = notebook(
        masthead(),
        "## 甲",
        output("句。"),
        imprint(),
        annex([[1, "甲镇", 3, 2, "100%", "-"]]),
        chart("满意率", "述 3。"),
    )
    names = [p.text for p in Document(io.BytesIO(exported(nb, "docx"))).paragraphs]
    assert names.index("图1 满意率") > names.index("备注：测试。")


def test_a_center_has_its_own_layout(tmp_path, monkeypatch):
    """params/<center>/reference.docx, saved by an office with other margins and faces, is the layout of its issues."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    own = tmp_path / "params" / "junan" / "reference.docx"
    own.parent.mkdir(parents=True)
    layout = Document(str(REFERENCE))
    layout.sections[0].left_margin = 20 * MM
    layout.styles["文章题目"].font.size = Pt(30)
    layout.save(own)
    nb = notebook(masthead(key="junan"), "## 甲", output("# 题\n\n文。", role="article"), imprint())
    word = Document(io.BytesIO(exported(nb, "docx")))
    assert round(word.sections[0].left_margin / MM) == 20
    assert word.styles["文章题目"].font.size.pt == 30
    assert "文章题目" in {p.style.name for p in word.paragraphs}


def test_a_layout_that_is_no_word_document_is_named(tmp_path, monkeypatch):
    """A .doc renamed to .docx: the message names the file and says what to do."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    own = tmp_path / "params" / "junan" / "reference.docx"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(PaperError, match=r"reference\.docx 不是 Word 文档.*另存为 \.docx"):
        exported(notebook(masthead(key="junan"), "## 甲", output("句。")), "docx")


def test_rows_do_not_break_over_pages():
    """The table style of the layout keeps a row together; its head is repeated."""
    nb = notebook(masthead(), "## 甲", output("句。"), annex([[1, "甲镇", 3, 2, "100%", "-"]]))
    style = Document(io.BytesIO(exported(nb, "docx"))).tables[-1].style
    assert style.element.find(qn("w:trPr")).find(qn("w:cantSplit")) is not None
