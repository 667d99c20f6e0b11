"""The pieces of a bulletin, each described once: what it says and in which order, for every format alike.

A block has a role (masthead, annex, …), a place in the issue, and elements. An element is a plain dict of one of the
kinds below, as it lies in the notebook's metadata. Each format renders elements by their kind: hotline.printing's HTML
template, bulletin.typ and word.py, and `markdown` below for Lab. So a new block is one function here; where it shall
look like nothing before it, its styles are added to the style sheet, to bulletin.typ and to reference.docx.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

from hotline import wording

TOP, SECTION, AFTER, PAGE, LAST = "top", "section", "after", "page", "last"
"""Where a block stands: under the title, in its section, after the sections, on a new page and in the contents, or
at the end of the printed document. All but `section` belong to the issue as a whole."""
_ALIGN = {"rank": ":-:", "name": ":--", "text": ":--", "fit": ":--", "count": "--:", "rate": "--:"}


def line(text: str, style: str = "", level: int = 0) -> dict:
    """One line of plain text; `level` is that of a heading, 0 for none."""
    return {"kind": "line", "text": text, "style": style, "level": level}


def pair(left: dict, right: dict, style: str = "") -> dict:
    """Two lines that stand together: side by side, unless the style sets one under the other."""
    return {"kind": "pair", "lines": [left, right], "style": style}


def group(style: str, texts: Iterable[str]) -> dict:
    """Lines of one style that are kept together."""
    return {"kind": "group", "lines": [line(text) for text in texts], "style": style}


def card(name: str, value: str, note: str = "") -> dict:
    """One of the few figures at the top of an issue: 受理诉求, 1909件, 较上周增加17.40%."""
    return {"name": name, "value": value, "note": note}


def cards(items: Iterable[dict], title: str, paper: bool = True) -> dict:
    """A row of cards; shown in Lab and on the page, and on paper if `paper`."""
    return {"kind": "cards", "items": list(items), "title": title, "paper": paper}


def table(
    columns: dict[str, str],
    rows: Iterable[Iterable[object]],
    caption: Iterable[dict] = (),
    remark: str = "",
    style: str = "",
    beside: dict[str, list[str]] | None = None,
) -> dict:
    """A table. `columns`: heading → kind (rank, name, text, count, rate; fit is as wide as its longest cell); `caption`: the
    lines above it. A `list` is set smaller and closer. `beside`: heading → what a page says beside each cell of a column,
    which is no text of the issue: how many a rate is of."""
    more = {"beside": beside} if beside else {}
    return more | {
        "kind": "table",
        "columns": list(columns),
        "kinds": list(columns.values()),
        "rows": [[cell.item() if hasattr(cell, "item") else cell for cell in row] for row in rows],
        "caption": list(caption),
        "remark": remark,
        **({"style": style} if style else {}),
    }


def in_two_columns(table: dict) -> dict:
    """A narrow table with the second half of its rows beside the first; one of a single row stays as it is."""
    rows = table["rows"]
    if len(rows) < 2:
        return table
    half = -(-len(rows) // 2)
    empty = [""] * len(table["columns"])
    pairs = [[*left, *right] for left, right in zip_longest(rows[:half], rows[half:], fillvalue=empty)]
    return table | {"columns": table["columns"] * 2, "kinds": table["kinds"] * 2, "rows": pairs, "halves": 2}


def text(markdown: str, spans: Iterable = ()) -> dict:
    """Markdown, an editor's or an analyst's; what it holds from the data is escaped already.

    `spans` are where figures stand in it: (start, end, name, value).
    """
    return {"kind": "text", "markdown": markdown, **({"spans": list(spans)} if spans else {})}


def heading(markdown: str, level: int) -> dict:
    """A section's heading, inline Markdown."""
    return {"kind": "heading", "markdown": markdown, "level": level}


def chart(title: str, description: str, svg: str, data: Iterable[dict] = (), narrow: str = "") -> dict:
    """A drawing, and the same for a narrow page, if there is one, with what it shows in words, and as tables (see there;
    a remark is such a table's own title). Where it is printed, its caption has a number (hotline.printing.document)."""
    drawn = {"kind": "chart", "title": title, "caption": title, "description": description, "svg": svg}
    drawn |= {"narrow": narrow} if narrow else {}
    return {**drawn, "data": list(data)} if data else drawn


@dataclass(frozen=True)
class Block:
    """A piece of the bulletin. `label`: its entry in the contents; `about`: facts of the issue that are not laid out here."""

    role: str
    elements: list[dict]
    place: str = SECTION
    label: str = ""
    about: dict = field(default_factory=dict)

    @property
    def markdown(self) -> str:
        """The block as Lab shows it."""
        return "\n\n".join(filter(None, map(markdown, self.elements)))

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.bundle()

    def bundle(self) -> tuple[dict, dict]:
        """The data and metadata of the output that shows this block in a notebook."""
        data = {"text/markdown": self.markdown, "text/plain": self.markdown}
        about = {key: value for key, value in vars(self).items() if value}
        if [element["kind"] for element in self.elements] == ["text"]:
            del about["elements"]  # the Markdown says it all
        return data, {"hotline": about}


def markdown(element: dict) -> str:
    """An element as Markdown that shows its texts exactly."""
    match element["kind"]:
        case "line":
            return ("# " if element["level"] == 1 else "") + wording.escape(element["text"])
        case "pair" | "group":
            return "\n\n".join(map(markdown, element["lines"]))
        case "cards":
            notes = [f"（{item['note']}）" if item["note"] else "" for item in element["items"]]
            said = [
                f"{item['name']}{item['value']}{note}"
                for item, note in zip(element["items"], notes, strict=True)
            ]
            return wording.escape("，".join(said))
        case "table":
            above = [markdown(each) for each in element["caption"]]
            return "\n\n".join(filter(None, [*above, grid(element), wording.escape(element["remark"])]))
        case "heading":
            return f"{'#' * element['level']} {element['markdown']}"
        case "text":
            return element["markdown"]
    return ""


def grid(element: dict) -> str:
    """A table's cells as a Markdown pipe table."""
    lines = [map(wording.escape, element["columns"]), (_ALIGN[kind] for kind in element["kinds"])]
    lines += [map(wording.escape, row) for row in element["rows"]]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def masthead(
    title: str, issue: str, center: str, date: str, summary: Iterable[dict] = (), paper: bool = True, **about
) -> Block:
    """报头: title, issue, center, date, and a few figures. `about`: the data's cutoff and version, for the page's foot."""
    lines = [line(title, "title", 1), line(issue, "issue"), pair(line(center, "center"), line(date, "date"))]
    figures = [cards(summary, "本期要数", paper)] if summary else []
    about = {"title": title, "issue": issue, "center": center, "date": date, **about}
    return Block("masthead", lines + figures, TOP, about=about)


def warning(sentence: str) -> Block:
    """A line under the masthead that no reader may miss: 数据不完整……"""
    return Block("warning", [line(sentence)], TOP)


def highlights(title: str, markdown: str, spans: Iterable = ()) -> Block:
    """本期要点: a Markdown list of sentences, and the figures in it, under the masthead."""
    return Block("highlights", [line(title, level=2), text(markdown, spans)], TOP)


def article(markdown: str) -> Block:
    """The editor's article, as it is (rule 9)."""
    return Block("article", [text(markdown)])


def signoff(attachments: Iterable[str], center: str, date: str) -> Block:
    """附件 list, center and date, under the last section."""
    lines = [line(each, "attachment") for each in attachments]
    return Block("signoff", [*lines, pair(line(center), line(date), "sign")], AFTER)


def imprint(report_to: str, send_to: str, office: str, date: str) -> Block:
    """版记: 报 and 送, where there are any, and 印发."""
    readers = [f"{word}: {names}" for word, names in (("报", report_to), ("送", send_to)) if names]
    printed = pair(line(office), line(f"{date}印发"), "printed")
    return Block("imprint", [*([group("to", readers)] if readers else []), printed], LAST)


def annex(
    number: int,
    title: str,
    order: str,
    columns: dict[str, str],
    rows: Iterable[Iterable[object]],
    remark: str = "",
    beside: dict[str, list[str]] | None = None,
) -> Block:
    """An annex on a page of its own: a table (see there) of every unit of a group."""
    caption = [line(f"附件{number}:", "number"), line(title, "annex", 2), line(order, "order")]
    return Block(
        "annex", [table(columns, rows, caption, remark, beside=beside)], PAGE, f"附件{number} {title}"
    )
