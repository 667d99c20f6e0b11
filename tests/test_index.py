"""The index page: every issue of a center, newest first, from the figures alone; and the links between issues."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import material
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from hotline import periods, profiles
from hotline.batch import batch
from hotline.batch.batch import Options
from hotline.publishing import index, inputs


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace without an archive: the index needs none."""
    monkeypatch.setenv("HOTLINE_HOME", str(material.workspace(tmp_path / "home")))
    return tmp_path / "home"


def publish(home: Path, name: str, total: int, previous: int | None, *files: str) -> None:
    """An issue's figures.json, and empty files beside it."""
    folder = home / "outputs" / "junan" / name
    folder.mkdir(parents=True)
    period = profiles.load("junan").period(name)
    content = {
        "center": "junan",
        "period": name,
        "issue": period.number,
        "published": str(period.published),
        "figures": {"total": total, "previous_total": previous},
    }
    (folder / "figures.json").write_text(json.dumps(content))
    for file in files:
        (folder / file).write_text("")


class Page(HTMLParser):
    """Rows as lists of texts, and every link."""

    def __init__(self, text: str):
        super().__init__()
        self.rows, self.links, self.points, self.in_row = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "tr":
            self.rows.append([])
            self.in_row = True
        elif tag == "a":
            self.links.append(attributes["href"])
        elif tag == "polyline":
            self.points.append(attributes["points"])

    def handle_endtag(self, tag):
        self.in_row &= tag != "tr"

    def handle_data(self, data):
        if self.in_row and data.strip():
            self.rows[-1].append(" ".join(data.split()))


def test_nothing_active_could_run(home):
    """The policy of an issue's page: nothing is fetched or run, no form goes anywhere, no link is turned aside."""
    publish(home, "2021-W43", 1909, 1626)
    text = index.write(profiles.load("junan")).read_text("utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'" in text


def test_lists_every_issue_newest_first(home):
    """One row an issue, over the turn of a year, with number, days, date, total, change and links to what there is."""
    publish(home, "2020-W53", 100, None, "bulletin.html", "bulletin.pdf")
    publish(home, "2021-W01", 90, 100, "bulletin.html", "bulletin.docx")
    publish(home, "2021-W02", 90, 90, "bulletin.ipynb")
    page = Page(index.write(profiles.load("junan")).read_text())
    assert [row for row in page.rows if "印发日期" not in row] == [
        ["2021年第2周 第2期", "1月11日至1月17日", "2021年1月22日", "90件", "持平"],
        ["2021年第1周", "第1期", "1月4日至1月10日 ·", "Word", "2021年1月15日", "90件", "减少10.00%"],
        ["2020年第53周", "第53期", "2020年12月28日至2021年1月3日 ·", "PDF", "2021年1月8日", "100件", "—"],
    ]
    assert [link for link in page.links if not link.startswith("#")] == [
        "2021-W01/bulletin.html",
        "2021-W01/bulletin.docx",
        "2020-W53/bulletin.html",
        "2020-W53/bulletin.pdf",
    ]
    assert [len(points.split()) for points in page.points] == [
        3,
        3,
        2,
    ]  # of all weeks, and of the two that have an earlier one


def test_weeks_and_months_stand_apart(home):
    """Each grain has a part of its own with its trend, plain links lead to each year, and the newest is told when shared."""
    for name, total in (("2020-W53", 80), ("2021-W01", 100), ("2021-W02", 90), ("2021-01", 400)):
        publish(home, name, total, 100 if name == "2021-W02" else None, "bulletin.html")
    text = index.write(profiles.load("junan")).read_text()
    page = BeautifulSoup(text, "html.parser")
    assert [part.h2.text for part in page.find_all("section")] == ["每周", "每月"]
    assert [link["href"] for link in page.nav.find_all("a")] == ["#week-2021", "#week-2020", "#month-2021"]
    assert all(page.find(id=link["href"][1:]) for link in page.nav.find_all("a"))
    assert [row["id"] for row in page.section.select("tbody tr")] == ["2021-W02", "2021-W01", "2020-W53"]
    assert "最少80件，最多100件" in page.section.figcaption.text
    assert not page.find_all("section")[1].find("figure")
    told = page.find("meta", attrs={"property": "og:description"})["content"]
    assert told.endswith("共4期；最新一期2021年第2周受理90件，较上周减少10.00%。")
    assert page.find("meta", attrs={"name": "description"})["content"] == told


def test_is_the_same_whatever_came_before(home):
    """After any order of partial batches the page is that of the figures that there are."""
    publish(home, "2021-W02", 90, None)
    index.write(profiles.load("junan"))
    publish(home, "2021-W01", 90, None)
    later = index.write(profiles.load("junan")).read_text()
    (home / "outputs/junan/index.html").unlink()
    assert index.write(profiles.load("junan")).read_text() == later


def test_passes_over_what_is_no_issue(home):
    """Folders of other names, broken or foreign figures, issues at an archive version: not listed, not in the way."""
    publish(home, "2021-W02", 90, None)
    outputs = home / "outputs" / "junan"
    for name, text in (("草稿", "{}"), ("2021-W03", "{"), ("2021-W04", "[]"), ("2021-W02@3", '{"issue": 1}')):
        (outputs / name).mkdir()
        (outputs / name / "figures.json").write_text(text)
    assert [str(entry.period) for entry in index.entries(profiles.load("junan"), outputs)] == ["2021-W02"]


def test_a_centers_index_is_called_as_its_issues_are(home):
    """A center of quarters that names itself by another grain, or by none: the index is in the word of its own."""
    path = home / "params/junan/center.yml"
    path.write_text(path.read_text().replace("title: 热线周报", "title: 热线运行月报\ngrain: quarter"))
    text = index.write(profiles.load("junan")).read_text()
    assert "<h1>热线运行季报</h1>" in text
    assert "还没有已生成的季报" in text


def test_names_show_as_their_characters(home):
    """A center's name with markup in it is text on the page."""
    path = home / "params/junan/center.yml"
    path.write_text(path.read_text().replace("title: 热线周报", 'title: "<script>alert(1)</script>"'))
    publish(home, "2021-W02", 90, None)
    text = index.write(profiles.load("junan")).read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text


@given(st.lists(st.integers(0, 10**7), max_size=index.TREND))
def test_trend_stays_in_its_frame(totals):
    """Every point of a trend lies in the picture, from left to right, the newest at the right edge; higher is more."""
    points = [tuple(map(float, point.split(","))) for point in index.sparkline(totals).split()]
    assert len(points) == (len(totals) if len(totals) > 1 else 0)
    assert all(0 <= x <= 96 and 0 <= y <= 22 for x, y in points)
    assert [x for x, _ in points] == sorted({x for x, _ in points})
    for (_, y1), (_, y2), n1, n2 in zip(points, points[1:], totals, totals[1:], strict=False):
        assert (y2 <= y1) if n2 >= n1 else (y2 >= y1)


@given(st.sets(st.integers(0, 300), max_size=20), st.sampled_from(periods.GRAINS))
def test_links_lead_to_the_nearest_issues_there_are(numbers, grain):
    """Before and after are the nearest existing issues of the same kind; the first and the last lack one."""
    start = periods.containing(periods.date(2019, 12, 30), grain)
    chosen = sorted(start.shift(number) for number in numbers)
    found = index.links(chosen[::-1])
    assert set(found) == set(chosen)
    for place, period in enumerate(chosen):
        near = {name: link["href"] for name, link in found[period].items() if name != "index"}
        expected = {}
        if place:
            expected["previous"] = f"../{chosen[place - 1]}/bulletin.html"
        if place + 1 < len(chosen):
            expected["next"] = f"../{chosen[place + 1]}/bulletin.html"
        assert near == expected
        assert found[period]["index"]["href"] == "../index.html"


def dead(home: Path) -> list[str]:
    """Links between the pages of a center that lead nowhere."""
    found = []
    for page in (home / "outputs" / "junan").rglob("*.html"):
        links = (link for link in Page(page.read_text()).links if not re.match(r"[a-z]+:", link))
        for link in links:
            file, _, anchor = link.partition("#")
            target = (page.parent / file).resolve() if file else page
            if not target.is_file() or (anchor and f'id="{anchor}"' not in target.read_text()):
                found.append(f"{page.name}: {link}")
    return found


def near(home: Path, name: str) -> dict:
    """The neighbours to which an issue's page links."""
    links = set(Page((home / "outputs/junan" / name / "bulletin.html").read_text()).links)
    return {link.split("/")[1] for link in links if link.startswith("../2")}


def test_every_issue_links_to_the_one_before_and_after(home):
    """Rendered out of order, with a failure between, or removed: links go to the nearest issues, none is dead, and the
    pages are those of one rendering in order."""
    material.fill(home, material.handlings("2021-W01", 8))
    material.tiny_notebook(home, "assert period != '2021-W04'")

    def render(*texts):
        return [
            each.status for each in batch.render(batch.wanted(["junan"], texts), Options(formats=("html",)))
        ]

    assert render("2021-W05") == ["rendered"]
    assert near(home, "2021-W05") == set()
    assert sorted(render("2021-W03:2021-W04")) == ["failed", "rendered"]
    assert (near(home, "2021-W03"), near(home, "2021-W05")) == ({"2021-W05"}, {"2021-W03"})
    material.tiny_notebook(home)
    assert "failed" not in render("2021-W02:2021-W06")
    assert near(home, "2021-W04") == {"2021-W03", "2021-W05"}
    assert dead(home) == []
    pages = material.published(home, names=("bulletin.html", "index.html"))
    shutil.rmtree(home / "outputs")
    render("2021-W02:2021-W06")
    assert material.published(home, names=("bulletin.html", "index.html")) == pages
    shutil.rmtree(home / "outputs/junan/2021-W04")
    assert render("2021-W06") == ["unchanged"]
    assert (near(home, "2021-W03"), near(home, "2021-W05")) == (
        {"2021-W02", "2021-W05"},
        {"2021-W03", "2021-W06"},
    )
    assert dead(home) == []
    assert (
        inputs.record(home / "outputs/junan/2021-W05")["links"]["previous"]["href"]
        == "../2021-W03/bulletin.html"
    )
