"""The columns of a handling, each declared once: what it is called, what it holds, and from when on it is known.

The archive's schema, cleaning, merging, masking as of a moment, the draft of a profile, the workbook of rows set aside
and the messages all ask here. A new column is one more entry of COLUMNS, and its header in the profile.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TEXT, MOMENT, INTEGER, YES_NO = "text", "moment", "integer", "yes/no"
REQUEST, HANDLING, VISIT = "request", "handling", "visit"
NAME, RATING, ID, UNITS, CALLER = "name", "rating", "id", "units", "caller"
DTYPES = {TEXT: "str", MOMENT: "datetime64[us]", INTEGER: "Int64", YES_NO: "boolean"}
"""The kind of a column → its type in a frame."""
KEY = ("request_id", "unit")
"""What names a handling; all other columns say something of it."""


@dataclass(frozen=True)
class Column:
    """`word`: its name in Chinese. `kind`: TEXT, MOMENT, INTEGER or YES_NO. `of`: what it says something of: the REQUEST
    (the same for all its handlings), the HANDLING or the VISIT.

    `known_from`: the moment column that says from when on it is known; of a moment that is an event, itself. Empty: known
    from the request's receipt on. `holds`: what a text is: a NAME that recurs, a RATING, an ID, UNITS (several in a cell),
    or a CALLER's number, of which only a keyed hash is kept. `listed`: the field of the profile that lists its names.

    `synonyms`: the headers that platforms give it, the likelier first. `alike`: a regular expression for headers that
    nobody wrote down yet. Both are compared as hotline.intake.headers.normalised has them. `typical`: a regular expression for
    what its values say; `closed`: a column of which hardly a value says it is another one. By these four `hotline new`
    tells the columns of an unknown platform; an import knows its headers from the profile.
    """

    name: str
    word: str
    kind: str = TEXT
    of: str = REQUEST
    known_from: str = ""
    holds: str = NAME
    listed: str = ""
    required: bool = False
    synonyms: tuple[str, ...] = ()
    alike: str = ""
    typical: str = ""
    closed: bool = False

    @property
    def is_event(self) -> bool:
        """A moment at which something happened to the request after its receipt, as opposed to a limit."""
        return self.known_from == self.name

    @property
    def is_code(self) -> bool:
        """A text that stands for something and is shown as it is: digits in it are no personal number."""
        return self.holds in (ID, CALLER)


_RECEIPT = (
    r"^(?!.*(期限|时限|截止|到期|办结|完成|归档|结案|回访|答复|回复|响应|首次|派|转|更新|修改|延|催|重办|退))"
)
"""Before a header of the receipt: it names no later event."""
_RATED = r"满意|^[是否]$|^[1-5](\.0)?[分星]?$|^[一二三四五]星|[好差]$|satisf|excellent|good|fair|poor"
_OFFICE = r"(单位|部门|机构|主体)(名称)?$"

COLUMNS = (
    Column(
        "request_id", "工单编号", holds=ID, required=True,
        synonyms=(
            "工单编号", "12345工单编号", "工单号", "工单流水号", "流水号", "诉求编号", "受理编号", "受理单号", "业务编号", "案件编号",
            "事件编号", "办件编号", "留言编号", "信件编号", "编号", "单号", "service_request_num", "service_request_number",
            "service_request_id", "sr_number", "case_enquiry_id", "case_id", "case_number", "ticket_id", "request_id",
            "unique_key", "sr_record_id",
        ),
        alike=r"(工单|诉求|受理|流水|案件|事件|办件|业务|来电|记录|留言|信件|投诉|事项|任务).*(号|号码|编码|id)$|"
        r"^(service|sr|case|ticket|request|incident|record|complaint|reference)\w*(id|num|number|no|key|code)$",
    ),
    Column(
        "requested_at", "受理时间", MOMENT, required=True,
        synonyms=(
            "受理时间", "来电时间", "登记时间", "诉求时间", "创建时间", "接件时间", "提交时间", "反映时间", "建单时间", "留言时间",
            "来信时间", "上报时间", "受理日期", "来电日期", "登记日期", "创建日期", "created_date", "requested_datetime", "open_dt",
            "opened", "date_created", "created_at", "creation_date", "open_date", "received_date",
        ),
        alike=_RECEIPT + r".*(受理|来电|登记|诉求|创建|接件|提交|反映|建单|接听|生成|录入|留言|来信|来访|投诉|上报|申请|发起).*(时间|日期)$|"
        r"^(sr|case|ticket|incident)?(creat|open|request|receiv|submit|report|log|add)\w*(date|time|dt|at|on)$|"
        r"^date(time)?(creat|open|request|receiv|submit|report|log)\w*$",
    ),
    Column(
        "channel", "诉求来源", listed="channels",
        synonyms=(
            "诉求来源", "工单来源", "来源渠道", "受理渠道", "诉求渠道", "来电渠道", "信息来源", "受理来源", "业务来源", "反映渠道",
            "受理方式", "来源", "渠道", "method_received", "open_data_channel_type", "origin", "source", "channel",
        ),
        alike=r"^(?!.*(回访|答复|办理)).*((来源|渠道|途径)(类型|名称)?$|(受理|来电|反映|诉求|登记|提交|接入|上报)方式$)|"
        r"^\w*(channel|origin|source|method)(type|received)?(desc(ription)?)?$",
        typical=r"热线|电话|来电|网|微信|微博|信箱|邮|平台|小程序|短信|来访|来信|phone|call|web|online|app|mobile|mail|api|text|person|walk|self",
    ),
    Column(
        "kind", "诉求类别", listed="kinds",
        synonyms=(
            "诉求类别", "诉求类型", "工单类型", "工单类别", "来电类别", "来电类型", "业务类型", "业务类别", "事项类型", "诉求性质",
            "受理类型", "受理类别", "问题性质",
        ),
        alike=r"(类别|类型|性质|类)$|^(工单|诉求|留言|来电|业务|受理)分类$|^(case|record|request|ticket|contact|sr)?(type|nature)$",
        typical=r"求助|投诉|举报|咨询|建议|表扬|感谢|求决|意见|批评|申诉|查询|^(complaint|inquiry|enquiry|compliment|suggestion|feedback)s?$",
        closed=True,
    ),
    Column(
        "topic", "一级分类", listed="topics",
        synonyms=(
            "一级分类", "诉求内容一级分类", "内容分类", "一级类别", "一级事项", "一级目录", "一级类目", "诉求分类", "内容类别",
            "事项分类", "问题分类", "问题类别", "热点分类", "所属类别", "所属领域", "大类", "大类名称", "case_topic", "sr_type_desc", "sr_type", "sr_description",
            "complaint_type", "service_name", "request_type", "category", "reason",
        ),
        alike=r"(一级|大类)|^(?!.*(二级|三级|四级|小类|子类|细类)).*(内容|问题|事项|诉求|工单|热点|业务|留言|事件|案件|来电|受理)(分类|归类|类别|类型)|"
        r"^(问题|留言)?(分类|类别|类型|领域)$|^(topic|type|problem|issue|(service|sr|case|problem|issue|incident|ticket)\w*(type|category|topic)(code)?(desc(ription)?)?)$",
    ),
    Column(
        "subtopic", "二级分类",
        synonyms=(
            "二级分类", "诉求内容二级分类", "二级类别", "二级事项", "二级目录", "二级类目", "内容小类", "小类", "小类名称", "子类", "descriptor",
            "subcategory", "service_name_detail",
        ),
        alike=r"(二级|小类|子类|细类)|^sub(category|topic|type)|^(category|reason|servicename|((service)?request|service|sr|case|problem|issue|complaint|incident|ticket)?(type|details?)|servicecodedesc(ription)?)$",
    ),
    Column(
        "unit", "承办单位", of=HANDLING, holds=UNITS, listed="group_of",
        synonyms=(
            "承办单位", "承办部门", "主办单位", "责任单位", "主办部门", "责任部门", "办理单位", "办理部门", "处理单位", "处理部门",
            "承办机构", "派发单位", "交办单位", "转办单位", "转派单位", "派遣单位", "agency", "agency_responsible",
            "owner_department", "responsible_agency", "department", "agency_name", "owner", "division", "assigned_to",
        ),
        alike=r"(承办|主办|责任|受理|办理|处理|处置|牵头|权属|派|转|交办|落实|承接|答复|主责)\w*" + _OFFICE
        + r"|^\w*(agency|department|dept|division)(name)?$|^organization(name|acronym)?$",
        typical=r"([局委办处所院站部队会镇乡村区县市]|街道|公司|中心|集团|政府|department|dept|division|agency|office|bureau|authority|services?)$",
    ),
    Column(
        "due_at", "办理期限", MOMENT,
        synonyms=(
            "办理期限", "截止时间", "到期时间", "办理时限", "办结期限", "要求办结时间", "应办结时间", "限办时间", "截止日期", "到期日期",
            "due_date", "sla_target_dt", "target_dt", "target_close_date", "expected_datetime",
        ),
        alike=r"^(?!.*(延|响应|联系|签收)).*(期限|时限|截止|到期|限期|(要求|规定|应)(办结|反馈|答复|回复|完成))|^\w*(due|deadline|target|expected|planned)\w*(date|time|at|dt)?$",
    ),
    Column(
        "closed_at", "办结时间", MOMENT, HANDLING, known_from="closed_at",
        synonyms=(
            "办结时间", "办理完成时间", "归档时间", "完成时间", "结案时间", "实际办结时间", "办结日期", "完成日期", "关闭时间",
            "答复时间", "回复时间", "反馈时间", "处理时间", "close_date", "closed_date", "closed_dt", "closed", "date_closed",
            "closed_at",
        ),
        alike=r"^(?!.*(期限|时限|截止|到期|限期|要求|规定|应|回访|首次)).*(办结|完成|归档|结案|办毕|关闭|答复|回复|反馈).*(时间|日期)$|"
        r"^(sr|case|ticket|date|datetime)?(clos|complet|resol|finish)\w*(date|time|dt|at|on|ed)?$",
    ),
    Column(
        "visited_at", "回访时间", MOMENT, VISIT, known_from="visited_at",
        synonyms=("回访时间", "回访日期", "评价时间", "回访完成时间"),
        alike=r"(回访|评价|测评).*(时间|日期)$",
    ),
    Column(
        "service_rating", "服务过程评价", of=VISIT, known_from="visited_at", holds=RATING,
        synonyms=(
            "服务过程评价", "回访服务过程", "服务过程满意度", "回访服务过程满意度", "过程满意度", "服务满意度", "服务态度满意度",
            "服务态度评价", "服务评价",
        ),
        alike=r"^(?!.*(结果|时间|日期)).*(过程|服务|态度).*(满意|评价|测评)",
        typical=_RATED, closed=True,
    ),
    Column(
        "result_rating", "办理结果评价", of=VISIT, known_from="visited_at", holds=RATING,
        synonyms=(
            "办理结果评价", "回访办理结果", "办理结果满意度", "回访办理结果满意度", "结果满意度", "结果评价", "满意度", "满意度评价",
            "回访满意度", "回访评价", "是否满意", "satisfaction",
        ),
        alike=r"^(?!.*(过程|服务|态度|时间|日期|原因|内容|意见)).*(满意|评价|测评|回访(结果|情况|反馈))|^(satisf|rating|survey)\w*$",
        typical=_RATED, closed=True,
    ),
    Column(
        "responded_at", "首次响应时间", MOMENT, HANDLING, known_from="responded_at",
        synonyms=(
            "首次响应时间", "响应时间", "首次联系时间", "首次联系诉求人时间", "先行联系时间", "首次回复时间", "first_response_date",
            "first_response_at", "responded_at",
        ),
        alike=r"(响应|首次联系|先行联系|首次回复)(?!.*(期限|时限|截止|到期)).*(时间|日期)$",
    ),
    Column(
        "respond_due_at", "响应期限", MOMENT, HANDLING,
        synonyms=("响应期限", "响应时限", "响应截止时间", "首次响应期限", "应响应时间", "联系时限", "联系期限", "response_due_date"),
        alike=r"(响应|联系).*(期限|时限|截止|到期)",
    ),
    Column(
        "extended_due_at", "延期后期限", MOMENT, HANDLING,
        synonyms=("延期后期限", "延期后办理期限", "延期后截止时间", "延期至", "延期期限", "延期截止时间", "延长期限", "extended_due_date"),
        alike=r"(延期|延长).*(期限|时限|截止|到期|至$)",
    ),
    Column(
        "solved", "是否解决", YES_NO, VISIT, known_from="visited_at",
        synonyms=("是否解决", "诉求是否解决", "问题是否解决", "是否已解决", "解决情况", "诉求解决情况", "回访是否解决"),
        alike=r"是否.*解决|解决(与否|情况)$",
    ),
    Column(
        "returned_at", "重办时间", MOMENT, HANDLING, known_from="returned_at",
        synonyms=("重办时间", "退回重办时间", "发回重办时间", "返工时间", "二次办理时间", "reopened_date", "reopened_at"),
        alike=r"(重办|返工|二次办理).*(时间|日期)$",
    ),
    Column(
        "returned", "重办次数", INTEGER, HANDLING, known_from="returned_at",
        synonyms=("重办次数", "退回重办次数", "发回重办次数", "返工次数", "reopen_count"),
    ),
    Column(
        "repeat_of", "重复工单编号", holds=ID,
        synonyms=("重复工单编号", "重复工单号", "原工单编号", "原工单号", "关联工单编号", "关联工单号", "首次工单编号", "parent_sr_number"),
        alike=r"(重复|原|关联|首次).*工单.*(号|编码)$|^\w*parent\w*(id|number)$",
    ),
    Column("caller", "来电号码", holds=CALLER),
)  # fmt: skip


def column(name: str) -> Column:
    """The declaration of the column of that name."""
    return next(column for column in COLUMNS if column.name == name)


def names(**having: str) -> list[str]:
    """The names of the columns, in order: of all, or of those that have these values: names(kind=MOMENT)."""
    return [
        column.name
        for column in COLUMNS
        if all(getattr(column, field) == value for field, value in having.items())
    ]


def named() -> list[str]:
    """The columns whose texts are names: channels, kinds, topics, units."""
    return [name for name in names(kind=TEXT) if column(name).holds in (NAME, UNITS)]


def usual() -> list[str]:
    """The columns of which a whole period has some value wherever the exports have the column: names, closings, visits."""
    return [name for name in names() if name in (*named(), *names(holds=RATING), "closed_at", "visited_at")]


def about(of: str) -> list[str]:
    """The columns that say something of a request, a handling or a visit; not those that name it."""
    return [name for name in names(of=of) if name not in KEY]


def events() -> list[str]:
    """The moments at which something happened after the receipt: closings, visits."""
    return [column.name for column in COLUMNS if column.is_event]


def known_from(moment: str) -> list[str]:
    """The columns that are known from that event on, without the event itself."""
    return [name for name in names(known_from=moment) if name != moment]


def as_of(frame: "pd.DataFrame", moment: datetime) -> "pd.DataFrame":
    """The frame as it stood at a moment: missing is what became known then or later."""
    hidden = {}
    for event in events():
        if event in frame and (late := frame[event] >= moment).any():
            hidden |= {name: frame[name].mask(late) for name in (event, *known_from(event)) if name in frame}
    return frame.assign(**hidden)


def completed(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with all columns, in order; those that it does not have are missing throughout."""
    lacking = {column.name: DTYPES[column.kind] for column in COLUMNS if column.name not in frame}
    return frame.reindex(columns=names()).astype(lacking)
