"""How a command is used and what is wrong with one, in Chinese: typer says both in English."""

import io
import re
from contextlib import redirect_stderr, redirect_stdout, suppress

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from hotline import HotlineError
from hotline.printing.formats import known


def centers() -> list[str]:
    """What the shell completes --center to."""
    from hotline.profiles import centers

    with suppress(HotlineError):
        return centers()
    return []


def made() -> list[str]:
    """What the shell completes a PERIOD to: the issues that there are, the newest first."""
    from hotline.workspace import workspace

    with suppress(HotlineError):
        paths = (workspace() / "outputs").glob("*/*/figures.json")
        return sorted({path.parent.name for path in paths}, reverse=True)
    return []


ONE_CENTER = typer.Option(
    "--center",
    "-c",
    help="中心，即 params/ 下的文件夹名；只有一个时不必给。",
    metavar="CENTER",
    autocompletion=centers,
)
_HELP = (
    (r"^Usage: ", "用法："),
    (r"\[OPTIONS\]", "[选项]"),
    (r"COMMAND \[ARGS\]\.\.\.", "命令 ..."),
    (r"^Arguments:$", "参数："),
    (r"^Options:$", "选项："),
    (r"^Commands:$", "命令："),
    (r" <[\w\[\]]+>( +\S)", r"\1"),  # the type, in Python's words
    (r"\[required\]", "[必填]"),
    (r"\[default: ", "[默认 "),
    (r"x>=(\d+)\]$", r"不小于 \1]"),
    (r"Show this message and exit\.", "显示这份说明。"),
    (r"Install completion for the current shell\.", "为这里的命令行装好补全，按制表键即可。"),
    (r"Show completion for the current shell,[\s\S]*?installation\.", "显示补全的脚本，供自行安装。"),
)


class _Help:
    """typer's help with its own words in Chinese; the explanations are so already."""

    def get_help(self, ctx) -> str:
        text = super().get_help(ctx)
        for english, chinese in _HELP:
            text = re.sub(english, chinese, text, flags=re.MULTILINE)
        return text


class Command(_Help, TyperCommand):
    """One command. {formats} in its options' explanations are those that there are, looked up when help is asked for."""

    def get_help(self, ctx) -> str:
        for option in self.params:
            if "{formats}" in (getattr(option, "help", None) or ""):
                option.help = option.help.format(formats=",".join(known()))
        return super().get_help(ctx)


class Commands(_Help, TyperGroup):
    """All commands, and what the shell completes of them."""

    def parse_args(self, ctx, args: list[str]) -> list[str]:
        for option in self.params:
            if option.name in ("install_completion", "show_completion"):
                option.callback = _completing
        return super().parse_args(ctx, args)


def _completing(context, option, asked: bool) -> None:
    """What --install-completion and --show-completion do: typer's work, and our words for it."""
    if not asked or context.resilient_parsing:
        return
    from typer import completion

    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(io.StringIO()):
            if option.name == "show_completion":
                completion.show_callback(context, option, asked)
            shell, path = completion.install(prog_name="hotline")
    except typer.Exit:
        raise HotlineError(
            "认不出这是哪一种命令行。补全可用于 bash、zsh、fish 和 PowerShell：请在其中一种里再试。"
        ) from None
    except SystemExit:
        print(said.getvalue().strip())
    else:
        print(f"已为 {shell} 装好补全（{path}）。重开终端，按制表键即可。")
    raise typer.Exit


def explained(error: TyperException) -> str:
    """命令有误：没有 --foo 这个选项。 and where to read more. The help text itself where no command was given."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    if kind == "NoArgsIsHelpError":
        return error.format_message()
    parameter = getattr(error, "param", None)
    name = parameter.get_error_hint().strip("'") if parameter else ""
    match kind:
        case "NoSuchOption":
            wrong = f"没有 {error.option_name} 这个选项。"
            if error.possibilities:
                wrong += f"相近的有：{'、'.join(sorted(error.possibilities))}。"
        case "MissingParameter":
            wrong = f"还缺 {name}。"
        case "BadParameter":  # the only values that typer checks are numbers
            wrong = f"{name} 的值不可用：应是不小于 {parameter.min} 的整数。"
        case "BadOptionUsage":
            wrong = f"{error.option_name} 后面还缺它的值。"
        case _:
            wrong = _wrong(error.format_message(), context)
    return f"命令有误：{wrong}用法见 {context.command_path if context else 'hotline'} -h。"


def _wrong(message: str, context) -> str:
    """The errors that typer has no kind of their own for; any other as typer says it."""
    if named := re.match(r"No such command '(.*?)'", message):
        return f"没有 {named[1]} 这个命令。可用的有：{'、'.join(context.command.list_commands(context))}。"
    if named := re.match(r"Got unexpected extra argument\w*(?:\(s\))? \((.*)\)", message):
        return f"多出了 {named[1]}。"
    return f"{message} "
