"""The desk's part of the command line: arguments in, messages out; cli.py registers it."""

from pathlib import Path
from typing import Annotated

import typer

from hotline.system import quoted
from hotline.terminal import say
from hotline.usage import ONE_CENTER, made


def init(
    folder: Annotated[Path | None, typer.Argument(help="新工作区的文件夹。", metavar="DIR")] = None,
    example: Annotated[
        str | None, typer.Option(help="用哪个示例中心；不给则是莒南县的样例。", metavar="NAME")
    ] = None,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="把这个工作区的笔记本升到本版；您改过的都保留。")
    ] = False,
) -> None:
    """新建一个工作区：总笔记本、一个中心的档案文件、放导出和周报的文件夹；或者升级已有的。"""
    if upgrade:
        _upgrade(folder)
        return
    if folder is None:
        say("命令有误：还缺 DIR。用法见 hotline init -h。", err=True)
        raise typer.Exit(2)
    import os

    from hotline import periods, workspace
    from hotline.profiles import load

    center, latest = workspace.create(folder, example), ""
    os.environ["HOTLINE_HOME"] = str(folder.resolve())
    profile = load(center)
    if center in workspace.recipes():
        from hotline.sample import demo

        weeks, latest = demo.write(folder / "data", profile), f" {demo.latest(profile)}"
        say(f"已写出 {len(weeks)} 周的导出；其中有什么，见 {folder / 'data/truth.json'}。")
    say(f"已建好工作区 {folder}，中心 {center}。接着：")
    say(f"  cd {quoted(folder)}")
    if not example:
        say("  hotline sample data/exports          写出样例导出；或把平台的导出放进 data/exports/")
    say("  hotline import data/exports          导入档案")
    say(f"  hotline render{latest:<23}生成最近一期{periods.bulletin(profile.grain)}")
    if not example:
        say("  hotline render 2021-W43              样例到这一期为止，用样例试的写这一行")


def _upgrade(folder: Path | None) -> None:
    import os

    from hotline.desk import upgrade
    from hotline.workspace import workspace

    if folder is not None:
        os.environ["HOTLINE_HOME"] = str(folder.resolve())
    lines, decided = upgrade.upgrade(workspace())
    for line in lines:
        say(line)
    if not decided:
        raise typer.Exit(1)


def edit(
    period: Annotated[str, typer.Argument(help="周期，如 2021-W43。", metavar="PERIOD", autocompletion=made)],
    center: Annotated[str | None, ONE_CENTER] = None,
    done: Annotated[bool, typer.Option("--done", help="改完了：列出这一期与别的期不同的文字。")] = False,
    no_lab: Annotated[bool, typer.Option("--no-lab", help="只建好笔记本，不打开。")] = False,
) -> None:
    """只改这一期的文字：建好它自己的笔记本并打开；成批生成时也用它。"""
    from hotline.desk import lab, words
    from hotline.profiles import default, load
    from hotline.workspace import shown

    profile = load(center or default())
    window = profile.period(period)
    if done:
        from hotline.publishing import compare

        compared, printed = words.changed(profile, window)
        say(compare.as_text(profile.key, ("原来的", f"{window} 自己的"), compared))
        if not printed:
            say(f"还没有按这样印出：请运行 hotline render {window}。")
        return
    path, new = words.make(profile, window)
    say(f"{window} 自己的笔记本：{shown(path)}{'（刚建好）' if new else ''}。只影响这一期；不要了就删去它。")
    say(f"改好存盘以后：hotline edit {window} --done 看改了哪些文字，hotline render {window} 生成。")
    if not no_lab:
        lab.open_notebook(path)


def open_(
    period: Annotated[
        str | None,
        typer.Argument(help="周期，如 2021-W43；不给则打开目录页。", metavar="PERIOD", autocompletion=made),
    ] = None,
    to: Annotated[str, typer.Option(help="哪一种：{formats}。", metavar="FORMAT")] = "html",
    center: Annotated[str | None, ONE_CENTER] = None,
) -> None:
    """打开已经生成的一期：网页、PDF 或 Word。"""
    from hotline.desk import opening
    from hotline.profiles import default, load
    from hotline.workspace import shown

    path = opening.published_file(load(center or default()), period, to)
    opening.show(path)
    say(f"已打开 {shown(path)}")


def lab(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="哪个笔记本，不给则是总笔记本；也可以是 JupyterLab 自己的选项，如 --no-browser。",
            metavar="[NOTEBOOK]",
        ),
    ] = None,
) -> None:
    """打开 JupyterLab（中文），左边是这个工作区的文件。"""
    from hotline.desk import lab

    options = [word for word in words or () if word.startswith("-")]
    notebooks = [Path(word) for word in words or () if not word.startswith("-")]
    lab.open_notebook(notebooks[0] if notebooks else None, options)
