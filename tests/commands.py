"""The commands as an analyst runs them: the one runner of the tests.

A command runs in the test's own process, and its issues in processes forked from one warm server, so that nothing heavy
is imported again: most of what a command takes is its start. `apart` runs the real entry point in a process of its own,
for the tests of processes, signals, environments and imports. `tool` runs papermill and nbconvert.
"""

import io
import json
import os
import socket
import subprocess
import sys
import time
import traceback
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory, TemporaryFile
from unittest import mock

from hotline import cli, processes

PROGRAM = Path(sys.executable).with_name("hotline")


def hotline(home: Path, *words: object, code: int = 0) -> str:
    """What a command says in that workspace. Fails unless it exits with `code`, and where an error was not foreseen."""
    done = run(home, *words)
    assert done.returncode == code, f"{words} exited {done.returncode}:\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    assert "程序出错" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def run(
    home: Path,
    *words: object,
    apart: bool = False,
    cwd: Path | str | None = None,
    env: dict[str, str] | None = None,
) -> CompletedProcess:
    """A command in a workspace: its exit code, and what it wrote to either stream.

    The working directory is the workspace, so that the command finds it; where `cwd` is another, HOTLINE_HOME tells.
    """
    words = [str(word) for word in words]
    environment = {**os.environ, "HOTLINE_HOME": str(home), **(env or {})}
    if apart:
        return subprocess.run(
            [PROGRAM, *words], cwd=cwd or home, env=environment, capture_output=True, text=True, timeout=300
        )
    return _here(words, cwd or home, environment)


def packaged(installed: Path, folder: Path, *words: str, code: int = 0) -> str:
    """What a command of the unpacked wheel says, in a process of its own that knows nothing of the repository."""
    command = [sys.executable, "-c", "from hotline.cli import main; main()", *words]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    environment.pop("HOTLINE_HOME", None)
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout + ran.stderr


def on_a_terminal(*command: object, home: Path | None = None) -> str:
    """What a command shows on a terminal, on either stream."""
    import pty

    ours, its = pty.openpty()
    environment = os.environ | ({"HOTLINE_HOME": str(home)} if home else {})
    with subprocess.Popen([*map(str, command)], cwd=home, env=environment, stdout=its, stderr=its) as running:
        os.close(its)
        shown = b""
        with suppress(OSError):  # the terminal is gone when the process is
            while chunk := os.read(ours, 10_000):
                shown += chunk
        running.wait()
    os.close(ours)
    return shown.decode()


def _here(words: list[str], cwd: Path | str, environment: dict[str, str]) -> CompletedProcess:
    """The command in this process, which is afterwards as it was."""
    _warm()
    # As strict as a pipe: what UTF-8 cannot write is an error in either.
    out, err = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=errors)
        for errors in ("strict", "backslashreplace")
    )
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(sys, "argv", ["hotline", *words]),
        chdir(cwd),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    for stream in (out, err):
        stream.seek(0)
    return CompletedProcess(["hotline", *words], code, out.read(), err.read())


def tool(name: str, *words: object, cwd: Path | str, env: dict[str, str] | None = None) -> CompletedProcess:
    """Another project's command (papermill, jupyter-nbconvert): its entry point, in a process forked from the warm server."""
    _warm()
    with TemporaryDirectory() as folder:
        given = name, [*map(str, words)], str(cwd), {**os.environ, **(env or {})}, folder
        child = processes.call(_script, *given, seconds=300)
        assert child.answered, f"{name} ended with {child.exitcode}"
        out, err = ((Path(folder) / stream).read_text(encoding="utf-8") for stream in ("out", "err"))
        return CompletedProcess([name, *words], child.result, out, err + str(child.error or ""))


def _script(name: str, words: list[str], cwd: str, environment: dict[str, str], folder: str) -> int:
    """In the process: what the command's script in .venv/bin does, its streams written to files. Returns its exit code."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [name, *words]
    for number, stream in enumerate(("out", "err"), 1):
        os.dup2(os.open(f"{folder}/{stream}", os.O_WRONLY | os.O_CREAT), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    (script,) = entry_points(group="console_scripts", name=name)
    try:
        code = script.load()()
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


_ASKS = """#!{python} -SE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asking:
    asking.connect({address!r})
    asking.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode() + b"\\n")
    code, out, err = json.loads(asking.makefile("rb").read())
sys.stdout.buffer.write(out.encode())
sys.stderr.buffer.write(err.encode())
sys.exit(code)
"""


def bash(script: str, cwd: Path, environment: dict[str, str], seconds: float) -> CompletedProcess:
    """A script in a shell, where a command of $COMMANDS is a word to this process, which runs it."""
    with TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as asked, TemporaryFile() as said:
        asked.bind(f"{folder}/asked")
        asked.listen()
        asked.settimeout(0.05)
        for name in ("hotline", "papermill", "jupyter"):
            program = Path(folder) / name
            program.write_text(
                _ASKS.format(python=sys.executable, address=f"{folder}/asked"), encoding="utf-8"
            )
            program.chmod(0o755)
        shell = subprocess.Popen(
            ["bash", "-euxc", script],
            cwd=cwd,
            env={**environment, "COMMANDS": folder},
            stdout=said,
            stderr=said,
        )
        until = time.monotonic() + seconds
        while shell.poll() is None:
            assert time.monotonic() < until, "the script does not end"
            with suppress(TimeoutError):
                asking, _ = asked.accept()
                with asking, asking.makefile("rb") as question:
                    done = _asked(*json.loads(question.readline()))
                    asking.sendall(json.dumps([done.returncode, done.stdout, done.stderr]).encode())
        said.seek(0)
        return CompletedProcess(script, shell.returncode, said.read().decode(), "")


def _asked(argv: list[str], cwd: str, environment: dict[str, str]) -> CompletedProcess:
    name, words = Path(argv[0]).name, argv[1:]
    if name == "hotline":
        return _here(words, cwd, environment)
    if name == "jupyter":  # which starts jupyter-nbconvert for `jupyter nbconvert`
        name, words = f"jupyter-{words[0]}", words[1:]
    return tool(name, *words, cwd=cwd, env=environment)


@cache
def _warm() -> None:
    """Start the server that issues are forked from, as a command does that makes many."""
    processes.preload("hotline.batch.ready", "hotline.batch.practice")
    processes.call(len, "", seconds=processes.PATIENCE)
