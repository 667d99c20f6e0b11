"""What the command line itself says: exit code 2 and a Chinese sentence for a command that was wrong."""

import os
import re
import signal
import subprocess

import commands
import material
import pytest
import typer

from hotline import cli, profiles


def run(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["hotline", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code or 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rendr"], "没有 rendr 这个命令。可用的有：init、sample、import、render、"),
        (["render", "--foo"], "没有 --foo 这个选项。"),
        (["render", "--forc"], "没有 --forc 这个选项。相近的有："),
        (["render", "--jobs", "x"], "--jobs 的值不可用：应是不小于 1 的整数。"),
        (["render", "--archive-version", "-1"], "--archive-version 的值不可用：应是不小于 0 的整数。"),
        (["import"], "还缺 FILE。"),
        (["diff", "2021-W43", "2021-W44", "2021-W45"], "多出了 2021-W45。"),
        (["render", "--to"], "--to 后面还缺它的值。"),
    ],
)
def test_a_wrong_command_is_told_in_chinese(monkeypatch, capsys, arguments, said):
    """In one sentence, with where to read more; no English, no traceback."""
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"命令有误：{said}")
    assert re.search(r"用法见 hotline( \w+)? -h。$", err)


def test_without_a_command_the_help_is_shown(monkeypatch, capsys):
    """As a newcomer types it first."""
    assert run(monkeypatch) == 2
    assert "render  生成一期或多期周报。" in capsys.readouterr().err
    assert run(monkeypatch, "--help") == 0


COMMANDS = list(typer.main.get_command(cli.app).commands)
NAMES = {
    *("hotline", *COMMANDS),
    *("html", "pdf", "docx", "xlsx", "xls", "csv", "tsv", "zip", "yml"),
    *("params", "center", "data", "archive", "junan", "Dask", "JupyterLab", "Word", "tcp", "host", "timeout"),
}


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_the_help_is_in_chinese(monkeypatch, capsys, command):
    """Not a word of typer's own is left, names and placeholders apart."""
    assert run(monkeypatch, *command, "--help") == 0
    out = capsys.readouterr().out
    assert out.startswith("用法：")
    words = {
        word for word in re.findall(r"[A-Za-z]{2,}", re.sub(r"--[a-z-]+", "", out)) if not word.isupper()
    }
    assert words <= NAMES
    assert not re.search(r"[<>]", out)


def test_a_period_that_is_not_over_is_refused(monkeypatch, capsys, tmp_path):
    """Half a week is not printed under the name of a whole one, unless told."""
    from datetime import datetime

    from hotline import periods

    (tmp_path / "params" / "junan").mkdir(parents=True)
    (tmp_path / "params/junan/center.yml").write_bytes(profiles.profile_path("junan").read_bytes())
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    week = periods.last_complete(datetime.now()).shift(2)
    assert run(monkeypatch, "render", str(week)) == 1
    err = capsys.readouterr().err
    assert (
        err
        == f"junan {week}：这一期到 {week.ends} 才结束，没有生成。如果现在就要做，请加 --allow-incomplete。\n"
    )
    assert run(monkeypatch, "render", str(week), "--allow-incomplete") == 1
    assert "才结束" not in capsys.readouterr().err


def test_the_center_that_is_meant_where_none_is_named(monkeypatch, tmp_path):
    """The only one there is; of several, the sample's too, it must be said which."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))

    def add(key: str) -> None:
        (tmp_path / "params" / key).mkdir(parents=True)
        (tmp_path / "params" / key / "center.yml").touch()

    with pytest.raises(profiles.CenterError, match=r"还没有中心.*hotline new"):
        profiles.default()
    add("pingyi")
    assert profiles.default() == "pingyi"
    add("junan")
    with pytest.raises(
        profiles.CenterError, match="这里有几个中心：junan、pingyi。请用 --center 指明是哪一个。"
    ):
        profiles.default()


@pytest.mark.parametrize(
    "command",
    [
        ["import", "a.csv"],
        ["import", "--covers", "2021-10-18:2021-10-31"],
        ["render", "2021-W43"],
        ["status"],
        ["diff", "2021-W43"],
        ["rows", "2021-W43"],
        ["sheets", "2021-W43"],
        ["send", "2021-W43"],
    ],
)
def test_an_empty_center_is_none_that_is_meant(monkeypatch, capsys, command):
    """--center="$CENTER" of a script whose variable is empty must not mean the only center there is."""
    assert run(monkeypatch, *command, "--center=") == 1
    assert "中心的名称“”不能用" in capsys.readouterr().err


NUMBER, CARD = "13800001234", "371327190001011234"


@pytest.mark.parametrize(
    "words",
    [
        [NUMBER],
        ["render", f"--{NUMBER}"],
        ["render", "2021-W43", "--to", NUMBER],
        ["status", "--center", NUMBER],
        ["render", NUMBER],
        ["render", f"2021-W43:{CARD}"],
        ["render", "2021-W43", "--timeout", NUMBER + "x"],
        ["render", "2021-W43", "--scheduler", f"tcp://{NUMBER}@example.com"],
        ["rows", "2021-W43", NUMBER],
        ["diff", CARD],
        ["edit", CARD],
        ["import", f"{NUMBER}.xlsx"],
        ["import", f"*{CARD}*"],
        ["import", "a.csv", "--covers", NUMBER],
        ["new", NUMBER, "--from", "a.csv"],
    ],
)
def test_a_number_of_a_person_that_was_typed_is_not_echoed(monkeypatch, capsys, words):
    """Whatever a command is given by mistake: a center, a period, a figure, a file; the terminal's history is kept long."""
    assert run(monkeypatch, *words) in (1, 2)
    out, err = capsys.readouterr()
    assert NUMBER not in out + err
    assert CARD not in out + err
    assert err


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["re"], "render"),
        (["status", "--center", "j"], "junan"),
        (["diff", "2021-w"], ""),
        (["diff", "2021-W"], "2021-W43"),
    ],
)
def test_the_shell_completes_commands_centers_and_issues(tmp_path, words, offered):
    """As bash asks for it; nothing else is printed."""
    material.workspace(tmp_path)
    (tmp_path / "outputs/junan/2021-W43").mkdir(parents=True)
    (tmp_path / "outputs/junan/2021-W43/figures.json").touch()
    asked = {
        "_HOTLINE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["hotline", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = commands.run(tmp_path, apart=True, env=asked)
    assert done.stdout.split() == ([offered] if offered else [])
    assert done.stderr == ""


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_completion_is_installed_or_refused_in_chinese(tmp_path, monkeypatch, option):
    """Where the shell is one that can complete, where is said; where it is none, which can."""
    monkeypatch.setenv("HOME", str(tmp_path))
    done = commands.run(tmp_path, option)
    assert not re.search("completion installed|take effect|not supported", done.stdout + done.stderr)
    if done.returncode:
        assert "bash、zsh、fish 和 PowerShell" in done.stderr
    else:
        assert ("已为 " if option.startswith("--install") else "complete") in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample", "file"], "file 已经有了"),
        (["sample", "file/folder"], "file/folder 不是文件夹"),
        (["init", "file/folder"], "file/folder 不是文件夹"),
        (["init", "nowhere", "--upgrade"], "nowhere 不是工作区"),
        (["new", "NUL", "--from", "file"], "“NUL”不能用：Windows 把它当作设备"),
        (["new", "com1", "--from", "file"], "“com1”不能用"),
    ],
)
def test_what_the_system_refuses_is_told_in_chinese(tmp_path, words, said):
    """With the file; no [Errno 17], no English."""
    material.workspace(tmp_path)
    (tmp_path / "file").write_text("x")
    told = commands.hotline(tmp_path, *words, code=1)
    assert said in told
    assert not re.search(r"Errno|No such|exists|Not a", told)


def test_an_interrupt_while_it_still_imports_says_nothing(tmp_path):
    """Ctrl-C in the first moments ends it, without Python's own account of where it was."""
    slow = "import time; print('importing', flush=True); time.sleep(60)"
    (tmp_path / "typer.py").write_text(slow)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        [commands.PROGRAM, "status"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"importing\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
    assert process.returncode == -signal.SIGINT


def test_sending_where_no_center_says_where_to_is_told(tmp_path):
    """A command that does nothing says so."""
    material.workspace(tmp_path)
    assert "没有要寄的" in commands.hotline(tmp_path, "send")


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color_is_heeded(tmp_path, environment, coloured):
    """On a terminal an error is red, unless the user wants no colour."""
    pty = pytest.importorskip("pty")
    material.workspace(tmp_path)
    terminal, end = pty.openpty()
    surroundings = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | environment
    surroundings |= {"HOTLINE_HOME": str(tmp_path), "TERM": "xterm"}
    subprocess.run(
        [commands.PROGRAM, "status", "--center", "nowhere"], env=surroundings, stderr=end, check=False
    )
    os.close(end)
    said = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "没有“nowhere”这个中心" in said
    assert ("\x1b[31m" in said) == ("\x1b" in said) == coloured


def test_formats_and_periods_are_known_in_any_case():
    """2021-w43 and PDF, as people type them."""
    from hotline import periods
    from hotline.batch import batch

    assert batch.formats("PDF,Html") == batch.formats("html,pdf")
    assert periods.parse("2021-w43") == periods.parse("2021-W43")
    assert periods.parse_range("2021-q1:2021-Q2") == periods.parse_range("2021-Q1:2021-Q2")
