"""Temporary files: in a folder of the command's own, which is gone when it ends, or swept by the next one."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline import whole

OWN = "from hotline.scratch import use_own_folder; use_own_folder(); "


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """With a short name: a socket's path must not be long."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def ran(folder: Path, code: str) -> str:
    command = [sys.executable, "-c", OWN + code]
    return subprocess.run(
        command, env=os.environ | {"TMPDIR": str(folder)}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_a_command_leaves_behind_goes_with_it(tmp_path):
    """Its own files, those of what it starts, and multiprocessing's, which says nothing of it."""
    made = ran(
        tmp_path,
        "import multiprocessing as m, subprocess, sys, tempfile; tempfile.mkdtemp();"
        "m.get_context('forkserver').Process(target=print).start();"
        "subprocess.run([sys.executable, '-c', 'import tempfile; print(tempfile.mkdtemp())'])",
    )
    assert Path(made.splitlines()[0]).parent.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_long_name_is_used_as_it_is(tmp_path):
    """A process that is forked from a server needs a socket, whose path must not be long."""
    folder = tmp_path / ("n" * 60)
    folder.mkdir()
    assert ran(folder, "import tempfile; print(tempfile.gettempdir())") == str(folder)


def test_what_was_being_written_goes_with_the_next_file_in_the_folder(tmp_path):
    """A killed process leaves its file half written, under its own name and the machine's; others' are not touched."""
    half = "import os; from pathlib import Path; from hotline import whole\n"
    half += f"with whole.replacement(Path({str(tmp_path / 'one.json')!r})) as part: part.touch(); os._exit(1)"
    others = [tmp_path / ".one.json.swp", tmp_path / f".one.json.hotline-00000000-{os.getpid()}"]
    with whole.replacement(tmp_path / "three.json") as ours:
        subprocess.run([sys.executable, "-c", half], check=False)
        for other in (*others, ours):
            other.touch()
        assert len(list(tmp_path.iterdir())) == 4
        whole.write(tmp_path / "two.json", b"{}")
        assert set(tmp_path.iterdir()) == {*others, ours, tmp_path / "two.json"}


def test_the_report_of_an_error_outlives_the_command(tmp_path):
    """The file that the message names is there afterwards."""
    said = ran(tmp_path, "from hotline.console import kept; print(kept(KeyError('x')))")
    (report,) = tmp_path.iterdir()
    assert str(report) in said


def test_the_next_command_sweeps_what_a_killed_one_left(tmp_path):
    """By the process in its name: one that runs keeps its folder, and what is not ours is not touched."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, alive = tmp_path / f"hotline-{ended.pid}-abc", tmp_path / f"hotline-{os.getpid()}-abc"
    others = [tmp_path / "hotline-notes-2021", tmp_path / "pymp-abc"]
    target = tmp_path / "elsewhere"
    for folder in (dead, alive, target, *others):
        folder.mkdir()
        (folder / "file").touch()
    link = tmp_path / f"hotline-{ended.pid}-link"
    link.symlink_to(target)
    ran(tmp_path, "")
    assert not dead.exists()
    assert all((folder / "file").exists() for folder in (alive, target, link, *others))
