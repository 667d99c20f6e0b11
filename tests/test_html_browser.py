"""The HTML in a real browser: Debian's chromium, driven by Playwright. Skipped where there is none."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pylopdf_fonts_zh_cn
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from printed import annex, chart, exported, imprint, masthead, notebook, output, pages_text, signoff

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no chromium at {CHROMIUM}: apt-get install chromium, or set $CHROMIUM"
)
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
WIDTHS = [360, 768, 1280, 1920]


@contextmanager
def chinese() -> Iterator[dict[str, str]]:
    """The environment of a program that finds the packaged Chinese fonts beside the machine's: every machine shows the same."""
    packaged = Path(pylopdf_fonts_zh_cn.sans_path()).parent
    with TemporaryDirectory() as folder:
        conf = Path(folder) / "fonts.conf"
        conf.write_text(
            f"<fontconfig><include ignore_missing='yes'>/etc/fonts/fonts.conf</include><dir>{packaged}</dir>"
            f"<cachedir>{folder}</cachedir></fontconfig>"
        )
        yield {**os.environ, "FONTCONFIG_FILE": str(conf)}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright, chinese() as environment:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=QUIET.split(), env=environment
        )
        yield browser
        browser.close()


class Watched:
    """A page, and what it asked for and complained of."""

    def __init__(self, page: Page):
        self.page, self.requests, self.complaints = page, [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def opened(browser, issue43):
    """Opens issue 43, or a page given, at a width, in light or dark."""
    contexts = []

    def open_(width: int = 1280, scheme: str = "light", path: Path | None = None) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto((path or issue43 / "outputs/junan/2021-W43/bulletin.html").as_uri())
        return watched

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_fits_and_keeps_to_itself(opened, width, scheme):
    """At every width nothing scrolls sideways, the only request is the page's own, and the console stays silent."""
    watched = opened(width, scheme)
    page = watched.page
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    outside = page.evaluate(
        """() => [...document.querySelectorAll('body *:not(.skip):not(.aside):not(svg *)')]
            .filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.right > innerWidth + 1 || r.left < -1) })
            .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 30))"""
    )
    assert outside == []
    assert watched.requests == [page.url]
    assert watched.complaints == []


def test_a_wide_screen_is_used(opened):
    """At 1920 the words and charts of a part share two columns of one height: none is blank beside the other."""
    page = opened(1920).page
    lefts = (
        "() => ['#chart-3', '#chart-4'].map(at => document.querySelector(at).getBoundingClientRect().left)"
    )
    first, second = page.evaluate(lefts)
    assert second > first + 600
    high = page.evaluate("document.body.scrollHeight")
    assert high < 0.7 * opened(1280).page.evaluate("document.body.scrollHeight")


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (1280, "light"), (1280, "dark"), (1920, "light")]
)
def test_axe_finds_nothing(opened, width, scheme):
    """axe-core, the accessibility checker, finds nothing serious: contrast, names, order, landmarks."""
    found = Axe().run(opened(width, scheme).page).response["violations"]
    assert [(each["id"], [node["html"][:90] for node in each["nodes"]][:3]) for each in found] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_contents_links_land(opened, width):
    """A click in the contents brings its section to the top of the window."""
    page = opened(width).page
    page.add_style_tag(content="html { scroll-behavior: auto !important }")
    links = page.locator("nav.contents a")
    for index in range(links.count()):
        links.nth(index).click()
        place = links.nth(index).get_attribute("href")
        top = page.evaluate("place => document.querySelector(place).getBoundingClientRect().top", place)
        at_end = page.evaluate("scrollY + innerHeight >= document.body.scrollHeight - 2")
        assert -2 <= top <= 60 or at_end, (place, top)


def test_contents_follow_the_reading_position(opened):
    """Beside the text, the entry of the section being read is the marked one: no script does it."""
    page = opened(1280).page
    page.add_style_tag(content="html { scroll-behavior: auto !important }")
    if not page.evaluate("CSS.supports('selector(:target-current)')"):
        pytest.skip("this chromium has no :target-current")
    seen = []
    for place in ("#s1", "#s4", "#annex-2"):
        page.evaluate("place => document.querySelector(place).scrollIntoView()", place)
        page.wait_for_timeout(100)
        marked = page.evaluate(
            "() => [...document.querySelectorAll('nav.contents a')].filter(a => a.matches(':target-current')).map(a => a.hash)"
        )
        seen.append(marked)
    assert seen == [["#s1"], ["#s4"], ["#annex-2"]]
    assert page.locator("nav.contents").bounding_box()["y"] >= 0


def test_contents_follow_in_browsers_without_target_current(opened, issue43, tmp_path):
    """Where scroll-target-group is not known, scroll-driven animations mark the entry; again no script."""
    text = (issue43 / "outputs/junan/2021-W43/bulletin.html").read_text(encoding="utf-8")
    older = text.replace(" and (not (scroll-target-group: auto))", "").replace(
        "scroll-target-group: auto;", ""
    )
    assert older != text
    path = tmp_path / "older.html"
    path.write_text(older, encoding="utf-8")
    page = opened(1280, path=path).page
    page.add_style_tag(content="html { scroll-behavior: auto !important }")
    for place in ("#s1", "#s4", "#annex-2"):
        page.evaluate("place => document.querySelector(place).scrollIntoView()", place)
        page.wait_for_timeout(200)
        marked = page.evaluate(
            """() => { const links = [...document.querySelectorAll('nav.contents a')]
                const colours = links.map(a => getComputedStyle(a).color)
                return links.filter((a, i) => colours.filter(c => c === colours[i]).length === 1).map(a => a.hash) }"""
        )
        assert marked == [place]


def test_the_head_of_an_annex_stays_in_sight(opened):
    """In the middle of the long annex the column heads are at the top of the window."""
    page = opened(1280).page
    row = page.locator("#annex-2 tbody tr").nth(30)
    row.evaluate("row => row.scrollIntoView({block: 'center', behavior: 'instant'})")
    assert abs(page.locator("#annex-2 thead th").first.bounding_box()["y"]) < 2


def test_the_imprint_stands_last_on_the_page(opened):
    """Distribution and print line come before the annexes in the text, and after them to the eye."""
    page = opened(1280).page
    assert page.locator(".imprint").bounding_box()["y"] > page.locator("#annex-2 table").bounding_box()["y"]


def test_charts_stand_beside_their_text_where_there_is_room(opened):
    """On a wide screen a section's chart is at the right of its sentence; elsewhere under it."""
    for width, beside in ((1920, True), (1280, False)):
        page = opened(width).page
        words, drawing = (page.locator(f"#s1 .{part}").first.bounding_box() for part in ("words", "charts"))
        assert (drawing["x"] >= words["x"] + words["width"]) is beside
        assert (drawing["y"] >= words["y"] + words["height"] - 1) is not beside


def test_a_telephone_shows_the_narrow_drawing(opened):
    """One of a chart's two drawings is in sight, whole: the page-wide one where there is room for it."""
    for width, shown in ((360, "narrow"), (768, "wide"), (1280, "wide"), (1920, "wide")):
        page = opened(width).page
        seen = page.locator("#chart-1 svg:visible")
        assert seen.count() == 1
        assert seen.locator("..").get_attribute("class") == shown
        assert seen.bounding_box()["x"] >= 0
        assert seen.bounding_box()["x"] + seen.bounding_box()["width"] <= width


def test_a_chart_drawn_once_keeps_its_width(browser, opened, tmp_path):
    """An analyst's own chart is not made too small to read on a telephone: it is moved sideways, the page is not."""
    path = tmp_path / "own.html"
    path.write_text(exported(notebook(masthead(), "## 甲", chart()), "html"), encoding="utf-8")
    page = opened(360, path=path).page
    assert page.locator("#chart-1 svg").bounding_box()["width"] > 560
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360


def test_dark_is_dark(opened):
    """In a dark setting the page and its charts are dark, with light text."""
    page = opened(1280, "dark").page

    def channel(selector: str, name: str) -> int:
        colour = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{name}")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    assert channel("body", "backgroundColor") < 120
    assert channel("body", "color") > 600
    assert channel("#chart-1 svg text", "fill") > 600


def test_prints_on_a4_without_what_is_for_the_screen(opened, tmp_path):
    """On paper: A4, no contents, no 口径, every row of the annexes, and each annex on a page of its own."""
    page = opened(1280).page
    content = page.pdf(prefer_css_page_size=True, print_background=True)
    pages = pages_text(content)
    text = "".join(pages)
    assert "目录" not in text
    assert "口径" not in text
    for row in ("16筵宾镇2814", "44人寿保险11"):
        assert row in text
    starts = [number for number, each in enumerate(pages) if each.startswith("附件")]
    assert len(starts) == 2
    assert "印发数据截止10月31日" in pages[-1]  # no page for the last line alone


def test_hostile_names_stay_text(browser, opened, tmp_path):
    """A unit named <script>alert(1)</script> shows as those characters; nothing runs, nothing overflows on a telephone."""
    name = "<script>alert(1)</script>" + "很" * 40 + "VeryLongNameWithoutAnySpace" * 4
    nb = notebook(
        masthead(center=name),
        "## 【甲】",
        output(name.replace("<", "\\<")),
        signoff(name),
        imprint(report_to=name),
        annex([[1, name, 123456, 3, "100%", "-"]], title=name),
    )
    path = tmp_path / "hostile.html"
    path.write_text(exported(nb, "html"), encoding="utf-8")
    watched = opened(360, path=path)
    assert watched.page.evaluate("document.scrollingElement.scrollWidth") <= 360
    assert name in watched.page.locator("tbody th").inner_text()
    assert watched.complaints == []
    assert watched.requests == [watched.page.url]


EARLY = """() => {
  const text = document.querySelector('.prose p'), range = document.createRange(), lines = new Map();
  range.selectNodeContents(text);
  for (const box of range.getClientRects()) lines.set(Math.round(box.bottom / 9), Math.max(box.right, lines.get(Math.round(box.bottom / 9)) ?? 0));
  const right = text.getBoundingClientRect().right, size = parseFloat(getComputedStyle(text).fontSize);
  return [...lines.values()].slice(0, -1).map(end => (right - end) / size);
}"""
"""By how many characters each line of the first paragraph but the last is too short."""


def test_no_line_breaks_early_at_a_number(browser, tmp_path):
    """Chromium does where it spaces a marked number, and justifying stretches that line: at no width is one five characters short."""
    text = "交区县办理111件，占转办总量的23.57%；交市直单位办理295件，占转办总量的62.63%；交公用企业办理65件，占转办总量的13.80%。"
    spans = [(*each.span(), "n", each[0]) for each in re.finditer(r"[0-9.]+%?", text)]
    path = tmp_path / "bulletin.html"
    path.write_text(exported(notebook(masthead(), "## 甲", output(text, role="text", spans=spans)), "html"))
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.locator("data").count() >= len(spans)
    page.add_style_tag(content=".prose p { text-align: start !important; text-wrap: wrap !important; }")
    for width in range(400, 760, 12):
        page.set_viewport_size({"width": width, "height": 800})
        assert max(page.evaluate(EARLY)) < 5, width
    page.close()
