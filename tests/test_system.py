"""Where a system is poorer than Linux: no fork, files that are open, other code pages, no modes. Switched on, on Linux."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import PROGRAM, run
from conftest import PROJECT

from hotline import system

POOR = {"PYTHONPATH": str(PROJECT / "tests/elsewhere"), "HOTLINE_PATIENCE": "1"}
HOLDS = "import sys; file = open(sys.argv[1]); print(flush=True); input()"


def holding(path: Path) -> subprocess.Popen:
    """Another program that has a file open, until it is given a line."""
    program = [sys.executable, "-c", HOLDS, str(path)]
    holder = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    holder.stdout.readline()
    return holder


def let_go(holder: subprocess.Popen) -> None:
    holder.communicate("\n")


def test_an_issue_is_made_without_fork_groups_or_limits_once_nobody_has_it_open(workspace):
    """The same bytes; while the page is open elsewhere it stays as it was, and the message names file and program."""
    page = workspace / "outputs/junan/2021-W43/bulletin.html"
    before = page.read_bytes()
    master = workspace / "notebooks/bulletin.ipynb"
    text = master.read_text(encoding="utf-8")
    master.write_text(text.replace("共受理{citizens}", "一共受理{citizens}"), encoding="utf-8")
    holder = holding(page)
    refused = run(workspace, "render", "2021-W43", apart=True, env=POOR)
    assert refused.returncode == 1
    assert f"{page} 正在 python" in refused.stdout + refused.stderr
    assert page.read_bytes() == before
    let_go(holder)
    made = run(workspace, "render", "2021-W43", apart=True, env=POOR)
    assert made.returncode == 0, made.stderr
    assert "一共受理市民诉求" in page.read_text(encoding="utf-8")
    master.write_text(text, encoding="utf-8")
    again = run(workspace, "render", "2021-W43", apart=True, env=POOR)
    assert again.returncode == 0, again.stderr
    assert page.read_bytes() == before
    assert not [*page.parent.parent.joinpath(".work").glob("*~*")]


def test_what_is_let_go_in_time_is_replaced(tmp_path, monkeypatch):
    """As a virus scanner does; the message comes only after some seconds."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("old"), new.write_text("new")
    holder, real = holding(old), os.replace

    def refused(source, target) -> None:
        if holder.poll() is None:
            holder.stdin.write("\n")
            holder.stdin.flush()
            raise PermissionError(13, "Access is denied", str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", refused)
    monkeypatch.setattr(system, "WINDOWS", True)
    began = time.monotonic()
    system.replace(new, old)
    assert old.read_text() == "new"
    assert time.monotonic() - began < system.PATIENCE
    holder.communicate()


def test_a_lack_of_rights_is_not_waited_for(tmp_path, monkeypatch):
    """Nobody has it open: then it is no matter of waiting."""

    def refused(*_) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    began = time.monotonic()
    with pytest.raises(PermissionError):
        system.replace(tmp_path / "a", tmp_path / "b")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("page", "written"), [("cp1252", "utf-8"), ("ascii", "utf-8"), ("gbk", "gbk"), ("utf-8", "utf-8")]
)
def test_chinese_comes_out_under_any_code_page(tmp_path, page, written):
    """One that has Chinese stays, any other becomes UTF-8; a name that is no text is a mark, not an error."""
    folder = tmp_path / "莒南 周报"
    environment = {**os.environ, "PYTHONIOENCODING": page}
    for words in (["init", str(folder)], ["init", os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")]):
        ran = subprocess.run([PROGRAM, *words], env=environment, capture_output=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
        assert "已建好工作区" in ran.stdout.decode(written)
    refused = subprocess.run(
        [PROGRAM, "init", str(folder)], env=environment, capture_output=True, timeout=120
    )
    assert f"{folder} 已经是一个工作区" in refused.stderr.decode(written)


def test_a_locale_that_reads_names_otherwise_is_set_aside(issue43, tmp_path):
    """zh_CN.GBK takes the bytes of a Chinese name for others; C takes them for none. Names are UTF-8 in either."""
    folder = tmp_path / "莒南 周报"
    folder.symlink_to(issue43)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))
    }
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOTLINE_HOME": str(folder)}
    words = [PROGRAM, "import", str(folder / "没有.xlsx")]
    ran = subprocess.run(words, env=environment, capture_output=True, timeout=120)
    assert ran.returncode == 1
    assert "没有.xlsx" in ran.stderr.decode("utf-8")
    assert b"surrogates" not in ran.stderr


@pytest.mark.parametrize("code", [0, 5])
def test_on_windows_a_folder_is_closed_by_its_access_list_or_a_warning(tmp_path, monkeypatch, capsys, code):
    """icacls takes away what is inherited and lets the owner alone in; if it cannot, the folder is named."""
    tool = tmp_path / "icacls"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\nexit {code}\n', encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("USERDOMAIN", "COUNTY")
    monkeypatch.setenv("LOGNAME", "wangfang")
    monkeypatch.setattr(system, "WINDOWS", True)
    system.close_to_others(tmp_path / "data rows")
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == [f"{tmp_path}/data rows", "/inheritance:r", "/grant:r", "COUNTY\\wangfang:(OI)(CI)F"]
    assert ("没能把" in capsys.readouterr().err) == bool(code)


def test_a_path_is_quoted_as_the_terminal_wants_it(monkeypatch):
    """Single quotes are no quotes on Windows."""
    assert system.quoted("a b") == "'a b'"
    monkeypatch.setattr(system, "WINDOWS", True)
    assert system.quoted("a b", "c") == '"a b" c'
