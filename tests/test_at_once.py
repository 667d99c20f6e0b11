"""Commands at the same time: whoever comes second waits or goes on, nobody fails, and nothing is lost."""

import multiprocessing
import shutil
import subprocess
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import material
import pytest
from commands import run
from deltalake import DeltaTable
from exports import row, table, write

from hotline.publishing import folders

WEEKS = ("2021-W42", "2021-W43")
CLEAN = ("clean",)


def at_once(users: Executor, home: Path, *commands: tuple) -> None:
    """These commands, all at the same time; none fails. (`hotline`'s words; `make` is the project's Makefile.)"""
    done = [users.submit(make if words == CLEAN else run, home, *words) for words in commands]
    said = [each.result().stdout + each.result().stderr for each in done]
    assert [each.result().returncode for each in done] == [0] * len(done), "\n---\n".join(said)


def make(home: Path, *words: str) -> subprocess.CompletedProcess:
    command = ["make", "-f", material.PROJECT / "Makefile", *words]
    return subprocess.run(command, cwd=home, capture_output=True, text=True)


def stored(home: Path) -> dict[str, str]:
    """Request → kind, each once."""
    held = DeltaTable(str(home / "data/archive/junan")).to_pandas()
    assert held["request_id"].is_unique
    return dict(zip(held["request_id"], held["kind"], strict=True))


def whole(home: Path) -> None:
    """Every issue is there with all of its files, is in the index, and no working folder is left."""
    outputs = home / "outputs" / "junan"
    for week in WEEKS:
        assert {"bulletin.html", "bulletin.ipynb", "figures.json", "inputs.json"} <= {
            path.name for path in (outputs / week).iterdir()
        }
        assert f'href="{week}/' in (outputs / "index.html").read_text(encoding="utf-8")
    assert all(path.suffix == ".lock" for path in (outputs / folders.WORK).iterdir())


@pytest.fixture
def home(tmp_path):
    home = material.workspace(tmp_path / "home")
    material.tiny_notebook(home)
    material.fill(home, material.handlings("2021-W40", 4))
    return home


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, pytest.param(200, marks=pytest.mark.deep)])
def test_nothing_is_lost_and_nobody_fails(home, rounds):
    """The same export five times; five of them; an issue twice beside its neighbour; all of that, and the weekly run, and
    what is published thrown away meanwhile."""
    render = ("render", *WEEKS, "--to", "html", "--force")
    expected = stored(home)
    (home / "in").mkdir()
    # Five users, who each run one command after the other in a process of their own.
    with ProcessPoolExecutor(5, mp_context=multiprocessing.get_context("spawn")) as users:
        for number in range(rounds):
            day = 20220101 + number % 28 + 100 * (number // 28)
            kinds = [("求助", "建议", "咨询", "表扬")[(number + part) % 4] for part in range(6)]
            batch = [
                [
                    row(n + 100 * part, 诉求类别=kind, 办结时间="", 受理时间="2021-10-26 08:00:00")
                    for n in range(20)
                ]
                for part, kind in enumerate(kinds)
            ]
            batch[5].append(row(700 + number, 受理时间="?"))  # a row to set aside
            files = [
                write(home / f"{part}" / f"工单{part}_{day}.csv", table(records))
                for part, records in enumerate(batch)
            ]
            for records, kind in zip(batch, kinds, strict=True):
                expected |= {record["工单编号"]: kind for record in records[:20]}
            shutil.copy(files[4], home / "in")
            at_once(users, home, *[("import", files[5])] * 5)
            at_once(users, home, *[("import", path) for path in files[:5]])
            at_once(users, home, render, ("render", WEEKS[0], "--to", "html", "--force"), render)
            at_once(
                users,
                home,
                render,
                ("import", files[0], files[5]),
                ("render", "--import", "in", *WEEKS, "--to", "html"),
            )
            at_once(users, home, render, CLEAN)
            at_once(users, home, ("render", *WEEKS, "--to", "html"))
            assert stored(home) == expected
            whole(home)
            print("round", number + 1, flush=True)
    assert len(list((home / "data/archive/junan.aside").iterdir())) == rounds
