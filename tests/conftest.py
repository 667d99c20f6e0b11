"""Real workspaces for the tests: the sample imported, its issues rendered, once per test process."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).parents[1]

# How long an example takes says nothing of the rule: machines differ.
settings.register_profile("untimed", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=15)
settings.load_profile("untimed")


WHOLE = {
    "absent", "archive_commits", "batch", "cluster", "columns", "compare", "contributing", "corrections", "documents", "docx", "engine",
    "exporters", "formats", "four_ways", "grains", "incomplete", "html_browser", "html_page", "sample", "index", "intake_accounting", "intake_baltimore",
    "intake_bombs", "intake_fuzz", "intake_privacy", "isolated", "issue", "issue43", "lab", "location", "names", "new",
    "object_store", "pdf_layout", "rows", "sheets", "weekly", "wheel", "workbook",
}  # fmt: skip
"""The modules whose tests run whole commands, kernels, browsers and servers: `make check` leaves them to `make test`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem.removeprefix("test_") in WHOLE:
            item.add_marker(pytest.mark.slow)


def hotline(workspace: Path, *words: str, code: int = 0) -> str:
    """Run the real command in that workspace; what it said. Fails unless it exits with `code`."""
    command = [str(Path(sys.executable).with_name("hotline")), *map(str, words)]
    ran = subprocess.run(command, cwd=workspace, capture_output=True, text=True, timeout=300)
    assert ran.returncode == code, f"{words} exited {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.stdout + ran.stderr


def new_workspace(folder: Path) -> Path:
    """A folder with the project's params/ and notebooks/, and nothing imported."""
    for name in ("params", "notebooks"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    return folder


@pytest.fixture(scope="session")
def issue43(tmp_path_factory) -> Path:
    """A workspace with the two sample exports imported and 2021-W43 rendered to HTML and PDF. Read only."""
    workspace = new_workspace(tmp_path_factory.mktemp("issue43"))
    hotline(workspace, "sample", "data/exports")
    hotline(workspace, "import", *sorted((workspace / "data/exports").glob("*.xlsx")))
    hotline(workspace, "render", "2021-W43")
    return workspace


@pytest.fixture
def workspace(issue43, tmp_path) -> Path:
    """A copy of that workspace to change at will."""
    return Path(shutil.copytree(issue43, tmp_path / "workspace"))
