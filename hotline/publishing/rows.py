"""hotline rows: the requests, handlings or visits behind a printed figure, as a workbook for analysts only."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hotline import columns, quantities, selections, wording
from hotline.archive import Archive
from hotline.figurefile import flat
from hotline.figures import Figure, Figures
from hotline.printing import document
from hotline.printing.spreadsheet import ID, MOMENT, Book
from hotline.publishing import corrections, private
from hotline.publishing.editions import Edition, EditionError
from hotline.schema import frame_of

ROOM = "rows"
_LEFT_OUT = ("caller",)
"""Columns that say nothing to a person."""
COUNTED = {
    selections.REQUESTS: "诉求，按工单编号：一件诉求交给几个单位也只计一次",
    selections.HANDLINGS: "承办，按承办次数：一件诉求交给几个单位就计几次",
    selections.VISITS: "回访，按回访次数",
}


@dataclass(frozen=True)
class Listed:
    """A figure with rows behind it: `hotline rows PERIOD` shows one a line."""

    name: str
    label: str
    value: int
    unit: str


def listed(edition: Edition) -> list[Listed]:
    """Every figure of an issue that has a selection, in the order in which they were recorded."""
    return edition.ask(_listed)


def _listed(_edition: Edition, _nb) -> list[Listed]:
    return [Listed(each.name, each.label, each.value, each.unit) for each in openable(Figures.displayed)]


def openable(figures: Figures) -> Iterator[Figure]:
    """The figures that rows can be asked of."""
    return (each for each in figures.declared.values() if each.selection and each.value is not None)


def write(edition: Edition, name: str) -> tuple[Path, str]:
    """The workbook of a figure's rows, and a line that says what is in it.

    EditionError where another number of rows is behind it than was printed, or where the issue was corrected and it is
    not said which version is meant; FiguresError for a figure that is not there or counts nothing.
    """
    if edition.asked is None and edition.content.get("corrections"):
        raise EditionError(_which(edition, name))
    path = private.folder(ROOM, edition.center.key, str(edition)) / private.file_name(name, ".xlsx")
    private.refuse_open(path)
    content, said = edition.ask(_workbook, name)
    private.write(path, content)
    return path, said


def _which(edition: Edition, name: str) -> str:
    first, now = edition.first_version, edition.version
    moved = edition.content["corrections"].get(name)
    values = [f"，这个数是 {corrections.value_text(value)}" for value in moved] if moved else ["", ""]
    earlier = f"初次印发的：hotline rows {edition.period}@{first} {name}{values[0]}；" if first != now else ""
    return f"{edition.period} 有更正，请说明要哪一版的工单。{earlier}更正后的：hotline rows {edition.period}@{now} {name}{values[1]}。"


def _workbook(edition: Edition, nb, name: str) -> tuple[bytes, str]:
    """In the process of the issue: the workbook of a figure's rows, and what it is."""
    figure = Figures.displayed[name]
    rows = figure.rows()
    _compare(edition, figure)
    archive = Archive(edition.location, edition.center.key)
    table = readable(rows, figure, archive)
    book = Book(f"{figure.label} {edition}", edition.center.name, edition.period.cutoff)
    facts = _facts(edition, nb, figure, len(table))
    book.sheet(book.named("工单"), figure.label, _kinds(table), table.itertuples(index=False), facts)
    return book.content(), f"{figure.label} {figure.value} {figure.unit}，{len(table)} 行"


def _compare(edition: Edition, figure: Figure) -> None:
    """EditionError where the issue, printed from this version, says another number."""
    if not edition.is_printed:
        return
    printed = dict(flat(edition.content)).get(figure.key)
    if printed != figure.value:
        raise EditionError(
            f"“{figure.label}”（{figure.name}）刊出的是 {corrections.value_text(printed)}，按同一版档案重算却是 {figure.value}："
            f"{edition.center.key} 的 center.yml 或本程序在刊出以后改过。"
            f"hotline diff {edition.period} 列出各数的不同；hotline render {edition.period} 重新生成这一期以后再列。"
        )


def readable(rows: pd.DataFrame, figure: Figure, archive: Archive) -> pd.DataFrame:
    """The rows as an analyst reads them: the id first, Chinese headers, no column without a value.

    Rows of requests say which units had them.
    """
    if "unit" not in rows and len(rows):
        rows = rows.assign(unit=rows["request_id"].map(_units(rows["request_id"], archive)))
    order = [
        name for name in ("request_id", *columns.names(), *rows) if name in rows and name not in _LEFT_OUT
    ]
    rows = rows[list(dict.fromkeys(order))].dropna(axis=1, how="all")
    return rows.rename(columns=quantities.word)


def _units(ids: pd.Series, archive: Archive) -> pd.Series:
    import pyarrow as pa

    stored = frame_of(archive.stored(pa.array(ids.unique(), pa.string()))).dropna(subset="unit")
    stored = stored.sort_values(["request_id", "nth"])
    return stored.groupby("request_id")["unit"].agg(wording.listed)


def _kinds(table: pd.DataFrame) -> dict[str, str]:
    def kind(at: int) -> str:
        if at == 0:
            return ID
        values = table.iloc[:, at]
        if pd.api.types.is_datetime64_any_dtype(values):
            return MOMENT
        return "count" if pd.api.types.is_integer_dtype(values) else "text"

    return {name: kind(at) for at, name in enumerate(table.columns)}


def _facts(edition: Edition, nb, figure: Figure, rows: int) -> dict[str, object]:
    """What stands above the table: the figure, its definition, the count, and from where it is."""
    section, note = document.heading_and_note(nb, figure.cell)
    which = "、".join(
        f"{quantities.word(column)}为“{value}”" for column, value in figure.selection.values.items()
    )
    several = f"（{rows} 行）" if rows != figure.value else ""
    printed = "" if edition.is_printed else f"；这一期刊出的是第 {edition.content['archive_version']} 版"
    facts = {
        "中心": edition.center.name,
        "周期": f"{edition.period.label}（{wording.days(edition.period.starts, edition.period.ends)}）",
        "数": f"{figure.label}（{figure.name}）",
        "值": f"{figure.value} {figure.unit}{several}",
        "计数": COUNTED.get(figure.unit, f"每行计一{figure.unit}") + (f"；只计{which}的" if which else ""),
        "口径": f"{section}：{note}" if note else "",
        "数据": f"档案第 {edition.version} 版，截至 {edition.period.cutoff:%Y-%m-%d %H:%M}{printed}",
        "注意": "含工单编号，只供分析员核对，不得外传。",
    }
    return {fact: value for fact, value in facts.items() if value}
