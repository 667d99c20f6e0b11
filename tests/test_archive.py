"""Reading the archive: windows, the state as of a moment, and no more files opened than needed."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from conftest import examples
from exports import row, rows, table, take, write
from hypothesis import given
from hypothesis import strategies as st

from hotline import columns
from hotline.archive import Archive
from hotline.schema import weeks_of

START, END = datetime(2021, 10, 25), datetime(2021, 11, 1)


def filled(root: Path, records: list[dict]) -> Archive:
    take(root, write(root / "工单.csv", table(records)))
    return Archive(root / "archive", "junan")


def test_a_window_holds_its_start_and_not_its_end(tmp_path):
    """Monday 00:00 is in the week, the next Monday 00:00 is not."""
    moments = ["2021-10-24 23:59:59", "2021-10-25 00:00:00", "2021-10-31 23:59:59", "2021-11-01 00:00:00"]
    archive = filled(tmp_path, [row(n, 受理时间=moment, 办结时间="") for n, moment in enumerate(moments)])
    found = archive.handlings(START, END, END)
    assert list(found["requested_at"].astype(str)) == moments[1:3]
    assert list(archive.requests_by_day(START, END).index.astype(str)) == ["2021-10-25", "2021-10-31"]
    assert archive.weeks() == ["2021-W42", "2021-W43", "2021-W44"]


def test_what_happened_after_a_moment_is_unknown_as_of_it(tmp_path):
    """Closings and visits at or after `as_of` are not there; the visit's ratings with it."""
    visit = {"服务过程评价": "满意", "办理结果评价": "满意"}
    archive = filled(
        tmp_path,
        [
            row(0, 办结时间="2021-10-31 23:59:59", 回访时间="2021-10-31 23:59:59", **visit),
            row(1, 办结时间="2021-11-01 00:00:00", 回访时间="2021-11-01 00:00:00", **visit),
        ],
    )
    found = archive.handlings(START, END, END)
    assert list(found["closed_at"].notna()) == [True, False]
    assert list(found["visited_at"].notna()) == [True, False]
    assert list(found["service_rating"].notna()) == [True, False]
    later = archive.handlings(START, END, datetime(2021, 11, 1, 0, 0, 1))
    assert later["closed_at"].notna().all()


def test_visits_count_when_they_were_made(tmp_path):
    """A visit of this week to a request of weeks ago is this week's; one of next week is not."""
    archive = filled(
        tmp_path,
        [
            row(0, 受理时间="2021-08-02 09:00:00", 回访时间="2021-10-25 00:00:00", 服务过程评价="满意"),
            row(1, 受理时间="2021-10-26 09:00:00", 回访时间="2021-11-01 00:00:00", 服务过程评价="满意"),
            row(2, 受理时间="2021-10-26 09:00:00"),
        ],
    )
    found = archive.visits(START, END)
    assert list(found["request_id"]) == [row(0)["工单编号"]]
    assert list(found.columns) == [*columns.KEY, *columns.about(columns.VISIT)]


def test_a_request_of_several_units_is_one_request(tmp_path):
    """Days count requests, not handlings."""
    archive = filled(tmp_path, [row(0, 承办单位="大店镇、团林镇、住建局"), row(1)])
    assert list(archive.requests_by_day(START, END)) == [2]
    assert len(archive.handlings(START, END, END)) == 4


def test_nothing_imported_reads_as_nothing(tmp_path):
    """An archive that is not there gives empty frames with the right columns, and no version."""
    archive = Archive(tmp_path / "archive", "junan")
    assert (archive.version, archive.weeks(), archive.imports()) == (None, [], [])
    assert archive.handlings(START, END, END).empty
    assert archive.visits(START, END).empty
    assert archive.requests_by_day(START, END).empty
    assert not (tmp_path / "archive").exists()


def spoil(root: Path, weeks: set[str]) -> None:
    """Make the files of these weeks unreadable."""
    for path in (root / "archive" / "junan").glob("week=*/*.parquet"):
        if path.parent.name.removeprefix("week=") in weeks:
            path.write_bytes(b"not a table")


def weekly(tmp_path, weeks: int) -> None:
    """Five requests in each of so many weeks up to 2021-W43, a file a week."""
    for n in range(weeks):
        day = pd.Timestamp("2021-11-01") - pd.Timedelta(weeks=weeks - n)
        records = [
            row(k, 工单编号=f"{day:%Y%m%d}{k:03d}", 受理时间=f"{day:%Y-%m-%d} 09:00:00", 办结时间="")
            for k in range(5)
        ]
        take(tmp_path, write(tmp_path / f"工单{n}.csv", table(records)))


def test_a_read_opens_only_the_files_of_its_window(tmp_path):
    """One week out of many: the files of the others are not even looked into."""
    weekly(tmp_path, 5)
    spoil(tmp_path, {"2021-W39", "2021-W40", "2021-W41", "2021-W42"})
    archive = Archive(tmp_path / "archive", "junan")
    assert len(archive.handlings(START, END, END)) == 5
    assert list(archive.requests_by_day(START, END)) == [5]
    assert archive.visits(START, END).empty


def test_an_import_opens_no_file_of_long_ago(tmp_path):
    """Besides the weeks of its requests it looks at the names of the last thirteen."""
    weekly(tmp_path, 16)
    spoil(tmp_path, {f"2021-W{week}" for week in range(28, 32)})
    new = [
        row(k, 工单编号=f"20211101{k:03d}", 受理时间="2021-11-01 09:00:00", 办结时间="") for k in range(3, 8)
    ]
    assert take(tmp_path, write(tmp_path / "工单_新.csv", table(new))).files[0].counts()["stored"] == 5


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)))
def test_a_request_lies_in_the_iso_week_of_its_day(moment):
    """The partition is the ISO week, over every turn of the year."""
    year, week, _ = moment.isocalendar()
    assert weeks_of(pd.Series([moment]).astype("datetime64[us]"))[0] == f"{year:04d}-W{week:02d}"


@pytest.mark.parametrize("order", [1, -1])
def test_handlings_come_in_a_fixed_order(tmp_path, order):
    """By time, id and unit, whatever the file's order."""
    archive = filled(tmp_path, rows(10)[::order])
    assert list(archive.handlings(START, END, END)["request_id"]) == [
        record["工单编号"] for record in rows(10)
    ]


@given(
    imports=st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 9),
                st.integers(0, 20),
                st.lists(st.sampled_from("甲乙丙丁"), max_size=3, unique=True),
            ),
            min_size=1,
            max_size=12,
            unique_by=lambda told: told[0],
        ),
        min_size=1,
        max_size=3,
    )
)
@examples(25)
def test_requests_are_counted_as_their_ids_would_be(imports):
    """However often a request is replaced, by more or fewer handlings, in whatever week: it counts once, on its day."""
    with tempfile.TemporaryDirectory() as folder:
        for told in imports:
            records = [
                {"request_id": f"{number:03}", "unit": unit, "requested_at": START + timedelta(days=day)}
                for number, day, units in told
                for unit in units or [None]
            ]
            frame = pd.DataFrame(records).reindex(columns=[*columns.names(), "exported_at"])
            times = dict.fromkeys([*columns.names(kind=columns.MOMENT), "exported_at"], "datetime64[us]")
            Archive(folder, "junan").upsert(frame.astype(times))
        archive = Archive(folder, "junan")
        end = START + timedelta(days=30)
        rows = archive.handlings(START, end, end)
        expected = rows.groupby(rows["requested_at"].dt.normalize())["request_id"].nunique()
        counted = archive.requests_by_day(START, end)
        assert counted.to_dict() == expected.to_dict()
        assert archive.by_day()["requests"].to_dict() == expected.to_dict()
