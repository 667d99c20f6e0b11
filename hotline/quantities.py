"""What a column of a measure is called, counted in, and how it follows from its neighbours: declared once, here.

The headers of a shown table, the labels of figures (更正, `hotline diff`, the workbook) and the checks of an issue
all ask this module. A column that is not here is the notebook's own: it gives its word to `figures.table(words=…)`.
"""

from dataclasses import dataclass

from hotline import columns

WHOLE = "(whole)"
"""In a rule: the figure that a table's shares are of; `figures.table(whole=…)` says which."""


@dataclass(frozen=True)
class Quantity:
    """A column of counts, rates or names.

    `unit` is the unit of count ("" where there is none). `rule` says what the value must equal: a function of
    hotline.wording (or `at_most`) and its operands, which are columns of the same row or WHOLE.
    """

    name: str
    word: str
    unit: str = ""
    rule: tuple[str, ...] = ()


QUANTITIES = {
    each.name: each
    for each in (
        Quantity("count", "件数", "件"),
        Quantity("share", "占比", "", ("share", "count", WHOLE)),
        Quantity("units", "名单"),
        Quantity("subtopics", "主要方面"),
        Quantity("handled", "承办量", "件"),
        Quantity("closed", "办结量", "件", ("at_most", "handled")),
        Quantity("service", "回访服务过程满意率", "", ("rate", "service_satisfied", "service_rated")),
        Quantity("result", "回访办理结果满意率", "", ("rate", "result_satisfied", "result_rated")),
    )
}


def word(name: str) -> str:
    """A column's Chinese header: a quantity's, or that of a column of a handling; its own name where it has none."""
    if name in QUANTITIES:
        return QUANTITIES[name].word
    return next((column.word for column in columns.COLUMNS if column.name == name), name)
