"""What the import says: the sum, the reasons, the trial run, the state of the archive."""

import sys
import tempfile
from pathlib import Path

import material
import pandas as pd
import pytest
from commands import hotline, on_a_terminal
from conftest import examples
from exports import COLUMNS, HEADERS, JUNAN, kept, row, rows, table, take, version, write
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from hotline.intake import status
from hotline.location import Location


def test_the_sum_by_file_and_reason(tmp_path):
    """read = stored + unchanged + replaced + repeated + set aside, printed for each file and for all."""
    take(tmp_path, write(tmp_path / "工单_20211026.xlsx", table(rows(4))))
    mixed = [*rows(3), row(3, 诉求类别="建议"), row(4), row(4), row(5, 受理时间="?"), row(6, 工单编号="")]
    report = take(
        tmp_path,
        write(tmp_path / "a_20211027.xlsx", table(mixed)),
        write(tmp_path / "b_20211027.csv", table(rows(2, 8))),
    )
    assert report.files[0].counts() == {
        "read": 8,
        "stored": 1,
        "unchanged": 3,
        "replaced": 1,
        "repeated": 1,
        "set_aside": 2,
    }
    said = str(report)
    assert "读入 8 行 = 新存 1 + 未变 3 + 更新 1 + 重复 1 + 搁置 2" in said
    assert "搁置 1 行：受理时间：不是能用的日期时间" in said
    assert "合计：读入 10 行 = 新存 3 + 未变 3 + 更新 1 + 重复 1 + 搁置 2" in said
    assert "2021-W43（4 件）" in said


def test_a_trial_run_says_the_same_and_stores_nothing(tmp_path):
    """--dry-run: the columns matched to what, the columns ignored, unknown names with the nearest; no file is written."""
    given = [row(0, 承办单位="大店", 备注="x"), row(1, 受理时间="?"), row(1, 一级分类="城管")]
    path = write(tmp_path / "工单.xlsx", table(given, (*HEADERS, "备注")))
    said = str(take(tmp_path, path, dry_run=True))
    assert not (tmp_path / "archive").exists()
    assert "工单编号 → request_id、受理时间 → requested_at" in said
    assert "未采用的列（不入档）：备注" in said
    assert "“大店”（1 行）；最接近的是“大店镇”；照原样保留" in said
    assert "搁置 1 行" in said
    assert "没有存入任何数据" in said
    trial = take(tmp_path, path, dry_run=True).files[0].counts()
    assert trial == take(tmp_path, path).files[0].counts()


def test_columns_that_a_file_lacks_are_named(tmp_path):
    """A mapped column that is not in the file is said, because what depends on it will be missing."""
    path = write(tmp_path / "工单.xlsx", table(rows(2), HEADERS[:7]))
    assert "文件里没有这些列：办理期限、办结时间、回访时间、服务过程评价、办理结果评价" in str(
        take(tmp_path, path)
    )


def test_a_column_that_a_later_export_lacks_keeps_its_values(tmp_path):
    """A file without a closing, a topic or a unit column says nothing about them: the archive's values stand."""
    take(tmp_path, write(tmp_path / "工单_20211026.xlsx", table([row(1, 承办单位="大店镇、住建局"), row(2)])))
    before = kept(tmp_path)
    report = take(
        tmp_path,
        write(tmp_path / "工单_20211027.xlsx", table([row(1, 诉求类别="建议"), row(2)], HEADERS[:4])),
    )
    assert (report.read, report.replaced, report.unchanged) == (2, 1, 1)
    after = kept(tmp_path)
    assert list(after["kind"]) == ["建议", "建议", "求助"]
    same = ["request_id", "unit", "topic", "subtopic", "closed_at", "due_at"]
    pd.testing.assert_frame_equal(before[same], after[same])


def test_set_aside_file_shows_where_and_why(tmp_path):
    """File, sheet, row, column, value and reason; unmapped columns are not in it."""
    path = write(
        tmp_path / "工单.xlsx",
        table([row(0, 受理时间="上周五", 诉求人姓名="测试甲")], (*HEADERS, "诉求人姓名")),
    )
    (aside,) = take(tmp_path, path).aside_files
    sheet = pd.read_excel(aside, dtype=str, engine="calamine", keep_default_na=False)
    assert list(sheet.iloc[0][:6]) == [
        "受理时间：不是能用的日期时间",
        "工单.xlsx",
        "工单",
        "2",
        "受理时间",
        "上周五",
    ]
    assert list(sheet.columns[6:]) == list(HEADERS)
    assert "测试甲" not in sheet.to_string()


def weeks_of(root, *starts: str, per_day: int = 3, days: int = 7) -> None:
    records = [
        row(n, 工单编号=f"{day:%Y%m%d}{n:03d}", 受理时间=f"{day:%Y-%m-%d} 09:00:00", 办结时间="")
        for start in starts
        for day in pd.date_range(start, periods=days)
        for n in range(per_day)
    ]
    take(root, write(root / f"工单{len(starts)}_{starts[-1]}.csv", table(records)))


def test_status_says_what_is_held_and_what_is_missing(tmp_path):
    """Periods with their counts, gaps between them, a last period that is not over, the last imports, what waits."""
    weeks_of(tmp_path, "2021-09-06", "2021-09-13", "2021-10-04")
    weeks_of(tmp_path, "2021-10-11", days=4)
    take(tmp_path, write(tmp_path / "坏.csv", table([row(0, 受理时间="?"), row(1)])))
    found = status.status(Location.of(tmp_path / "archive"), JUNAN)
    assert [str(period) for period in found.by_period.index] == [
        "2021-W36",
        "2021-W37",
        "2021-W40",
        "2021-W41",
        "2021-W43",
    ]
    assert list(found.by_period.iloc[0]) == [21, 21, 0]
    said = found.text()
    assert "2021-W36　诉求 21 件　承办 21 件　已办结 0 件" in said
    assert "2021-W38 至 2021-W39（2 期） 没有诉求" in said
    assert "2021-W42 没有诉求" in said
    assert "2021-W43 只到 10月25日（周一），还差 6 天" in said
    assert "坏.csv：新存 1，更新 0，搁置 1 行" in said
    assert "（1 行）" in said


def test_status_notices_a_last_day_that_looks_incomplete(tmp_path):
    """A last day with less than half of what its weekday usually has was probably exported before it was over."""
    weeks_of(
        tmp_path,
        *[f"{day:%Y-%m-%d}" for day in pd.date_range("2021-08-02", periods=10, freq="7D")],
        per_day=10,
    )
    assert not status.status(Location.of(tmp_path / "archive"), JUNAN).missing
    weeks_of(tmp_path, "2021-10-11", per_day=10, days=6)
    weeks_of(tmp_path, "2021-10-17", per_day=4, days=1)
    assert status.status(Location.of(tmp_path / "archive"), JUNAN).missing == [
        "最后一天 10月17日（周日） 只有 4 件，平时约 10 件，可能没有导全"
    ]


def test_status_of_a_week_that_starts_on_friday(tmp_path):
    """Periods are the center's own: with week_starts friday, Friday to Thursday."""
    weeks_of(tmp_path, "2021-10-22")
    friday = JUNAN.model_copy(update={"week_starts": "friday"})
    assert list(status.status(Location.of(tmp_path / "archive"), friday).by_period["requests"]) == [21]


def test_the_commands(tmp_path):
    """hotline import and hotline status, as a person types them; an error is one message and exit code 1."""
    place = material.workspace(tmp_path / "w", issues=True)
    write(place / "工单.xlsx", table(rows(5)))
    assert "试运行" in hotline(place, "import", "工单.xlsx", "--dry-run")
    assert "还没有数据" in hotline(place, "status", "--center", "junan")
    assert "新存 5" in hotline(place, "import", "工单.xlsx")
    assert "档案没有变化" in hotline(place, "import", "工单.xlsx")
    assert version(place / "data") == 0
    assert "诉求 5 件" in hotline(place, "status")
    (place / "坏.xlsx").write_bytes(b"PK\x03\x04")
    for wrong in ("坏.xlsx", "没有.xlsx"):
        assert wrong in hotline(place, "import", wrong, code=1)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_the_report_stays_short(tmp_path, count):
    """However many weeks are touched, they are one line."""
    weeks_of(
        tmp_path,
        *[f"{day:%Y-%m-%d}" for day in pd.date_range("2021-01-04", periods=count + 1, freq="7D")],
        days=1,
    )
    assert status.status(Location.of(tmp_path / "archive"), JUNAN).by_period.shape[0] == count + 1


CELLS = st.fixed_dictionaries(
    {
        "n": st.integers(0, 4),
        "承办单位": st.sampled_from(["", "大店镇", "住建局", "大店镇、住建局"]),
        "诉求类别": st.sampled_from(["求助", "建议"]),
        "受理时间": st.sampled_from(
            ["2021-10-25 09:00:00", "2021-10-25 09:00:00", "2021-11-01 09:00:00", "?"]
        ),
        "办结时间": st.sampled_from(["", "2021-11-02 09:00:00", "2021-10-24 09:00:00"]),
        "回访时间": st.sampled_from(["", "2021-11-03 09:00:00", "2021-11-04 09:00:00"]),
    }
)


@examples(8, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CELLS, max_size=6), min_size=1, max_size=3))
def test_whatever_the_exports_hold(exports):
    """The sums add up; all at once comes to the same as one by one; a second time changes nothing."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        files = [
            write(
                root / f"工单_{20211105 + day}.csv",
                table([row(each["n"], **{k: v for k, v in each.items() if k != "n"}) for each in content]),
            )
            for day, content in enumerate(exports)
        ]
        take(root / "all", *files[::-1])
        for path in files:
            take(root / "one", path)
        if not (root / "all/archive/junan").exists():
            assert not (root / "one/archive/junan").exists()
            return
        content = [*COLUMNS, "exported_at", "source"]
        pd.testing.assert_frame_equal(kept(root / "all")[content], kept(root / "one")[content])
        for again in (files, files[::-1]):
            report = take(root / "all", *again)
            assert (report.stored, report.replaced) == (0, 0)
            assert not report.changed
        assert version(root / "all") == 0


def lasting(seconds: float) -> str:
    """What an import that lasts so long shows on a terminal."""
    code = f"from hotline.console import Bar\nimport time\nwith Bar() as told:\n told('读取 工单.xlsx', 0.4)\n time.sleep({seconds})"
    return on_a_terminal(sys.executable, "-c", code)


def test_a_bar_from_two_seconds_on():
    """What takes longer than two seconds shows what it does; what is quicker shows nothing."""
    assert "读取 工单.xlsx" in lasting(2.6)
    assert lasting(0.1) == ""


def test_status_says_no_more_closings_than_handlings(tmp_path):
    """What was answered directly has no handling, and its closing is none's; where no unit is known requests are closed."""
    direct = [row(n, 承办单位="", 办结时间="2021-10-30 08:00:00") for n in range(3)]
    take(tmp_path / "a", write(tmp_path / "a" / "工单_20211105.csv", table([*direct, row(3), row(4)])))
    said = status.status(Location.of(tmp_path / "a" / "archive"), JUNAN).text()
    assert "2021-W43　诉求 5 件　承办 2 件　已办结 1 件" in said
    take(tmp_path / "b", write(tmp_path / "b" / "工单_20211105.csv", table(direct)))
    said = status.status(Location.of(tmp_path / "b" / "archive"), JUNAN).text()
    assert "2021-W43　诉求 3 件　已办结 3 件" in said
    assert "共 1 期，诉求 3 件；" in said


def test_status_does_not_list_many_workbooks(tmp_path):
    """Of more than five it says how many there are and where, unless all is asked for."""
    for n in range(6):
        take(
            tmp_path, write(tmp_path / f"工单{n}_20211105.csv", table([row(n + 10), row(n, 受理时间="昨天")]))
        )
    state = status.status(Location.of(tmp_path / "archive"), JUNAN)
    folder = tmp_path / "archive/junan.aside"
    waiting = [line for line in state.text().splitlines() if "搁置待改" in line]
    assert waiting == [f"搁置待改：{folder} 里的 6 个工作簿，共 6 行；加 --all 列出。"]
    assert state.text(whole=True).count("（1 行）") == 6


def test_rows_set_aside_are_never_overwritten_by_another_file(tmp_path):
    """Exports whose names differ in digits that are not shown, and one of the same name, have a workbook each."""
    bad = [row(1, 受理时间="昨天")], [row(2, 受理时间="昨天")], [row(3, 受理时间="昨天")]
    places = ("工单_0001_20211105.csv", "工单_0002_20211105.csv", "b/工单_0001_20211105.csv")
    for place, records in zip(places, bad, strict=True):
        take(tmp_path, write(tmp_path / "in" / place, table(records)))
    again = take(tmp_path, tmp_path / "in" / places[0])
    files = set((tmp_path / "archive" / "junan.aside").iterdir())
    assert len(files) == 3
    assert set(again.aside_files) <= files, "the same file again has its own workbook"
    assert not any("0001" in path.name for path in files)


def test_rows_set_aside_that_come_back_as_csv_are_what_their_name_says(tmp_path):
    """Mended in part and saved as .csv: what is left is a workbook, and is called one; mended whole, it is gone."""
    first = take(
        tmp_path,
        write(tmp_path / "工单_20211105.csv", table([row(1, 受理时间="昨天"), row(2, 受理时间="昨天")])),
    )
    (workbook,) = first.aside_files
    csv = tmp_path / workbook.with_suffix(".csv").name
    left = take(tmp_path, write(csv, table([row(1), row(2, 受理时间="昨天")])))
    assert left.aside_files == [workbook]
    assert workbook.read_bytes()[:2] == b"PK"
    take(tmp_path, write(csv, table([row(1), row(2)])))
    assert not workbook.exists()
