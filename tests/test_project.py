"""The project itself: the conda environment."""

import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

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
