"""Every format in which a platform exports, and every way of naming files, comes to the same archive."""

import zipfile

import pandas as pd
import pytest
from exports import HEADERS, JUNAN, kept, row, rows, table, take, write, write_book, write_text

from hotline.intake.grids import FileError

EXPECTED = [record["工单编号"] for record in rows(12)]
TIMES = pd.to_datetime([record["受理时间"] for record in rows(12)])


def assert_all_stored(root, report) -> None:
    frame = kept(root)
    assert (report.read, report.stored) == (12, 12)
    assert list(frame["request_id"]) == EXPECTED
    assert list(frame["requested_at"]) == list(TIMES)
    assert frame["closed_at"].notna().sum() == 6
    assert set(frame["topic"]) == {"居民生活"}


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv", ".tsv"])
def test_every_suffix(tmp_path, suffix):
    """.xlsx, BIFF8 .xls, .csv and .tsv hold the same rows."""
    assert_all_stored(tmp_path, take(tmp_path, write(tmp_path / f"工单{suffix}", table(rows(12)))))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_every_encoding_and_separator(tmp_path, encoding, delimiter):
    """UTF-8 with and without its mark, GBK, GB18030 and UTF-16, cut by comma, tab or semicolon."""
    content = table([{**record, "二级分类": "用水,供暖;其他"} for record in rows(12)])
    report = take(tmp_path, write_text(tmp_path / "工单.csv", content, delimiter, encoding))
    assert_all_stored(tmp_path, report)
    assert set(kept(tmp_path)["subtopic"]) == {"用水,供暖;其他"}


@pytest.mark.parametrize("wrong", ["工单.xls", "工单.csv", "工单.dat"])
def test_the_content_says_what_a_file_is(tmp_path, wrong):
    """A workbook saved under another suffix is still read as what it is."""
    path = write(tmp_path / "工单.xlsx", table(rows(12))).rename(tmp_path / wrong)
    assert_all_stored(tmp_path, take(tmp_path, path))


def test_folder_glob_and_zip(tmp_path):
    """A folder, a glob pattern and a zip mean the files in them; lock files and others are passed over."""
    folder = tmp_path / "导出"
    for n in range(3):
        write(folder / f"part{n}.csv", table(rows(4, 4 * n)))
    (folder / "~$part0.xlsx").write_bytes(b"office lock file")
    (folder / "说明.docx").write_bytes(b"not an export")
    assert_all_stored(tmp_path / "a", take(tmp_path / "a", folder))
    assert_all_stored(tmp_path / "b", take(tmp_path / "b", str(folder / "part*.csv")))
    with zipfile.ZipFile(tmp_path / "导出.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"十月/{path.name}")
    report = take(tmp_path / "c", tmp_path / "导出.zip")
    assert_all_stored(tmp_path / "c", report)
    assert report.files[0].file == "导出.zip/part0.csv"


def test_zip_written_by_a_chinese_windows(tmp_path):
    """Names in a zip that are GBK without saying so are shown as they were."""
    path = tmp_path / "导出.zip"
    write(tmp_path / "工单.csv", table(rows(12)))
    info = zipfile.ZipInfo("XXXX.csv")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, (tmp_path / "工单.csv").read_bytes())
    path.write_bytes(path.read_bytes().replace(b"XXXX.csv", "工单".encode("gbk") + b".csv"))
    assert take(tmp_path, path).files[0].file == "导出.zip/工单.csv"


def test_the_named_sheet(tmp_path):
    """A profile's export.sheet is the sheet read, however well another fits; its absence is an error that lists them."""
    sheets = {"全部": table(rows(12)), "本周": table(rows(3))}
    path = write_book(tmp_path / "工单.xlsx", sheets)
    named = JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update={"sheet": "本周"})})
    assert take(tmp_path, path, profile=named).read == 3
    other = JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update={"sheet": "上周"})})
    with pytest.raises(FileError, match=r"工单\.xlsx：没有名为“上周”的工作表，只有 全部、本周"):
        take(tmp_path, path, profile=other)


def test_the_sheet_whose_headers_fit_best(tmp_path):
    """Without a name, the sheet with the most known headers is read, and what is left unread is named."""
    some = ("工单编号", "受理时间", "承办单位")
    sheets = {
        "统计": [["单位", "件数"], ["大店镇", 3]],
        "简表": table(rows(5), some),
        "明细": table(rows(12)),
        "空": [],
    }
    report = take(tmp_path, write_book(tmp_path / "工单.xlsx", sheets))
    assert_all_stored(tmp_path, report)
    assert [name.partition("：")[0] for name in report.unread] == ["工单.xlsx［统计］", "工单.xlsx［简表］"]


def test_a_sheet_that_is_part_of_another(tmp_path):
    """Of two sheets with the same columns, one a part of the other, no row is lost and none counts twice."""
    report = take(
        tmp_path,
        write_book(tmp_path / "工单.xlsx", {"全部": table(rows(12)), "十字路街道": table(rows(12)[::5])}),
    )
    assert (report.read, report.stored, report.repeated) == (15, 12, 3)


def test_a_missing_file_a_folder_without_exports_and_a_pattern_without_a_match(tmp_path):
    """Each is named with what was looked for."""
    (tmp_path / "空").mkdir()
    for given, said in (("没有.xlsx", "找不到文件"), ("空", "没有可导入的文件"), ("*.xls", "没有与")):
        with pytest.raises(FileError, match=said):
            take(tmp_path, tmp_path / given)


def test_one_bad_file_among_many_stores_nothing(tmp_path):
    """An import is all of it or nothing: every file that cannot be used is named, and none is stored."""
    write(tmp_path / "in/a.csv", table(rows(3)))
    (tmp_path / "in/b.xlsx").write_bytes(b"PK\x03\x04 truncated")
    write(tmp_path / "in/c.csv", [["姓名", "电话"], ["测试甲", "13000000001"]])
    with pytest.raises(FileError) as error:
        take(tmp_path, tmp_path / "in")
    message = str(error.value)
    assert "b.xlsx：文件已损坏" in message
    assert (
        "c.csv：前 40 行里没有认出表头，缺少 “工单编号”或“12345工单编号”、“受理时间”或“来电时间”" in message
    )
    assert "3 个文件中有 2 个不能用" in message
    assert "13000000001" not in message
    assert not (tmp_path / "archive").exists()


def test_columns_that_are_missing_say_what_was_recognised(tmp_path):
    """An export without its time column: the error says the row, the headers known, and those looked for."""
    path = write(
        tmp_path / "工单.csv",
        table(rows(2), tuple(h for h in HEADERS if h != "受理时间" and "评价" not in h and "回访" not in h)),
    )
    with pytest.raises(
        FileError,
        match=r"第 1 行认出了 工单编号、诉求来源.*缺少 “受理时间”或“来电时间” 一列.*params/junan/center\.yml",
    ):
        take(tmp_path, path)


def test_an_empty_table(tmp_path):
    """A header with nothing under it is an import of no rows, not an error."""
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table([])))
    assert report.read == 0
    assert "档案没有变化" in str(report)


def test_xls_dates_are_dates(tmp_path):
    """The dates of the old format, and those of a workbook, come out as the moments that they show."""
    moment = pd.Timestamp("2021-10-25 08:05").to_pydatetime()
    for suffix in (".xls", ".xlsx"):
        root = tmp_path / suffix[1:]
        take(root, write(root / f"工单{suffix}", table([row(1, 受理时间=moment, 办结时间="")])))
        assert kept(root)["requested_at"][0] == pd.Timestamp("2021-10-25 08:05")
