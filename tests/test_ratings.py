"""三率: what visits say, whether the first contact came in time, what was returned and what was repeated."""

from datetime import timedelta

import pandas as pd
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from rows import DEMO, WEEK, anything, handlings

from hotline import measures
from hotline.measures.ratings import ANSWERS, RESPONSES

WORDS = ["满意", "基本满意", "不满意", "未接通", "不予评价", "还行", None]
CENTER = DEMO.model_copy(update={"excluded": ("不予评价",)})


def visits(*ratings: tuple, unit: str = "大店镇") -> pd.DataFrame:
    """Visits that say this of service, result and whether it was solved."""
    names = ("service_rating", "result_rating", "solved")
    return handlings(
        *(dict(zip(names, each, strict=False)) for each in ratings), unit=unit, visited_at="10-27"
    )


def test_each_rating_is_one_answer():
    """满意率 is of those who said satisfied or not; unreached, excluded and unknown words are counted beside, by name."""
    service = ["满意", "基本满意", "不满意", "未接通", "不予评价", "还行", "马马虎虎", None]
    counts = measures.satisfaction(visits(*((word, "满意") for word in service)), CENTER)
    columns = ["name", "visits", "rated", *ANSWERS, "satisfied_rate", "unsatisfied_rate", "words"]
    assert counts[columns].to_numpy().tolist() == [
        ["服务过程", 8, 3, 2, 1, 1, 1, 2, "2/3", "1/3", ["还行", "马马虎虎"]],
        ["办理结果", 8, 8, 8, 0, 0, 0, 0, "8/8", "0/8", []],
    ]


def test_overall_rates_have_two_decimals():
    """As published bulletins print them: 100.00%."""
    counts = measures.satisfaction(visits(*[("满意", "不满意")] * 11 + [("满意", "满意")]), CENTER)
    assert list(counts["satisfied_rate"]) == ["100.00%", "8.33%"]
    assert list(counts["unsatisfied_rate"]) == ["0.00%", "91.67%"]


def test_solved_is_of_the_visits_that_asked():
    """解决率 = 已解决 / (已解决 + 未解决)."""
    made = visits(*[("满意", "满意", answer) for answer in (True, True, False, None)])
    assert measures.solved(made, CENTER).iloc[0].to_dict() == {
        "solved": 2,
        "unsolved": 1,
        "answered": 3,
        "solved_rate": "2/3",
    }


def test_a_unit_that_was_only_visited_is_in_the_annexes():
    """Rule 7: a visit of an earlier week's request counts, also where its unit has no new handling in the period."""
    made = pd.concat([visits(("满意", "不满意", True)), visits(("未接通", "还行"), unit="住建局")])
    by_unit = measures.by_unit(handlings({"unit": "大店镇"}, {"unit": "团林镇"}), made, CENTER)
    columns = [
        "unit",
        "handled",
        "visits",
        "service_rated",
        "result_rated",
        "service",
        "result",
        "solved_rate",
    ]
    assert by_unit[columns].to_numpy().tolist() == [
        ["大店镇", 1, 1, 1, 1, "100%", "0%", "1/1"],
        ["团林镇", 1, 0, 0, 0, "-", "-", "-"],
        ["住建局", 0, 1, 0, 0, "-", "-", "-"],
    ]
    assert list(measures.top_units(by_unit, 2, CENTER)["units"]) == [["大店镇", "团林镇"]]


ratings = st.lists(
    st.tuples(*[st.sampled_from(WORDS)] * 2, st.sampled_from([True, False, None]), st.sampled_from("甲乙")),
    min_size=1,
    max_size=15,
)


@examples(20)
@given(ratings)
def test_ratings_add_up(rows):
    """Every rating is one of the answers; the units' visits and answers are those of all."""
    made = pd.concat([visits(row[:3], unit=row[3]) for row in rows], ignore_index=True)
    counts = measures.satisfaction(made, CENTER).set_index("question")
    by_unit = measures.by_unit(made.head(0), made, CENTER)
    assert by_unit["visits"].sum() == len(made)
    assert by_unit["solved"].sum() == measures.solved(made, CENTER)["solved"][0]
    for question, line in counts.iterrows():
        assert line[list(ANSWERS)].sum() == made[f"{question}_rating"].notna().sum()
        assert line["rated"] == line["satisfied"] + line["unsatisfied"] == by_unit[f"{question}_rated"].sum()
        assert line["satisfied"] == by_unit[f"{question}_satisfied"].sum()


@examples(20)
@given(ratings, st.data())
def test_a_visit_moves_only_its_own_unit(rows, data):
    """Another answer of one visit changes the line of its unit, and no other."""
    at = data.draw(st.integers(0, len(rows) - 1))
    other = [(*("不满意", "不满意", False), *row[3:]) if n == at else row for n, row in enumerate(rows)]
    lines = [
        measures.by_unit(made.head(0), made, CENTER).set_index("unit").drop(index=rows[at][3]).sort_index()
        for each in (rows, other)
        for made in [pd.concat([visits(row[:3], unit=row[3]) for row in each], ignore_index=True)]
    ]
    pd.testing.assert_frame_equal(*lines)


@pytest.mark.parametrize(
    ("due", "responded", "hours", "outcome"),
    [
        ("10-26 10:00", "10-26 10:00", None, "responded_in_time"),
        ("10-26 10:00", "10-26 10:01", None, "responded_late"),
        ("10-26 10:00", None, 2, "not_responded"),
        ("10-31", "11-01 00:00", None, "not_responded"),  # after the cut-off nothing is known
        ("11-01 10:00", "10-31 10:00", None, None),
        (None, "10-26 10:59", 2, "responded_in_time"),
        (None, "10-26 11:01", 2, "responded_late"),
        (None, "10-26 10:00", None, None),
    ],
)
def test_what_was_responded_in_time(due, responded, hours, outcome):
    """响应率: by the platform's limit, else the profile's hours after the receipt; of contacts due in the period."""
    center = DEMO.model_copy(update={"respond_hours": hours})
    row = handlings(
        {"respond_due_at": due, "responded_at": responded}, requested_at="10-26 09:00", unit="大店镇"
    )
    cohort = measures.responses_due_in(row, WEEK, center)
    assert list(cohort["outcome"]) == ([outcome] if outcome else [])
    counts = measures.responses(cohort, center).iloc[0]
    rate = {"responded_in_time": "1/1", None: "-"}.get(outcome, "0/1")
    assert (counts["respond_due"], counts["respond_rate"]) == (len(cohort), rate)


@examples(20)
@given(anything)
def test_responses_add_up_and_later_ones_move_nothing(rows):
    """In time, late and none are all that were due, unit by unit; a response after the cut-off is none yet."""
    figures = []
    for frame in (
        rows,
        rows.assign(responded_at=rows["responded_at"].where(rows["responded_at"] < WEEK.cutoff)),
    ):
        due = measures.responses_due_in(frame, WEEK, DEMO)
        counts, by_unit = measures.responses(due, DEMO), measures.responses_by_unit(due, DEMO)
        assert (
            counts[list(RESPONSES)].sum(axis=1)[0] == counts["respond_due"][0] == by_unit["respond_due"].sum()
        )
        figures.append([counts.to_dict("list"), by_unit.to_dict("list")])
    assert figures[0] == figures[1]


def test_what_was_returned_for_redoing():
    """重办率: handlings returned in the period, whenever received, per handling received; one in-house is none."""
    rows = handlings(
        {"requested_at": "10-01", "returned_at": "10-25 00:00", "returned": 3},
        {"requested_at": "10-26", "returned_at": "10-31 23:59"},
        {"requested_at": "10-26", "returned_at": "11-01 00:00"},
        {"requested_at": "10-26", "returned_at": "10-24 23:59"},
        {"requested_at": "10-27", "unit": None},
        unit="大店镇",
    )
    returned = measures.returned_in(rows, WEEK, DEMO)
    received = rows[rows["requested_at"] >= WEEK.start]
    assert list(returned["request_id"]) == ["0", "1"]
    assert measures.redone(returned, received, DEMO).to_dict("records") == [
        {"handled": 3, "redone": 2, "redone_rate": "2/3"}
    ]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, True),
        ({"requested_at": "09-27 09:00"}, True),  # thirty days sharp
        ({"requested_at": "09-27 08:59"}, False),
        ({"caller": "b"}, False),
        ({"topic": "交通"}, False),
        ({"unit": "住建局"}, False),
        ({"caller": None}, False),
    ],
)
def test_the_same_caller_topic_and_unit_within_thirty_days_is_a_repeat(before, expected):
    """重复: counted from the request before it; only the later one is the repeat."""
    same = {"requested_at": "10-20 09:00", "caller": "a", "topic": "卫生", "unit": "大店镇"}
    rows = handlings({**same, **before}, {**same, "requested_at": "10-27 09:00"})
    assert list(measures.repeated(rows, WEEK, DEMO)["repeat"]) == [expected]


def test_the_platforms_own_mark_of_repeats_counts_where_there_is_one():
    """A request is repeated if marked, whatever its caller; without marks, one without a caller cannot be told."""
    rows = handlings(
        {"repeat_of": "x"},
        {"caller": "a", "topic": "卫生"},
        {"caller": "a", "topic": "卫生"},
        requested_at="10-27 09:00",
    )
    marked = DEMO.model_copy(update={"columns": {**DEMO.columns, "repeat_of": ("重复工单号",)}})
    counts = [measures.repeats(measures.repeated(rows, WEEK, center), center) for center in (marked, DEMO)]
    assert [each.iloc[0].to_dict() for each in counts] == [
        {"requests": 3, "repeats": 1, "untold": 0, "repeat_rate": "1/3"},
        {"requests": 3, "repeats": 1, "untold": 1, "repeat_rate": "1/3"},
    ]


@examples(20)
@given(anything, anything)
def test_later_requests_repeat_nothing_of_this_week(rows, more):
    """As of the cut-off: what is received after it changes no repeat, and every request of the week is told once."""
    later = more.assign(requested_at=more["requested_at"] + timedelta(days=50), request_id="late")
    known = measures.repeated(rows, WEEK, DEMO)
    with_later = measures.repeated(pd.concat([rows, later], ignore_index=True), WEEK, DEMO)
    pd.testing.assert_frame_equal(known, with_later)
    within = (rows["requested_at"] >= WEEK.start) & (rows["requested_at"] < WEEK.cutoff)
    assert sorted(known["request_id"]) == sorted(rows.loc[within, "request_id"].unique())
