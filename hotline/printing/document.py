"""An executed notebook as the ordered list of what is printed: the one walk that HTML, PDF and Word share.

What is printed: headings and plain text of Markdown cells, 口径 notes (their block quotes), and the outputs of code
cells that are Markdown or a chart. Frames, streams, sources and cells tagged `remove_cell` are for the analyst. A
heading under which nothing is printed is not printed either, so an issue without an article has no 【热线信息】.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree

from hotline import HotlineError, wording

HIDDEN = "remove_cell"
"""The tag of a cell that is for the analyst only."""
SECTION = "section:"
"""The beginning of a tag that says which section a cell belongs to."""
MARKDOWN, SVG = "text/markdown", "image/svg+xml"
_OF_THE_ISSUE = ("masthead", "signoff", "imprint", "annex", "correction")
"""Roles that belong to the issue as a whole: they end the section that they stand behind."""
_NUMBER = re.compile(r"^（[一二三四五六七八九十]+）")
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’—…]")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_NUMBERED = re.compile(r"（[一二三四五六七八九十]+）")
_FENCE = re.compile(r" {0,3}(```|~~~)")


@dataclass(frozen=True)
class Block:
    """One printed piece. `role`: heading, text, note, or the role of a code cell's output (chart, annex, …).

    `markdown` is its Markdown; `parts` what the output's metadata say, all plain text; a chart's `svg` is among them.
    `level` is a heading's, 2 for a section: 1 is the masthead's title.
    """

    role: str
    markdown: str = ""
    level: int = 0
    parts: dict = field(default_factory=dict)


class DocumentError(HotlineError):
    """A notebook that holds no bulletin; the message, in Chinese, says what to do."""


def blocks(nb) -> list[Block]:
    """The printed blocks of an executed notebook, in order. DocumentError for one that has not been executed."""
    found = _renumbered(_with_content(list(_walk(nb))))
    if not any(block.role == "masthead" for block in found):
        raise DocumentError(
            "笔记本里没有报头的输出：请先运行它（运行全部单元格，或 papermill），并保留 bulletin.masthead 一格。"
        )
    return found


def first(found: list[Block], role: str) -> dict:
    """The parts of the first block with that role; empty where there is none."""
    return next((block.parts for block in found if block.role == role), {})


def plain(markdown: str) -> str:
    """A heading's Markdown as plain text, for a contents list or a title: marks dropped, escapes resolved."""
    return re.sub(r"\\([!-/:-@\[-`{-~])|[*`]", r"\1", markdown).strip()


def _walk(nb) -> Iterator[Block]:
    printed = _sections(nb)
    for cell in nb.cells:
        tags = cell.get("metadata", {}).get("tags", ())
        section = next((tag.removeprefix(SECTION) for tag in tags if tag.startswith(SECTION)), None)
        if HIDDEN in tags or (section and printed is not None and section not in printed):
            continue
        if cell.cell_type == "markdown":
            yield from _cell_text(cell.source)
        elif cell.cell_type == "code":
            for output in cell.get("outputs", ()):
                if output.output_type in ("display_data", "execute_result"):
                    yield from _output(output)


def _sections(nb) -> list[str] | None:
    """The sections that the masthead says are printed; None where it does not say."""
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {}).get("hotline", {})
            if about.get("role") == "masthead":
                return about.get("sections")
    return None


def of_bare_markdown(nb) -> list[Block]:
    """The paragraphs that code cells print as Markdown of their own; headings and notes are left out."""
    return [
        block
        for cell in nb.cells
        if cell.cell_type == "code" and HIDDEN not in cell.get("metadata", {}).get("tags", ())
        for output in cell.get("outputs", ())
        if MARKDOWN in output.get("data", {}) and not output.metadata.get("hotline", {}).get("role")
        for block in _cell_text("".join(output.data[MARKDOWN]))
        if block.role == "text"
    ]


def _output(output) -> Iterator[Block]:
    data, about = output.get("data", {}), dict(output.get("metadata", {}).get("hotline", {}))
    role = about.pop("role", None)
    if SVG in data:
        parts = {"title": "图", "description": "", **about, "svg": "".join(data[SVG])}
        try:
            ElementTree.fromstring(parts["svg"])
        except ElementTree.ParseError as error:
            raise DocumentError(
                f"“{parts['title']}”不是可用的 SVG（{error}）：请用 charts 里的图，或改正这张图。"
            ) from None
        yield Block("chart", parts=parts)
    elif MARKDOWN in data and role == "article":
        yield Block("article", _below_section(_joined("".join(data[MARKDOWN]))))
    elif MARKDOWN in data and role is None:
        # What an analyst shows as Markdown is read as a Markdown cell is: it may bring its own heading.
        yield from _cell_text("".join(data[MARKDOWN]))
    elif MARKDOWN in data:
        yield Block(role, _joined("".join(data[MARKDOWN])), parts=about)


def _cell_text(source: str) -> Iterator[Block]:
    """A Markdown cell as headings, notes (block quotes) and the text between them."""
    kind, lines, fenced = "text", [], False

    def done() -> Iterator[Block]:
        text = "\n".join(lines).strip("\n")
        if text.strip():
            yield Block(kind, _joined(text))
        lines.clear()

    for line in source.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        quoted = not fenced and line.lstrip().startswith(">")
        if heading:
            yield from done()
            kind = "text"
            # Level 1 is the masthead's: a notebook's own first-level headings are sections of the issue.
            yield Block("heading", heading[2], level=max(2, len(heading[1])))
            continue
        # A line after a quoted one continues the quotation unless an empty one stands between, as in Markdown.
        now = "note" if quoted or (kind == "note" and lines and line.strip()) else "text"
        if now != kind:
            yield from done()
            kind = now
        lines.append(re.sub(r"^\s*> ?", "", line) if now == "note" else line)
    yield from done()


def _with_content(found: list[Block]) -> list[Block]:
    """Without the headings (and their notes) under which nothing is printed before the next of their level or above."""
    kept: list[Block] = []
    for index, block in enumerate(found):
        if block.role in ("heading", "note") and not _printed_below(found, index):
            continue
        kept.append(block)
    return kept


def _printed_below(found: list[Block], index: int) -> bool:
    """Whether something is printed in the part that found[index], a heading or a note of it, belongs to."""
    if found[index].role == "note":
        index = next((i for i in range(index, -1, -1) if found[i].role == "heading"), -1)
        if index < 0:
            return True
    for block in found[index + 1 :]:
        if block.role in _OF_THE_ISSUE or (block.role == "heading" and block.level <= found[index].level):
            return False
        if block.role not in ("heading", "note"):
            return True
    return False


def _renumbered(found: list[Block]) -> list[Block]:
    """With （一）, （二）, … in order under each section, whatever sections were left out or put in between."""
    kept, number = [], 0
    for block in found:
        if block.role == "heading" and block.level == 2:
            number = 0
        elif block.role == "heading" and _NUMBER.match(block.markdown):
            number += 1
            block = replace(block, markdown=_NUMBER.sub(f"（{wording.ordinal(number)}）", block.markdown))
        kept.append(block)
    return kept


def _renumbered(found: list[Block]) -> list[Block]:
    """（一）（二）（三） without gaps: where a numbered heading was not printed, those after it move up."""
    counts: dict[int, int] = {}
    for at, block in enumerate(found):
        if block.role != "heading":
            continue
        counts = {level: count for level, count in counts.items() if level <= block.level}
        if _NUMBERED.match(block.markdown):
            counts[block.level] = counts.get(block.level, 0) + 1
            numbered = _NUMBERED.sub(f"（{wording.ordinal(counts[block.level])}）", block.markdown)
            found[at] = replace(block, markdown=numbered)
    return found


def _below_section(article: str) -> str:
    """The article with its headings, whatever levels they use, at 3, 4, 5: below the section's, none skipped."""
    lines, fenced, levels = article.splitlines(), False, set()
    for line in lines:
        fenced ^= bool(_FENCE.match(line))
        if not fenced and (match := _HEADING.match(line)):
            levels.add(len(match[1]))
    place = {level: "#" * min(3 + rank, 6) for rank, level in enumerate(sorted(levels))}
    fenced = False
    for number, line in enumerate(lines):
        fenced ^= bool(_FENCE.match(line))
        if not fenced and (match := _HEADING.match(line)):
            lines[number] = f"{place[len(match[1])]} {match[2]}"
    return "\n".join(lines)


def _joined(markdown: str) -> str:
    """Markdown whose lines, broken between two wide characters, are joined: no renderer may put a space there.

    An editor's indentation by ideographic spaces goes too: every format indents paragraphs itself.
    """
    lines: list[str] = []
    for line in (raw.lstrip("\u3000") for raw in markdown.splitlines()):
        before = lines[-1] if lines else ""
        whole = _HEADING.match(before) or _FENCE.match(before) or "|" in before
        if not whole and _WIDE.match(before[-1:]) and _WIDE.match(line[:1]):
            lines[-1] += line
        else:
            lines.append(line)
    return "\n".join(lines)
