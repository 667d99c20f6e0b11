"""What is worked out once a data file: the same with the cache and without, whatever happens to it."""

from datetime import datetime, timedelta

import material
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import DEMO, WEEK, handlings

from hotline import history, periods
from hotline.archive import Archive
from hotline.records import Records
from hotline.schema import schema

END = datetime(2021, 11, 1)


@pytest.fixture
def archive(tmp_path) -> Archive:
    """Six weeks of invented requests up to 2021-W43."""
    archive = Archive(tmp_path, "junan")
    archive.upsert(material.handlings("2021-W38", 6))
    return archive


def again(archive: Archive) -> Archive:
    return Archive(archive.location, "junan")


def counted_by_hand(rows: pd.DataFrame, **of: str) -> int:
    for name, value in of.items():
        rows = rows[rows[name] == value]
    return len(rows) if "unit" in of else rows["request_id"].nunique()


def test_weeks_by_series_are_those_of_the_rows(archive):
    """Requests by topic, handlings by unit and topic of a unit, the total, week by week."""
    counts = archive.by_week(END)
    assert list(counts.index) == list(pd.date_range("2021-09-20", periods=6, freq="7D"))
    for week in counts.index:
        rows = archive.handlings(week.to_pydatetime(), (week + pd.Timedelta(days=7)).to_pydatetime(), END)
        assert counts.loc[week, ("", "", "", "")] == counted_by_hand(rows)
        assert counts.loc[week, ("卫生", "", "", "")] == counted_by_hand(rows, topic="卫生")
        assert counts.loc[week, ("", "", "大店镇", "")] == counted_by_hand(rows, unit="大店镇")
        assert counts.loc[week, ("卫生", "", "大店镇", "")] == counted_by_hand(
            rows, topic="卫生", unit="大店镇"
        )
        assert counts.loc[week, ("", "", "", "建议")] == counted_by_hand(rows, kind="建议")


def test_the_cache_changes_nothing(archive, tmp_path):
    """Used, deleted, damaged, or not to be written: the same counts, open handlings and days inferred to be whole."""
    first, waiting, whole = archive.by_week(END), archive.open(END, END), archive.coverage()
    assert whole
    caches = sorted(tmp_path.glob("junan.*.parquet"))
    assert caches
    assert all(path.stat().st_mode & 0o077 == 0 for path in caches)
    for spoil in (lambda path: None, lambda path: path.unlink(), lambda path: path.write_bytes(b"spoilt")):
        for path in caches:
            spoil(path)
        pd.testing.assert_frame_equal(again(archive).by_week(END), first)
        pd.testing.assert_frame_equal(again(archive).open(END, END), waiting)
        assert again(archive).coverage() == whole


def test_days_are_counted_once_for_an_archive_that_does_not_say_what_it_covers(archive, monkeypatch):
    """Only what an import adds is counted; the days of an archive of release 0.1.0 are not read for each issue."""
    whole = archive.coverage()
    monkeypatch.setattr(history, "by_day", lambda _: pytest.fail("counted again"))
    assert again(archive).coverage() == whole


def test_days_of_a_week_in_two_files_are_one(archive):
    """What two data files hold of a day is added up: whoever appends to the table leaves two."""
    whole = archive.coverage()
    more = archive.stored(pa.array(["G000000000", "G000000001"]))
    write_deltalake(archive.uri, more.set_column(0, "request_id", pa.array(["N0", "N1"])), mode="append")
    assert again(archive).coverage() == whole


def test_an_import_is_seen_and_an_earlier_version_stays_what_it_was(archive):
    """One more request in an old week; the archive at its first version says what it said, and spoils no cache."""
    before = archive.by_week(END)
    archive.upsert(
        material.handlings("2021-W38", 1, requests=8).assign(request_id=[f"N{n}" for n in range(8)])
    )
    after = again(archive).by_week(END)
    assert after.iloc[0][("", "", "", "")] == before.iloc[0][("", "", "", "")] + 8
    assert (after.iloc[1:][("", "", "", "")] == before.iloc[1:][("", "", "", "")]).all()
    pd.testing.assert_frame_equal(Archive(archive.location.at(0), "junan").by_week(END), before)
    pd.testing.assert_frame_equal(again(archive).by_week(END), after)


def test_weeks_after_the_end_are_not_in_it(archive):
    """As of an earlier cut-off the history ends there."""
    assert list(archive.by_week(END - timedelta(days=14)).index) == list(archive.by_week(END).index[:-2])


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.none() | st.integers(0, 80)), min_size=1, max_size=25),
    st.integers(0, 80),
)
def test_what_is_open_is_open_whatever_file_it_lies_in(tmp_path_factory, spans, moment):
    """Received before the moment and not closed before it: read by data files as worked out from the rows."""
    day = pd.Timestamp("2021-08-02")
    frame = pd.DataFrame(
        {
            "request_id": [str(n) for n in range(len(spans))],
            "requested_at": [day + pd.Timedelta(days=a) for a, _ in spans],
            "closed_at": pd.to_datetime(
                [None if b is None else day + pd.Timedelta(days=a + b) for a, b in spans]
            ),
            "unit": "大店镇",
            "source": "x",
            "source_row": range(len(spans)),
            "exported_at": day,
        }
    )
    archive = Archive(tmp_path_factory.mktemp("open"), "junan")
    archive.upsert(frame)
    at = (day + pd.Timedelta(days=moment)).to_pydatetime()
    waiting = frame[(frame["requested_at"] < at) & ~(frame["closed_at"] < at)]
    for _ in range(2):
        assert set(archive.open(at, at)["request_id"]) == set(waiting["request_id"])


@pytest.mark.parametrize("first_weekday", range(7))
def test_a_week_begins_on_the_centers_day(first_weekday):
    """Whatever day that is, each request is counted in the week that periods.containing gives."""
    frame = handlings(*[{"requested_at": f"10-{day} 12:00"} for day in range(10, 31)])
    fields = [schema().field(name) for name in history.NEEDED]
    rows = pa.Table.from_pandas(frame.assign(nth=0), schema=pa.schema(fields), preserve_index=False)
    wide = history.wide(history.by_week_and_series(rows, first_weekday).cast(history.COUNTS))
    for week, count in wide[("", "", "", "")].items():
        period = periods.containing(week.date(), week_starts=first_weekday)
        assert period.starts == week.date()
        inside = (frame["requested_at"] >= period.start) & (frame["requested_at"] < period.cutoff)
        assert count == inside.sum()


def test_a_week_that_is_not_whole_is_missing_from_the_series(tmp_path):
    """The coverage says so; weeks before the first whole one are left out."""
    archive = Archive(tmp_path, "junan")
    archive.upsert(
        material.handlings("2021-W38", 6),
        {"coverage": [["2021-09-27", "2021-10-10"], ["2021-10-18", "2021-10-31"]]},
    )
    series = Records(archive, WEEK, DEMO).series
    assert series.index[0] == pd.Timestamp("2021-09-27")
    assert series.isna().all(axis=1).tolist() == [False, False, True, False, False]


def test_records_are_read_when_asked(tmp_path, monkeypatch):
    """Made, they read nothing: a section that is not printed costs nothing."""
    archive = Archive(tmp_path, "junan")
    monkeypatch.setattr(Archive, "_read", lambda *_: pytest.fail("read"))
    assert Records(archive, WEEK, DEMO)
