"""The command line: arguments in, messages out; no logic.

Everything heavy is imported inside the command that needs it, so that a command answers at once.
"""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from hotline import HotlineError, usage
from hotline.desk import commands as desk
from hotline.printing.formats import DEFAULT
from hotline.system import quoted, refused
from hotline.terminal import in_chinese
from hotline.terminal import say as _say
from hotline.usage import ONE_CENTER

if TYPE_CHECKING:
    from hotline.batch.batch import Options, Wanted
    from hotline.publishing.outcome import Outcome

app = typer.Typer(
    name="hotline",
    cls=usage.Commands,
    help="热线周报：把平台的导出变成一期周报。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's table cuts long Chinese explanations off
    context_settings={"help_option_names": ["-h", "--help"]},
)

command = partial(app.command, cls=usage.Command)

FEW = 5
"""Up to this many files are named one by one; of more it is said how many there are."""
CENTER = typer.Option(
    "--center", "-c", help="中心，即 params/ 下的文件夹名。", metavar="CENTER", autocompletion=usage.centers
)
ARCHIVE = typer.Option(
    "--archive",
    help="档案的位置：工作区里的路径，或对象存储的地址 s3://…；末尾加 @N 指第 N 版。"
    "不给则依次看该期参数和 center.yml 的 archive，再没有就是 data/archive。",
    metavar="PLACE",
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        _say(f"hotline {version('hotline-bulletin')}")
        raise typer.Exit


@app.callback()
def every(
    version: Annotated[
        bool, typer.Option("--version", help="版本号。", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """热线周报：把平台的导出变成一期周报。"""


command("init")(desk.init)


@command()
def sample(
    folder: Annotated[Path, typer.Argument(help="写到哪个文件夹。", metavar="DIR")],
    weeks: Annotated[int, typer.Option(help="多少周。", min=1, metavar="N")] = 13,
    requests: Annotated[
        int | None,
        typer.Option(
            help="每周多少件诉求；不给则最后两周是莒南县2021年第42、43期的数字。", min=1, metavar="N"
        ),
    ] = None,
) -> None:
    """写出样例导出文件（默认为2021年第43期走势图上的十三周）。"""
    from hotline.console import Bar
    from hotline.sample import files as samples

    with Bar() as bar:
        paths = samples.write(folder, weeks=weeks, requests=requests, progress=bar)
    if len(paths) > FEW:
        _say(f"已写出 {len(paths)} 个文件：{paths[0]} 至 {paths[-1].name}")
        return
    for path in paths:
        _say(f"已写出 {path}")


@command("import")
def import_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="平台的导出：.xlsx .xls .csv .tsv .zip，文件夹，或通配符。", metavar="FILE"),
    ] = None,
    center: Annotated[str | None, ONE_CENTER] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查并报告，不入档。")] = False,
    archive: Annotated[str | None, ARCHIVE] = None,
    shared: Annotated[bool, typer.Option("--shared", help="让本机其他用户也能读档案。")] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="这些文件里的工单以文件为准，不论档案里的多新：修复日期写错的一次导入。"
        ),
    ] = False,
    covers: Annotated[
        str | None,
        typer.Option(help="这些天的诉求已经导全：首日:末日，如 2021-10-18:2021-10-31。", metavar="DAYS"),
    ] = None,
) -> None:
    """把平台的导出读入档案，每一行都有交代。"""
    from hotline.console import Bar
    from hotline.coverage import Coverage
    from hotline.intake import importing
    from hotline.profiles import default, load

    if not files and (again or not covers):
        _say("命令有误：还缺 FILE。用法见 hotline import -h。", err=True)
        raise typer.Exit(2)
    profile = load(default() if center is None else center, draft=True)
    days = Coverage.parse(covers) if covers else Coverage()
    with Bar() as bar:
        report = importing.import_files(
            files or [],
            profile,
            profile.location(archive),
            dry_run=dry_run,
            progress=bar,
            shared=shared,
            covers=days,
            again=again,
        )
    _say(str(report))
    if report.meaningless:
        raise typer.Exit(1)


@command()
def render(
    periods: Annotated[
        list[str] | None,
        typer.Argument(
            help="周期，如 2021-W43 或 2021-W01:2021-W43；不给则是每个中心最近完整的一期。",
            metavar="PERIOD",
        ),
    ] = None,
    center: Annotated[list[str] | None, CENTER] = None,
    to: Annotated[str, typer.Option(help="输出格式，用逗号分开：{formats}。", metavar="FORMATS")] = ",".join(
        DEFAULT
    ),
    jobs: Annotated[
        int | None, typer.Option(help="同时做几期；默认按处理器个数。", min=1, metavar="N")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="交给 Dask 集群去做：调度器的地址，如 tcp://host:8786。", metavar="ADDRESS"),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(help="一期最多做多少秒；默认是 center.yml 的 timeout，600。", min=1, metavar="N"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="没有变化的也重做。")] = False,
    archive: Annotated[str | None, ARCHIVE] = None,
    archive_version: Annotated[
        int | None,
        typer.Option(help="按档案的第几版生成；另存一处，不改动已发布的。", min=0, metavar="N"),
    ] = None,
    first: Annotated[bool, typer.Option("--first", help="作为初次印发，不注明更正。")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--import", help="先导入这个文件夹里的导出文件，每个只导入一次。", metavar="DIR"),
    ] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="周期还没有结束，或数据看来不完整，也照做。")
    ] = False,
) -> None:
    """生成一期或多期周报。"""
    import time
    from datetime import datetime

    from hotline.batch import batch, choosing
    from hotline.profiles import centers, default
    from hotline.publishing import failures

    def stamp() -> str:
        return "" if periods else f"{datetime.now():%Y-%m-%d %H:%M:%S} "

    began, now = time.monotonic(), datetime.now()
    chosen = list(center or ([default()] if periods else centers()))
    formats = batch.formats(to)
    place, version = batch.place_and_version(archive, archive_version)
    fine = folder is None or _take_in(folder, chosen, archive, stamp)
    asked, unfinished = (
        (batch.wanted(chosen, periods), []) if periods else choosing.last_complete(chosen, now)
    )
    sound, refused = (asked, []) if allow_incomplete else choosing.ready(asked, now, place, version)
    by_name = bool(periods) and len({each.period for each in asked}) == 1
    keep_words = not (by_name or force or first)
    options = batch.Options(formats, jobs, scheduler, force, version, first, place, timeout, keep_words)
    outcomes = _make(sound, [*unfinished, *refused], options, stamp)
    for line in choosing.unused_names(outcomes, place):
        _say(stamp() + line)
    if version is None:
        failures.note(outcomes, unattended=not periods)
    if len(outcomes) != 1:
        _say(stamp() + batch.summary(outcomes, time.monotonic() - began))
    if not fine or not all(outcome.ok for outcome in outcomes):
        raise typer.Exit(1)


def _take_in(folder: Path, centers: list[str], archive: str | None, stamp: Callable[[], str]) -> bool:
    """Import what lies in a folder; whether all went well."""
    from hotline.batch import inbox
    from hotline.publishing import failures

    taken = []
    for well, line in inbox.take_in(folder, centers, archive):
        _say(stamp() + line, err=not well)
        taken.append((well, line))
    failures.note_imports(centers, taken)
    return all(well for well, _ in taken)


def _make(
    asked: list["Wanted"], refused: list["Outcome"], options: "Options", stamp: Callable[[], str]
) -> list["Outcome"]:
    """Make the issues asked for, each reported as it is done, the refused ones too."""
    from hotline import console
    from hotline.batch import batch

    try:
        return console.follow(batch.render(asked, options), len(asked), refused, stamp)
    except KeyboardInterrupt as stop:
        done = sum(outcome.ok for outcome in getattr(stop, "done", ()))
        _say(f"已停止。完成的 {done} 期都在，其余的没有变动。", err=True)
        raise typer.Exit(130) from None


@command()
def status(
    center: Annotated[str | None, CENTER] = None,
    archive: Annotated[str | None, ARCHIVE] = None,
    whole: Annotated[bool, typer.Option("--all", help="列出全部各期；不加则只列最近一年。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="写成 JSON，供程序读；各期都在里面。")] = False,
) -> None:
    """档案里有什么，缺什么；不指明中心则全部列出。"""
    import json

    from hotline.intake import status
    from hotline.profiles import centers, load

    profiles = [load(key, draft=True) for key in (centers() if center is None else [center])]
    states = [status.status(profile.location(archive), profile) for profile in profiles]
    if as_json:
        _say(json.dumps([state.content for state in states], ensure_ascii=False, indent=1))
        return
    for state in states:
        _say(state.text(whole))


@command()
def diff(
    period: Annotated[
        str, typer.Argument(help="周期，如 2021-W43。", metavar="PERIOD", autocompletion=usage.made)
    ],
    other: Annotated[
        str | None,
        typer.Argument(
            help="另一期，或另一版：2021-W44，2021-W43@1；不给则与今天的档案对照。", metavar="OTHER"
        ),
    ] = None,
    center: Annotated[str | None, ONE_CENTER] = None,
    archive: Annotated[str | None, ARCHIVE] = None,
) -> None:
    """已生成的一期与今天的档案对照：哪些数变了，由哪次导入引起；或者两期、两版并排对照。"""
    from hotline.profiles import default, load

    profile = load(default() if center is None else center)
    if other:
        from hotline.publishing import compare
        from hotline.publishing.editions import Edition

        sides = Edition.of(period, profile), Edition.of(other, profile)
        _say(compare.as_text(profile.key, (str(sides[0]), str(sides[1])), compare.compare(*sides)))
        return
    from hotline.publishing.diff import diff as moved_figures

    window = profile.period(period)
    moved = moved_figures(profile.key, window, archive)
    for each in moved:
        _say(f"{each.name}：{each.published} → {each.today}（{each.moved_by}）")
    if moved:
        _say(
            f"{profile.key} {window}：共 {len(moved)} 处与已生成的不同；hotline render {window} 会重新生成，由数据引起的写明更正。"
        )
    else:
        _say(f"{profile.key} {window}：与已生成的一期完全相同。")


@command()
def rows(
    period: Annotated[
        str,
        typer.Argument(
            help="周期，如 2021-W43；2021-W43@1 是按档案第 1 版。",
            metavar="PERIOD",
            autocompletion=usage.made,
        ),
    ],
    figure: Annotated[
        str | None,
        typer.Argument(help="数的名称；不给则列出全部。", metavar="FIGURE"),
    ] = None,
    center: Annotated[str | None, ONE_CENTER] = None,
) -> None:
    """一个数背后的工单，存为 data/rows/ 下的工作簿；含工单编号，只供分析员。"""
    from hotline.profiles import default, load
    from hotline.publishing import rows as behind
    from hotline.publishing.editions import Edition
    from hotline.workspace import shown

    edition = Edition.of(period, load(default() if center is None else center))
    if figure:
        path, said = behind.write(edition, figure)
        _say(f"{said} → {shown(path)}")
        return
    for each in behind.listed(edition):
        _say(f"{each.name}  {each.label}  {each.value} {each.unit}")


@command()
def sheets(
    period: Annotated[
        str, typer.Argument(help="周期，如 2021-W43。", metavar="PERIOD", autocompletion=usage.made)
    ],
    center: Annotated[str | None, ONE_CENTER] = None,
) -> None:
    """督办单：每个有待办事项的单位一张（PDF 和 Word），存在 data/sheets/ 下；含工单编号，只发给单位自己。"""
    from hotline.console import Bar
    from hotline.profiles import default, load
    from hotline.publishing import sheets as units
    from hotline.publishing.editions import Edition
    from hotline.workspace import shown

    edition = Edition.of(period, load(default() if center is None else center))
    with Bar() as bar:
        folder, made = units.write(edition, bar)
    _say(f"{edition.center.key} {edition}：{len(made)} 个单位有待办事项 → {shown(folder)}/index.html")


@command()
def send(
    period: Annotated[
        str | None,
        typer.Argument(help="周期，如 2021-W43；不给则是每个中心最近完整的一期。", metavar="PERIOD"),
    ] = None,
    center: Annotated[list[str] | None, CENTER] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只把每封信显示出来，不寄。")] = False,
    again: Annotated[bool, typer.Option("--again", help="寄过的也再寄一次。")] = False,
) -> None:
    """寄信：PDF 给读者，督办单给单位，没有做成的告诉维护者；每期每版只寄一次。"""
    from datetime import datetime

    from hotline.console import Bar
    from hotline.periods import last_complete
    from hotline.profiles import centers, default, load
    from hotline.publishing import mail

    fine, said = True, False
    for profile in map(load, center or ([default()] if period else centers())):
        if profile.delivery is None and not period and not center:
            continue
        text = period or str(last_complete(datetime.now(), profile.grain, profile.first_weekday))
        with Bar() as bar:
            done, wrong = mail.deliver(profile, text, dry_run, again, bar)
        fine &= not wrong
        said |= bool(done or wrong)
        for line in done:
            _say(line)
        for line in wrong:
            _say(line, err=True)
    if not fine:
        raise typer.Exit(1)
    if not said:
        _say("没有要寄的：没有哪个中心在 center.yml 里写了 delivery（见分析员手册的“寄信”）。")


@command()
def new(
    center: Annotated[
        str, typer.Argument(help="新中心的名称，即 params/ 下的文件夹名，如 junan。", metavar="CENTER")
    ],
    first: Annotated[
        list[Path], typer.Option("--from", help="它的导出文件，可以是几个，也可以是文件夹。", metavar="FILE")
    ],
    more: Annotated[
        list[Path] | None, typer.Argument(help="其余的导出文件，接在 --from 之后。", metavar="FILE...")
    ] = None,
) -> None:
    """根据导出文件为一个新中心起草 params/CENTER/center.yml。"""
    from hotline.intake.files import together
    from hotline.newcenter import draft
    from hotline.workspace import shown

    files = [*first, *(more or [])]
    path, left = draft.write(center, files)
    _say(f"已起草 {shown(path)}。请打开它过一遍，把 {len(left)} 处“待填”填好：{'、'.join(left)}。")
    given = quoted(*(files if len(files) <= FEW else together(files)))
    _say(f"接着：hotline import {given} --center {center}，然后 hotline render 周期 --center {center}。")


command("edit")(desk.edit)
command("open")(desk.open_)
command("lab", context_settings={"ignore_unknown_options": True})(desk.lab)


def main() -> None:
    """What a command line does: an error meant for the analyst is one message and exit code 1, never a traceback; 2 for a
    command that was wrong.
    """
    from hotline import console

    in_chinese()
    os.environ.setdefault(
        "RUST_LOG", "error"
    )  # Delta's warnings are English, and what goes wrong is said by us
    try:
        sys.exit(app(standalone_mode=False, prog_name="hotline"))
    except TyperException as error:
        _say(usage.explained(error), err=True)
        sys.exit(error.exit_code)
    except HotlineError as error:
        _say(f"错误：{error}", err=True, fg="red")
        sys.exit(1)
    except OSError as error:
        _say(f"错误：{refused(error)}。请核对路径和权限再试。", err=True, fg="red")
        sys.exit(1)
    except Exception as error:
        _say(f"程序出错：{console.kept(error)}", err=True, fg="red")
        sys.exit(1)
