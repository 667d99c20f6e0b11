"""The notebook as a source: readable, clean, and of one shape."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from hotline.center import SECTIONS

PROJECT = Path(__file__).parents[1]
NOTEBOOK = nbformat.read(PROJECT / "notebooks" / "bulletin.ipynb", as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]
TREES = [ast.parse(cell.source) for cell in CODE]


def test_outputs_are_stripped():
    """In git the notebook is source alone."""
    assert all(not cell.outputs and cell.execution_count is None for cell in CODE)


def test_the_first_cell_is_the_parameters_with_a_comment_each():
    """The six parameters of the contract, in order, each explained where an analyst changes it."""
    cell = NOTEBOOK.cells[0]
    assert cell.metadata["tags"] == ["parameters"]
    names = [line.split(" = ")[0] for line in cell.source.splitlines()]
    assert names == ["center", "period", "issue", "published", "article", "archive"]
    assert all("  # " in line for line in cell.source.splitlines())


def test_the_sections_of_issue_43_take_at_most_110_lines_of_code():
    """A section is data, sentence, chart: what takes many lines to say belongs to the package."""
    kept = {f"section:{name}" for name in SECTIONS}
    tags = [{tag for tag in cell.metadata.get("tags", ()) if tag.startswith("section:")} for cell in CODE]
    code = [cell.source for cell, of in zip(CODE, tags, strict=True) if of <= kept]
    lines = [line for source in code for line in source.splitlines() if line.strip() and line[0] != "#"]
    assert len(lines) <= 110


def test_no_definitions_no_star_imports_no_clock():
    """What changes a definition lives in the package; the same inputs give the same issue."""
    for tree in TREES:
        for node in ast.walk(tree):
            assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef), ast.unparse(
                node
            )
            assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
            assert not (isinstance(node, ast.Attribute) and node.attr in ("today", "now", "utcnow"))


def test_printed_headings_hold_no_digits():
    """No number is typed into what is printed."""
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "markdown" and "remove_cell" not in cell.metadata.get("tags", []):
            assert not re.search(r"\d", cell.source), cell.source


def test_no_sentence_holds_a_typed_number():
    """A sentence is a template: the text of an f-string or a string with Chinese in it has no digit of its own."""
    for tree in TREES[1:]:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.search(r"[\u4e00-\u9fff]", node.value)
            ):
                assert not re.search(r"[0-9]", node.value), node.value


@pytest.mark.parametrize(
    "heading",
    ["【市民诉求】", "（一）诉求类别", "（二）区域分布", "（三）热点问题", "【热线信息】"],
)
def test_every_section_of_the_seed_is_a_heading(heading):
    """The notebook is readable without running it: its headings are the bulletin's."""
    assert any(
        re.search(rf"^#+ {heading}$", cell.source, re.MULTILINE)
        for cell in NOTEBOOK.cells
        if cell.cell_type == "markdown"
    )


def test_every_section_says_how_it_is_counted():
    """Each section of the notebook has its method note, in its heading's cell or in the call that shows the heading."""
    noted, there = set(), set()
    for cell in NOTEBOOK.cells:
        sections = {tag for tag in cell.metadata.get("tags", []) if tag.startswith("section:")}
        there |= sections
        if re.search(r"^> \S", cell.source, re.MULTILINE) or re.search(r"note[=(]", cell.source):
            noted |= sections
    assert noted == there
