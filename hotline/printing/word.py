"""The printed blocks of an issue as a Word document that an office can finish: the PDF's layout in named styles.

The same Markdown goes through pandoc. Its reference document is pandoc's own with the parts below put in: styles,
page, page numbers on outer edges, settings. East Asian faces are set as such, for Word asks for them separately.
"""

import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from hotline import wording
from hotline.printing import pdf
from hotline.printing.document import Block, first

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
FACES = {
    "fang": "仿宋_GB2312",
    "hei": "黑体",
    "kai": "楷体_GB2312",
    "title": "方正小标宋简体",
    "song": "宋体",
}
"""The office faces of GB/T 9704-2012, by the names that Word and WPS know."""
_OTHERWISE = {
    "仿宋_GB2312": "仿宋",
    "楷体_GB2312": "楷体",
    "方正小标宋简体": "宋体",
    "黑体": "SimHei",
    "宋体": "SimSun",
}
_FULL = '<w:spacing w:before="0" w:after="0" w:line="580" w:lineRule="exact"/>'
_FREE = '<w:snapToGrid w:val="0"/>'
_LOOSE = f'{_FREE}<w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/>'
_INDENT = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
_FLUSH = '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
_CENTER, _LEFT, _BOTH = '<w:jc w:val="center"/>', '<w:jc w:val="left"/>', '<w:jc w:val="both"/>'
_RIGHT_TAB = '<w:tabs><w:tab w:val="right" w:pos="{}"/></w:tabs>'
# 28 characters of 16 pt in 156 mm: a fifth of a point less each.
_DENSE = '<w:spacing w:val="-4"/>'
RED = "D7000F"


def _border(**sides: tuple[int, str]) -> str:
    """Paragraph borders; a thickness is in eighths of a point: 8 is 0.35 mm, 6 about 0.25 mm."""
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="1" w:color="{colour}"/>'
        for side, (size, colour) in sides.items()
    )
    return f"<w:pBdr>{lines}</w:pBdr>"


_THICK, _THIN = (8, "auto"), (6, "auto")
_KEEP = "<w:keepNext/>"
# id, name, based on, face, half-points, paragraph properties (in the schema's order), run properties
STYLES = (
    ("Normal", "Normal", None, "fang", 32, f"{_FULL}{_BOTH}", ""),
    ("BodyText", "Body Text", "Normal", "fang", 32, _INDENT, _DENSE),
    ("FirstParagraph", "First Paragraph", "BodyText", "fang", 32, "", _DENSE),
    ("Compact", "Compact", "Normal", "fang", 32, "", ""),
    ("BlockText", "Block Text", "BodyText", "kai", 32, "", ""),
    ("SourceCode", "Source Code", "Normal", "fang", 28, "", ""),
    ("Title", "Title", "Normal", "title", 108, f'{_KEEP}{_FREE}<w:spacing w:before="200" w:after="0" w:line="240" w:lineRule="auto"/>{_CENTER}', f'<w:color w:val="{RED}"/><w:spacing w:val="180"/>'),
    ("Subtitle", "Subtitle", "Normal", "fang", 32, f"{_KEEP}{_CENTER}", ""),
    ("Masthead", "报头", "Normal", "fang", 32, f'{_border(bottom=(12, RED))}{_RIGHT_TAB.format(8845)}<w:spacing w:before="0" w:after="290" w:line="580" w:lineRule="exact"/>', ""),
    ("Heading1", "heading 1", "Normal", "hei", 32, f'{_KEEP}<w:keepLines/>{_LEFT}<w:outlineLvl w:val="0"/>', ""),
    ("Heading2", "heading 2", "Normal", "kai", 32, f'{_KEEP}<w:keepLines/>{_INDENT}{_LEFT}<w:outlineLvl w:val="1"/>', "<w:b/>"),
    ("Heading3", "heading 3", "Normal", "hei", 32, f'{_KEEP}<w:keepLines/>{_INDENT}{_LEFT}<w:outlineLvl w:val="2"/>', ""),
    ("Heading4", "heading 4", "Normal", "kai", 32, f'{_KEEP}<w:keepLines/>{_INDENT}{_LEFT}<w:outlineLvl w:val="3"/>', ""),
    ("Heading5", "heading 5", "Normal", "fang", 32, f'{_KEEP}<w:keepLines/>{_INDENT}{_LEFT}<w:outlineLvl w:val="4"/>', "<w:b/>"),
    ("ArticleTitle", "文章题目", "Heading2", "title", 36, f"{_FLUSH}{_CENTER}", '<w:b w:val="0"/>'),
    ("Correction", "更正", "BodyText", "kai", 32, f'{_border(left=(16, RED))}', ""),
    ("ChartTitle", "图题", "Normal", "hei", 24, f'{_KEEP}{_FREE}<w:spacing w:before="120" w:after="0" w:line="240" w:lineRule="auto"/>{_CENTER}', ""),
    ("Chart", "图", "Normal", "fang", 24, f'{_FREE}<w:spacing w:before="0" w:after="160" w:line="240" w:lineRule="auto"/>{_CENTER}', ""),
    ("LastParagraph", "文末段", "BodyText", "fang", 32, f"{_KEEP}<w:keepLines/>", _DENSE),
    ("Attachment", "附件说明", "BodyText", "fang", 32, f'{_KEEP}<w:spacing w:before="580" w:after="0" w:line="580" w:lineRule="exact"/>{_INDENT}<w:contextualSpacing/>', ""),
    ("SignCenter", "落款单位", "Normal", "fang", 32, f'{_KEEP}<w:spacing w:before="580" w:after="0" w:line="580" w:lineRule="exact"/><w:ind w:left="3400"/>{_LEFT}', ""),
    ("SignDate", "落款日期", "Normal", "fang", 32, f'<w:ind w:left="4040"/>{_LEFT}', ""),
    ("AnnexNumber", "附件编号", "Normal", "hei", 32, f"{_KEEP}<w:pageBreakBefore/>{_LEFT}", ""),
    ("AnnexTitle", "附件标题", "Heading1", "title", 44, f'<w:spacing w:before="0" w:after="0" w:line="700" w:lineRule="exact"/>{_CENTER}', ""),
    ("AnnexOrder", "附件次序", "Normal", "kai", 28, f"{_KEEP}{_CENTER}", ""),
    ("CellText", "表文", "Normal", "fang", 22, f'{_FREE}<w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/>', ""),
    ("CellHead", "表头", "CellText", "hei", 22, f"{_KEEP}{_CENTER}", ""),
    ("Remark", "备注", "Normal", "fang", 22, f'{_FREE}<w:spacing w:before="80" w:after="0" w:line="300" w:lineRule="auto"/>', ""),
    ("Imprint", "版记", "Normal", "fang", 28, f'{_LOOSE}<w:ind w:left="560" w:hanging="560"/>', ""),
    ("Anchor", "版记后", "Normal", "fang", 2, f'{_FREE}<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>', ""),
    ("Footer", "footer", "Normal", "song", 28, f'{_LOOSE}<w:ind w:left="280" w:right="280"/>', ""),
)  # fmt: skip


def docx(blocks: list[Block]) -> bytes:
    """The Word document of the printed blocks; the same blocks give the same bytes."""
    blocks = [block for block in pdf.imprint_last(blocks) if block.role != "note"]
    masthead, when = first(blocks, "masthead"), pdf.published(blocks)
    with tempfile.TemporaryDirectory(prefix="hotline-") as folder:
        reference, out = Path(folder, "reference.docx"), Path(folder, "out.docx")
        reference.write_bytes(_reference())
        for index, png in _pictures(blocks).items():
            Path(folder, f"hotline-chart-{index}.png").write_bytes(png)
        options = [f"--reference-doc={reference}", f"--resource-path={folder}", f"--output={out}"]
        options += [
            f"--metadata=title:{masthead.get('title', '热线周报')}",
            f"--metadata=subtitle:{masthead.get('issue', '')}",
        ]
        options += ["--metadata=lang:zh-CN"]
        pdf.pandoc(_text(blocks), "docx", *options, SOURCE_DATE_EPOCH=str(int(when.timestamp())))
        return out.read_bytes()


def _text(blocks: list[Block]) -> str:
    """The document's Markdown, with marks for what is in a style of its own (see blocks.lua)."""
    mark, text = pdf.mark(blocks), []

    def styled(name: str, *lines: str) -> None:
        for line in filter(None, lines):
            text.extend((f"{mark} style {name}", wording.escape(line)))

    def tabbed(name: str, left: str, right: str) -> None:
        text.extend((f"{mark} tab {name}", wording.escape(left) or "\\ ", wording.escape(right) or "\\ "))

    for index, block in enumerate(blocks):
        parts = block.parts
        match block.role:
            case "heading":
                text.append(f"{'#' * block.level} {block.markdown}")
            case "masthead":
                tabbed("报头", parts["center"], parts["date"])
            case "article" | "correction":
                text += [f"{mark} open {block.role}", block.markdown, f"{mark} close"]
            case "chart":
                styled("图题", parts["title"])
                text += [f"{mark} chart {index}", wording.escape(pdf.described(parts))]
            case "signoff":
                styled("附件说明", *parts["attachments"])
                styled("落款单位", parts["center"])
                styled("落款日期", parts["date"])
            case "annex":
                styled("附件编号", f"附件{parts['number']}:")
                styled("附件标题", parts["title"])
                styled("附件次序", parts["order"])
                text += [f"{mark} wide", wording.table(parts["rows"], parts["columns"])]
                styled("备注", parts["remark"])
            case "imprint":
                text += [
                    f"{mark} imprint",
                    *_told(parts),
                    wording.escape(parts["office"]),
                    wording.escape(f"{parts['date']}印发"),
                ]
                text += [f"{mark} printed"]
            case _:
                text.append(block.markdown)
    return "\n\n".join([mark, *text, ""])


def _told(parts: dict) -> list[str]:
    told = (("报", parts["report_to"]), ("送", parts["send_to"]))
    return [wording.escape(f"{word}: {names}") for word, names in told if names]


def _pictures(blocks: list[Block]) -> dict[int, bytes]:
    """The charts as PNG, 156 mm wide at 200 dots an inch, drawn by Typst with the packaged fonts."""
    charts = {index: block.parts["svg"] for index, block in enumerate(blocks) if block.role == "chart"}
    if not charts:
        return {}
    source = (
        "#set page(width: 156mm, height: auto, margin: 0pt)\n"
        "#for (at, key) in json(bytes(sys.inputs.keys)).enumerate() {\n"
        "  if at > 0 { pagebreak() }\n"
        '  image(bytes(sys.inputs.at(key)), format: "svg", width: 100%)\n}\n'
    )
    inputs = {f"chart-{index}": svg for index, svg in charts.items()}
    inputs["keys"] = json.dumps(list(inputs))
    # A picture says nothing of a character that it could not draw: PDF/A does.
    pdf.compiled(source, inputs, blocks, format="pdf", pdf_standards=["a-2b"])
    pngs = pdf.compiled(source, inputs, blocks, format="png", ppi=200)
    return dict(zip(charts, pngs if isinstance(pngs, list) else [pngs], strict=True))


@cache
def _reference() -> bytes:
    """pandoc's reference document with our page, styles and page numbers."""
    base = zipfile.ZipFile(io.BytesIO(pdf.default_reference()))
    parts = {name: base.read(name) for name in base.namelist()}
    parts |= {name: text.encode() for name, text in _parts(parts["word/settings.xml"].decode()).items()}
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>'
        for name in ("footer1", "footer2")
    ).encode() + b"</Types>")  # fmt: skip
    rels = "word/_rels/document.xml.rels"
    parts[rels] = parts[rels].replace(b"</Relationships>", "".join(
        f'<Relationship Type="{_OFFICE}/footer" Id="rIdF{number}" Target="footer{number}.xml"/>' for number in (1, 2)
    ).encode() + b"</Relationships>")  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _parts(settings: str) -> dict[str, str]:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    fonts = "".join(
        f'<w:font w:name="{face}"><w:altName w:val="{_OTHERWISE[face]}"/></w:font>' for face in FACES.values()
    )
    # The type area is 156 × 225 mm, 22 lines of 28 characters; the page number's dash stands 7 mm below it.
    page = (
        '<w:sectPr><w:footerReference w:type="default" r:id="rIdF1"/><w:footerReference w:type="even" r:id="rIdF2"/>'
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1587" w:header="851" w:footer="1332" w:gutter="0"/>'
        '<w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr>'
    )
    return {
        "word/styles.xml": f"{head}<w:styles {_W}>{_defaults()}{''.join(map(_style, STYLES))}{_TABLE}</w:styles>",
        "word/document.xml": f"{head}<w:document {_W} {_R}><w:body><w:p/>{page}</w:body></w:document>",
        "word/footer1.xml": f"{head}{_footer('right')}",
        "word/footer2.xml": f"{head}{_footer('left')}",
        "word/fontTable.xml": f"{head}<w:fonts {_W}>{fonts}</w:fonts>",
        "word/settings.xml": settings.replace(
            "<w:defaultTabStop", "<w:evenAndOddHeaders/><w:defaultTabStop", 1
        ),
    }


def _run(face: str, size: int, more: str = "") -> str:
    name = FACES[face]
    fonts = f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}"/>'
    # The schema wants bold before colour and spacing, and those before size.
    return f'<w:rPr>{fonts}{more}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'


def _defaults() -> str:
    run = _run("fang", 32).replace(
        "</w:rPr>", '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr>'
    )
    return f"<w:docDefaults><w:rPrDefault>{run}</w:rPrDefault><w:pPrDefault/></w:docDefaults>"


def _style(style: tuple) -> str:
    key, name, based, face, size, paragraph, run = style
    default = ' w:default="1"' if key == "Normal" else ""
    parent = f'<w:basedOn w:val="{based}"/>' if based else ""
    after = '<w:next w:val="BodyText"/>' if key.startswith("Heading") else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}"{default}><w:name w:val="{name}"/>{parent}{after}<w:qFormat/>'
        f"<w:pPr>{paragraph}</w:pPr>{_run(face, size, run)}</w:style>"
    )


_TABLE = (
    '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/></w:style>'
    '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/></w:style>'
    '<w:style w:type="character" w:styleId="VerbatimChar"><w:name w:val="Verbatim Char"/></w:style>'
    '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:tblPr><w:tblCellMar>'
    '<w:left w:w="80" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    '<w:style w:type="table" w:styleId="Table"><w:name w:val="Table"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:jc w:val="center"/>'
    '<w:tblBorders><w:top w:val="single" w:sz="8"/><w:bottom w:val="single" w:sz="8"/><w:insideH w:val="single" w:sz="2" w:color="AAAAAA"/>'
    '</w:tblBorders></w:tblPr><w:trPr><w:cantSplit/></w:trPr>'
    '<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="6" w:color="auto"/></w:tcBorders></w:tcPr>'
    "</w:tblStylePr></w:style>"
)  # fmt: skip


def _footer(side: str) -> str:
    field = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    field += '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    text = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'
    return (
        f'<w:ftr {_W}><w:p><w:pPr><w:pStyle w:val="Footer"/><w:jc w:val="{side}"/></w:pPr>'
        f"{text.format('— ')}{field}{text.format(' —')}</w:p></w:ftr>"
    )
