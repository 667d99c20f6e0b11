"""The notebook runs in the tools an analyst has anyway; JupyterLab's turn is in test_lab.py.

From the workspace itself, stock papermill and nbconvert are run by the README's own commands (test_documents.py).
"""

import json
from pathlib import Path

import nbformat
from commands import tool
from test_issue43 import PUBLISHED, html_text, in_order

from hotline import figurefile


def figures_of(notebook: Path, workspace: Path) -> dict:
    """What an executed notebook shows, without the figures of sections that are not published: these tools run them all."""
    shown = json.loads(figurefile.dumps(figurefile.of_notebook(nbformat.read(notebook, 4))))
    printed = published(workspace)["figures"]
    return shown | {"figures": {name: value for name, value in shown["figures"].items() if name in printed}}


def published(workspace: Path) -> dict:
    return figurefile.load(workspace / "outputs/junan/2021-W43/figures.json")


def as_published(workspace: Path) -> None:
    """What the README's commands leave: executed by papermill with the parameters' file, and by nbconvert, and a page."""
    assert figures_of(workspace / "out.ipynb", workspace) == published(workspace)
    assert figures_of(workspace / "notebooks/executed.ipynb", workspace) == published(workspace)
    in_order(PUBLISHED, html_text(workspace / "out.html"))


def test_the_engine_refuses_a_misspelt_parameter(issue43, tmp_path):
    """Stock papermill warns, exits 0 and renders the default week; `--engine hotline` refuses."""
    words = (
        "--engine",
        "hotline",
        "notebooks/bulletin.ipynb",
        tmp_path / "out.ipynb",
        "-p",
        "weak",
        "2021-W42",
    )
    ran = tool("papermill", *words, cwd=issue43)
    assert ran.returncode != 0
    assert "weak" in ran.stderr
