"""直办与转办, groups, closed requests, 结转; what the publications of other centers print, from our measures."""

import pandas as pd
from conftest import examples
from hypothesis import given
from rows import DEMO, WEEK, anything, handlings

from hotline import measures, wording


def by_way(rows: pd.DataFrame) -> pd.DataFrame:
    return measures.by_way(measures.by_request(rows, WEEK.cutoff))


def test_requests_are_answered_in_house_or_handed_on():
    """转办 has at least one unit, 直办 none; a request of two units is one request. 37527 of 71182 is 52.72%."""
    rows = handlings(
        {"request_id": "1"}, {"request_id": "2", "unit": "大店镇"}, {"request_id": "2", "unit": "住建局"}
    )
    ways = by_way(rows)
    assert ways.to_numpy().tolist() == [["直办", 1, 0, "50.00%"], ["转办", 1, 0, "50.00%"]]
    assert list(by_way(rows.tail(2))["count"]) == [0, 1]
    published = measures.shared(pd.DataFrame({"count": [37527, 33655]}), 71182)
    assert list(published["share"]) == ["52.72%", "47.28%"]


def test_a_groups_total_and_its_share_of_what_was_handed_on():
    """Handlings add up over the groups; requests of two groups are in both."""
    rows = handlings(
        {"request_id": "1"},
        {"request_id": "2", "unit": "大店镇"},
        {"request_id": "2", "unit": "住建局"},
        {"request_id": "2", "unit": "公安局"},
        {"request_id": "3", "unit": "外单位"},
    )
    assert measures.by_group(rows, DEMO).to_numpy().tolist() == [
        ["towns", "镇街", 1, "25.00%", 1, "50.00%"],
        ["departments", "县直部门单位", 2, "50.00%", 1, "50.00%"],
        ["unknown", "其他单位", 1, "25.00%", 1, "50.00%"],
    ]
    assert list(measures.by_group(rows.head(1), DEMO)["share"]) == [None, None]


def test_a_request_is_closed_when_all_its_handlings_are():
    """Closings by request, as of the cut-off; one answered in-house, or of a center without units, by its own closing."""
    rows = handlings(
        {"request_id": "1", "unit": "大店镇", "closed_at": "10-26"},
        {"request_id": "1", "unit": "住建局", "closed_at": "10-28"},
        {"request_id": "2", "unit": "大店镇", "closed_at": "10-26"},
        {"request_id": "2", "unit": "住建局", "closed_at": "11-01"},
        {"request_id": "3", "closed_at": "10-27", "kind": "咨询"},
        {"request_id": "4", "kind": "咨询"},
        requested_at="10-25",
    )
    closed = measures.closed_requests(rows, WEEK.cutoff)
    assert list(closed["request_id"]) == ["1", "3"]
    assert list(closed["closed_at"].dt.day) == [28, 27]
    assert by_way(rows).to_numpy().tolist() == [["直办", 2, 1, "50.00%"], ["转办", 2, 1, "50.00%"]]
    kinds = measures.by_kind(closed, DEMO)
    assert kinds.loc[kinds["kind"] == "咨询", ["count", "share"]].to_numpy().tolist() == [[1, "50.00%"]]


def test_what_was_carried_over_and_handled_in_all():
    """结转 + 受理 = 办结 + 在办, in requests; closings before the period and after the cut-off do not count."""
    rows = handlings(
        {"request_id": "1", "requested_at": "10-20", "closed_at": "10-24 23:59"},
        {"request_id": "2", "requested_at": "10-20", "closed_at": "10-25"},
        {"request_id": "3", "requested_at": "10-20"},
        {"request_id": "4", "requested_at": "10-26", "closed_at": "10-27"},
        {"request_id": "5", "requested_at": "10-26", "closed_at": "11-01"},
        {"request_id": "6", "requested_at": "10-26", "closed_at": "10-27"},
        {"request_id": "6", "requested_at": "10-26"},
        unit="大店镇",
    )
    at_hand = measures.at_hand(rows, rows, WEEK)
    assert {name: list(frame["request_id"]) for name, frame in at_hand.items()} == {
        "carried": ["2", "3"],
        "received": ["4", "5", "6"],
        "in_all": ["2", "3", "4", "5", "6"],
        "requests_closed": ["2", "4"],
        "still_open": ["3", "5", "6"],
    }
    assert measures.carried_over(at_hand).to_numpy().tolist() == [[2, 3, 5, 2, 3]]


@examples(20)
@given(anything)
def test_ways_and_groups_add_up(rows):
    """直办 and 转办 are all requests; the groups' handlings are all handlings."""
    assert by_way(rows)["count"].sum() == rows["request_id"].nunique()
    assert measures.by_group(rows, DEMO)["count"].sum() == rows["unit"].notna().sum()


def test_channels_have_shares():
    """As other centers print them, of all requests."""
    channels = measures.by_channel(handlings(*[{"channel": "市级热线"}] * 2, {"channel": "省级热线"}), DEMO)
    assert list(channels["share"]) == ["66.67%", "33.33%"]


def test_a_change_can_be_said_as_a_difference():
    """减少41件; the word follows the counts, and nothing is said without an earlier one."""
    said = [str(wording.difference(now, before)) for now, before in ((59, 100), (3, 0), (5, 5), (5, None))]
    assert said == ["减少41件", "增加3件", "持平", "None"]


def test_the_word_of_a_change_in_percent_is_the_profiles():
    """下降41.00%, 上升 and 持平; a count keeps 增加 and 减少, for nothing 下降41件."""
    words = {"增加": "上升", "减少": "下降"}
    moved = [wording.change(59, 100), wording.change(1_000_001, 1_000_000), wording.change(5, 5)]
    assert [each.said(words) for each in moved] == ["下降41.00%", "上升不足0.01%", "持平"]
    assert wording.difference(59, 100).said(words) == "减少41件"
    assert [each.said({}) for each in moved] == list(map(str, moved))


def test_issues_are_numbered_since_the_first():
    """总第N期: weeks, months and years since a center's first issue, that one included."""
    since = {"2021-W43": "2019-W01", "2021-10": "2019-12", "2021-Q4": "2020-Q1", "2021": "2021"}
    numbers = [DEMO.period(this).since(DEMO.period(first)) for this, first in since.items()]
    assert numbers == [148, 23, 8, 1]


@examples(20)
@given(anything)
def test_closings_after_the_cut_off_move_nothing(rows):
    """Ways, groups and what is closed are those of the cut-off, whatever happens later."""
    later = rows.assign(closed_at=rows["closed_at"].where(rows["closed_at"] < WEEK.cutoff, pd.NaT))
    pd.testing.assert_frame_equal(by_way(later), by_way(rows))
    closed = rows["closed_at"].fillna(pd.Timestamp(WEEK.cutoff))
    pd.testing.assert_frame_equal(by_way(rows.assign(closed_at=closed)), by_way(rows))
