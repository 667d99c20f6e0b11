"""The printed blocks of an issue as what the HTML template shows: parts with a heading, contents, tables, charts.

All text is escaped where it becomes HTML: Markdown here, by mistune with raw HTML off; everything else in the
template, by Jinja. Nothing is fetched: links stay links, pictures that are not in the file become their captions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import mistune
from markupsafe import Markup, escape

from hotline.blocks import SECTION, TOP, Block, markdown
from hotline.printing import document
from hotline.printing.document import plain

_SVG = "{http://www.w3.org/2000/svg}"
_UNSAFE = {
    f"{_SVG}{tag}" for tag in ("script", "foreignObject", "style", "a", "animate", "set", "image", "metadata")
}
_COLOUR = re.compile(r"#([0-9a-fA-F]{6})\b")
_LINK = re.compile(r"(https?:|mailto:|tel:)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_LONG_DECIMAL = re.compile(r"(\d+\.\d\d)\d+")

_REL = {"previous": "prev", "next": "next"}

ElementTree.register_namespace("", _SVG[1:-1])


@dataclass
class PagePart:
    """A heading with what is printed under it, up to the next heading or block of the issue as a whole.

    `kind`: opening (before the first heading), section, or the role of such a block. `blocks` as the template shows them.
    """

    kind: str
    id: str = ""
    level: int = 2
    heading: str = ""
    label: str = ""
    place: str = SECTION
    blocks: list[Block] = field(default_factory=list)

    @property
    def groups(self) -> list[dict[str, list]]:
        """The blocks in order, as words and the charts that follow them; the first group is there even if empty."""
        groups = [{"words": [], "charts": []}]
        for block in self.blocks:
            if block.role != "chart" and groups[-1]["charts"]:
                groups.append({"words": [], "charts": []})
            groups[-1]["charts" if block.role == "chart" else "words"].append(block)
        return groups


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, its column's kind, the length of its bar in percent, None where it has none, and
    what a page says beside it."""

    text: str
    kind: str
    bar: float | None
    beside: str = ""


def context(printed: list[Block], links: dict | None = None, files: Iterable[dict] = ()) -> dict:
    """What the template needs, from the printed blocks, the links to the neighbours (previous, index, next) and to the
    issue's other `files`."""
    about, parts = document.about(printed), _parts(printed)
    return {
        "about": about,
        "top": [_shown(block) for block in printed if block.place == TOP],
        "sheets": sorted(f"{name}.css" for name in {*_looks(printed)} & _own_sheets()),
        "parts": parts,
        "links": [{"rel": _REL.get(name), **link} for name, link in (links or {}).items() if link],
        "files": list(files),
        "contents": [part for part in parts if part.label],
        "title": " ".join(filter(None, (about["title"], about["issue"], about["center"]))),
        "description": "；".join(_figures_at_the_top(printed)),
    }


def _figures_at_the_top(printed: list[Block]) -> Iterator[str]:
    """The cards under the title as text: what a link to the page says when it is shared."""
    for block in printed:
        if block.role == "masthead":
            cards = [element for element in block.elements if element["kind"] == "cards"]
            yield from (plain(markdown(element)) for element in cards)


WIDE = 6
"""The columns of issue 43's annexes: a table of more is set closer, and can be moved sideways on a telephone."""


def _looks(printed: list[Block]) -> Iterator[str]:
    """What in an issue may have a style sheet of its own: the roles of its blocks, and a table of many columns."""
    for block in printed:
        yield block.role
        if any(len(element.get("columns", ())) > WIDE for element in block.elements):
            yield "wide"


@cache
def _own_sheets() -> set[str]:
    """The roles that have a style sheet of their own, beside the page's."""
    return {path.stem for path in (Path(__file__).parent / "templates" / "html").glob("*.css")} - {"bulletin"}


def _parts(printed: list[Block]) -> list[PagePart]:
    parts, counts = [PagePart("opening")], Counter()
    for block in printed:
        counts[block.role] += 1
        key = f"{block.role}-{counts[block.role]}"
        if block.role == "heading":
            (heading,) = block.elements
            level, label = min(heading["level"], 6), plain(heading["markdown"])
            parts.append(PagePart("section", f"s{len(parts)}", level, inline(heading["markdown"]), label))
        elif block.place == SECTION:
            parts[-1].blocks.append(_shown(block, key))
        elif block.place != TOP:
            part = PagePart(
                block.role, key, label=block.label, place=block.place, blocks=[_shown(block, key)]
            )
            parts.append(part)
    return [part for part in parts if part.blocks or part.label]


def _shown(block: Block, key: str = "") -> Block:
    """A block whose Markdown, drawings and tables are ready for the template; `key` makes ids of its own."""
    return replace(block, elements=[_element(element, key) for element in block.elements])


def _element(element: dict, key: str) -> dict:
    match element["kind"]:
        case "text":
            return element | {"html": html(element["markdown"], element.get("spans", ()))}
        case "chart":
            drawn = {form: svg(element, form, key) for form in ("svg", "narrow") if form in element}
            return element | {"id": key, **drawn}
        case "table":
            heads = [Markup("<wbr>").join(document.pieces(column)) for column in element["columns"]]
            return element | {
                "cells": _cells(element),
                "heads": heads,
                "wide": len(element["columns"]) > WIDE,
            }
    return element


def _cells(table: dict) -> list[list[Cell]]:
    """A table's rows with their bars: its counts share one scale, its rates have that of percent."""
    kinds = table["kinds"]
    counts = [
        cell
        for row in table["rows"]
        for cell, kind in zip(row, kinds, strict=True)
        if kind == "count" and isinstance(cell, int)
    ]
    largest = max(counts, default=0)
    none = [""] * len(table["rows"])
    beside = zip(*(table.get("beside", {}).get(column, none) for column in table["columns"]), strict=True)
    return [
        [
            Cell(str(cell), kind, _bar(cell, kind, largest), more)
            for cell, kind, more in zip(row, kinds, said, strict=True)
        ]
        for row, said in zip(table["rows"], beside, strict=True)
    ]


def _bar(value: object, kind: str, largest: int) -> float | None:
    if kind == "count" and isinstance(value, int):
        return round(100 * value / largest, 1) if largest else None
    rate = re.fullmatch(r"(\d+(?:\.\d+)?)(?:%|/(\d+))", str(value)) if kind == "rate" else None
    return min(round(float(rate[1]) * 100 / float(rate[2] or 100), 2), 100) if rate else None


def svg(chart: dict, form: str, key: str) -> Markup:
    """A chart's SVG for a page, page-wide or narrow: named and described, ids of its own, colours that the page may darken, nothing active.

    A colour #rrggbb becomes var(--c-rrggbb,#rrggbb): the template says what it is on a dark page, and a browser
    that knows no variables of that name, or a printer, shows the colour itself.
    """
    root, key = ElementTree.fromstring(chart[form]), key if form == "svg" else f"{key}-{form}"
    for parent in root.iter():
        for child in [child for child in parent if child.tag in _UNSAFE]:
            parent.remove(child)
        for name, value in list(parent.attrib.items()):
            local = name.rsplit("}")[-1]
            if local.startswith("on") or (local == "href" and not value.startswith("#")):
                del parent.attrib[name]
            elif local == "id":
                parent.set(name, f"{key}-{value}")
            elif local == "href":
                # Inside HTML an xlink: prefix would be part of the name.
                del parent.attrib[name]
                parent.set("href", f"#{key}-{value[1:]}")
            elif "url(#" in value:
                parent.set(name, value.replace("url(#", f"url(#{key}-"))
        if "style" in parent.attrib:
            style = re.sub(r"font-family:[^;]*;?\s*", "", parent.attrib["style"])
            parent.set(
                "style",
                _COLOUR.sub(lambda m: f"var(--c-{m[1].lower()},#{m[1]})", style)
                .replace("; ", ";")
                .replace(": ", ":"),
            )
        if "d" in parent.attrib:
            parent.set("d", " ".join(_LONG_DECIMAL.sub(r"\1", parent.attrib["d"]).split()))
    width, height = root.attrib.pop("width", ""), root.attrib.pop("height", "")
    if "viewBox" not in root.attrib:
        root.set("viewBox", f"0 0 {width.rstrip('ptx')} {height.rstrip('ptx')}")
    root.attrib.update({"role": "img", "aria-labelledby": f"{key}-title {key}-desc"})
    for tag, text in (("desc", chart["description"]), ("title", chart["caption"])):
        element = ElementTree.Element(f"{_SVG}{tag}", {"id": f"{key}-{tag}"})
        element.text = text
        root.insert(0, element)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


class _Renderer(mistune.HTMLRenderer):
    """Markdown as HTML without anything active: raw HTML is text, links lead out only, pictures are in the file."""

    def __init__(self):
        super().__init__(escape=True)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return f'<a href="{escape(url)}" rel="noreferrer">{text}</a>' if _LINK.match(url) else text

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if _PICTURE.fullmatch(url):
            return f'<img src="{url}" alt="{escape(text)}">'
        return f"（图：{escape(text)}）" if text else ""


def _strong(inline: mistune.InlineParser, match: re.Match, state: mistune.InlineState) -> int:
    within = state.copy()
    within.src = match["strong_text"]
    state.append_token({"type": "strong", "children": inline.render(within)})
    return match.end()


@cache
def _markdown() -> mistune.Markdown:
    """As pandoc reads for the other formats (pdf.MARKDOWN): no raw HTML, so < is a character like any other."""
    markdown = mistune.create_markdown(renderer=_Renderer(), plugins=["table", "strikethrough"])
    markdown.block.rules.remove("raw_html")
    markdown.inline.rules.remove("inline_html")
    # CommonMark does not see **注意：**请看 as strong, for want of spaces around Chinese punctuation; pandoc and editors do.
    markdown.inline.register(
        "wide_strong", r"\*\*(?=[^\s*])(?P<strong_text>[^*\n]*?[^\s*\\])\*\*", _strong, before="emphasis"
    )
    return markdown


def html(markdown: str, spans: Iterable = ()) -> Markup:
    """Markdown as HTML; its figures (start, end, name, value) as <data value>, for programs that read the page.

    One that begins with a word, as 增加17.40%, says so: the style sheet spaces numbers.
    """
    spans = sorted(spans)
    for number, (start, end, _, _) in reversed(list(enumerate(spans))):
        # Private-use characters pass through Markdown as they are; text of the data has none (intake drops them).
        markdown = f"{markdown[:start]}\ue000{number}\ue001{markdown[start:end]}\ue002{markdown[end:]}"

    def opened(match: re.Match) -> str:
        _, _, name, value = spans[int(match[1])]
        words = "" if match[2].isascii() else ' class="worded"'
        return f'<data{words} value="{escape(value)}" data-figure="{escape(name)}">{match[2]}'

    text = re.sub(r"\ue000(\d+)\ue001(.?)", opened, _markdown()(markdown))
    return Markup(text.replace("\ue002", "</data>"))


def inline(markdown: str) -> Markup:
    """One line of Markdown as HTML, without the paragraph around it."""
    return Markup(re.sub(r"^<p>(.*)</p>\n?$", r"\1", html(markdown), flags=re.DOTALL))
