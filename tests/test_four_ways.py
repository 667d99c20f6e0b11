"""The notebook runs in the tools an analyst has anyway; JupyterLab's turn is in test_lab.py."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_issue43 import PUBLISHED, html_text, in_order

from hotline import figures

BIN = Path(sys.executable).parent


def run(*command: object, cwd: Path) -> None:
    ran = subprocess.run(
        [BIN / command[0], *map(str, command[1:])], cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr


def figures_of(notebook: Path, workspace: Path) -> dict:
    """What an executed notebook shows, without the figures of sections that are not published: these tools run them all."""
    shown = json.loads(figures.dumps(figures.of_notebook(nbformat.read(notebook, 4))))
    printed = published(workspace)["figures"]
    return shown | {"figures": {name: value for name, value in shown["figures"].items() if name in printed}}


def published(workspace: Path) -> dict:
    return figures.load(workspace / "outputs/junan/2021-W43/figures.json")


def test_stock_papermill_with_the_parameters_file(issue43, tmp_path):
    """`papermill notebooks/bulletin.ipynb out.ipynb -f params/junan/2021-W43.yml`, then stock nbconvert with our exporter."""
    out = tmp_path / "out.ipynb"
    run("papermill", "notebooks/bulletin.ipynb", out, "-f", "params/junan/2021-W43.yml", cwd=issue43)
    assert figures_of(out, issue43) == published(issue43)
    run("jupyter", "nbconvert", "--to", "hotline-html", out, cwd=tmp_path)
    in_order(PUBLISHED, html_text(tmp_path / "out.html"))


@pytest.mark.parametrize("folder", [".", "notebooks"])
def test_stock_nbconvert_execute_from_either_folder(issue43, tmp_path, folder):
    """`jupyter nbconvert --execute`, from the project and from the folder that JupyterLab works in."""
    notebook = issue43 / "notebooks/bulletin.ipynb"
    run(
        "jupyter", "nbconvert", "--execute", "--to", "notebook", "--output-dir", tmp_path, "--output", "out.ipynb", notebook,
        cwd=issue43 / folder,
    )  # fmt: skip
    assert figures_of(tmp_path / "out.ipynb", issue43) == published(issue43)


def test_the_engine_refuses_a_misspelt_parameter(issue43, tmp_path):
    """Stock papermill warns, exits 0 and renders the default week; `--engine hotline` refuses."""
    command = [
        BIN / "papermill",
        "--engine",
        "hotline",
        "notebooks/bulletin.ipynb",
        tmp_path / "out.ipynb",
        "-p",
        "weak",
        "2021-W42",
    ]
    ran = subprocess.run(command, cwd=issue43, capture_output=True, text=True, timeout=300)
    assert ran.returncode != 0
    assert "weak" in ran.stderr
