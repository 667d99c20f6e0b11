"""Issue 43 of 2021, reproduced: the first test of everything. Read from the rendered files."""

import json
import re
from pathlib import Path

import material
import pandas as pd
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup
from commands import hotline

from hotline import profiles

DATA = Path(__file__).parent / "data"
PUBLISHED = (DATA / "issue-43.txt").read_text(encoding="utf-8").splitlines()
"""The published text, one line an element, the editor's article and the headers repeated over pages left out."""
IMPRINT = slice(
    next(i for i, line in enumerate(PUBLISHED) if line.startswith("报:")),
    next(i for i, line in enumerate(PUBLISHED) if line.endswith("印发")) + 1,
)
CUTOFF = pd.Timestamp("2021-11-01")


def squeezed(text: str) -> str:
    """Without white space, which is the renderer's."""
    return re.sub(r"\s+", "", text)


def html_text(path: Path) -> str:
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    return squeezed(page.body.get_text())


def pdf_text(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    return squeezed("".join(page.get_textpage().get_text_bounded() for page in document))


def in_order(lines: list[str], text: str) -> None:
    """Every line is in the text, each after the one before."""
    at = 0
    for line in lines:
        found = text.find(squeezed(line), at)
        assert found >= 0, f"“{line}” is not in the text after {text[max(at - 40, 0) : at]!r}"
        at = found + len(squeezed(line))


def figures_of(workspace: Path) -> dict:
    return json.loads((workspace / "outputs/junan/2021-W43/figures.json").read_text(encoding="utf-8"))


def test_the_html_reads_as_published(issue43):
    """Every sentence, heading, list, annex row and remark, character for character, in the published order."""
    in_order(PUBLISHED, html_text(issue43 / "outputs/junan/2021-W43/bulletin.html"))


def test_the_pdf_reads_as_published(issue43):
    """The same of the text that a PDF reader extracts; the imprint (版记) is last, as GB/T 9704 has it."""
    text = pdf_text(issue43 / "outputs/junan/2021-W43/bulletin.pdf")
    lines = PUBLISHED[: IMPRINT.start] + PUBLISHED[IMPRINT.stop :] + PUBLISHED[IMPRINT]
    in_order(lines, re.sub(r"—\d+—", "", text))


def test_the_figures_are_the_published_ones(issue43):
    """figures.json holds issue-43.yml, entry by entry."""
    seed = yaml.safe_load((DATA / "issue-43.yml").read_text(encoding="utf-8"))
    content = figures_of(issue43)
    figures = content["figures"]
    assert (content["center"], content["period"], content["issue"]) == ("junan", "2021-W43", 43)
    assert (content["starts"], content["ends"], content["published"]) == (
        "2021-10-25",
        "2021-10-31",
        "2021-11-05",
    )
    for name in ("total", "previous_total", "daily_mean", "channels", "handlings", "closed"):
        assert figures[name] == seed[name], name
    assert list(figures["channels"]) == list(seed["channels"])
    assert figures["change"] == seed["change_on_previous"]
    assert [[kind, block["count"], block["share"]] for kind, block in figures["kinds"].items()] == [
        [kind, count, share] for kind, (count, share) in seed["kinds"].items()
    ]
    for group, printed in (("towns", seed["top_towns"]), ("departments", seed["top_departments"])):
        block = figures["top_units"][group]
        assert [block["count"], block["share"]] == printed
        assert block["units"] == [row[0] for row in seed["unit_groups"][group][:5]]
    assert [[topic, *block.values()] for topic, block in figures["topics"].items()] == [
        [topic, *values] for topic, values in seed["topics"].items()
    ]
    assert list(figures["topics_total"].values()) == seed["topics_total"]
    for group, rows in seed["unit_groups"].items():
        printed = [[*row[:3], *("-" if rate is None else f"{rate}%" for rate in row[3:])] for row in rows]
        assert [list(row.values()) for row in figures["units"][group]] == printed


def before_the_cut_off(path: Path, target: Path) -> None:
    """The same export with every request, closing and visit at or after the cut-off taken out."""
    profile = profiles.load("junan")
    rows = pd.read_excel(path, engine="calamine", dtype=object)
    names = {
        column: next(h for h in headers if h in rows.columns) for column, headers in profile.columns.items()
    }
    late = {
        name: pd.to_datetime(rows[names[name]], errors="coerce") >= CUTOFF
        for name in ("requested_at", "closed_at", "visited_at")
    }
    assert all(each.any() for each in late.values()) or "20211025" in path.name
    rows.loc[late["closed_at"], names["closed_at"]] = None
    rows.loc[
        late["visited_at"], [names[name] for name in ("visited_at", "service_rating", "result_rating")]
    ] = None
    rows[~late["requested_at"]].to_excel(target, sheet_name="工单明细", index=False, engine="xlsxwriter")


def test_what_happened_after_the_cut_off_changes_nothing(issue43, tmp_path):
    """Rule 8: the exports without anything later give the same issue, byte for byte."""
    other = material.workspace(tmp_path / "other", issues=True)
    (other / "data").mkdir()
    for path in sorted((issue43 / "data/exports").glob("*.xlsx")):
        before_the_cut_off(path, other / "data" / path.name)
    # Exports that end days before their moment do not say that their last day is whole.
    whole = ["--covers", "2021-10-18:2021-10-31"]
    hotline(other, "import", *sorted((other / "data").glob("*.xlsx")), *whole)
    hotline(other, "render", "2021-W43")
    for name in ("figures.json", "bulletin.html", "bulletin.pdf"):
        one, two = (w / "outputs/junan/2021-W43" / name for w in (issue43, other))
        assert one.read_bytes() == two.read_bytes(), name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "2021-W10"], ["2021-W10", "2021年10月18日至2021年11月4日"]),
        (["render", "2021-W60"], ["2021-W60"]),
        (["render", "2021-W43", "--center", "nowhere"], ["nowhere", "params/nowhere/center.yml", "junan"]),
        (["import", "no-such-file.xlsx"], ["no-such-file.xlsx"]),
    ],
)
def test_what_cannot_be_done_is_said_in_chinese(issue43, words, said):
    """Bad input: exit 1, no traceback, and the message names what was looked for and what there is."""
    message = hotline(issue43, *words, code=1)
    for part in said:
        assert part in message
    assert re.search(r"[\u4e00-\u9fff]", message)


def test_an_issue_that_fails_a_check_is_not_written(workspace):
    """A number typed into a sentence is found, named, and the published issue stays as it was."""
    notebook = workspace / "notebooks/bulletin.ipynb"
    published = (workspace / "outputs/junan/2021-W43/bulletin.html").read_bytes()
    text = notebook.read_text(encoding="utf-8")
    assert "日均{daily_mean}件" in text
    notebook.write_text(text.replace("日均{daily_mean}件", "日均274件"), encoding="utf-8")
    assert "274" in hotline(workspace, "render", "2021-W43", "--force", code=1)
    assert (workspace / "outputs/junan/2021-W43/bulletin.html").read_bytes() == published


def test_a_hostile_unit_name_shows_as_its_characters(workspace):
    """All text is escaped: a unit named like a script is a unit with that name, in a group of its own."""
    name = "<script>alert(1)</script>{{7*7}}#import|`x`"
    rows = pd.DataFrame(
        {
            "工单编号": ["TEST-0001"],
            "受理时间": ["2021-10-28 09:00:00"],
            "诉求来源": ["市级热线"],
            "诉求类别": ["求助"],
            "一级分类": ["居民生活"],
            "二级分类": ["路灯"],
            "承办单位": [name],
        }
    )
    rows.to_excel(workspace / "data/12345工单导出_20211106.xlsx", index=False, engine="xlsxwriter")
    hotline(workspace, "import", "data/12345工单导出_20211106.xlsx")
    hotline(workspace, "render", "2021-W43")
    for row in figures_of(workspace)["figures"]["units"]["unknown"]:
        assert row["unit"] == name
    folder = workspace / "outputs/junan/2021-W43"
    assert "<script" not in (folder / "bulletin.html").read_text(encoding="utf-8")
    assert squeezed(name) in html_text(folder / "bulletin.html")
    assert squeezed(name) in pdf_text(folder / "bulletin.pdf")


def test_an_issue_without_article_and_without_an_earlier_week(workspace):
    """Rules 4 and 9: no article, no 【热线信息】; nothing to compare with, no comparison anywhere."""
    hotline(workspace, "render", "2021-W42", "--to", "html")
    folder = workspace / "outputs/junan/2021-W42"
    text = html_text(folder / "bulletin.html")
    assert (
        "2021年第42周（10月18日至10月24日），12345政务服务热线共受理市民诉求1626件，日均232件。其中，" in text
    )
    assert "【热线信息】" not in text
    assert "上周" not in text
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))["figures"]
    assert (figures["previous_total"], figures["change"]) == (None, None)


def test_flipping_the_weeks_flips_the_word(workspace):
    """The word follows the number: with the two weeks' dates exchanged, 增加17.40% becomes 减少14.82%."""
    moved = pd.DataFrame({"工单编号": [f"FLIP-{n:05d}" for n in range(1626 + 1909)]})
    moved["受理时间"] = [f"2022-03-{1 + n % 6:02d} 10:00:00" for n in range(1909)] + [
        f"2022-03-{7 + n % 7:02d} 10:00:00" for n in range(1626)
    ]
    moved.to_csv(workspace / "data/调换_20220314.csv", index=False, encoding="utf-8-sig")
    hotline(workspace, "import", "data/调换_20220314.csv", "--covers", "2022-02-28:2022-03-13")
    hotline(workspace, "render", "2022-W10", "--to", "html")
    text = html_text(workspace / "outputs/junan/2022-W10/bulletin.html")
    assert "共受理市民诉求1626件，日均232件，较上周减少14.82%。" in text
    assert "未注明" not in text  # a channel that no request has is absent
