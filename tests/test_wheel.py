"""The package as it is installed: the built wheel, away from the repository, makes a workspace that renders."""

import subprocess

import pytest
from commands import packaged as hotline
from conftest import PROJECT

from hotline.workspace import BASE, MASTER


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


def test_the_wheel_upgrades_a_workspace_of_the_first_release(installed, tmp_path):
    """Its notebook, unchanged and with a sentence that the release words anew as well, away from the repository."""
    hotline(installed, tmp_path, "init", "莒南 周报")
    work = tmp_path / "莒南 周报"
    master, old = work / MASTER, (installed / "hotline/desk/known/0.1.0.ipynb").read_text(encoding="utf-8")
    new = master.read_bytes()
    (work / BASE).unlink()
    for sentence, code, left in (("诉求量较大", 0, 0), ("诉求量居前", 1, 1)):
        master.write_text(old.replace("诉求量较大", sentence), encoding="utf-8")
        said = hotline(installed, work, "init", "--upgrade", code=code)
        assert "notebooks/bulletin（升级前" in said
        assert said.count("要您定的：1 处") == left
        assert (master.read_bytes() == new) == (not left)
    assert "诉求量居前" in master.read_text(encoding="utf-8")


def test_the_carried_notebook_is_the_first_releases():
    """As it lies in the history."""
    told = ["git", "show", "573d59e:notebooks/bulletin.ipynb"]
    shown = subprocess.run(told, cwd=PROJECT, capture_output=True)
    if shown.returncode:
        pytest.skip("the history is not here")
    assert (PROJECT / "hotline/desk/known/0.1.0.ipynb").read_bytes() == shown.stdout
