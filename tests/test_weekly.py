"""The unattended run: as cron starts it, with what lies there, and half a week refused."""

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import material
import pytest

from hotline import center, periods
from hotline.archive import Archive
from hotline.batch import weekly
from hotline.coverage import Coverage
from hotline.publishing import folders
from hotline.sample import files as sample

NOW = datetime.now()
LAST = periods.last_complete(NOW)
"""Cron asks for the last complete week of today: the tests' data are of that week, the clock is the machine's."""


def exports(folder: Path, weeks: int = 2) -> list[Path]:
    """A platform's exports of the weeks up to the last complete one."""
    return sample.write(folder, weeks=weeks, requests=150, center=center.load("junan"), last=str(LAST))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace with one center, and no archive yet."""
    home = material.workspace(tmp_path / "home")
    material.tiny_notebook(home)
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    return home


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """As cron does: an empty environment but for one variable, the root as working directory."""
    command = [Path(sys.executable).with_name("hotline"), "render", "--to", "html", *arguments]
    lead = ["env", "-i", f"HOTLINE_HOME={home}"]
    # The tests may run against a copy of the package; cron would not.
    lead += [f"PYTHONPATH={path}"] if (path := os.environ.get("PYTHONPATH")) else []
    return subprocess.run([*lead, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=300)


def issue(home: Path) -> Path:
    return home / "outputs" / "junan" / str(LAST)


@pytest.mark.skipif(sys.platform == "win32", reason="cron is a Unix matter")
def test_as_cron_runs_it(home):
    """`env -i`, working directory /: the exports are taken in, the last complete week is rendered, a log line each,
    exit 0; a second run finds nothing new."""
    shutil.copy(material.PROJECT / "notebooks" / "bulletin.ipynb", home / "notebooks")
    lying = exports(home / "exports")
    before = datetime.now().replace(microsecond=0)
    done = run(home, "--import", str(home / "exports"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line[20:].split("：")[0] for line in lines] == [
        *(f"junan 导入 {path.name}" for path in lying),
        f"junan {LAST}",
    ]
    assert all(before <= datetime.fromisoformat(line[:19]) <= datetime.now() for line in lines)
    assert (issue(home) / "bulletin.html").is_file()
    assert (home / "outputs/junan/index.html").is_file()

    again = run(home, "--import", str(home / "exports"))
    assert (again.returncode, again.stderr) == (0, "")
    assert [line[20:] for line in again.stdout.splitlines()] == [f"junan {LAST}：没有变化"]


def test_the_project_is_found_without_being_told(tmp_path):
    """Without $HOTLINE_HOME and outside the project's folder the installed project's own workspace is meant."""
    done = subprocess.run(
        [sys.executable, "-c", "from hotline.workspace import workspace; print(workspace())"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
        env={name: value for name, value in os.environ.items() if name == "PYTHONPATH"},
    )  # fmt: skip
    assert Path(done.stdout.strip()) == material.PROJECT


def test_two_at_a_time_do_no_harm(home):
    """Two runs started together: each export is stored once, the issue is whole, both say all is well."""
    exports(home / "exports")
    with ThreadPoolExecutor(2) as both:
        runs = list(both.map(lambda _: run(home, "--import", str(home / "exports")), range(2)))
    assert [(done.returncode, done.stderr) for done in runs] == [(0, ""), (0, "")]
    taken = [line for done in runs for line in done.stdout.splitlines() if "导入" in line]
    assert len(taken) == 2
    assert (issue(home) / "figures.json").is_file()
    assert not list((home / "outputs" / "junan" / folders.WORK).glob("*~*"))


def stocked(home: Path, until: timedelta = timedelta(0), exported: timedelta = timedelta(hours=8)) -> None:
    """An archive with two weeks of requests up to `until` before the cut-off, exported `exported` after it."""
    frame = material.handlings(str(LAST.previous), 2)
    frame["exported_at"] = material.pd.Timestamp(LAST.cutoff + exported)
    material.fill(home, frame[frame["requested_at"] < LAST.cutoff - until])


@pytest.mark.parametrize(
    ("until", "exported", "match"),
    [
        (timedelta(days=4), timedelta(hours=8), f"缺 {Coverage.of([(LAST.ends - timedelta(days=3), LAST.ends)])} 的完整数据"),
        (timedelta(0), timedelta(hours=-3), f"缺 {Coverage.of([(LAST.ends, LAST.ends)])} 的完整数据"),
        (timedelta(days=7), timedelta(hours=8), f"缺 {Coverage.of([(LAST.starts, LAST.ends)])} 的完整数据"),
    ],
)  # fmt: skip
def test_half_a_week_is_refused(home, until, exported, match):
    """A last day without requests, an export older than the cut-off, an empty week: refused with the reason, exit 1."""
    stocked(home, until, exported)
    done = run(home)
    assert done.returncode == 1
    assert re.search(match, done.stderr)
    assert "--allow-incomplete" in done.stderr
    assert not issue(home).exists()


def test_half_a_week_is_made_when_told_so(home):
    """--allow-incomplete renders it all the same."""
    stocked(home, timedelta(days=4))
    done = run(home, "--allow-incomplete")
    assert done.returncode == 0
    assert "数据不完整" in done.stdout
    assert (issue(home) / "figures.json").is_file()


def test_a_week_asked_for_by_name_is_refused_as_well(home):
    """Half a week under the name of a whole one is false, whoever asks for it."""
    stocked(home, timedelta(days=4))
    done = run(home, str(LAST))
    assert done.returncode == 1
    assert "数据不完整" in done.stderr


def test_every_center_is_rendered_and_one_that_fails_stops_no_other(home):
    """Without --center each center of params/ has its turn; the one without data is told of, the other is made."""
    shutil.copytree(material.PROJECT / "examples" / "baltimore", home / "params" / "baltimore")
    stocked(home)
    done = run(home)
    assert done.returncode == 1
    assert (issue(home) / "figures.json").is_file()
    assert "baltimore" in done.stderr
    assert "档案是空的" in done.stderr
    assert "需要处理：baltimore" in done.stdout


def test_a_center_whose_week_starts_on_friday_has_its_own_last_week(home):
    """The last complete period is that of the center's calendar."""
    path = home / "params/junan/center.yml"
    path.write_text(path.read_text() + "\nweek_starts: friday\n")
    (asked,) = weekly.last_complete(["junan"], datetime(2021, 11, 5, 9))
    assert (asked.period.starts, asked.period.ends) == (periods.date(2021, 10, 29), periods.date(2021, 11, 4))


# ---- exports lying there ---------------------------------------------------------------------------------------------


def test_an_export_is_taken_in_once_whatever_it_is_called(home, tmp_path):
    """A copy of an export under another name, and files of other kinds, are passed over."""
    first, _ = exports(tmp_path / "lying")
    assert [well for well, _ in weekly.take_in(tmp_path / "lying", ["junan"])] == [True, True]
    shutil.copy(first, first.with_name("又一份.xlsx"))
    (tmp_path / "lying" / "~$打开着.xlsx").write_text("")
    (tmp_path / "lying" / "说明.docx").write_text("")
    assert list(weekly.take_in(tmp_path / "lying", ["junan"])) == []


def test_a_broken_export_is_told_of_each_time_and_keeps_no_other_out(home, tmp_path):
    """What cannot be used is a line with its reason, again the next time; the others are stored."""
    exports(tmp_path / "lying")
    (tmp_path / "lying" / "0坏.xlsx").write_bytes(b"PK\x03\x04 cut off")
    told = list(weekly.take_in(tmp_path / "lying", ["junan"]))
    assert [well for well, _ in told] == [False, True, True]
    assert "0坏.xlsx" in told[0][1]
    assert Archive(home / "data" / "archive", "junan").version is not None
    assert [well for well, _ in weekly.take_in(tmp_path / "lying", ["junan"])] == [False]
    done = run(home, "--import", str(tmp_path / "lying"))
    assert done.returncode == 1
    assert "0坏.xlsx" in done.stderr
    assert (issue(home) / "figures.json").is_file()


def test_with_several_centers_each_has_its_folder(home, tmp_path):
    """DIR/<center>/ holds a center's exports; what lies in DIR itself is then nobody's."""
    shutil.copytree(material.PROJECT / "examples" / "baltimore", home / "params" / "baltimore")
    exports(tmp_path / "lying" / "junan")
    exports(tmp_path / "lying")
    told = list(weekly.take_in(tmp_path / "lying", ["baltimore", "junan"]))
    assert [(well, line.split()[0]) for well, line in told] == [(True, "junan")] * 2


def test_a_folder_that_is_not_there_is_said_so(home):
    """A wrong --import is an error that names the folder."""
    done = run(home, "--import", "/nowhere/exports")
    assert done.returncode == 1
    assert "找不到文件夹 /nowhere/exports" in done.stderr
    assert "Traceback" not in done.stderr
