"""The printed blocks of an issue as what the HTML template shows: parts with a heading, contents, tables, charts.

All text is escaped where it becomes HTML: Markdown here, by mistune with raw HTML off; everything else in the
template, by Jinja. Nothing is fetched: links stay links, pictures that are not in the file become their captions.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

import mistune
from markupsafe import Markup, escape

from hotline.printing.document import Block, first, plain

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
class Part:
    """A heading with what is printed under it, up to the next heading or annex.

    `kind`: opening (before the first heading), section, article, annex, signoff, imprint. `items` are blocks as the
    template shows them: (role, what).
    """

    kind: str
    id: str = ""
    level: int = 2
    heading: str = ""
    label: str = ""
    parts: dict = field(default_factory=dict)
    items: list[tuple[str, object]] = field(default_factory=list)

    @property
    def groups(self) -> list[dict[str, list]]:
        """The items in order, as words and the charts that follow them; the first group is there even if empty."""
        groups = [{"words": [], "charts": []}]
        for item in self.items:
            if item[0] != "chart" and groups[-1]["charts"]:
                groups.append({"words": [], "charts": []})
            groups[-1]["charts" if item[0] == "chart" else "words"].append(item)
        return groups


@dataclass(frozen=True)
class Cell:
    """A cell of an annex: its text, and the length of its bar in percent, None where it has none."""

    text: str
    bar: float | None


def context(found: list[Block], links: dict | None = None) -> dict:
    """What the template needs, from the printed blocks and the links to the neighbours (previous, index, next)."""
    masthead, pages = first(found, "masthead"), list(_parts(found))
    return {
        "masthead": masthead,
        "parts": pages,
        "links": [{"rel": _REL.get(name), **link} for name, link in (links or {}).items() if link],
        "contents": [part for part in pages if part.label],
        "title": " ".join(
            filter(None, (masthead.get("title", "热线周报"), masthead.get("issue"), masthead.get("center")))
        ),
    }


def _parts(found: list[Block]) -> list[Part]:
    parts, charts, annexes = [Part("opening")], 0, 0
    for block in found:
        match block.role:
            case "heading":
                label = plain(block.markdown)
                parts.append(
                    Part("section", f"s{len(parts)}", min(block.level, 6), inline(block.markdown), label)
                )
            case "annex":
                annexes += 1
                label = f"附件{block.parts['number']} {block.parts['title']}"
                parts.append(Part("annex", f"annex-{annexes}", label=label, parts=_annex(block.parts)))
            case "signoff" | "imprint":
                parts.append(Part(block.role, parts=block.parts))
            case "chart":
                charts += 1
                parts[-1].items.append(("chart", _chart(block.parts, f"chart-{charts}")))
            case "masthead" | "figures":
                pass
            case role:
                parts[-1].items.append((role, html(block.markdown, block.parts.get("spans", ()))))
    return [part for part in parts if part.items or part.label or part.parts]


def _annex(parts: dict) -> dict:
    """An annex's rows as cells: counts share one scale, rates have that of percent; rank and name have no bar."""
    rows = parts["rows"]
    largest = max((cell for row in rows for cell in row[2:] if isinstance(cell, int)), default=0)
    return {
        **parts,
        "cells": [[_cell(cell, largest if at > 1 else 0) for at, cell in enumerate(row)] for row in rows],
    }


def _cell(value: object, largest: int) -> Cell:
    if not largest:
        return Cell(str(value), None)
    if isinstance(value, int):
        return Cell(str(value), round(100 * value / largest, 1))
    rate = re.fullmatch(r"(\d+(?:\.\d+)?)%", str(value))
    return Cell(str(value), min(float(rate[1]), 100) if rate else None)


def _chart(parts: dict, key: str) -> dict:
    return {"id": key, "title": parts["title"], "svg": svg(parts, key)}


def svg(parts: dict, key: str) -> Markup:
    """A chart's SVG for a page: named and described, ids of its own, colours that the page may darken, nothing active.

    A colour #rrggbb becomes var(--c-rrggbb,#rrggbb): the template says what it is on a dark page, and a browser
    that knows no variables of that name, or a printer, shows the colour itself.
    """
    root = ElementTree.fromstring(parts["svg"])
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
    for tag, text in (("desc", parts["description"]), ("title", parts["title"])):
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
    """As pandoc reads for the other formats (paper.MARKDOWN): no raw HTML, so < is a character like any other."""
    markdown = mistune.create_markdown(renderer=_Renderer(), plugins=["table", "strikethrough"])
    markdown.block.rules.remove("raw_html")
    markdown.inline.rules.remove("inline_html")
    # CommonMark does not see **注意：**请看 as strong, for want of spaces around Chinese punctuation; pandoc and editors do.
    markdown.inline.register(
        "wide_strong", r"\*\*(?=[^\s*])(?P<strong_text>[^*\n]*?[^\s*\\])\*\*", _strong, before="emphasis"
    )
    return markdown


def html(markdown: str, spans: Iterable = ()) -> Markup:
    """Markdown as HTML; its figures (start, end, name, value) as <data value>, for programs that read the page."""
    spans = sorted(spans)
    for number, (start, end, _, _) in reversed(list(enumerate(spans))):
        # Private-use characters pass through Markdown as they are; text of the data has none (intake drops them).
        markdown = f"{markdown[:start]}\ue000{number}\ue001{markdown[start:end]}\ue002{markdown[end:]}"

    def opened(match: re.Match) -> str:
        _, _, name, value = spans[int(match[1])]
        return f'<data value="{escape(value)}" data-figure="{escape(name)}">'

    text = re.sub(r"\ue000(\d+)\ue001", opened, _markdown()(markdown))
    return Markup(text.replace("\ue002", "</data>"))


def inline(markdown: str) -> Markup:
    """One line of Markdown as HTML, without the paragraph around it."""
    return Markup(re.sub(r"^<p>(.*)</p>\n?$", r"\1", html(markdown), flags=re.DOTALL))
