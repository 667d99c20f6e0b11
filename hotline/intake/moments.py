"""Moments: every way in which exports write a date and a time.

A zone (+08:00, Z, %z of a date_format) is never converted: an export's clock is its center's, and what it shows counts.
"""

import re
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hotline.center import Export
from hotline.intake.cleaning import distinct, plain

EARLIEST, LATEST = np.datetime64("1990-01-01", "us"), np.datetime64("2100-01-01", "us")
"""Moments outside are slips of the pen: no hotline of this kind is older."""

_MOMENT = (
    r"^(?P<y>\d{4})[-/.年] ?(?P<m>\d{1,2})[-/.月] ?(?P<d>\d{1,2})日?"
    r"(?:[ T,]*(?:(?:星期|周)[一二三四五六日天])?[ T]*(?P<a>上午|下午|中午|凌晨|早上|晚上|AM|PM|am|pm)? ?"
    r"(?P<H>\d{1,2})[:时点](?:(?P<M>\d{1,2})(?:[:分](?:(?P<S>\d{1,2})(?:\.\d+)?秒?)?)?)? ?(?P<p>AM|PM|am|pm)?)?$"
)
_COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})[ T]?(?:(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?)?$"
_OFFSET = r" ?(?:%[zZ]|Z|z|CST|UTC|GMT|(?:UTC|GMT)[+-]\d|(?:UTC|GMT)?[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)( |$)"
_ZONE = rf"((?::\d{{2}}|T\d{{4,6}}|\d{{8}} ?\d{{4,6}}|[时点分秒]|[AaPp][Mm])(?:\.\d+)?){_OFFSET}"
"""A zone behind a time of day: behind a date alone stands none, and 2021-10 is no time with an offset."""
_ZONE_OF_FORMAT = re.compile(rf"(%[HMSfpTX]){_OFFSET}")
_UNSEEN = r"[\x{00ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{feff}]"
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_DAY_1904 = 1462


def moments(column: pa.Array | list, export: Export, date1904: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Moments as datetime64[us] (NaT where missing), and which rows hold something that is not one.

    Text in any form that begins with the year, or in the profile's `date_format`; a spreadsheet's serial number;
    a spreadsheet's own dates. A form whose month and day could change places is read only by a `date_format`. What is
    less than a second falls away: 23:59:59.600 is of its own day.
    """
    if isinstance(column, list):
        codes, values = distinct(column)
        read, bad = _cells(values, export, date1904)
        read, bad = read[codes], bad[codes]
    else:
        read, bad = _moment_texts(column, export, date1904)
    off = ~np.isnat(read) & ((read < EARLIEST) | (read >= LATEST))
    read[off], bad[off] = np.datetime64("NaT"), True
    return read, bad


def _cells(values: list, export: Export, date1904: bool) -> tuple[np.ndarray, np.ndarray]:
    """A workbook's distinct cells: its own dates, numbers that are serials or written-out dates, texts."""
    read, bad = np.full(len(values), np.datetime64("NaT", "us")), np.zeros(len(values), dtype=bool)
    kinds = np.array([_kind(cell) for cell in values], dtype="int8")
    own, words, bad[kinds == 0] = np.flatnonzero(kinds == 1), np.flatnonzero(kinds == 2), True
    if len(own):
        # A spreadsheet's fraction of a day is a few microseconds off: what it shows, to the millisecond, was meant.
        cells = [values[at] for at in own]
        cells = [cell if isinstance(cell, datetime) else datetime.combine(cell, time()) for cell in cells]
        exact = pa.array(cells, pa.timestamp("us")).to_numpy(zero_copy_only=False)
        read[own] = (exact + np.timedelta64(500, "us")).astype("datetime64[ms]").astype("datetime64[s]")
    if len(words):
        texts_of = pa.array([plain(values[at]) for at in words], pa.string())
        read[words], bad[words] = _moment_texts(texts_of, export, date1904)
    return read, bad


def _kind(cell: object) -> int:
    """1 for a date, 2 for what may be written as one, 0 for what cannot be one (a time of day, a yes or no)."""
    if isinstance(cell, date):
        return 1
    return 2 if isinstance(cell, (str, int, float)) and not isinstance(cell, bool) else 0


_ISO = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"


def _moment_texts(values: pa.Array, export: Export, date1904: bool) -> tuple[np.ndarray, np.ndarray]:
    read, bad = np.full(len(values), np.datetime64("NaT", "us")), np.zeros(len(values), dtype=bool)
    rest = np.arange(len(values))
    if not export.date_format:
        # Most columns of most files are wholly of one form, which the engine reads ten times as fast as the rest.
        iso = pc.match_substring_regex(values, pattern=_ISO).to_numpy(zero_copy_only=False)
        try:
            moments_of = values.filter(pa.array(iso)).cast(pa.timestamp("us"))
            read[iso], rest = moments_of.to_numpy(zero_copy_only=False), np.flatnonzero(~iso)
        except pa.ArrowInvalid:
            pass  # one of them is on no calendar
    if len(rest):
        codes, left = distinct(values.take(pa.array(rest)))
        some, some_bad = _any_moment_texts(left, export, date1904)
        read[rest], bad[rest] = some[codes], some_bad[codes]
    return read, bad


def _any_moment_texts(values: pa.Array, export: Export, date1904: bool) -> tuple[np.ndarray, np.ndarray]:
    if not pc.all(pc.string_is_ascii(values)).as_py():
        values = pc.replace_substring_regex(
            pc.utf8_normalize(values, "NFKC"), pattern=_UNSEEN, replacement=""
        )
    text = pc.utf8_trim(values, characters=" \t\r\n'\u3000\ufeff")
    text = pc.replace_substring_regex(text, pattern=r"\s+", replacement=" ")
    text = pc.replace_substring_regex(text, pattern=_ZONE, replacement=r"\1\2")
    missing = pc.is_in(text, pa.array([*export.missing, ""], pa.string())).to_numpy(zero_copy_only=False)
    read = np.full(len(text), np.datetime64("NaT", "us"))
    if export.date_format:
        form = _ZONE_OF_FORMAT.sub(r"\1\2", export.date_format)
        formatted = pd.to_datetime(text.to_pandas(), format=form, errors="coerce")
        read = formatted.to_numpy("datetime64[s]").astype("datetime64[us]")
    for pattern in (_MOMENT, _COMPACT):
        left = np.flatnonzero(np.isnat(read) & ~missing)
        if len(left):
            read[left] = _parts(pc.extract_regex(text.take(pa.array(left)), pattern=pattern))
    for at in np.flatnonzero(np.isnat(read) & ~missing):
        if _SERIAL.fullmatch(word := text[at].as_py()):
            seconds = int(round((float(word) + _DAY_1904 * date1904) * 86_400, 3))
            read[at] = np.datetime64(datetime(1899, 12, 30) + timedelta(seconds=seconds), "us")
    return read, np.isnat(read) & ~missing


def _parts(fields: pa.StructArray) -> np.ndarray:
    """Year to second, as matched, to moments; NaT for what no calendar or clock has. 24:00 is the next midnight."""

    def number(name: str) -> np.ndarray:
        text = pc.struct_field(fields, name)
        text = pc.if_else(pc.equal(text, ""), "0", text)
        return pc.fill_null(text.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)

    names = [field.name for field in fields.type]
    y, m, d, H, M, S = (number(name) for name in "ymdHMS")
    if "a" in names:
        half = pc.utf8_lower(
            pc.binary_join_element_wise(pc.struct_field(fields, "a"), pc.struct_field(fields, "p"), "")
        )
        half = pc.fill_null(half, "")
        after = pc.is_in(half, pa.array(["pm", "下午", "晚上", "中午"])).to_numpy(zero_copy_only=False)
        before = pc.is_in(half, pa.array(["am", "上午", "凌晨", "早上"])).to_numpy(zero_copy_only=False)
        noon = pc.equal(half, "中午").to_numpy(zero_copy_only=False)
        H = np.where(after & (H < 12) & ~(noon & (H == 11)), H + 12, np.where(before & (H == 12), 0, H))
    good = (y >= 1) & (m >= 1) & (m <= 12) & (d >= 1) & (M >= 0) & (M < 60) & (S >= 0) & (S < 60) & (H >= 0)
    good &= (H < 24) | ((H == 24) & (M == 0) & (S == 0))
    month = ((np.where(good, y, 2000) - 1970) * 12 + np.where(good, m, 1) - 1).astype("datetime64[M]")
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    good &= d <= length
    seconds = ((np.where(good, d, 1) - 1) * 86_400 + H * 3600 + M * 60 + S).astype("timedelta64[s]")
    return np.where(
        good, (month.astype("datetime64[s]") + seconds).astype("datetime64[us]"), np.datetime64("NaT", "us")
    )
