"""The bulletin's definitions: pure functions from frames to frames; what the notebook calls `measures`."""

from hotline.measures.counts import (
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
    top_units,
    total,
)

__all__ = [
    "by_channel",
    "by_kind",
    "by_period",
    "by_step",
    "by_subtopic",
    "by_unit",
    "hot_topics",
    "known",
    "of_period",
    "ranked",
    "requests",
    "top_units",
    "total",
]
