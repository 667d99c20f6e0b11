"""What a column of a measure is called, counted in, and how it follows from its neighbours: declared once, here.

The headers of a shown table, the labels of figures (更正, `hotline diff`, the workbook) and the checks of an issue
all ask this module. A column that is not here is the notebook's own: it gives its word to `figures.table(words=…)`.
"""

from dataclasses import dataclass

from hotline import columns

WHOLE = "(whole)"
"""In a rule: the figure that a table's shares are of; `figures.table(whole=…)` says which."""

SMALL = "(small)"
"""In a rule: the profile's `limits.small`, under which a rate prints as 4/5."""


@dataclass(frozen=True)
class Quantity:
    """A column of counts, rates or names.

    `unit` is the unit of count (hotline.selections), "" where there is none; that of `count` the table says. `rule` says
    what the value must equal: a function of hotline.wording (or `at_most`) and its operands, which are columns of the
    same row, WHOLE or SMALL. `needs` is the column of a handling that it rests on, beside those that every table of units
    rests on: hotline.records reads what is due, answered or returned only for an annex that prints it.
    """

    name: str
    word: str
    unit: str = ""
    rule: tuple[str, ...] = ()
    needs: str = ""


def _rate(name: str, word: str, part: str, whole: str, needs: str = "") -> Quantity:
    return Quantity(name, word, "", ("ratio", part, whole, SMALL), needs)


QUANTITIES = {
    each.name: each
    for each in (
        Quantity("count", "件数", "件"),
        Quantity("share", "占比", "", ("share", "count", WHOLE)),
        Quantity("units", "名单"),
        Quantity("subtopics", "主要方面"),
        Quantity("handled", "承办量", "件次"),
        Quantity("closed", "办结量", "件次", ("at_most", "handled")),
        _rate("closure_rate", "办结率", "closed", "handled"),
        Quantity("service", "回访服务过程满意率", "", ("rate", "service_satisfied", "service_rated")),
        Quantity("result", "回访办理结果满意率", "", ("rate", "result_satisfied", "result_rated")),
        Quantity("due", "应办结", "件次", needs="due_at"),
        Quantity("on_time", "按时办结", "件次", ("at_most", "due"), "due_at"),
        Quantity("closed_late", "超期办结", "件次", ("at_most", "due"), "due_at"),
        Quantity("overdue", "超期未办结", "件次", ("at_most", "due"), "due_at"),
        _rate("on_time_rate", "按时办结率", "on_time", "due", "due_at"),
        _rate("closed_late_rate", "超期办结率", "closed_late", "due"),
        _rate("overdue_rate", "超期未办结率", "overdue", "due"),
        Quantity("no_due", "没有办理期限", "件次"),
        Quantity("due_before_receipt", "办理期限早于受理", "件次"),
        Quantity("past_due", "其中已超期", "件次", ("at_most", "count")),
        Quantity("days_to_close", "办结天数中位数"),
        Quantity("expected", "预期按时办结"),
        Quantity("expected_rate", "预期按时办结率"),
        Quantity("band", "比较结果"),
        Quantity("visits", "回访量", "次"),
        Quantity("rated", "有效评价", "次"),
        Quantity("satisfied", "满意", "次", ("at_most", "rated")),
        Quantity("unsatisfied", "不满意", "次", ("at_most", "rated")),
        Quantity("unreached", "未接通", "次"),
        Quantity("excluded", "不计入的评价", "次"),
        Quantity("unknown", "词表以外的评价", "次"),
        Quantity("words", "词表以外的说法"),
        _rate("satisfied_rate", "满意率", "satisfied", "rated"),
        _rate("unsatisfied_rate", "不满意率", "unsatisfied", "rated"),
        Quantity("service_rated", "服务过程有效评价", "次"),
        Quantity("service_satisfied", "服务过程满意", "次", ("at_most", "service_rated")),
        Quantity("result_rated", "办理结果有效评价", "次"),
        Quantity("result_satisfied", "办理结果满意", "次", ("at_most", "result_rated")),
        Quantity("answered", "答复是否解决", "次"),
        Quantity("solved", "已解决", "次", ("at_most", "answered")),
        Quantity("unsolved", "未解决", "次", ("at_most", "answered")),
        _rate("solved_rate", "解决率", "solved", "answered"),
        Quantity("respond_due", "应响应", "件次"),
        Quantity("responded_in_time", "按时响应", "件次", ("at_most", "respond_due")),
        Quantity("responded_late", "超时响应", "件次", ("at_most", "respond_due")),
        Quantity("not_responded", "未响应", "件次", ("at_most", "respond_due")),
        _rate("respond_rate", "响应率", "responded_in_time", "respond_due", "responded_at"),
        Quantity("redone", "重办", "件次", needs="returned_at"),
        _rate("redone_rate", "重办率", "redone", "handled"),
        Quantity("requests", "诉求量", "件"),
        Quantity("requests_share", "占比", "", ("share", "requests", WHOLE)),
        Quantity("requests_closed", "办结诉求", "件", ("at_most", "count")),
        Quantity("repeats", "重复诉求", "件", ("at_most", "requests")),
        Quantity("untold", "无法判断是否重复", "件"),
        _rate("repeat_rate", "重复率", "repeats", "requests"),
        Quantity("carried", "结转", "件", ("at_most", "in_all")),
        Quantity("received", "本期受理", "件", ("at_most", "in_all")),
        Quantity("in_all", "办理总量", "件"),
        Quantity("still_open", "在办", "件", ("at_most", "in_all")),
        Quantity("previous", "上期件数", "件"),
        Quantity("difference", "增减", "件"),
        Quantity("change", "变化", "", ("difference", "count", "previous")),
        Quantity("whole", "的分母", "件"),
        Quantity("part", "的分子", "件", ("at_most", "whole")),
        _rate("rate", "", "part", "whole"),
        Quantity("of_change", "占总增减"),
        Quantity("mean", "通常", "件"),
        Quantity("low", "通常最少", "件"),
        Quantity("high", "通常最多", "件"),
        Quantity("usual", "与常年同期相比"),
        Quantity("running", "连续预警周数", "周"),
        Quantity("new", "是否首次出现"),
        Quantity("count_before", "上期件数", "件"),
        Quantity("issues", "期数", "期"),
        Quantity("false_alarms", "每期误报", "条"),
        Quantity("detected", "第一周印出的激增"),
        Quantity("state", "上期预警的去向"),
        Quantity("weeks", "高发周数", "周"),
        Quantity("group", "单位组"),
        Quantity("name", "名称"),
        Quantity("way", "办理方式"),
        Quantity("age", "已等待"),
        Quantity("question", "回访问题"),
    )
}

ANNEX = ("handled", "closed", "service", "result")
"""What the annexes say of a unit where the profile's `annex_columns` does not choose: the columns of issue 43."""
OF_UNITS = (
    *ANNEX, "closure_rate", "due", "on_time", "on_time_rate", "closed_late", "overdue", "visits", "service_rated",
    "result_rated", "answered", "solved_rate", "redone", "respond_rate",
)  # fmt: skip
"""What `annex_columns` may choose from. A quantity is headed by its word, and is a count if it has a unit, else a rate;
one that the notebook's table of units does not have, or has no value of, is left out."""
OF_VISITS = {"service": "service_rated", "result": "result_rated", "solved_rate": "answered"}
"""The rates of visits, and the count that each is of: where they are “-”, nobody asked."""


def word(name: str) -> str:
    """A column's Chinese header: a quantity's, or that of a column of a handling; its own name where it has none."""
    if name in QUANTITIES:
        return QUANTITIES[name].word
    return next((column.word for column in columns.COLUMNS if column.name == name), name)
