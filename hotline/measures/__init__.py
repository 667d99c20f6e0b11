"""The bulletin's definitions: pure functions from frames to frames; what the notebook calls `measures`."""

from hotline.measures.counts import (
    NOT_STATED,
    by_channel,
    by_kind,
    by_period,
    by_step,
    by_subtopic,
    by_unit,
    hot_topics,
    known,
    of_period,
    ranked,
    requests,
    total,
)
from hotline.measures.expectation import expect, norm
from hotline.measures.warning import backtest, looked_back, signals

__all__ = [
    "NOT_STATED",
    "backtest",
    "by_channel",
    "by_kind",
    "by_period",
    "by_step",
    "by_subtopic",
    "by_unit",
    "expect",
    "hot_topics",
    "known",
    "looked_back",
    "norm",
    "of_period",
    "ranked",
    "requests",
    "signals",
    "total",
]
