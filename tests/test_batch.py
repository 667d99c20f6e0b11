"""Many issues: what is made again, what happens when one fails, when the analyst stops, when a process is killed."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import material
import nbformat
import psutil
import pytest
from commands import PROGRAM, run

from hotline import figurefile, periods
from hotline.archive import Archive
from hotline.batch import batch
from hotline.batch.batch import BatchError, Options
from hotline.publishing import folders, inputs

MADE = ("bulletin.html", "bulletin.pdf", "figures.json")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A workspace with twenty weeks of invented requests, and a notebook without charts."""
    home = material.workspace(tmp_path_factory.mktemp("stock") / "home")
    material.fill(home, material.handlings("2021-W01", 20))
    material.tiny_notebook(home)
    return home


@pytest.fixture
def home(stocked, tmp_path, monkeypatch):
    """A workspace of the test's own."""
    shutil.copytree(stocked, tmp_path / "home")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def issues(home: Path) -> list[str]:
    return sorted(path.parent.name for path in (home / "outputs" / "junan").glob("*/figures.json"))


def whole(home: Path) -> None:
    """Every published issue is complete, and of one piece: HTML, figures and record tell the same total."""
    for folder in (home / "outputs" / "junan").glob("2021-*"):
        total = json.loads((folder / "figures.json").read_text())["figures"]["total"]
        assert f'data-figure="total">{total}</data>件' in (folder / "bulletin.html").read_text()
        assert f"共{total}件" in "".join(
            output.get("data", {}).get("text/markdown", "")
            for cell in nbformat.read(folder / "bulletin.ipynb", 4).cells
            for output in cell.get("outputs", ())
        )
        assert inputs.record(folder)["formats"] == ["html"]


def clean(home: Path) -> None:
    """No working folder is left."""
    assert not list((home / "outputs" / "junan" / folders.WORK).glob("*~*"))


# ---- what is asked for -----------------------------------------------------------------------------------------------


def test_periods_and_ranges_name_each_issue_once(home):
    """Several periods and ranges, overlapping, in several centers: every issue once, in order."""
    asked = batch.wanted(["junan", "junan"], ["2021-W03", "2021-W01:2021-W04", "2021-W03:2021-W03"])
    assert [str(each.period) for each in asked] == ["2021-W03", "2021-W01", "2021-W02", "2021-W04"]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["2021-W09:2021-W03"], "结束早于开始"),
        (["2021-W54"], "没有“2021-W54”这个周期"),
        (["2021-W03", "--to", "html,odt"], "没有“odt”这种格式"),
        (["2021-W03", "--center", "nowhere"], "没有“nowhere”这个中心"),
    ],
)
def test_what_cannot_be_begun_is_said_and_changes_nothing(home, arguments, match):
    """A range that ends before it starts, an unknown period, format or center: one line, exit 1, no traceback."""
    done = run(home, "render", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert match in done.stderr
    assert "Traceback" not in done.stderr
    assert issues(home) == []


# ---- failures --------------------------------------------------------------------------------------------------------


def test_a_failing_week_does_not_stop_the_others(home):
    """The others come out; exit 1; the failure is a line with where its notebook lies, and named in the summary."""
    material.tiny_notebook(home, "if period == '2021-W05': 1 / 0", "assert period != '2021-W06', '没有'")
    done = run(home, "render", "2021-W03:2021-W07", "2021-W01", "--to", "html")
    assert done.returncode == 1
    assert issues(home) == ["2021-W01", "2021-W03", "2021-W04", "2021-W07"]
    assert "junan 2021-W05：第 4 个单元格出错：ZeroDivisionError" in done.stderr
    assert "outputs/junan/.failed/2021-W05.ipynb" in done.stderr
    assert (home / "outputs/junan/.failed/2021-W06.ipynb").is_file()
    assert "共 6 期：生成 4，失败 2；用时" in done.stdout
    assert "需要处理：junan 2021-W05、junan 2021-W06。" in done.stdout
    whole(home)


def test_a_worker_that_is_killed_costs_its_own_issue_alone(home):
    """A worker killed from outside (out of memory) is said to be so; all other issues come out, once each."""
    material.tiny_notebook(
        home, "import os, signal\nif period in ('2021-W04', '2021-W09'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = run(home, "render", "2021-W01:2021-W10", "--to", "html", "--jobs", "2")
    assert done.returncode == 1
    assert len(issues(home)) == 8
    for week in ("2021-W04", "2021-W09"):
        assert f"junan {week}：在“运行笔记本”时工作进程被系统终止（多半是内存不足）" in done.stderr
    assert "共 10 期：生成 8，失败 2" in done.stdout
    assert sorted(line.split("：")[0] for line in done.stdout.splitlines() if line.startswith("junan")) == [
        f"junan {week}" for week in issues(home)
    ]
    whole(home)
    material.tiny_notebook(home)
    run(home, "render", "2021-W01:2021-W10", "--to", "html")
    clean(home)


def test_out_of_memory_in_a_cell_is_said_plainly(home):
    """A MemoryError names memory, not a traceback."""
    material.tiny_notebook(home, "if period == '2021-W02': bytearray(1 << 60)")
    done = run(home, "render", "2021-W02", "--to", "html")
    assert done.returncode == 1
    assert "内存不足" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="limits are a Unix matter")
def test_a_full_disk_keeps_what_is_finished(home):
    """Where a file cannot be written the issue fails with the reason, the published one stays, nothing is left over."""
    disk = home / "outputs" / "junan"
    disk.mkdir(parents=True)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        assert run(home, "render", "2021-W02", "--to", "html").returncode == 0
        before = material.published(home)
        with suppress(OSError), (disk / ".ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass
        done = run(home, "render", "2021-W02", "--to", "html", "--force")
        after = material.published(home)
    finally:
        subprocess.run(["umount", disk], check=True)
    assert done.returncode == 1
    assert "磁盘已满" in done.stderr
    assert "Traceback" not in done.stderr
    assert after == before


# ---- stopping and dying ----------------------------------------------------------------------------------------------


def start(home: Path, *arguments: str) -> subprocess.Popen:
    """The command in a session of its own, as under a terminal."""
    return subprocess.Popen(
        [PROGRAM, "render", *arguments],
        env={**os.environ, "HOTLINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def family(process: subprocess.Popen) -> list[psutil.Process]:
    """Every living process of the command's session."""
    return [
        each
        for each in psutil.process_iter()
        if _session(each.pid) == process.pid and each.status() != "zombie"
    ]


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def gone(process: subprocess.Popen) -> bool:
    """Whether all of them end, soon."""
    end = time.monotonic() + 10
    while (left := family(process)) and time.monotonic() < end:
        time.sleep(0.05)
    return not left


def test_an_interruption_leaves_no_process_and_no_half_issue(home):
    """Ctrl-C half-way: the command ends, its workers with it, finished issues are whole, and it says so."""
    material.tiny_notebook(home, "import time\nif period > '2021-W04': time.sleep(60)")
    process = start(home, "2021-W01:2021-W20", "--to", "html", "--jobs", "2")
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(
        timeout=50
    )  # less than a cell sleeps; within two seconds is for the benchmarks to say
    assert process.returncode == 130
    assert "已停止" in errors
    assert "Traceback" not in errors
    assert gone(process)
    assert 0 < len(issues(home)) < 20
    whole(home)
    clean(home)


def test_kill_at_any_moment_leaves_every_issue_whole(home):
    """kill -9 at ten moments, spread over a batch: no process stays behind, each issue is the old or the new one, whole;
    the next call cleans up and makes the rest."""
    dice, kills, weeks = random.Random(20211105), 10, [f"2021-W{week:02d}" for week in range(1, 11)]
    assert run(home, "render", "2021-W01:2021-W06", "--to", "html").returncode == 0
    stopped_half_way = 0
    for attempt in range(kills):
        process = start(home, "2021-W01:2021-W10", "--to", "html", "--force", "--jobs", "2")
        ends = time.monotonic() + 0.3 + 3 * (attempt + dice.random()) / kills
        while time.monotonic() < ends and process.poll() is None:
            time.sleep(0.01)
        stopped_half_way += process.poll() is None
        if attempt % 2:
            process.kill()  # the command alone: its workers must notice
        else:
            for each in family(process):
                each.kill()
        process.communicate(timeout=20)
        assert gone(process)
        whole(home)
        assert issues(home)[:6] == weeks[:6]
    assert stopped_half_way >= kills / 2
    assert run(home, "render", "2021-W01:2021-W10", "--to", "html", "--force").returncode == 0
    assert issues(home) == weeks
    whole(home)
    clean(home)


# ---- only what changed -----------------------------------------------------------------------------------------------


def outcome_of(home: Path, *arguments: str) -> dict[str, str]:
    """period → what became of it, as a call of the library tells it."""
    asked = batch.wanted(["junan"], arguments)
    return {outcome.period: outcome.status for outcome in batch.render(asked, Options(formats=("html",)))}


def made(statuses: dict[str, str]) -> list[str]:
    assert set(statuses.values()) <= {"rendered", "unchanged"}
    return sorted(period for period, status in statuses.items() if status == "rendered")


@pytest.fixture(scope="module")
def made_before(stocked, tmp_path_factory):
    """The workspace with W01 to W06 rendered, copied by the tests: an issue may be moved with its workspace."""
    home = tmp_path_factory.mktemp("made") / "home"
    shutil.copytree(stocked, home)
    assert run(home, "render", "2021-W01:2021-W06", "--to", "html").returncode == 0
    return home


@pytest.fixture
def rendered(made_before, tmp_path, monkeypatch):
    shutil.copytree(made_before, tmp_path / "home")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def correct(home: Path, week: str, **values) -> None:
    """An import that replaces the first request of a week by one with other values."""
    period = periods.parse(week)
    archive = Archive(home / "data" / "archive", "junan")
    row = archive.handlings(period.start, period.cutoff, as_of=period.cutoff).head(1)
    archive.upsert(
        row.assign(source="later", source_row=1, exported_at=material.pd.Timestamp("2022-01-01"), **values)
    )


def test_nothing_changed_nothing_made(rendered):
    """A second call makes nothing and writes nothing; --force makes all."""
    before = {path: path.stat().st_mtime_ns for path in (rendered / "outputs").rglob("*") if path.is_file()}
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == []
    assert {
        path: path.stat().st_mtime_ns for path in (rendered / "outputs").rglob("*") if path.is_file()
    } == before
    done = run(rendered, "render", "2021-W01:2021-W06", "--to", "html", "--force")
    assert "共 6 期：生成 6" in done.stdout
    done = run(rendered, "render", "2021-W01:2021-W06", "--to", "html")
    assert "共 6 期：没有变化 6" in done.stdout


def test_nothing_changed_imports_nothing_heavy(rendered):
    """A call that finds nothing changed answers without importing papermill, pandas, matplotlib or nbconvert."""
    seen = "import sys; from hotline.batch import batch\n"
    seen += "asked = batch.wanted(['junan'], ['2021-W01:2021-W06'])\n"
    seen += "print(*[o.status for o in batch.render(asked, batch.Options(formats=('html',)))])\n"
    seen += "print(*{'papermill', 'pandas', 'matplotlib', 'nbconvert', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert done.stdout == " ".join(["unchanged"] * 6) + "\n\n"


def test_a_corrected_request_makes_just_the_issues_that_show_it(rendered):
    """A request moved to another kind shows in its week and in the next, which reads its week to compare."""
    correct(rendered, "2021-W03", kind="建议")
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == ["2021-W03", "2021-W04"]
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == []


def test_an_import_that_changes_nothing_visible_makes_nothing(rendered):
    """A week's file is rewritten by an import, but what the issues read is the same: a closing after the cut-off."""
    version = Archive(rendered / "data" / "archive", "junan").version
    correct(rendered, "2021-W05", closed_at=material.pd.Timestamp("2023-01-01"))
    correct(rendered, "2021-W05", closed_at=material.pd.Timestamp("2023-01-02"))
    assert Archive(rendered / "data" / "archive", "junan").version > version
    statuses = outcome_of(rendered, "2021-W01:2021-W06")
    # The first of the two may have taken a closing before the cut-off away; the second cannot be seen.
    correct(rendered, "2021-W05", closed_at=material.pd.Timestamp("2023-01-03"))
    assert set(made(statuses)) <= {"2021-W05", "2021-W06"}
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == []


def test_a_late_visit_makes_the_issue_of_the_week_it_was_made_in(rendered):
    """A visit made in W05 to a request of W01 belongs to the issue of W05, and to no other."""
    moment = periods.parse("2021-W05").start + material.timedelta(hours=9)
    old = Archive(rendered / "data" / "archive", "junan").visits(
        periods.parse("2021-W05").start, periods.parse("2021-W05").cutoff
    )
    period = periods.parse("2021-W01")
    archive = Archive(rendered / "data" / "archive", "junan")
    rows = archive.handlings(period.start, period.cutoff, as_of=period.cutoff)
    quiet = rows[rows["visited_at"].isna() & rows["closed_at"].isna()].head(1)
    stored = archive.stored(material.pa_array(quiet["request_id"])).to_pandas().drop(columns="week")
    archive.upsert(
        stored.assign(
            closed_at=material.pd.Timestamp(moment),
            visited_at=material.pd.Timestamp(moment),
            service_rating="满意",
            result_rating="满意",
            exported_at=material.pd.Timestamp("2022-01-01"),
        )
    )
    assert (
        len(
            Archive(rendered / "data" / "archive", "junan").visits(
                periods.parse("2021-W05").start, periods.parse("2021-W05").cutoff
            )
        )
        == len(old) + 1
    )
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == ["2021-W05"]


@pytest.mark.parametrize("what", ["profile", "parameters", "article", "notebook", "format", "file"])
def test_every_other_input_counts(rendered, what):
    """A changed profile or notebook makes all issues; an issue's own parameters or article, or a missing file, that one."""
    params = rendered / "params" / "junan"
    expected = ["2021-W03"]
    if what == "profile":
        path = params / "center.yml"
        path.write_text(path.read_text().replace("title: 热线周报", "title: 热线简报"))
        expected = issues(rendered)
    elif what == "parameters":
        (params / "2021-W03.yml").write_text("issue: 7\n")
    elif what == "article":
        (params / "2021-W03.md").write_text("# 文章\n")
    elif what == "notebook":
        material.tiny_notebook(rendered, "'one more'")
        expected = issues(rendered)
    elif what == "format":
        asked = batch.wanted(["junan"], ["2021-W03"])
        assert [each.status for each in batch.render(asked, Options(formats=("html", "pdf")))] == ["rendered"]
        (rendered / "outputs/junan/2021-W03/bulletin.pdf").unlink()
    else:
        (rendered / "outputs/junan/2021-W03/bulletin.html").unlink()
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == expected


def test_a_remark_in_the_profile_is_no_change(rendered):
    """What a profile says counts, not how it is written."""
    with (rendered / "params/junan/center.yml").open("a") as file:
        file.write("\n# 备注\n")
    assert made(outcome_of(rendered, "2021-W01:2021-W06")) == []


# ---- the same bytes --------------------------------------------------------------------------------------------------


def test_same_bytes_with_any_number_of_jobs(stocked, tmp_path):
    """The real notebook, HTML, PDF and figures: one job, two jobs, each issue in a call of its own, and once more."""
    shutil.copytree(stocked, tmp_path / "home")
    home = tmp_path / "home"
    shutil.copy(material.PROJECT / "notebooks" / "bulletin.ipynb", home / "notebooks")
    weeks = ["2021-W15", "2021-W16"]
    seen = []
    for calls in (
        [[*weeks, "--jobs", "1"]],
        [[*weeks, "--jobs", "2", "--force"]],
        [[week, "--force"] for week in weeks],
    ):
        for arguments in calls:
            assert run(home, "render", *arguments).returncode == 0
        seen.append(material.published(home, names=(*MADE, "index.html")))
    assert len(seen[0]) == 2 * len(MADE) + 1
    assert seen[0] == seen[1] == seen[2]
    shutil.rmtree(home / "outputs")
    assert run(home, "render", *weeks).returncode == 0
    assert material.published(home, names=(*MADE, "index.html")) == seen[0]


def test_formats_are_those_there_are():
    """--to takes html, pdf and docx in any order, and names the one that it does not know."""
    assert batch.formats("pdf, html") == ("html", "pdf")
    with pytest.raises(BatchError, match="没有“txt”"):
        batch.formats("txt")


def test_the_figures_of_a_batch_pass_their_checks(rendered):
    """What was published passes the same checks when it is read back."""
    for week in issues(rendered):
        figurefile.check(figurefile.load(rendered / "outputs/junan" / week / "figures.json"))


def test_workers_run_this_program_and_no_other(home):
    """A folder named hotline, or pandas.py, in the working directory is not imported in its place."""
    (home / "hotline").mkdir()
    (home / "hotline" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    (home / "pandas.py").write_text("raise SystemExit('the wrong one')")
    done = run(home, "render", "2021-W01:2021-W02", "--to", "html", apart=True)
    assert done.returncode == 0, done.stderr
    assert issues(home) == ["2021-W01", "2021-W02"]


def test_practice_succeeds():
    """What a worker's parent rehearses works; a failure there would only be slow, and so go unnoticed."""
    from hotline.batch import practice

    for each in practice.PRACTICE:
        each()


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_a_warm_process_has_one_thread_and_no_open_table():
    """What workers are forked from runs one thread, has every heavy import, and has not used deltalake."""
    # pyarrow and deltalake each have an allocator that cleans up in the background, and knows of forks.
    seen = "import os, sys; import hotline.batch.ready, hotline.batch.practice\nfor t in os.listdir('/proc/self/task'):\n"
    seen += "    name = open(f'/proc/self/task/{t}/comm').read()\n    if 'jemalloc' not in name: print(t == str(os.getpid()))\n"
    seen += "print({'pandas', 'matplotlib', 'nbconvert', 'papermill', 'deltalake', 'typst', 'pypandoc'} - set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", seen],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout == "True\nset()\n"


MEASURES = """
import os
from hotline.charts import style
text = [chr(0x4E00 + at) for at in range(4000)]
whole = style.width(text[0])
children = [os.fork() for _ in range(2)]  # four processes
assert {style.width(char) for char in text} == {whole}
if all(children):
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
elif children[0] == 0 and children[1]:
    assert os.waitpid(children[1], 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_processes_measure_text_apart():
    """A face reads its file bit by bit; processes that share the place in it would read each other's bits: broken file."""
    done = subprocess.run([sys.executable, "-c", MEASURES], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
