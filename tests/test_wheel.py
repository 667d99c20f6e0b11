"""The package as it is installed: the built wheel, away from the repository, makes a workspace that renders."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The built wheel, unpacked as an installer does."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        PROJECT,
    ]
    subprocess.run(pip, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def hotline(installed: Path, folder: Path, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-c", "from hotline.cli import main; main()", *words]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    environment.pop("HOTLINE_HOME", None)
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def test_a_workspace_made_by_the_wheel_renders_the_published_issue(installed, tmp_path, issue43):
    """In a folder whose name has a blank and Chinese letters; the same bytes as from the repository."""
    said = hotline(installed, tmp_path, "init", "莒南 周报")
    assert "cd '莒南 周报'" in said
    work = tmp_path / "莒南 周报"
    for words in (
        ["sample", "data/exports", "--weeks", "2"],
        ["import", "data/exports"],
        ["render", "2021-W43"],
    ):
        hotline(installed, work, *words)
    page = "outputs/junan/2021-W43/bulletin.html"
    assert (work / page).read_bytes() == (issue43 / page).read_bytes()
    subprocess.run(["git", "init", "-q"], cwd=work, check=True)
    listed = ["git", "status", "--short", "-uall"]
    kept = subprocess.run(listed, cwd=work, capture_output=True, text=True, check=True).stdout
    assert "center.yml" in kept
    assert "data/" not in kept
    assert "bulletin.html" not in kept


@pytest.mark.parametrize(
    ("example", "files"), [("baltimore", ["center.yml"]), ("wuyou", ["bulletin.ipynb", "center.yml"])]
)
def test_an_example_is_a_center_of_its_own(installed, tmp_path, example, files):
    """Its profile and, where it has one, its notebook, under its own name; exports where it has a recipe for them."""
    hotline(installed, tmp_path, "init", "try", "--example", example)
    assert [path.name for path in (tmp_path / "try/params").iterdir()] == [example]
    assert sorted(path.name for path in (tmp_path / "try/params" / example).iterdir()) == files
    assert len(list((tmp_path / "try/data/exports").glob("*.csv"))) == (18 if example == "wuyou" else 0)


def test_nothing_is_made_over_what_is_there(installed, tmp_path):
    """Another workspace, another folder with something in it, an unknown example: exit 1, and nothing is written."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter.txt").write_text("keep")
    assert "已经有别的内容" in hotline(installed, tmp_path, "init", "full", code=1)
    assert "可用的有：" in hotline(installed, tmp_path, "init", "new", "--example", "atlantis", code=1)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "letter.txt"]


def test_outside_a_workspace_the_way_to_one_is_said(installed, tmp_path):
    """The installed command has no repository to fall back to."""
    assert "hotline init" in hotline(installed, tmp_path, "status", code=1)


def test_the_version_is_the_packages(installed, tmp_path):
    """As the wheel's name has it."""
    (about,) = installed.glob("hotline_bulletin-*.dist-info")
    assert (
        hotline(installed, tmp_path, "--version")
        == f"hotline {about.name.split('-')[1].removesuffix('.dist')}\n"
    )
