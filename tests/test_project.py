"""The project itself: the tree, the lock file, the conda environment, one direction of imports."""

import ast
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def modules() -> dict[str, set[str]]:
    """module → the hotline modules it imports, wherever in it. By their last names, which are unique."""
    found = {}
    for path in (PROJECT / "hotline").rglob("*.py"):
        if path.stem == "__init__":
            continue
        assert path.stem not in found, f"two modules are named {path.stem}"
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hotline":
                names |= {node.module.split(".")[-1], *(alias.name for alias in node.names)}
            elif isinstance(node, ast.Import):
                names |= {
                    alias.name.split(".")[-1] for alias in node.names if alias.name.startswith("hotline.")
                }
        found[path.stem] = names
    return {module: needs & found.keys() - {module} for module, needs in found.items()}


def test_imports_run_in_one_direction():
    """No module imports, over any number of steps, a module that imports it."""
    imports = modules()
    done: set[str] = set()
    while len(done) < len(imports):
        ready = {name for name, needs in imports.items() if name not in done and needs <= done}
        assert ready, f"a loop among {sorted(set(imports) - done)}"
        done |= ready


def rows_of_the_readme() -> list[set[str]]:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("| question |") :].splitlines()[2:]
    return [set(re.findall(r"`(\w+)`", line.split("|")[2])) for line in table if line.startswith("|")]


def test_every_module_is_in_the_readmes_table_by_its_question():
    """A reader guesses the file from the question; a module that answers none is not in the tree."""
    listed = [name for row in rows_of_the_readme() for name in row]
    assert sorted(listed) == sorted(modules())


def test_imports_run_from_lower_rows_to_higher_ones():
    """The README's table is the order of the package."""
    row_of = {name: number for number, row in enumerate(rows_of_the_readme()) for name in row}
    for module, needs in modules().items():
        for needed in needs:
            assert row_of[needed] <= row_of[module], f"{module} imports {needed}"


def test_definitions_do_not_know_the_machinery():
    """What is counted and how it is printed depends on nothing that reads, runs or renders."""
    imports = modules()
    assert not imports["wording"]
    assert not imports["periods"]
    for name in ("measures", "charts", "figures", "center"):
        assert imports[name] <= {"wording", "periods", "center"}, name


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


def test_the_lock_file_pins_every_dependency_and_names_no_host():
    """The same versions everywhere, from whatever index a machine uses."""
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = {Requirement(line).name.lower() for line in text.splitlines()}
    assert all(re.search(r"==\S", line) for line in text.splitlines())
    extras = PYPROJECT["project"]["optional-dependencies"]
    for requirement in [*PYPROJECT["project"]["dependencies"], *extras["cluster"], *extras["test"]]:
        assert Requirement(requirement).name.lower() in pinned, requirement
