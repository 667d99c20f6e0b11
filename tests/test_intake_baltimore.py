"""A real export of another city, by its profile alone: every count is made again straight from the file."""

import csv
import io
import json
import os
import shutil
import zipfile
from collections import Counter
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import material
import pytest
from commands import bash, hotline
from documents import scripts
from exports import EXAMPLES, example, kept, take

from hotline import periods
from hotline.archive import Archive

BALTIMORE = example("baltimore")
SLICE = Path(__file__).parent / "data" / "baltimore_slice.csv"
"""Seven weeks of 2018 of the city's open data (Customer Service Requests), places left out."""
SAMPLE = Path(__file__).parent / "data" / "baltimore.zip"
"""The sample of ten thousand requests of 2014 to February 2019 that the seven weeks are of; the columns of the profile."""


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
    assert not report.strangers
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


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Weeks 2 to 7 through the commands and the notebook: first as examples/README.md says, as written."""
    home = material.workspace(tmp_path_factory.mktemp("city"), issues=True)
    shutil.copytree(EXAMPLES, home / "examples")
    shutil.copy(SLICE, home / "导出.csv")
    (script,) = scripts("examples/README.md")
    ran = bash('export PATH="$COMMANDS:$PATH"\n' + script, home, dict(os.environ), seconds=300)
    assert ran.returncode == 0, ran.stdout
    # New Year has no request: that the slice begins with it, somebody must say.
    hotline(home, "import", "--center", "baltimore", "--covers", "2018-01-01:2018-02-18")
    hotline(home, "render", "2018-W02:2018-W07", "--center", "baltimore", "--to", "html")
    with SLICE.open(newline="", encoding="utf-8") as lines:
        return home, list(csv.DictReader(lines))


def share(part: int, whole: int) -> str:
    return f"{(Decimal(100 * part) / whole).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


@pytest.mark.parametrize("week", ["2018-W02", "2018-W03", "2018-W04", "2018-W05", "2018-W06", "2018-W07"])
def test_an_issue_s_figures_are_those_of_the_file(rendered, week):
    """What the issue prints: totals, change, closure rate, channels, types and every agency, made again from the file."""
    home, lines = rendered
    figures = json.loads((home / "outputs/baltimore" / week / "figures.json").read_text(encoding="utf-8"))[
        "figures"
    ]
    window = periods.parse(week)
    days = {line["ServiceRequestNum"]: moment(line["CreatedDate"]) for line in lines}
    mine = [line for line in lines if window.start <= days[line["ServiceRequestNum"]] < window.cutoff]
    before = sum(1 for day in days.values() if window.start - timedelta(days=7) <= day < window.start)
    closed = [line for line in mine if (at := moment(line["CloseDate"])) and at < window.cutoff]
    handled, done = (Counter(line["Agency"] for line in some) for some in (mine, closed))
    types = Counter(" ".join(line["SRType"].split()) for line in mine)
    assert (figures["total"], figures["previous_total"], figures["closed"]) == (
        len(mine),
        before,
        len(closed),
    )
    assert figures["change"] == (share(abs(len(mine) - before), before) if len(mine) != before else None)
    assert figures["closure_rate"] == share(len(closed), len(mine))
    assert figures["channels"] == Counter(line["MethodReceived"] for line in mine)
    assert figures["topics"] == {
        name: {"count": types[name], "share": share(types[name], len(mine)), "subtopics": []}
        for name in figures["topics"]
    }
    assert [block["count"] for block in figures["topics"].values()] == [n for _, n in types.most_common(5)]
    units = [row for group in figures["units"].values() for row in group]
    assert {row["unit"]: (row["handled"], row["closed"]) for row in units if row["handled"]} == {
        unit: (count, done[unit]) for unit, count in handled.items()
    }


YEARS = range(2014, 2020)


@pytest.fixture(scope="module")
def by_year(tmp_path_factory):
    """The bulletin of each year, of the last with the data that there are; and the sample's lines."""
    home = material.workspace(tmp_path_factory.mktemp("years"), issues=True)
    shutil.copytree(EXAMPLES / "baltimore", home / "params" / "baltimore")
    # A sample has no whole day: that it is taken as whole, somebody must say.
    hotline(home, "import", SAMPLE, "--center", "baltimore", "--covers", "2014-01-01:2019-02-12")
    hotline(home, "render", "2014:2018", "--center", "baltimore", "--to", "html")
    hotline(home, "render", "2019", "--center", "baltimore", "--to", "html", "--allow-incomplete")
    figures = {
        year: json.loads((home / f"outputs/baltimore/{year}/figures.json").read_bytes())["figures"]
        for year in YEARS
    }
    with zipfile.ZipFile(SAMPLE) as archive, archive.open(archive.namelist()[0]) as file:
        return figures, list(csv.DictReader(io.TextIOWrapper(file, "utf-8", newline="")))


def due_by_hand(lines: list[dict], after: datetime, until: datetime) -> dict[str, int]:
    """Of the requests due after one moment and up to another: closed in time, too late by then, or not."""
    counts = Counter(due=0, on_time=0, closed_late=0, overdue=0)
    for line in lines:
        due, closed = moment(line["DueDate"]), moment(line["CloseDate"])
        if due and after < due <= until:
            late = closed and due < closed <= until
            counts.update(
                ["due", "on_time" if closed and closed <= due else "closed_late" if late else "overdue"]
            )
    return counts


def test_what_was_due_and_on_time_are_those_of_the_file_by_year_and_in_sum(by_year):
    """7,944 on time of 9,646 due by the export's end: each is due in one year, and in time or not for good.

    Late and overdue are as of each year's cut-off, so they do not add up: what was overdue when its year ended may have
    been closed since. As of the export's end they are 1,567 and 135. The last year is judged up to that moment: what
    falls due after it is not overdue.
    """
    figures, lines = by_year
    end = max(moment(line["CloseDate"]) for line in lines if line["CloseDate"])
    for year in YEARS:
        until = min(datetime(year + 1, 1, 1), end)
        assert {
            name: figures[year]["timeliness"][name] for name in ("due", "on_time", "closed_late", "overdue")
        } == (due_by_hand(lines, datetime(year, 1, 1), until))
    sums = {name: sum(figures[year]["timeliness"][name] for year in YEARS) for name in ("due", "on_time")}
    assert sums == {"due": 9646, "on_time": 7944}
    assert due_by_hand(lines, datetime(2014, 1, 1), end) == {
        "due": 9646,
        "on_time": 7944,
        "closed_late": 1567,
        "overdue": 135,
    }
    assert sum(figures[year]["timeliness"]["overdue"] for year in YEARS) > 135


def test_an_agency_s_figures_add_up_over_the_years(by_year):
    """Solid Waste, which has half of all requests: what was due and in time, from the annexes."""
    figures, lines = by_year
    rows = [
        row
        for year in YEARS
        for group in figures[year]["units"].values()
        for row in group
        if row["unit"] == "Solid Waste"
    ]
    end = max(moment(line["CloseDate"]) for line in lines if line["CloseDate"])
    mine = [line for line in lines if line["Agency"] == "Solid Waste"]
    counted = due_by_hand(mine, datetime(2014, 1, 1), end)
    assert sum(row["due"] for row in rows) == counted["due"] > 4000
