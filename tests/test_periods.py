"""Periods: half-open windows, ISO weeks, year ends, and calendars that start on another day."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import periods, wording
from hotline.periods import PeriodError, parse

moments = st.dates(date(1990, 1, 1), date(2090, 12, 31))
grains = st.sampled_from(periods.GRAINS)
weekdays = st.integers(0, 6)


def test_issue_43s_week():
    """Rule 1: Monday 00:00 to the next Monday 00:00, issue = ISO week, published the Friday after."""
    week = parse("2021-W43")
    assert (week.start, week.cutoff) == (datetime(2021, 10, 25), datetime(2021, 11, 1))
    assert (week.ends, week.number, week.published) == (date(2021, 10, 31), 43, date(2021, 11, 5))
    assert f"{week.label}（{wording.days(week.starts, week.ends)}）" == "2021年第43周（10月25日至10月31日）"


def test_a_week_over_the_year_end_reads_right():
    """Rule 1: 2020's week 53 belongs to 2020 and names both years."""
    week = parse("2020-W53")
    assert (
        f"{week.label}（{wording.days(week.starts, week.ends)}）"
        == "2020年第53周（2020年12月28日至2021年1月3日）"
    )
    assert (str(week.next), str(week.previous)) == ("2021-W01", "2020-W52")


@given(moments, grains, weekdays)
def test_every_day_is_in_exactly_one_period_and_its_name_leads_back(day, grain, week_starts):
    """The periods of a calendar tile the days, and a name and its period are one to one."""
    period = periods.containing(day, grain, week_starts)
    assert period.starts <= day < period.cutoff_day
    assert parse(str(period), week_starts) == period
    assert period.previous.cutoff_day == period.starts
    assert period.next.starts == period.cutoff_day
    assert period.next.previous == period


@given(moments, weekdays)
def test_a_week_has_seven_days_from_its_first_weekday_and_the_number_of_most_of_them(day, week_starts):
    """A center whose week starts on another day names it after the ISO week that holds most of its days."""
    week = periods.containing(day, "week", week_starts)
    inside = [week.starts + timedelta(days=index) for index in range(7)]
    assert week.starts.weekday() == week_starts
    named = [d.isocalendar()[:2] for d in inside].count((week.year, week.number))
    assert named >= 4


@given(moments, grains)
def test_the_issue_is_published_on_a_friday_within_a_week_of_the_cut_off(day, grain):
    """Rule 1: the Friday after, never before the data are complete."""
    period = periods.containing(day, grain)
    assert period.published.weekday() == 4
    assert 0 <= (period.published - period.cutoff_day).days < 7


@given(moments, grains, weekdays)
def test_the_last_complete_period_is_over(day, grain, week_starts):
    """A weekly run never renders a week that is still going on."""
    period = periods.last_complete(datetime.combine(day, datetime.min.time()), grain, week_starts)
    assert period.cutoff_day <= day < period.next.cutoff_day


@given(moments, grains)
def test_the_year_before_has_the_same_number(day, grain):
    """同比 compares like with like; a week 53 that the earlier year lacks has nothing to compare with."""
    period = periods.containing(day, grain)
    before = period.year_before
    if before is None:
        assert (grain, period.number) == ("week", 53)
    else:
        assert before.year == period.year - 1
        assert grain == "year" or before.number == period.number


@pytest.mark.parametrize(
    "text", ["2021-W54", "2021-W00", "2021-13", "2021-Q5", "2021W43", "上周", "", "2021-W53"]
)
def test_a_name_that_means_nothing_is_refused_in_chinese(text):
    """A meaningless period is an error that shows what was typed."""
    with pytest.raises(PeriodError, match="周"):
        parse(text)


def test_a_range_holds_both_ends_and_goes_forward():
    """2021-W52:2022-W02 crosses the year; an end before its start is refused."""
    assert [str(week) for week in periods.parse_range("2021-W52:2022-W02")] == [
        "2021-W52",
        "2022-W01",
        "2022-W02",
    ]
    with pytest.raises(PeriodError, match="早于"):
        periods.parse_range("2021-W43:2021-W01")
    with pytest.raises(PeriodError, match="同一种"):
        periods.parse_range("2021-W43:2021-12")


@pytest.mark.parametrize(
    ("name", "label", "word"),
    [
        ("2021-10", "2021年10月", "月"),
        ("2021-Q4", "2021年第4季度", "季度"),
        ("2021", "2021年", "年"),
        ("2021-W43", "2021年第43周", "周"),
    ],
)
def test_labels_and_words_follow_the_grain(name, label, word):
    """较上周, 较上月: the words follow the kind of period."""
    assert (parse(name).label, parse(name).word) == (label, word)
