"""A real export of another city, by its profile alone: every count is made again straight from the file."""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from exports import kept, take

from hotline import center, periods
from hotline.archive import Archive

BALTIMORE = center.load("baltimore")
SLICE = Path(__file__).parent / "data" / "baltimore_slice.csv"
"""Seven weeks of 2018 of the city's open data (Customer Service Requests), places left out."""


def moment(text: str) -> datetime | None:
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p") if text else None


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    root = tmp_path_factory.mktemp("baltimore")
    report = take(root, SLICE, profile=BALTIMORE)
    with SLICE.open(newline="", encoding="utf-8") as lines:
        return root, report, list(csv.DictReader(lines))


def test_every_row_is_stored(imported):
    """Nothing had to be set aside, no agency and no channel is unknown, and no place is stored."""
    root, report, lines = imported
    assert (report.read, report.stored, report.set_aside) == (len(lines), len(lines), 0)
    assert not report.unknown
    assert "Address" in report.files[0].ignored
    assert set(kept(root, "baltimore")["request_id"]) == {line["ServiceRequestNum"] for line in lines}


@pytest.mark.parametrize(
    "week", ["2018-W01", "2018-W02", "2018-W03", "2018-W04", "2018-W05", "2018-W06", "2018-W07"]
)
def test_a_week_s_counts_are_those_of_the_file(imported, week):
    """Requests, closings by the cut-off, agencies, channels and types, counted with the csv module alone."""
    root, _, lines = imported
    window = periods.parse(week)
    mine = [line for line in lines if window.start <= moment(line["CreatedDate"]) < window.cutoff]
    found = Archive(root / "archive", "baltimore").handlings(window.start, window.cutoff, window.cutoff)
    assert mine
    assert len(found) == len(mine)
    assert Counter(found["unit"]) == Counter(line["Agency"] for line in mine)
    assert Counter(found["channel"]) == Counter(line["MethodReceived"] for line in mine)
    assert Counter(found["topic"]) == Counter(" ".join(line["SRType"].split()) for line in mine)
    closed = [moment(line["CloseDate"]) for line in mine]
    assert found["closed_at"].notna().sum() == sum(1 for at in closed if at and at < window.cutoff)
    assert sorted(found["requested_at"]) == sorted(moment(line["CreatedDate"]) for line in mine)
