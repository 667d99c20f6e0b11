"""Corrections are seen: what moved since an issue was published, by which import, and the issue as it was then."""

import json
import re

import pandas as pd
import pypdfium2
from conftest import hotline

ROW = {
    "工单编号": "TEST-2021-0001", "受理时间": "2021-10-29 09:00:00", "诉求来源": "市级热线", "诉求类别": "求助", "一级分类": "居民生活",
    "二级分类": "路灯", "承办单位": "大店镇", "办结时间": "2021-10-30 09:00:00",
}  # fmt: skip


def late_request(workspace) -> None:
    """One more request of the week, in an export that came later."""
    pd.DataFrame([ROW]).to_excel(workspace / "data/补录_20211110.xlsx", index=False, engine="xlsxwriter")
    hotline(workspace, "import", "data/补录_20211110.xlsx")


def folder(workspace):
    return workspace / "outputs/junan/2021-W43"


def figures(workspace) -> dict:
    return json.loads((folder(workspace) / "figures.json").read_text(encoding="utf-8"))


def test_diff_lists_each_moved_figure_and_the_import_that_moved_it(workspace):
    """From what, to what, and by which file; nothing where nothing moved; the published issue stays as it is."""
    assert "完全相同" in hotline(workspace, "diff", "2021-W43")
    published = (folder(workspace) / "figures.json").read_bytes()
    late_request(workspace)
    said = hotline(workspace, "diff", "2021-W43")
    for moved in (
        "受理总量：1909 → 1910",
        "大店镇承办量：92 → 93",
        "大店镇办结量：67 → 68",
        "居民生活问题件数：291 → 292",
    ):
        assert re.search(rf"{moved}（第 \d+ 版（.*补录_20211110\.xlsx", said), said
    assert "十字路街道承办量" not in said
    assert (folder(workspace) / "figures.json").read_bytes() == published


def test_a_corrected_issue_says_so_and_keeps_saying_so(workspace):
    """The old and the new value stand in the HTML and the PDF, and the next rendering says the same."""
    late_request(workspace)
    hotline(workspace, "render", "2021-W43")
    assert figures(workspace)["corrections"]["total"] == [1909, 1910]
    pdf = pypdfium2.PdfDocument(folder(workspace) / "bulletin.pdf")
    text = re.sub(r"\s", "", "".join(page.get_textpage().get_text_bounded() for page in pdf))
    html = re.sub(r"\s", "", (folder(workspace) / "bulletin.html").read_text(encoding="utf-8"))
    for copy in (text, html):
        assert "受理总量由1909更正为1910" in copy
    before = {
        path.name: path.read_bytes()
        for path in folder(workspace).glob("*")
        if path.suffix in (".html", ".pdf", ".json")
    }
    hotline(workspace, "render", "2021-W43", "--force")
    for name in ("bulletin.html", "bulletin.pdf", "figures.json"):
        assert (folder(workspace) / name).read_bytes() == before[name], name


def test_a_first_printing_is_not_a_correction(workspace):
    """While an issue is still being prepared, its figures may move without a note."""
    late_request(workspace)
    hotline(workspace, "render", "2021-W43", "--first")
    assert figures(workspace)["figures"]["total"] == 1910
    assert "corrections" not in figures(workspace)
    assert "更正" not in (folder(workspace) / "bulletin.html").read_text(encoding="utf-8")


def test_the_issue_as_it_was_at_an_archive_version(workspace):
    """An older version of the archive gives the issue of then, beside today's."""
    was = figures(workspace)
    late_request(workspace)
    hotline(workspace, "render", "2021-W43")
    hotline(workspace, "render", "2021-W43", "--archive-version", str(was["archive_version"]))
    then = json.loads(
        (workspace / f"outputs/junan/2021-W43@{was['archive_version']}/figures.json").read_text(
            encoding="utf-8"
        )
    )
    assert then["figures"] == was["figures"]
    assert figures(workspace)["figures"]["total"] == 1910
