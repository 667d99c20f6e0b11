"""Slips of the pen in dates: they are set aside or said, make no export newer than it is, and what they did is repaired."""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import material
import pandas as pd
import pytest
from commands import hotline
from conftest import PROJECT
from exports import HEADERS, JUNAN, kept, reasons, row, rows, table, take, write
from hypothesis import given
from hypothesis import strategies as st

from hotline import columns
from hotline.intake import freshness

OFFER = "请用 hotline import --again 再导入这个文件"
WHEN = re.compile(r"导出于 (\d{4}-\d\d-\d\d \d\d:\d\d)")


def with_slip(column: str, moment: str, at: int = 7, count: int = 60) -> list[dict]:
    """Sixty requests of 25 to 27 October 2021, one of which has a wrong moment."""
    records = rows(count)
    records[at][column] = moment
    return records


@pytest.fixture
def home(tmp_path) -> Path:
    return material.workspace(tmp_path / "home", issues=True)


# ---- how old an export is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["受理时间", "办结时间", "回访时间"])
def test_what_has_not_happened_yet_is_set_aside_and_makes_no_export_newer(home, column):
    """One closing typed 2090: the row waits to be mended, the export is as old as the others say, and the corrected
    export is taken."""
    write(home / "工单.csv", table(with_slip(column, "2090-10-26 16:05:00")))
    said = hotline(home, "import", "工单.csv")
    assert f"搁置 1 行：{column}：晚于现在" in said
    assert WHEN.search(said)[1] < "2021-10-29"
    write(home / "工单.csv", table(rows(60)))
    said = hotline(home, "import", "工单.csv")
    assert "新存 1" in said
    assert "比档案里的旧" not in said


def test_a_moment_far_after_all_others_makes_no_export_newer(home):
    """Typed 2022 instead of 2021, which is not later than now: kept and said, with its row; the corrected export counts."""
    write(home / "工单.csv", table(with_slip("办结时间", "2022-10-26 16:05:00")))
    said = hotline(home, "import", "工单.csv")
    assert WHEN.search(said)[1] == "2021-10-28 19:05"
    assert (
        "1 行的时间晚于导出那天 2021-10-28（文件里最晚的可信时间），例如第 9 行的办结时间 2022-10-26 16:05"
        in said
    )
    write(home / "工单.csv", table(rows(60)))
    assert "更新 1" in hotline(home, "import", "工单.csv")


@pytest.mark.parametrize("name", ["工单_20211101.csv", "工单.csv"])
def test_a_receipt_after_the_export_s_own_day_is_set_aside(tmp_path, name):
    """Nothing is received after an export was made; the report says what to do if the export is newer after all."""
    report = take(tmp_path, write(tmp_path / name, table(with_slip("受理时间", "2021-12-25 16:05:00", 8))))
    assert reasons(report) == {"受理时间：晚于导出那天": 1}
    assert "请把导出的日期写进文件名" in str(report)
    newer = write(tmp_path / "工单_20211226.csv", table(with_slip("受理时间", "2021-12-25 16:05:00", 8)))
    assert not take(tmp_path, newer).set_aside


def test_a_name_that_says_when_the_period_begins_costs_no_row(tmp_path):
    """工单2021年10月25日起.csv: many requests are of later days, so the name is not the export's day; it is said."""
    report = take(tmp_path, write(tmp_path / "工单2021年10月25日起.csv", table(rows(60))))
    assert (report.stored, report.set_aside) == (60, 0)
    assert "52 行的时间晚于导出那天 2021-10-25（文件名）" in str(report)


def test_a_name_of_a_day_to_come_is_no_name(tmp_path):
    """工单_20901101.csv: the moments inside say how old it is."""
    report = take(tmp_path, write(tmp_path / "工单_20901101.csv", table(rows(60))))
    assert report.files[0].exported_at == datetime(2021, 10, 28, 19, 5)


MOMENTS = st.lists(st.datetimes(datetime(2021, 10, 1), datetime(2021, 10, 31)), min_size=40, max_size=120)


def frame_of(moments: list[datetime]) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(pd.NaT, range(len(moments))) for name in columns.events()})
    return frame.astype("datetime64[us]").assign(requested_at=pd.Series(moments, dtype="datetime64[us]"))


@given(MOMENTS, st.integers(100, 5000))
def test_a_single_slip_never_makes_an_export_newer(moments, days):
    """Whatever a month holds, a moment a hundred days after its last changes nothing."""
    before = freshness.latest(frame_of(moments))
    assert freshness.latest(frame_of([*moments, max(moments) + timedelta(days)])) == before or max(
        b - a for a, b in zip(sorted(moments)[1:], sorted(moments)[2:], strict=False)
    ) > timedelta(14)


@given(st.lists(st.datetimes(datetime(2021, 1, 1), datetime(2021, 12, 31)), min_size=1, max_size=19))
def test_of_a_handful_the_last_counts(moments):
    """A thin center's few requests lie far apart: none of them is taken for a slip."""
    assert freshness.latest(frame_of(moments)) == max(moments)


# ---- what a slip did, repaired ---------------------------------------------------------------------------------------


def test_an_archive_that_a_slip_damaged_under_the_first_release_is_repaired(home):
    """There a closing typed 2032 made an export count as of 2032: the corrected one is refused, the message offers
    --again, after which it counts, and so does every later export."""
    shutil.copytree(PROJECT / "tests/data/archive-0.1.0-slip", home / "data/archive")
    write(home / "工单.csv", table(rows(60)))
    said = hotline(home, "import", "工单.csv")
    assert "60 行比档案里的旧（档案里的导出于 2032-10-26 16:05）" in said
    assert OFFER in said
    said = hotline(home, "import", "--again", "工单.csv")
    assert "更新 1" in said
    assert "比档案里的旧" not in said
    archive = kept(home / "data")
    assert (archive["exported_at"].max(), archive["closed_at"].max()) == (
        pd.Timestamp(2021, 10, 28, 19, 5),
        pd.Timestamp(2021, 10, 28, 19, 5),
    )
    write(home / "工单_20211105.csv", table([row(n, 办结时间="2021-11-04 09:00:00") for n in range(60)]))
    assert "更新 60" in hotline(home, "import", "工单_20211105.csv")
    assert "档案没有变化" in hotline(home, "import", "--again", "工单_20211105.csv")


def month_first(day_first: str) -> str:
    """A date column of a platform that writes the month first."""
    return f"{datetime.fromisoformat(day_first):%m/%d/%Y %H:%M}"


def test_what_a_wrong_date_format_did_is_repaired_with_its_coverage(home):
    """Day and month changed places in 240 of 600 rows: they, and the days that they seemed to fill, are put right."""
    records = [
        row(
            n,
            受理时间=f"{datetime(2021, 4, 1) + timedelta(hours=n * 1.2):%m/%d/%Y %H:%M}",
            办结时间="",
            办理期限="",
        )
        for n in range(600)
    ]
    write(home / "工单.csv", table(records))
    path = home / "params/junan/center.yml"
    profile = path.read_text(encoding="utf-8")
    path.write_text(profile + '\nexport:\n  date_format: "%d/%m/%Y %H:%M"\n', encoding="utf-8")
    said = hotline(home, "import", "工单.csv", code=1)
    assert "新存 240" in said
    assert WHEN.search(said)[1] > "2021-12-01"
    path.write_text(profile + '\nexport:\n  date_format: "%m/%d/%Y %H:%M"\n', encoding="utf-8")
    said = hotline(home, "import", "工单.csv")
    assert "240 行比档案里的旧" in said
    assert OFFER in said
    said = hotline(home, "import", "--again", "工单.csv")
    archive = kept(home / "data")
    assert (len(archive), archive["requested_at"].dt.month.unique().tolist()) == (600, [4])
    assert "完整的日子：2021年4月1日至2021年4月29日。" in said
    assert "完整的日子：2021年4月1日至2021年4月29日。" in hotline(home, "status", "--center", "junan")


def test_again_means_that_the_file_is_right_whatever_the_archive_says(tmp_path):
    """An older export, told so, replaces its requests and no other; a newer one counts afterwards as ever."""
    newer = write(tmp_path / "工单_20211105.csv", table([row(n, 诉求类别="建议") for n in range(4)]))
    older = write(tmp_path / "工单_20211101.csv", table(rows(2)))
    take(tmp_path, newer)
    report = take(tmp_path, older)
    assert (report.unchanged, report.files[0].older, OFFER in str(report)) == (2, 2, True)
    report = take(tmp_path, older, again=True)
    assert (report.replaced, report.files[0].older) == (2, 0)
    assert kept(tmp_path)["kind"].tolist() == ["求助", "求助", "建议", "建议"]
    assert take(tmp_path, newer).replaced == 2
    assert kept(tmp_path)["kind"].tolist() == ["建议"] * 4


def test_again_counts_for_visits_as_well(tmp_path):
    """A visit's date corrected to an earlier one is older than the archive's, until the file is said to be right."""
    take(tmp_path, write(tmp_path / "工单_20211101.csv", table(rows(3))))
    for day, again, expected in (
        ("11-09", False, "11-09"),
        ("11-02", False, "11-09"),
        ("11-02", True, "11-02"),
    ):
        content = [
            ["工单编号", "回访时间", "服务过程评价"],
            [row(1)["工单编号"], f"2021-{day} 09:00", "满意"],
        ]
        take(tmp_path, write(tmp_path / "回访.csv", content), again=again)
        assert f"{kept(tmp_path)['visited_at'].dropna().item():%m-%d}" == expected


def test_again_without_a_file_is_a_wrong_command(home):
    """Nothing is said to be right by it."""
    assert "还缺 FILE" in hotline(home, "import", "--again", code=2)


def test_mended_rows_are_as_old_as_their_export(tmp_path):
    """A row set aside for a moment to come, mended in the workbook and imported, is stored; the workbook is gone."""
    report = take(tmp_path, write(tmp_path / "工单.csv", table(with_slip("办结时间", "2090-10-26 16:05:00"))))
    (workbook,) = report.aside_files
    sheet = pd.read_excel(workbook, dtype=str, engine="calamine", keep_default_na=False)
    assert list(sheet[HEADERS[8]]) == ["2090-10-26 16:05:00"]
    sheet.assign(办结时间="2021-10-26 16:05:00").to_excel(workbook, index=False, engine="xlsxwriter")
    assert take(tmp_path, workbook, profile=JUNAN).stored == 1
    assert not workbook.exists()
