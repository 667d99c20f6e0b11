"""Values: what a cell of an export means, each distinct one looked at once.

A column comes as an Arrow string array or a list of cells; it leaves as an array of the same length, beside the
rows whose value cannot be used.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotline.center import Export
from hotline.intake.grids import FOOTER
from hotline.masking import masked

# ---- the distinct values of a column ----------------------------------------------------------------------------


def distinct(column: pa.Array | list) -> tuple[np.ndarray, list | pa.Array]:
    """codes, values: `values[codes[row]]` is the row's cell."""
    if isinstance(column, list):
        cells = np.empty(len(column), dtype=object)
        cells[:] = column
        codes, values = pd.factorize(cells, use_na_sentinel=False)
        return codes, list(values)
    encoded = column.dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary


def _mapped(column: pa.Array | list, clean: Callable[[object], object]) -> np.ndarray:
    codes, values = distinct(column)
    values = values if isinstance(values, list) else values.to_pylist()
    cleaned = np.empty(len(values), dtype=object)
    cleaned[:] = [clean(value) for value in values]
    return cleaned[codes] if len(values) else np.array([], dtype=object)


# ---- text -------------------------------------------------------------------------------------------------------

# Control characters, and those that show nothing: zero-width, direction marks, byte-order marks, soft hyphens.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def plain(cell: object) -> str:
    """A cell as text: a whole number without its point, a moment in ISO form, white space at the ends gone."""
    if cell is None or cell is pd.NaT:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    text = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", str(cell)))
    return text.strip()


def same(text: str) -> str:
    """What makes two spellings of a name one: width, blanks, case and straight quotes do not count."""
    return re.sub(r'[\s"]+', "", unicodedata.normalize("NFKC", text)).casefold()


def is_missing(text: str, export: Export) -> bool:
    return text in export.missing or text.replace("　", "").strip() in export.missing


class Names:
    """Spellings to the profile's names: the known ones by `same`, aliases, and what an administrative suffix hides."""

    _SUFFIXES = (
        ("街道办事处", "街道"),
        ("街道办", "街道"),
        ("街办事处", "街道"),
        ("街办", "街道"),
        ("镇人民政府", "镇"),
        ("镇政府", "镇"),
        ("乡人民政府", "乡"),
        ("乡政府", "乡"),
    )

    def __init__(self, known: Iterable[str], aliases: dict[str, str] | None = None):
        self.known = {same(name): name for name in known}
        self._aliases = {same(old): new for old, new in (aliases or {}).items()}

    def knows(self, text: str) -> bool:
        word = same(text)
        return word in self.known or word in self._aliases

    def __call__(self, text: str) -> str:
        word = same(text)
        if word in self._aliases:
            return self._aliases[word]
        if word in self.known:
            return self.known[word]
        for old, new in self._SUFFIXES:
            if word.endswith(same(old)) and (short := word.removesuffix(same(old)) + same(new)) in self.known:
                return self.known[short]
        return " ".join(text.split())


def texts(column: pa.Array | list, export: Export, names: Names) -> np.ndarray:
    """A text column: known spellings made one, personal numbers masked, missing marks None."""

    def clean(cell: object) -> str | None:
        text = plain(cell)
        return None if is_missing(text, export) else masked(names(text)) or None

    return _mapped(column, clean)


def units(column: pa.Array | list, export: Export, names: Names) -> np.ndarray:
    """The units of each cell, a tuple: none, one, or several that a separator of the profile parts.

    A cell that is a unit's name as it stands is not cut, whatever signs it holds.
    """
    signs = _separator(export.unit_separators)

    def clean(cell: object) -> tuple[str, ...]:
        text = plain(cell).replace("\r\n", "\n").replace("\r", "\n")
        if is_missing(text, export):
            return ()
        parts = [text] if signs is None or names.knows(text) else re.split(signs, text)
        parts = [" ".join(part.split()).strip(f"{export.unit_separators} ") or part for part in parts]
        return tuple(dict.fromkeys(masked(names(part)) for part in parts if not is_missing(part, export)))

    return _mapped(column, clean)


def _separator(signs: str) -> str | None:
    """What parts two names. An ASCII sign (, ; /) does only between two names, so that </b> stays one text."""
    loose = "".join(re.escape(sign) for sign in signs if ord(sign) > 127 or sign.isspace())
    tight = "".join(re.escape(sign) for sign in signs if ord(sign) < 128 and not sign.isspace())
    forms = [f"[{loose}]"] if loose else []
    forms += [rf"(?<=[\w)）])\s*[{tight}]\s*(?=[\w(（])"] if tight else []
    return "|".join(forms) or None


# ---- ids --------------------------------------------------------------------------------------------------------

_ID = re.compile(r"^[0-9A-Za-z][0-9A-Za-z_\-./#()〔〕\[\]第号字年]*$")
_SCIENTIFIC = re.compile(r"[+\-]?\d(?:\.\d+)?[eE][+\-]?\d+")
NO_ID = "没有工单编号"
ROUNDED = "工单编号被软件写成了科学计数法，尾数已丢失"
NOT_AN_ID = "不像工单编号"
FOOTNOTE = "表下的合计或说明，不是工单"
UNTRACEABLE = "工单编号和{}都没有，看不出是哪个工单（多半是合计或说明）"


def ids(column: pa.Array | list) -> tuple[np.ndarray, dict[int, str]]:
    """Ids as text, leading zeros kept, and the rows whose id cannot be used, with the reason.

    A number is written out in full; one too long for a spreadsheet's fifteen digits, or left in scientific
    notation, has lost its last digits and is no id any more.
    """
    bad: dict[int, str] = {}
    if not isinstance(column, list):
        good = pc.match_substring_regex(column, pattern="^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$")
        good = pc.and_(good, pc.invert(pc.match_substring_regex(column, pattern="^[0-9]+[eE][0-9]+$")))
        out = column.to_numpy(zero_copy_only=False)
        rest = np.flatnonzero(~good.to_numpy(zero_copy_only=False))
    else:
        out = np.empty(len(column), dtype=object)
        out[:] = column
        rest = range(len(column))
    for row in rest:
        out[row], reason = read_id(out[row])
        if reason:
            bad[int(row)] = reason
    return out, bad


def read_id(cell: object) -> tuple[str | None, str | None]:
    if (
        isinstance(cell, str)
        and cell.isalnum()
        and cell.isascii()
        and len(cell) <= 64
        and not (cell[0].isdigit() and _SCIENTIFIC.fullmatch(cell))
    ):
        return cell, None
    if isinstance(cell, float) and abs(cell) >= 1e15:
        return None, ROUNDED
    text = unicodedata.normalize("NFKC", plain(cell)).replace(" ", "").strip("'‘’`\t")
    if re.fullmatch(r"\d+\.0+", text):
        text = text.partition(".")[0]
    if not text:
        return None, NO_ID
    if _SCIENTIFIC.fullmatch(text):
        # 2.0211025001E10 states all its digits; 2.02110E+17 does not.
        digits, exponent = re.split("[eE]", text.replace("+", "").replace(".", ""))
        whole = (
            len(digits) - 1 >= int(exponent) >= 0
            if exponent.lstrip("-").isdigit() and len(exponent) < 4
            else False
        )
        return (digits, None) if whole and not text.startswith("-") else (None, ROUNDED)
    if FOOTER.match(text):
        return None, FOOTNOTE
    if (
        not _ID.match(text)
        or len(text) > 64
        or not re.search(r"\d", text)
        or (masked(text) != text and not text.isalnum())
    ):
        return None, NOT_AN_ID
    return text, None
