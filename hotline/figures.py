"""An issue's named figures: recorded once with their label, unit of count, relations and rows, then checked.

A figure is a value under a path: `total`, `kinds.求助.count`, `units.towns.大店镇.closed`. What else is known of it is
recorded with it, so corrections, `hotline diff`, `hotline rows` and the checks have no list of figures of their own.
"""

import difflib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

import pandas as pd

from hotline import quantities, selections, wording
from hotline.figurefile import BESIDES, MIMETYPE, FiguresError, Key, check
from hotline.preview import preview
from hotline.quantities import QUANTITIES, SMALL, WHOLE
from hotline.relations import Relation, worked_out
from hotline.selections import Selection


@dataclass(frozen=True)
class Figure:
    """A named quantity. `value` is what figures.json holds, `text` what a sentence prints, None where it prints none.

    `unit` is its unit of count (hotline.selections), `cell` the number of the cell that recorded it.
    """

    key: Key
    value: object
    text: str | None
    label: str
    unit: str = ""
    selection: Selection | None = field(default=None, compare=False, repr=False)
    cell: int | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Its path with dots: units.towns.大店镇.closed."""
        return ".".join(self.key)

    def rows(self) -> pd.DataFrame:
        """The rows that were counted: as many as the figure says. FiguresError for a figure that counts no rows."""
        if self.selection is None:
            raise FiguresError(f"“{self.label}”（{self.name}）不是一个计数，背后没有可列的工单。")
        if self.value is None:
            raise FiguresError(f"“{self.label}”（{self.name}）本期没有数，背后没有可列的工单。")
        rows = self.selection.rows()
        self.compare(selections.count(rows, self.unit))
        return rows

    def compare(self, count: int) -> None:
        """FiguresError unless its rows are as many as it says."""
        if self.value is not None and count != self.value:
            what = "个不同的工单编号" if self.unit == selections.REQUESTS else "行"
            raise FiguresError(
                f"“{self.label}”（{self.name}）是 {self.value}，rows 给它的行里却有 {count} {what}。"
                f"计数单位是“{self.unit}”：件按工单编号计，件次按承办次数计，次按回访次数计；不是这样数的，请写 unit=。"
            )


class Figures:
    """The figures of one issue, beside what identifies it (center, period, dates, archive version)."""

    small = 10
    """Rates of fewer than this print as 4/5: the profile's `limits.small`."""
    words: Mapping[str, str] = MappingProxyType({})
    """What a change in percent is called: the profile's `words`."""
    displayed: ClassVar["Figures | None"] = None
    """The one that a cell of this process has displayed last: an issue's own, once its notebook has run."""

    def __init__(self, **header: object):
        self.header = header
        self.declared: dict[Key, Figure] = {}
        self._by_name: dict[str, Key] = {}
        self._tables: dict[Key, dict] = {}
        self.relations: list[Relation] = []
        self._shape: dict = {}

    def record(
        self,
        name: str = "",
        value: object = None,
        label: str = "",
        unit: str = "件",
        rows: pd.DataFrame | None = None,
        adds_up_to: str = "",
        **old: object,
    ) -> Figure:
        """A single figure: its name, its value, what a 更正 calls it, its unit of count and the rows that it counts.

        By default it counts requests (件), by their ids; unit="件次" counts handlings, "次" visits: a row each.
        `adds_up_to` names the whole of which this figure is a part; the parts of a whole must add up to it.
        """
        if old or not (name and label):
            raise FiguresError(
                'figures.record(名称=数) 的写法已经改了：现在写 figures.record("名称", 数, "中文名称")；'
                '一张表写 figures.table("名称", 表, "{列名}")。'
            )
        key = self._key_of(name)
        figure = self._add(key, value, label, unit, None if rows is None else Selection(rows, unit))
        if rows is not None:
            figure.compare(selections.count(rows, unit))
        if adds_up_to:
            self.adds_up(adds_up_to, name)
        return figure

    def derive(self, name: str, function, *operands: object, label: str) -> Figure:
        """A figure that a function of hotline.wording makes of others: derive("share", wording.share, "part", "whole").

        Operands are names of figures, numbers, or None for one that is missing. The checks work it out again.
        """
        key = self._key_of(name)
        values = [self[each].value if isinstance(each, str) else each for each in operands]
        figure = self._add(key, worked_out(function.__name__, values), label, "", None)
        self.relations.append(Relation(key, function.__name__, tuple(map(self._operand, operands))))
        return figure

    def table(
        self,
        name: str,
        frame: pd.DataFrame,
        label: str,
        keys: Sequence[str] = (),
        values: Sequence[str] | str = (),
        words: Mapping[str, str] | None = None,
        whole: str = "total",
        adds_up_to: str = "",
        rows: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
        unit: str = selections.REQUESTS,
        listed: bool = False,
        by: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Every row of a frame as figures: `kinds.求助.count`, labelled 求助类件数 by the label "{kind}类".

        `keys` are the columns that name a row (those of the label if not given), `values` the others that are
        figures; a single one, given as text, stands for the row. `words` calls columns that hotline.quantities does
        not know. Shares are of the figure `whole`; the counts of all rows add up to `adds_up_to`. `rows` are the
        frames that are counted (one, or one a column), which have the key columns; `unit` is the unit of count of `count`
        and of columns that hotline.quantities does not know (see `record`). Where the keys are no columns of what is
        counted, `by` names columns of the table that are: a row counts what has its values, whatever they are where it
        has none. `listed` writes the rows of the innermost key to figures.json as a list. Returns the table with Chinese
        headers, for the analyst to see.
        """
        keys = list(keys or re.findall(r"\{(\w+)\}", label))
        single = isinstance(values, str)
        others = [each for each in frame.columns if each not in (*keys, *by)]
        columns = [values] if single else list(values) or others
        words = {column: (words or {}).get(column) or quantities.word(column) for column in columns}
        path = tuple(name.split("."))
        self._forget(path)
        self._tables[path] = {
            "path": list(path),
            "keys": [quantities.word(key) for key in keys],
            "columns": {"" if single else column: words[column] for column in columns},
            "rules": {column: QUANTITIES[column].rule for column in columns if column in QUANTITIES},
            "whole": list(self._key_of(whole)),
            "cell": _cell(),
        }
        frame.attrs["figures"] = (path, tuple(keys), single)
        if rows is not None and not isinstance(rows, Mapping):
            rows = {"count" if "count" in columns else columns[0]: rows}
        rows = rows or {}
        units = {column: _unit(column, unit if column in rows else "") for column in columns}
        counted = {each: _Counted(rows[each], units[each], keys, by) for each in columns if each in rows}
        for row in by_row(frame):
            stem = (*path, *(str(row[key]) for key in keys))
            called = label.format_map(row)
            for column in columns:
                key = stem if single else (*stem, column)
                selection = counted[column].by_row(row) if column in counted else None
                figure = self._add(key, row[column], called + words[column], units[column], selection, listed)
                if selection:
                    counted[column].compare(figure)
                self._relate(key, column, stem, row, columns, whole)
        if adds_up_to and len(frame):
            self.adds_up(adds_up_to, (*path, *["*"] * len(keys), *([] if single else columns[:1])))
        return frame[[*keys, *columns]].set_axis([*map(quantities.word, keys), *words.values()], axis=1)

    def adds_up(self, whole: str | Key, *parts: str | Key) -> None:
        """Declare that figures add up to another: adds_up("total", "direct", "handed_on"). A `*` stands for any name."""
        relation = Relation(self._key_of(whole), "sum", tuple(self._operand(part) for part in parts))
        if relation not in self.relations:
            self.relations.append(relation)

    def __getitem__(self, name: str) -> Figure:
        """A figure by its name. FiguresError, with the nearest name, for one that is not there."""
        key = self._key_of(name)
        if key not in self.declared:
            near = difflib.get_close_matches(name, self.names(), 1, 0.4)
            hint = f"最接近的是 {near[0]}。" if near else ""
            raise FiguresError(f"没有“{name}”这个数。{hint}")
        return self.declared[key]

    def __contains__(self, name: str) -> bool:
        return self._key_of(name) in self.declared

    def names(self) -> list[str]:
        """The names of all figures, in the order in which they were recorded."""
        return [each.name for each in self.declared.values()]

    def worth(self, text: str) -> list[str]:
        """The names of the figures that print as this text, or whose value it is."""
        return [each.name for each in self.declared.values() if text in (each.text, str(each.value))]

    @property
    def content(self) -> dict:
        """What figures.json holds, and under BESIDES what is known of the figures besides."""
        declared = [[list(each.key), each.label, each.unit] for each in self.declared.values()]
        relations = [each.dump() for each in self.relations]
        besides = dict(zip(BESIDES, (declared, relations, [*self._tables.values()]), strict=True))
        return {**self.header, "figures": _plain(self._shape), **besides}

    def check(self) -> "Figures":
        """Itself, for the notebook's last cell to show. FiguresError, naming every contradiction, unless they agree."""
        check(self.content)
        return self

    def _repr_mimebundle_(self, include=None, exclude=None):
        Figures.displayed = self
        text = f"核对通过：{len(self.declared)} 个数"
        shown = {MIMETYPE: self.content, "text/plain": text, **preview(text)}
        return shown, {"hotline": {"role": "figures"}}

    def text(self, value: object) -> str | None:
        """What a sentence prints for a value; None for one that is missing, and for a list of nothing."""
        if _missing(value):
            return None
        if isinstance(value, wording.Change):
            return value.said(self.words)
        if isinstance(value, list | tuple):
            return wording.listed(map(str, value)) or None
        return str(value)

    def _key_of(self, name: str | Key) -> Key:
        """A name as a path. Names of the data may hold dots, so a path that was recorded is preferred."""
        if isinstance(name, tuple):
            return name
        return self._by_name.get(name) or tuple(name.split("."))

    def _operand(self, operand: object) -> object:
        if isinstance(operand, str | tuple):
            return list(self._key_of(operand))
        return None if _missing(operand) else int(operand)

    def _add(self, key, value, label, unit, selection, listed: bool = False) -> Figure:
        text = self.text(value)
        value = value.amount if isinstance(value, wording.Change) else value
        figure = Figure(
            key, None if _missing(value) else _plain(value), text, label, unit, selection, _cell()
        )
        if (
            key in self.declared
        ):  # a cell that is run again; looking each time takes the square of the figures
            self.relations = [each for each in self.relations if each.key != key or each.function == "sum"]
        self.declared[key] = figure
        self._by_name[figure.name] = key
        _place(self._shape, key, figure.value, listed)
        return figure

    def _forget(self, path: Key) -> None:
        """A table that is recorded again takes the place of the one before: a cell may be run any number of times."""
        _place(self._shape, path, {}, listed=False)
        size = len(path)
        self.declared = {key: each for key, each in self.declared.items() if key[:size] != path}
        self._by_name = {each.name: key for key, each in self.declared.items()}
        self._tables = {key: each for key, each in self._tables.items() if key[:size] != path}
        self.relations = [each for each in self.relations if each.key[:size] != path]

    def _relate(self, key: Key, column: str, stem: Key, row: dict, columns: list[str], whole: str) -> None:
        """The relation of a table's cell to its neighbours, as hotline.quantities declares it for the column."""
        rule = QUANTITIES[column].rule if column in QUANTITIES else ()
        if not rule:
            return
        operands: list[object] = []
        for name in rule[1:]:
            if name == WHOLE:
                operands.append(list(self._key_of(whole)))
            elif name == SMALL:
                operands.append(self.small)
            elif name in columns:
                operands.append([*stem, name])
            elif name in row:
                operands.append(self._operand(row[name]))
            else:
                return  # the frame does not say what the value was worked out of
        self.relations.append(Relation(key, rule[0], tuple(operands), optional=True))


def by_row(frame: pd.DataFrame) -> Iterator[dict]:
    """Each row of a frame: column → value, numbers as Python's. A third of the time that pandas' to_dict takes for a few rows."""
    columns = (frame[name].tolist() for name in frame.columns)
    return (dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True))


class _Counted:
    """The frame that a table's column counts, in `unit`: which of its rows a row of the table counts, and how many they are.

    Rows are chosen by those of the table's `keys` that the frame has as columns, and counted for all of its rows at once;
    or by the table's columns `by`, those that a row has a value in, and counted for each row.
    """

    def __init__(self, frame: pd.DataFrame, unit: str, keys: Sequence[str], by: Sequence[str]):
        self._frame, self._unit, self._by = frame, unit, by
        self._keys = [key for key in keys if key in frame.columns]
        self._counts = None if by else selections.counts(frame, unit, self._keys)

    def by_row(self, row: Mapping) -> Selection:
        """What a row of the table counts."""
        chosen = [each for each in self._by if not _missing(row[each])] if self._by else self._keys
        return Selection(self._frame, self._unit, {each: row[each] for each in chosen})

    def compare(self, figure: Figure) -> None:
        """FiguresError unless the figure counts as many rows as it says."""
        if self._counts is not None:
            figure.compare(self._counts.get(tuple(figure.selection.values.values()), 0))
        elif figure.value is not None:
            figure.rows()


def _unit(column: str, given: str) -> str:
    """A column's unit of count: as given where hotline.quantities does not say it, or says it of requests as of handlings."""
    declared = QUANTITIES[column].unit if column in QUANTITIES else ""
    return given if given and (not declared or column == "count") else declared


def _cell() -> int | None:
    """The number of the cell that is running; None outside a notebook.

    Counted by the inputs that IPython keeps, of which number 0 is empty: its own counter goes up before a cell in some
    releases, after it in others.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return len(shell.history_manager.input_hist_parsed) - 1 if shell else None


def _place(shape: dict, key: Key, value: object, listed: bool) -> None:
    """Put a value into nested dicts; where `listed`, the last name but one is a row of a list, named by its unit."""
    *parents, last = key
    for depth, name in enumerate(parents):
        if listed and depth == len(parents) - 2:
            rows, unit = shape.setdefault(name, []), parents[-1]
            row = next((each for each in rows if each["unit"] == unit), None)
            if row is None:
                rows.append(row := {"unit": unit})
            row[last] = value
            return
        shape = shape.setdefault(name, {})
    shape[last] = value


def _missing(value: object) -> bool:
    return value is None or (not isinstance(value, list | tuple | dict) and pd.isna(value) is True)


def _plain(value: object) -> object:
    """As JSON has it: numpy's numbers as Python's, dates as text."""
    return json.loads(
        json.dumps(
            value,
            ensure_ascii=False,
            default=lambda each: each.item() if hasattr(each, "item") else str(each),
        )
    )
