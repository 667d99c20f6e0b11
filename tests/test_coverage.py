"""What an export covers: from its first whole day to the day before it was made, and nothing in doubt."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from hotline.claims import idle, of_export
from hotline.coverage import Coverage

MONDAY = date(2021, 10, 18)
DAYS = st.dates(date(2021, 1, 1), date(2021, 3, 1))
RANGES = st.lists(st.tuples(DAYS, st.integers(0, 20)), max_size=8).map(
    lambda pairs: [(first, first + timedelta(length)) for first, length in pairs]
)


def days(ranges) -> set[date]:
    return {first + timedelta(n) for first, last in ranges for n in range((last - first).days + 1)}


def by_day(
    *counts: int, closed: float | None = 0.3, same_day: float = 0.1, start: date = MONDAY, archived=None
) -> pd.DataFrame:
    """Requests a day from `start` on, the same shares of each closed by the next day and on the day itself."""
    index = pd.date_range(start, periods=len(counts))
    frame = pd.DataFrame({"requests": counts, "archived": archived or counts}, index=index)
    silence = pd.Timedelta(minutes=20)
    shares = {"closed": closed, "same_day": None if closed is None else min(same_day, closed)}
    soon = {
        name: [None if share is None else round(n * share) for n in counts] for name, share in shares.items()
    }
    return frame.assign(**soon, silence=silence)


@given(RANGES, RANGES)
def test_a_coverage_is_a_set_of_days(one, other):
    """Union, days, what is missing: as sets of days have it, whatever the order and overlap of the ranges."""
    both = Coverage.of(one) | Coverage.of(other)
    assert days(both) == days(one) | days(other)
    assert both.days == len(days(both))
    first, last = date(2021, 1, 1), date(2021, 4, 1)
    assert days(both.missing(first, last)) == days([(first, last)]) - days(both)
    assert both.holds(first, last) == (not both.missing(first, last))
    assert days(Coverage.of(one) - Coverage.of(other)) == days(one) - days(other)
    assert Coverage.load(both.dump()) == both


def test_stragglers_before_the_exports_own_week_are_not_covered():
    """The sample's second export: a third of the week before, few of it closed by the next day."""
    rows = pd.concat(
        [
            by_day(46, 61, 83, 82, 115, 104, 103, closed=0.05),
            by_day(361, 303, 305, 275, 293, 190, 182, 331, closed=0.35, start=MONDAY + timedelta(7)),
        ]
    )
    assert of_export(rows, date(2021, 11, 2)).dump() == [["2021-10-25", "2021-11-01"]]


def test_a_weekend_of_stragglers_closed_on_the_monday_is_not_covered():
    """The demo's: most of what came on the weekend is still open, and a fifth of Sunday's is closed by the next day, which
    is the export's own; of what was closed on the day itself the export has nothing."""
    rows = pd.concat(
        [
            by_day(71, 67, 68, closed=0.21, same_day=0.01, start=MONDAY + timedelta(4)),
            by_day(194, 150, 171, 136, 147, 131, 86, closed=0.37, same_day=0.17, start=MONDAY + timedelta(7)),
        ]
    )
    assert of_export(rows, MONDAY + timedelta(14)).dump() == [["2021-10-25", "2021-10-31"]]


def test_stray_rows_are_not_covered():
    """Fifteen old orders that were touched do not make a week, closed or not."""
    rows = pd.concat(
        [
            by_day(3, 2, 2, 2, 2, 2, 2, closed=1),
            by_day(361, 303, 305, 275, 293, 190, 182, closed=0.35, start=MONDAY + timedelta(7)),
        ]
    )
    assert of_export(rows, date(2021, 11, 1)).dump() == [["2021-10-25", "2021-10-31"]]


def test_a_week_of_the_spring_festival_is_whole():
    """A third of the usual, inside an export or at its beginning: its closings say that it is whole."""
    usual = (300, 290, 280, 270, 260, 200, 180)
    thin = tuple(n // 3 for n in usual)
    for counts in ((*usual, *thin, *usual), (*thin, *usual)):
        last = MONDAY + timedelta(len(counts))
        assert of_export(by_day(*counts), last).ranges == ((MONDAY, last - timedelta(1)),)


def test_without_closings_fullness_and_ids_decide():
    """No column of closings: a day at 56% of the usual is in doubt; so is one of which the archive has more."""
    week = (300, 290, 280, 270, 260, 250, 240)
    start = MONDAY + timedelta(7)
    stragglers = by_day(*(n // 2 for n in week), closed=None)
    assert of_export(
        pd.concat([stragglers, by_day(*week, closed=None, start=start)]), date(2021, 11, 1)
    ).ranges == ((start, date(2021, 10, 31)),)
    partial = by_day(*week, closed=None, archived=[n + 30 for n in week])
    assert of_export(
        pd.concat([partial, by_day(*week, closed=None, start=start)]), date(2021, 11, 1)
    ).ranges == ((start, date(2021, 10, 31)),)


def test_an_archive_begun_in_mid_week_begins_there():
    """An export from Wednesday on covers nothing before Wednesday."""
    rows = by_day(280, 270, 260, 200, 180, start=MONDAY + timedelta(2))
    assert of_export(rows, MONDAY + timedelta(7)).dump() == [["2021-10-20", "2021-10-24"]]


def test_an_export_made_in_the_middle_of_a_day_does_not_hold_that_day():
    """It reaches up to the day before its own."""
    assert of_export(by_day(300, 290, 280, 100), MONDAY + timedelta(3)).dump() == [
        ["2021-10-18", "2021-10-20"]
    ]


def test_a_day_without_a_request_is_lost_in_a_busy_center():
    """Inside an export and at its end, where the day that it breaks off in is in doubt, too; a thin day is whole."""
    rows = by_day(300, 290, 0, 20, 250, 260, 270).query("requests > 0")
    assert of_export(rows, MONDAY + timedelta(7)).dump() == [
        ["2021-10-18", "2021-10-19"],
        ["2021-10-21", "2021-10-24"],
    ]
    assert of_export(rows, MONDAY + timedelta(9)).dump()[-1] == ["2021-10-21", "2021-10-23"]


def test_a_weekday_on_which_no_request_ever_comes_is_not_lost():
    """As three weeks of the export itself show, or the covered days of the archive before it."""
    week = (300, 290, 280, 270, 260, 250, 0)
    weeks = by_day(*week * 3).query("requests > 0")
    assert of_export(weeks, MONDAY + timedelta(21)).days == 21
    one = by_day(*week).query("requests > 0")
    assert of_export(one, MONDAY + timedelta(7)).days == 5
    assert of_export(one, MONDAY + timedelta(7), idle=frozenset({6})).days == 7
    before = pd.Series(1, pd.date_range(MONDAY, periods=6))
    assert idle(before, Coverage.of([(MONDAY, MONDAY + timedelta(6))])) == {6}
    assert idle(before, Coverage.of([(MONDAY, MONDAY + timedelta(5))])) == set()


def test_the_last_day_of_an_export_that_breaks_off_in_it_is_not_covered():
    """Eleven hours without a request, where at most twenty minutes are usual, unless requests of a later day follow."""
    rows = by_day(300, 290, 280, 270, 260, 250, 120)
    rows.iloc[-1, rows.columns.get_loc("silence")] = pd.Timedelta(hours=11)
    assert of_export(rows, MONDAY + timedelta(7)).days == 6
    assert (
        of_export(pd.concat([rows, by_day(9, start=MONDAY + timedelta(7))]), MONDAY + timedelta(7)).days == 7
    )


def test_a_thin_center_is_judged_by_the_week():
    """One request a day, some days none: its weeks join, where an earlier import left off the day before."""
    first = of_export(by_day(1, 0, 2, 1, 1, 0, 1).query("requests > 0"), MONDAY + timedelta(7))
    assert first.dump() == [["2021-10-18", "2021-10-24"]]
    rows = by_day(0, 1, 1, 2, 0, 1, 1, start=MONDAY + timedelta(7)).query("requests > 0")
    assert of_export(rows, MONDAY + timedelta(14)).dump() == [["2021-10-26", "2021-10-31"]]
    assert of_export(rows, MONDAY + timedelta(14), first).dump() == [["2021-10-25", "2021-10-31"]]


def test_a_week_without_a_request_is_lost_where_dozens_are_usual():
    """Nine a day, then nothing up to the export's moment: the empty weeks, and the one that it may break off in."""
    rows = by_day(*[9] * 21)
    assert of_export(rows, MONDAY + timedelta(21)).days == 21
    later = of_export(rows, MONDAY + timedelta(42)).dump()
    assert later == [["2021-10-18", "2021-10-31"]]
    assert of_export(by_day(*[9] * 14), MONDAY + timedelta(21)).days == 21  # two weeks are too few to tell


def test_the_stragglers_of_a_missed_week_do_not_cover_it():
    """The export of a week was lost; the next one repeats what is still open of it."""
    before = Coverage.of([(MONDAY, MONDAY + timedelta(6))])
    rows = pd.concat(
        [
            by_day(120, 110, 100, 115, 104, 103, 90, closed=0.04, start=MONDAY + timedelta(7)),
            by_day(361, 303, 305, 275, 293, 190, 182, closed=0.35, start=MONDAY + timedelta(14)),
        ]
    )
    covered = before | of_export(rows, MONDAY + timedelta(21), before)
    assert covered.missing(MONDAY, MONDAY + timedelta(20)).ranges == (
        (MONDAY + timedelta(7), MONDAY + timedelta(13)),
    )
