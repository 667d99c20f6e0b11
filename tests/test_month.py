"""A month of an analyst's life: what the analyst has made lives on through weeks, an upgrade and a correction."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import documents
import nbformat
import openpyxl
import printed
from commands import packaged
from nbformat import v4

from hotline.workspace import BASE, KIT, MASTER

FIRST = KIT / "hotline/desk/known/0.1.0.ipynb"
FORMATS = "html,pdf,docx"
OWN = "params/junan/2021-W42.ipynb"
SENTENCE = "累计受理"
RELEASED, HERS = "方面诉求量较大", "方面诉求较多"
NIGHT = (
    ("markdown", "### （四）夜间诉求\n\n> 二十二点以后受理的。"),
    (
        "python",
        'night = by_request[by_request["requested_at"].dt.hour >= 22]\n'
        "figures.record(night=len(night))\n"
        'Markdown(f"夜间受理{len(night)}件。") if len(night) else None',
    ),
)
EDITOR = (("markdown", "### （四）编者按\n\n国庆假期的工单由值班领导签批。"),)


def reads(home: Path, week: int, form: str = "html") -> str:
    """What a reader reads of an issue."""
    return printed.text_in((home / f"outputs/junan/2021-W{week}/bulletin.{form}").read_bytes(), form)


def total(home: Path, week: int) -> int:
    path = home / f"outputs/junan/2021-W{week}/figures.json"
    return json.loads(path.read_text(encoding="utf-8"))["figures"]["total"]


def of_the_first_release(home: Path) -> None:
    """The workspace as an analyst of release 0.1.0 left it: 0.1.0's own notebook, with another word in a sentence of 热点问题
    and a section of her own in 0.1.0's calls; week 41 has a notebook of its own, with an editor's section."""
    own = {MASTER: NIGHT, "params/junan/2021-W41.ipynb": EDITOR}
    for name, section in own.items():
        nb = nbformat.read(FIRST, as_version=4)
        at = next(at for at, cell in enumerate(nb.cells) if "【热线信息】" in cell.source)
        nb.cells[at:at] = [CELLS[kind](text) for kind, text in section]
        for cell in nb.cells if name == MASTER else ():
            cell.source = cell.source.replace(RELEASED, HERS)
        nbformat.write(nb, home / name)
    (home / BASE).unlink()  # 0.1.0 kept no original


def decided(path: Path) -> None:
    """Do what the conflict's explanation says: her word into the release's cell, explanation and her old cell away."""
    nb = nbformat.read(path, as_version=4)
    (at,) = [at for at, cell in enumerate(nb.cells) if "请把您的改动抄进第一格" in cell.source]
    assert HERS in nb.cells[at + 2].source
    nb.cells[at + 1].source = nb.cells[at + 1].source.replace(RELEASED, HERS)
    del nb.cells[at + 2], nb.cells[at]
    nbformat.write(nb, path)


def rewritten(path: Path, *changes: tuple[str, str]) -> None:
    nb = nbformat.read(path, as_version=4)
    cell = next(cell for cell in nb.cells if cell.source.startswith("night = "))
    for old, new in changes:
        assert old in cell.source
        cell.source = cell.source.replace(old, new)
    nbformat.write(nb, path)


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
    of_the_first_release(home)
    exports = tmp_path / "platform"
    hotline("sample", str(exports), "--weeks", "4")

    def week(day: str, number: int, to: str = "html") -> str:
        shutil.copy(exports / f"12345工单导出_{day}.xlsx", home / "data/exports")
        hotline("import", f"data/exports/12345工单导出_{day}.xlsx")
        return hotline("render", f"2021-W{number}", "--to", to)

    # The program is this release's, the notebooks are 0.1.0's. They do not run, and it is said what replaces their calls.
    shutil.copy(exports / "12345工单导出_20211011.xlsx", home / "data/exports")
    hotline("import", "data/exports/12345工单导出_20211011.xlsx")
    assert 'figures.record("名称", 数, "中文名称")' in hotline("render", "2021-W40", "--to", "html", code=1)
    theirs = (home / MASTER).read_bytes()
    said = hotline("init", "--upgrade", code=1)
    assert said.count("要您定的：1 处") == 1
    assert said.count("（四）变动来源 3 格") == 2
    assert "（三）热点问题 1 格、（四）夜间诉求 2 格" in said
    assert [each.read_bytes() for each in (home / "notebooks").glob("*升级前*")] == [theirs]

    # Conflict: the sentence, which the release has rewritten. She decides; her section she takes over into today's calls.
    assert "没有定" in hotline("render", "2021-W40", "--to", "html", code=1)
    decided(home / MASTER)
    assert "by_request" in hotline("render", "2021-W40", "--to", "html", code=1)
    rewritten(home / MASTER, ("by_request", "requests"))
    assert 'figures.record("名称", 数, "中文名称")' in hotline("render", "2021-W40", "--to", "html", code=1)
    rewritten(
        home / MASTER,
        ("record(night=len(night))", 'record("night", len(night), "夜间受理量", rows=night)'),
        ('Markdown(f"夜间受理{len(night)}件。")', 'say("夜间受理{night}件。")'),
    )
    hotline("render", "2021-W40", "--to", FORMATS)
    for form in FORMATS.split(","):
        assert HERS in reads(home, 40, form)
        assert re.search("夜间受理[1-9][0-9]*件。", reads(home, 40, form))

    # No conflict: an issue's own notebook with a section of words alone is today's with that section.
    week("20211018", 41, FORMATS)
    for form in FORMATS.split(","):
        assert "（四）编者按国庆假期的工单由值班领导签批。" in reads(home, 41, form)
        assert RELEASED in reads(home, 41, form)

    # The third week: another section of her own, and a sentence of this issue alone.
    with_own_section(home / MASTER)
    shutil.copy(exports / "12345工单导出_20211025.xlsx", home / "data/exports")
    hotline("import", "data/exports/12345工单导出_20211025.xlsx")
    hotline("edit", "2021-W42", "--no-lab")
    own = home / OWN
    own.write_text(own.read_text(encoding="utf-8").replace("共受理", SENTENCE), encoding="utf-8")
    said = hotline("edit", "2021-W42", "--done")
    assert SENTENCE in said
    assert "文字：1 处不同" in said
    hotline("render", "2021-W42", "--to", "html")
    assert SENTENCE in reads(home, 42)
    before = total(home, 42)

    # Upgraded once more: nothing is left to change, her words least of all.
    theirs = (home / MASTER).read_bytes(), own.read_bytes()
    assert hotline("init", "--upgrade").count("没有要改的") == 3
    assert theirs == ((home / MASTER).read_bytes(), own.read_bytes())

    # The fourth week: her sentence and her sections, not the other issues' words.
    week("20211105", 43)
    fourth = reads(home, 43)
    for words in (HERS, "（四）夜间诉求"):
        assert words in fourth
    for words in (SENTENCE, "编者按"):
        assert words not in fourth

    # The data of the third were incomplete by one.
    hotline("import", str(later_export(exports, home).relative_to(home)))
    assert "受理总量" in hotline("diff", "2021-W42")
    hotline("render", "2021-W42", "--to", FORMATS)
    assert total(home, 42) == before + 1
    for form in FORMATS.split(","):
        corrected = reads(home, 42, form)
        for words in ("更正", SENTENCE, "咨询类热点", HERS, "（四）夜间诉求"):
            assert words in corrected

    # All weeks in one go: what was printed with the words of then stays; week 43 is compared with another number now.
    said = hotline("render", "2021-W40:2021-W43", "--to", "html")
    assert "共 4 期：生成 1，没有变化 2，文字有变未重做 1" in said
    assert "咨询类热点" not in reads(home, 40)
    assert not [each for each in home.rglob("*~*") if ".work" not in each.parts]
