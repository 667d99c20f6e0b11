"""Reading is bounded: whatever a file does, the command says its name and what it exceeded, within memory and time."""

import json
import subprocess
import sys
from pathlib import Path

import bombs
import material
import psutil
import pytest
from commands import PROGRAM
from exports import JUNAN, rows, table, take, write

from hotline.intake.grids import FileError
from hotline.intake.quotes import closed
from hotline.intake.readers import Reader

_MEASURED = """
import resource, subprocess, sys
ran = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(ran.returncode, used.ru_maxrss // 1024, round(used.ru_utime + used.ru_stime), ran.stdout + ran.stderr)
"""


def taken(tmp_path: Path, path: Path, **limits: int) -> tuple[int, str]:
    """The exit code of the command and what it says; no process of it has taken more than it may."""
    home = material.workspace(tmp_path / "w", issues=True)
    with (home / "params/junan/center.yml").open("a", encoding="utf-8") as profile:
        profile.write(f"\nexport: {json.dumps(limits)}\n")
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, PROGRAM, "import", "--center", "junan", path],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
    )
    code, mebibytes, seconds, said = ran.stdout.split(" ", 3)
    assert (
        int(mebibytes) < 2_048
    )  # the reader has 1,536 at most; an import that could read 1.6 million rows holds 1 KB of each
    assert int(seconds) < 120
    assert "Traceback" not in said
    assert path.name in said
    return int(code), said


full_and_smaller = pytest.mark.parametrize("part", [0.25, pytest.param(1, marks=pytest.mark.deep)])


@full_and_smaller
@pytest.mark.parametrize(
    ("bomb", "why"),
    [(bombs.commas, "格，超过表格能有的"), (bombs.one_cell, "有一行超过 16 MB")],
)
def test_what_is_no_export_is_refused_by_name(tmp_path, bomb, why, part):
    """A file that unfolds beyond all bounds ends with its name and what it exceeded."""
    code, said = taken(tmp_path, bomb(tmp_path, part))
    assert code == 1
    assert why in said


@full_and_smaller
def test_a_row_of_millions_of_cells_is_refused_with_their_number(tmp_path, part):
    """So are cells that say no place and therefore pass for one row."""
    code, said = taken(tmp_path, bombs.cells_without_a_place(tmp_path, part))
    assert code == 1
    assert f"{round(5_000_000 * part)} 格" in said


@full_and_smaller
def test_a_line_that_no_memory_holds_is_refused_with_the_limit(tmp_path, part):
    """It ends at the profile's limit of memory, not at the machine's."""
    code, said = taken(tmp_path, bombs.line_in_a_zip(tmp_path, part), max_memory=512 if part < 1 else 1536)
    assert code == 1
    assert "export.max_memory" in said


@full_and_smaller
def test_a_quote_that_nothing_closes_costs_its_row(tmp_path, part):
    """All rows after it are read as they are."""
    code, said = taken(tmp_path, bombs.open_quote(tmp_path, part))
    assert code == 0
    assert "搁置 1" in said


@pytest.mark.parametrize(
    ("bomb", "aside"), [(bombs.long_cells, 0), (bombs.long_id, 1), (bombs.date_beyond_all_calendars, 1)]
)
def test_what_can_be_read_is_and_costs_one_row_at_most(tmp_path, bomb, aside):
    """An endless id, a date beyond all calendars cost their own row; long cells cost nothing."""
    code, said = taken(tmp_path, bomb(tmp_path))
    assert code == 0
    assert f"搁置 {aside}" in said


def limited(**limits: int):
    return JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update=limits)})


def test_the_next_file_is_read_after_one_that_took_too_much(tmp_path):
    """The message names the file that exceeded the memory, and only that one: the reader is replaced."""
    good = [write(tmp_path / f"工单_{n}.csv", table(rows(5))) for n in (1, 3)]
    large = bombs.line_in_a_zip(tmp_path, 0.1).rename(tmp_path / "工单_2.zip")
    with pytest.raises(FileError) as error:
        take(tmp_path, good[0], large, good[1], profile=limited(max_memory=256))
    assert str(error.value).startswith("工单_2.zip：读取时占用的内存超过 256 MB")
    assert "工单_1" not in str(error.value)
    assert "工单_3" not in str(error.value)


def test_more_rows_than_this_machine_holds_are_refused_before_it_runs_out(tmp_path, monkeypatch):
    """Of one file or of many: what is read together is held together. The message says how many rows there is room for."""
    files = [write(tmp_path / f"工单_{n}.csv", table(rows(30, first=30 * n + 1))) for n in range(3)]
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=70 * 2_048))
    take(tmp_path, *files[:2])
    with pytest.raises(FileError, match=r"^工单_2.csv：读到这个文件已有 90 行，.*最多放得下 70 行。"):
        take(tmp_path, *files)


def test_a_reader_that_takes_too_long_is_ended(tmp_path):
    """The message names the file and the limit of time."""
    path = write(tmp_path / "工单.csv", table(rows(5)))
    with (
        Reader(JUNAN.export.model_copy(update={"max_seconds": 0})) as reader,
        pytest.raises(FileError, match="0 秒"),
    ):
        reader.grids(path)


def test_one_process_reads_all_files_however_large_the_command_is(tmp_path):
    """What the command itself holds is not taken for what its reader does, which would be replaced for each file."""
    path = write(tmp_path / "工单.csv", table(rows(5)))
    limits = limited(max_seconds=77)  # those of no other test: a reader of its own
    held = b"x" * (300 << 20)
    before = readers()
    take(tmp_path, path, profile=limits)
    one = readers() - before
    take(tmp_path, path, profile=limits)
    assert len(held)
    assert len(one) == 1
    assert readers() - before == one


def readers() -> set[int]:
    """The processes of this one that read files."""
    children = psutil.Process().children()
    return {child.pid for child in children if "hotline.intake.serving" in child.cmdline()}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('a,b\n1,"甲\n2,乙\n', 'a,b\n1,"""甲"\n2,乙\n'),
        ('a,b\n1,"甲\n2,"乙\n', 'a,b\n1,"""甲"\n2,"""乙"\n'),
        ('a,b\n1,"甲\n乙"\n2,丙\n', None),
        ('a,b\n1,"甲""乙"\n2,5" 管\n', None),
        ('a,b\n"1","甲,乙"\n', None),
    ],
)
def test_only_a_quote_that_nothing_closes_is_taken_literally(text, meant):
    """Cells with line breaks, doubled quotes and inches stay as they are."""
    assert closed(text.encode(), ",").decode() == (meant or text)
