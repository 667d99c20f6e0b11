"""How old an export is: its name says (工单20211101.xlsx), else the latest moment it mentions that is no slip of the pen.

The file system says nothing, because copying a file does not make it newer; the clock says only what cannot be yet.
"""

import re
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from hotline import columns

AHEAD = timedelta(days=1)
"""What is further ahead of this machine's clock than that has not happened yet. (The clock may be in another zone.)"""
_ONE_IN = 100
"""One moment in so many, and at least one, may be a slip of the pen."""
_FEW = 20
"""Among fewer moments nobody can tell a slip."""
_AWAY = np.timedelta64(14, "D")
"""So far behind all others, and twice as far as these ever are from each other, the last moments of an export are slips."""

_TIME = r"(?:[T_\- ]?(?!20\d{2}[-_.年]?\d)([01]\d|2[0-3])[-:时]?([0-5]\d)(?:[-:分]?([0-5]\d))?秒?)?(?!\d)"
_IN_NAME = (
    re.compile(r"(?<!\d)(20\d{2})[-_.年](1[0-2]|0?[1-9])[-_.月](3[01]|[12]\d|0?[1-9])日?" + _TIME),
    re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])" + _TIME),
)


def dated(file: str, now: datetime) -> datetime | None:
    """The latest date, with its time if it has one, in a file's name: 工单20211101_0830.xlsx; None if there is none.

    A date that is not yet is a slip, too.
    """
    dates = []
    for form in _IN_NAME:
        for match in form.finditer(file):
            try:
                dates.append(datetime(*(int(part or 0) for part in match.groups())))
            except ValueError:
                continue  # 2021-02-30: digits that are no date
    return max((each for each in dates if each <= now + AHEAD), default=None)


def latest(frame: pd.DataFrame) -> datetime | None:
    """The latest moment that an export itself mentions, a receipt, a closing or a visit, not a deadline, but for slips."""
    happened = frame[["requested_at", *columns.events()]].to_numpy("datetime64[us]").ravel()
    happened = np.sort(happened[~np.isnat(happened)])
    if len(happened) == 0:
        return None
    at = len(happened) - 1
    if len(happened) >= _FEW:
        slips = at_most(len(happened))
        usual = np.diff(happened[slips:-slips]).max()
        far = np.diff(happened[-slips - 1 :]) > max(_AWAY, 2 * usual)
        at = len(happened) - 1 - slips + int(far.argmax()) if far.any() else at
    return pd.Timestamp(happened[at]).to_pydatetime()


def at_most(count: int) -> int:
    """How many of so many may be slips of the pen; where more look wrong, what they are measured by is."""
    return max(1, count // _ONE_IN)


def ahead(frame: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """Where a row mentions what happened after the day of `moment`: a column each of the receipt and the events."""
    midnight = pd.Timestamp(moment).normalize() + timedelta(days=1)
    return frame[["requested_at", *columns.events()]] > midnight
