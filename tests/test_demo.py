"""The demo center: made in seconds, the same everywhere, with every column, and its truth is found in its bulletins."""

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from commands import hotline
from documents import commands
from opening import opened

from hotline import columns, profiles
from hotline.archive import Archive
from hotline.publishing import sheets
from hotline.publishing.editions import Edition
from hotline.sample import demo

pytestmark = pytest.mark.slow
INIT, _, IMPORT, RENDER = (each.split()[1:] for each in commands("examples/demo/README.md"))
"""The words of the commands that the example's README gives, but for `cd`."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """`hotline init`, and all its handlings in the archive as its exports would leave them."""
    home = tmp_path_factory.mktemp("demo") / "青岚"
    hotline(home.parent, *INIT)
    recipe = demo.recipe("demo")
    weeks, rows = demo.weeks(recipe), demo.handlings(recipe)
    rows = rows.assign(
        source="demo", source_row=np.arange(len(rows)), exported_at=pd.Timestamp("2024-12-30 08:30")
    )
    covered = [[str(weeks[0].starts), str(weeks[-1].ends)]]
    Archive(home / "data/archive", "demo").upsert(rows, {"coverage": covered})
    return home


@pytest.fixture(scope="module")
def truth(home) -> dict:
    return json.loads((home / "data/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def issues(home) -> dict[str, dict]:
    """The figures of a few late weeks, a quiet one among them."""
    weeks = ("2024-W39", "2024-W45", "2024-W47", "2024-W52")
    hotline(home, "render", *weeks, "--to", "html")
    paths = {week: home / "outputs/demo" / week / "figures.json" for week in weeks}
    return {week: json.loads(path.read_text(encoding="utf-8"))["figures"] for week, path in paths.items()}


def test_the_exports_have_every_column_and_come_out_alike(home, tmp_path, monkeypatch):
    """One file a week for more than three years; written again they are the same bytes."""
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    paths = sorted((home / "data/exports").glob("*.csv"))
    assert len(paths) > 3 * 52
    with paths[-1].open(encoding="utf-8", newline="") as file:
        headers, *rows = csv.reader(file)
    assert headers == [profiles.load("demo").columns[name][0] for name in columns.names()]
    assert all(any(row[at] for row in rows) for at in range(len(headers)))
    again = demo.write(tmp_path, profiles.load("demo"))
    assert [path.name for path in again] == [path.name for path in paths]
    assert all(one.read_bytes() == other.read_bytes() for one, other in zip(again, paths, strict=True))
    assert (tmp_path / "truth.json").read_bytes() == (home / "data/truth.json").read_bytes()


def test_the_exports_are_imported_whole(home, tmp_path):
    """Of the last three files, by the real command: nothing set aside, each week covered, callers by code alone."""
    workspace = shutil.copytree(home, tmp_path / "clone", ignore=shutil.ignore_patterns("data", "outputs"))
    (workspace / "data/exports").mkdir(parents=True)
    for path in sorted((home / "data/exports").glob("*.csv"))[-3:]:
        shutil.copy(path, workspace / "data/exports")
    said = hotline(workspace, *IMPORT)
    assert "搁置 0" in said.splitlines()[3]
    assert "2024年12月9日至2024年12月29日" in said
    rows = Archive(workspace / "data/archive", "demo").handlings(
        *[pd.Timestamp(day) for day in ("2024-12-23", "2024-12-30", "2024-12-30")]
    )
    assert rows["caller"].notna().all()
    assert not rows["caller"].str.startswith("13").all()


def test_each_weeks_counts_are_the_truths(issues, truth):
    """Requests, repeats, returned handlings: as they were drawn."""
    for week, figures in issues.items():
        drawn = truth["weeks"][week]
        assert figures["total"] == drawn["requests"]
        assert figures["repeats"]["repeats"] == drawn["repeats"]
        assert figures["redone"]["redone"] == drawn["returned"]


def test_planted_surges_are_found_in_their_first_week(issues, truth):
    """Each is among the signals, under its subtopic or its unit; the quiet week has none."""
    for week, figures in issues.items():
        signals = figures["warning"]["signals"]
        for surge in truth["surges"]:
            if surge["week"] == surge["since"] == week:
                assert any(
                    surge["subtopic"] in name or surge["unit"] in name or surge["topic"] == name
                    for name in signals
                ), (week, surge)
    assert issues["2024-W45"]["warning"]["count"] == 0


def test_a_late_unit_is_named(issues):
    """供热集团 lags from W46 on: most overdue, and under what its own mix lets expect."""
    figures = issues["2024-W47"]
    assert next(iter(figures["overdue"])) == "供热集团"
    assert "供热集团" in figures["comparison"]["units"]["below"]
    assert issues["2024-W45"]["comparison"]["below"] == 0


def test_every_section_of_the_worst_week_is_printed(home, monkeypatch):
    """From `hotline render`: each heading, the highlights first, on the page and on paper; each count can be opened."""
    hotline(home, *RENDER, "--to", "html,pdf,docx")
    assert len(opened(home, monkeypatch, "demo", "2024-W47")) > 200
    page = (home / "outputs/demo/2024-W47/bulletin.html").read_text(encoding="utf-8")
    for words in (
        "本期要点",
        "变动来源",
        "常年同期",
        "预警",
        "高发问题",
        "直办与转办",
        "办理时效",
        "响应、解决与满意",
        "承办单位比较",
    ):
        assert words in page, words
    assert page.index("本期要点") < page.index("【每周纵览】")


def above_the_lists(edition: Edition, nb) -> dict[str, str]:
    """In the process of the issue: unit → what its sheet says above its lists."""
    return {sheet.unit: sheet.said for sheet in sheets.of_issue(edition, nb)[2]}


def test_a_unit_s_sheet_says_the_signals_that_concern_it(home, monkeypatch):
    """Those of the issue, as it prints them: the unit's own, and its topics'; a unit without any is told of none."""
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    hotline(home, "render", "2024-W52", "--to", "html")
    edition = Edition.of("2024-W52", profiles.load("demo"))
    signals = edition.content["figures"]["warning"]["signals"]
    assert {"公用事业中的燃气", "燃气公司承办的工单"} <= signals.keys()
    said = edition.ask(above_the_lists)
    for name, signal in signals.items():
        assert (f"{name}{signal['count']}件（通常在" in said["燃气公司"]) == ("燃气" in name)
    assert "本周预警" not in said["城关街道"]
