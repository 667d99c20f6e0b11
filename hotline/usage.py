"""What is wrong with a command, in Chinese: typer says it in English."""

import re

from typer.exceptions import TyperException


def told(error: TyperException) -> str:
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
    if found := re.match(r"No such command '(.*?)'", message):
        return f"没有 {found[1]} 这个命令。可用的有：{'、'.join(context.command.list_commands(context))}。"
    if found := re.match(r"Got unexpected extra argument\w*(?:\(s\))? \((.*)\)", message):
        return f"多出了 {found[1]}。"
    return f"{message} "
