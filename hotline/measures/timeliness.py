"""办理时效: what was due in the period and when it was closed, what is open, how long a closing takes.

Every function looks at a handling as it was known at the cut-off, so a later event changes nothing, whatever frame it
is given. Rows with a due moment before their receipt are slips of the platform: they are counted, never judged.
"""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from hotline import wording
from hotline.center import Center
from hotline.measures.tallies import handled, in_groups, known_at, tally, tally_by_unit, with_rates
from hotline.periods import Period

OUTCOMES = ("on_time", "closed_late", "overdue")
"""按时办结, 超期办结, 超期未办结: they add up to 应办结."""
AGES = {"三日以内": 3, "四至七日": 7, "八至十五日": 15, "十六至三十日": 30, "三十日以上": np.inf}
"""An open handling's age: the band's name and its last day."""


def deadline(limits: pd.Series) -> pd.Series:
    """Due moments as instants: a date without a time (midnight) is due at 24:00 of that day."""
    return limits.where(limits != limits.dt.normalize(), limits + timedelta(days=1))


def due_in(handlings: pd.DataFrame, period: Period, center: Center) -> pd.DataFrame:
    """The handlings due in the period, with `deadline` and `outcome`: start < due ≤ cut-off, whenever received.

    Due is `extended_due_at`, else `due_at`. `outcome` is one of OUTCOMES, or due_before_receipt, which is no part of
    应办结: on_time is closed ≤ due, closed_late is due < closed < cut-off, overdue is not closed by the cut-off.
    """
    due = deadline(handlings["extended_due_at"].fillna(handlings["due_at"]))
    within = (due > period.start) & (due <= period.cutoff) & (handlings["requested_at"] < period.cutoff)
    rows = handled(handlings.assign(deadline=due)[within], center)
    closed = known_at(rows["closed_at"], period.cutoff)
    outcome = np.select(
        [rows["deadline"] < rows["requested_at"], closed.isna(), closed <= rows["deadline"]],
        ["due_before_receipt", "overdue", "on_time"],
        "closed_late",
    )
    return rows.assign(outcome=pd.Series(outcome, rows.index, "str")).reset_index(drop=True)


def outcomes(due: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of `due_in` by what became of them: `due`, those that are judged, and each of OUTCOMES."""
    by_outcome = {outcome: due[due["outcome"] == outcome] for outcome in OUTCOMES}
    return {"due": due[due["outcome"].isin(OUTCOMES)], **by_outcome}


def timeliness(due: pd.DataFrame, received: pd.DataFrame, center: Center) -> pd.DataFrame:
    """One row: due, on_time, closed_late, overdue, their rates, and what could not be judged.

    `due` is of `due_in`. `no_due` counts those handlings among the period's `received` that have no due moment,
    `due_before_receipt` those whose due moment is before their receipt; neither is part of `due`.
    """
    counts = _judged(tally(due, "outcome", (*OUTCOMES, "due_before_receipt")), center)
    unlimited = handled(received, center)[["due_at", "extended_due_at"]].isna().all(axis=1)
    return counts.assign(no_due=int(unlimited.sum()))


def timeliness_by_unit(due: pd.DataFrame, center: Center) -> pd.DataFrame:
    """group, unit, due, on_time, closed_late, overdue and their rates, of every unit with a handling due."""
    return in_groups(_judged(tally_by_unit(due, "outcome", OUTCOMES), center), "due", center)


def _judged(counts: pd.DataFrame, center: Center) -> pd.DataFrame:
    counts.insert(counts.columns.get_loc("on_time"), "due", counts[list(OUTCOMES)].sum(axis=1))
    rates = {f"{outcome}_rate": (outcome, "due") for outcome in OUTCOMES}
    return with_rates(counts, center, **rates)


def open_at(handlings: pd.DataFrame, cutoff: datetime, center: Center) -> pd.DataFrame:
    """The handlings received before the cut-off and not closed by it, with `age`, `deadline` and `past_due`.

    `age` is the band's name. Days are counted as begun: three days sharp are the third day, a second more the fourth.
    `past_due` is true where a due moment that is not before the receipt has passed by the cut-off.
    """
    waiting = (handlings["requested_at"] < cutoff) & known_at(handlings["closed_at"], cutoff).isna()
    rows = handled(handlings[waiting], center)
    due = deadline(rows["extended_due_at"].fillna(rows["due_at"]))
    days = (pd.Timestamp(cutoff) - rows["requested_at"]) / timedelta(days=1)
    bands = np.searchsorted(list(AGES.values()), days)
    age = pd.Series(pd.Categorical.from_codes(bands, list(AGES)), rows.index)
    past_due = (due <= cutoff) & (due >= rows["requested_at"])
    return rows.assign(deadline=due, age=age, past_due=past_due).reset_index(drop=True)


def open_by_age(waiting: pd.DataFrame) -> pd.DataFrame:
    """age, count, past_due: the open handlings (of `open_at`) by age, every band, the youngest first."""
    ages = waiting.groupby("age", observed=False)["past_due"].agg(["size", "sum"]).astype("int64")
    return (
        ages.set_axis(["count", "past_due"], axis=1).rename_axis("age").reset_index().astype({"age": "str"})
    )


def days_to_close(received: pd.DataFrame, cutoff: datetime, center: Center) -> pd.DataFrame:
    """One row: handled, closed, and the median days to closing by Kaplan and Meier, of handlings received lately.

    `days_to_close` is printed to one decimal; missing where fewer than half are closed in any time observed. A
    handling that is still open counts for as long as it has been waiting; left out, the slow would look fast.
    """
    rows = handled(received[received["requested_at"] < cutoff], center)
    closed = known_at(rows["closed_at"], cutoff)
    waited = (closed.fillna(cutoff) - rows["requested_at"]).clip(lower=timedelta())
    minutes = (waited // timedelta(minutes=1)).to_numpy("int64")
    median = median_time(minutes, closed.notna().to_numpy())
    printed = None if median is None else wording.decimal(median, 24 * 60, 1)
    counts = {"handled": len(rows), "closed": int(closed.notna().sum()), "days_to_close": printed}
    return pd.DataFrame([counts])


def median_time(times: np.ndarray, happened: np.ndarray) -> int | None:
    """The median of times to an event, some of which end without it: the first time by which S(t) is at most 1/2.

    S(t) is the product over the event times up to t of 1 - events / at risk (Kaplan and Meier 1958, J. Am. Stat.
    Assoc. 53:457). None where S stays above one half.
    """
    at, events = np.unique(times[happened], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), at)
    survival = np.cumprod(1 - events / at_risk)
    below = survival <= 0.5 + 1e-9  # the product of a thousand fractions is one half only nearly
    return int(at[below.argmax()]) if below.any() else None
