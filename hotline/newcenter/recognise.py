"""Which column of an unknown platform's export is which: by the headers usual elsewhere, checked against the content.

Used once for a center, by `hotline new`: what is found is written into its profile, where a person corrects it.
Where a header stands and what a cell means is the import's to say (hotline.intake.headers, hotline.intake.cleaning).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from hotline.archive import TIMES
from hotline.center import COLUMNS, REQUIRED, Center, Export
from hotline.intake import cleaning, headers, moments
from hotline.intake.grids import HEAD, FileError, Grid
from hotline.intake.headers import Header
from hotline.intake.masking import masked, shown_name
from hotline.intake.readers import Reader

SYNONYMS = {
    "request_id": (
        "工单编号", "12345工单编号", "工单号", "工单流水号", "流水号", "诉求编号", "受理编号", "受理单号", "业务编号", "案件编号",
        "事件编号", "办件编号", "编号", "单号", "service_request_num", "service_request_id", "sr_number", "case_enquiry_id",
        "case_id", "ticket_id", "request_id", "unique_key", "sr_record_id",
    ),
    "requested_at": (
        "受理时间", "来电时间", "登记时间", "诉求时间", "创建时间", "接件时间", "提交时间", "反映时间", "建单时间", "受理日期",
        "来电日期", "登记日期", "创建日期", "created_date", "requested_datetime", "open_dt", "opened", "date_created",
        "created_at", "received_date",
    ),
    "channel": (
        "诉求来源", "工单来源", "来源渠道", "受理渠道", "诉求渠道", "来电渠道", "信息来源", "受理来源", "业务来源", "反映渠道",
        "受理方式", "来源", "渠道", "method_received", "open_data_channel_type", "origin", "source", "channel",
    ),
    "kind": (
        "诉求类别", "诉求类型", "工单类型", "工单类别", "来电类别", "来电类型", "业务类型", "业务类别", "事项类型", "诉求性质",
        "受理类型", "受理类别", "问题性质",
    ),
    "topic": (
        "一级分类", "诉求内容一级分类", "内容分类", "一级类别", "一级事项", "一级目录", "一级类目", "诉求分类", "内容类别",
        "事项分类", "问题分类", "问题类别", "所属类别", "大类", "sr_type", "complaint_type", "service_name", "request_type",
        "category",
    ),
    "subtopic": (
        "二级分类", "诉求内容二级分类", "二级类别", "二级事项", "二级目录", "二级类目", "内容小类", "小类", "子类", "descriptor",
        "subcategory", "request_details",
    ),
    "unit": (
        "承办单位", "承办部门", "主办单位", "责任单位", "主办部门", "责任部门", "办理单位", "办理部门", "处理单位", "处理部门",
        "承办机构", "派发单位", "交办单位", "agency", "agency_responsible", "owner_department", "responsible_agency",
        "department", "agency_name",
    ),
    "due_at": (
        "办理期限", "截止时间", "到期时间", "办理时限", "办结期限", "要求办结时间", "应办结时间", "限办时间", "截止日期", "到期日期",
        "due_date", "sla_target_dt", "target_dt", "expected_datetime",
    ),
    "closed_at": (
        "办结时间", "办理完成时间", "归档时间", "完成时间", "结案时间", "实际办结时间", "办结日期", "完成日期", "关闭时间",
        "close_date", "closed_date", "closed_dt", "closed", "date_closed", "closed_at",
    ),
    "visited_at": ("回访时间", "回访日期", "评价时间", "回访完成时间"),
    "service_rating": (
        "服务过程评价", "回访服务过程", "服务过程满意度", "回访服务过程满意度", "过程满意度", "服务满意度", "服务态度满意度",
        "服务态度评价", "服务评价",
    ),
    "result_rating": (
        "办理结果评价", "回访办理结果", "办理结果满意度", "回访办理结果满意度", "结果满意度", "结果评价", "满意度", "满意度评价",
        "回访满意度", "回访评价",
    ),
}  # fmt: skip
"""Headers of 12345 platforms and of open 311 data, the likelier first; compared as hotline.intake.headers.key has them."""

_ALIKE = {
    "visited_at": r"回访.*(时间|日期)$",
    "service_rating": r"(过程|服务|态度).*(满意|评价|测评)",
    "result_rating": r"结果.*(满意|评价|测评)",
    "due_at": r"(期限|时限|截止|到期|应办结|要求办结|限期)|^(due|deadline|target|expected).*(date|time|dt|at)?$",
    "closed_at": r"(办结|完成|归档|结案|办毕|关闭).*(时间|日期)$|^(clos|complet|resolv|finish)\w*(date|time|dt|at|on)?$",
    "requested_at": r"(受理|来电|登记|诉求|创建|接件|提交|反映|建单|接听|生成|录入).*(时间|日期)$|"
    r"^(date|time)?(creat|open|request|receiv|submit|report)\w*(date|time|dt|at|on)$",
    "request_id": r"(工单|诉求|受理|流水|案件|事件|办件|业务|来电|记录).*(号|号码|编码|id)$|"
    r"^(service|sr|case|ticket|request|incident|record|complaint)\w*(id|num|number|no|key|code)$",
    "subtopic": r"(二级|小类|子类|细类)|^sub(category|topic|type)",
    "topic": r"(一级|大类)|(内容|问题|事项|诉求)(分类|归类)|^(category|topic|problem|issue)\w*$",
    "kind": r"(诉求|工单|来电|业务|事项|受理|问题)(类别|类型|性质)$",
    "channel": r"(来源|渠道|途径)$|(受理|来电|反映|诉求)方式$|^(method|channel|origin|source|intake)\w*$",
    "unit": r"(承办|主办|责任|办理|处理|处置|牵头|权属).*(单位|部门|机构)$|^(\w*agency|\w*department|\w*dept)$",
}
"""Headers that look like one, for those that nobody wrote down yet."""
_NEVER = re.compile(
    r"姓名|联系|电话|手机|地址|住址|身份证|证件|邮箱|经度|纬度|坐标|状态|是否|次数|时长|备注|描述|标题|协办|人员|经办人|"
    r"name$|phone|mobile|address|email|latitude|longitude|status|zip"
)
"""Headers never taken by their looks: personal, or about something else. (A synonym's exact word still counts.)"""

RATINGS = ("service_rating", "result_rating")
NAMES = ("channel", "kind", "topic", "subtopic", "unit")
_SAMPLE = 5_000
_DATE_FORMATS = [
    sign.join(order) + clock
    for clock in (" %I:%M:%S %p", " %H:%M:%S", " %I:%M %p", " %H:%M", "")
    for order in (("%m", "%d", "%Y"), ("%d", "%m", "%Y"))
    for sign in "/-."
]


@dataclass
class Sheet:
    """A sheet whose columns are known: `raw` has the cells of each, `rejected` the headers whose content spoke against."""

    grid: Grid
    header: Header
    raw: dict[str, pa.Array | list]
    rejected: dict[str, list[str]] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)

    def others(self, column: str) -> list[str]:
        """Headers not taken that by their name could be the column too."""
        keys = _keys(_wanted([self.grid.head])[column]) - _keys(self.rejected.get(column, ()))
        return [name for name in self.header.ignored if headers.key(name) in keys]


def sheets(paths: Iterable[Path], export: Export) -> list[Sheet]:
    """The sheets of the files that look like exports or visits. FileError for a file of which no sheet does."""
    found = []
    with Reader(export) as reader:
        for path in paths:
            read = [recognised(grid, export) for grid in reader.grids(path)]
            usable = [sheet for sheet in read if sheet and len(sheet.raw) > 1]
            if not usable:
                raise FileError(
                    f"{shown_name(path)}：前 {HEAD} 行里没有认出表头（如 工单编号、受理时间、承办单位）。请核对是不是工单导出。"
                )
            best = max(len(sheet.raw) for sheet in usable)
            found += [sheet for sheet in usable if len(sheet.raw) == best]
    return found


def recognised(grid: Grid, export: Export) -> Sheet | None:
    """A grid with its columns found by name and not contradicted by content; None where no header is known."""
    wanted = _wanted([grid.head])
    rejected: dict[str, list[str]] = {}
    while header := headers.find(grid.head, Center.model_construct(columns=wanted)):
        columns = [column for column in COLUMNS if column in header.positions]
        body = grid.body(header.last, [header.positions[column] for column in columns], export.max_rows)
        raw = dict(zip(columns, body.columns, strict=True))
        wrong = [column for column in columns if not fits(column, raw[column], grid.date1904)]
        if not wrong:
            sheet = Sheet(grid, header, raw, rejected)
            _by_content(sheet, export)
            return sheet
        for column in wrong:
            name = header.named[column]
            rejected.setdefault(column, []).append(name)
            wanted[column] = tuple(n for n in wanted[column] if headers.key(n) != headers.key(name))
    return None


def _wanted(heads: Iterable[list[list]]) -> dict[str, tuple[str, ...]]:
    """The headers to look for: the synonyms, then the cells of the first rows that look like one."""
    known = {headers.key(name) for names in SYNONYMS.values() for name in names}
    wanted = {column: list(SYNONYMS[column]) for column in COLUMNS}
    for head in heads:
        for text in dict.fromkeys(cleaning.plain(cell) for row in head for cell in row):
            key = headers.key(text)
            if not key or len(key) > 30 or key in known or _NEVER.search(key):
                continue
            column = next((column for column, form in _ALIKE.items() if re.search(form, key)), None)
            if column:
                wanted[column].append(text)
    return {column: tuple(names) for column, names in wanted.items()}


def _keys(names: Iterable[str]) -> set[str]:
    return {headers.key(name) for name in names}


# ---- content ----------------------------------------------------------------------------------------------------


def fits(column: str, cells: pa.Array | list, date1904: bool = False) -> bool:
    """Whether cells can be that column's: moments, ids, ratings, or names that recur. An empty column can be any."""
    given = stated(cells)
    if not given:
        return True
    if column in TIMES:
        return bool(date_formats(given, date1904))
    if column == "request_id":
        _, bad = cleaning.ids(given)
        return len(bad) <= 0.2 * len(given) and len(set(map(str, given))) >= 0.2 * len(given)
    texts = [cleaning.plain(cell) for cell in given]
    kinds = set(texts)
    personal = {text for text in kinds if masked(text) != text}
    if sum(text in personal for text in texts) > 0.1 * len(texts):
        return False  # telephone numbers and the like: a person's column, whatever its header says
    if column in RATINGS:
        return len(kinds) <= 12
    recurring = len(kinds) <= max(40, 0.3 * len(texts))
    return recurring and sum(map(len, texts)) <= 30 * len(texts)


def date_formats(cells: pa.Array | list, date1904: bool = False) -> set[str | None]:
    """The formats in which nearly all of these cells are moments: None for the import's own, else strptime's."""
    given = stated(cells)
    found: set[str | None] = set()
    for form in (None, *_DATE_FORMATS):
        _, bad = moments.moments(given, Export(date_format=form), date1904)
        if bad.sum() <= 0.2 * len(given):
            if form is None:
                return {None}
            found.add(form)
    return found


def stated(cells: pa.Array | list) -> list:
    """The first cells that say anything; a total or note below the table is among them."""
    values = cells[:_SAMPLE] if isinstance(cells, list) else cells.slice(0, _SAMPLE).to_pylist()
    return [cell for cell in values if not cleaning.is_missing(cleaning.plain(cell), Export())]


def _by_content(sheet: Sheet, export: Export) -> None:
    """What is needed and no header gave: the one column left whose content alone could be it."""
    for column in REQUIRED:
        if column in sheet.raw or sheet.header.is_visits:
            continue
        possible = []
        for at, name in _left(sheet):
            cells = sheet.grid.body(sheet.header.last, [at], export.max_rows).columns[0]
            if stated(cells) and fits(column, cells, sheet.grid.date1904) and _certain(column, cells):
                possible.append((at, name, cells))
        if len(possible) == 1:
            at, name, sheet.raw[column] = possible[0]
            sheet.header.positions[column], sheet.header.named[column] = at, name
            sheet.header.ignored.remove(name)
            sheet.guessed.add(column)


def _left(sheet: Sheet) -> list[tuple[int, str]]:
    """The columns not taken, whose header is one cell, and not a personal one's."""
    row = sheet.grid.head[sheet.header.last - 1]
    taken = set(sheet.header.positions.values())
    named = [(at, " ".join(cleaning.plain(cell).split())) for at, cell in enumerate(row) if at not in taken]
    return [
        (at, name)
        for at, name in named
        if name in sheet.header.ignored and not _NEVER.search(headers.key(name))
    ]


def _certain(column: str, cells: pa.Array | list) -> bool:
    """For a column without a telling header: filled throughout; an id different on nearly every row, and no number of a person's."""
    given = stated(cells)
    if len(given) < 0.95 * min(len(cells), _SAMPLE):
        return False
    if column != "request_id":
        return True
    texts = [cleaning.plain(cell) for cell in given]
    return (
        len(set(texts)) > 0.7 * len(texts)
        and all(masked(text) == text and re.search(r"\d", text) for text in texts[:500])
        and not date_formats(given)
    )
