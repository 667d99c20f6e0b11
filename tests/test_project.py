"""The project itself: the conda environment, and what never enters a repository."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from hotline import workspace

PROJECT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def test_conda_names_the_same_packages_with_the_same_bounds():
    """environment.yml and pyproject.toml cannot drift apart."""
    wanted = {str(Requirement(text)) for text in PYPROJECT["project"]["dependencies"]}
    listed = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(item["pip"] for item in listed if isinstance(item, dict))
    conda = [
        item
        for item in listed
        if isinstance(item, str) and item not in ("pip",) and not item.startswith("python>")
    ]
    assert {str(Requirement(text)) for text in [*conda, *pip] if not text.startswith("--")} == wanted
    assert f"python{PYPROJECT['project']['requires-python']}" in listed


PRIVATE = [
    "12345工单导出_20211101.xlsx", "导出/十月.XLS", "a.xlsm", "a.csv", "params/junan/A.CSV", "a.tsv", "b.et", "导出.zip",
    "data/archive/junan/_delta_log/0.json", "data/caller.key", "data/sheets/junan/2021-W43/督办单_大店镇.pdf", "smtp.password",
    "outputs/junan/2021-W43/bulletin.pdf", "notebooks/.ipynb_checkpoints/bulletin-checkpoint.ipynb",
]  # fmt: skip
SHARED = [
    "params/junan/center.yml",
    "params/junan/2021-W43.md",
    "params/junan/reference.docx",
    "notebooks/bulletin.ipynb",
    "outputs/.gitkeep",
]


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("place", ["the repository", "a new workspace"])
def test_exports_and_workbooks_never_enter_a_repository(place, tmp_path):
    """Wherever they lie, however their endings are written; what a center versions is not among them."""
    home = tmp_path / "home"
    if place == "the repository":
        home.mkdir()
        shutil.copy(PROJECT / ".gitignore", home)
    else:
        workspace.create(home)
    subprocess.run(["git", "init", "--quiet", home], check=True)
    asked = subprocess.run(
        ["git", "-C", home, "-c", "core.quotePath=off", "check-ignore", "--no-index", "--stdin"],
        input="\n".join([*PRIVATE, *SHARED]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.splitlines() == PRIVATE
