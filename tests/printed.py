"""Executed notebooks, real and made up, and what a reader's copy of them holds."""

import copy
import io
import re
from pathlib import Path

import nbformat
import pypdfium2
from bs4 import BeautifulSoup
from docx import Document
from nbformat import v4

from hotline import blocks
from hotline.printing.formats import exporter

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="442pt" height="120pt" viewBox="0 0 442 120">'
    '<rect width="442" height="120" style="fill: #ffffff"/><rect x="60" y="20" width="200" height="20" style="fill: #1b4f8a"/>'
    '<text x="55" y="34" style="font-size: 8.5px; font-family: \'Noto Sans SC\'; text-anchor: end; fill: #222222">{}</text></svg>'
)
COLUMNS = {
    "序号": "rank",
    "承办部门": "name",
    "承办量": "count",
    "办结量": "count",
    "回访服务过程满意率": "rate",
    "回访办理结果满意率": "rate",
}
MASTHEAD = {
    "title": "热线周报",
    "issue": "第43期",
    "center": "测试中心",
    "date": "2021年11月5日",
    "cutoff": "10月31日24:00",
    "version": 3,
    "summary": [{"name": "受理诉求", "value": "1909件", "note": "较上周增加17.40%"}],
}
IMPRINT = {"report_to": "甲、乙", "send_to": "丙", "office": "测试办公室", "date": "2021年11月5日"}


def executed(workspace: Path):
    """The executed notebook of the published issue 43."""
    return nbformat.read(workspace / "outputs/junan/2021-W43/bulletin.ipynb", as_version=4)


def output(markdown: str | None = None, svg: str | None = None, role: str | None = None, **parts):
    """A code cell's output as the notebook displays it."""
    data = {"text/plain": "不印"} | ({"text/markdown": markdown} if markdown is not None else {})
    data |= {"image/svg+xml": svg} if svg else {}
    return v4.new_output("display_data", data, metadata={"hotline": {"role": role, **parts}} if role else {})


def shown(block: blocks.Block):
    """A code cell's output that shows a block."""
    data, metadata = block.bundle()
    return v4.new_output("display_data", data, metadata=metadata)


def masthead(**parts):
    return shown(blocks.masthead(**MASTHEAD | parts))


def chart(title: str = "各类诉求件数", description: str = "求助 3。", svg: str = SVG.format("求助")):
    return output(svg=svg, role="chart", title=title, description=description)


def annex(rows: list[list], title: str = "镇街热线办理情况", number: int = 1):
    return shown(blocks.annex(number, title, "(按承办量排序)", COLUMNS, rows, "备注：测试。"))


def signoff(*titles: str):
    lines = [f"附件{number}: {title}" for number, title in enumerate(titles, 1)]
    return shown(blocks.signoff(lines, "测试中心", "2021年11月5日"))


def imprint(**parts):
    return shown(blocks.imprint(**IMPRINT | parts))


def notebook(*cells, tags: dict[int, list[str]] | None = None, source: str = "print('源代码')"):
    """A notebook: a text is a Markdown cell, an output a code cell that displayed it."""
    made = [
        v4.new_markdown_cell(cell, id=f"c{at}")
        if isinstance(cell, str)
        else v4.new_code_cell(source, id=f"c{at}", outputs=[cell])
        for at, cell in enumerate(cells)
    ]
    for at, names in (tags or {}).items():
        made[at].metadata["tags"] = names
    return v4.new_notebook(cells=made)


def with_text(nb, before: str, after: str):
    """A copy of a notebook in whose outputs one text stands for another, in Markdown, parts and drawings."""

    def changed(value):
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [changed(item) for item in value]
        return value.replace(before, after) if isinstance(value, str) else value

    nb = copy.deepcopy(nb)
    for cell in nb.cells:
        for each in cell.get("outputs", ()):
            each.update(
                nbformat.from_dict(changed({key: each[key] for key in ("data", "metadata") if key in each}))
            )
    return nb


def exported(nb, form: str):
    """The reader's copy: text for HTML, bytes else."""
    return exporter(form).from_notebook_node(nb)[0]


def page(nb) -> BeautifulSoup:
    return BeautifulSoup(exported(nb, "html"), "html.parser")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages_text(content: bytes) -> list[str]:
    """What a PDF reader extracts, page by page, without white space and page numbers."""
    document = pypdfium2.PdfDocument(content)
    return [re.sub(r"—\d+—", "", squeezed(each.get_textpage().get_text_bounded())) for each in document]


def text_of(nb, form: str) -> str:
    """All text of the reader's copy in a format, white space aside."""
    return text_in(exported(nb, form), form)


def text_in(content: str | bytes, form: str) -> str:
    """All text of a reader's copy, white space aside."""
    if form == "html":
        return squeezed(BeautifulSoup(content, "html.parser").body.get_text())
    if form == "pdf":
        return "".join(pages_text(content))
    body = Document(io.BytesIO(content)).element.body
    return squeezed("".join(node.text or "" for node in body.iter() if node.tag.endswith("}t")))
