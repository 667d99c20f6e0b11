"""Which column of a grid is which: the profile's headers found in whatever a platform puts above its rows."""

import re
import unicodedata
from dataclasses import dataclass, field

from hotline import columns
from hotline.center import Center
from hotline.intake.cleaning import plain

_ASIDE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】|[*:：、,，。.“”\"'_\-]")


def normalised(header: object) -> str:
    """A header without what platforms change about it: width, blanks, line breaks, case, marks like * and (必填)."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", plain(header))).lower().strip("'")
    return _ASIDE.sub("", text) or text


@dataclass
class Header:
    """Where a grid's header is (`last`: its last row's number) and what it says.

    `positions`: canonical column → position; `named`: canonical column → the header as written; `ignored`: the
    headers that the profile does not map, which are not read; `texts`: what each position may be called.
    """

    last: int
    positions: dict[str, int]
    named: dict[str, str]
    ignored: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)

    @property
    def is_export(self) -> bool:
        return "request_id" in self.positions and "requested_at" in self.positions

    @property
    def lacks_receipt(self) -> bool:
        """It describes requests, as no file of visits does, and does not say when they were received."""
        described = set(columns.about(columns.REQUEST)) - {"request_id"}
        return self.is_visits and bool(self.positions.keys() & described)

    @property
    def is_visits(self) -> bool:
        """A file of visits alone: requests named, not described."""
        visit = self.positions.keys() & set(columns.about(columns.VISIT))
        return "request_id" in self.positions and bool(visit) and "requested_at" not in self.positions


def find(head: list[list], center: Center) -> Header | None:
    """The header among a grid's first rows: the row, or the two rows of a merged header, that fit the profile best.

    None where no row fits any column. The earlier and the simpler of equals.
    """
    wanted = [
        {normalised(name): rank for rank, name in enumerate(names)} for names in center.columns.values()
    ]
    best: Header | None = None
    for number, row in enumerate(head, 1):
        candidates = [(number, [[_text(cell)] for cell in row])]
        if number < len(head):
            candidates.append((number + 1, _merged(row, head[number])))
        for last, cells in candidates:
            header = _fit(last, cells, list(center.columns), wanted)
            if header.positions and (best is None or len(header.positions) > len(best.positions)):
                best = header
    return best


def _text(cell: object) -> str:
    return " ".join(plain(cell).split())


def _merged(upper: list, lower: list) -> list[list[str]]:
    """Two header rows as one, a merged cell's text carried on to the right: 回访 over 时间 is 回访时间, else 时间."""
    cells, parent = [], ""
    for position in range(max(len(upper), len(lower))):
        above = _text(upper[position]) if position < len(upper) else ""
        below = _text(lower[position]) if position < len(lower) else ""
        parent = above or (parent if below else "")
        cells.append([parent + below, below] if below else [above])
    return cells


def _fit(last: int, cells: list[list[str]], names: list[str], wanted: list[dict[str, int]]) -> Header:
    """The header if it stood here: for each column the position whose text its profile lists first."""
    keys = [[(normalised(text), text) for text in texts if text and len(text) < 60] for texts in cells]
    positions, named = {}, {}
    for column, ranks in zip(names, wanted, strict=True):
        ranked = [(ranks[k], at, text) for at, texts in enumerate(keys) for k, text in texts if k in ranks]
        if ranked:
            _, positions[column], named[column] = min(ranked)
    used = set(positions.values())
    ignored = [texts[0] for at, texts in enumerate(cells) if texts[0] and at not in used]
    return Header(last, positions, named, ignored, cells)
