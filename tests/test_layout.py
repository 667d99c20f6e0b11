"""Thirteen issues that are hard to lay out, on a telephone, a screen and paper: every text box is measured.

In chromium and in the PDF: nothing is cut off, nothing lies over something else, text is high enough and stands out.
"""

import ctypes
import re
from pathlib import Path

import documents
import material
import nbformat
import numpy as np
import pandas as pd
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import yaml
from commands import hotline
from playwright.sync_api import sync_playwright
from test_html_browser import CHROMIUM, QUIET, chinese
from test_issue43 import IMPRINT, PUBLISHED, html_text, in_order, pdf_text

from hotline import periods

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no chromium at {CHROMIUM}")
MEASURED = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")
MM = 72 / 25.4
LONG = [
    "综合行政执法大队直属机动第三中队夜间施工噪声扰民专项整治办公室",
    "鸡龙河湿地公园管理服务中心",
    "国家税务总局某县税务局第一税务分局（办税服务厅）纳税服务股",
    "城区供热运行调度与应急抢修指挥中心",
]
ENGLISH = [
    "UNSANITARY CONDITION",
    "Department of Housing Preservation and Development",
    "Mobile/Open311",
    "HEAT/HOT WATER – ENTIRE BUILDING",
]


def weeks(first: str, count: int, requests: int = 60, **columns: list[str]) -> pd.DataFrame:
    """Invented weeks, with other names in some columns."""
    frame, random = material.handlings(first, count, requests), np.random.default_rng(7)
    for column, names in columns.items():
        # The first names are the more frequent ones: bars of all lengths.
        frame[column] = np.array(names)[
            np.minimum(random.exponential(len(names) / 3, len(frame)), len(names) - 1).astype(int)
        ]
    return frame.assign(
        subtopic=frame["subtopic"] if "subtopic" in columns else frame["topic"] + "的某一方面"
    )


def only(period: str, requests: int) -> pd.DataFrame:
    """Three weeks of which the last has its first requests alone."""
    frame = weeks("2021-W41", 3)
    last = frame["requested_at"] >= periods.parse(period).start
    return frame[~last | (last.cumsum() <= requests)].reset_index(drop=True)


def until(day: str) -> pd.DataFrame:
    """Thirteen weeks of which the last ends early, as an export of that day has it."""
    frame = weeks("2021-W31", 13).assign(exported_at=pd.Timestamp(day))
    return frame[frame["requested_at"] < day].reset_index(drop=True)


CASES = {
    "long": ("2021-W43", lambda: weeks("2021-W31", 13, unit=LONG, topic=LONG, subtopic=LONG, kind=LONG)),
    "english": (
        "2021-W43",
        lambda: weeks("2021-W31", 13, unit=ENGLISH, topic=ENGLISH, subtopic=ENGLISH, channel=ENGLISH),
    ),
    "units": (
        "2021-W43",
        lambda: weeks("2021-W41", 3, 3000, unit=[f"第{n}社区居民委员会" for n in range(1, 201)]),
    ),
    "one": ("2021-W43", lambda: only("2021-W43", 1)),
    "none": ("2021-W43", lambda: weeks("2021-W41", 3).assign(unit=None, topic=None, subtopic=None)),
    "digits": ("2021-W43", lambda: weeks("2021-W40", 4, 99_000)),
    "month": ("2021-10", lambda: weeks("2020-W36", 61)),
    "quarter": ("2021-Q3", lambda: weeks("2020-W23", 75)),
    "year": ("2021", lambda: weeks("2020-W01", 106)),
    "two": ("2021-W43", lambda: weeks("2021-W42", 2)),
    "incomplete": ("2021-W43", lambda: until("2021-10-28")),
    "sections": ("2021-W43", lambda: weeks("2019-W43", 106, 120)),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A workspace with a center for each case, and junan's with the sample as it is written: every issue rendered."""
    home = material.workspace(tmp_path_factory.mktemp("layout"), issues=True)
    profile = yaml.safe_load((home / "params/junan/center.yml").read_text(encoding="utf-8"))
    tags = [
        tag
        for cell in nbformat.read(home / documents.NOTEBOOK, 4).cells
        for tag in cell.metadata.get("tags", ())
    ]
    every = list(dict.fromkeys(tag.split(":")[1] for tag in tags if tag.startswith("section:")))
    for case, (period, frame) in CASES.items():
        own = profile | {"name": f"{case}12345政务服务热线受理中心", "paper_cards": True}
        own |= {"sections": every} if case == "sections" else {}
        folder = home / "params" / case
        folder.mkdir()
        (folder / "center.yml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
        until = periods.parse(period).ends if case == "one" else None
        material.fill(home, frame(), case, until)
        more = ["--allow-incomplete"] if case == "incomplete" else []
        hotline(home, "render", period, "--center", case, "--to", "html,pdf", *more)
    hotline(home, "sample", "data/exports")
    hotline(home, "import", "data/exports", "--center", "junan")
    hotline(home, "render", "2021-W43", "--center", "junan")
    return home


@pytest.fixture(scope="module")
def browser():
    """One chromium for all, with the packaged Chinese fonts beside the machine's."""
    with sync_playwright() as playwright, chinese() as environment:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=QUIET.split(), env=environment
        )
        yield browser
        browser.close()


ISSUES = [("junan", "2021-W43"), *((case, period) for case, (period, _) in CASES.items())]


@pytest.mark.parametrize(("case", "period"), ISSUES)
def test_every_text_on_the_page_is_whole_apart_and_readable(home, browser, case, period):
    """At 360, 1280 and 1920 pixels, light and dark: no text is cut off or over another, none is lower than 11 px or fainter than 4.5:1."""
    page = browser.new_page()
    page.goto((home / "outputs" / case / period / "bulletin.html").as_uri())
    wrong = {}
    for width in (360, 1280, 1920):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            measured = page.evaluate(MEASURED)
            assert measured["texts"] > 40
            wrong |= {(width, scheme): measured["wrong"]} if measured["wrong"] else {}
    page.close()
    assert wrong == {}


@pytest.mark.parametrize(("case", "period"), ISSUES)
def test_every_text_on_paper_is_whole_apart_and_even(home, case, period):
    """In the PDF: no line leaves the page's margins, none lies over another, none is stretched by more than a third."""
    wrong = []
    for number, page in enumerate(
        pypdfium2.PdfDocument(home / "outputs" / case / period / "bulletin.pdf"), 1
    ):
        text = page.get_textpage()
        boxes = sorted((text.get_rect(at) for at in range(text.count_rects())), key=lambda box: box[1])
        named = [(box, text.get_text_bounded(*box).strip()) for box in boxes]
        wrong += [(number, "outside", said) for box, said in named if box[0] < 25 * MM or box[2] > 187 * MM]
        for at, ((left, bottom, right, top), said) in enumerate(named):
            lean = (top - bottom) * 0.25
            for (left2, bottom2, right2, top2), other in named[at + 1 :]:
                apart = (
                    min(right, right2) - max(left, left2) < 1 or min(top, top2) - max(bottom, bottom2) < lean
                )
                wrong += [] if apart or not said or not other else [(number, said, other)]
        wrong += [(number, "stretched", each) for each in stretched(text)]
    assert wrong == []


def stretched(text: pypdfium2.PdfTextPage) -> list[str]:
    """Pairs of Chinese characters on one line of running text that stand further apart than a third of their size."""
    found, before = [], None
    for at in range(text.count_chars()):
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        size, char = pdfium.FPDFText_GetFontSize(text, at), chr(pdfium.FPDFText_GetUnicode(text, at))
        now = (char, x.value, y.value) if "一" <= char <= "鿿" and 13 < size < 18 else None
        if now and before and abs(now[2] - before[2]) < 1 and size * 1.33 < now[1] - before[1] < size * 2:
            found.append(before[0] + now[0])
        before = now
    return found


def test_the_sample_as_it_is_written_reads_as_published(home):
    """With the eleven weeks before, which its trend shows, issue 43's text is the published one."""
    folder = home / "outputs/junan/2021-W43"
    lines = PUBLISHED[: IMPRINT.start] + PUBLISHED[IMPRINT.stop :] + PUBLISHED[IMPRINT]
    in_order(lines, re.sub(r"—\d+—", "", pdf_text(folder / "bulletin.pdf")))
    assert "近13周受理量" in html_text(folder / "bulletin.html")


def test_pages_are_filled(home):
    """Issue 43's pages are full to three quarters and more: none is half empty."""
    for page in pypdfium2.PdfDocument(home / "outputs/junan/2021-W43/bulletin.pdf"):
        text = page.get_textpage()
        feet = [text.get_rect(at)[1] / MM for at in range(text.count_rects())]
        assert min(foot for foot in feet if foot > 35 - 1) < 35 + 225 / 4
