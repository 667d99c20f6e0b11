"""An issue as a workbook: a sheet for each table that its notebook recorded, each chart's data, each annex, the definitions.

All of it is what the notebook declared or printed (hotline.figures, hotline.blocks): nothing is listed here by name. There
are no ids in it: those are for analysts, by `hotline rows`.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from hotline import figurefile, profiles, quantities
from hotline.blocks import Block, table
from hotline.printing import document, pdf
from hotline.printing.spreadsheet import Book, numeric
from hotline.quantities import SMALL, WHOLE
from hotline.relations import Relation

CONTENTS, SINGLE, DEFINITIONS = "目录", "要数", "口径"
_FORMULAS = {
    "share": "{0} ÷ {1}，两位小数，四舍五入",
    "closure_rate": "{0} ÷ {1}，两位小数，四舍五入",
    "rate": "{0} ÷ {1}，至多两位小数，四舍五入",
    "ratio": "{0} ÷ {1}，两位小数，四舍五入；分母不足{2}的写作几分之几",
    "daily_mean": "{0} ÷ {1}，四舍五入取整",
    "change": "（{0} − {1}）÷ {1}，两位小数，四舍五入",
    "difference": "{0} − {1}",
}
"""A function of hotline.wording in words; of any other only its operands are named."""


@dataclass(frozen=True)
class Worksheet:
    """One sheet besides the contents: its title, the section that it is of, and a table (hotline.blocks.table)."""

    title: str
    about: str
    table: dict
    facts: dict[str, str] = field(default_factory=dict)


def xlsx(nb, printed: list[Block]) -> bytes:
    """The workbook of an executed notebook, whose printed blocks are given; the same notebook gives the same bytes."""
    about, content = document.about(printed), _declared(nb)
    title = " ".join(filter(None, (about["title"], about["issue"])))
    book = Book(title, about["center"], pdf.publication_moment(printed))
    contents = book.named(CONTENTS)
    sheets = list(_sheets(nb, printed, content))
    names = [book.named(sheet.title) for sheet in sheets]
    listed = [
        (name, sheet.about, len(sheet.table["rows"])) for name, sheet in zip(names, sheets, strict=True)
    ]
    columns = {"工作表": "name", "内容": "text", "行数": "count"}
    book.sheet(contents, title, columns, listed, _facts(printed, about), links=dict(enumerate(names)))
    for name, sheet in zip(names, sheets, strict=True):
        kinds = dict(zip(sheet.table["columns"], sheet.table["kinds"], strict=True))
        book.sheet(
            name, sheet.title, kinds, sheet.table["rows"], sheet.facts, sheet.table["remark"], contents
        )
    return book.content()


def _declared(nb) -> dict:
    """What its figures' declarations say; nothing of a notebook that displayed none."""
    try:
        return figurefile.of_notebook(nb)
    except figurefile.FiguresError:
        return {"center": "", "figures": {}, **{name: [] for name in figurefile.BESIDES}}


def _sheets(nb, printed: list[Block], content: dict) -> Iterator[Worksheet]:
    tables = content.get("tables", [])
    yield Worksheet(SINGLE, "各个单独的数", _single(content, tables))
    for each in tables:
        if not _is_annex(nb, each["cell"]):
            yield _of_table(nb, each, content)
    section = ""
    for block in printed:
        if block.role == "heading":
            section = document.title(block)
        elif block.role == "chart":
            (chart,) = block.elements
            for data in chart.get("data", ()):
                yield Worksheet(data["remark"] or chart["title"], f"{section}：图", {**data, "remark": ""})
        elif block.role == "annex":
            section = "附件"
            yield Worksheet(
                block.label, "附件", next(each for each in block.elements if each["kind"] == "table")
            )
    definitions = list(dict.fromkeys(_definitions(printed, content)))
    yield Worksheet(DEFINITIONS, "怎样计数，怎样计算", table({"哪里": "name", "口径": "text"}, definitions))


def _single(content: dict, tables: list[dict]) -> dict:
    """The figures that are in no table and that the issue has, each with how it is worked out."""
    labels, values = figurefile.labels(content), _values(content)
    formulas = {}
    for key, function, operands, _ in content["relations"]:
        names = [_named(each, labels, tables) if isinstance(each, list) else str(each) for each in operands]
        formulas[tuple(key)] = _formula(function, names)
    rows = [
        (label, values[tuple(key)], unit, formulas.get(tuple(key), ""))
        for key, label, unit in content["declared"]
        if values.get(tuple(key)) is not None and not any(_within(key, each) for each in tables)
    ]
    return table({"名称": "name", "数": "value", "单位": "text", "怎样算出": "text"}, rows)


def _values(content: dict) -> dict:
    """The figures by their paths; of a change, which figures.json has without its direction, the printed text."""
    values = dict(figurefile.flat(content))
    for dumped in content["relations"]:
        relation = Relation.load(dumped)
        if relation.function in ("change", "difference") and values.get(relation.key) is not None:
            values[relation.key] = str(relation.worked_out(values))
    return values


def _within(key: list, each: dict) -> bool:
    return key[: len(each["path"])] == each["path"]


def _named(key: list, labels: dict, tables: list[dict]) -> str:
    """What an operand is called; of one with any names in it, the column of its table."""
    for each in tables:
        if "*" in key and _within(key, each):
            column = ".".join(key[len(each["path"]) + len(each["keys"]) :])
            return f"各{each['keys'][-1]}的{each['columns'].get(column, column)}"
    return labels.get(".".join(key), ".".join(key))


def _formula(function: str, names: list[str]) -> str:
    """How a figure is worked out of others, in words."""
    if function in _FORMULAS:
        return _FORMULAS[function].format(*names)
    return "" if function == "at_most" else f"{'、'.join(names)}之和"


def _of_table(nb, each: dict, content: dict) -> Worksheet:
    """A recorded table: its key columns, then its figures."""
    heading, _ = document.heading_and_note(nb, each["cell"])
    path, depth = tuple(each["path"]), len(each["path"]) + len(each["keys"])
    rows: dict[tuple, dict] = {}
    for key, value in _values(content).items():
        if key[: len(path)] == path and len(key) >= depth:
            rows.setdefault(key[len(path) : depth], {})[".".join(key[depth:])] = value
    groups = _groups(content["center"])
    cells = [
        (*(groups.get(name, name) for name in stem), *(row.get(column) for column in each["columns"]))
        for stem, row in rows.items()
    ]
    kinds = dict.fromkeys(each["keys"], "name") | {
        word: _kind([row.get(column) for row in rows.values()]) for column, word in each["columns"].items()
    }
    about = f"{'、'.join(each['keys'])}：{'、'.join(each['columns'].values())}"
    return Worksheet(heading or each["keys"][-1], about, table(kinds, cells))


def _kind(cells: list) -> str:
    held = [cell for cell in cells if cell is not None]
    return (
        "text"
        if any(isinstance(cell, list) or (isinstance(cell, str) and not _short(cell)) for cell in held)
        else "value"
    )


def _short(cell: str) -> bool:
    return len(cell) < 2 or "/" in cell or numeric(cell) is not None


def _is_annex(nb, number: int | None) -> bool:
    """Whether the cell that recorded a table printed it as annexes."""
    return number is not None and any(
        output.get("metadata", {}).get("hotline", {}).get("role") == "annex"
        for cell in nb.cells
        if cell.get("execution_count") == number
        for output in cell.get("outputs", ())
    )


def _groups(center: str) -> dict[str, str]:
    """The unit groups' names by their keys."""
    with suppress(profiles.CenterError):
        return {key: group.name for key, group in profiles.load(center).unit_groups.items()}
    return {}


def _definitions(printed: list[Block], content: dict) -> Iterator[tuple[str, str]]:
    """Every 口径 under its heading, then how the columns of the tables are worked out."""
    section, labels = "", figurefile.labels(content)
    for block in printed:
        if block.role == "heading":
            section = document.title(block)
        elif block.role == "note":
            yield section, document.plain(block.markdown)
    for each in content.get("tables", []):
        known = {WHOLE: labels.get(".".join(each["whole"]), ""), SMALL: "规定件数"}
        for column, rule in each["rules"].items():
            if rule and (
                said := _formula(rule[0], [known.get(name) or quantities.word(name) for name in rule[1:]])
            ):
                yield quantities.word(column), said


def _facts(printed: list[Block], about: dict) -> dict[str, str]:
    said = {
        block.role: document.plain(block.markdown)
        for block in printed
        if block.role in ("warning", "correction")
    }
    return {
        "中心": about["center"],
        "日期": about["date"],
        **({"数据截止": about["cutoff"]} if about.get("cutoff") else {}),
        **({"注意": said["warning"]} if "warning" in said else {}),
        **({"更正": said["correction"]} if "correction" in said else {}),
    }
