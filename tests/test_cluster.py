"""A Dask cluster: a real scheduler, two real workers in their own processes over TCP, one of them killed half-way."""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import material
import psutil
import pytest
from commands import PROGRAM, run

pytest.importorskip("distributed")

from hotline.batch import batch, pool
from hotline.batch.batch import Options
from hotline.batch.cluster import SchedulerError


def dask(log: Path, *arguments: str, **options) -> subprocess.Popen:
    """What it says goes into a file: it would stop once a pipe that nobody reads is full."""
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]],
            stderr=file,
            stdout=subprocess.DEVNULL,
            **options,
        )


QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


def said(process: subprocess.Popen, log: Path, words: str) -> None:
    """Wait until its log has these words."""
    while words not in log.read_text(encoding="utf-8"):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)


def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(folder: Path, protocol: str = "tcp", nannies: tuple[str, ...] = ("--no-nanny", "--nanny")):
    """A scheduler's address, its process, and its worker processes: started by hand, as the handbook says.

    They listen on the loopback address alone. Of two workers the first has no nanny, the second has one, as is usual.
    """
    address = f"{protocol}://127.0.0.1:{port()}"
    processes = [dask(folder / "scheduler.log", "dask_scheduler", "--host", address, *QUIET)]
    for number, nanny in enumerate(nannies):
        place = folder / f"worker-{number}"
        place.mkdir()
        # In a folder and an environment of their own: the jobs say which workspace is meant.
        processes.append(
            dask(
                place / "log",
                "dask_worker",
                address,
                "--nthreads",
                "2",
                nanny,
                *QUIET,
                "--name",
                f"worker-{number}",
                "--host",
                f"{protocol}://127.0.0.1",
                "--death-timeout",
                "60",
                "--local-directory",
                str(place),
                cwd=place,
            )
        )
    try:
        for number, worker in enumerate(processes[1:]):
            said(worker, folder / f"worker-{number}" / "log", "Registered to")
        yield address, processes[0], processes[1:]
    finally:
        for process in processes[::-1]:
            if process.poll() is None:
                for each in [*psutil.Process(process.pid).children(recursive=True), process]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        each.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler's address, and its two worker processes, for the tests that leave them alive."""
    with running(tmp_path_factory.mktemp("cluster")) as (address, _, workers):
        yield address, workers


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A workspace with twelve weeks."""
    home = material.workspace(tmp_path_factory.mktemp("stock") / "home")
    material.fill(home, material.handlings("2021-W01", 12))
    return home


@pytest.fixture
def home(stocked, tmp_path, monkeypatch):
    """A copy of it."""
    home = Path(shutil.copytree(stocked, tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    return home


def test_every_issue_comes_out_once_though_a_worker_is_killed(home, tmp_path):
    """kill -9 of one of two workers half-way: all issues are made, each is told of once, and bytes are as made here."""
    outcomes = []
    with running(tmp_path) as (address, _, workers):
        for outcome in batch.render(
            batch.wanted(["junan"], ["2021-W01:2021-W08"]), Options(scheduler=address)
        ):
            outcomes.append(outcome)
            if len(outcomes) == 3:
                workers[0].kill()
        assert workers[0].poll() is not None
        assert workers[1].poll() is None
    assert [outcome.message for outcome in outcomes if not outcome.ok] == []
    assert sorted(outcome.period for outcome in outcomes) == [f"2021-W{week:02d}" for week in range(1, 9)]
    kept = ("bulletin.html", "bulletin.pdf", "figures.json", "index.html")
    there = material.published(home, names=kept)
    assert len(there) == 3 * 8 + 1
    shutil.rmtree(home / "outputs")
    assert run(home, "render", "2021-W01:2021-W08").returncode == 0
    assert material.published(home, names=kept) == there


def test_a_failing_issue_is_told_of_as_at_home(home, cluster):
    """An error on a worker comes back as a line, with where the notebook lies; the others are made; exit 1."""
    material.tiny_notebook(
        home, "if period == '2021-W02': 1 / 0", "import os; os.chdir('/'); x = len(globals())"
    )
    done = run(home, "render", "2021-W01:2021-W04", "--to", "html", "--scheduler", cluster[0])
    assert done.returncode == 1
    assert "junan 2021-W02：第 4 个单元格出错：ZeroDivisionError" in done.stderr
    assert "共 4 期：生成 3，失败 1" in done.stdout
    assert (home / "outputs/junan/.failed/2021-W02.ipynb").is_file()


def test_a_scheduler_that_does_not_answer_is_said_so(home):
    """Nobody listening, and somebody who says nothing: one line that names the address, exit 1, soon."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for number in (port(), silent.getsockname()[1]):
            began = time.monotonic()
            done = run(home, "render", "2021-W01", "--scheduler", f"tcp://127.0.0.1:{number}")
            assert time.monotonic() - began < 60  # ten seconds is for the benchmarks to say
            assert done.returncode == 1
            assert re.search(rf"Dask 调度器 tcp://127.0.0.1:{number} 没有应答", done.stderr)
            assert "Traceback" not in done.stderr


def test_a_scheduler_without_workers_is_said_so(home, tmp_path):
    """A cluster that nobody works in would wait for ever."""
    address = f"tcp://127.0.0.1:{port()}"
    scheduler = dask(tmp_path / "log", "dask_scheduler", "--host", address, *QUIET)
    try:
        said(scheduler, tmp_path / "log", "Scheduler at")
        with pytest.raises(SchedulerError, match="没有工作进程"):
            list(batch.render(batch.wanted(["junan"], ["2021-W01"]), Options(scheduler=address)))
    finally:
        scheduler.kill()
        scheduler.wait()


def test_the_handbook_opens_no_port_but_those_it_names(tmp_path):
    """Its commands for scheduler and worker listen on the address that --host names, and for themselves on the loopback."""
    handbook = (material.PROJECT / "docs/operator.zh.md").read_text(encoding="utf-8")
    number = str(port())
    lines = [
        line.replace("10.0.0.1:8786", f"127.0.0.2:{number}")
        .replace("10.0.0.1", "127.0.0.2")
        .replace("10.0.0.2", "127.0.0.3")
        .split()
        for line in re.findall(r"^dask (?:scheduler|worker) .*", handbook, re.MULTILINE)
    ]
    assert [line[1] for line in lines] == ["scheduler", "worker"]
    lines[0] += ["--port", number]
    started = [dask(tmp_path / words[1], f"dask_{words[1]}", *words[2:], cwd=tmp_path) for words in lines]
    try:
        said(started[1], tmp_path / "worker", "Registered to")
        listening = [
            {
                each.laddr.ip
                for one in (process, *process.children(recursive=True))
                for each in one.net_connections()
                if each.status == psutil.CONN_LISTEN
            }
            for process in (psutil.Process(each.pid) for each in started)
        ]
        assert listening == [{"127.0.0.2", "127.0.0.1"}, {"127.0.0.3", "127.0.0.1"}]
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait()


def test_an_address_that_is_none_is_said_so(home):
    """A word in the place of an address is an error, not a traceback."""
    done = run(home, "render", "2021-W01", "--scheduler", "nowhere")
    assert done.returncode == 1
    assert "没有应答" in done.stderr
    assert "Traceback" not in done.stderr


def test_same_program_is_asked_of_the_workers(home, cluster, monkeypatch):
    """Workers with another version of this package are refused by name: their issues would differ."""
    from hotline.publishing import inputs

    monkeypatch.setattr(inputs, "package_digest", lambda: "another")
    with pytest.raises(SchedulerError, match="版本与这里不同"):
        list(pool.run([], scheduler=cluster[0]))


def test_what_one_issue_patches_reaches_no_later_batch(home, cluster):
    """A patched calendar and title in one batch leave what the next makes as it is made here."""
    material.tiny_notebook(
        home,
        "from hotline import bulletin as b, center as c; c.Center.first_weekday = property(lambda self: 3); "
        "b.Bulletin.title = property(lambda self: '改过的标题')",
    )
    asked = ("2021-W02:2021-W05", "--to", "html", "--force", "--first")
    assert run(home, "render", *asked, "--scheduler", cluster[0]).returncode == 0
    material.tiny_notebook(home)
    assert run(home, "render", *asked, "--scheduler", cluster[0]).returncode == 0
    there = material.published(home, names=("figures.json", "bulletin.html"))
    assert run(home, "render", *asked).returncode == 0
    assert material.published(home, names=("figures.json", "bulletin.html")) == there


THREAD = "import threading, time; threading.Thread(target=time.sleep, args=(900,), daemon={}).start()"
HARM = [
    ("import os; os._exit(0)", "在“运行笔记本”时工作进程自己退出了（退出码 0）"),
    ("import ctypes; ctypes.string_at(0)", "在“运行笔记本”时工作进程崩溃（SIGSEGV）"),
    ("import os; os.fork()", "又回到了笔记本里"),
    ("raise KeyboardInterrupt", "个单元格出错：KeyboardInterrupt"),
    ("import sys; sys.exit()", "个单元格出错：SystemExit"),
    (THREAD.format(True), "启动的线程还在运行"),
    (THREAD.format(False), "启动的线程还在运行"),
    ("import os; os.kill(os.getppid(), 9); os._exit(1)", "（退出码"),
]


def test_a_process_that_ends_itself_costs_its_own_issue_alone(home, cluster):
    """Whatever harms a process on a worker ends that issue; the worker, nanny or not, lives and makes the others."""
    harms = {f"2021-W{number:02d}": harm for number, (harm, _) in enumerate(HARM, 2)}
    material.tiny_notebook(home, f"exec({harms!r}.get(period, ''))")
    done = run(home, "render", "2021-W01:2021-W12", "--to", "html", "--scheduler", cluster[0])
    assert done.returncode == 1
    for period, (_, message) in zip(harms, HARM, strict=True):
        (line,) = [line for line in done.stderr.splitlines() if line.startswith(f"junan {period}：")]
        assert message in line
    assert f"共 12 期：生成 {12 - len(HARM)}，失败 {len(HARM)}；" in done.stdout
    assert all(worker.poll() is None for worker in cluster[1])


@pytest.mark.deep
def test_a_worker_needs_no_more_memory_after_500_issues(home, tmp_path):
    """The real notebook, 504 issues on one worker: what worker and fork server hold, in MB, grows by less than a tenth."""
    held = []
    with running(tmp_path, nannies=("--no-nanny",)) as (address, _, (worker,)):
        for _ in range(42):
            done = run(home, "render", "2021-W01:2021-W12", "--to", "html", "--force", "--scheduler", address)
            assert (done.returncode, done.stderr) == (0, "")
            family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children()]
            held.append(round(sum(each.memory_info().rss for each in family) / 1e6))
            print(12 * len(held), "issues:", held[-1], "MB", flush=True)
    assert held[-1] < 1.1 * held[2], held


def test_a_scheduler_that_dies_is_one_line(home, tmp_path):
    """kill -9 of the scheduler half-way: one line says so, exit 1; what is done is whole and is not made again."""
    material.tiny_notebook(home, "import time; time.sleep(1)")
    with running(tmp_path, nannies=("--no-nanny",)) as (address, scheduler, _):
        process = subprocess.Popen(
            [PROGRAM, "render", "2021-W01:2021-W12", "--to", "html", "--scheduler", address],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        process.stdout.readline()
        scheduler.kill()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(rf"错误：Dask 调度器 {address} 中途断开了：还有 \d+ 期没有做完。.*\n", errors), errors


def test_a_cluster_with_certificates(home, tmp_path, monkeypatch, certificate):
    """tls:// with Dask's own configuration: with the certificate issues are made; without it one line says why not."""
    key, ours = certificate / "key.pem", certificate / "certificate.pem"
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION", "True")
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CA_FILE", str(ours))
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT", str(ours))
        monkeypatch.setenv(f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY", str(key))
    with running(tmp_path, "tls", ("--nanny",)) as (address, _, _):
        asked = ("2021-W01:2021-W02", "--to", "html", "--scheduler", address)
        done = run(home, "render", *asked, apart=True)
        assert (done.returncode, done.stderr) == (0, "")
        for name in ("CERT", "KEY"):
            monkeypatch.delenv(f"DASK_DISTRIBUTED__COMM__TLS__CLIENT__{name}")
        done = run(home, "render", *asked, "--force", apart=True)
        assert done.returncode == 1
        assert re.fullmatch(rf"错误：Dask 调度器 {address} 没有应答.*\n", done.stderr), done.stderr
