"""`say`: a sentence is a template over named figures; no number is ever typed into one.

`say("{kind}类{count}件[，占{share}]", by_kind, "；")`: a placeholder names a figure, a column of the frame, something
given, or a name of the bulletin ({subject}, {citizens}, …). A clause in square brackets falls away where one of its
placeholders is missing. The literal part holds no digit and no Chinese numeral before a unit of count.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from hotline import wording
from hotline.figures import Figure, Figures, by_row
from hotline.templates import DIGITS, SentenceError, amount, parsed, typed_number


@dataclass(frozen=True)
class Span:
    """Where in a sentence's Markdown a figure stands."""

    start: int
    end: int
    name: str
    value: object


@dataclass(frozen=True)
class Sentence:
    """A text and the figures in it. `markdown` is its Markdown, names of the data escaped; `typed` is what somebody wrote of
    it, with … for each name and figure."""

    markdown: str
    spans: tuple[Span, ...] = ()
    typed: str = "…"

    def __add__(self, other: "Sentence | str") -> "Sentence":
        other = Sentence(other, typed=other) if isinstance(other, str) else other
        moved = (
            Span(each.start + len(self.markdown), each.end + len(self.markdown), each.name, each.value)
            for each in other.spans
        )
        return Sentence(self.markdown + other.markdown, (*self.spans, *moved), self.typed + other.typed)

    @property
    def plain(self) -> str:
        """The text as it is read, without Markdown's escapes."""
        return wording.unescape(self.markdown)

    @property
    def dumped(self) -> list[list]:
        """The spans as the notebook keeps them."""
        return [[each.start, each.end, each.name, each.value] for each in self.spans]

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"text/markdown": self.markdown, "text/plain": self.plain}
        return data, {"hotline": {"role": "text", "spans": self.dumped}}


def _runs_on(before: str, after: str) -> bool:
    """Whether two texts would read as one word or number: Phone and 57, 12345 and 57."""
    return before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalnum()


EMPTY = Sentence("", typed="")
_CLOSED = re.compile("[。！？；：…”][”）]?$")


class Say:
    """The `say` of one bulletin: it knows its figures and its names."""

    def __init__(self, figures: Figures, names: Mapping[str, object], known: Callable[[], set[str]]):
        """`names` are the bulletin's own ({subject} …); `known()` are the names in its data and profile, which may
        hold digits."""
        self._figures, self._names, self._known = figures, names, known
        self.points: dict[str, Sentence] = {}
        """The sentence that each section offers for 本期要点 (hotline.highlights)."""

    def __call__(
        self,
        template: str,
        rows: pd.DataFrame | None = None,
        separator: str = "\n\n",
        start: str = "",
        point: str = "",
        **given: object,
    ) -> Sentence | None:
        """A paragraph, or one text a row of a frame with `separator` between; None where there is nothing to say.

        `start` stands before the first. A paragraph that does not end in a punctuation mark gets its 。. `point` is the
        section that offers the sentence for 本期要点.
        """
        texts = [
            self._close(text) if "\n" in separator else text for text in self._texts(template, rows, given)
        ]
        if not any(text.markdown for text in texts):
            return None
        whole = self._close(EMPTY + start + self._joined(texts, separator))
        _check(whole.typed, self._figures, whole.typed[:80])
        if point:
            self.points[point] = whole
        return whole

    @staticmethod
    def listed(sentences: Iterable[Sentence]) -> Sentence:
        """Sentences as the items of a Markdown list."""
        whole = EMPTY
        for number, text in enumerate(sentences):
            whole = whole + ("\n- " if number else "- ") + text
        return whole

    def clause(
        self, template: str, rows: pd.DataFrame | None = None, separator: str = "，", **given
    ) -> Sentence | None:
        """The same as a part of a longer sentence: without a 。 of its own."""
        whole = self._joined(self._texts(template, rows, given), separator)
        _check(whole.typed, self._figures, whole.typed[:80])
        return whole if whole.markdown else None

    def unchecked(self, template: str, given: Mapping[str, object]) -> Sentence:
        """A method note: a clause whose literal part may hold numerals, as 最少一个."""
        return self._filled(parsed(template), None, {}, given)

    def _texts(self, template: str, rows: pd.DataFrame | None, given: Mapping) -> Iterator[Sentence]:
        parts = parsed(template)
        for part in parts:
            for piece in part.pieces:
                if isinstance(piece, str):
                    _check(piece, self._figures, template)
        if rows is None:
            yield self._filled(parts, None, {}, given)
        else:
            for row in by_row(rows):
                yield self._filled(parts, rows.attrs.get("figures"), row, given)

    @staticmethod
    def _joined(texts: Iterable[Sentence], separator: str) -> Sentence:
        whole = EMPTY
        for number, text in enumerate(texts):
            whole = whole + (separator if number else "") + text
        return whole

    @staticmethod
    def _close(text: Sentence) -> Sentence:
        return text if not text.markdown or _CLOSED.search(text.markdown) else text + "。"

    def _filled(self, parts, table, row: Mapping, given: Mapping) -> Sentence:
        whole = EMPTY
        for part in parts:
            text, named = EMPTY, False
            for piece in part.pieces:
                value = piece if isinstance(piece, str) else self._value(piece.name, table, row, given)
                if value is None and part.optional:
                    text = EMPTY
                    break
                if value is None:
                    raise SentenceError(
                        f"“{{{piece.name}}}”没有值：请把它和前后的文字放进方括号（没有值时整个分句不写），或先算出它。"
                    )
                # A name must not run into the number after it: Open311 and 57 are “Open311 57件”.
                apart = named and isinstance(value, Sentence) and _runs_on(text.markdown, value.markdown)
                text = text + (" " if apart else "") + value
                named = isinstance(value, Sentence)
            whole = whole + text
        return whole

    def _value(self, name: str, table, row: Mapping, given: Mapping) -> Sentence | None:
        """What a placeholder says; None where it is missing."""
        if name in row:
            figure = self._cell(name, table, row)
            return _figure(figure) if figure else self._name(name, row[name])
        if name in given:
            value = given[name]
            return _figure(value) if isinstance(value, Figure) else self._name(name, value)
        if name in self._figures:
            return _figure(self._figures[name])
        if name in self._names:
            return self._name(name, self._names[name], trusted=True)
        near = difflib.get_close_matches(name, [*row, *given, *self._names, *self._figures.names()], 1, 0.5)
        raise SentenceError(f"不知道“{{{name}}}”是什么。" + (f"是不是 {{{near[0]}}}？" if near else ""))

    def _cell(self, column: str, table, row: Mapping) -> Figure | None:
        """The figure that a cell of a recorded frame is; None where that column was not recorded."""
        if not table:
            return None
        path, keys, single = table
        stem = (*path, *(str(row[key]) for key in keys if key in row))
        figure = None if column in keys else self._figures.declared.get(stem if single else (*stem, column))
        value = row[column]
        if figure is not None and self._figures.text(value) != figure.text:
            raise SentenceError(
                f"{figure.label}记入的是 {figure.text}，这里却是 {self._figures.text(value)}：请重新运行记入它的那一格。"
            )
        return figure

    def _name(self, name: str, value: object, trusted: bool = False) -> Sentence | None:
        """A name as text. A number is none; nor is a text with a number in it that neither data nor profile have."""
        if isinstance(value, Sentence):
            return value
        if isinstance(value, list | tuple):
            items = [self._name(name, each, trusted) for each in value]
            return Sentence("、".join(each.markdown for each in items)) if items else None
        text = self._figures.text(value)
        if text is None:
            return None
        number = isinstance(value, wording.Change) or not isinstance(value, str)
        if not trusted and (number or (DIGITS.search(text) and text not in self._known())):
            raise SentenceError(f"“{{{name}}}”是 {text}，{_instead(text, self._figures)}")
        return Sentence(wording.escape(text))


def _figure(figure: Figure) -> Sentence | None:
    if figure.text is None:
        return None
    text = figure.text if re.fullmatch(r"[\d.%]+", figure.text) else wording.escape(figure.text)
    named = isinstance(figure.value, list)
    return Sentence(text, () if named else (Span(0, len(text), figure.name, figure.value),))


def refuse_bare_markdown(figures: Figures) -> None:
    """Have IPython's own `Markdown` refuse a number where it is shown: only `say` knows which figure a number is."""
    from IPython import get_ipython
    from IPython.display import Markdown

    def checked(shown: Markdown) -> str:
        for line in shown.data.splitlines():
            if not line.lstrip().startswith(("#", ">")):
                _check(line, figures)
        return shown.data

    if shell := get_ipython():
        shell.display_formatter.formatters["text/markdown"].for_type(Markdown, checked)


def _check(literal: str, figures: Figures, template: str = "") -> None:
    """A template is checked by its pieces, and what is said as it reads: “两[，{change}]个” may say 两个, and “个五” of each row
    个五个五."""
    if number := typed_number(literal):
        raise SentenceError(f"“{template or literal}”里写了数“{number}”，{_instead(number, figures)}")


def _instead(number: str, figures: Figures) -> str:
    digits = DIGITS.fullmatch(number)
    names = figures.worth(number if digits else str(amount(number)))
    if names:
        return f"句子里的数都要来自 figures：请写 {' 或 '.join('{' + name + '}' for name in names[:5])}。"
    return "句子里的数都要来自 figures，而没有哪个数等于它：请先用 figures.record 或 figures.table 记入。"
