"""The weekly bulletin of a 12345 government-service hotline."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Told what is being done, and how much of the whole is done: ('读取 工单.xlsx', 0.4)."""


class HotlineError(Exception):
    """Something that a person has to mend; the message, in Chinese, says what is wrong, where, and what to do."""
