"""Which column of an unknown platform's export is which: each header, with the cells below it, is scored against each
declared column, and the headers are given to the columns so that the scores add up to the most.

A header scores by its name (a synonym, or alike) and by what its cells say; cells that the column cannot hold rule it
out. Used once for a center, by `hotline new`: what it recognises is written into its profile, where a person corrects
it. Where a header stands and what a cell means is the import's to say (hotline.intake).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from hotline import columns
from hotline.center import Center, Export
from hotline.columns import Column
from hotline.intake import cleaning, headers
from hotline.intake.grids import HEAD, FileError, Grid
from hotline.intake.readers import Reader
from hotline.masking import masked, shown_name
from hotline.newcenter import contents
from hotline.newcenter.contents import Cells

_NEVER = re.compile(
    r"姓名|联系|电话|手机|地址|住址|身份证|证件|邮箱|经度|纬度|坐标|状态|是否(?!.*(满意|解决))|次数|时长|备注|描述|标题|协办|人员|"
    r"经办人|序号|来电.*号码|主叫|(诉求|来电|反映|投诉|留言|举报|申请|信访|当事)人|"
    r"(?<!service)(?<!dept)(?<!department)(?<!agency)name$|phone|mobile|address|email|latitude|longitude|status|zip|street|location|citizen|customer|user"
)
"""Headers never taken by their looks: personal, or about something else. (A synonym's exact word still counts.)"""
_SAYABLE = re.compile(
    "(?:诉求|来电|反映|投诉|举报|留言|申请|信访|当事|工单|事项|事件|案件|问题|热线|受理|登记|办理|承办|主办|协办|交办|转办|派[单发遣]|签收|回访|办结|结案|"
    "答复|回复|反馈|处理|处置|审核|催办|督办|退回|延期|超期|到期|时限|期限|限时|联系|经办|人员|人|者|姓名|名称|性别|年龄|电话|手机|主叫|号码?|地址|住址|地点|位置|"
    "区域|区划|社区|经度|纬度|坐标|身份证|证件|邮箱|内容|描述|详情|标题|主题|备注|说明|意见|结果|过程|情况|状态|进度|类型|类别|分类|大类|小类|性质|级别|等级|来源|渠道|"
    "方式|途径|时间|日期|时长|次数|数量|天数|单位|部门|科室|中心|编号|编码|代码|序号?|流水|附件|关键[词字]|标签|是否|重复|满意度?|评价|评分|服务|[一二三四]级|所属|"
    "[省市县区乡镇村]|街道|平台|系统|导出|创建|更新|修改|录入|紧急|程度|保密|公开|匿名|[的及和或与第次年月日后前]|"
    "[a-z]+|(?<![0-9])[0-9]{1,2}(?![0-9])|[ _()（）/.\\-])+",
    re.I,
)
"""Headers of such words alone are nobody's. What stands above a table, or in brackets, may be anybody's."""
DOOR = re.compile(r"[路街巷弄村庄园区]\s?\d+号|\d\s?(?:号楼|幢|栋|单元|室)")
"""How an address goes on."""
_SYNONYM, _ALIKE, _ENOUGH = 3.0, 2.0, 1.5
"""What a name is worth; its cells add or take away half a point at most."""


@dataclass
class ExportSheet:
    """A sheet whose columns are known: `raw` has the cells of each, `named` its header.

    `rejected`: the headers whose cells spoke against a column; `others`: those that could be it, too; `guessed`: the
    columns that no header named; `left`: the headers not taken, with how many different values each has among
    the first rows.
    """

    grid: Grid
    raw: dict[str, pa.Array | list]
    named: dict[str, str]
    rejected: dict[str, list[str]] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    left: dict[str, int] = field(default_factory=dict)


def sheets(paths: Iterable[Path], export: Export) -> list[ExportSheet]:
    """The sheets of the files that look like exports or visits. FileError for a file of which no sheet does."""
    fitting = []
    with Reader(export) as reader:
        for path in paths:
            grids = reader.grids(path)
            usable = [sheet for grid in grids if (sheet := recognised(grid, export)) and len(sheet.raw) > 1]
            if not usable:
                raise FileError(f"{shown_name(path)}：{_why_not(grids)}")
            best = max(len(sheet.raw) for sheet in usable)
            fitting += [sheet for sheet in usable if len(sheet.raw) == best]
    return fitting


def _why_not(grids: list[Grid]) -> str:
    first = next((row for grid in grids for row in grid.head if any(map(cleaning.plain, row))), [])
    if _is_data(first):
        return "没有表头，第一行就是数据。请在上面补一行表头（如 工单编号、受理时间、承办单位），或重新导出带表头的文件。"
    return f"前 {HEAD} 行里没有认出表头（如 工单编号、受理时间、承办单位）。请核对是不是工单导出。"


def _is_data(row: list) -> bool:
    """A row in which a moment stands beside other cells is one of the table's rows, whatever its words are."""
    given = [cell for cell in row if cleaning.plain(cell)]
    return len(given) > 1 and any(contents.date_formats([cell]) for cell in given)


def recognised(grid: Grid, export: Export) -> ExportSheet | None:
    """A grid with its columns; None where no row is a header."""
    header = headers.find(grid.head, Center.model_construct(columns=_wanted(grid.head)))
    if header is None or _is_data(grid.head[header.last - 1]):
        return None
    # Columns without a promising header or beginning are not read: they may hold long texts in any number.
    beginning = {
        place: _beginning(grid, header.last, place) for place, names in enumerate(header.texts) if names[0]
    }
    places = [place for place, cells in beginning.items() if _worth_reading(header.texts[place], cells)]
    texts = [header.texts[place] for place in places]
    below = [Cells(cells, grid.date1904) for cells in grid.body(header.last, places, export.max_rows).sound()]
    sheet = ExportSheet(grid, {}, {})
    scores = np.array(
        [
            [_score(sheet, column, texts[at], below[at]) for column in columns.COLUMNS]
            for at in range(len(places))
        ]
    )
    # Ties go to the leftmost header and to the column declared first, so that a `type` alone is a topic.
    scores -= np.add.outer(np.arange(len(places)) / 1e4, np.arange(len(columns.COLUMNS)) / 1e3)
    scores[scores < _ENOUGH - 0.1] = 0
    taken = _nested(_assigned(scores), scores, below)
    header.positions = {name: places[at] for name, at in taken.items()}
    if not header.is_visits or header.lacks_receipt:
        taken |= _needed(taken, texts, below)
    for column in columns.COLUMNS:
        if (at := taken.get(column.name)) is not None:
            sheet.raw[column.name] = below[at].whole
            worth, sheet.named[column.name] = _by_name(column, texts[at])
            sheet.guessed |= set() if worth else {column.name}
    for at in sorted(set(range(len(places))) - set(taken.values())):
        for number in np.flatnonzero(scores[at]):
            sheet.others.setdefault(columns.COLUMNS[number].name, []).append(texts[at][0])
    used = {places[at] for at in taken.values()}
    sheet.left = {
        _shown(header.texts[place], place): len(cells.texts)
        for place, cells in beginning.items()
        if place not in used
    }
    return sheet


def _shown(texts: list[str], place: int) -> str:
    """What a header that is not taken may be called: itself, without what stands above it or in its brackets and says more than
    headers do; its place, where it holds a number or a door of somebody."""
    whole = next((text for text in texts if _SAYABLE.fullmatch(text)), texts[-1])
    bare = re.sub(r"[(（](.*?)[)）]", lambda part: part[0] if _SAYABLE.fullmatch(part[1]) else "（…）", whole)
    personal = masked(bare) != bare or DOOR.search(bare) or len(bare) >= 60
    return f"第 {place + 1} 列" if personal else bare


def _beginning(grid: Grid, header: int, place: int) -> Cells:
    """A column's cells among the first rows."""
    return Cells([row[place] if place < len(row) else "" for row in grid.head[header:]], grid.date1904)


def _worth_reading(texts: list[str], beginning: Cells) -> bool:
    if any(map(_worth, texts)):
        return True
    return any(
        contents.says_it(column, beginning) or (column.required and contents.certain(column, beginning))
        for column in columns.COLUMNS
    )


def _wanted(head: list[list]) -> dict[str, tuple[str, ...]]:
    """The headers to look for: the synonyms, then the cells of the first rows that are like one."""
    cells = dict.fromkeys(cleaning.plain(cell) for row in head for cell in row)
    worth = {text: _worth(text) for text in cells if len(text) < 30}
    return {
        column.name: (*column.synonyms, *(text for text in worth if column.name in worth[text]))
        for column in columns.COLUMNS
    }


# ---- scores -----------------------------------------------------------------------------------------------------


@cache
def _synonyms() -> dict[str, tuple[str, float]]:
    """A synonym → its column, and what it is worth for it."""
    return {
        headers.normalised(name): (column.name, _SYNONYM - rank / 100)
        for column in columns.COLUMNS
        for rank, name in enumerate(column.synonyms)
    }


@cache
def _worth(text: str) -> dict[str, float]:
    """Column → what a header of that name is worth for it."""
    key = headers.normalised(text)
    if masked(text) != text:
        return {}  # somebody's number is no header, whatever stands beside it
    worth = {
        column.name: _ALIKE
        for column in columns.COLUMNS
        if column.alike and not _NEVER.search(key) and re.search(column.alike, key)
    }
    return worth | dict([_synonyms()[key]] if key in _synonyms() else ())


def _by_name(column: Column, texts: list[str]) -> tuple[float, str]:
    """What a header's name is worth for a column, and which of its texts it is: two merged rows are 回访时间 or 时间."""
    best = max(texts, key=lambda text: _worth(text).get(column.name, 0.0))
    return _worth(best).get(column.name, 0.0), best


def _score(sheet: ExportSheet, column: Column, texts: list[str], cells: Cells) -> float:
    """A header's score for a column; what its cells rule out is noted in the sheet."""
    worth, name = _by_name(column, texts)
    if not worth:
        said = contents.says_it(column, cells) and not _NEVER.search(headers.normalised(name))
        # Cells do not say which of the two ratings they are. A center with one has that of the result, declared later.
        return _ENOUGH + 2 * columns.COLUMNS.index(column) / 1e3 if said else 0.0
    evidence = contents.evidence(column, cells, worth > _ALIKE)
    if evidence is None:
        if worth > _ALIKE or column.required:
            sheet.rejected.setdefault(column.name, []).append(name)
        return 0.0
    return worth + evidence


def _assigned(scores: np.ndarray) -> dict[str, int]:
    """Column → the header that it is given, so that the scores add up to the most."""
    from scipy.optimize import linear_sum_assignment

    pairs = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return {columns.COLUMNS[number].name: int(at) for at, number in pairs if scores[at, number]}


def _nested(taken: dict[str, int], scores: np.ndarray, below: list[Cells]) -> dict[str, int]:
    """Of two headers that could each be topic or subtopic (category, type) the topic has the fewer values."""
    both = {"topic", "subtopic"}
    if both <= taken.keys():
        pair = sorted((taken["topic"], taken["subtopic"]), key=lambda at: (len(below[at].texts), at))
        if np.all(scores[np.ix_(pair, [columns.names().index(name) for name in both])]):
            taken |= zip(("topic", "subtopic"), pair, strict=True)
    return taken


def _needed(taken: dict[str, int], texts: list[list[str]], below: list[Cells]) -> dict[str, int]:
    """What is needed and no header names: the one column left whose cells alone could be it."""
    given, used = {}, set(taken.values())
    for column in columns.COLUMNS:
        if not column.required or column.name in taken:
            continue
        possible = [
            at
            for at, cells in enumerate(below)
            if at not in used and len(texts[at]) == 1 and not _NEVER.search(headers.normalised(texts[at][0]))
            if contents.certain(column, cells)
        ]
        if len(possible) == 1:
            given[column.name] = possible[0]
            used |= set(possible)
    return given
