"""An executed notebook as the ordered list of what is printed: the one walk that HTML, PDF and Word share.

What is printed: headings and plain text of Markdown cells, 口径 notes (their block quotes), and the outputs of code
cells that are Markdown or a chart. Frames, streams, sources and cells tagged `remove_cell` are for the analyst. A
heading under which nothing is printed is not printed either, so an issue without an article has no 【热线信息】.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from xml.etree import ElementTree

from hotline import HotlineError, blocks, wording
from hotline.blocks import LAST, SECTION, TOP, Block

HIDDEN = "remove_cell"
"""The tag of a cell that is for the analyst only."""
SECTION_TAG = "section:"
"""The beginning of a tag that says which section a cell belongs to."""
MARKDOWN, SVG = "text/markdown", "image/svg+xml"
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef“”‘’—…]")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_NUMBERED = re.compile(r"（[一二三四五六七八九十]+）")
_FENCE = re.compile(r" {0,3}(```|~~~)")


class DocumentError(HotlineError):
    """A notebook that holds no bulletin; the message, in Chinese, says what to do."""


def printed(nb) -> list[Block]:
    """The printed blocks of an executed notebook, in order. DocumentError for one that has not been executed.

    Besides those that the notebook shows (hotline.blocks) there are blocks of one element each: heading, text, note, chart.
    """
    in_order = _with_captions(_renumbered(_with_content(_lifted(list(_walk(nb))))))
    if not any(block.role == "masthead" for block in in_order):
        raise DocumentError(
            "笔记本里没有报头的输出：请先运行它（运行全部单元格，或 papermill），并保留 bulletin.masthead 一格。"
        )
    return in_order


def about(printed: list[Block]) -> dict:
    """What the masthead says of the issue: title, issue, center, date, cutoff, version."""
    return next((block.about for block in printed if block.role == "masthead"), {})


def on_paper(printed: list[Block]) -> list[Block]:
    """The blocks as PDF and Word print them: without 口径 and what is for the screen alone, the imprint (版记) at the
    end (GB/T 9704-2012, 7.4)."""
    kept = [
        replace(block, elements=[element for element in block.elements if element.get("paper", True)])
        for block in printed
        if block.role != "note"
    ]
    return sorted(kept, key=lambda block: block.place == LAST)


def level(block: Block) -> int:
    """The level of a heading, 2 for a section's: 1 is the masthead's title. 0 for any other block."""
    return block.elements[0]["level"] if block.role == "heading" else 0


def title(heading: Block) -> str:
    """What a heading says, without its number and brackets: 诉求类别, 每周纵览."""
    return plain(_NUMBERED.sub("", heading.elements[0]["markdown"])).strip("【】")


def plain(markdown: str) -> str:
    """A heading's Markdown as plain text, for a contents list or a title: marks dropped, escapes resolved."""
    return re.sub(r"\\([!-/:-@\[-`{-~])|[*`]", r"\1", markdown).strip()


def _walk(nb) -> Iterator[Block]:
    printed = sections(nb)
    for cell in nb.cells:
        tags = cell.get("metadata", {}).get("tags", ())
        section = next((tag.removeprefix(SECTION_TAG) for tag in tags if tag.startswith(SECTION_TAG)), None)
        if HIDDEN in tags or (section and printed is not None and section not in printed):
            continue
        yield from _of_cell(cell)


def _of_cell(cell) -> Iterator[Block]:
    if cell.cell_type == "markdown":
        yield from _cell_text(cell.source)
    elif cell.cell_type == "code":
        for output in cell.get("outputs", ()):
            if output.output_type in ("display_data", "execute_result"):
                yield from _output(output)


def sections(nb) -> list[str] | None:
    """The sections that the masthead says are printed; None where it does not say."""
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {}).get("hotline", {})
            if about.get("role") == "masthead":
                return about.get("about", about).get("sections")
    return None


def heading_and_note(nb, number: int | None) -> tuple[str, str]:
    """The heading and the 口径 under which a code cell stands, by its number; what is for the analyst only included."""
    heading = note = ""
    for cell in nb.cells:
        for block in _of_cell(cell):
            if block.role == "heading":
                heading, note = title(block), ""
            elif block.role == "note":
                note = plain(block.markdown)
        if number is not None and cell.get("execution_count") == number:
            return heading, note
    return "", ""


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
    data, parts = output.get("data", {}), dict(output.get("metadata", {}).get("hotline", {}))
    role, markdown = parts.pop("role", None), "".join(data.get(MARKDOWN, ""))
    if SVG in data:
        yield Block(
            "chart", [_drawing(**{"title": "图", "description": "", **parts}, svg="".join(data[SVG]))]
        )
    elif MARKDOWN not in data:
        return
    elif role is None:
        # What an analyst shows as Markdown is read as a Markdown cell is: it may bring its own heading.
        yield from _cell_text(markdown)
    elif role == "article":
        yield blocks.article(_below_section(_joined(markdown)))
    elif "elements" in parts:
        yield Block(role, **parts)
        if warned := parts.get("about", {}).get("warning"):
            yield blocks.warning(warned)
    elif role in ("masthead", "signoff", "imprint", "annex"):
        yield _of_release_1(role, parts)
    else:
        yield _text(role, markdown, parts.get("spans", ()))


def _drawing(
    title: str, description: str, svg: str, data: Iterable[dict] = (), narrow: str = "", **_
) -> dict:
    try:
        for each in filter(None, (svg, narrow)):
            ElementTree.fromstring(each)
    except ElementTree.ParseError as error:
        raise DocumentError(
            f"“{title}”不是可用的 SVG（{error}）：请用 charts 里的图，或改正这张图。"
        ) from None
    return blocks.chart(title, description, svg, data, narrow)


def _of_release_1(role: str, parts: dict) -> Block:
    """A block of an issue that release 0.1.0 published: what its metadata hold are the arguments of today's function."""
    if role == "masthead":
        parts["paper"] = False
    if role == "annex":
        kinds = ["rank", "name", "count", "count", "rate", "rate"]
        parts["columns"] = dict(zip(parts["columns"], kinds, strict=True))
    return getattr(blocks, role)(**parts)


def _text(role: str, markdown: str, spans: Iterable = ()) -> Block:
    return Block(role, [blocks.text(_joined(markdown), spans)])


def _cell_text(source: str) -> Iterator[Block]:
    """A Markdown cell as headings, notes (block quotes) and the text between them."""
    kind, lines, fenced = "text", [], False

    def done() -> Iterator[Block]:
        text = "\n".join(lines).strip("\n")
        if text.strip():
            yield _text(kind, text)
        lines.clear()

    for line in source.splitlines():
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        quoted = not fenced and line.lstrip().startswith(">")
        if heading:
            yield from done()
            kind = "text"
            # Level 1 is the masthead's: a notebook's own first-level headings are sections of the issue.
            yield Block("heading", [blocks.heading(heading[2], max(2, len(heading[1])))])
            continue
        # A line after a quoted one continues the quotation unless an empty one stands between, as in Markdown.
        now = "note" if quoted or (kind == "note" and lines and line.strip()) else "text"
        if now != kind:
            yield from done()
            kind = now
        lines.append(re.sub(r"^\s*> ?", "", line) if now == "note" else line)
    yield from done()


def _lifted(walked: list[Block]) -> list[Block]:
    """With what stands under the title, wherever the notebook shows it (本期要点 by its last cell), behind the masthead."""
    at = next((at for at, block in enumerate(walked) if block.role == "masthead"), len(walked))
    top, rest = ([b for b in walked[at:] if (b.place == TOP) == under] for under in (True, False))
    return [*walked[:at], *top, *rest]


def _with_content(walked: list[Block]) -> list[Block]:
    """Without the headings (and their notes) under which nothing is printed before the next of their level or above."""
    return [
        block
        for at, block in enumerate(walked)
        if block.role not in ("heading", "note") or _printed_below(walked, at)
    ]


def _printed_below(walked: list[Block], at: int) -> bool:
    """Whether something is printed in the part that walked[at], a heading or a note of it, belongs to."""
    if walked[at].role == "note":
        at = next((i for i in range(at, -1, -1) if walked[i].role == "heading"), -1)
        if at < 0:
            return True
    for block in walked[at + 1 :]:
        if block.place != SECTION or (block.role == "heading" and level(block) <= level(walked[at])):
            return False
        if block.role not in ("heading", "note"):
            return True
    return False


def _renumbered(walked: list[Block]) -> list[Block]:
    """（一）（二）（三） without gaps: where a numbered heading was not printed, those after it move up."""
    counts: dict[int, int] = {}
    for at, block in enumerate(walked):
        if block.role != "heading":
            continue
        (heading,) = block.elements
        counts = {deep: count for deep, count in counts.items() if deep <= heading["level"]}
        if _NUMBERED.match(heading["markdown"]):
            counts[heading["level"]] = count = counts.get(heading["level"], 0) + 1
            numbered = _NUMBERED.sub(f"（{wording.ordinal(count)}）", heading["markdown"])
            walked[at] = replace(block, elements=[heading | {"markdown": numbered}])
    return walked


def _with_captions(walked: list[Block]) -> list[Block]:
    """With the charts numbered in the order in which they stand: 图1 ……"""
    number = 0
    for at, block in enumerate(walked):
        if block.role == "chart":
            (chart,), number = block.elements, number + 1
            walked[at] = replace(block, elements=[chart | {"caption": f"图{number} {chart['title']}"}])
    return walked


_PIECE = re.compile(r"[^!-~ ]{3}$|[^!-~ ]{2}|[!-~]+ ?|.")


def pieces(heading: str) -> list[str]:
    """A column's heading as the pieces between which it may break: words of two characters, the last of three if need be
    (回访 服务 过程 满意率); others at their blanks."""
    return _PIECE.findall(heading)


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
