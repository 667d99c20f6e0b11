"""The engine: the notebook that a kernel would have made, and nothing left behind in the process."""

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import material
import matplotlib
import nasty
import nbformat
import papermill
import pytest
from commands import tool
from papermill.exceptions import PapermillExecutionError

from hotline.engine import engine, shell
from hotline.engine.engine import HotlineEngine, ParameterError


@pytest.fixture(autouse=True)
def _no_backend_from_outside(monkeypatch):
    """make sets one for the tests of charts; a notebook is shown inline unless somebody says otherwise."""
    monkeypatch.delenv("MPLBACKEND", raising=False)


def run(nb, tmp_path, engine_name: str | None = "hotline", **parameters):
    """The executed notebook, papermill's failure or not."""
    source, output = tmp_path / "in.ipynb", tmp_path / f"{engine_name}.ipynb"
    nbformat.write(nb, source)
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(
            source, output, parameters, engine_name=engine_name, progress_bar=False, cwd=tmp_path
        )
    return nbformat.read(output, 4)


def recorded(nb) -> list:
    """What the cells recorded, without what two runs cannot share: process numbers, the clock."""
    text = json.dumps(
        [(cell.source, cell.execution_count, cell.outputs) for cell in nb.cells if cell.cell_type == "code"],
        ensure_ascii=False,
        sort_keys=True,
    )
    text = re.sub(r"ipykernel_\d+", "ipykernel_PID", text)
    text = re.sub(r"<dc:date>[^<]*", "<dc:date>", text)
    text = re.sub(r"CPU times: [^\"]*", "CPU times", text)
    cells = json.loads(text)
    for _, _, outputs in cells:
        for at in range(len(outputs) - 1, 0, -1):
            before, after = outputs[at - 1], outputs[at]
            # What one print of a thread writes a kernel may flush in two.
            if before["output_type"] == after["output_type"] == "stream" and before["name"] == after["name"]:
                before["text"] += after["text"]
                del outputs[at]
    return cells


def both_engines(folder: Path, *arguments: str, environment: dict[str, str]) -> list:
    """in.ipynb as our engine leaves it, in a process that has run nothing else, and as papermill's own does with a kernel.

    A test runner's warnings and logging are not a kernel's; and ipykernel does not watch the descriptors where it
    sees PYTEST_CURRENT_TEST.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTEST_CURRENT_TEST")
        words = ("in.ipynb", "hotline.ipynb", "--engine", "hotline", "--no-progress-bar", *arguments)
        script = Path(sys.executable).with_name("papermill")
        subprocess.run([script, *words], cwd=folder, env={**os.environ, **environment}, timeout=300)
        words = ("in.ipynb", "nbclient.ipynb", "--engine", "nbclient", "--no-progress-bar", *arguments)
        tool("papermill", *words, cwd=folder, env=environment)
    return [nbformat.read(folder / f"{name}.ipynb", 4) for name in ("hotline", "nbclient")]


def same(ours, stock) -> None:
    """Cell by cell the same, and the same notebook metadata."""
    for mine, its in zip(recorded(ours), recorded(stock), strict=True):
        assert mine == its
    kept = ("kernelspec", "language_info")
    assert [ours.metadata[name] for name in kept] == [stock.metadata[name] for name in kept]


def test_records_what_the_stock_engine_records(tmp_path):
    """Outputs, execution counts and metadata are those of a kernel, for every odd cell we know."""
    nbformat.write(nasty.notebook(*nasty.NASTY), tmp_path / "in.ipynb")
    ours, stock = both_engines(tmp_path, environment={})
    assert (
        len(stock.cells) == len(nasty.NASTY) + 3
    )  # parameters, and papermill's two marks of the failed cell
    same(ours, stock)


def test_records_the_bulletin_as_the_stock_engine_does(tmp_path):
    """The project's notebook comes out the same, tables, charts and figures, from our engine and from a kernel."""
    home = material.workspace(tmp_path / "home")
    material.fill(home, material.handlings("2021-W01", 4, requests=200))
    material.shutil.copy(home / "notebooks" / "bulletin.ipynb", tmp_path / "in.ipynb")
    ours, stock = both_engines(tmp_path, "-p", "period", "2021-W04", environment={"HOTLINE_HOME": str(home)})
    assert (
        sum(
            "image/svg+xml" in output.get("data", {})
            for cell in ours.cells
            for output in cell.get("outputs", ())
        )
        > 3
    )
    assert stock.metadata.papermill.exception is None
    same(ours, stock)


def test_same_in_a_process_that_has_drawn_before(tmp_path):
    """pyplot's figures show in the second notebook of a process as in the first."""
    nb = nasty.notebook(
        "%config InlineBackend.figure_formats = ['svg']\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    )
    first, second = recorded(run(nb, tmp_path)), recorded(run(nb, tmp_path))
    assert "image/svg+xml" in first[-1][2][0]["data"]
    assert re.sub(r"#?m[0-9a-f]{10}|p[0-9a-f]{10}", "", str(second)) == re.sub(
        r"#?m[0-9a-f]{10}|p[0-9a-f]{10}", "", str(first)
    )


def test_is_papermills_by_entry_point(tmp_path):
    """`papermill --engine hotline` finds it, runs it, and leaves a notebook with results and timings."""
    nbformat.write(nasty.notebook("print(n)"), tmp_path / "in.ipynb")
    words = ("--engine", "hotline", "in.ipynb", "out.ipynb", "-p", "n", "2")
    assert tool("papermill", *words, cwd=tmp_path).returncode == 0
    made = nbformat.read(tmp_path / "out.ipynb", 4)
    assert made.cells[-1].outputs[0].text == "2\n"
    assert made.metadata.papermill.duration > 0
    assert made.cells[-1].metadata.papermill.status == "completed"


@pytest.mark.parametrize("given", [{"whom": "乙"}, {"who": "乙", "weak": 1}])
def test_refuses_an_unknown_parameter(tmp_path, given):
    """A misspelt parameter is an error that names it and those there are, before anything runs or is written."""
    nbformat.write(nasty.notebook("open('ran', 'w')"), tmp_path / "in.ipynb")
    with pytest.raises(ParameterError, match=r"没有“(whom|weak)”这个参数.*n、who"):
        papermill.execute_notebook(
            tmp_path / "in.ipynb",
            tmp_path / "out.ipynb",
            given,
            engine_name="hotline",
            progress_bar=False,
            cwd=tmp_path,
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.ipynb"]


def test_suggests_the_parameter_that_was_meant():
    """The message names the nearest known parameter."""
    nb = nasty.notebook(parameters="period = '2021-W43'\nissue: int = 1")
    nb.metadata["papermill"] = {"parameters": {"peroid": "2021-W42"}}
    with pytest.raises(ParameterError, match="是不是“period”"):
        engine.refuse_unknown(nb)


STATE = {
    "a variable": ("leaked = 1", "'leaked' in globals()"),
    "a class in __main__": ("class Leaked: pass", "hasattr(__import__('__main__'), 'Leaked')"),
    "an rcParam": (
        "import matplotlib; matplotlib.rcParams['font.size'] = 99",
        "__import__('matplotlib').rcParams['font.size'] == 99",
    ),
    "an open figure": (
        "%config InlineBackend.close_figures = False\nimport matplotlib.pyplot as plt\nplt.figure();",
        "bool(__import__('matplotlib.pyplot').pyplot.get_fignums())",
    ),
    "interactive mode": (
        "import matplotlib.pyplot as plt; plt.ioff()",
        "not __import__('matplotlib').is_interactive()",
    ),
    "a figure format": (
        "%config InlineBackend.figure_formats = ['svg']",
        "'svg' in __import__('matplotlib_inline').config.InlineBackend.instance().figure_formats",
    ),
    "the environment": (
        "import os; os.environ['HOTLINE_LEAK'] = '1'",
        "'HOTLINE_LEAK' in __import__('os').environ",
    ),
    "a variable removed from it": (
        "import os; del os.environ['HOTLINE_KEPT']",
        "'HOTLINE_KEPT' not in __import__('os').environ",
    ),
    "the working directory": ("import os; os.chdir('/')", "__import__('os').getcwd() == '/'"),
    "a warnings filter": (
        "import warnings; warnings.simplefilter('ignore')",
        "__import__('warnings').filters[0] == ('ignore', None, Warning, None, 0)",
    ),
    "a path": ("import sys; sys.path.insert(0, '/leaked')", "'/leaked' in __import__('sys').path"),
    "a builtin": ("import builtins; builtins.leaked = 1", "hasattr(__import__('builtins'), 'leaked')"),
    "the logging level": (
        "import logging; logging.getLogger().setLevel(1)",
        "__import__('logging').getLogger().level == 1",
    ),
    "history": ("12345", "12345 in Out.values() or '12345' in In"),
}


@pytest.mark.parametrize("what", STATE)
def test_nothing_leaks_into_the_next_notebook(tmp_path, monkeypatch, what):
    """What one notebook changes, the next one in the same process does not see; the cell that looks would see it."""
    monkeypatch.setenv("HOTLINE_KEPT", "1")
    change, seen = STATE[what]
    same = run(nasty.notebook(change, seen), tmp_path)
    assert same.cells[-1].outputs[-1]["data"]["text/plain"] == "True"
    following = run(nasty.notebook(seen), tmp_path)
    assert following.cells[-1].outputs[-1]["data"]["text/plain"] == "False"


def test_nothing_leaks_into_the_calling_process(tmp_path):
    """After a notebook, also one that fails, the process is as it was: streams, shell, rcParams, options, folder."""

    def state():
        return (
            (sys.stdout, sys.stderr, sys.excepthook, sys.displayhook, sys.modules["__main__"]),
            dict(matplotlib.rcParams),
            (dict(os.environ), os.getcwd(), list(sys.path)),
            shell.Shell.initialized(),
            len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
        )

    changes = [change for change, _ in STATE.values()]
    os.environ["HOTLINE_KEPT"] = "1"
    run(nasty.notebook("import matplotlib.pyplot, pandas"), tmp_path)
    before = state()
    run(nasty.notebook(*changes, "1 / 0"), tmp_path)
    assert state() == before


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True, name='slow').start()",
            "线程还在运行：slow",
        ),
        (
            "def on():\n    while go: time.sleep(0.1)\nimport threading, time; go = [1]\nthreading.Thread(target=on, name='mine').start()\n"
            "import atexit; threading._register_atexit(go.clear)",
            "线程还在运行：mine",
        ),
        ("import os; child = os.fork()", "又回到了笔记本里"),
        ("import os, time\nif os.fork() == 0: time.sleep(5); os._exit(0)", "进程还在运行"),
    ],
)
def test_what_a_notebook_leaves_running_is_an_error(tmp_path, source, message):
    """A thread or a forked process that runs the notebook's code after its end; the child ends where its cell ends."""
    nbformat.write(nasty.notebook(source), tmp_path / "in.ipynb")
    words = ("in.ipynb", "out.ipynb", "--engine", "hotline", "--no-progress-bar")
    done = tool("papermill", *words, cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("LeftoverError: ") == 1
    assert message in done.stderr


def test_a_librarys_idle_threads_are_no_leftovers(tmp_path):
    """A pool that was not shut down waits; a process that has ended by itself, and a program, are nobody's fault."""
    source = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2); pool.submit(len, 'a').result()"
    program = "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)'])"
    forked = "import os\npid = os.fork()\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)[1]"
    made = run(nasty.notebook(program, forked, source), tmp_path)
    assert made.cells[-1].outputs[0]["data"]["text/plain"] == "1"


def test_an_interrupt_is_not_taken_for_an_error_of_the_cell(tmp_path):
    """Ctrl-C during a cell ends the run, as it would end the command."""
    nbformat.write(nasty.notebook("raise KeyboardInterrupt"), tmp_path / "in.ipynb")
    with pytest.raises(KeyboardInterrupt):
        papermill.execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", engine_name="hotline", progress_bar=False
        )


def test_a_question_fails_instead_of_waiting(tmp_path):
    """A cell that asks for input gets the error that a kernel without a front end gives."""
    made = run(nasty.notebook("input('?')"), tmp_path)
    assert made.cells[-1].outputs[0].ename == "StdinNotImplementedError"


def test_runs_inside_another_shell(tmp_path):
    """A notebook that itself renders a notebook gets its own shell back afterwards."""
    inner = "import papermill, nasty, nbformat\nnbformat.write(nasty.notebook('inner = 1; 40 + 2'), 'inner.ipynb')\n"
    inner += "nb = papermill.execute_notebook('inner.ipynb', 'inner-out.ipynb', engine_name='hotline', progress_bar=False)\n"
    made = run(
        nasty.notebook(
            inner + "nb.cells[-1].outputs[0].data['text/plain']",
            "get_ipython().user_ns is globals(), 'inner' in globals()",
        ),
        tmp_path,
    )
    assert [cell.outputs[-1]["data"]["text/plain"] for cell in made.cells[1:]] == ["'42'", "(True, False)"]


def test_registered_under_its_name():
    """papermill's registry gives our engine for the name `hotline`."""
    from papermill.engines import papermill_engines

    assert papermill_engines.get_engine("hotline") is HotlineEngine


def test_a_cold_start_builds_no_parser_that_nothing_uses():
    """A second of every command that makes an issue: jsonschema's parser of web addresses, which the engine keeps away."""
    code = "import sys, hotline.batch.ready; sys.exit('rfc3987_syntax.syntax_helpers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
