"""A release's notebook and an analyst's changes, brought together: no change of either is lost, and what cannot be is said."""

import random
import re
from pathlib import Path

import material
import nbformat
import pytest
from commands import hotline
from hypothesis import given
from hypothesis import strategies as st
from nbformat import v4

from hotline import cells
from hotline.desk import merging
from hotline.workspace import BASE, KIT, MASTER

OLD = KIT / "hotline/desk/known/0.1.0.ipynb"
RELEASED = KIT / MASTER
SECTION = ("### （四）夜间诉求", 'night = requests[requests["requested_at"].dt.hour >= 22]')


def edited(
    path: Path, *changes: tuple[str, str, str], own: tuple[str, ...] = (), before: str = "md-23"
) -> None:
    """Have an analyst change a notebook: in the cell of an id one text to another; cells of their own before a cell."""
    nb = nbformat.read(path, as_version=4)
    by_id = {cell.id: cell for cell in nb.cells}
    for cell, old, new in changes:
        assert old in by_id[cell].source
        by_id[cell].source = by_id[cell].source.replace(old, new)
    at = nb.cells.index(by_id[before])
    nb.cells[at:at] = [
        v4.new_markdown_cell(text) if text.startswith("#") else v4.new_code_cell(text) for text in own
    ]
    nbformat.write(nb, path)


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


@pytest.fixture
def home(tmp_path) -> Path:
    """A workspace of release 0.1.0, which kept no original: its name has a blank and Chinese letters."""
    made = material.workspace(tmp_path / "莒南 周报")
    (made / MASTER).write_bytes(OLD.read_bytes())
    return made


def test_an_unchanged_notebook_of_the_first_release_becomes_this_ones(home):
    """Byte for byte; the old one lies beside it, and a second upgrade changes nothing."""
    said = hotline(home, "init", "--upgrade")
    assert (home / MASTER).read_bytes() == RELEASED.read_bytes() == (home / BASE).read_bytes()
    (kept,) = (home / "notebooks").glob("*升级前*.ipynb")
    assert kept.read_bytes() == OLD.read_bytes()
    assert f"notebooks/{kept.name}" in said
    assert "（四）变动来源 3 格" in said
    assert "没有要改的" in hotline(home, "init", "--upgrade")
    assert len([*(home / "notebooks").iterdir()]) == 2


def test_an_own_section_and_a_parameter_live_on_without_conflict(home):
    """They stand where the analyst put them: behind 热点问题, before the sections that are new there."""
    edited(home / MASTER, ("code-00", "2021-W43", "2021-W44"), own=SECTION)
    said = hotline(home, "init", "--upgrade")
    assert "您改过、加过的，都在：3 格（开头 1 格、（四）夜间诉求 2 格）" in said
    there, released = sources(home / MASTER), sources(RELEASED)
    assert there[0] == released[0].replace("2021-W43", "2021-W44")
    assert [text for text in there[1:] if text not in SECTION] == released[1:]
    before = there[there.index(SECTION[0]) - 1], there[there.index(SECTION[1]) + 1]
    assert before[0].startswith("by_subtopic = ")
    assert before[1].startswith("### （四）变动来源")
    nb = nbformat.read(home / MASTER, as_version=4)
    own = next(cell for cell in nb.cells if cell.source == SECTION[1])
    own.source += (
        '\nfigures.record("night", len(night), "夜间受理量", rows=night)\nsay("夜间受理{night}件。")'
    )
    nbformat.write(nb, home / MASTER)
    material.fill(home, material.handlings("2021-W42", 2))
    hotline(home, "render", "2021-W43", "--to", "html")
    page = (home / "outputs/junan/2021-W43/bulletin.html").read_text(encoding="utf-8")
    assert re.search("夜间受理[1-9][0-9]*件。", re.sub("<[^>]*>", "", page))


def test_what_both_have_changed_is_shown_side_by_side_and_not_printed_until_decided(home):
    """Exit code 1, both versions in the notebook, render and a second upgrade refuse; decided, it renders again."""
    edited(home / MASTER, ("code-21", "诉求量较大", "诉求量居前"))
    mine = next(text for text in sources(home / MASTER) if "诉求量居前" in text)
    said = hotline(home, "init", "--upgrade", code=1)
    assert "要您定的：1 处" in said
    assert "（三）热点问题" in said
    nb = nbformat.read(home / MASTER, as_version=4)
    at = next(at for at, cell in enumerate(nb.cells) if cell.source == mine)
    note, theirs, own = nb.cells[at - 2 : at + 1]
    assert own.cell_type == "raw"
    assert "请把您的改动抄进第一格" in note.source
    assert (
        theirs.source
        == {cell.id: cell.source for cell in nbformat.read(RELEASED, as_version=4).cells}["code-21"]
    )
    material.fill(home, material.handlings("2021-W42", 2))
    for words in (("render", "2021-W43", "--to", "html"), ("init", "--upgrade")):
        assert "没有定" in hotline(home, *words, code=1)
    theirs.source = theirs.source.replace("诉求量较大", "诉求量居前")
    nb.cells = [cell for cell in nb.cells if cell not in (note, own)]
    nbformat.write(nb, home / MASTER)
    hotline(home, "render", "2021-W43", "--to", "html")
    page = (home / "outputs/junan/2021-W43/bulletin.html").read_text(encoding="utf-8")
    assert "诉求量居前" in re.sub("<[^>]*>", "", page)


def test_the_notebooks_of_a_center_and_of_an_issue_are_upgraded_too(home):
    """An issue that is corrected after the upgrade runs its own notebook; one that has nothing of the master's is left."""
    for name in ("bulletin", "2021-W43"):
        (home / f"params/junan/{name}.ipynb").write_bytes(OLD.read_bytes())
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("1")]), home / "params/junan/own.ipynb")
    kept = (home / "params/junan/own.ipynb").read_bytes()
    said = hotline(home, "init", "--upgrade")
    for name in ("bulletin", "2021-W43"):
        assert (home / f"params/junan/{name}.ipynb").read_bytes() == RELEASED.read_bytes()
    assert (home / "params/junan/own.ipynb").read_bytes() == kept
    assert "params/junan/own.ipynb：与主笔记本没有相同的单元格，没有动" in said


def test_the_projects_own_folder_is_not_upgraded():
    """Its master notebook is the release's."""
    assert "是程序自己的源文件夹" in hotline(KIT, "init", "--upgrade", code=1)


# ---- merging, for whatever changes -----------------------------------------------------------------------------------

TEXTS = st.lists(st.sampled_from(["a = 1", "b = 2", "c = 3", "say()", "x"]), min_size=1, max_size=4).map(
    "\n".join
)


def notebook(texts: list[str]) -> nbformat.NotebookNode:
    return v4.new_notebook(cells=[v4.new_code_cell(text, id=f"c-{at}") for at, text in enumerate(texts)])


def changed(began: nbformat.NotebookNode, seed: int, own: str) -> nbformat.NotebookNode:
    """Some cells removed, some with a line more, one moved, some of `own` added."""
    chance, made = random.Random(seed), []
    for cell in began.cells:
        what = chance.choice(("keep", "keep", "keep", "edit", "drop", "add"))
        if what != "drop":
            text = f"{cell.source}\n{own} = {len(made)}" if what == "edit" else cell.source
            made.append(v4.new_code_cell(text, id=cell.id))
        if what == "add":
            made.append(v4.new_code_cell(f"{own} = {len(made)}", id=f"{own}-{len(made)}"))
    if len(made) > 2 and chance.random() < 0.3:
        made.insert(0, made.pop())
    return v4.new_notebook(cells=made)


@given(
    texts=st.lists(TEXTS, min_size=1, max_size=8),
    seeds=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_no_line_of_an_analysts_is_lost_nor_a_cell_twice(texts, seeds):
    """Every line that the analyst has written stands in the merged notebook, and every line that the release has written."""
    old = notebook(texts)
    yours, new = changed(old, seeds[0], "mine"), changed(old, seeds[1], "theirs")
    merged = merging.merge(old, yours, new)
    nbformat.validate(merged.notebook)
    written = [line for cell in merged.notebook.cells for line in cell.source.split("\n")]
    for cell in yours.cells:
        assert all(line in written for line in cell.source.split("\n") if line.startswith("mine"))
    there = {cell.id for cell in yours.cells}
    for cell in new.cells:
        if cell.id in there or cell.id.startswith("theirs"):
            assert all(line in written for line in cell.source.split("\n") if line.startswith("theirs"))
    assert len({cell.id for cell in merged.notebook.cells}) == len(merged.notebook.cells)


@given(texts=st.lists(TEXTS, min_size=1, max_size=8), seed=st.integers(0, 10**6))
def test_what_only_one_has_changed_is_theirs(texts, seed):
    """An analyst who changed nothing gets the release's notebook; a release that changed nothing leaves the analyst's."""
    old = notebook(texts)
    other = changed(old, seed, "mine")
    for merged in (merging.merge(old, old, other), merging.merge(old, other, old)):
        assert [cell.source for cell in merged.notebook.cells] == [cell.source for cell in other.cells]
        assert not merged.conflicts


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("a\nB\nc\nd\ne", "a\nb\nc\nd\nE", "a\nB\nc\nd\nE"),
        ("a\nB\nc\nd\ne", "a\nB\nc\nd\ne", "a\nB\nc\nd\ne"),
        ("a\nB\nc\nd\ne", "a\nX\nc\nd\ne", None),
        ("a\nB\nc\nd\ne", "a\nb\nX\nd\ne", None),
        ("new\na\nb\nc\nd\ne", "a\nb\nc\nd\ne\nend", "new\na\nb\nc\nd\ne\nend"),
    ],
)
def test_lines_apart_are_brought_together(mine, theirs, both):
    """Lines side by side are a conflict: one may say what the other does no more."""
    assert both == merging.lines("a\nb\nc\nd\ne", mine, theirs)
    assert both == merging.lines("a\nb\nc\nd\ne", theirs, mine)


def test_a_damaged_notebook_is_said_to_be(home):
    """Cut off, empty, with git's marks, or something else: which line, and where a sound one lies."""
    whole = (home / MASTER).read_text(encoding="utf-8")
    middle = whole.index('"cell_type"', len(whole) // 2)
    for content, what in (
        (whole[:middle], "起读不下去"),
        ("", "是空的"),
        (whole.replace('"cells": [', '<<<<<<< HEAD\n"cells": ['), "git 合并时留下的冲突标记"),
        ("[]", "里面不是笔记本的内容"),
    ):
        (home / MASTER).write_text(content, encoding="utf-8")
        assert what in hotline(home, "init", "--upgrade", code=1)
    (home / "notebooks/.ipynb_checkpoints").mkdir()
    (home / "notebooks/.ipynb_checkpoints/bulletin-checkpoint.ipynb").write_text(whole, encoding="utf-8")
    with pytest.raises(cells.NotebookError, match="可以用它替换"):
        cells.read(home / MASTER)
