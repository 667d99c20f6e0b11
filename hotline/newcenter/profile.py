"""The text of a new center's profile: every line with a comment that says where it comes from.

Values stand in it only of columns that were recognised, personal numbers masked; what an export cannot tell is
marked TO_FILL for a person.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd
import yaml

from hotline import columns
from hotline.center import Center, Export
from hotline.columns import Column
from hotline.intake import cleaning, headers
from hotline.intake.cleaning import Names
from hotline.intake.moments import moments
from hotline.masking import masked
from hotline.newcenter import contents
from hotline.newcenter.recognise import ExportSheet
from hotline.profiles import TO_FILL

_SATISFIED = re.compile(r"^(?!.*(不|未|差|一般)).*满意|^是$|^(very )?satisfied$", re.I)
_UNSATISFIED = re.compile(r"不.*满意|^[否差]$|^(very )?(un|dis)satisfied$", re.I)
_TOWN = re.compile(r"(街道|街办|办事处|街道办|镇|乡|苏木|[镇乡](人民)?政府)$")
_COUNTY = re.compile(r"((?<![小社校景])区|县|(?<!超)市|旗)((人民)?政府|管委会|管理委员会)?$")
_FEW = 3
"""So many counties a prefecture has at the least; fewer are a county's development zones, which stand among its towns."""


_SHOWN = {"\n": "换行", " ": "空格"}
"""How a separator that shows nothing is called."""


@dataclass
class Draft:
    """What the exports say of a center: its columns, and how often each name occurs in them. `withheld`: of each column, how
    many names are left out because they may be a person's."""

    sheets: list[ExportSheet]
    export: Export
    date_formats: set[str | None]
    counts: dict[str, pd.Series] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def named(self, column: str) -> list[str]:
        """The headers that hold a column, the latest file's first."""
        return list(
            dict.fromkeys(sheet.named[column] for sheet in reversed(self.sheets) if column in sheet.raw)
        )


def profile_text(draft: Draft) -> str:
    """center.yml, with its comments."""
    files = "、".join(dict.fromkeys(sheet.grid.file for sheet in draft.sheets))
    return "\n".join(
        [
            _comment(
                f"由 hotline new 根据 {files} 起草（{draft.requests} 件诉求）。写着“{TO_FILL}”的地方填好以后才能生成；"
            ),
            "# 其余各项是猜的，请过一遍。井号后面的件数和例子只供核对，可以删去。",
            *_names(),
            "",
            "# 导出的表头：左边是系统的列名，右边是表头；以后平台改了表头，就在方括号里加一个。",
            "# 没有写在这里的列不会存入档案。",
            "columns:",
            *_columns(draft),
            *_ignored(draft),
            *_export(draft),
            "",
            *_names_in_use(draft),
            *_satisfied(draft),
            "",
            *_groups(draft.counts["unit"]),
            *_withheld(draft, "unit"),
            *_aliases(draft),
            "",
        ]
    )


def _names() -> Iterator[str]:
    yield f"name: {TO_FILL}                          # 中心的全称，如 莒南县12345政务服务热线受理中心"
    yield "title: 热线周报"
    yield "subject: 12345政务服务热线          # 首句的主语：……共受理市民诉求……"
    yield "citizens: 市民诉求"
    yield f"office: {TO_FILL}                        # 印发单位，如 莒南县人民政府办公室"
    yield f"report_to: [{TO_FILL}]                   # 报：逗号分开；不报送就写 []"
    yield f"send_to: [{TO_FILL}]                     # 送：逗号分开；不抄送就写 []"
    yield "platform: 市级平台                  # 回访由谁做"
    yield "grain: week                         # 通常出周报；月报 month，季报 quarter，年报 year"
    yield "week_starts: monday                 # 一周从哪天起：周五至下周四写 friday"


def _columns(draft: Draft) -> Iterator[str]:
    for column in columns.COLUMNS:
        name, word, named = column.name, column.word, draft.named(column.name)
        rejected = _unique(header for sheet in draft.sheets for header in sheet.rejected.get(name, ()))
        if named:
            yield f"  {name}: {_flow(named)}{_about(draft, column)}"
        elif column.required:
            why = f"“{'、'.join(rejected)}”的内容不像{word}" if rejected else f"没有认出{word}一列"
            yield f"  {name}: {TO_FILL}{_comment(why + '，请填表头', '  ')}"
        elif rejected:
            yield f"  # {name}: {_flow(rejected)}{_comment(f'表头像{word}，内容不像，没有采用', '  ')}"
        elif column.holds == columns.CALLER:
            yield f"  # {name}: []{_comment(f'{word}：入档的只是代号，不是号码；要算重复诉求就填上表头', '  ')}"
        else:
            yield f"  # {name}: []{_comment(f'导出里没有像{word}的列', '  ')}"


def _about(draft: Draft, column: Column) -> str:
    """The comment of a column: an example, how many names it has, and what else it could have been."""
    remarks = [f"例：{example}" if (example := _example(draft, column)) else "这一列是空的"]
    sheets = [sheet for sheet in draft.sheets if column.name in sheet.raw]
    if (counts := draft.counts.get(column.name)) is not None and len(counts):
        remarks.append(f"{len(counts)} 种")
    if column.holds == columns.UNITS:
        remarks += _split(draft)
    if others := _unique(header for sheet in sheets for header in sheet.others.get(column.name, ())):
        remarks.append(f"也可能是 {'、'.join(others)}，请核对")
    if any(column.name in sheet.guessed for sheet in sheets):
        remarks.append("按内容猜的，请核对")
    return _comment("；".join(remarks), "  ")


def _split(draft: Draft) -> Iterator[str]:
    """How many cells hold several units, and which signs part them."""
    cells = [cell for sheet in draft.sheets for cell in sheet.raw.get("unit", [])]
    texts = [cleaning.plain(cell) for cell in cells]
    several = [
        text
        for text, units in zip(texts, cleaning.units(texts, draft.export, Names(())), strict=True)
        if len(units) > 1
    ]
    if several:
        signs = [(sign, sum(sign in text for text in several)) for sign in draft.export.unit_separators]
        by_sign = "、".join(f"{_SHOWN.get(sign, f'“{sign}”')} {count} 行" for sign, count in signs if count)
        yield f"{len(several)} 行有几个单位，已分开（{by_sign}）"


def _example(draft: Draft, column: Column) -> str:
    """A value of the column that tells what it holds and nothing of a person: an id's shape, the most frequent name."""
    cells = next((sheet.raw[column.name] for sheet in reversed(draft.sheets) if column.name in sheet.raw), [])
    stated = contents.stated(cells)[:200]
    if column.holds == columns.ID:
        ids = [text for text in cleaning.ids(stated)[0] if text]
        return ids[0][:4] + re.sub(r"\w", "*", ids[0][4:]) if ids else ""
    if column.kind == columns.MOMENT:
        export = draft.export if len(draft.date_formats) == 1 else Export()
        given = pd.Series(moments(stated, export)[0]).dropna()
        if given.empty:  # month and day cannot be told apart: shown as written, for a person to decide
            return "、".join(masked(text) for text in _unique(map(cleaning.plain, stated))[:3])
        return f"{given.iloc[0]:%Y-%m-%d %H:%M}"
    if (counts := draft.counts.get(column.name)) is not None:
        return str(counts.idxmax()) if len(counts) else ""
    texts = pd.Series(cleaning.texts(stated, draft.export, Names(())), dtype=object).dropna()
    return str(texts.mode()[0]) if len(texts) else ""


def _ignored(draft: Draft) -> Iterator[str]:
    """The headers not taken, as they are to be written, with how many different values each has."""
    used = {headers.normalised(header) for name in columns.names() for header in draft.named(name)}
    left = {name: count for sheet in draft.sheets for name, count in sheet.left.items()}
    left = {name: count for name, count in left.items() if headers.normalised(name) not in used}
    yield _comment(
        "没有采用的表头" + ("，要用就抄到上面的方括号里（种数是开头几十行的）：" if left else "：（无）"),
        "  ",
    )
    for name, count in left.items():
        yield f"  #   {_comment_text(_scalar(name))}{_comment(f'{count} 种' if count else '空的', '  ')}"


def _export(draft: Draft) -> Iterator[str]:
    lines = []
    if len(draft.date_formats) != 1:
        forms = "、".join(sorted(f'"{form}"' for form in draft.date_formats if form)) or "各列写法不同"
        lines.append(f"  date_format: {TO_FILL}{_comment(f'日期的写法不能确定：{forms}，请选一个', '  ')}")
    elif draft.export.date_format:
        lines.append(f"  date_format: {_scalar(draft.export.date_format)}  # 日期的写法")
    if draft.export.unit_separators != Export().unit_separators:
        quoted = yaml.safe_dump(draft.export.unit_separators, default_style='"', allow_unicode=True).strip()
        lines.append(f"  unit_separators: {quoted}  # 一格里有几个单位时，用这些符号分开")
    if lines:
        yield from ("", "export:", *lines)


def _names_in_use(draft: Draft) -> Iterator[str]:
    """The lists of channels, kinds and topics."""
    for column in columns.COLUMNS:
        if not column.listed or column.holds != columns.NAME:
            continue
        if (counts := draft.counts[column.name]).empty:
            yield _comment(f"{column.listed}: 导出里没有{column.word}")
            continue
        yield f"{column.listed}:{_comment(f'{column.word}；次序即印出时或数量相同时的先后', '  ')}"
        yield from (_item(name, f"{count} 件", "  ") for name, count in _ordered(counts))
        yield from _withheld(draft, column.name)


def _withheld(draft: Draft, column: str) -> Iterator[str]:
    if count := draft.withheld.get(column):
        yield _comment(
            f"还有 {count} 个名称没有写进来，像人名或门牌；确是{columns.column(column).word}的，请自己添上",
            "  ",
        )


def _satisfied(draft: Draft) -> Iterator[str]:
    """The ratings that count as satisfied: those that say 满意, or 是, and nothing against it. Others are left to a person."""
    ratings = [draft.counts[name] for name in columns.names(holds=columns.RATING)]
    counts = pd.concat(ratings).groupby(level=0).sum()
    if counts.empty:
        yield "# satisfied: 导出里没有回访评价"
        return
    yes, no = ([name for name in counts.index if form.search(name)] for form in (_SATISFIED, _UNSATISFIED))
    rest = "、".join(f"{name} {count}" for name, count in _ordered(counts.drop(yes))) or "（无）"
    if not yes:
        yield f"satisfied: [{TO_FILL}]{_comment(f'评价的取值有 {rest}：哪些算满意', '  ')}"
        return
    yield f"satisfied:{_comment(f'算满意的评价；不算的：{rest}', '  ')}"
    yield from (_item(name, f"{counts[name]} 次", "  ") for name, _ in _ordered(counts[yes]))
    usual = Center.model_fields["unsatisfied"].default
    if new := [name for name in no if name not in usual]:
        yield f"unsatisfied: {_flow([*usual, *new])}{_comment('算不满意的评价', '  ')}"


def _groups(counts: pd.Series) -> Iterator[str]:
    towns, counties = ([unit for unit in counts.index if form.search(unit)] for form in (_TOWN, _COUNTY))
    if towns and len(counties) < _FEW:
        towns, counties = [*towns, *counties], []
    yield "# 承办单位按组：名称像街道、镇、乡的归镇街，像区、县、市的归县区，其余归部门。组内的次序即承办量相同时的先后。"
    if counts.empty:
        yield "unit_groups: {}  # 导出里没有承办单位"
        return
    yield "unit_groups:"
    departments = [unit for unit in counts.index if unit not in {*towns, *counties}]
    for key, noun, units in (
        ("counties", "县区", counties),
        ("towns", "镇街", towns),
        ("departments", "部门", departments),
    ):
        if not units:
            continue
        name = "部门单位" if key == "departments" else noun
        remark = "  # 正文里的称呼，如 县直部门单位" if key == "departments" else ""
        yield from (
            f"  {key}:",
            f"    name: {name}{remark}",
            f"    title: {name}热线办理情况",
            f"    noun: {noun}",
            "    units:",
        )
        yield from (_item(unit, f"{count} 件", "      ") for unit, count in _ordered(counts[units]))


def _aliases(draft: Draft) -> Iterator[str]:
    if draft.aliases:
        yield from ("", "# 旧名、别名 → 现名（猜的，请核对）", "aliases:")
        yield from (f"  {_scalar(old)}: {_scalar(new)}" for old, new in draft.aliases.items())


# ---- YAML -------------------------------------------------------------------------------------------------------


def _ordered(counts: pd.Series) -> list[tuple[str, int]]:
    return sorted(
        ((str(name), int(count)) for name, count in counts.items()), key=lambda item: (-item[1], item[0])
    )


def _item(name: str, remark: str, indent: str) -> str:
    return f"{indent}- {_scalar(name)}{_comment(remark, '  ')}"


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, allow_unicode=True, width=1 << 30).removesuffix("...\n").strip()


def _flow(texts: list[str]) -> str:
    return yaml.safe_dump(texts, default_flow_style=True, allow_unicode=True, width=1 << 30).strip()


def _comment(text: str, before: str = "") -> str:
    """A comment: one line, of characters that YAML allows."""
    return f"{before}# {_comment_text(text)}"


def _comment_text(text: str) -> str:
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
