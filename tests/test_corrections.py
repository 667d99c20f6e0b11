"""Corrections are seen: what moved since an issue was published, by which import, and the issue as it was then."""

import json
import re

import pandas as pd
import pypdfium2
import yaml
from commands import hotline

ROW = {
    "工单编号": "TEST-2021-0001",
    "受理时间": "2021-10-29 09:00:00",
    "诉求来源": "市级热线",
    "诉求类别": "求助",
    "一级分类": "居民生活",
    "二级分类": "路灯",
    "承办单位": "大店镇",
    "办结时间": "2021-10-30 09:00:00",
}


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


def regroup(workspace) -> None:
    """Two towns become departments in the profile; no data change."""
    profile = workspace / "params/junan/center.yml"
    content = yaml.safe_load(profile.read_text(encoding="utf-8"))
    groups = content["unit_groups"]
    for unit in ("大店镇", "团林镇"):
        groups["towns"]["units"].remove(unit)
        groups["departments"]["units"].append(unit)
    profile.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def test_what_the_profile_moves_is_no_correction(workspace):
    """The analyst is told, by `diff` and by `render`; the readers are not."""
    regroup(workspace)
    said = hotline(workspace, "diff", "2021-W43")
    assert "大店镇承办量：92 → 无（名册、参数或笔记本的改动，不算更正）" in said
    said = hotline(workspace, "render", "2021-W43", "--to", "html")
    assert "处的数不同，是名册、参数、笔记本或程序的改动引起的，不写更正：" in said
    assert "大店镇承办量 92 → 无" in said
    assert "corrections" not in figures(workspace)
    assert "更正" not in (folder(workspace) / "bulletin.html").read_text(encoding="utf-8")


def test_of_a_change_of_both_the_data_s_alone_is_a_correction(workspace):
    """A unit that moved to another group and got one more request: its count is corrected under its new group; and the
    next change of data is still measured from the first printing."""
    regroup(workspace)
    late_request(workspace)
    said = hotline(workspace, "render", "2021-W43", "--to", "html")
    moved = figures(workspace)["corrections"]
    assert moved["total"] == [1909, 1910]
    assert moved["units.departments.大店镇.handled"] == [92, 93]
    assert not [name for name in moved if "团林镇" in name or name.startswith("units.towns")]
    assert "不写更正" in said
    profile = workspace / "params/junan/center.yml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("title: 热线周报", "title: 热线简报"))
    hotline(workspace, "render", "2021-W43", "--to", "html")
    assert figures(workspace)["corrections"] == moved


def test_an_issue_of_which_words_alone_would_change_is_remade_when_it_is_asked_for(workspace):
    """In a range it stays as it is, is told of, and costs nothing the next time; by name, or by --force, it is made."""
    html = folder(workspace) / "bulletin.html"
    hotline(workspace, "render", "2021-W42", "--to", "html")
    before = html.read_bytes()
    profile = workspace / "params/junan/center.yml"
    profile.write_text(
        profile.read_text(encoding="utf-8").replace("citizens: 市民诉求", "citizens: 群众诉求")
    )
    for _ in range(2):
        said = hotline(workspace, "render", "2021-W42:2021-W43", "--to", "html")
        assert "junan 2021-W43：文字有变，未重做" in said
        assert html.read_bytes() == before
    assert json.loads((folder(workspace) / "inputs.json").read_bytes())["kept"]["made_from"]
    hotline(workspace, "render", "2021-W43", "--to", "html")
    assert "共受理群众诉求" in re.sub(r"<[^>]*>", "", html.read_text(encoding="utf-8"))
    assert "corrections" not in figures(workspace)
