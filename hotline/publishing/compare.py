"""hotline diff A B: the figures and the words of two issues, or of two versions of one, side by side."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat

from hotline import figurefile, wording
from hotline.blocks import Block
from hotline.printing import document
from hotline.publishing import corrections
from hotline.publishing.editions import Edition

GONE = "—"
"""Stands for a figure, or a paragraph, that the other issue alone has."""
Pair = tuple[str, str, str]


@dataclass(frozen=True)
class Side:
    """What is compared of one issue: its figures (as its notebook has them) and the paragraphs under each heading.

    A paragraph's `words` are its text with a mark in the place of each figure: figures are compared by themselves.
    """

    content: dict
    paragraphs: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Comparison:
    """`figures`: label, here, there; and how a count moved. `words`: section, here, there. `count`: figures in all."""

    figures: list[tuple[str, str, str, str]]
    words: list[Pair]
    count: int


def compare(one: Edition, other: Edition) -> Comparison:
    """What differs between two issues, in the order of the first, what the other alone has after it."""
    return between(_side(one), _side(other))


def between(here: Side, there: Side) -> Comparison:
    """The same for two that were read already."""
    left, right = dict(figurefile.flat(here.content)), dict(figurefile.flat(there.content))
    labels = figurefile.labels(there.content) | figurefile.labels(here.content)
    keys = list(dict.fromkeys([*left, *right]))
    moved = [
        (labels.get(".".join(key), ".".join(key)), *_values(key, left, right))
        for key in keys
        if left.get(key) != right.get(key)
    ]
    return Comparison(moved, changed_paragraphs(here, there), len(keys))


def _values(key: tuple, left: dict, right: dict) -> tuple[str, str, str]:
    before, after = left.get(key), right.get(key)
    shown = [GONE if value is None else corrections.value_text(value) for value in (before, after)]
    counts = isinstance(before, int) and isinstance(after, int)
    return (*shown, str(wording.change(after, before) or "") if counts else "")


def _side(edition: Edition) -> Side:
    """As it was printed; a version that was not, by running its notebook."""
    if edition.is_printed:
        return side(nbformat.read(edition.notebook, as_version=4))
    return edition.ask(_read)


def _read(_edition: Edition, nb) -> Side:
    return side(nb)


def side(nb) -> Side:
    """What is compared of an executed notebook."""
    return Side(figurefile.of_notebook(nb), tuple(_paragraphs(document.printed(nb))))


def _paragraphs(printed: list[Block]) -> Iterator[tuple[str, str, str]]:
    """(section, text, words) of every paragraph of free text, the article's included."""
    section = ""
    for block in printed:
        if block.role == "heading":
            section = document.title(block)
        elif block.role in ("text", "article"):
            for element in block.elements:
                yield from _of_text(section or "正文", element)


def _of_text(section: str, element: dict) -> Iterator[tuple[str, str, str]]:
    text, words = element["markdown"], element["markdown"]
    for start, end, *_ in sorted(element.get("spans", ()), reverse=True):
        words = words[:start] + "□" + words[end:]
    for part, mask in zip(text.split("\n\n"), words.split("\n\n"), strict=True):
        if part.strip():
            yield section, wording.unescape(part).strip(), mask


def changed_paragraphs(here: Side, there: Side) -> list[Pair]:
    """The paragraphs that say something else, each beside the one that has its place in the other issue."""
    return list(_words(here.paragraphs, there.paragraphs))


def _words(here: tuple, there: tuple) -> Iterator[Pair]:
    matcher = difflib.SequenceMatcher(
        None, [each[2] for each in here], [each[2] for each in there], autojunk=False
    )
    for what, first, last, begin, end in matcher.get_opcodes():
        if what == "equal":
            continue
        left, right = here[first:last], there[begin:end]
        for at in range(max(len(left), len(right))):
            pair = [side[at] if at < len(side) else None for side in (left, right)]
            section = next(each[0] for each in pair if each)
            yield section, *(each[1] if each else GONE for each in pair)


def as_text(center: str, heads: tuple[str, str], compared: Comparison) -> str:
    """The comparison as tables of text, as wide as the terminal; `heads` are what the two are called."""
    parts = [f"{center} {heads[0]} 与 {heads[1]}：{compared.count} 个数，{len(compared.figures)} 个不同。"]
    if compared.figures:
        parts.append(_table(("数", *heads, "变化"), compared.figures, right=(1, 2)))
    parts.append(f"文字：{len(compared.words)} 处不同。")
    if compared.words:
        parts.append(_table(("位置", *heads), compared.words))
    return "\n".join(parts)


def _table(heads: tuple[str, ...], rows: list[tuple], right: tuple[int, ...] = ()) -> str:
    import io
    import shutil
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for at, head in enumerate(heads):
        table.add_column(Text(head), justify="right" if at in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 160
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
