"""变动来源 and 高发问题."""

from datetime import date, timedelta

import pandas as pd
import pytest
from conftest import examples
from hypothesis import given
from rows import DEMO, WEEK, anything, handlings

from hotline import measures


def counted(**sizes: int) -> pd.DataFrame:
    return handlings(*({"topic": topic} for topic, size in sizes.items() for _ in range(size)))


def test_the_rises_and_falls_are_those_of_the_total():
    """卫生 +4, 教育 +1, 交通 -2: the total rose by 3. 卫生 alone rose by more, so its share is not printed."""
    moved = measures.movement(counted(卫生=6, 交通=1, 教育=1), counted(卫生=2, 交通=3), ["topic"])
    assert moved.astype({"change": "str"}).to_numpy().tolist() == [
        ["卫生", 6, 2, 4, "增加4件"],
        ["教育", 1, 0, 1, "增加1件"],
        ["交通", 1, 3, -2, "减少2件"],
    ]
    assert measures.explaining(moved)[["topic", "of_change"]].to_numpy().tolist() == [["卫生", None]]


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        ({"卫生": 5, "交通": 3, "教育": 2}, {}, [["卫生", "50.00%"], ["交通", "30.00%"]]),
        ({}, {"卫生": 1, "交通": 3}, [["交通", "75.00%"]]),
        ({"卫生": 2}, {"交通": 2}, []),  # the total did not move: nothing made it
        (
            {"卫生": 3, "交通": 3, "教育": 3, "医保": 3, "供水": 3},
            {},
            [[t, "20.00%"] for t in ("交通", "供水", "医保")],
        ),
    ],
)
def test_the_few_that_explain_most_of_a_move(now, before, expected):
    """Those that moved the way the total did, the largest first, until they are more than half of it; three at most."""
    few = measures.explaining(measures.movement(counted(**now), counted(**before), ["topic"]))
    assert few[["topic", "of_change"]].to_numpy().tolist() == expected


@examples(20)
@given(anything, anything)
def test_changes_add_up_exactly(now, before):
    """By topic, unit or both, what is not stated included: the differences are the difference of all rows."""
    for by in (["topic"], ["unit"], ["topic", "unit"]):
        moved = measures.movement(now, before, by)
        assert moved["difference"].sum() == len(now) - len(before)
        assert moved["count"].sum() == len(now)
        few = measures.explaining(moved)
        assert (few["difference"] * (len(now) - len(before)) > 0).all()


def weeks(counts: tuple[int, ...], others: int = 9) -> pd.DataFrame:
    """Handlings of six weeks: 大店镇 卫生 has the counts, once each week `others` more topics of the town have one."""
    rows = []
    for week, count in enumerate(counts):
        monday = WEEK.cutoff - timedelta(weeks=6 - week)
        rows += [{"topic": "卫生", "requested_at": monday}] * count
        rows += [{"topic": f"第{n}类", "requested_at": monday + timedelta(days=6)} for n in range(others)]
    return handlings(*rows, unit="大店镇")


@pytest.mark.parametrize(
    ("counts", "others", "at_top"),
    [
        ((2, 2, 2, 2, 2, 2), 9, 6),
        ((2, 2, 1, 1, 2, 2), 9, 4),
        ((2, 2, 1, 1, 1, 2), 9, None),  # three weeks of six
        ((2, 2, 2, 2, 2, 2), 8, None),  # nine have no tenth
        ((1, 1, 1, 1, 1, 1), 9, None),  # ten alike: none stands out
    ],
)
def test_what_stays_in_the_top_decile_for_four_weeks_of_six(counts, others, at_top):
    """One of ten topics × units of a group is its top decile; the weeks are named by their first day."""
    stayed = measures.persistent(weeks(counts, others=others), WEEK.cutoff, DEMO)
    assert list(stayed["weeks"]) == ([at_top] if at_top else [])
    if at_top:
        line = stayed.iloc[0]
        assert (line["group"], line["unit"], line["topic"]) == ("towns", "大店镇", "卫生")
        assert (line["counts"], line["count"]) == (list(counts), sum(counts))
        assert line["at_top"][-1] == date(2021, 10, 25)


def test_groups_are_compared_within_themselves_and_later_weeks_are_not_looked_at():
    """A department with a hundred cases of a topic does not push a town's problem out of its decile."""
    towns = weeks((2, 2, 2, 2, 2, 2))
    department = handlings(
        *({"requested_at": at} for at in towns["requested_at"]), unit="住建局", topic="供暖"
    )
    later = weeks((50, 50, 50, 50, 50, 50)).assign(unit="团林镇")
    later["requested_at"] += timedelta(weeks=6)
    stayed = measures.persistent(towns, WEEK.cutoff, DEMO)
    both = measures.persistent(pd.concat([towns, department, later], ignore_index=True), WEEK.cutoff, DEMO)
    pd.testing.assert_frame_equal(stayed, both)
