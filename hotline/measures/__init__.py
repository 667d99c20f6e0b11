"""The bulletin's definitions: pure functions from frames to frames; what the notebook calls `measures`."""

from hotline.measures.comparison import comparison
from hotline.measures.counts import (
    by_channel,
    by_kind,
    by_period,
    by_step,
    by_subtopic,
    by_unit,
    hot_topics,
    of_period,
    requests,
    top_units,
    total,
)
from hotline.measures.expectation import expect, norm
from hotline.measures.movement import explaining, movement
from hotline.measures.persistent import persistent
from hotline.measures.ratings import (
    REPEAT_DAYS,
    rates,
    redone,
    repeated,
    repeats,
    responses,
    responses_by_unit,
    responses_due_in,
    returned_in,
    satisfaction,
    solved,
)
from hotline.measures.routing import by_group, by_way, carried_over, closed_requests, requests_by_way
from hotline.measures.series import crossed, history_weeks, norms, receding, reliability, warnings
from hotline.measures.tallies import ranked, shared
from hotline.measures.timeliness import (
    OUTCOMES,
    days_to_close,
    due_in,
    open_at,
    open_by_age,
    timeliness,
    timeliness_by_unit,
)
from hotline.measures.warning import backtest, looked_back, signals

__all__ = [
    "OUTCOMES",
    "REPEAT_DAYS",
    "backtest",
    "by_channel",
    "by_group",
    "by_kind",
    "by_period",
    "by_step",
    "by_subtopic",
    "by_unit",
    "by_way",
    "carried_over",
    "closed_requests",
    "comparison",
    "crossed",
    "days_to_close",
    "due_in",
    "expect",
    "explaining",
    "history_weeks",
    "hot_topics",
    "looked_back",
    "movement",
    "norm",
    "norms",
    "of_period",
    "open_at",
    "open_by_age",
    "persistent",
    "ranked",
    "rates",
    "receding",
    "redone",
    "reliability",
    "repeated",
    "repeats",
    "requests",
    "requests_by_way",
    "responses",
    "responses_by_unit",
    "responses_due_in",
    "returned_in",
    "satisfaction",
    "shared",
    "signals",
    "solved",
    "timeliness",
    "timeliness_by_unit",
    "top_units",
    "total",
    "warnings",
]
