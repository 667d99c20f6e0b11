"""The analyst's desk for tests: `hotline lab` as a process, and JupyterLab in a real browser."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands import PROGRAM

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE = 180
"""Seconds until a step that does not come is given up; on a busy machine a kernel takes long to start."""


@contextmanager
def lab(workspace: Path, home: Path) -> Iterator[str]:
    """JupyterLab on a workspace, as a user's first start (nothing configured); its address. No process outlives it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "HOTLINE", "PYTHONSTARTUP"))
    }
    environment |= {"HOME": str(home), "IPYTHONDIR": str(home / "ipython")}
    only_for_tests = f"--no-browser --allow-root --ip=127.0.0.1 --port={port} --ServerApp.port_retries=0 --IdentityProvider.token="
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [PROGRAM, "lab", *only_for_tests.split()],
            cwd=workspace,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _answers(f"http://127.0.0.1:{port}/api/status", server, home / "log")
        yield f"http://127.0.0.1:{port}/lab/tree/notebooks/bulletin.ipynb"
    finally:
        _end(server, workspace)


def _answers(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


def _end(server: subprocess.Popen, workspace: Path) -> None:
    """Ask the server to end, with its kernels; whatever of its processes is then left is ended and complained of."""
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
    until = time.monotonic() + 20
    while (left := _running_in(workspace)) and time.monotonic() < until:
        time.sleep(0.2)
    for process in left:
        os.kill(process, signal.SIGKILL)
    assert not left, "JupyterLab left processes behind"


def _running_in(folder: Path) -> list[int]:
    """The processes whose working directory is in a folder: a kernel's is its notebook's."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (
                process.joinpath("cwd").resolve().is_relative_to(folder.resolve())
                and int(process.name) != os.getpid()
            ):
                found.append(int(process.name))
        except OSError:
            continue
    return found


class Desk:
    """A notebook open in JupyterLab, through Playwright."""

    def __init__(self, page):
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address, timeout=PATIENCE * 1000)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE * 1000)
        self.idle()

    def idle(self) -> None:
        """Wait until the kernel says that it has nothing to do, and no cell waits for it."""
        self.page.wait_for_function(
            """() => /\\| (Idle|空闲)/.test(document.querySelector('#jp-main-statusbar')?.textContent ?? '')
                  && ![...document.querySelectorAll('.jp-InputPrompt')].some(each => each.textContent.includes('*'))""",
            timeout=PATIENCE * 1000,
        )

    def run_all(self) -> None:
        """运行所有单元格, and wait until the first cell, which takes no time, has run again and the rest is done."""
        before = self.first_prompt()
        self.page.get_by_role("menuitem", name="运行", exact=True).click()
        self.page.get_by_role("menuitem", name="运行所有单元格", exact=True).click()
        self.page.wait_for_function(
            f"() => /\\d/.test({_FIRST_PROMPT}) && ({_FIRST_PROMPT}) !== {before!r}", timeout=PATIENCE * 1000
        )
        self.idle()

    def first_prompt(self) -> str:
        return self.page.evaluate(f"() => {_FIRST_PROMPT}")

    def replace(self, cell: int, source: str) -> None:
        """Select all of a cell's source and type another."""
        self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def save(self) -> None:
        """Ctrl+S, and wait until the tab is no longer marked as changed."""
        self.page.locator(".jp-Notebook .jp-Cell").first.click()
        self.page.keyboard.press("ControlOrMeta+s")
        self.page.wait_for_selector(".lm-TabBar-tab.jp-mod-dirty", state="detached", timeout=PATIENCE * 1000)

    def said(self) -> str:
        """What the cells show, without white space."""
        texts = self.page.locator(".jp-OutputArea-output").all_text_contents()
        return "".join("".join(texts).split())

    def complaints(self) -> list[str]:
        """Dialogs, notifications and error outputs."""
        signs = ".jp-Dialog, .Toastify__toast, [data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']"
        return self.page.locator(signs).all_text_contents()


_FIRST_PROMPT = "document.querySelector('.jp-Notebook .jp-InputPrompt').textContent"
