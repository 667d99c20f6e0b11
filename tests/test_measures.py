"""The bulletin's definitions, each over frames that hypothesis makes."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import columns, measures, profiles
from hotline.center import UNKNOWN

JUNAN = profiles.load("junan")
START = datetime(2021, 10, 25)
UNITS = ["十字路街道", "大店镇", "团林镇", "市场监管局", "住建局", "不在名册的单位", None]
RATINGS = ["满意", "基本满意", "不满意", None]

handling = st.fixed_dictionaries(
    {
        "request_id": st.sampled_from([f"{n:03d}" for n in range(30)]),
        "unit": st.sampled_from(UNITS),
        "closed": st.one_of(st.none(), st.integers(0, 7 * 24 * 3600 - 1)),
        "channel": st.sampled_from(["市级热线", "省级热线", "新来的渠道", None]),
        "kind": st.sampled_from(["求助", "投诉举报", "建议", "没见过的类别", None]),
        "topic": st.sampled_from(["居民生活", "卫生", "城市管理", "交通", "教育", "农村工作", None]),
        "subtopic": st.sampled_from(["路灯", "用水", "供暖", "污水", "其他", None]),
        "service_rating": st.sampled_from(RATINGS),
        "result_rating": st.sampled_from(RATINGS),
    }
)


def frame(rows: list[dict]) -> pd.DataFrame:
    """Handlings as the archive gives them: one row per request and unit, a request's own columns the same on all."""
    found = pd.DataFrame(rows, columns=[*columns.names(), "closed"]).drop_duplicates(["request_id", "unit"])
    for column in ("channel", "kind", "topic", "subtopic"):
        found[column] = (
            found.groupby("request_id")[column].transform(lambda values: values.iloc[0]).astype("str")
        )
    found["requested_at"] = START
    found["closed_at"] = [
        START + timedelta(seconds=int(s)) if pd.notna(s) else pd.NaT for s in found["closed"]
    ]
    for column in columns.COLUMNS:
        found[column.name] = found[column.name].astype(columns.DTYPES[column.kind])
    return found[columns.names()].reset_index(drop=True)


frames = st.lists(handling, min_size=1, max_size=60).map(frame)


@given(frames)
def test_channels_and_kinds_add_up_to_the_total(handlings):
    """Rule 3: every request is in exactly one channel and one kind, the unknown and the unstated included."""
    requests = measures.requests(handlings)
    total = handlings["request_id"].nunique()
    assert len(requests) == total
    assert measures.by_channel(requests, JUNAN)["count"].sum() == total
    assert measures.by_kind(requests, JUNAN)["count"].sum() == total


@given(frames)
def test_channels_are_in_the_profiles_order_and_kinds_by_count(handlings):
    """Rule 3: channels as the profile lists them, those at zero left out; kinds largest first."""
    requests = measures.requests(handlings)
    channels = measures.by_channel(requests, JUNAN)
    known = [channel for channel in channels["channel"] if channel in JUNAN.channels]
    assert list(channels["channel"])[: len(known)] == [c for c in JUNAN.channels if c in known]
    assert (channels["count"] > 0).all()
    assert measures.by_kind(requests, JUNAN)["count"].is_monotonic_decreasing


@given(frames)
def test_every_handling_is_in_the_annexes_once(handlings):
    """Rule 7: no unit is dropped, a unit the profile does not know is in a group of its own, closed ≤ handled."""
    by_unit = measures.by_unit(handlings, handlings, JUNAN)
    assert by_unit["handled"].sum() == handlings["unit"].notna().sum()
    assert by_unit["closed"].sum() == handlings.loc[handlings["unit"].notna(), "closed_at"].notna().sum()
    assert (by_unit["closed"] <= by_unit["handled"]).all()
    assert by_unit["unit"].is_unique
    assert set(by_unit.loc[by_unit["group"] == UNKNOWN, "unit"]) <= {"不在名册的单位"}


@given(frames)
def test_units_are_ranked_by_handlings_with_ties_in_the_profiles_order(handlings):
    """Rule 7: within a group by handled, then as the profile lists them."""
    order = list(JUNAN.group_of)
    for key, rows in measures.by_unit(handlings, handlings, JUNAN).groupby("group"):
        if key != UNKNOWN:
            keys = [(-row.handled, order.index(row.unit)) for row in rows.itertuples()]
            assert keys == sorted(keys)


@given(frames)
def test_satisfied_answers_are_among_the_rated_ones(handlings):
    """Rule 7: a rate's denominator is the visits that rated that question, one by one."""
    by_unit = measures.by_unit(handlings, handlings, JUNAN).set_index("unit")
    for question in ("service", "result"):
        for unit, rows in handlings.dropna(subset="unit").groupby("unit"):
            answers = rows[f"{question}_rating"].dropna()
            assert by_unit.loc[unit, f"{question}_rated"] == len(answers)
            assert by_unit.loc[unit, f"{question}_satisfied"] == answers.isin(["满意", "基本满意"]).sum()


@given(frames)
def test_hot_topics_are_the_largest_and_name_their_large_subtopics(handlings):
    """Rule 6: at most five topics; subtopics of at least a tenth of their topic, at most four, at least one if any."""
    requests = measures.requests(handlings)
    hot = measures.hot_topics(requests, JUNAN)
    sizes = requests["topic"].value_counts()
    assert list(hot["count"]) == sorted(sizes, reverse=True)[:5]
    for topic, count, _, named in hot.itertuples(index=False):
        within = requests.loc[requests["topic"] == topic, "subtopic"].value_counts()
        large = int((within * 10 >= count).sum())
        assert len(named) == min(max(large, min(1, len(within))), 4)
        assert [within[name] for name in named] == sorted(within, reverse=True)[: len(named)]


def test_the_share_of_a_subtopic_is_of_its_topic_with_the_unstated_counted():
    """Rule 6: ten percent of the topic's requests, exactly: 1 of 10 is named, 1 of 11 is not."""

    def requests(size):
        subtopics = ["甲"] * (size - 2) + ["乙", None]
        return pd.DataFrame({"topic": ["卫生"] * size, "subtopic": subtopics})

    assert measures.hot_topics(requests(10), JUNAN)["subtopics"][0] == ["甲", "乙"]
    assert measures.hot_topics(requests(11), JUNAN)["subtopics"][0] == ["甲"]


def test_a_visit_counts_for_a_request_of_an_earlier_week():
    """Rule 7: the rates are of the visits made in the period, whenever the request came in."""
    handlings = frame([{"request_id": "1", "unit": "大店镇"}])
    visits = frame(
        [{"request_id": "0", "unit": "大店镇", "service_rating": "满意", "result_rating": "不满意"}]
    )
    row = measures.by_unit(handlings, visits, JUNAN).iloc[0]
    assert (row["handled"], row["service_rated"], row["service_satisfied"], row["result_satisfied"]) == (
        1,
        1,
        1,
        0,
    )


@pytest.mark.parametrize(
    ("column", "frame_of"),
    [("channel", measures.by_channel), ("kind", measures.by_kind), ("topic", measures.hot_topics)],
)
def test_a_column_the_profile_does_not_map_gives_an_empty_frame(column, frame_of):
    """A center whose platform does not know kinds has no section on kinds, and no error."""
    columns = {name: headers for name, headers in JUNAN.columns.items() if name != column}
    requests = measures.requests(frame([{"request_id": "1"}]))
    assert frame_of(requests, JUNAN.model_copy(update={"columns": columns})).empty


def test_history_starts_where_the_archive_starts():
    """A trend shows a zero between two known periods, and nothing before the first known one."""
    days = pd.Series([3, 4], index=pd.DatetimeIndex(["2021-10-12", "2021-10-26"]))
    weeks = [JUNAN.period(f"2021-W{week}") for week in range(38, 44)]
    assert list(measures.by_period(days, weeks)["count"]) == [3, 0, 4]
