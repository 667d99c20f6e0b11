"""What becomes of mistakes: `python -m benchmarks.mutations [--count 600] [--seed 1]`.

The sample's profile and exports are spoilt in one way at a time, imported, and rendered with the real commands. Each
mistake is then refused (a command ends with exit code 1 and no bulletin is made), said (the figures moved, and what
was spoilt is named by a line that the sound workspace does not print), harmless (the same figures), or silent. A
silent one is a false figure that nobody is told of: there must be none.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import python_calamine

from benchmarks import material
from benchmarks.clock import BIN

PERIOD = "2021-W43"
UNITS, CHANNELS, KINDS, RATINGS = "承办单位", "诉求来源", "诉求类别", "办理结果评价"
RECEIVED, CLOSED, VISITED = "受理时间", "办结时间", "回访时间"
SET_ASIDE = re.compile("搁置")


@dataclass
class Workspace:
    """The sample as it may be spoilt: the profile's text, and each export's rows as text, by file name."""

    profile: str
    exports: dict[str, pd.DataFrame]
    encoding: str = "utf-8"
    tail: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "Workspace":
        return Workspace(self.profile, {name: rows.copy() for name, rows in self.exports.items()})

    @property
    def newest(self) -> str:
        return max(self.exports)


Spoil = Callable[[Workspace, random.Random], list[str]]
"""Spoils a workspace; the words of which one must be said if the figures move."""
MISTAKES: dict[str, Spoil] = {}


def mistake(spoil: Spoil) -> Spoil:
    MISTAKES[spoil.__doc__.strip(".")] = spoil
    return spoil


def misspelt(name: str, chance: random.Random) -> str:
    """A name with a letter left out, doubled, swapped or another in its place."""
    at = chance.randrange(len(name))
    ways = [
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[: max(at - 1, 0)] + name[max(at - 1, 0) : at + 1][::-1] + name[at + 1 :],
        name[:at] + chance.choice("到人木土未") + name[at + 1 :],
        name + chance.choice("（新）局科处"),
    ]
    return chance.choice([way for way in ways if way and way != name])


# ---- the profile -----------------------------------------------------------------------------------------------------


def _listed(key: str) -> Callable[[str], list[str]]:
    def names(profile: str) -> list[str]:
        inside = re.search(rf"^ *{key}:\s*\[(.*?)\]", profile, re.M | re.S)[1]
        return [name.strip() for name in inside.split(",")]

    return names


def _renamed(profile: str, old: str, new: str) -> str:
    return re.sub(rf"(?<=[\[, ]){re.escape(old)}(?=[,\]])", lambda _: new, profile)


@mistake
def unit_misspelt_in_profile(work: Workspace, chance: random.Random) -> list[str]:
    """名册里一个单位写错."""
    name = chance.choice(
        re.findall(r"(?<=[\[, ])[^\s\[\],:]+(?:镇|局|街道|公司|大队|医院)(?=[,\]])", work.profile)
    )
    wrong = misspelt(name, chance)
    work.profile = _renamed(work.profile, name, wrong)
    return [name, wrong]


@mistake
def unit_missing_from_profile(work: Workspace, chance: random.Random) -> list[str]:
    """名册里少一个单位."""
    name = chance.choice(re.findall(r"(?<=, )[^\s\[\],:]+(?:镇|局|公司)(?=,)", work.profile))
    work.profile = work.profile.replace(f", {name},", ",", 1)
    return [name]


def _name_of(key: str, what: str) -> None:
    def spoil(work: Workspace, chance: random.Random) -> list[str]:
        name = chance.choice(_listed(key)(work.profile))
        wrong = misspelt(name, chance)
        work.profile = _renamed(work.profile, name, wrong)
        return [name, wrong]

    spoil.__doc__ = f"档案文件里一个{what}写错"
    mistake(spoil)


_name_of("channels", "诉求来源")
_name_of("kinds", "诉求类别")
_name_of("satisfied", "满意的说法")


@mistake
def full_width_comma(work: Workspace, chance: random.Random) -> list[str]:
    """档案文件里一个逗号打成全角."""
    key = chance.choice(["channels", "kinds", "satisfied", "units"])
    names = _listed(key)(work.profile)
    at = chance.randrange(len(names) - 1)
    one, other = names[at], names[at + 1]
    work.profile = re.sub(rf"{re.escape(one)},\s*{re.escape(other)}", f"{one}，{other}", work.profile)
    return [one, other]


@mistake
def alias_misspelt(work: Workspace, chance: random.Random) -> list[str]:
    """别名写错."""
    old = chance.choice(["十字路街道办事处", "县住建局", "县市场监管局"])
    work.profile = work.profile.replace(f"{old}:", f"{misspelt(old, chance)}:")
    return [old]


@mistake
def header_misspelt_in_profile(work: Workspace, chance: random.Random) -> list[str]:
    """档案文件里一列的表头写错."""
    column = chance.choice(
        [
            "request_id",
            "requested_at",
            "channel",
            "kind",
            "topic",
            "subtopic",
            "unit",
            "closed_at",
            "visited_at",
            "result_rating",
        ]
    )
    headers = _listed(column)(work.profile)
    for header in headers:
        work.profile = _renamed(work.profile, header, misspelt(header, chance))
    return headers


@mistake
def date_format_wrong(work: Workspace, chance: random.Random) -> list[str]:
    """日期写法写错."""
    wrong = chance.choice(
        [
            "%d/%m/%Y %H:%M:%S",
            "%Y-%d-%m %H:%M:%S",
            "%Y-%m-%d",
            "%m-%d-%Y %H:%M",
            "%Y%m%d%H%M%S",
            "%Y-%m-%d %H:%M",
        ]
    )
    work.profile += f'\nexport:\n  date_format: "{wrong}"\n'
    return ["搁置", "date_format"]


# ---- cells -----------------------------------------------------------------------------------------------------------


def _some(rows: pd.DataFrame, chance: random.Random, column: str | None = None) -> list[int]:
    usable = rows.index if column is None else rows.index[rows[column].str.len() > 0]
    return chance.sample(list(usable), min(len(usable), chance.choice([1, 3, 20, 200])))


def _cells(column: str) -> None:
    def spoil(work: Workspace, chance: random.Random) -> list[str]:
        rows = work.exports[work.newest]
        name = chance.choice(sorted({*rows[column]} - {""}))
        wrong = misspelt(re.split("[、，]", name)[0], chance)
        at = rows.index[rows[column] == name]
        rows.loc[chance.sample(list(at), chance.randint(1, len(at))), column] = wrong
        return [wrong]

    spoil.__doc__ = f"导出里{column}的一个名称写错"
    mistake(spoil)


for _column in (UNITS, CHANNELS, KINDS, RATINGS):
    _cells(_column)


@mistake
def moments_unreadable(work: Workspace, chance: random.Random) -> list[str]:
    """导出里时间写坏."""
    rows, column = work.exports[work.newest], chance.choice([RECEIVED, CLOSED, VISITED])
    rows.loc[_some(rows, chance, column), column] = chance.choice(
        ["2021-13-45 08:15", "昨天", "########", "0", "25:61"]
    )
    return ["搁置", "不是日期", "看不懂"]


@mistake
def received_blank(work: Workspace, chance: random.Random) -> list[str]:
    """导出里受理时间或编号空着."""
    rows = work.exports[work.newest]
    rows.loc[_some(rows, chance), chance.choice([RECEIVED, "工单编号"])] = ""
    return ["搁置"]


@mistake
def year_wrong(work: Workspace, chance: random.Random) -> list[str]:
    """导出里年份打错."""
    rows, column = work.exports[work.newest], chance.choice([RECEIVED, CLOSED, VISITED])
    at, year = (
        _some(rows, chance, column),
        chance.choice(["2012", "2020", "2022", "2032", "1921", "0021", "20211"]),
    )
    rows.loc[at, column] = year + rows.loc[at, column].str[4:]
    return ["搁置", "晚于", "早于", f"{year}-W"]


@mistake
def day_and_month_swapped(work: Workspace, chance: random.Random) -> list[str]:
    """导出里月和日对调."""
    rows, column = work.exports[work.newest], chance.choice([RECEIVED, CLOSED, VISITED])
    at = [n for n in _some(rows, chance, column) if rows.at[n, column][8:10] <= "12"]
    rows.loc[at, column] = [f"{t[:5]}{t[8:10]}-{t[5:7]}{t[10:]}" for t in rows.loc[at, column]]
    return ["搁置", "晚于", "早于", "2021-W"]


@mistake
def ids_as_numbers(work: Workspace, chance: random.Random) -> list[str]:
    """导出里编号成了科学计数."""
    rows = work.exports[work.newest]
    digits = chance.choice([2, 5, 8])
    rows["工单编号"] = [f"{float(n):.{digits}E}" if n.isdigit() else n for n in rows["工单编号"]]
    return ["科学", "搁置", "E+"]


@mistake
def spelling_of_blanks(work: Workspace, chance: random.Random) -> list[str]:
    """导出里名称带空格、全角或不可见的字."""
    rows, column = work.exports[work.newest], chance.choice([UNITS, CHANNELS, KINDS, RATINGS])
    blank = chance.choice([" ", "\u3000", "\u00a0", "\u200b", "\ufeff", "\t"])
    at = _some(rows, chance, column)
    rows.loc[at, column] = blank + rows.loc[at, column] + blank
    return ["center.yml 里没有"]


# ---- columns, days, files --------------------------------------------------------------------------------------------


@mistake
def column_missing(work: Workspace, chance: random.Random) -> list[str]:
    """导出里少一列."""
    rows = work.exports[work.newest]
    column = chance.choice(
        [
            "工单编号",
            RECEIVED,
            CHANNELS,
            KINDS,
            "一级分类",
            "二级分类",
            UNITS,
            CLOSED,
            VISITED,
            RATINGS,
            "服务过程评价",
        ]
    )
    work.exports[work.newest] = rows.drop(columns=column)
    return [column]


@mistake
def header_misspelt(work: Workspace, chance: random.Random) -> list[str]:
    """导出里一列的表头写错."""
    column = chance.choice(
        ["工单编号", RECEIVED, CHANNELS, KINDS, "一级分类", UNITS, CLOSED, VISITED, RATINGS]
    )
    wrong = misspelt(column, chance)
    work.exports[work.newest] = work.exports[work.newest].rename(columns={column: wrong})
    return [column, wrong]


@mistake
def moments_exchanged(work: Workspace, chance: random.Random) -> list[str]:
    """导出里两列时间的表头对调."""
    one, other = chance.sample([RECEIVED, CLOSED, VISITED], 2)
    work.exports[work.newest] = work.exports[work.newest].rename(columns={one: other, other: one})
    return ["搁置", "早于", "晚于"]


@mistake
def days_missing(work: Workspace, chance: random.Random) -> list[str]:
    """导出里少了几天."""
    first = chance.randrange(25, 32)
    days = {f"2021-10-{day:02}" for day in range(first, min(first + chance.choice([1, 1, 2, 4]), 32))}
    for name, rows in work.exports.items():
        work.exports[name] = rows[~rows[RECEIVED if RECEIVED in rows else "来电时间"].str[:10].isin(days)]
    return ["数据不完整"]


@mistake
def broken_off(work: Workspace, chance: random.Random) -> list[str]:
    """导出中途断了."""
    rows = work.exports[work.newest].sort_values(RECEIVED)
    work.exports[work.newest] = rows.head(int(len(rows) * chance.uniform(0.05, 0.97)))
    return ["数据不完整"]


@mistake
def limited(work: Workspace, chance: random.Random) -> list[str]:
    """导出有行数上限，旧的没有导出."""
    rows = work.exports[work.newest].sort_values(RECEIVED, ascending=False)
    work.exports[work.newest] = rows.head(chance.choice([1000, 1500, 2000, 2500, 3000, 3500]))
    return ["数据不完整", "正好"]


@mistake
def file_missing(work: Workspace, chance: random.Random) -> list[str]:
    """少一个文件."""
    del work.exports[chance.choice(sorted(work.exports))]
    return ["不完整"]


@mistake
def name_of_file_wrong(work: Workspace, chance: random.Random) -> list[str]:
    """文件名里的日期不对."""
    day = chance.choice(["20211101", "20311105", "20201105", "20211029", "20211231", "20211028", "20211013"])
    rows = work.exports.pop(work.newest)
    work.exports[f"12345工单导出_{day}.csv"] = rows
    return ["导出于", "晚于", "数据不完整"]


@mistake
def footer(work: Workspace, chance: random.Random) -> list[str]:
    """末尾有合计行."""
    rows = work.exports[work.newest]
    place = chance.choice(["工单编号", UNITS, "一级分类"])
    work.exports[work.newest] = pd.concat(
        [rows, pd.DataFrame([{place: "合计", KINDS: str(len(rows))}])], ignore_index=True
    ).fillna("")
    return ["搁置", "合计"]


@mistake
def repeated(work: Workspace, chance: random.Random) -> list[str]:
    """行重复."""
    rows = work.exports[work.newest]
    work.exports[work.newest] = pd.concat([rows, rows.loc[_some(rows, chance)]])
    return []


@mistake
def other_encoding(work: Workspace, chance: random.Random) -> list[str]:
    """文件是别的编码."""
    work.encoding = chance.choice(["gb18030", "utf-16", "utf-8-sig"])
    return []


@mistake
def lines_cut(work: Workspace, chance: random.Random) -> list[str]:
    """文本文件的一行断开."""
    work.tail[work.newest] = chance.choice(
        ['\n"2021', "\n,,,,,,\n", '\n20211101999999,"市级热线', "\n合计\n"]
    )
    return ["搁置", "引号", "断"]


# ---- the run ---------------------------------------------------------------------------------------------------------


def sound(home: Path) -> Workspace:
    """The sample as text: what is spoilt."""
    _run(home, "sample", "data/exports", "--weeks", 2)
    exports = {}
    for path in sorted((home / "data/exports").glob("*.xlsx")):
        book = python_calamine.CalamineWorkbook.from_path(path)
        header, *rows = book.get_sheet_by_index(0).to_python()
        exports[f"{path.stem}.csv"] = pd.DataFrame(rows, columns=header).map(_text)
    return Workspace((home / "params/junan/center.yml").read_text(), exports)


def _text(cell: object) -> str:
    return f"{cell:%Y-%m-%d %H:%M:%S}" if hasattr(cell, "hour") else str(cell)


def carried_out(home: Path, work: Workspace) -> tuple[bool, str, dict | None]:
    """Whether both commands ended well, what they said, and the figures."""
    shutil.rmtree(home, ignore_errors=True)
    material.workspace(home)
    (home / "params/junan/center.yml").write_text(work.profile)
    (home / "data/exports").mkdir(parents=True)
    for name, rows in work.exports.items():
        text = rows.to_csv(index=False) + work.tail.get(name, "")
        (home / "data/exports" / name).write_bytes(text.encode(work.encoding))
    good, said = _run(home, "import", *sorted((home / "data/exports").iterdir()))
    if good:
        good, more = _run(home, "render", PERIOD, "--to", "html")
        said += more
    figures = home / f"outputs/junan/{PERIOD}/figures.json"
    return good, said, json.loads(figures.read_text())["figures"] if figures.exists() else None


def _run(home: Path, *words: object) -> tuple[bool, str]:
    environment = os.environ | {"HOTLINE_HOME": str(home)}
    command = [BIN / "hotline", *map(str, words)]
    if words[-1] != "html" and words[0] != "sample":
        command += ["--center", "junan"]
    ran = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=600)
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode == 0, ran.stdout + ran.stderr


def outcome(truth: tuple, result: tuple, words: list[str]) -> str:
    """refused, harmless, said or silent."""
    _, usual, right = truth
    good, said, figures = result
    if figures is None:
        return "silent" if good else "refused"
    if figures == right:
        return "harmless"
    new = set(said.splitlines()) - set(usual.splitlines())
    return "said" if any(word in line for word in words for line in new) else "silent"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=600)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="")
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    table: dict[str, Counter] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        work = sound(material.workspace(home / "sound"))
        truth = carried_out(home / "sound", work)
        assert truth[2], truth[1]
        mistakes = [name for name in MISTAKES if given.only in name]

        def one(number: int) -> tuple[str, str, str]:
            name = mistakes[number % len(mistakes)]
            spoilt, chance = work.copy(), random.Random(f"{given.seed} {number}")
            words = MISTAKES[name](spoilt, chance)
            result = carried_out(home / f"w{number}", spoilt)
            shutil.rmtree(home / f"w{number}")
            verdict = outcome(truth, result, words)
            moved = "" if verdict != "silent" else f"{words}\n{_moved(truth[2], result[2])}\n{result[1]}"
            return name, verdict, moved

        with ThreadPoolExecutor(given.jobs) as pool:
            for number, (name, verdict, moved) in enumerate(pool.map(one, range(given.count))):
                table.setdefault(name, Counter())[verdict] += 1
                if moved:
                    print(f"--- silent: no. {number}, {name}: {moved}", flush=True)
    _print(table)


def _moved(right: dict, figures: dict | None) -> str:
    names = right.keys() | (figures or {}).keys()
    return ", ".join(sorted(name for name in names if right.get(name) != (figures or {}).get(name)))


def _print(table: dict[str, Counter]) -> None:
    kinds = ["refused", "said", "harmless", "silent"]
    print("| mistake | runs | " + " | ".join(kinds) + " |\n|---" * 1 + "|---" * 5 + "|")
    whole = sum(table.values(), Counter())
    for name, counts in [*table.items(), ("all", whole)]:
        print(f"| {name} | {counts.total()} | " + " | ".join(str(counts[kind]) for kind in kinds) + " |")


if __name__ == "__main__":
    main()
