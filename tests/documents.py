"""The project's documents, read: their headings' fenced blocks, and the shell commands in them."""

import ast
import re
from pathlib import Path

import nbformat

PROJECT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
HANDBOOKS = ("docs/analyst.zh.md", "docs/operator.zh.md")
EXAMPLES = ("examples/README.md", "examples/demo/README.md")
"""Their commands are run by test_intake_baltimore and test_demo."""
DOCUMENTS = (
    *READMES,
    *HANDBOOKS,
    *EXAMPLES,
    "docs/install.zh.md",
    "docs/architecture.md",
    "CONTRIBUTING.md",
)
_FENCED = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)


def text(document: str) -> str:
    return (PROJECT / document).read_text(encoding="utf-8")


def blocks(document: str, heading: str = "") -> list[tuple[str, str]]:
    """(what stands behind the fence, content) of the fenced blocks under a heading, or of the whole document.

    Behind the fence stands the language, and after it the file that the block goes into: "python hotline/columns.py".
    """
    content = text(document)
    if heading:
        # A heading inside a block is not the document's own.
        hidden = _FENCED.sub(lambda block: re.sub("^#", "\0", block[0], flags=re.M), content)
        section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", hidden, re.M | re.S)
        assert section, f"{document} has no heading “{heading}”"
        content = section[1].replace("\0", "#")
    return _FENCED.findall(content)


def scripts(document: str, heading: str = "") -> list[str]:
    """The contents of the blocks of shell commands."""
    return [content for language, content in blocks(document, heading) if language == "sh"]


def commands(document: str, heading: str = "") -> list[str]:
    """The lines of those blocks, without comments."""
    lines = [
        line.partition(" #")[0].strip() for each in scripts(document, heading) for line in each.splitlines()
    ]
    return [line for line in lines if line and not line.startswith("#")]


NOTEBOOK = "notebooks/bulletin.ipynb"


def examples() -> dict[str, str]:
    """The handbook's table of sentences: template → what it says in the demo."""
    (section,) = re.findall(r"^### 笔记本里的句子\n(.*?)^#", text(HANDBOOKS[0]), re.M | re.S)
    return dict(re.findall(r"^\| [^|]+ \| `([^`]+)` \| ([^|]+) \|$", section, re.M))


def sentences() -> dict[str, str]:
    """Every template that a cell of the notebook gives to `say` or `say.clause`, with the section of the cell."""
    found = {}
    for cell in nbformat.read(PROJECT / NOTEBOOK, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("section:")]
        tree = ast.parse(cell.source)
        assigned = {
            target.id: node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("say", "say.clause"):
                first = node.args[0]
                first = assigned.get(first.id, first) if isinstance(first, ast.Name) else first
                assert isinstance(first, ast.Constant), f"no template as it stands: {ast.unparse(node)}"
                found.setdefault(first.value, tags[0].removeprefix("section:") if tags else "")
    return found
