"""The printed blocks of an issue as a Word document that an office can finish: the PDF's layout in named styles.

The same Markdown goes through pandoc. Page, styles, faces and page numbers are those of reference.docx, which an office
edits in Word or WPS; a center's own is params/<center>/reference.docx.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from zipfile import is_zipfile

from hotline import profiles, wording
from hotline.blocks import LAST, Block, grid, markdown
from hotline.charts.style import half_widths
from hotline.printing import document, pdf
from hotline.workspace import shown

REFERENCE = pdf.TEMPLATES / "reference.docx"
LINES = {
    "title": "",
    "small-title": "",
    "issue": "",
    "attachment": "附件说明",
    "number": "附件编号",
    "part": "清单题",
    "salute": "抬头",
    "annex": "附件标题",
    "order": "附件次序",
    "warning": "警示",
    "highlights": "要点题",
}
"""A line's style → the name of Word's; pandoc sets title and issue itself, from the document's properties."""
PAIRS = {"masthead": ("报头",), "sign": ("落款单位", "落款日期")}
"""A pair's style, or role → one style for both in one line, or a style each for two lines."""
PARAGRAPHS = {"correction": "更正", "sheet": "督办正文"}
"""A block's role → the style of the free text in it."""
_FITTED, _EDGES = 0.0115, 0.02
"""The shares of a half-width character of a list, and of a cell's two edges."""
CROWDED = 6
"""A table of more columns is set smaller and closer: 密表."""
BREAK = "\ue000"
"""Where blocks.lua breaks the line of a heading; no text of the data has this character."""
_CHARACTERS, _MARGINS = {"wide": 11 * 25.4 / 72, "dense": 9 * 25.4 / 72}, 2 * 80 * 25.4 / 1440
"""A character of a table and of a dense one, and the edges of a cell, as reference.docx has them: mm."""
SHARES = {"rank": 0.07, "count": 0.11, "rate": 0.16}
"""A column's kind → its share of a table's width; names and texts divide what is left."""
DENSE = {"rank": 0.06, "count": 0.08, "rate": 0.121}
"""The same of a dense table: two, three and five characters of a heading."""


def docx(printed: list[Block]) -> bytes:
    """The Word document of the printed blocks; the same blocks give the same bytes."""
    blocks = document.on_paper(printed)
    about, when = document.about(blocks), pdf.publication_moment(blocks)
    with tempfile.TemporaryDirectory(prefix=f"hotline-{os.getpid()}-") as folder:
        out = Path(folder, "out.docx")
        for index, png in _pictures(blocks).items():
            Path(folder, f"hotline-chart-{index}.png").write_bytes(png)
        options = [
            f"--reference-doc={reference(about.get('key'))}",
            f"--resource-path={folder}",
            f"--output={out}",
            f"--metadata=title:{about['title']}",
            f"--metadata=subtitle:{about['issue']}",
            "--metadata=lang:zh-CN",
        ]
        pdf.pandoc(_text(blocks), "docx", *options, SOURCE_DATE_EPOCH=str(int(when.timestamp())))
        return out.read_bytes()


def reference(center: str | None) -> Path:
    """The document whose layout is taken: the center's own, if there is one. PaperError where that is no .docx."""
    own = profiles.reference_path(center) if center else None
    if own and not is_zipfile(own):
        raise pdf.PaperError(
            f"{shown(own)} 不是 Word 文档：请用 Word 或 WPS 另存为 .docx；删去它，就用自带的版式。"
        )
    return own or REFERENCE


def _text(blocks: list[Block]) -> str:
    """The document's Markdown, with marks for what is in a style of its own (see blocks.lua)."""
    sign = pdf.mark(blocks)
    lines = [sign]
    for index, block in enumerate(blocks):
        if block.role == "signoff":
            lines.append(f"{sign} keep")
        if block.place == LAST:
            lines += [f"{sign} frame", *(markdown(each) for each in block.elements), f"{sign} framed"]
        elif block.role == "chart":
            (chart,) = block.elements
            lines += [f"{sign} style 图题", wording.escape(chart["caption"])]
            lines += [
                f"{sign} chart {index} {pdf.size(chart['svg'])[0]:.4g}",
                wording.escape(pdf.described(chart)),
            ]
        else:
            lines.append(f"{sign} open {block.role} {PARAGRAPHS.get(block.role, '')}".rstrip())
            for element in block.elements:
                lines += _element(element, block.role, sign)
            lines += [f"{sign} keep"] if block.role == "article" else []
            lines.append(f"{sign} close")
    return "\n\n".join([*lines, ""])


def _element(element: dict, role: str, sign: str) -> list[str]:
    """An element as paragraphs of Markdown, each after the mark that says its style."""

    def styled(name: str, text: str) -> list[str]:
        return [f"{sign} style {name}", wording.escape(text)] if name and text else []

    match element["kind"]:
        case "line":
            return styled(LINES.get(element["style"] or role, "Body Text"), element["text"])
        case "pair":
            texts = [line["text"] for line in element["lines"]]
            names = PAIRS.get(element["style"] or role, PAIRS["masthead"])
            if len(names) == 1:
                return [f"{sign} tab {names[0]}", *(wording.escape(text) or "\\ " for text in texts)]
            return [part for name, text in zip(names, texts, strict=True) for part in styled(name, text)]
        case "group":
            return [part for line in element["lines"] for part in styled("Body Text", line["text"])]
        case "cards":
            return [
                f"{sign} cards {_shares(['text'] * len(element['items']))}",
                grid(_as_table(element)),
            ]
        case "table":
            above = [part for line in element["caption"] for part in _element(line, role, sign)]
            shares = _shares(element["kinds"], _fitted(element))
            verb = element.get("style") or ("dense" if len(element["columns"]) > CROWDED else "wide")
            cells = [
                f"{sign} {verb} {shares}",
                grid(_broken(element, shares, _CHARACTERS[verb]) if verb in _CHARACTERS else element),
            ]
            return [*above, *cells, *styled("备注", element["remark"])]
    return [markdown(element)]


def _broken(table: dict, shares: str, character: float) -> dict:
    """A table with its headings in the lines that fit, between their words; a character is so many mm wide."""
    heads = []
    for heading, share in zip(table["columns"], shares.split(), strict=True):
        room, lines = (float(share) * pdf.WIDTH - _MARGINS) / character, [""]
        for piece in document.pieces(heading):
            if lines[-1] and half_widths(lines[-1] + piece) > 2 * room:
                lines.append("")
            lines[-1] += piece
        heads.append(BREAK.join(lines))
    return table | {"columns": heads}


def _as_table(cards: dict) -> dict:
    """Cards as a table: their names over their values over their notes."""
    names, values, notes = ([card[key] for card in cards["items"]] for key in ("name", "value", "note"))
    return {"columns": names, "kinds": ["rank"] * len(names), "rows": [values, notes]}


def _shares(column_kinds: list[str], fitted: Mapping[int, float] = MappingProxyType({})) -> str:
    """The columns' shares of the width, those of `fitted` given; where there are many, each is narrower, and a sixth is left
    for the names."""
    shares = DENSE if len(column_kinds) > CROWDED else SHARES
    given = [fitted.get(at, shares.get(kind, 0)) for at, kind in enumerate(column_kinds)]
    free, fixed = given.count(0), sum(given)
    closer = min(1, 0.83 / fixed) if free and fixed else 1
    left = 1 - fixed * closer
    return " ".join(f"{share * closer if share else left / free:.4g}" for share in given)


def _fitted(table: dict) -> dict[int, float]:
    """The shares of the columns that are as wide as their longest cell: column → share."""
    cells = [table["columns"], *table["rows"]]
    return {
        at: max(_FITTED * half_widths(str(row[at])) for row in cells) + _EDGES
        for at, kind in enumerate(table["kinds"])
        if kind == "fit"
    }


def _pictures(blocks: list[Block]) -> dict[int, bytes]:
    """The charts as PNG, 156 mm wide at 200 dots an inch, drawn by Typst with the packaged fonts."""
    drawings = {index: block.elements[0]["svg"] for index, block in pdf.charts(blocks)}
    if not drawings:
        return {}
    source = (
        "#set page(width: 156mm, height: auto, margin: 0pt)\n"
        "#for (at, key) in json(bytes(sys.inputs.keys)).enumerate() {\n"
        "  if at > 0 { pagebreak() }\n"
        '  image(bytes(sys.inputs.at(key)), format: "svg", width: 100%)\n}\n'
    )
    inputs = {f"chart-{index}": svg for index, svg in drawings.items()}
    inputs["keys"] = json.dumps(list(inputs))
    # A picture says nothing of a character that it could not draw: PDF/A does.
    pdf.compiled(source, inputs, blocks, format="pdf", pdf_standards=["a-2b"])
    pngs = pdf.compiled(source, inputs, blocks, format="png", ppi=200)
    return dict(zip(drawings, pngs if isinstance(pngs, list) else [pngs], strict=True))
