"""A real export of another city, by its profile alone: every count is made again straight from the file."""

import csv
import json
import os
import shutil
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
