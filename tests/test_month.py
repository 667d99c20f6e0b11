"""A month of an analyst's life: what the analyst has made lives on through weeks, an upgrade and a correction."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import documents
import nbformat
import openpyxl
from commands import packaged
from nbformat import v4

from hotline import cells
from hotline.workspace import BASE, MASTER

OWN = "params/junan/2021-W42.ipynb"
SENTENCE = "累计受理"


def page(home: Path, week: int) -> str:
    """What a reader reads of an issue."""
    html = (home / f"outputs/junan/2021-W{week}/bulletin.html").read_text(encoding="utf-8")
    return re.sub("<[^>]*>", "", html)


def total(home: Path, week: int) -> int:
    path = home / f"outputs/junan/2021-W{week}/figures.json"
    return json.loads(path.read_text(encoding="utf-8"))["figures"]["total"]


def earlier_release(home: Path) -> None:
    """The workspace as a release before this one made it: without 变动来源, and with another word in 热点问题."""
    nb = nbformat.read(home / MASTER, as_version=4)
    nb.cells = [cell for cell in nb.cells if "section:movement" not in cell.metadata.get("tags", ())]
    for cell in nb.cells:
        cell.source = cell.source.replace("方面诉求量较大", "方面诉求较多")
    for name in (MASTER, BASE):
        nbformat.write(nb, home / name)


CELLS = {"markdown": v4.new_markdown_cell, "python": v4.new_code_cell}


def with_own_section(path: Path) -> None:
    """The handbook's “十行加一节”, put where it says."""
    parts = [block for block in documents.blocks("docs/analyst.zh.md", "十行加一节") if block[0] in CELLS]
    nb = nbformat.read(path, as_version=4)
    at = next(at for at, cell in enumerate(nb.cells) if "【办理情况】" in cell.source)
    nb.cells[at:at] = [CELLS[language](content.rstrip("\n")) for language, content in parts]
    nbformat.write(nb, path)


def later_export(exports: Path, home: Path) -> Path:
    """An export of a day later that has one more request of week 42, an inquiry."""
    book = openpyxl.load_workbook(exports / "12345工单导出_20211025.xlsx")
    sheet = book.active
    heads = next(
        number for number, row in enumerate(sheet.iter_rows(values_only=True), 1) if "工单编号" in row
    )
    names = [cell.value for cell in sheet[heads]]
    given = {
        "工单编号": "20211020999999",
        "诉求类别": "咨询",
        "受理时间": datetime(2021, 10, 20, 9),
        "办理期限": datetime(2021, 10, 30, 9),
    }
    first = [cell.value for cell in sheet[sheet.max_row]]
    sheet.delete_rows(heads + 1, sheet.max_row)
    for column, (name, value) in enumerate(zip(names, first, strict=True), 1):
        sheet.cell(heads + 1, column, given.get(name, None if "时间" in str(name) else value))
    path = home / "data/exports/12345工单导出_20211112.xlsx"
    book.save(path)
    return path


def test_a_month_of_an_analysts_life(installed, tmp_path):
    """From the package: week by week, a section of one's own, one issue's sentence, an upgrade, a correction."""

    def hotline(*words: str, code: int = 0) -> str:
        return packaged(installed, home, *words, code=code)

    packaged(installed, tmp_path, "init", "王芳 周报")
    home = tmp_path / "王芳 周报"
    earlier_release(home)
    exports = tmp_path / "platform"
    hotline("sample", str(exports), "--weeks", "4")

    def week(day: str, number: int) -> str:
        shutil.copy(exports / f"12345工单导出_{day}.xlsx", home / "data/exports")
        hotline("import", f"data/exports/12345工单导出_{day}.xlsx")
        return hotline("render", f"2021-W{number}", "--to", "html")

    week("20211011", 40)
    assert "方面诉求较多" in page(home, 40)

    # The second week: a section of one's own.
    with_own_section(home / MASTER)
    week("20211018", 41)
    assert "咨询类热点" in page(home, 41)

    # The third: a sentence of this issue alone.
    shutil.copy(exports / "12345工单导出_20211025.xlsx", home / "data/exports")
    hotline("import", "data/exports/12345工单导出_20211025.xlsx")
    hotline("edit", "2021-W42", "--no-lab")
    own = home / OWN
    own.write_text(own.read_text(encoding="utf-8").replace("共受理", SENTENCE), encoding="utf-8")
    said = hotline("edit", "2021-W42", "--done")
    assert SENTENCE in said
    assert "文字：1 处不同" in said
    hotline("render", "2021-W42", "--to", "html")
    assert SENTENCE in page(home, 42)
    before = total(home, 42)

    # A new release.
    said = hotline("init", "--upgrade")
    assert said.count("（四）变动来源 3 格") == 2
    assert f"{OWN}：已升级" in said
    for path in (home / MASTER, own):
        sources = [cell["source"] for cell in cells.read(path)]
        assert any("（四）变动来源" in source for source in sources)
        assert any("咨询类热点" in source for source in sources)
        assert any("方面诉求量较大" in source for source in sources)
    assert SENTENCE in own.read_text(encoding="utf-8")

    # The fourth week: the release's words, the own section, not the other issue's sentence.
    week("20211105", 43)
    assert "方面诉求量较大" in page(home, 43)
    assert SENTENCE not in page(home, 43)

    # The data of the third were incomplete by one.
    hotline("import", str(later_export(exports, home).relative_to(home)))
    assert "受理总量" in hotline("diff", "2021-W42")
    hotline("render", "2021-W42", "--to", "html")
    assert total(home, 42) == before + 1
    corrected = page(home, 42)
    for words in ("更正", SENTENCE, "咨询类热点", "方面诉求量较大"):
        assert words in corrected

    # All weeks in one go: what was printed with the words of then stays.
    said = hotline("render", "2021-W40:2021-W43", "--to", "html")
    assert said.count("文字有变，未重做") == 2
    assert "方面诉求较多" in page(home, 40)
    assert not [each for each in home.rglob("*~*") if ".work" not in each.parts]
