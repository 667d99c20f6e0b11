"""Handlings as numbers: what two of them say is the same if their numbers are, whatever they come from.

A text is looked at once for each distinct one, so that a million rows cost little more than their few names do.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from hotline import columns
from hotline.schema import schema


def names() -> list[str]:
    """The columns that count: all of a handling, and whether its visit came from a file of visits."""
    return [*columns.names(), "visit_source"]


def of_rows(column: Callable[[str], pa.Array]) -> np.ndarray:
    """One uint64 per row, of the columns that `column` gives by name as the archive has them."""
    total = np.uint64(0)
    for salt, name in enumerate(names(), 1):
        values = column(name)
        numbers = _of_texts(values) if pa.types.is_string(values.type) else _of_numbers(values)
        total = total + _mixed(numbers + np.uint64(salt))
    return _mixed(total)


def of_frame(frame: pd.DataFrame) -> np.ndarray:
    """The same of a frame."""
    return of_rows(lambda name: pa.array(frame[name], schema().field(name).type, from_pandas=True))


def _of_texts(values: pa.Array) -> np.ndarray:
    encoded = values.dictionary_encode()
    texts = encoded.dictionary.to_numpy(zero_copy_only=False).astype(object)
    hashes = (
        np.append(pd.util.hash_array(texts, categorize=False), np.uint64(0))
        if len(texts)
        else np.zeros(1, "uint64")
    )
    return hashes[encoded.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)]


def _of_numbers(values: pa.Array) -> np.ndarray:
    """Moments, whole numbers, yes or no; missing is a number that none of them is."""
    whole = values.cast(pa.int8()) if pa.types.is_boolean(values.type) else values
    return (
        whole.cast(pa.int64()).fill_null(np.iinfo("int64").min).to_numpy(zero_copy_only=False).view("uint64")
    )


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Every bit of the result depends on every bit of the number (two rounds of multiply and shift)."""
    for factor in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93):
        numbers = numbers * np.uint64(factor)
        numbers ^= numbers >> np.uint64(32)
    return numbers
