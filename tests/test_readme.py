"""What the READMEs say is so: their commands run, their tree is the tree, every command is described."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
READMES = ["README.md", "README.zh-CN.md"]


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def shell(name: str) -> list[str]:
    """The commands of a README's shell blocks, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", text(name), re.DOTALL)
    return [
        line.partition(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()
    ]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_opens_with_a_picture_and_the_two_commands(name):
    """The first thing a newcomer sees is the bulletin, the second how to have it."""
    assert re.search(
        r"^# .*\n\n!\[.+\]\((docs/.+\.png)\)\n\n```sh\nmake report .*\nmake test .*\n```", text(name)
    )
    assert all((PROJECT / path).is_file() for path in re.findall(r"!\[.*?\]\((.+?)\)", text(name)))


def test_both_readmes_show_the_same_commands():
    """The Chinese README is not a second story."""
    assert shell("README.md") == [line.replace("导出.xlsx", "导出.xlsx") for line in shell("README.zh-CN.md")]


def test_the_commands_of_the_stock_tools_run_as_written(issue43, tmp_path):
    """papermill and nbconvert, word for word, one after the other."""
    commands = [line for line in shell("README.md") if line.split()[0] in ("papermill", "jupyter")]
    assert len(commands) >= 3
    for line in commands:
        words = [
            word.replace("out.ipynb", f"{tmp_path}/out.ipynb") if "=" not in word else word
            for word in shlex.split(line)
        ]
        words = [str(tmp_path / word) if word == "executed.ipynb" else word for word in words]
        ran = subprocess.run(
            [BIN / words[0], *words[1:]], cwd=issue43, capture_output=True, text=True, timeout=300
        )
        assert ran.returncode == 0, f"{line}\n{ran.stderr}"
    assert (tmp_path / "out.html").is_file()


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_every_option_is_described(name):
    """A command or an option that the README does not know is one that nobody finds."""
    from typer.main import get_command

    from hotline.cli import app

    for command, about in get_command(app).commands.items():
        assert f"hotline {command}" in text(name), command
        for parameter in about.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--help":
                    assert f"`{option}" in text(name) or f" {option}" in text(name), (
                        f"hotline {command} {option}"
                    )


@pytest.mark.parametrize("name", READMES)
def test_the_tree_is_the_tree(name):
    """Every folder and file that the README's tree names is there, <center> being any center."""
    (block,) = re.findall(r"```\n(notebooks/.*?)```", text(name), re.DOTALL)
    for line in block.splitlines():
        path = re.sub(r"<[^>]+>", "*", line.split()[0])
        if not path.startswith(("outputs/", "data/")):
            assert list(PROJECT.glob(path.rstrip("/"))), path


@pytest.mark.parametrize("name", READMES)
def test_the_figures_of_speed_are_those_that_were_measured(name):
    """The READMEs' table is the benchmark's own, line by line."""
    results = text("benchmarks/RESULTS.md")
    table = results[results.index("| | what") :].strip()
    assert table in text(name)
