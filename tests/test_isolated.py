"""An issue is made in a process of its own: what its notebook does to the process is its own failure, and nobody else's."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import material
import nbformat
import psutil
import pytest
from commands import PROGRAM, run

from hotline import locks, processes
from hotline.batch import batch
from hotline.batch.batch import Options
from hotline.publishing import folders

MADE = ("bulletin.html", "bulletin.pdf", "figures.json")
FORKING = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@pytest.fixture(scope="module")
def stocked(tmp_path_factory):
    """A workspace with six weeks of invented requests."""
    home = material.workspace(tmp_path_factory.mktemp("stock") / "home")
    material.fill(home, material.handlings("2021-W01", 6))
    return home


@pytest.fixture
def home(stocked, tmp_path, monkeypatch):
    material.shutil.copytree(stocked, tmp_path / "home")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def issues(home) -> list[str]:
    return sorted(path.parent.name for path in (home / "outputs" / "junan").glob("*/figures.json"))


HARM = {
    "exits without an error": ("import os; os._exit(0)", "工作进程自己退出了（退出码 0）"),
    "exits with one": ("import os; os._exit(3)", "工作进程自己退出了（退出码 3）"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "工作进程崩溃（SIGSEGV）"),
    "is killed": ("import os; os.kill(os.getpid(), 9)", "工作进程被系统终止（多半是内存不足）"),
    "forks": ("import os; os.fork()", "又回到了笔记本里"),
    "forks, and the child stays": (
        "import os, time\nif os.fork() == 0: time.sleep(1000)",
        "分出的进程还在运行",
    ),
    "forks, and exits": ("import os, time\nif os.fork() == 0: time.sleep(1000)\nos._exit(3)", "（退出码 3）"),
    "interrupts itself": ("raise KeyboardInterrupt", "个单元格出错：KeyboardInterrupt"),
    "calls sys.exit": ("import sys; sys.exit()", "个单元格出错：SystemExit"),
    "leaves a daemon thread": (
        "import threading, time; threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
        "启动的线程还在运行：Thread-",
    ),
    "leaves a thread": (
        "import threading, time\ndef endless():\n    while True: time.sleep(1)\n"
        "threading.Thread(target=endless, name='endless').start()",
        "启动的线程还在运行：endless",
    ),
    "takes all memory": ("x = [bytearray(1 << 28) for _ in range(100)]", "内存不足"),
    "kills its fork server": ("import os; os.kill(os.getppid(), 9); os._exit(1)", "（退出码"),
}


@pytest.fixture(scope="module")
def harmed(tmp_path_factory):
    """A batch of the real command in which every second issue does one of these harms; (what it said, the workspace)."""
    home = material.workspace(tmp_path_factory.mktemp("harm") / "home")
    material.fill(home, material.handlings("2021-W01", 2 * len(HARM) + 1))
    harms = {week(2 * number): harm for number, (harm, _) in enumerate(HARM.values(), 1)}
    material.tiny_notebook(home, f"exec({harms!r}.get(period, ''))")
    asked = f"{week(1)}:{week(2 * len(HARM) + 1)}"
    done = run(home, "render", asked, "--to", "html", "--jobs", "1", apart=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return done, home


def week(number: int) -> str:
    return f"2021-W{number:02d}"


@FORKING
@pytest.mark.parametrize("how", HARM)
def test_a_harmful_notebook_fails_its_own_issue(harmed, how):
    """Its failure is one Chinese line."""
    (_, message), number = HARM[how], 2 * list(HARM).index(how) + 2
    done, _ = harmed
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(f"junan {week(number)}：")]
    assert message in line


@FORKING
def test_a_harmful_notebook_fails_its_own_issue_alone(harmed):
    """All others are made, nothing hangs or stays behind, and nobody is shown a traceback."""
    done, home = harmed
    assert issues(home) == [week(number) for number in range(1, 2 * len(HARM) + 2, 2)]
    assert "Traceback" not in done.stderr
    assert not [
        each.pid
        for each in psutil.process_iter(["environ"])
        if (each.info["environ"] or {}).get("HOTLINE_HOME") == str(home)
        and each.status() != "zombie"
        and not _ends(each)
    ]


def _ends(process: psutil.Process) -> bool:
    try:
        process.wait(5)
    except psutil.TimeoutExpired:
        return False
    return True


LEAKS = """
import matplotlib
from hotline import bulletin, center
if period == '2021-W01':
    bulletin.Bulletin.title = property(lambda self: '改过的标题')
    center.Center.first_weekday = property(lambda self: 3)
    matplotlib.rcParams['font.size'] = 99
print('leaked' if matplotlib.rcParams['font.size'] == 99 else 'clean')
"""


def test_what_one_issue_patches_reaches_no_other(home):
    """A patched title, calendar and font size of one week change no byte of the next three."""
    kept = ("bulletin.html", "figures.json")
    weeks = [f"2021-W{week:02d}" for week in range(2, 5)]
    material.shutil.copy(material.PROJECT / "notebooks" / "bulletin.ipynb", home / "notebooks")
    assert run(home, "render", *weeks, "--to", "html").returncode == 0
    clean = {week: [(home / "outputs/junan" / week / name).read_bytes() for name in kept] for week in weeks}
    notebook = home / "notebooks" / "bulletin.ipynb"
    content = json.loads(notebook.read_text())
    at = next(
        i for i, cell in enumerate(content["cells"]) if "parameters" in cell["metadata"].get("tags", ())
    )
    patch = {"cell_type": "code", "id": "patch", "execution_count": None, "outputs": [], "source": LEAKS}
    content["cells"].insert(at + 1, patch | {"metadata": {"tags": ["remove_cell"]}})
    notebook.write_text(json.dumps(content))
    run(home, "render", "2021-W01", *weeks, "--to", "html", "--jobs", "1", "--first", "--force")
    for week in weeks:
        ours = [(home / "outputs/junan" / week / name).read_bytes() for name in kept]
        page = ours[0].replace(b'href="../2021-W01/bulletin.html"', b"")
        assert "改过的标题".encode() not in page
        assert json.loads(ours[1])["figures"] == json.loads(clean[week][1])["figures"]


def statuses(home, *periods: str, **options) -> dict[str, str]:
    asked = batch.wanted(["junan"], periods)
    return {
        outcome.period: outcome.status
        for outcome in batch.render(asked, Options(formats=("html",), **options))
    }


@FORKING
def test_a_fork_server_killed_as_it_starts_costs_nothing(home):
    """It is started again, however far it had come, and every issue is made."""
    material.tiny_notebook(home)
    process = start([PROGRAM], home, "2021-W01:2021-W04")
    killed = set()
    for after in (0.05, 0.4, 0.9, 1.4):
        while not (servers := [each for each in _servers(process.pid) if each.pid not in killed]):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(after)
        servers[0].kill()
        killed.add(servers[0].pid)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, ""), out
    assert len(issues(home)) == 4


def start(program: list, home, *periods: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*program, "render", *periods, "--to", "html", "--jobs", "1"],
        env={**os.environ, "HOTLINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _servers(command: int) -> list[psutil.Process]:
    return [
        each
        for each in psutil.Process(command).children()
        if any("multiprocessing.forkserver" in word for word in _words(each))
    ]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@FORKING
def test_a_stopped_fork_server_is_no_hang(home):
    """One that does not answer is ended after a while and another one started: nothing waits for ever."""
    program = "import sys\nfrom hotline import processes\nfrom hotline.cli import main\n"
    program += "processes.PATIENCE = 6\nif __name__ == '__main__':\n    sys.argv[0] = 'hotline'; main()\n"
    (home / "run.py").write_text(program)
    material.tiny_notebook(home)
    process = start([sys.executable, home / "run.py"], home, "2021-W01:2021-W02")
    while not (servers := _servers(process.pid)):
        time.sleep(0.01)
    servers[0].send_signal(signal.SIGSTOP)
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, ""), out
    assert len(issues(home)) == 2


@FORKING
def test_a_fork_server_that_never_answers_is_told_in_chinese(home):
    """By a command of one issue, too: what to do, and no report of a defect."""
    program = "import sys\nfrom hotline import processes\nfrom hotline.cli import main\n"
    program += "processes.PATIENCE = 1\nif __name__ == '__main__':\n    sys.argv[0] = 'hotline'; main()\n"
    (home / "run.py").write_text(program)
    asleep = "import sys, time\nif 'forkserver' in ' '.join(sys.orig_argv):\n    time.sleep(600)\n"
    (home / "sitecustomize.py").write_text(asleep)
    material.tiny_notebook(home)
    material.tiny_notebook(home, path="params/junan/2021-W01.ipynb")
    words = [sys.executable, home / "run.py", "edit", "2021-W01", "--done"]
    surroundings = {**os.environ, "HOTLINE_HOME": str(home), "PYTHONPATH": str(home)}
    ran = subprocess.run(words, env=surroundings, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1
    assert ran.stderr.startswith("错误：工作进程没有启动")


def test_spawned_processes_do_the_same(home):
    """Where there is no fork (Windows): a fresh interpreter an issue, the same bytes, the same failures."""
    notebook = home / "notebooks" / "bulletin.ipynb"
    nb = nbformat.read(notebook, 4)
    nb.cells.append(nbformat.v4.new_code_cell("if period == '2021-W02':\n    import os; os._exit(3)"))
    nbformat.write(nb, notebook)
    words = ("render", "2021-W02", "2021-W03", "--jobs", "1", "--force")
    forked = run(home, *words)
    made = material.published(home, names=MADE)
    spawned = run(home, *words, apart=True, env={"HOTLINE_START_METHOD": "spawn"})
    assert issues(home) == ["2021-W03"]
    assert material.published(home, names=MADE) == made
    assert len(made) == len(MADE)
    for done in (forked, spawned):
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("junan 2021-W02：")]
        assert "（退出码 3）" in line


@pytest.mark.slow
def test_where_no_process_starts_one_issue_is_one_failure(home):
    """Nor can the links of its neighbour be renewed, whose other neighbour is gone: that is said, and no issue of its own."""
    material.tiny_notebook(home)
    assert run(home, "render", "2021-W01:2021-W03", "--to", "html").returncode == 0
    material.shutil.rmtree(home / "outputs/junan/2021-W01")
    broken = "import os, sys\nif '--multiprocessing-fork' in sys.orig_argv:\n    os._exit(1)\n"
    (home / "sitecustomize.py").write_text(broken)
    env = {"HOTLINE_START_METHOD": "spawn", "PYTHONPATH": str(home)}
    done = run(home, "render", "2021-W03", "--to", "html", "--force", apart=True, env=env)
    assert done.returncode == 1
    assert "共 1 期：失败 1，链接没有更新 1；" in done.stdout
    own, neighbour = done.stderr.splitlines()
    assert own.startswith("junan 2021-W03：工作进程一开始就退出了")
    assert neighbour.startswith("junan 2021-W02：前后期的链接没有更新：")
    alone = run(home, "render", "2021-W02", "--to", "html", "--force", apart=True, env=env)
    assert (alone.returncode, len(alone.stderr.splitlines()), alone.stdout) == (1, 1, "")


# ---- limits -------------------------------------------------------------------------------------------------------------


def test_an_issue_that_takes_too_long_is_ended(home):
    """Its limit is the option's, else the profile's; the message says how long, at what, and what to do."""
    material.tiny_notebook(home, "import time\nif period == '2021-W02': time.sleep(600)")
    done = run(home, "render", "2021-W01:2021-W02", "--to", "html", "--timeout", "5")
    assert done.returncode == 1
    assert "junan 2021-W02：在“运行笔记本”时超过了 5 秒，没有做完。" in done.stderr
    assert "--timeout" in done.stderr
    assert issues(home) == ["2021-W01"]
    with (home / "params/junan/center.yml").open("a") as file:
        file.write("\ntimeout: 4\n")
    done = run(home, "render", "2021-W01:2021-W02", "--to", "html")
    assert "超过了 4 秒" in done.stderr
    assert "没有变化 1" in done.stdout  # the limit is not what an issue is made from


BOMBS = {
    "2021-W02": "[" * 20_000,
    "2021-W03": "&" * 50_000,
    "2021-W04": "a" * 200_000,
    "2021-W05": "a" + "\u0301" * 20_000,
}


@FORKING
@pytest.mark.parametrize(("part", "seconds"), [pytest.param(1, 100, marks=pytest.mark.deep), (8, 40)])
def test_an_article_that_cannot_be_set_is_refused_within_limits(home, part, seconds):
    """Rendered, or refused by name with what it exceeded; the other issue is made; the time is the one given."""
    material.tiny_notebook(home, "bulletin.article")
    for period, bomb in BOMBS.items():
        (home / f"params/junan/{period}.md").write_text(f"标题\n\n{bomb[: len(bomb) // part]}\n")
    began = time.monotonic()
    done = run(home, "render", "2021-W01:2021-W05", "--to", "html,pdf", "--timeout", seconds)
    assert time.monotonic() - began < 1.1 * seconds * len(BOMBS)
    assert "2021-W01" in issues(home)
    for period, bomb in BOMBS.items():
        if period not in issues(home):
            (line,) = [line for line in done.stderr.splitlines() if line.startswith(f"junan {period}：")]
            assert f"文章 params/junan/{period}.md，{len(bomb) // part + 5} 字" in line
            assert any(word in line for word in ("秒", "GiB", "MiB"))


def test_a_lock_held_by_a_living_process_is_waited_for_and_named(home, capsys):
    """A line on stderr says whose it is; after the limit a HotlineError does; when it is free the waiter has it."""
    lock = home / "outputs" / "junan" / folders.WORK / "2021-W01.lock"
    holds = "import sys, time; from pathlib import Path; from hotline import locks\n"
    holds += f"with locks.locked(Path({str(lock)!r})):\n    print('held', flush=True); time.sleep(600)"
    holder = subprocess.Popen([sys.executable, "-c", holds], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), locks.locked(lock, wait=0):
            pass
        with (
            pytest.raises(locks.LockError, match=f"等了 3 秒，2021-W01 仍由进程 {holder.pid}（"),
            locks.locked(lock, wait=3),
        ):
            pass
        assert f"2021-W01 正由进程 {holder.pid}（" in capsys.readouterr().err
    finally:
        holder.kill()
        holder.communicate()
    with locks.locked(lock, wait=3):
        assert lock.with_suffix(".holder").read_text().startswith(f"{os.getpid()} ")
    assert not lock.with_suffix(".holder").exists()


# ---- the process by itself ----------------------------------------------------------------------------------------------


def _sleeps(seconds: float) -> str:
    processes.step("睡觉", 0.01)
    time.sleep(seconds)
    return "slept"


def _fails() -> None:
    raise ValueError("不行")


def _takes(step_memory: int | None) -> int:
    processes.step("排 pdf", memory=1 << 28)
    processes.step("排 pdf", memory=step_memory)
    return len(bytearray(1 << 30))


class _Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def _fails_oddly() -> None:
    raise _Odd(1, 2)


@FORKING
def test_a_step_may_take_a_part_of_the_memory():
    """What it may take is counted from what the process has; the next step has its own."""
    refused = processes.call(_takes, 1 << 29, seconds=60, memory=4 << 30)
    assert isinstance(refused.error, MemoryError)
    assert refused.memory == 1 << 29
    assert processes.call(_takes, None, seconds=60, memory=4 << 30).result == 1 << 30


def test_a_call_gives_its_result_or_its_error():
    """What the function returns or raises comes back; an error that does not travel comes as its text."""
    assert processes.call(len, "abc", seconds=60).result == 3
    assert str(processes.call(_fails, seconds=60).error) == "不行"
    assert str(processes.call(_fails_oddly, seconds=60).error) == "_Odd: 1"


@pytest.mark.parametrize("method", ["spawn", pytest.param("forkserver", marks=FORKING)])
def test_the_script_that_calls_is_not_run_again_in_the_process(tmp_path, method):
    """What it imports (JupyterLab, Dask) would cost every process as much again."""
    script = "from hotline import processes; print('run')\nif __name__ == '__main__':\n"
    (tmp_path / "run.py").write_text(script + "    print(processes.call(len, 'abc', seconds=60).result)\n")
    env = {**os.environ, "HOTLINE_START_METHOD": method}
    done = subprocess.run([sys.executable, tmp_path / "run.py"], env=env, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("run\n3\n", "")


def test_a_step_that_takes_too_long_is_ended():
    """The step and its seconds are there to be told."""
    child = processes.call(_sleeps, 600, seconds=60)
    assert (child.answered, child.exitcode, child.step, child.limit) == (False, None, "睡觉", 0.6)


def test_calls_may_be_made_from_any_thread():
    """As on a Dask worker, whose tasks run in threads."""
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(processes.call(len, "abc", seconds=60).result))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3] * 4
