"""The unattended run: as cron starts it, with what lies there, and half a week refused."""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import commands
import material
import pytest
from commands import PROGRAM, hotline

from hotline import periods, profiles
from hotline.archive import Archive
from hotline.batch import choosing, inbox
from hotline.coverage import Coverage
from hotline.publishing import folders
from hotline.sample import files as sample

NOW = datetime.now()
LAST = periods.last_complete(NOW)
"""Cron asks for the last complete week of today: the tests' data are of that week, the clock is the machine's."""


def exports(folder: Path, weeks: int = 2) -> list[Path]:
    """A platform's exports of the weeks up to the last complete one."""
    return sample.write(folder, weeks=weeks, requests=150, center=profiles.load("junan"), last=str(LAST))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace with one center, and no archive yet."""
    home = material.workspace(tmp_path / "home")
    material.tiny_notebook(home)
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    return home


def as_cron(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """As cron does: a process with an empty environment but for one variable, the root as working directory."""
    command = [PROGRAM, "render", "--to", "html", *arguments]
    lead = ["env", "-i", f"HOTLINE_HOME={home}"]
    # The tests may run against a copy of the package; cron would not.
    lead += [f"PYTHONPATH={path}"] if (path := os.environ.get("PYTHONPATH")) else []
    return subprocess.run([*lead, *map(str, command)], cwd="/", capture_output=True, text=True, timeout=300)


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The same command without a process of its own: what it reports, and what it makes."""
    return commands.run(home, "render", "--to", "html", *arguments, cwd="/")


def issue(home: Path) -> Path:
    return home / "outputs" / "junan" / str(LAST)


@pytest.mark.skipif(sys.platform == "win32", reason="cron is a Unix matter")
def test_as_cron_runs_it(home):
    """`env -i`, working directory /: the exports are taken in, the last complete week is rendered, a log line each,
    exit 0; a second run finds nothing new."""
    shutil.copy(material.PROJECT / "notebooks" / "bulletin.ipynb", home / "notebooks")
    lying = exports(home / "exports")
    before = datetime.now().replace(microsecond=0)
    done = as_cron(home, "--import", str(home / "exports"))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line[20:].split("：")[0] for line in lines] == [
        *(f"junan 导入 {path.name}" for path in lying),
        f"junan {LAST}",
        "junan",  # the names of the profile that these few rows do not have
    ]
    assert all(before <= datetime.fromisoformat(line[:19]) <= datetime.now() for line in lines)
    assert (issue(home) / "bulletin.html").is_file()
    assert (home / "outputs/junan/index.html").is_file()

    again = as_cron(home, "--import", str(home / "exports"))
    assert (again.returncode, again.stderr) == (0, "")
    assert [line[20:] for line in again.stdout.splitlines()] == [f"junan {LAST}：没有变化"]


def test_the_project_is_found_without_being_told(tmp_path):
    """Without $HOTLINE_HOME and outside the project's folder the installed project's own workspace is meant."""
    done = subprocess.run(
        [sys.executable, "-c", "from hotline.workspace import workspace; print(workspace())"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name == "PYTHONPATH"},
    )
    assert Path(done.stdout.strip()) == material.PROJECT


def test_two_at_a_time_do_no_harm(home):
    """Two runs started together: each export is stored once, the issue is whole, both say all is well."""
    exports(home / "exports")
    with ThreadPoolExecutor(2) as both:
        runs = list(both.map(lambda _: as_cron(home, "--import", str(home / "exports")), range(2)))
    waits = re.compile(r"^.*，等它做完.*\n", re.M)  # said by the second one where the first takes long
    assert [(done.returncode, waits.sub("", done.stderr)) for done in runs] == [(0, ""), (0, "")]
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
        (
            timedelta(days=4),
            timedelta(hours=8),
            f"缺 {Coverage.of([(LAST.ends - timedelta(days=3), LAST.ends)])} 的完整数据",
        ),
        (timedelta(0), timedelta(hours=-3), f"缺 {Coverage.of([(LAST.ends, LAST.ends)])} 的完整数据"),
        (timedelta(days=7), timedelta(hours=8), f"缺 {Coverage.of([(LAST.starts, LAST.ends)])} 的完整数据"),
    ],
)
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
    (asked,), _ = choosing.last_complete(["junan"], datetime(2021, 11, 5, 9))
    assert (asked.period.starts, asked.period.ends) == (periods.date(2021, 10, 29), periods.date(2021, 11, 4))


# ---- exports lying there ---------------------------------------------------------------------------------------------


def test_an_export_is_taken_in_once_whatever_it_is_called(home, tmp_path):
    """A copy of an export under another name, and files of other kinds, are passed over."""
    first, _ = exports(tmp_path / "lying")
    assert [well for well, _ in inbox.take_in(tmp_path / "lying", ["junan"])] == [True, True]
    shutil.copy(first, first.with_name("又一份.xlsx"))
    (tmp_path / "lying" / "~$打开着.xlsx").write_text("")
    (tmp_path / "lying" / "说明.docx").write_text("")
    assert list(inbox.take_in(tmp_path / "lying", ["junan"])) == []


def test_a_broken_export_is_told_of_each_time_and_keeps_no_other_out(home, tmp_path):
    """What cannot be used is a line with its reason, again the next time; the others are stored."""
    exports(tmp_path / "lying")
    (tmp_path / "lying" / "0坏.xlsx").write_bytes(b"PK\x03\x04 cut off")
    told = list(inbox.take_in(tmp_path / "lying", ["junan"]))
    assert [well for well, _ in told] == [False, True, True]
    assert "0坏.xlsx" in told[0][1]
    assert Archive(home / "data" / "archive", "junan").version is not None
    assert [well for well, _ in inbox.take_in(tmp_path / "lying", ["junan"])] == [False]
    done = run(home, "--import", str(tmp_path / "lying"))
    assert done.returncode == 1
    assert "0坏.xlsx" in done.stderr
    assert (issue(home) / "figures.json").is_file()


def baltimore(home: Path) -> None:
    shutil.copytree(material.PROJECT / "examples" / "baltimore", home / "params" / "baltimore")


def twin(home: Path) -> None:
    """Another center on the platform of junan: its exports have the same headers."""
    profile = (home / "params/junan/center.yml").read_text(encoding="utf-8")
    (home / "params/other").mkdir()
    (home / "params/other/center.yml").write_text(profile, encoding="utf-8")


def test_with_several_centers_each_has_its_folder(home, tmp_path):
    """DIR/<center>/ holds a center's exports; what lies in DIR itself as well is not imported twice."""
    baltimore(home)
    exports(tmp_path / "lying" / "junan")
    exports(tmp_path / "lying")
    said = list(inbox.take_in(tmp_path / "lying", ["baltimore", "junan"]))
    assert [(well, line.split()[0]) for well, line in said] == [(True, "junan")] * 2


def test_an_export_in_the_folder_itself_is_that_of_the_one_center_whose_headers_it_has(home, tmp_path):
    """Of several centers the profile that fits tells; once imported it is passed over."""
    baltimore(home)
    exports(tmp_path / "lying")
    done = run(home, "--import", str(tmp_path / "lying"), "--center", "junan", "--center", "baltimore")
    assert "junan 导入" in done.stdout
    assert (issue(home) / "figures.json").is_file()
    assert list(inbox.take_in(tmp_path / "lying", ["baltimore", "junan"])) == []
    assert [well for well, _ in inbox.take_in(tmp_path / "lying", ["baltimore"])] == [], "junan has it"


def test_an_export_of_a_center_that_is_not_made_is_said_and_left(home, tmp_path):
    """--center baltimore: a file of junan's is no failure, and it is not imported."""
    baltimore(home)
    exports(tmp_path / "lying", weeks=1)
    ((well, line),) = inbox.take_in(tmp_path / "lying", ["baltimore"])
    assert (well, "看表头是 junan 的导出" in line) == (True, True)


def test_an_export_that_fits_several_centers_or_none_is_reported_by_name(home, tmp_path):
    """Exit 1, the file's name, why nobody knows whose it is, and where to put it; with --center it is that one's."""
    twin(home)
    (path,) = exports(tmp_path / "lying", weeks=1)
    (tmp_path / "lying" / "菜单.csv").write_text("菜名,价格\n面条,9\n", encoding="utf-8")
    done = run(home, "--import", str(tmp_path / "lying"))
    assert done.returncode == 1
    assert (
        f"没有导入 {path.name}：junan、other 的表头都相符，看不出是哪个中心的导出。请移到 {tmp_path / 'lying'}/"
        in done.stderr
    )
    assert "没有导入 菜单.csv：与 junan、other 的表头都不相符" in done.stderr
    assert Archive(home / "data" / "archive", "junan").version is None
    (tmp_path / "lying" / "菜单.csv").unlink()
    assert [line.split()[:2] for _, line in inbox.take_in(tmp_path / "lying", ["other"])] == [
        ["other", "导入"]
    ]


def test_one_center_takes_what_lies_in_the_folder_and_in_its_own(home, tmp_path):
    """With one center nothing is matched, and nothing is passed over because DIR/<center>/ is there, too."""
    first, second = exports(tmp_path / "lying")
    (tmp_path / "lying" / "junan").mkdir()
    first.rename(tmp_path / "lying" / "junan" / first.name)
    said = list(inbox.take_in(tmp_path / "lying", ["junan"]))
    assert [line.split("：")[0] for _, line in said] == [
        f"junan 导入 {first.name}",
        f"junan 导入 {second.name}",
    ]


@pytest.mark.parametrize("ledger", ["今", "0.1.0"])
def test_an_archive_that_was_deleted_takes_its_exports_again(home, tmp_path, ledger):
    """The ledger is its table's: of another table, though one export was imported into it by hand, it says nothing."""
    lying = exports(tmp_path / "lying")
    list(inbox.take_in(tmp_path / "lying", ["junan"]))
    path = home / "data/archive/junan.taken.json"
    if ledger == "0.1.0":
        path.write_text(json.dumps(json.loads(path.read_text())["files"]))
        assert list(inbox.take_in(tmp_path / "lying", ["junan"])) == [], "those of the table that is there"
    shutil.rmtree(home / "data/archive/junan")
    hotline(home, "import", lying[0])
    done = run(home, "--import", str(tmp_path / "lying"))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"junan 导入 {lying[1].name}" in done.stdout
    assert (issue(home) / "figures.json").is_file()


def test_an_export_that_a_wrong_profile_made_meaningless_is_taken_once_it_is_right(home, tmp_path):
    """It is told of each time until then."""
    (tmp_path / "lying").mkdir()
    rows = "".join(f"W{n:05d},{n % 28 + 1:02d}.10.2021 08:00\n" for n in range(60))
    (tmp_path / "lying" / "工单_20211101.csv").write_text(f"工单编号,受理时间\n{rows}", encoding="utf-8")
    assert [[well for well, _ in inbox.take_in(tmp_path / "lying", ["junan"])] for _ in "12"] == [[False]] * 2
    profile = home / "params/junan/center.yml"
    profile.write_text(profile.read_text() + '\nexport: {date_format: "%d.%m.%Y %H:%M"}\n')
    ((well, line),) = inbox.take_in(tmp_path / "lying", ["junan"])
    assert (well, "新存 60" in line) == (True, True)


def test_a_folder_that_is_not_there_is_said_so(home):
    """A wrong --import is an error that names the folder."""
    done = run(home, "--import", "/nowhere/exports")
    assert done.returncode == 1
    assert "找不到文件夹 /nowhere/exports" in done.stderr
    assert "Traceback" not in done.stderr
