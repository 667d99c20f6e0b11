"""The HTML file by itself: one piece, nothing active, marked up for those who cannot see it."""

import re
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from printed import SVG, annex, chart, executed, exported, imprint, masthead, notebook, output, page, signoff

from hotline.charts import style as house_style

ROWS = [[1, "甲镇", 300, 150, "100%", "66.67%"], [2, "乙镇", 3, 0, "-", "0%"]]


@pytest.fixture(scope="module")
def issue(issue43) -> str:
    return (issue43 / "outputs/junan/2021-W43/bulletin.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def soup(issue) -> BeautifulSoup:
    return BeautifulSoup(issue, "html.parser")


def small():
    """A bulletin of one section and one annex."""
    return notebook(
        masthead(),
        "## 【甲】\n\n> 口径",
        output("句子。"),
        chart(),
        signoff("镇街"),
        imprint(),
        annex(ROWS),
        chart("满意率", "述。"),
    )


def test_one_file_under_400_kb(issue):
    """Self-contained and light: nothing in it points to a host, or to a file but its neighbours and other formats."""
    assert len(issue.encode()) < 400_000
    soup = BeautifulSoup(issue, "html.parser")
    targets = [
        element[name]
        for name in ("src", "href", "xlink:href", "data", "srcset")
        for element in soup.find_all(attrs={name: True})
    ]
    assert targets
    assert all(target.startswith(("#", "../", "bulletin.")) for target in targets), targets
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", issue)
    assert "@import" not in issue


def test_nothing_active(soup):
    """No script, no handler, no frame; and a policy that would stop one."""
    assert not soup.find_all(["script", "iframe", "object", "embed", "form", "link", "base"])
    assert not [name for element in soup.find_all(True) for name in element.attrs if name.startswith("on")]
    (policy,) = soup.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert "script-src" not in policy["content"]


def test_language_and_title(soup):
    """A screen reader reads Chinese; a tab and a bookmark say which issue of whom."""
    assert soup.html["lang"] == "zh-CN"
    assert soup.title.string == "热线周报 第43期 莒南县12345政务服务热线受理中心"


def test_headings_are_in_order(soup):
    """One first-level heading, and no level skipped on the way down."""
    levels = [int(element.name[1]) for element in soup.find_all(re.compile(r"^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def test_contents_lead_to_every_section_and_annex(soup):
    """Each entry of the contents has its place on the page, and each section and annex its entry."""
    links = soup.select("nav.contents a")
    assert [link["href"] for link in links] == [
        f"#{section['id']}" for section in soup.select("main section[id]")
    ]
    assert [link.text for link in links][-2:] == ["附件1 镇街热线办理情况", "附件2 县直部门单位热线办理情况"]
    assert all(soup.find(id=link["href"][1:]) for link in links)


def test_ids_are_unique():
    """Several drawings share the page without sharing ids, and what is referred to is there."""
    clipped = SVG.format("求助").replace(
        "<text", '<clipPath id="a"><path d="M0 0H9V9Z"/></clipPath><path clip-path="url(#a)" d="M0 0"/><text'
    )
    soup = page(notebook(masthead(), "## 甲", chart(svg=clipped), chart(svg=clipped)))
    ids = [element["id"] for element in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([\w-]+)\)", str(soup))) | {e["href"][1:] for e in soup.find_all("use")}
    assert used <= set(ids)
    assert used


def test_every_chart_has_a_title_and_a_description(soup):
    """A chart says to a screen reader what it is and what it shows, and to everybody its title."""
    drawings = soup.select("figure.chart svg")
    assert len(drawings) >= 5
    for drawing in drawings:
        assert drawing["role"] == "img"
        title, description = (soup.find(id=name) for name in drawing["aria-labelledby"].split())
        assert title.name == "title"
        assert description.name == "desc"
        assert title.text
        assert re.search(r"\d", description.text)
        assert drawing.find_parent("figure").figcaption.text == title.text


def test_tables_have_captions_and_scopes(soup):
    """An annex is a table with its title as caption, column headers, and the unit as its row's header."""
    for number, table in enumerate(soup.select("section.annex table"), 1):
        assert table.caption.get_text().split()[0] == f"附件{number}:"
        assert table.caption.h2
        assert all(head["scope"] == "col" for head in table.thead.find_all("th"))
        assert all(row.find("th")["scope"] == "row" for row in table.tbody.find_all("tr"))


def test_summary_and_footer(soup):
    """Four figures at the top with their change; at the foot the data's cut-off and the archive's version."""
    assert [card.dt.text for card in soup.select("dl.summary div")] == [
        "受理诉求",
        "日均受理",
        "承办工单",
        "办结率",
    ]
    assert soup.select_one("dl.summary .change").text == "较上周增加17.40%"
    footer = soup.footer.get_text(" ", strip=True)
    assert re.fullmatch(r"数据截止10月31日24:00 数据档案第\d+版", footer)


def test_bars_of_an_annex():
    """Counts of an annex share one scale, rates have that of percent; a rank, a name and a missing rate have no bar."""
    first, second = page(small()).select("section.annex tbody tr")
    bars = [[cell.get("style") for cell in row.find_all(["td", "th"])] for row in (first, second)]
    assert bars == [
        [None, None, "--p:100.0%", "--p:50.0%", "--p:100.0%", "--p:66.67%"],
        [None, None, "--p:1.0%", "--p:0.0%", None, "--p:0.0%"],
    ]


def test_an_imprint_without_recipients_is_one_line():
    """A center that reports to nobody prints who issued it, without an empty line for 报 and 送."""
    soup = page(notebook(masthead(), "## 甲", output("句。"), imprint(report_to="", send_to="")))
    assert soup.select_one(".imprint").get_text(" ", strip=True) == "测试办公室 2021年11月5日印发"
    assert not soup.select(".imprint .to")


def test_method_notes_are_folded():
    """口径 is there for who asks: a closed <details>."""
    (note,) = page(small()).find_all("details")
    assert "open" not in note.attrs
    assert note.get_text(" ", strip=True) == "口径 口径"


def test_the_charts_colours_are_known_on_a_dark_page():
    """Every colour of the house style has its dark one in the style sheet; a drawing's own stays the fallback."""
    style = page(small()).style.string
    house = {
        house_style.INK,
        house_style.DARK,
        house_style.MIDDLE,
        house_style.LIGHT,
        house_style.PALE,
        house_style.RULE,
        house_style.ACCENT,
        "#ffffff",
    }
    assert {f"#{name}" for name in re.findall(r"--c-([0-9a-f]{6}):", style)} == house
    assert "fill:var(--c-1b4f8a,#1b4f8a)" in exported(small(), "html")


@pytest.mark.parametrize(
    "active",
    [
        "<script>alert(1)</script>",
        '<rect width="9" height="9" onclick="alert(1)"/>',
        '<a href="https://example.com"><text>x</text></a>',
        '<use href="https://example.com/x.svg#a"/>',
        '<image href="https://example.com/x.png"/>',
        "<style>@import url(https://example.com/x.css);</style>",
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
    ],
)
def test_a_drawing_brings_nothing_active(active):
    """What is active or fetched in a chart's SVG does not reach the page."""
    drawn = exported(
        notebook(masthead(), "## 甲", chart(svg=SVG.format("求助").replace("</svg>", f"{active}</svg>"))),
        "html",
    )
    assert "alert(1)" not in drawn
    assert "example.com" not in drawn
    assert "foreignObject" not in drawn
    assert "求助" in drawn


def test_links_to_the_neighbours(issue43):
    """An issue rendered among others leads to the one before, the index and the one after."""
    nb = executed(issue43)
    nb.metadata["hotline"] = {
        "links": {
            "previous": {"href": "../2021-W42/bulletin.html", "label": "第42期"},
            "index": {"href": "../index.html", "label": "各期"},
            "next": None,
        }
    }
    links = page(nb).select("nav.issues a")
    assert [(link["href"], link.text, link.get("rel")) for link in links] == [
        ("../2021-W42/bulletin.html", "第42期", ["prev"]),
        ("../index.html", "各期", None),
    ]


def test_strong_text_beside_chinese_punctuation():
    """**注意：**请看 is strong, as an editor expects, though CommonMark wants a space there."""
    nb = notebook(masthead(), "## 甲", output("**注意：**请看**“三到位”**，不\\*是\\*。", role="article"))
    article = page(nb).article
    assert [strong.text for strong in article.find_all("strong")] == ["注意：", "“三到位”"]
    assert article.get_text(strip=True) == "注意：请看“三到位”，不*是*。"
