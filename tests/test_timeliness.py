"""办理时效: what was due in the period, what is open, how long a closing takes."""

from datetime import timedelta
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from rows import DEMO, WEEK, anything, handlings

from hotline import measures, wording
from hotline.figurefile import FiguresError
from hotline.figures import Figures
from hotline.measures.timeliness import AGES, OUTCOMES, median_time

EARLY = "10-20 09:00"


def judged(*rows: dict) -> pd.DataFrame:
    return measures.due_in(handlings(*rows, requested_at=EARLY, unit="大店镇"), WEEK, DEMO)


@pytest.mark.parametrize(
    ("due", "closed", "outcome"),
    [
        ("10-27 12:00", "10-27 12:00", "on_time"),
        ("10-27 12:00", "10-27 12:01", "closed_late"),
        ("10-27 12:00", None, "overdue"),
        ("10-27 12:00", "11-01 00:00", "overdue"),  # at 24:00 sharp is after the cut-off (rule 8)
        ("10-27", "10-27 23:59", "on_time"),  # a date alone is due at 24:00 of that day
        ("10-27", "10-28 00:01", "closed_late"),
        ("10-31", "10-31 23:59", "on_time"),  # Sunday's falls in
        ("10-31", None, "overdue"),
        ("10-24", "10-25 10:00", None),  # the Sunday's before does not
        ("10-25 00:01", "10-25 10:00", "closed_late"),
        ("11-01 00:01", None, None),  # not yet due: neither on time nor late
        (None, "10-27 12:00", None),
        ("10-20 08:00", "10-20 07:00", None),
    ],
)
def test_what_is_due_in_the_week_and_its_outcome(due, closed, outcome):
    """start < due ≤ cut-off; closed ≤ due is on time, due < closed < cut-off late, not closed by the cut-off overdue."""
    assert list(judged({"due_at": due, "closed_at": closed})["outcome"]) == ([outcome] if outcome else [])


def test_an_extended_limit_takes_the_place_of_the_first():
    """`extended_due_at` decides where it is given: in what period a handling is due, and whether it was late."""
    due = judged(
        {"due_at": "10-22 12:00", "extended_due_at": "10-26 12:00", "closed_at": "10-26 11:00"},
        {"due_at": "10-26 12:00", "extended_due_at": "11-05 12:00"},
    )
    assert list(due["request_id"]) == ["0"]
    assert list(due["outcome"]) == ["on_time"]


def test_slips_and_limits_not_given_are_counted_apart():
    """Due before the receipt, and no due moment: counted and named, in neither numerator nor denominator."""
    rows = handlings(
        {"due_at": "10-27 12:00", "closed_at": "10-26 12:00"},
        {"requested_at": "10-29 12:00", "due_at": "10-28 12:00"},
        {"requested_at": "10-29 12:00"},
        {"requested_at": "10-29 12:00", "unit": None},  # answered in-house: no handling
        requested_at=EARLY,
        unit="大店镇",
    )
    received = rows[rows["requested_at"] >= WEEK.start]
    counts = measures.timeliness(measures.due_in(rows, WEEK, DEMO), received, DEMO).iloc[0]
    assert (counts["due"], counts["on_time"], counts["due_before_receipt"], counts["no_due"]) == (1, 1, 1, 1)
    assert counts["on_time_rate"] == "1/1"


@pytest.mark.parametrize(
    ("on_time", "late", "overdue", "rate"),
    [
        (24165, 29186 - 24165, 0, "82.80%"),
        (22345, 0, 24932 - 22345, "89.62%"),
        (1472 - 3, 2, 1, "99.80%"),
        (4, 1, 0, "4/5"),
        (0, 0, 0, "-"),
    ],
)
def test_the_rate_is_on_time_among_what_was_due(on_time, late, overdue, rate):
    """Published check values; under `limits.small` the counts themselves, of nothing “-”."""
    outcome = np.repeat(OUTCOMES, [on_time, late, overdue])
    due = pd.DataFrame({"outcome": pd.Series(outcome, dtype="str"), "unit": "大店镇"})
    counts = measures.timeliness(due, handlings({}).head(0), DEMO).iloc[0]
    assert (counts["on_time"], counts["closed_late"], counts["overdue"]) == (on_time, late, overdue)
    assert counts["on_time_rate"] == rate
    assert wording.ratio(on_time, on_time + late + overdue) == rate


def test_units_are_listed_in_their_groups():
    """Every unit with a handling due, by how many, in the profile's groups; one that it does not know is last."""
    rows = [("大店镇", "10-26 10:00")] * 2 + [
        ("十字路街道", None),
        ("住建局", "10-28 10:00"),
        ("外单位", None),
    ]
    rows = [{"unit": unit, "closed_at": closed, "due_at": "10-27 12:00"} for unit, closed in rows]
    due = measures.due_in(handlings(*rows, requested_at=EARLY), WEEK, DEMO)
    by_unit = measures.timeliness_by_unit(due, DEMO)
    columns = ["group", "unit", "due", "on_time", "closed_late", "overdue", "on_time_rate"]
    assert by_unit[columns].to_numpy().tolist() == [
        ["towns", "大店镇", 2, 2, 0, 0, "2/2"],
        ["towns", "十字路街道", 1, 0, 0, 1, "0/1"],
        ["departments", "住建局", 1, 0, 1, 0, "0/1"],
        ["unknown", "外单位", 1, 0, 0, 1, "0/1"],
    ]


def test_what_is_open_is_counted_by_age():
    """≤3, 4–7, 8–15, 16–30, >30 days at the cut-off, days counted as begun; past due is where the limit has passed."""
    received = ["10-29", "10-28 23:59", "10-25", "10-17", "10-02", "10-01 23:59"]
    rows = [{"requested_at": at, "due_at": "10-31"} for at in received]
    rows += [{"requested_at": "10-30 10:00", "due_at": "11-01 10:00"}]
    rows += [{"requested_at": "10-30 10:00", "closed_at": "10-31 10:00"}, {"requested_at": "11-01 10:00"}]
    rows += [{"requested_at": "10-30 10:00", "due_at": "10-29 10:00"}]  # a slip: open, never called past due
    waiting = measures.open_at(handlings(*rows, unit="大店镇"), WEEK.cutoff, DEMO)
    assert measures.open_by_age(waiting).to_numpy().tolist() == [
        [age, count, past_due]
        for age, count, past_due in zip(AGES, (3, 2, 1, 1, 1), (1, 2, 1, 1, 1), strict=True)
    ]


SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


@pytest.mark.parametrize(
    ("weeks", "median"), [(SIX_MP, 23), (PLACEBO, 8), ("1+ 2 3+ 3+", None), ("1 2 3 4", 2)]
)
def test_the_median_is_kaplan_and_meier_s(weeks, median):
    """Remission of leukemia under 6-MP and placebo (Freireich et al. 1963, in every textbook): medians 23 and 8 weeks."""
    times = np.array([int(week.rstrip("+")) for week in weeks.split()])
    assert median_time(times, np.array(["+" not in week for week in weeks.split()])) == median


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_the_median_is_that_of_the_product_written_out(waits):
    """S(t) as the formula has it, in exact fractions, one time after the other."""
    survival, expected = Fraction(1), None
    for t in sorted({time for time, closed in waits if closed}):
        survival *= 1 - Fraction(waits.count((t, True)), sum(time >= t for time, _ in waits))
        expected = t if expected is None and survival <= Fraction(1, 2) else expected
    times, closed = np.array([time for time, _ in waits]), np.array([each for _, each in waits])
    assert median_time(times, closed) == expected


def test_open_handlings_are_not_left_out_of_the_median():
    """Closed after 1, 2 and 3 days, five open for 10: fewer than half are closed, so there is no median; not 2 days."""
    closed = [{"requested_at": "10-22", "closed_at": f"10-{day}"} for day in (23, 24, 25)]
    waiting = [{"requested_at": "10-22"}] * 5
    medians = [
        measures.days_to_close(handlings(*rows, unit="大店镇"), WEEK.cutoff, DEMO).iloc[0].to_list()
        for rows in (closed, closed + waiting, closed + waiting[:3])
    ]
    assert medians == [[3, 3, "2.0"], [8, 3, None], [6, 3, "3.0"]]


def test_requests_are_judged_where_a_center_names_no_units():
    """A platform without units has one row a request, and that is what is due."""
    center = DEMO.model_copy(update={"columns": {"request_id": ("a",), "requested_at": ("b",)}})
    rows = handlings({"requested_at": EARLY, "due_at": "10-27 12:00"})
    assert len(measures.due_in(rows, WEEK, center)) == 1
    assert len(measures.due_in(rows, WEEK, DEMO)) == 0


@examples(20)
@given(anything)
def test_the_parts_add_up(rows):
    """按时, 超期办结 and 超期未办结 are 应办结, in all and unit by unit; what is open has exactly one age."""
    due = measures.due_in(rows, WEEK, DEMO)
    counts = measures.timeliness(due, rows, DEMO).iloc[0]
    by_unit = measures.timeliness_by_unit(due, DEMO)
    assert counts[list(OUTCOMES)].sum() == counts["due"] == by_unit["due"].sum()
    assert (by_unit[list(OUTCOMES)].sum(axis=1) == by_unit["due"]).all()
    assert len(due) == counts["due"] + counts["due_before_receipt"]
    waiting = measures.open_at(rows, WEEK.cutoff, DEMO)
    assert measures.open_by_age(waiting)["count"].sum() == len(waiting)
    assert set(due.loc[due["outcome"] == "overdue", "request_id"]) <= set(
        waiting.query("past_due")["request_id"]
    )


@examples(20)
@given(anything, anything)
def test_later_events_move_nothing(rows, more):
    """As of the cut-off: what is closed then or later, and what is received later, changes no figure."""
    late = rows["closed_at"].where(rows["closed_at"] < WEEK.cutoff, rows["closed_at"] + timedelta(days=3))
    late = late.where(late.notna() | (np.arange(len(rows)) % 2 == 0), pd.Timestamp(WEEK.cutoff))
    more = more.assign(requested_at=more["requested_at"] + timedelta(days=50), request_id="late")
    later = pd.concat([rows.assign(closed_at=late), more], ignore_index=True)

    def figures(frame: pd.DataFrame) -> list:
        due = measures.due_in(frame, WEEK, DEMO)
        waiting = measures.open_at(frame, WEEK.cutoff, DEMO)
        return [
            measures.timeliness(due, rows, DEMO).to_dict("list"),
            measures.timeliness_by_unit(due, DEMO).to_dict("list"),
            measures.open_by_age(waiting).to_dict("list"),
            measures.days_to_close(frame, WEEK.cutoff, DEMO).to_dict("list"),
        ]

    assert figures(later) == figures(rows)


@examples(20)
@given(anything, st.data())
def test_a_row_moves_only_its_own_unit(rows, data):
    """Another closing of one handling changes the line of its unit, and no other."""
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = rows.assign(
        closed_at=rows["closed_at"].where(rows.index != at, pd.Timestamp("2021-10-26 10:00"))
    )
    lines = [
        measures.timeliness_by_unit(measures.due_in(frame, WEEK, DEMO), DEMO).set_index("unit")
        for frame in (rows, changed)
    ]
    others = [frame.drop(index=rows["unit"][at], errors="ignore").sort_index() for frame in lines]
    pd.testing.assert_frame_equal(*others)


def test_the_rates_are_figures_that_the_checks_work_out_again():
    """A table of rates is recorded like any other; a rate that is not that of its counts is named by its label."""
    due = judged(*[{"due_at": "10-27 12:00", "closed_at": "10-26 12:00"}] * 3, {"due_at": "10-27 12:00"})
    counts = measures.timeliness(due, due.head(0), DEMO)
    figures = Figures(center="junan")
    figures.record("total", 4, "受理总量")
    figures.table("timeliness", counts, "")
    figures.table("unit_timeliness", measures.timeliness_by_unit(due, DEMO), "{unit}")
    figures.adds_up("timeliness.due", *(f"timeliness.{outcome}" for outcome in OUTCOMES))
    figures.adds_up("timeliness.due", "unit_timeliness.*.due")
    figures.check()
    figures.table("timeliness", counts.assign(on_time_rate="4/4"), "")
    with pytest.raises(FiguresError, match="按时办结率应为 3/4，写的是 4/4"):
        figures.check()
