"""What is installed: pinned to the byte, and under which licences."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
BY_HAND = {"aiosmtpd": "Apache-2.0", "axe-playwright-python": "MIT"}
"""Of packages whose metadata do not say it as others do: as their repositories have it."""
PERMISSIVE = re.compile(
    r"MIT(-0|-CMU)?( License)?|BSD( License|-[23]-Clause)?|0BSD|Apache[ -](Software License|License, Version 2\.0|2\.0)"
    r"|ISC( License \(ISCL\))?|Python Software Foundation License|PSF-2\.0|Zlib|CC0-1\.0|dependency licenses"
    # A file of these is changed only in its own project; nothing is asked of what stands beside it.
    r"|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
    # Fonts, which may be embedded in any document.
    r"|SIL Open Font License 1\.1 \(OFL-1\.1\)"
)


def locked(name: str) -> dict[str, str]:
    """package → its pinned requirement."""
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix(" \\") for line in lines if not line.startswith(" ")]
    return {Requirement(pin).name.lower(): pin for pin in pins}


def licence(package: str) -> str | None:
    """What a package's metadata say; None where it is not installed here."""
    try:
        about = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    classes = [
        text.split(" :: ")[-1] for text in about.get_all("Classifier", []) if text.startswith("License ::")
    ]
    said = about.get("License-Expression") or "; ".join(classes) or about.get("License", "").strip()
    return BY_HAND.get(package) or said.partition("\n")[0]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_pins_every_dependency_with_its_hashes_and_names_no_host(name):
    """The same bytes everywhere, from whatever index a machine uses."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert "://" not in text
    pins = locked(name)
    assert all(re.search(r"==\S", pin) for pin in pins.values())
    assert text.count("\n    --hash=sha256:") >= len(pins)
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [*PYPROJECT["project"]["dependencies"], *extras["build"]]
    if "test" in name:
        wanted += [*extras["cluster"], *extras["test"]]
    assert {Requirement(each).name.lower() for each in wanted} <= pins.keys()


def test_both_locks_name_the_same_versions():
    """What is tested is what is installed."""
    report, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert {pin.partition(" ;")[0] for pin in report.values()} <= {
        pin.partition(" ;")[0] for pin in test.values()
    }


def test_what_builds_the_project_is_pinned_as_the_locks_have_it():
    """Pip fetches it by itself, without a lock, where the project is built elsewhere."""
    pins = {Requirement(pin).name: pin for pin in PYPROJECT["build-system"]["requires"]}
    wanted = [Requirement(each).name for each in PYPROJECT["project"]["optional-dependencies"]["build"]]
    for package in wanted:  # grows by what each requires
        needed = [Requirement(each) for each in importlib.metadata.requires(package) or []]
        wanted += [each.name for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
    assert set(pins) == set(wanted)
    for name in ("requirements.lock", "requirements-test.lock"):
        assert {package: locked(name)[package] for package in pins} == pins


def test_every_licence_is_known_and_none_asks_for_ours():
    """docs/licences.md lists what is locked; a new package, a changed licence or a copyleft one fails here."""
    listed = dict(re.findall(r"^\| ([\w.-]+) \| (.+?) \|", (PROJECT / "docs/licences.md").read_text(), re.M))
    pins = locked("requirements-test.lock")
    del listed["package"]  # the head of the table
    assert listed.keys() == pins.keys(), "docs/licences.md: python -m tests.test_supply prints the table"
    for package in pins:
        said = licence(package)
        assert said in (None, listed[package]), f"{package}: {said}"
        parts = re.split(r" AND | OR |; |, (?!Version)", listed[package])
        assert all(PERMISSIVE.fullmatch(part) for part in parts), f"{package}: {listed[package]}"


if __name__ == "__main__":
    for package in sorted(locked("requirements-test.lock")):
        print(f"| {package} | {licence(package) or '?'} |")
