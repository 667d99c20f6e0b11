"""What of an executed notebook is printed, whatever the format; and that what is printed is what was written."""

import pytest
from commands import tool
from conftest import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from nbformat import v4
from printed import (
    SVG,
    annex,
    chart,
    executed,
    exported,
    imprint,
    masthead,
    notebook,
    output,
    pages_text,
    signoff,
    squeezed,
    text_of,
)

from hotline import HotlineError, wording
from hotline.printing import document, pdf
from hotline.printing.formats import known

ROW = [1, "甲镇", 3, 2, "100%", "-"]


def roles(nb) -> list[tuple[str, str]]:
    return [(block.role, block.elements[0].get("markdown", "")) for block in document.printed(nb)][1:]


def test_headings_text_notes_and_outputs_are_printed_in_order():
    """One walk gives headings, notes, text and outputs as they stand."""
    nb = notebook(
        masthead(), "## 甲\n\n> 口径一\n> 续\n\n正文", output("句子。"), chart(), "### 乙", output("再一句。")
    )
    assert roles(nb) == [
        ("heading", "甲"),
        ("note", "口径一续"),
        ("text", "正文"),
        ("text", "句子。"),
        ("chart", ""),
        ("heading", "乙"),
        ("text", "再一句。"),
    ]


def test_what_is_for_the_analyst_is_not_printed():
    """Frames, streams, plain results, sources and cells tagged remove_cell stay on the desk."""
    nb = notebook(
        masthead(),
        "## 甲",
        output("句子。"),
        "# 给分析员",
        output("也不印"),
        tags={3: ["remove_cell"], 4: ["remove_cell"]},
    )
    nb.cells[2].outputs += [
        v4.new_output("stream", name="stdout", text="流"),
        v4.new_output("execute_result", {"text/html": "<table></table>", "text/plain": "表"}),
    ]
    assert roles(nb) == [("heading", "甲"), ("text", "句子。")]
    assert not any(word in exported(nb, "html") for word in ("源代码", "给分析员", "也不印", "不印", "流<"))


def test_a_heading_with_nothing_under_it_is_not_printed():
    """An issue without an article has no 【热线信息】; a section whose subsection prints something keeps its heading."""
    nb = notebook(
        masthead(), "## 空\n\n> 只有口径", "## 有\n\n### 也空", "### 有内容", output("句子。"), "## 末"
    )
    assert roles(nb) == [("heading", "有"), ("heading", "有内容"), ("text", "句子。")]


def test_numbered_headings_have_no_gap():
    """Where （一） has nothing to print, （二） becomes （一）; each section counts anew, other headings stay."""
    nb = notebook(
        masthead(),
        "## 甲\n\n### （一）空",
        "### （二）有",
        output("句。"),
        "### 无号",
        output("句。"),
        "### （三）末",
        output("句。"),
        "## 乙\n\n### （五）唯一",
        output("句。"),
    )
    assert [text for role, text in roles(nb) if role == "heading"] == [
        "甲",
        "（一）有",
        "无号",
        "（二）末",
        "乙",
        "（一）唯一",
    ]


def test_the_articles_headings_stand_below_the_sections():
    """Whatever levels the editor used, they follow the section's without a gap, in their order."""
    nb = notebook(
        masthead(), "## 【热线信息】", output("# 题目\n文\n\n### 一、小题\n\n#### （一）\n文", role="article")
    )
    assert roles(nb)[-1] == ("article", "### 题目\n文\n\n#### 一、小题\n\n##### （一）\n文")


def test_lines_broken_between_chinese_characters_are_joined():
    """A line break in the Markdown is no space between two Chinese characters, and an indentation no character."""
    nb = notebook(
        masthead(),
        "## 甲",
        output("　　第一行\n第二行\nabc\n| 表 | 头 |\n| - | - |\n| 格 | 子 |", role="article"),
    )
    assert roles(nb)[-1][1] == "第一行第二行\nabc\n| 表 | 头 |\n| - | - |\n| 格 | 子 |"


def test_a_fenced_heading_is_no_heading():
    """What stands in a code block is text."""
    assert [role for role, _ in roles(notebook(masthead(), "## 甲\n\n```\n## 不是\n> 也不是\n```"))] == [
        "heading",
        "text",
    ]


def test_a_notebook_that_was_not_run_is_refused():
    """No empty bulletin: the message says to run it."""
    with pytest.raises(document.DocumentError, match="请先运行"):
        exported(notebook("## 甲"), "html")


@pytest.mark.parametrize("form", known())
def test_nbconvert_makes_the_same_file(issue43, tmp_path, form):
    """The stock command on an executed notebook gives, byte for byte, what our own writes."""
    nb = executed(issue43)
    target = tmp_path / f"out.{form}"
    source = issue43 / "outputs/junan/2021-W43/bulletin.ipynb"
    words = ("--to", f"hotline-{form}", "--output", target, source)
    ran = tool("jupyter-nbconvert", *words, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    content = exported(nb, form)
    assert target.read_bytes() == (content.encode() if form == "html" else content)


@pytest.mark.parametrize("form", known())
def test_the_same_notebook_gives_the_same_bytes(issue43, form):
    """Nothing in a file depends on when, where or how often it is made."""
    nb = executed(issue43)
    assert exported(nb, form) == exported(nb, form)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "&lt;b&gt; &amp;",
    '#import "x"; #panic(1) $x^2$ @ref <label> {{7*7}} {% raw %}',
    "**粗** _斜_ `码` [链](http://example.com) ![图](x.png)",
    "| 竖线 | \\ 反斜线 \\\\ ~ ^ --- ... 'q' \"q\"",
    "`{=typst}#panic()` {=openxml} ::: {.x} \\newpage $$",
    "1. 一 # 二 > 三 + 四 =",
    "javascript:alert(1) data:text/html,x",
    "hotlinemark call imprint 0",
]


def issue_named(name: str):
    """A bulletin in which a unit of that name stands everywhere that data can stand."""
    clean = wording.escape(name)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 50" width="400pt" height="50pt"><text x="1" y="20" style="font-size: 8px; font-family: \'Noto Sans SC\'">{name.replace("&", "&amp;").replace("<", "&lt;")}</text></svg>'
    return notebook(
        masthead(center=name, summary=[{"name": name, "value": name, "note": name}]),
        "## 【市民诉求】",
        output(f"前一位是{clean}，占一半。"),
        chart(name, name, svg),
        signoff(name),
        imprint(report_to=name, send_to=name, office=name),
        annex([[1, name, 3, 2, "100%", "-"]], title=name),
    )


PRINTED = [name for name in known() if name != "xlsx"]
"""The formats with the whole text; what a workbook shows of a name: test_workbook."""


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("form", PRINTED)
def test_a_name_shows_as_its_characters(form, name):
    """Markup in the data is text in every format, in sentences, tables, charts, masthead and imprint alike."""
    found = text_of(issue_named(name), form)
    shown = squeezed(name)
    assert found.count(shown) >= 6, found
    assert f"前一位是{shown}，占一半。" in found


@examples(12, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=25).filter(str.strip)
)
def test_any_name_shows_as_its_characters(name):
    """Whatever ASCII a name is made of, HTML and PDF show those characters."""
    for form in ("html", "pdf"):
        assert f"前一位是{squeezed(name)}，占一半。" in text_of(issue_named(name), form)


ARTICLE = """# 题目

<script>alert(1)</script> 文中 <b>标签</b>，[外链](https://example.com/a) 与[坏链](javascript:alert(1))，![远处的图](https://example.com/x.png)。

```{=typst}
#panic("x")
```

**注意：**请看 #import "a" 与 $x$。

- 一
- 二
"""


@pytest.mark.parametrize("form", PRINTED)
def test_the_article_is_text_whatever_it_holds(form):
    """The editor's Markdown is set as Markdown; raw HTML and Typst in it are characters, nothing is fetched."""
    nb = notebook(
        masthead(), "## 【热线信息】", output(ARTICLE, role="article"), signoff("甲"), imprint(), annex([ROW])
    )
    found = text_of(nb, form)
    for shown in (
        "题目",
        "<script>alert(1)</script>文中<b>标签</b>，外链与坏链，（图：远处的图）。",
        '#panic("x")',
        '注意：请看#import"a"与$x$。',
    ):
        assert squeezed(shown) in found
    content = exported(nb, form)
    assert ("example.com/x.png" if form == "html" else b"example.com/x.png") not in content


PICTURES = """见 ![甲图](pic.png) 和 ![](无题.png)。

![乙图](https://example.com/b.png)

[![丙图](c.png)](https://example.com/)

![丁图][丁]

[丁]: ../d.png
"""


@pytest.mark.parametrize("form", PRINTED)
def test_a_picture_that_is_not_in_the_file_becomes_its_caption(form):
    """In a line, alone, in a link, by reference; nothing is fetched, and nothing of what lies beside the article is taken."""
    nb = notebook(masthead(), "## 【热线信息】", output(PICTURES, role="article"), signoff("甲"), imprint())
    found = text_of(nb, form)
    for shown in ("见（图：甲图）和。", "（图：乙图）", "（图：丙图）", "（图：丁图）"):
        assert shown in found
    content = exported(nb, form)
    for name in ("pic.png", "example.com/b.png", "d.png"):
        assert (name if form == "html" else name.encode()) not in content


@pytest.mark.parametrize("form", PRINTED)
def test_a_chart_of_the_analysts_own(form):
    """A bare SVG, without our title and description, is printed too; one that is none is refused by name."""
    assert (
        "求助" in text_of(notebook(masthead(), "## 甲", output(svg=SVG.format("求助"))), form)
        or form == "docx"
    )
    with pytest.raises(HotlineError, match="“坏图”不是可用的 SVG"):
        exported(notebook(masthead(), "## 甲", chart("坏图", "", "<svg><g></svg>")), form)


@pytest.mark.parametrize("form", ["pdf", "docx"])
def test_a_character_without_a_glyph_is_named(form):
    """No box in the place of a character: which one, where, and what to do."""
    nb = notebook(
        masthead(),
        "## 甲",
        chart("图", "述", chart().data["image/svg+xml"].replace("求助", "求🐢助")),
        annex([ROW]),
    )
    with pytest.raises(pdf.PaperError, match=r"🐢.*U\+1F422.*“图”.*求🐢助"):
        exported(nb, form)


def test_a_control_character_without_a_glyph_is_named_by_its_code_point_and_place():
    """A cell of the notebook may hold one; Typst writes it as an escape, which is no text of the issue's."""
    nb = notebook(masthead(), "## 甲", output("正文\x1b在此。", role="article"), imprint())
    with pytest.raises(
        pdf.PaperError,
        match=r"^字体里没有这些字，不能排版：“\ufffd”（U\+001B，在“甲”的“…正文\ufffd在此。…”处）",
    ):
        exported(nb, "pdf")


def test_rare_characters_of_names_have_a_glyph():
    """Names that people in fact bear are drawn: 漷 昇 堃 喆 淏 㛃 䶮."""
    text = "".join(
        pages_text(exported(notebook(masthead(), "## 甲", output("漷昇堃喆淏㛃䶮"), annex([ROW])), "pdf"))
    )
    assert "漷昇堃喆淏㛃䶮" in text
