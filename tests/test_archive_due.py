"""Reading the archive by what is due, open or returned, whenever it was received."""

from datetime import datetime

import pandas as pd
import pytest
from exports import take
from material import fill, handlings
from rows import DEMO, WEEK
from test_intake_baltimore import BALTIMORE, SLICE

from hotline import measures
from hotline.archive import Archive


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> tuple[Archive, pd.DataFrame]:
    """Eight weeks up to 2021-W45, every fifth handling extended, every seventh returned; and the rows themselves."""
    frame = handlings("2021-W38", 8)
    frame["extended_due_at"] = (frame["due_at"] + pd.Timedelta(days=9)).where(frame.index % 5 == 0)
    frame["returned_at"] = (frame["closed_at"] + pd.Timedelta(days=2)).where(frame.index % 7 == 0)
    return fill(tmp_path_factory.mktemp("due"), frame), frame


def test_what_is_due_is_found_whenever_it_was_received(stored):
    """The cohort of the week is that of all rows, and rows as of the cut-off know no later closing."""
    archive, frame = stored
    read = archive.due(WEEK.start, WEEK.cutoff, WEEK.cutoff)
    assert not (read["closed_at"] >= WEEK.cutoff).any()
    columns = ["request_id", "unit", "deadline", "outcome"]
    cohorts = [measures.due_in(rows, WEEK, DEMO)[columns].sort_values("request_id") for rows in (read, frame)]
    assert len(cohorts[0]) > 40
    assert cohorts[0].astype("str").to_numpy().tolist() == cohorts[1].astype("str").to_numpy().tolist()


def test_what_is_open_at_a_moment(stored):
    """Received before it, not closed before it; as of a later moment its closing is known."""
    archive, frame = stored
    read = archive.open(WEEK.start, as_of=WEEK.cutoff)
    waiting = (frame["requested_at"] < WEEK.start) & ~(frame["closed_at"] < WEEK.start)
    assert set(read["request_id"]) == set(frame.loc[waiting, "request_id"])
    assert read["closed_at"].notna().sum() == (frame.loc[waiting, "closed_at"] < WEEK.cutoff).sum()


def test_what_was_returned_in_the_week(stored):
    """By the moment of the return alone."""
    archive, frame = stored
    read = archive.returned(WEEK.start, WEEK.cutoff, WEEK.cutoff)
    within = (frame["returned_at"] >= WEEK.start) & (frame["returned_at"] < WEEK.cutoff)
    assert within.any()
    assert set(read["request_id"]) == set(frame.loc[within, "request_id"])


def test_an_archive_without_the_columns_or_the_rows_reads_as_nothing(tmp_path):
    """Nothing imported: empty frames with all columns, so that a section is not printed rather than failing."""
    archive = Archive(tmp_path, "junan")
    frames = [
        archive.due(WEEK.start, WEEK.cutoff, WEEK.cutoff),
        archive.open(WEEK.cutoff, WEEK.cutoff),
        archive.returned(WEEK.start, WEEK.cutoff, WEEK.cutoff),
    ]
    assert [len(frame) for frame in frames] == [0, 0, 0]
    assert (
        measures.timeliness(measures.due_in(frames[0], WEEK, DEMO), frames[1], DEMO)["on_time_rate"][0] == "-"
    )


def test_the_timeliness_of_a_real_week_is_that_of_its_file(tmp_path):
    """Baltimore, 15 to 21 January 2018, counted in the file itself by the csv's own texts."""
    take(tmp_path, SLICE, profile=BALTIMORE)
    week = BALTIMORE.period("2018-W03")
    due = Archive(tmp_path / "archive", "baltimore").due(week.start, week.cutoff, week.cutoff)
    counts = measures.timeliness(measures.due_in(due, week, BALTIMORE), due.head(0), BALTIMORE).iloc[0]
    file = pd.read_csv(SLICE, dtype=str)
    for column in ("DueDate", "CloseDate"):
        file[column] = pd.to_datetime(file[column], format="%m/%d/%Y %I:%M:%S %p")
    mine = file[(file["DueDate"] > datetime(2018, 1, 15)) & (file["DueDate"] <= datetime(2018, 1, 22))]
    closed = mine["CloseDate"].where(mine["CloseDate"] < datetime(2018, 1, 22))
    assert len(mine) > 20
    assert (counts["due"], counts["on_time"], counts["overdue"]) == (
        len(mine),
        (closed <= mine["DueDate"]).sum(),
        closed.isna().sum(),
    )
