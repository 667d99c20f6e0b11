"""From a number to its requests: what is behind a printed figure is as much as it says, and nobody else reads it."""

import datetime
import os
import shutil
import subprocess
from pathlib import Path

import material
import openpyxl
import pandas as pd
import pytest
from commands import hotline
from exports import EXAMPLES
from opening import opened, own_sections
from test_corrections import late_request
from test_intake_baltimore import SAMPLE, SLICE

from hotline.archive import Archive
from hotline.figurefile import FiguresError
from hotline.figures import Figures
from hotline.periods import parse_range


@pytest.fixture(scope="module")
def issues(tmp_path_factory) -> Path:
    """Issue 43 with two sections of an analyst's, another week, and two weeks of Baltimore."""
    home = material.workspace(tmp_path_factory.mktemp("rows"), issues=True)
    own_sections(home, "junan")
    shutil.copytree(EXAMPLES / "baltimore", home / "params/baltimore")
    hotline(home, "sample", "data/exports", "--weeks", 2)
    hotline(home, "import", *sorted((home / "data/exports").glob("*.xlsx")), "--center", "junan")
    hotline(home, "import", SLICE, "--center", "baltimore")
    hotline(home, "render", "2021-W42:2021-W43", "--center", "junan", "--to", "html", "--allow-incomplete")
    hotline(home, "render", "2018-W03:2018-W04", "--center", "baltimore", "--to", "html")
    return home


@pytest.mark.parametrize(
    ("key", "period", "least"),
    [
        ("junan", "2021-W43", 120),
        ("junan", "2021-W42", 100),
        ("baltimore", "2018-W03", 25),
        ("baltimore", "2018-W04", 25),
    ],
)
def test_behind_every_figure_are_as_many_as_it_says(issues, monkeypatch, key, period, least):
    """In every section, an analyst's own included."""
    names = opened(issues, monkeypatch, key, period)
    assert len(names) >= least
    if key == "junan":
        assert {"inquiries.count", "waiting.count"} <= {*names}


@pytest.mark.deep
@pytest.mark.parametrize(
    ("key", "periods", "least"),
    [
        ("baltimore", ["2018-W01:2018-W30"], 30 * 25),
        ("demo", ["2024-W29:2024-W52"], 24 * 200),
        ("wuyou", ["2024-01:2024-04", "2024-W10:2024-W18"], 13 * 100),
    ],
)
def test_behind_every_figure_of_sixty_issues(tmp_path, monkeypatch, key, periods, least):
    """Of three centers, each with an analyst's two sections; one has a notebook of its own."""
    home = tmp_path / key
    hotline(tmp_path, "init", home, "--example", key)
    own_sections(home, key)
    covered = ["--covers", "2014-01-01:2019-02-12"] if key == "baltimore" else []
    hotline(home, "import", SAMPLE if key == "baltimore" else "data/exports", *covered)
    for each in periods:
        hotline(home, "render", each, "--to", "html")
    made = sorted(path.parent.name for path in (home / "outputs" / key).glob("*/figures.json"))
    names = [name for period in made for name in opened(home, monkeypatch, key, period)]
    print(f"{key}: {len(made)} issues, {len(names)} figures")
    assert len(made) == sum(len(parse_range(each)) for each in periods)
    assert len(names) >= least


def book(path: Path) -> tuple[dict, list[tuple]]:
    """The facts above the table, and the table with its header."""
    sheet = openpyxl.load_workbook(path).active
    lines = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = lines.index(next(line for line in lines if line[0] == "工单编号"))
    return {line[0]: line[1] for line in lines[1 : head - 1]}, [tuple(line) for line in lines[head:]]


def test_the_orders_behind_a_number_are_a_workbook(issues):
    """Figure, definition and count in the head; ids as text; moments as moments; for its owner alone."""
    said = hotline(issues, "rows", "2021-W43", "units.towns.大店镇.closed", "--center", "junan")
    path = issues / "data/rows/junan/2021-W43/units.towns.大店镇.closed.xlsx"
    assert said == f"大店镇办结量 67 件次，67 行 → {path.relative_to(issues)}\n"
    facts, (header, *lines) = book(path)
    assert facts["数"] == "大店镇办结量（units.towns.大店镇.closed）"
    assert facts["值"] == "67 件次"
    assert facts["计数"].endswith("只计承办单位为“大店镇”的")
    assert "办结量为数据截止前办结的件数" in facts["口径"]
    assert "档案第 0 版" in facts["数据"]
    assert len(lines) == 67
    named = [dict(zip(header, line, strict=True)) for line in lines]
    assert {line["承办单位"] for line in named} == {"大店镇"}
    for line in named:
        assert type(line["工单编号"]) is str
        assert line["办结时间"] < datetime.datetime(2021, 11, 1)
    assert "来电号码" not in header
    for place in (path.parent, path.parents[1], path.parents[2]):
        assert place.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list((issues / "outputs").rglob("*.xlsx"))
    once = path.read_bytes()
    hotline(issues, "rows", "2021-W43", "units.towns.大店镇.closed", "--center", "junan")
    assert path.read_bytes() == once


def test_requests_say_who_had_them(issues):
    """A request is one row, with all its units."""
    hotline(issues, "rows", "2021-W43", "total", "--center", "junan")
    _, (header, *lines) = book(issues / "data/rows/junan/2021-W43/total.xlsx")
    assert len({line[0] for line in lines}) == len(lines) == 1909
    units = [line[header.index("承办单位")] for line in lines]
    assert sum(len(each.split("、")) for each in units if each) == 2150


def test_without_a_figure_all_are_listed(issues):
    """Each with what it is called and what it is."""
    said = hotline(issues, "rows", "2021-W43", "--center", "junan")
    assert "units.towns.大店镇.closed  大店镇办结量  67 件次\n" in said
    assert "total  受理总量  1909 件\n" in said
    assert "daily_mean" not in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["2021-W43", "kinds.求肋.count"], "没有“kinds.求肋.count”这个数。最接近的是 kinds.求助.count。"),
        (["2021-W43", "daily_mean"], "“日均受理量”（daily_mean）不是一个计数，背后没有可列的工单。"),
        (
            ["2021-W41", "total"],
            "2021-W41 还没有生成：请先运行 hotline render 2021-W41。已经生成的有：2021-W43、2021-W42。",
        ),
        (["2021-W43@x", "total"], "@ 后面应是档案的版本号"),
        (["2021-W43@7", "total"], "没有第 7 版，现在到第 0 版。"),
    ],
)
def test_what_cannot_be_listed_is_said(issues, words, message):
    """In one sentence, exit 1, and nothing is written."""
    before = sorted(issues.rglob("*"))
    said = hotline(issues, "rows", *words, "--center", "junan", code=1)
    assert message in said
    assert said.count("\n") == 1
    assert sorted(issues.rglob("*")) == before


@pytest.mark.parametrize("mark", ["~$total.xlsx", "~$tal.xlsx", ".~lock.total.xlsx#"])
def test_a_workbook_that_is_open_is_left_alone(workspace, mark):
    """Excel, WPS and LibreOffice each put a file beside the one that they have open."""
    hotline(workspace, "rows", "2021-W43", "total", "--center", "junan")
    path = workspace / "data/rows/junan/2021-W43/total.xlsx"
    (path.parent / mark).touch()
    before = path.stat().st_mtime_ns
    said = hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)
    assert "正在 Excel 或 WPS 里打开着" in said
    assert path.stat().st_mtime_ns == before
    assert sorted(each.name for each in path.parent.iterdir()) == sorted([mark, path.name])


def test_a_workbook_that_may_not_be_replaced_is_left_alone(workspace, monkeypatch):
    """Which file, exit 1, the one of before whole, nothing beside it. (One that is open, on Windows: test_system.)"""
    hotline(workspace, "rows", "2021-W43", "total", "--center", "junan")
    path = workspace / "data/rows/junan/2021-W43/total.xlsx"
    before = path.read_bytes()
    replace = os.replace

    def refused(source, target) -> None:
        if Path(target) == path:
            raise PermissionError(13, "拒绝访问。", str(source), 5, str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refused)
    said = hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)
    assert "写不了 data/rows/junan/2021-W43/total.xlsx：没有权限。" in said
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(not shutil.which("chattr"), reason="chattr is not installed")
def test_a_file_that_nobody_may_write_is_named(workspace):
    """The file system itself refuses, even root."""
    path = workspace / "data/rows/junan/2021-W43/total.xlsx"
    hotline(workspace, "rows", "2021-W43", "total", "--center", "junan")
    if subprocess.run(["chattr", "+i", path], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable files")
    try:
        said = hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)
        assert "写不了 data/rows/junan/2021-W43/total.xlsx" in said
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def test_an_archive_vacuumed_past_the_version_is_said(workspace):
    """The data files of the issue's version are gone: which version, and what can be done."""
    late_request(workspace)
    newest = Archive(workspace / "data/archive", "junan").files([None])
    for path in (workspace / "data/archive/junan").rglob("*.parquet"):
        if path.name not in {Path(each).name for each in newest} and "_delta_log" not in path.parts:
            path.unlink()
    said = hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)
    assert "第 0 版的数据文件已经清除（vacuum）" in said
    assert not (workspace / "data/rows").exists()


def test_a_corrected_issue_asks_which_version(workspace):
    """The one first printed, or the one that corrected it; each has its own rows in its own folder."""
    late_request(workspace)
    hotline(workspace, "render", "2021-W43", "--to", "html")
    said = hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)
    assert "hotline rows 2021-W43@0 total，这个数是 1909" in said
    assert "hotline rows 2021-W43@1 total，这个数是 1910" in said
    assert not (workspace / "data/rows").exists()
    for version, count in ((0, 1909), (1, 1910)):
        hotline(workspace, "rows", f"2021-W43@{version}", "total", "--center", "junan")
        _, (_, *lines) = book(workspace / f"data/rows/junan/2021-W43@{version}/total.xlsx")
        assert len(lines) == count
    hotline(workspace, "render", "2021-W43", "--to", "html", "--force")
    assert "2021-W43@0 total" in hotline(workspace, "rows", "2021-W43", "total", "--center", "junan", code=1)


def test_another_count_than_the_printed_one_is_refused(workspace):
    """What the profile says of the units has changed since: the rows would not be those of the printed number."""
    profile = workspace / "params/junan/center.yml"
    profile.write_text(profile.read_text().replace("limits:", "limits:") + "\nlimits: {topics: 3}\n")
    said = hotline(workspace, "rows", "2021-W43", "topics_total.count", "--center", "junan", code=1)
    assert "刊出的是 955，按同一版档案重算却是 690" in said
    assert not (workspace / "data/rows").exists()


def test_another_archive_in_the_place_of_the_issue_s_is_refused(workspace):
    """Deleted and imported anew it may hold other requests under the same version."""
    shutil.rmtree(workspace / "data/archive")
    hotline(workspace, "import", *sorted((workspace / "data/exports").glob("*.xlsx")), "--center", "junan")
    assert "换成了另一个" in hotline(workspace, "rows", "2021-W43", "--center", "junan", code=1)


def test_a_figure_is_refused_with_rows_that_do_not_count_to_it():
    """In the cell that records it, with the units of count that there are."""
    handlings = pd.DataFrame({"request_id": ["1", "1", "2"], "unit": ["甲", "乙", "甲"]})
    figures = Figures()
    with pytest.raises(
        FiguresError, match=r"“承办总量”（handlings）是 3，rows 给它的行里却有 2 个不同的工单编号"
    ):
        figures.record("handlings", 3, "承办总量", rows=handlings)
    assert len(figures.record("handlings", 3, "承办总量", "件次", rows=handlings).rows()) == 3
    by_unit = pd.DataFrame({"unit": ["甲", "乙"], "handled": [2, 2]})
    with pytest.raises(FiguresError, match=r"“乙承办量”（units.乙.handled）是 2，rows 给它的行里却有 1 行"):
        figures.table("units", by_unit, "{unit}", rows={"handled": handlings})


def test_names_of_the_data_are_safe_as_names_of_files():
    """No name leaves the folder, and no two names share a file."""
    from hotline.publishing.private import file_name
    from hotline.system import is_device

    names = [
        "channels.Mobile/Open311",
        "channels.Mobile%2FOpen311",
        "../x",
        "a:b",
        "NUL",
        "com1.x",
        "字" * 200,
        "字" * 201,
    ]
    files = [file_name(name, ".xlsx") for name in names]
    assert len({*files}) == len(names)
    assert not any(is_device(each) for each in files)
    assert all("/" not in each and len(each.encode()) < 210 for each in files)
