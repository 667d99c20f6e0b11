"""The printed blocks of an issue on paper: Markdown → pandoc → Typst → PDF, and → Word.

pandoc runs as a process of its own for each document; Typst's compiler stays. Fonts come from a package, and an
office's own faces go first where the machine has them.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import takewhile
from pathlib import Path

from hotline import HotlineError
from hotline.blocks import LAST, PAGE, Block
from hotline.printing import document
from hotline.workspace import printable

TEMPLATES = Path(__file__).parent / "templates" / "paper"
MARKDOWN = (
    "markdown_strict+pipe_tables+all_symbols_escapable+backtick_code_blocks+strikeout"
    "+lists_without_preceding_blankline+space_in_atx_header+intraword_underscores-raw_html"
)
"""What an editor may write; nothing that could reach the output as markup of another kind."""
PANDOC_SECONDS = 60
PANDOC_MEMORY = 1024
"""MiB. Both are for one document: an ordinary one takes a tenth of a second and 60 MiB."""
_HEAP_EXHAUSTED = 251
WIDTH, HIGHEST = 156, 200
"""How wide a drawing is on paper, and how high it may be, with room for its caption: mm."""
STANDARDS = ["a-2b", "ua-1"]
FACES = {
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "Noto Serif SC"),
    "fang": ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "Noto Serif SC"),
    "hei": ("SimHei", "Noto Sans SC"),
    "kai": ("KaiTi_GB2312", "楷体_GB2312", "KaiTi", "Noto Serif SC"),
    "song": ("SimSun", "Noto Serif SC"),
}
"""What GB/T 9704-2012 sets each thing in: the office's face first, the packaged one last."""
_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


class PaperError(HotlineError):
    """The PDF or Word file cannot be made; the message, in Chinese, says why and what to do."""


def pdf(printed: list[Block]) -> bytes:
    """The PDF (PDF/A-2b and PDF/UA-1) of the printed blocks; the same blocks and faces give the same bytes."""
    blocks = document.on_paper(printed)
    text = pandoc(_typst_text(blocks), "typst").decode()
    about, when = document.about(blocks), publication_moment(blocks)
    inputs = {
        "title": " ".join(filter(None, (about["title"], about["issue"]))),
        "author": about["center"],
        "year": str(when.year),
        "month": str(when.month),
        "day": str(when.day),
        "faces": json.dumps(_faces()),
        "blocks": json.dumps(_for_typst(blocks)),
        **{f"chart-{at}": block.elements[0]["svg"] for at, block in charts(blocks)},
    }
    source = (TEMPLATES / "bulletin.typ").read_text(encoding="utf-8") + text
    options = {"format": "pdf", "pdf_standards": STANDARDS, "timestamp": int(when.timestamp())}
    return compiled(source, inputs, blocks, **options)


def compiled(source: str, inputs: dict[str, str], blocks: list[Block], **options) -> bytes | list[bytes]:
    """What Typst makes of a source, with our fonts. PaperError where it cannot, a character without a glyph included.

    Where a chart stands depends on those before it. Typst follows five such steps; after that its pages, and their numbers,
    are of no one layout. Such a document is set again with each chart's way given.
    """
    import typst

    try:
        made, warnings = _compiler().compile_with_warnings(source.encode(), sys_inputs=inputs, **options)
        if any("did not converge" in warning.message for warning in warnings):
            given = {"settled": _ways(source, inputs)}
            made = _compiler().compile(source.encode(), sys_inputs=inputs | given, **options)
        return made
    except typst.TypstError as error:
        said = re.findall(
            r'the text `"(.+?)"` could not be displayed', f"{error.message}\n{error.diagnostic}"
        )
        # A character that no page shows is written as \u{1b}.
        unknown = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), "".join(said))
        raise PaperError(
            _without_glyph(unknown, blocks) if unknown else f"Typst 未能排出版面：{error.diagnostic}"
        ) from None


def _ways(source: str, inputs: dict[str, str]) -> str:
    """The charts' ways (see bulletin.typ) as JSON: asked until none would change, which takes a step a chart at most."""
    import typst

    ways, before = "{}", ""
    while ways != before:
        given = inputs | {"settled": ways}
        document = typst.Compiler(
            source.encode(), font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=given
        )
        before, charts = ways, json.loads(document.query("<way>", field="value"))
        ways = json.dumps({chart["key"]: chart["way"] for chart in charts})
    return ways


def _without_glyph(unknown: str, blocks: list[Block]) -> str:
    """Which characters no font can show, and where each stands first."""
    places, heading = {}, "报头"
    for block in blocks:
        heading = _title(block) or heading
        for text in _texts(block.elements):
            for character in set(unknown).intersection(text) - places.keys():
                at = text.find(character)
                around = printable("".join(text[max(at - 8, 0) : at + 8].split()))
                places[character] = (
                    f"“{printable(character)}”（U+{ord(character):04X}，在“{heading}”的“…{around}…”处）"
                )
    named = "；".join(places[character] for character in sorted(places)) or f"“{unknown}”"
    return f"字体里没有这些字，不能排版：{named}。请改用别的字；确需这些字的，可只输出 HTML。"


def _title(block: Block) -> str:
    """What a message calls the place: a heading's text, a chart's title, an annex's label."""
    if block.role == "heading":
        return document.plain(block.elements[0]["markdown"])
    return block.elements[0]["title"] if block.role == "chart" else block.label


def _texts(value: object) -> Iterator[str]:
    """Every text in a block's elements; of a chart's drawing, what it writes."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield from re.findall(r">([^<]+)<", value) if value.startswith("<svg") else [value]


def publication_moment(blocks: list[Block]) -> datetime:
    """The issue's date at midnight UTC: a document's only date, so that its bytes do not depend on the clock."""
    date = _DATE.fullmatch(document.about(blocks)["date"])
    return datetime(*map(int, date.groups()), tzinfo=UTC) if date else datetime(2000, 1, 1, tzinfo=UTC)


def _typst_text(blocks: list[Block]) -> str:
    """The Markdown whose Typst is the document's body: free text, and a call for each block, or element, of ours."""
    sign = mark(blocks)
    lines = [sign]
    for index, block in enumerate(blocks):
        kinds = {element["kind"] for element in block.elements}
        if block.role == "signoff":
            lines.append(f"{sign} keep")
        if block.role in ("heading", "text"):
            lines.append(block.markdown)
        elif "text" not in kinds:
            lines.append(f"{sign} call {index}")
        else:
            lines.append(f"{sign} open {block.role}")
            for at, element in enumerate(block.elements):
                lines.append(
                    element["markdown"] if element["kind"] == "text" else f"{sign} call {index} {at}"
                )
            lines += [f"{sign} keep"] if block.role == "article" else []
            lines.append(f"{sign} close")
    return "\n\n".join([*lines, ""])


def charts(blocks: list[Block]) -> list[tuple[int, Block]]:
    """The charts, each with its place in the document."""
    return [(at, block) for at, block in enumerate(blocks) if block.role == "chart"]


def mark(blocks: list[Block]) -> str:
    """A word that occurs in no block's text: it sets what we say to the filter apart from what an editor wrote."""
    word = "hotlinemark"
    while any(word in str(block.elements) for block in blocks):
        word += "x"
    return word


def pandoc(markdown: str, to: str, *options: str, **environment: str) -> bytes:
    """What pandoc makes of Markdown, through our filter."""
    filtered = ["--lua-filter", str(TEMPLATES / "blocks.lua")]
    command = [_pandoc_path(), "+RTS", f"-M{PANDOC_MEMORY}m", "-RTS"]
    command += ["--from", MARKDOWN, "--to", to, "--wrap=none", *filtered, *options]
    try:
        ended = _run(command, markdown.encode(), os.environ | environment)
    except subprocess.TimeoutExpired:
        raise PaperError(_too_much(markdown, f"{PANDOC_SECONDS} 秒")) from None
    if ended.returncode == _HEAP_EXHAUSTED:
        raise PaperError(_too_much(markdown, f"{PANDOC_MEMORY} MiB 内存"))
    if ended.returncode:
        raise PaperError(f"pandoc 未能排出正文：{ended.stderr.decode(errors='replace').strip()}")
    return ended.stdout


def _run(command: list[str], given: bytes, environment: dict[str, str]) -> subprocess.CompletedProcess:
    """Run pandoc with `given` on its standard input."""
    return subprocess.run(
        command, input=given, capture_output=True, env=environment, check=False, timeout=PANDOC_SECONDS
    )


def _too_much(markdown: str, limit: str) -> str:
    longest = max(markdown.splitlines(), key=len)
    return (
        f"pandoc 排正文超过了 {limit}，没有排完：最长的一段有 {len(longest)} 字，以“{longest[:10]}”开头。"
        "请改短或分段，去掉成串的符号。"
    )


def _for_typst(blocks: list[Block]) -> list[dict]:
    """The blocks' roles and elements. A chart's drawing goes apart: how wide and high it is, in mm, and what follows, is said instead."""
    given = [{"role": block.role, "elements": [*map(_with_heads, block.elements)]} for block in blocks]
    for at, block in enumerate(blocks):
        if block.place == PAGE:
            given[at]["after"] = _after(blocks, at)
    for at, block in charts(blocks):
        (chart,) = block.elements
        width, height = size(chart["svg"])
        following = blocks[at + 1] if at + 1 < len(blocks) else None
        given[at]["elements"] = [
            {
                "kind": "chart",
                "key": f"chart-{at}",
                "title": chart["caption"],
                "alt": described(chart),
                "width": width,
                "height": height,
                "floats": bool(following and following.role in ("text", "correction")),
                "signed": bool(following and following.role == "signoff"),
                "last": at + 1 if following and following.place == LAST else None,
            }
        ]
    return given


def _with_heads(element: dict) -> dict:
    """A table with its headings as their pieces."""
    columns = element.get("columns", ())
    return element | {"heads": [*map(document.pieces, columns)]} if columns else element


def _after(blocks: list[Block], at: int) -> dict:
    """What stands below an annex on its last page: how high its charts are, in mm, and where the imprint is."""
    following = list(takewhile(lambda block: block.place not in (PAGE, LAST), blocks[at + 1 :]))
    heights = [size(block.elements[0]["svg"])[1] for _, block in charts(following)]
    end = at + 1 + len(following)
    return {"heights": heights, "last": end if end < len(blocks) and blocks[end].place == LAST else None}


def described(chart: dict) -> str:
    """What a chart says to who cannot see it: PDF/UA and Word want one text."""
    return "：".join(filter(None, (chart["caption"], chart["description"])))


def size(svg: str) -> tuple[float, float]:
    """How wide and how high a drawing stands on paper, in mm: as wide as the text, if it is no higher than a page then."""
    box = re.search(r'viewBox="[\d.-]+[ ,]+[\d.-]+[ ,]+([\d.]+)[ ,]+([\d.]+)"', svg)
    across, down = map(float, box.groups()) if box else (16, 9)
    width = min(WIDTH, HIGHEST * across / down)
    return width, width * down / across


def ready() -> None:
    """Find pandoc and read Typst's fonts: what a process does once, done now."""
    _pandoc_path(), _faces(), _compiler()


@cache
def _pandoc_path() -> str:
    import pypandoc

    try:
        return pypandoc.get_pandoc_path()
    except OSError:
        raise PaperError(
            "找不到 pandoc：请安装 pypandoc-binary（make report 会装好），或只输出 HTML。"
        ) from None


@cache
def _fonts():
    """The packaged fonts, and the machine's own only if an office face is among them: else every machine is alike."""
    import pylopdf_fonts_zh_cn
    import typst

    packaged = [str(Path(pylopdf_fonts_zh_cn.sans_path()).parent)]
    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=packaged)
    office = {face for faces in FACES.values() for face in faces[:-1]}
    if office.isdisjoint(fonts.families()):
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=packaged)
    return fonts


@cache
def _faces() -> dict[str, list[str]]:
    here = set(_fonts().families())
    return {use: [face for face in faces if face in here] for use, faces in FACES.items()}


@cache
def _compiler():
    import typst

    return typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
