"""The analyst's desk: an issue opened, one issue's own words, what Lab saves, and mistakes explained where they are made."""

import json
import os
import shutil
from pathlib import Path

import material
import nbformat
import pytest
from commands import hotline, run
from nbformat import v4

from hotline import cells, mistakes
from hotline.desk import lab, saving
from hotline.workspace import MASTER

OWN = "params/junan/2021-W43.ipynb"


def edit(path: Path, old: str, new: str) -> None:
    """A notebook with another text in a cell, as it lies on disk."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A workspace with two weeks of invented requests and the master notebook. Read only."""
    made = material.workspace(tmp_path_factory.mktemp("desk"))
    material.fill(made, material.handlings("2021-W42", 2))
    return made


@pytest.fixture
def own(home, tmp_path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(home, tmp_path / "work"))


# ---- one issue's words -----------------------------------------------------------------------------------------------


def test_one_issues_words_are_shown_and_printed_in_that_issue_alone(own):
    """edit makes its notebook with its parameters; --done shows the sentence, before and after render; a batch uses it."""
    assert "先用 hotline edit 2021-W43" in hotline(own, "edit", "2021-W43", "--done", code=1)
    (own / "params/junan/2021-W43.yml").write_text("issue: 143\n", encoding="utf-8")
    edit(own / MASTER, 'period = \\"2021-W43\\"', 'period = \\"2021-W42\\"')
    assert "刚建好" in hotline(own, "edit", "2021-W43", "--no-lab")
    parameters = cells.read(own / OWN)[0]["source"]
    assert 'period = "2021-W43"  # ' in parameters
    assert "issue = 143  # " in parameters
    assert "文字：0 处不同" in hotline(own, "edit", "2021-W43", "--done")
    edit(own / OWN, "共受理{citizens}", "累计受理{citizens}")
    assert "刚建好" not in hotline(own, "edit", "2021-W43", "--no-lab")
    said = hotline(own, "edit", "2021-W43", "--done")
    assert "文字：1 处不同" in said
    assert "累计受理市民诉求" in said
    assert "还没有按这样印出：请运行 hotline render 2021-W43" in said
    hotline(own, "render", "2021-W42:2021-W43", "--to", "html")
    assert "还没有按这样印出" not in hotline(own, "edit", "2021-W43", "--done")
    pages = [
        (own / f"outputs/junan/2021-W{week}/bulletin.html").read_text(encoding="utf-8") for week in (42, 43)
    ]
    assert ["累计受理" in page for page in pages] == [False, True]


# ---- opened ----------------------------------------------------------------------------------------------------------


def test_an_issue_is_opened_in_the_systems_program(issue43, tmp_path):
    """xdg-open on Linux; the page unless another format is asked for, without a period the index."""
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n', encoding="utf-8")
    opener.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    for words in (["2021-W43"], ["2021-W43", "--to", "pdf"], []):
        assert "已打开 outputs/junan/" in run(issue43, "open", *words, env=path).stdout
    opened = (tmp_path / "opened").read_text(encoding="utf-8").splitlines()
    folder = issue43 / "outputs/junan"
    assert opened == [
        str(folder / each) for each in ("2021-W43/bulletin.html", "2021-W43/bulletin.pdf", "index.html")
    ]
    assert "请先运行 hotline render 2021-W42 --to html" in hotline(issue43, "open", "2021-W42", code=1)
    assert "没有“odt”这种格式" in hotline(issue43, "open", "2021-W43", "--to", "odt", code=1)
    alone = {"PATH": str(tmp_path / "nothing"), "BROWSER": "", "DISPLAY": ""}
    assert (
        str(folder / "2021-W43/bulletin.pdf")
        in run(issue43, "open", "2021-W43", "--to", "pdf", env=alone).stderr
    )


def test_lab_says_what_to_do_where_it_does_not_open(home, monkeypatch):
    """For root, for a file that is not there, and for one outside the workspace; nothing is started."""
    monkeypatch.setattr(lab, "_is_root", lambda: True)
    assert "请用自己的用户登录再运行" in hotline(home, "lab", code=1)
    monkeypatch.setattr(lab, "_is_root", lambda: False)
    assert "找不到" in hotline(home, "lab", "notebooks/none.ipynb", code=1)
    assert "不在工作区" in hotline(home, "lab", __file__, code=1)


# ---- saved -----------------------------------------------------------------------------------------------------------


def test_what_is_saved_under_notebooks_and_params_has_no_outputs_and_what_is_published_has(home):
    """Running and saving the master notebook gives the same bytes."""
    nb = nbformat.read(home / MASTER, as_version=4)
    before = v4.writes(nb)
    nb.metadata["language_info"] = {"name": "python", "version": "3.11.7", "file_extension": ".py"}
    for number, cell in enumerate(nb.cells):
        cell.metadata["execution"] = {"shell.execute_reply": "2026-11-28T11:00:00Z"}
        if cell.cell_type == "code":
            cell.update(execution_count=number, outputs=[v4.new_output("stream", text="1909")])
    full = v4.writes(nb)
    model = {"type": "notebook", "content": nb}
    saving.strip(model, path="outputs/junan/2021-W43/bulletin.ipynb", contents_manager=None)
    assert v4.writes(nb) == full
    saving.strip(model, path="notebooks/bulletin.ipynb", contents_manager=None)
    assert v4.writes(nb) == before


# ---- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('say(\\"{kind}类{count}件', 'say(，\\"{kind}类{count}件', "里有全角的“，”：请改成半角的 ,。"),
        ('by_kind, \\"；\\")', 'by_kinds, \\"；\\")', "用到的 by_kinds 没有定义：是不是 by_kind？"),
        ('by_kind, \\"；\\")', 'by_kind, \\"；\\"', "没有写完：多半少了右括号"),
    ],
)
def test_a_mistake_in_a_cell_is_explained_with_the_cell(own, old, new, said):
    """A batch names the section and the line, as Lab does."""
    edit(own / MASTER, old, new)
    told = hotline(own, "render", "2021-W43", "--to", "html", code=1)
    assert said in told
    at = next(at for at, cell in enumerate(cells.read(own / MASTER), 1) if cell["source"].startswith("say("))
    assert f"第 {at} 个单元格（“（一）诉求类别”一节）" in told


def test_a_deleted_cell_is_named_by_what_it_defined(own):
    """From the original that the workspace keeps: its section, its line, where it stands."""
    (own / ".hotline").mkdir()
    shutil.copy(own / MASTER, own / ".hotline/bulletin.ipynb")
    nb = nbformat.read(own / MASTER, as_version=4)
    nb.cells = [cell for cell in nb.cells if not cell.source.startswith("by_kind = ")]
    nbformat.write(nb, own / MASTER)
    told = hotline(own, "render", "2021-W43", "--to", "html", code=1)
    assert "用到的 by_kind 没有定义：定义它的一格（“（一）诉求类别”一节，“by_kind = measures" in told
    assert "请补回来；原样在 .hotline/bulletin.ipynb" in told


def test_a_name_that_is_defined_below_is_to_be_moved():
    """Or run first, where the cell stands above."""
    nb = [{"cell_type": "code", "source": text, "metadata": {}} for text in ("a = b", "b = 1")]
    assert "请把那一格移到前面" in mistakes.explanation("NameError", "name 'b' is not defined", nb, 0)
    assert "请先运行那一格" in mistakes.explanation("NameError", "name 'b' is not defined", nb[::-1], 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\nname: ", "\nname：", "用了全角冒号：请改成半角的“: ”"),
        ("\ncolumns:\n  ", "\ncolumns:\n\t", "开头是 Tab：YAML 只能用空格缩进"),
    ],
)
def test_a_mistake_in_a_profile_is_explained_with_its_line(own, old, new, said):
    """A Tab, and a colon of Chinese width."""
    path = own / "params/junan/center.yml"
    text = "\n" + path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1)[1:], encoding="utf-8")
    number = text[1:].count("\n", 0, text.index(old)) + old.count("\n", 1) + 1
    told = hotline(own, "status", code=1)
    assert said in told
    assert f"第 {number} 行" in told


def test_a_damaged_notebook_stops_a_render_with_the_place(own):
    """Not with a traceback of JSON."""
    text = (own / MASTER).read_text(encoding="utf-8")
    (own / MASTER).write_text(text[: len(text) // 2], encoding="utf-8")
    assert "notebooks/bulletin.ipynb 损坏了：第" in hotline(own, "render", "2021-W43", "--to", "html", code=1)
    assert json.loads(text)["cells"]
