"""The analyst's desk: JupyterLab opens clean and shows the issue; sections rerun alone; errors say what to change."""

import copy
import json
import re
import shutil
from pathlib import Path

import desk
import documents
import nbformat
import pytest
from commands import hotline
from conftest import PROJECT
from nbclient import NotebookClient

NOTEBOOK = PROJECT / "notebooks" / "bulletin.ipynb"
HANDBOOK = "docs/analyst.zh.md"
SENTENCES_43 = (
    "2021年第43周（10月25日至10月31日），12345政务服务热线共受理市民诉求1909件，日均273件，较上周增加17.40%。",
    "求助类1293件，占67.73%；投诉举报类610件，占31.95%；建议类6件。",
    "承办量排名前五位的镇街分别是十字路街道、大店镇、团林镇、岭泉镇、板泉镇，占诉求总量的35.67%。",
    "居民生活、城市管理、卫生、农村工作、住房与房地产五个方面诉求量较大，占诉求总量的50.03%。",
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def kernel(workspace) -> NotebookClient:
    """A client with a kernel's working directory as JupyterLab sets it, for the notebook."""
    nb = nbformat.read(NOTEBOOK, as_version=4)
    return NotebookClient(
        nb, timeout=300, resources={"metadata": {"path": str(workspace / "notebooks")}}, allow_errors=True
    )


@pytest.fixture(scope="module")
def running(issue43):
    """One such client with its kernel running, as an analyst's who tries one parameter after the other."""
    client = kernel(issue43)
    with client.setup_kernel():
        yield client


def shown(cell) -> list:
    return [
        {name: value for name, value in output.items() if name != "execution_count"}
        for output in cell.outputs
    ]


def test_every_section_reruns_alone_with_the_same_result(issue43):
    """After a first run each cell, in whatever order, shows again exactly what it showed, and the figures check."""
    client = kernel(issue43)
    with client.setup_kernel():
        code = [(at, cell) for at, cell in enumerate(client.nb.cells) if cell.cell_type == "code"]
        for at, cell in code:
            client.execute_cell(cell, at)
        first = {at: copy.deepcopy(shown(cell)) for at, cell in code}
        assert not [
            output for outputs in first.values() for output in outputs if output["output_type"] == "error"
        ]
        for at, cell in reversed(code[2:]):
            client.execute_cell(cell, at)
            assert shown(cell) == first[at], cell.source


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"period": "2021-W99"}, "没有“2021-W99”这个周期：请核对年份和序号"),
        ({"period": "上周"}, "看不懂周期“上周”：周写作 2021-W43，月写作 2021-10"),
        (
            {"period": "2020-W01"},
            "档案里没有 2020-W01（2019年12月30日至2020年1月5日）的诉求。莒南县12345政务服务热线受理中心的档案现有：",
        ),
        ({"center": "nowhere"}, "没有“nowhere”这个中心：找不到 params/nowhere/center.yml。现有中心："),
        (
            {"article": "没有.md"},
            "找不到文章 params/junan/没有.md（article 写的是“没有.md”）。请补上这个文件",
        ),
        ({"archive": "data/nothing"}, "请先用 hotline import 导入平台的导出文件"),
        ({"published": "下周五"}, "published：应是日期，如 2021-11-05"),
        ({"issue": "四十三"}, "issue：应是整数"),
    ],
)
def test_an_error_ends_with_what_to_change(running, parameters, message):
    """The last line of the traceback, where an analyst looks, is the message in Chinese: what was found, what to do."""
    running.nb = nbformat.read(NOTEBOOK, as_version=4)
    for name, value in parameters.items():
        running.nb.cells[0].source += f"\n{name} = {value!r}"
    for at in (0, 2):
        running.execute_cell(running.nb.cells[at], at)
    (error,) = [output for output in running.nb.cells[2].outputs if output["output_type"] == "error"]
    assert message in ANSI.sub("", error["traceback"][-1]).splitlines()[-1]


def words(page: Path) -> str:
    """A page without the marks around its figures."""
    return re.sub("</?data[^>]*>", "", page.read_text(encoding="utf-8"))


def test_the_handbooks_new_section_works_as_printed(workspace):
    """Exactly its cells, put where it says: heading, sentence and chart in the page, figures in figures.json."""
    cells = [
        block for block in documents.blocks(HANDBOOK, "十行加一节") if block[0] in ("markdown", "python")
    ]
    assert [language for language, _ in cells] == ["markdown", "python", "python", "python"]
    assert sum(content.count("\n") for language, content in cells if language == "python") <= 13
    path = workspace / "notebooks" / "bulletin.ipynb"
    nb = nbformat.read(path, as_version=4)
    place = next(at for at, cell in enumerate(nb.cells) if "【办理情况】" in cell.source)
    make = {"markdown": nbformat.v4.new_markdown_cell, "python": nbformat.v4.new_code_cell}
    nb.cells[place:place] = [make[language](content.rstrip("\n")) for language, content in cells]
    nbformat.write(nb, path)
    hotline(workspace, "render", "2021-W42", "2021-W43", "--to", "html")
    made = json.loads((workspace / "outputs/junan/2021-W42/figures.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    page = words(workspace / "outputs/junan/2021-W42/bulletin.html")
    assert made["inquiries"]["count"] == made["kinds"]["咨询"]["count"] > 0
    assert "（四）咨询类热点" in page
    assert f"咨询类诉求{made['inquiries']['count']}件" in page
    charts = (workspace / "outputs/junan/2021-W42/bulletin.ipynb").read_text().count('"image/svg+xml"')
    assert page.count("<svg") == 2 * charts > 0  # for a wide page and a narrow one
    assert "咨询类热点" in re.sub(r"（四）咨询类热点", "", page)
    assert "咨询类热点" not in (workspace / "outputs/junan/2021-W43/bulletin.html").read_text(
        encoding="utf-8"
    )


def test_the_handbooks_walk_to_a_new_centers_first_bulletin(workspace):
    """Its commands in its order, the marks filled in between, end with the first bulletin."""
    steps = [line.split() for line in documents.commands(HANDBOOK, "十分钟接入一个新中心")]
    assert [words[1] for words in steps] == ["new", "import", "import", "render"]
    new, look, take, render = (words[1:] for words in steps)
    shutil.copy(sorted((workspace / "data/exports").glob("*.xlsx"))[-1], workspace / "导出.xlsx")
    hotline(workspace, *new)
    hotline(workspace, *look)
    hotline(workspace, *take)
    assert "待填" in hotline(workspace, *render, code=1)
    profile = workspace / "params" / new[1] / "center.yml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("待填", "测试县"), encoding="utf-8")
    hotline(workspace, *render)
    assert (workspace / "outputs" / new[1] / render[1] / "bulletin.pdf").is_file()
    page = words(workspace / "outputs" / new[1] / render[1] / "bulletin.html")
    assert "共受理市民诉求1909件" in page


@pytest.mark.skipif(desk.CHROMIUM is None, reason="no chromium on this machine: `apt install chromium`")
def test_jupyterlab_opens_clean_and_shows_the_issue_then_another_week(workspace, tmp_path):
    """`hotline lab`, in Chinese, all cells run, the sentences of issue 43; saved, the file is as it was, and the page of it is
    shown under the check; another period in the first cell, the other week's; mistakes explained under their cell."""
    from playwright.sync_api import sync_playwright

    shutil.rmtree(workspace / "outputs")
    master = (workspace / "notebooks/bulletin.ipynb").read_bytes()
    with desk.lab(workspace, tmp_path / "home") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=desk.CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        lab = desk.Desk(page)
        lab.open(address)
        page.wait_for_timeout(3000)  # what would ask, asks within a second or two
        assert lab.complaints() == []
        assert page.locator(".jp-Notebook .jp-Cell").first.inner_text().count("#") == 6

        lab.run_all()
        assert lab.complaints() == []
        for sentence in SENTENCES_43:
            assert sentence in lab.said()
        sentence = page.get_by_text("共受理市民诉求1909件").first
        sentence.scroll_into_view_if_needed()
        assert sentence.is_visible()
        assert page.locator(".jp-RenderedSVG img").count() >= 5

        lab.save()
        assert (workspace / "notebooks/bulletin.ipynb").read_bytes() == master
        page.get_by_text("预览这一期的网页").click()
        page.locator("iframe[name=hotline-preview]").scroll_into_view_if_needed()  # it loads once it is seen
        preview = page.frame_locator("iframe[name=hotline-preview]")
        preview.get_by_text("第43期").first.wait_for(timeout=desk.PATIENCE * 1000)
        assert "共受理市民诉求1909件" in preview.locator("body").inner_text().replace(" ", "")

        source = nbformat.read(NOTEBOOK, as_version=4).cells[0].source
        lab.replace(0, source.replace('"2021-W43"', '"2021-W42"'))
        lab.save()
        page.get_by_role("button", name="重新预览").click()
        preview.get_by_text("第42期").first.wait_for(timeout=desk.PATIENCE * 1000)
        lab.replace(0, source.replace('"2021-W43"', '"2021-W42"'))
        lab.run_all()
        assert lab.complaints() == []
        assert (
            "2021年第42周（10月18日至10月24日），12345政务服务热线共受理市民诉求1626件，日均232件。"
            in lab.said()
        )
        assert not [sentence for sentence in SENTENCES_43 if sentence in lab.said()]

        lab.replace(0, source.replace('"2021-W43"', '"2021-W99"'))
        lab.run_all()
        assert "没有“2021-W99”这个周期" in "".join(lab.complaints())

        lab.replace(0, source.replace('"2021-W43"', "“2021-W43”"))
        lab.run_all()
        assert "第 1 个单元格第 2 行“period = “2021-W43”" in "".join(lab.complaints())
        assert "里有全角引号：请改成半角的" in "".join(lab.complaints())
        browser.close()
    assert not (workspace / "outputs").exists()
