"""What the documents say is so: their commands run as written, their links and trees are there, every option is described."""

import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import documents
import material
import openpyxl
import pytest
import test_four_ways
from commands import bash
from conftest import PROJECT
from documents import DOCUMENTS, EXAMPLES, HANDBOOKS, READMES, scripts, text
from exports import example

from hotline import periods, profiles
from hotline.sample import files as sample

ELSEWHERE = ("text", "ini", "cron", "bat")
"""The languages of blocks for another machine, or for a system's service."""
NOT_HERE = {
    "make report": "sets up an environment: .ci/run does, on a fresh clone, as part of `make test`",
    "make test": "this",
}


@pytest.mark.parametrize("name", READMES)
def test_a_readme_opens_with_a_picture_and_the_two_commands(name):
    """The first thing a newcomer sees is the bulletin, the second how to have it; and it ends within 130 lines."""
    opening = r"# .*\n\n!\[.+\]\((docs/.+\.png)\)\n\n```sh\nmake report .*\nmake test .*\n```"
    assert re.match(opening, text(name))
    assert len(text(name).splitlines()) <= 130


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_and_picture_leads_to_a_file(name):
    """Relative links are from the document's own folder."""
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", text(name))
    assert links or name in EXAMPLES
    for link in links:
        assert (PROJECT / name).parent.joinpath(link).exists(), link


def test_both_readmes_show_the_same_commands():
    """The Chinese README is not a second story."""
    assert documents.commands("README.md") == documents.commands("README.zh-CN.md")


def export(folder: Path, to: Path) -> None:
    """The sample's export with one more row that cannot be used: it is set aside."""
    book = openpyxl.load_workbook(sorted(folder.glob("*.xlsx"))[-1])
    sheet = book.active
    cells = [cell.value for cell in sheet[sheet.max_row]]
    headers = next(row for row in sheet.iter_rows(values_only=True) if "受理时间" in row)
    cells[headers.index("工单编号")] = "2021999999999"
    cells[headers.index("受理时间")] = "说不清"
    sheet.append(cells)
    book.save(to)


def setting(workspace: Path) -> Path:
    """The workspace as a clone after `make report`, with a platform's export lying in it."""
    scripts_of = workspace / ".venv" / "bin"
    scripts_of.mkdir(parents=True)
    # What `source .venv/bin/activate` does, for the environment that runs the tests.
    (scripts_of / "activate").write_text(f'export PATH="$COMMANDS:{Path(sys.executable).parent}:$PATH"\n')
    export(workspace / "data/exports", workspace / "导出.xlsx")
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in (*READMES[:1], *HANDBOOKS)])
def test_the_commands_run_as_written(workspace, name):
    """All shell blocks of a document, one after the other in one clone, from `source .venv/bin/activate` on."""
    home = setting(workspace)
    path = "/usr/local/bin:/usr/bin:/bin"  # not the environment's: the document has to say where the commands are
    script = ""
    for block in scripts(name):
        if not all(line.split(" #")[0].strip() in NOT_HERE for line in block.splitlines()):
            script += block
            # What a person does between the draft of a profile and its use.
            script += "sed -i 's/待填/测试县/' params/mycounty/center.yml\n" if "hotline new" in block else ""
    assert script.startswith("source .venv/bin/activate")
    environment = {name: value for name, value in os.environ.items() if name != "HOTLINE_HOME"} | {
        "PATH": path
    }
    ran = bash(script, home, environment, seconds=580)
    assert ran.returncode == 0, ran.stdout
    assert "Traceback" not in ran.stdout
    if name in READMES:
        assert "与已生成的一期完全相同" in ran.stdout
        test_four_ways.as_published(home)


def test_a_clone_has_one_center():
    """So that no command has to ask which is meant; every example stands in examples/README.md and can be used."""
    assert [path.parent.name for path in PROJECT.glob("params/*/center.yml")] == ["junan"]
    examples = sorted(path.parent.name for path in PROJECT.glob("examples/*/center.yml"))
    assert examples == sorted(re.findall(r"^\| `(\w+)/` \|", text("examples/README.md"), re.M))
    for key in examples:
        assert example(key).key == key


@pytest.mark.slow
def test_the_cron_line_works_on_a_clone_as_written(tmp_path):
    """With no variable set, from any folder, the handbook's line takes in the exports that lie there and makes the issue."""
    (line,) = (block for language, block in documents.blocks(HANDBOOKS[1]) if language == "cron")
    clone, lying = material.workspace(tmp_path / "clone", issues=True), tmp_path / "exports"
    shutil.copytree(PROJECT / "hotline", clone / "hotline", ignore=shutil.ignore_patterns("__pycache__"))
    command = clone / ".venv" / "bin" / "hotline"
    command.parent.mkdir(parents=True)
    command.write_text(
        f"#!/bin/sh\nPYTHONPATH={clone} exec {sys.executable} -c 'from hotline.cli import main; main()' \"$@\"\n"
    )
    command.chmod(0o755)
    last = periods.last_complete(datetime.now())
    sample.write(lying, weeks=2, requests=150, center=profiles.load("junan"), last=str(last))
    for old, new in (("/srv/hotline", clone), ("/srv/exports", lying)):
        line = line.replace(old, str(new))
    line = line.removeprefix("0 6 * * 5").strip()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ran = subprocess.run(
        ["sh", "-c", line], cwd="/", env=environment, capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (clone / "outputs" / "junan" / str(last) / "bulletin.pdf").is_file()
    assert "Traceback" not in (clone / "weekly.log").read_text(encoding="utf-8")


def test_documents_without_commands_of_their_own_have_no_shell_blocks():
    """Whatever document gets a shell block has to be run, too."""
    for name in DOCUMENTS:
        assert name in (*READMES, *HANDBOOKS, *EXAMPLES) or not scripts(name), name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_block_says_what_it_is(name):
    """Shell that is not run is marked as something else, and no `hotline` command hides in an unmarked block."""
    for language, content in documents.blocks(name):
        assert language or not re.search("^(hotline|make|dask|pip) ", content, re.M), content
    assert set(ELSEWHERE) >= {
        language
        for language, content in documents.blocks(name)
        if "/srv/hotline/.venv" in content or "10.0.0.1" in content
    }


def test_every_command_and_every_option_is_described():
    """A command stands in both READMEs; an option in a README or a handbook of that language."""
    from typer.main import get_command

    from hotline.cli import app

    for readme in READMES:
        linked = [path for path in HANDBOOKS if f"]({path})" in text(readme)]
        assert linked == list(HANDBOOKS)
        everything = text(readme) + "".join(map(text, linked))
        for command, about in get_command(app).commands.items():
            assert f"hotline {command}" in text(readme), command
            for parameter in about.params:
                for option in parameter.opts:
                    if option.startswith("--") and option != "--help":
                        assert re.search(rf"[` ]{option}\b(?!-)", everything), f"hotline {command} {option}"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_command_within_a_sentence_is_one(name):
    """What stands between backquotes names a command that there is, with options that it has."""
    from typer.main import get_command

    from hotline.cli import app

    known = get_command(app).commands
    for command, rest in re.findall(r"`hotline ([a-z]+)\b([^`]*)`", text(name)):
        options = {option for each in known[command].params for option in each.opts}
        assert {word for word in rest.split() if word.startswith("-")} <= options, f"hotline {command}{rest}"


def test_every_key_of_an_operators_profile_is_described():
    """What bounds an import or an issue is in the operator's handbook, what a rating means in the analyst's."""
    from hotline.center import RATINGS, Export

    limits = [name for name in Export.model_fields if name.startswith("max_")]
    assert all(f"export.{name}" in text("docs/operator.zh.md") for name in limits)
    assert all(f"`{name}`" in text("docs/analyst.zh.md") for name in RATINGS)


def test_every_column_is_described():
    """The analyst's table of columns is the declaration's."""
    from hotline import columns

    for column in columns.COLUMNS:
        assert f"`{column.name}`" in text("docs/analyst.zh.md"), column.name
        assert column.word.removeprefix("诉求") in text("docs/analyst.zh.md"), column.word


def test_what_the_analysts_handbook_says_of_a_typed_number_is_what_is_said():
    """The table of errors, row by row: what is written on the left gives the message on the right."""
    from hotline import HotlineError
    from hotline.figures import Figures
    from hotline.sentences import Say

    figures = Figures()
    figures.record("total", 1909, "受理总量")
    say = Say(figures, {"missing": None}, set)
    rows = re.findall(r"^\| `((?:say\(|figures\[)[^`]*)`[^|]*\| `([^`]+)` \|$", text(HANDBOOKS[0]), re.M)
    assert len(rows) == 5
    for written, answer in rows:
        with pytest.raises(HotlineError) as error:
            eval(written, {"say": say, "figures": figures})
        assert answer in str(error.value)


def test_every_sentence_of_the_notebook_stands_in_the_analysts_handbook():
    """The table has each template of the notebook as it stands there, no other, and an example that the template gives."""
    (section,) = re.findall(r"^### 笔记本里的句子\n(.*?)^#", text(HANDBOOKS[0]), re.M | re.S)
    rows = dict(re.findall(r"^\| [^|]+ \| `([^`]+)` \| ([^|]+) \|$", section, re.M))
    assert list(rows) == list(documents.sentences())
    for template, printed in rows.items():
        form = re.sub(r"\[(.*?)\]", r"(?:\1)?", template)
        form = re.sub(r"\{[^{}]*\}", "(.+?)", form)
        assert re.fullmatch(form, printed), template


@pytest.mark.parametrize("name", READMES)
def test_the_tree_is_the_tree(name):
    """Every folder and file that the README's tree names is there, <center> being any center."""
    (block,) = re.findall(r"```\n(notebooks/.*?)```", text(name), re.DOTALL)
    for line in block.splitlines():
        path = re.sub(r"<[^>]+>", "*", line.split()[0])
        if not path.startswith(("outputs/", "data/")):
            assert list(PROJECT.glob(path.rstrip("/"))), path


def test_the_rooms_are_the_rooms():
    """docs/architecture.md names every module and room that the import contract has, floor by floor, and no other."""
    import tomllib

    layers = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = layers["tool"]["importlinter"]["contracts"][0]["layers"]
    table = re.findall(r"^\| (`\w+/?`(?:, `\w+/?`)*) \|", text("docs/architecture.md"), re.M)
    shown = [sorted(re.findall(r"`(\w+)/?`", row)) for row in table]
    assert shown == [sorted(layer.split(" | ")) for layer in layers]


def test_no_document_names_a_machine_or_a_measure_that_was_not_seen_again():
    """Documents hold for every reader's machine."""
    for name in (*DOCUMENTS, "CHANGELOG.md", "benchmarks/RESULTS.md"):
        assert not re.search(r"19\.9×|/(home|root|work)/|pypi\.|\.pythonhosted", text(name)), name
