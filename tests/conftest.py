"""Real workspaces for the tests: the sample imported, its issues rendered, once per test process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from hypothesis import settings

PROJECT = Path(__file__).parents[1]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"

# How long an example takes says nothing of the rule: machines differ.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


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


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium with the packaged Chinese fonts beside the machine's, so that every machine shows the same."""
    if not CHROMIUM.exists():
        pytest.skip(f"no chromium at {CHROMIUM}: apt-get install chromium, or set $CHROMIUM")
    from playwright.sync_api import sync_playwright

    folder = tmp_path_factory.mktemp("fonts")
    packaged = Path(pylopdf_fonts_zh_cn.sans_path()).parent
    (folder / "fonts.conf").write_text(
        f"<fontconfig><include ignore_missing='yes'>/etc/fonts/fonts.conf</include><dir>{packaged}</dir>"
        f"<cachedir>{folder}</cachedir></fontconfig>"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=QUIET.split(),
            env={**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf")},
        )
        yield browser
        browser.close()
