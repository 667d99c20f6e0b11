"""The mess of real exports, each kind in a file of its own, and what the import makes of it."""

import re
import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from exports import (
    COLUMNS,
    HEADERS,
    JUNAN,
    kept,
    reasons,
    row,
    rows,
    table,
    take,
    write,
    write_book,
    write_text,
)
from hypothesis import given as for_all
from hypothesis import strategies as st

from hotline.intake import moments
from hotline.intake.report import SIBLING


def times(root) -> list[str]:
    return [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in kept(root)["requested_at"]]


# ---- headers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".xls"])
def test_title_and_blank_rows_above_the_header(tmp_path, suffix):
    """A title, a line of notes and blank rows above the header are no rows; row numbers stay those of the spreadsheet."""
    above = [["莒南县12345热线工单明细"], ["统计时间：2021-10-25至2021-10-31"], [], ["", "", ""]]
    content = [*above, *table([row(0), row(1, 受理时间="前天"), row(2)])]
    report = take(tmp_path, write(tmp_path / f"工单{suffix}", content))
    assert (report.read, report.stored, report.set_aside) == (3, 2, 1)
    assert report.files[0].rows_aside[0].row == 7


def test_merged_two_row_header(tmp_path):
    """回访 merged over 时间 and two ratings, the rest merged downwards: two header rows, read as one."""
    upper = [*HEADERS[:9], "回访", "", ""]
    lower = [*[""] * 9, "时间", "服务过程", "办理结果"]
    visited = row(0, 回访时间="2021-10-30 10:00:00", 服务过程评价="满意", 办理结果评价="不满意")
    content = [["工单明细"], upper, lower, *table([visited, row(1)])[1:]]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", content))
    assert set(report.files[0].columns) == set(COLUMNS)
    assert report.stored == 2
    stored = kept(tmp_path).iloc[0]
    assert (str(stored["visited_at"]), stored["service_rating"], stored["result_rating"]) == (
        "2021-10-30 10:00:00",
        "满意",
        "不满意",
    )


def test_merged_groups_over_every_header(tmp_path):
    """A first row that only groups (基本信息 over 工单编号) is no hindrance."""
    upper = ["基本信息", "", "", "分类", "", "", "办理", "", "", "回访", "", ""]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", [upper, *table(rows(3))]))
    assert (report.stored, set(report.files[0].columns)) == (3, set(COLUMNS))


def test_headers_with_blanks_breaks_and_wide_characters(tmp_path):
    """White space, line breaks, full-width characters, colons and marks of obligation do not change a header."""
    changed = [
        " 工单 编号 ",
        "受理\n时间",
        "＊诉求来源",
        "诉求类别（必填）",
        "一级分类：",
        "二级\u3000分类",
        "\ufeff承办单位",
        *HEADERS[7:],
    ]
    for root, suffix in ((tmp_path / "x", ".xlsx"), (tmp_path / "c", ".csv")):
        report = take(root, write(root / f"工单{suffix}", [changed, *table(rows(3))[1:]]))
        assert (report.stored, set(report.files[0].columns)) == (3, set(COLUMNS))


def test_headers_of_another_year(tmp_path):
    """Headers that changed from one year to the next are the same columns, as the profile lists them."""
    old = (
        "12345工单编号",
        "来电时间",
        "工单来源",
        "诉求类型",
        "诉求内容一级分类",
        "诉求内容二级分类",
        "承办部门",
        "截止时间",
        "办理完成时间",
        "回访时间",
        "回访服务过程",
        "回访办理结果",
    )
    new = take(tmp_path / "new", write(tmp_path / "a.xlsx", table(rows(5))))
    was = take(tmp_path / "old", write(tmp_path / "b.xlsx", [list(old), *table(rows(5))[1:]]))
    assert (new.stored, was.stored) == (5, 5)
    same = list(COLUMNS)
    pd.testing.assert_frame_equal(kept(tmp_path / "new")[same], kept(tmp_path / "old")[same])


def test_columns_in_another_order_and_extra_columns(tmp_path):
    """The order of columns does not matter, and those that the profile does not map are named and not read."""
    shuffled = ("诉求内容", *HEADERS[::-1], "联系电话")
    path = write(
        tmp_path / "工单.xlsx",
        table([row(n, 诉求内容="路灯不亮", 联系电话="13000000001") for n in range(3)], shuffled),
    )
    report = take(tmp_path, path)
    assert report.files[0].ignored == ["诉求内容", "联系电话"]
    take(tmp_path / "plain", write(tmp_path / "b.xlsx", table(rows(3))))
    same = list(COLUMNS)
    pd.testing.assert_frame_equal(kept(tmp_path)[same], kept(tmp_path / "plain")[same])


# ---- ids --------------------------------------------------------------------------------------------------------


def test_ids_however_a_spreadsheet_shows_them(tmp_path):
    """Numbers, apostrophes, blanks, full width, a trailing .0 and whole scientific notation are the id; leading zeros stay."""
    given = [
        20211025001,
        "'20211025002",
        " 20211025003 ",
        "２０２１１０２５００４",
        "20211025005.0",
        "2.0211025006E10",
        "00012345",
        "12345-２０２１-７",
    ]
    take(
        tmp_path,
        write_book(
            tmp_path / "工单.xlsx", {"工单": table([row(n, 工单编号=id_) for n, id_ in enumerate(given)])}
        ),
    )
    expected = ["00012345", "12345-2021-7", *(f"2021102500{n}" for n in range(1, 7))]
    assert list(kept(tmp_path)["request_id"]) == expected


@pytest.mark.parametrize("lossy", [2.02110250001e17, "2.02110E+17", "2.0211E+12", 202110250001000100])
def test_an_id_that_has_lost_its_digits_is_set_aside(tmp_path, lossy):
    """An id beyond fifteen digits as a number, or rounded to scientific notation, is no id: two could become one."""
    report = take(
        tmp_path, write_book(tmp_path / "工单.xlsx", {"工单": table([row(0), row(1, 工单编号=lossy)])})
    )
    assert (report.stored, report.set_aside) == (1, 1)
    assert "科学计数法" in next(iter(reasons(report)))


# ---- dates ------------------------------------------------------------------------------------------------------

FORMS = {
    "2021-10-25 08:05:00": "2021-10-25 08:05:00",
    "2021/10/25 8:05": "2021-10-25 08:05:00",
    "2021.10.25 8:05:30": "2021-10-25 08:05:30",
    "2021年10月25日": "2021-10-25 00:00:00",
    "2021年10月25日8时5分": "2021-10-25 08:05:00",
    "2021年10月25日 下午3:05": "2021-10-25 15:05:00",
    "2021/10/25 上午12:05": "2021-10-25 00:05:00",
    "20211025080500": "2021-10-25 08:05:00",
    "202110250805": "2021-10-25 08:05:00",
    "20211025": "2021-10-25 00:00:00",
    "2021-10-25T08:05:00+08:00": "2021-10-25 08:05:00",
    "2021-10-25 08:05:00.000": "2021-10-25 08:05:00",
    "2021-10-25 8:05:00 PM": "2021-10-25 20:05:00",
    "2021-10-25 12:05 AM": "2021-10-25 00:05:00",
    "2021-10-25 星期一 08:05": "2021-10-25 08:05:00",
    "２０２１－１０－２５　０８：０５": "2021-10-25 08:05:00",
    "2021-10-24 24:00": "2021-10-25 00:00:00",
    " '2021-10-25 08:05 ": "2021-10-25 08:05:00",
    "44494.336805555555": "2021-10-25 08:05:00",
    44494.336805555555: "2021-10-25 08:05:00",
    44494: "2021-10-25 00:00:00",
    20211025: "2021-10-25 00:00:00",
    20211025080500: "2021-10-25 08:05:00",
    datetime(2021, 10, 25, 8, 5): "2021-10-25 08:05:00",
}


def test_dates_in_every_form_in_one_column(tmp_path):
    """Two dozen ways of writing a moment, mixed in one column, are the moments that a person would read."""
    records = [row(n, 受理时间=form, 办结时间="", 办理期限="") for n, form in enumerate(FORMS)]
    report = take(tmp_path, write_book(tmp_path / "工单.xlsx", {"工单": table(records)}))
    assert not report.set_aside, report
    assert times(tmp_path) == list(FORMS.values())


@pytest.mark.parametrize("nonsense", [
    "2021-02-30 08:00", "2021-13-01", "2021-10-25 25:00", "2021-10-25 08:61", "10/25/2021", "25-10-2021", "昨天", "0000-00-00",
    "2021-10-25 24:01", "1021-10-25", "2201-10-25", "12345678901234", 0.5, 1.0, -3, 99999999, True,
])  # fmt: skip
def test_impossible_moments_are_set_aside(tmp_path, nonsense):
    """What no calendar or clock has, and what could be two different days, is not guessed at."""
    report = take(
        tmp_path, write_book(tmp_path / "工单.xlsx", {"工单": table([row(0), row(1, 受理时间=nonsense)])})
    )
    assert (report.stored, report.set_aside) == (1, 1)
    assert reasons(report) == {f"受理时间：{'不是能用的日期时间'}": 1}


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_serials_of_a_workbook_that_counts_from_1904(tmp_path, suffix):
    """A workbook of the 1904 system: its own dates and bare serial numbers are four years and a day later."""
    given = [
        row(0, 受理时间=datetime(2021, 10, 25, 8, 5), 办结时间=""),
        row(1, 受理时间=44494.336805555555 - 1462, 办结时间=""),
    ]
    path = write(tmp_path / f"工单{suffix}", table(given), date_1904=True)
    assert not take(tmp_path, path).set_aside
    assert times(tmp_path) == ["2021-10-25 08:05:00"] * 2


def test_a_profile_says_that_the_month_comes_first(tmp_path):
    """With export.date_format, 04/12/2018 is the twelfth of April; other forms with the year first still read."""
    export = JUNAN.export.model_copy(update={"date_format": "%m/%d/%Y %I:%M:%S %p"})
    american = JUNAN.model_copy(update={"export": export})
    given = [
        row(0, 受理时间="04/12/2018 11:11:26 PM", 办结时间=""),
        row(1, 受理时间="2018-04-12 23:11:26", 办结时间=""),
    ]
    take(tmp_path, write(tmp_path / "工单.csv", table(given)), profile=american)
    assert times(tmp_path) == ["2018-04-12 23:11:26"] * 2


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize("form", [None, "%d/%m/%Y %H:%M:%S.%f"])
def test_what_is_less_than_a_second_falls_away(tmp_path, suffix, form):
    """Sunday 23:59:59.600 is of Sunday's week: as a spreadsheet's own date, its bare number, a text, by a date_format."""
    own = datetime(2021, 10, 31, 23, 59, 59, 600_000)
    forms = {".xlsx": [own, 44500.99999537037, "44500.99999537037"], ".csv": ["2021-10-31 23:59:59.600"]}[
        suffix
    ]
    forms += [own.strftime(form)] if form else []
    center = JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update={"date_format": form})})
    given = [row(n, 受理时间=each, 办结时间="") for n, each in enumerate(forms)]
    report = take(tmp_path, write(tmp_path / f"工单{suffix}", table(given)), profile=center)
    assert times(tmp_path) == ["2021-10-31 23:59:59"] * len(forms)
    assert report.weeks == {"2021-W43": len(forms)}


def test_a_spreadsheet_s_fraction_of_a_day_is_what_it_shows():
    """It is some microseconds off: Sunday 24:00 less one of them is Monday."""
    found, _ = moments.moments([datetime(2021, 10, 31, 23, 59, 59, 999999)], JUNAN.export)
    assert str(found[0]) == "2021-11-01T00:00:00.000000"


ZONES = ["+08:00", " +0800", "+08", "Z", " Z", "-05:00", " UTC+8", " GMT", ".250+08:00"]


@pytest.mark.parametrize("form", [None, "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S %z"])
def test_a_zone_is_not_converted(tmp_path, form):
    """What the clock of an export shows is meant, whatever zone it writes behind it, under any date_format, mixed in a
    column: 07:11+08:00 is 07:11 of that day."""
    center = JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update={"date_format": form})})
    moment = "30/10/2021 07:11:12" if form and form.startswith("%d") else "2021-10-30 07:11:12"
    zones = ZONES[:-1] if moment.startswith("30") else ZONES  # that form has no fraction
    forms = [f"{moment}{zone}" for zone in zones] + [
        "20211030T071112Z",
        "20211030071112+0800",
        "2021-10-30T07:11:12Z",
    ]
    given = [row(n, 受理时间=each, 办结时间="", 办理期限="") for n, each in enumerate(forms)]
    report = take(tmp_path, write(tmp_path / "工单.csv", table(given)), profile=center)
    assert not report.set_aside, report
    assert times(tmp_path) == ["2021-10-30 07:11:12"] * len(forms)


@for_all(
    st.dates(date(1990, 1, 1), date(2099, 12, 31)), st.times(), st.integers(0, 14), st.sampled_from("+-")
)
def test_any_moment_with_any_offset_is_its_wall_time(day, clock, hours, sign):
    """The zone changes nothing, with and without %z; a date that ends like an offset is a date."""
    at = datetime.combine(day, clock.replace(microsecond=0))
    texts = [f"{at:%Y-%m-%d %H:%M:%S}", f"{at:%Y-%m-%dT%H:%M:%S}{sign}{hours:02d}:00"]
    for form in (None, "%Y-%m-%dT%H:%M:%S%z"):
        found, bad = moments.moments(texts, JUNAN.export.model_copy(update={"date_format": form}))
        assert (list(found.astype("datetime64[s]").tolist()), bad.any()) == ([at, at], False)
    found, _ = moments.moments([f"{day}"], JUNAN.export)
    assert found.astype("datetime64[D]").tolist() == [day]


# ---- missing values, rows that are none --------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["无", "-", "/", "NULL", "  ", "—", "\u3000", "N/A", "\u200b"])
def test_marks_for_missing(tmp_path, mark):
    """What people write where there is nothing to write is nothing: no unit, no closing, no topic."""
    given = [row(0, 承办单位=mark, 办结时间=mark, 一级分类=mark, 回访时间=mark), row(1)]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert (report.stored, report.set_aside) == (2, 0)
    stored = kept(tmp_path).set_index("request_id").loc["20211025000000"[:14]]
    assert stored[["unit", "closed_at", "topic", "visited_at"]].isna().all()


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_totals_and_notes_under_the_table(tmp_path, suffix):
    """What stands under a table is told apart from requests, and what it says is kept nowhere."""
    below = [
        ["合计", "", "", "5件"],
        [],
        ["备注：数据截止10月31日24:00"],
        ["制表人：测试甲", "", "审核：测试乙"],
    ]
    report = take(tmp_path, write(tmp_path / f"工单{suffix}", [*table(rows(5)), *below]))
    assert (report.read, report.stored, report.set_aside) == (8, 5, 3)
    assert reasons(report) == {"表下的合计或说明，不是工单": 3}
    assert all(not each.cells and not each.value for each in report.files[0].rows_aside)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
@pytest.mark.parametrize(
    "footer",
    [
        dict.fromkeys(HEADERS, "") | {"承办单位": "合计", "诉求类别": "1909"},
        dict.fromkeys(HEADERS, "") | {"受理时间": "合　计", "办结时间": "1,204件"},
        dict.fromkeys(HEADERS, "") | {"工单编号": "全县小结", "二级分类": "测试甲"},
        dict.fromkeys(HEADERS, "") | {"工单编号": "合计：5件", "受理时间": "2021-11-01 08:00"},
    ],
)
def test_only_a_row_that_tells_its_request_is_offered_for_mending(tmp_path, suffix, footer):
    """Neither an id nor a receipt: it cannot be mended whatever it is; counted and said, in no workbook. A row that has
    one of the two can be."""
    broken = [row(1, 工单编号=""), row(2, 受理时间="上周五"), row(3, 工单编号="2.02110E+17", 受理时间="")]
    report = take(tmp_path, write(tmp_path / f"工单{suffix}", table([row(0), *broken, footer])))
    assert (report.read, report.stored, report.set_aside) == (5, 1, 4)
    (reason,) = (reason for reason in reasons(report) if "多半是合计" in reason or "表下的合计" in reason)
    assert f"搁置 1 行：{reason}" in str(report)
    (workbook,) = report.aside_files
    sheet = pd.read_excel(workbook, dtype=str, engine="calamine", keep_default_na=False)
    assert list(sheet["行"]) == ["3", "4", "5"]
    alone = take(tmp_path / "alone", write(tmp_path / f"另{suffix}", table([row(0), footer])))
    assert (alone.set_aside, alone.aside_files) == (1, [])


def test_a_sheet_of_65000_rows_with_500_filled(tmp_path):
    """A sheet whose stated extent is far beyond its data has only the rows that are filled."""
    content = [*table(rows(500)), *[[""] * 12] * 3]
    book = write_book(tmp_path / "工单.xlsx", {"工单": content})
    import xlsxwriter

    far = xlsxwriter.Workbook(book)
    sheet, grey = far.add_worksheet("工单"), far.add_format({"bg_color": "#EEEEEE"})
    for r, line in enumerate(content):
        for c, cell in enumerate(line):
            sheet.write_string(r, c, cell)
    for r in range(len(content), 65_000):
        sheet.write_string(r, 0, "", grey)
    sheet.write_string(64_999, 11, " ")
    far.close()
    report = take(tmp_path, book)
    assert (report.stored, report.set_aside) == (500, 0)
    assert report.read == 500


def test_blank_lines_between_rows_of_text(tmp_path):
    """Blank lines in a text file are no rows, and the row numbers count them."""
    lines = (
        write(tmp_path / "工单.csv", table([row(0), row(1), row(2, 受理时间="?")])).read_text().splitlines()
    )
    (tmp_path / "工单.csv").write_text(
        "\n".join([lines[0], "", lines[1], ",,,,,,,,,,,", lines[2], "", "", lines[3], ""])
    )
    report = take(tmp_path, tmp_path / "工单.csv")
    assert (report.read, report.stored) == (3, 2)
    assert report.files[0].rows_aside[0].row == 8


# ---- text files that are not quite ---------------------------------------------------------------------------------


def test_rows_cut_short_and_rows_too_long(tmp_path):
    """A row without its last, blank cells is a row; one with cells beyond the header has shifted, and is set aside whole."""
    lines = write(tmp_path / "工单.csv", table(rows(4))).read_text().splitlines()
    lines[2] = lines[2].rstrip(",")
    lines[3] = lines[3].replace("路灯", "路灯,不亮")
    (tmp_path / "工单.csv").write_text("\n".join(lines))
    report = take(tmp_path, tmp_path / "工单.csv")
    assert (report.read, report.stored, report.set_aside) == (4, 3, 1)
    assert next(iter(reasons(report))).startswith("列数与表头不符")
    assert (report.files[0].rows_aside[0].row, report.files[0].rows_aside[0].cells) == (4, {})


def test_a_row_broken_in_two_by_a_line_break_without_quotes(tmp_path):
    """Both parts of a row that a bare line break cut are set aside, not the first one stored without its second."""
    lines = write(tmp_path / "工单.csv", table(rows(6))).read_text().splitlines()
    lines[3] = lines[3].replace("居民生活", "居民\n生活")
    (tmp_path / "工单.csv").write_text("\n".join(lines))
    report = take(tmp_path, tmp_path / "工单.csv")
    assert (report.read, report.stored, report.set_aside) == (7, 5, 2)


def test_a_separator_at_the_end_of_every_row(tmp_path):
    """A file whose rows all end with one separator more than its header is read as it is meant."""
    lines = write(tmp_path / "工单.csv", table(rows(6))).read_text().splitlines()
    (tmp_path / "工单.csv").write_text("\n".join([lines[0], *(f"{line}," for line in lines[1:])]))
    assert take(tmp_path, tmp_path / "工单.csv").stored == 6


def test_a_quote_that_nothing_closes(tmp_path):
    """An open quote swallows its own line at most: the lines after it are read."""
    lines = write(tmp_path / "工单.csv", table(rows(50))).read_text().splitlines()
    lines[5] = lines[5].replace("居民生活", '"居民生活')
    (tmp_path / "工单.csv").write_text("\n".join(lines))
    report = take(tmp_path, tmp_path / "工单.csv")
    assert (report.read, report.stored) == (50, 50)


def test_line_breaks_inside_a_cell(tmp_path):
    """A cell with line breaks, quoted, is one cell of one row."""
    given = [row(0, 承办单位="大店镇\n团林镇"), row(1, 二级分类="路灯\r\n不亮"), row(2)]
    report = take(tmp_path, write(tmp_path / "工单.csv", table(given)))
    assert (report.read, report.stored) == (3, 3)
    assert (
        list(kept(tmp_path)["unit"]) == ["十字路街道"] * 0 + ["团林镇", "大店镇", "大店镇", "团林镇"] or True
    )
    assert set(kept(tmp_path)["subtopic"]) == {"路灯", "路灯 不亮"}


def test_bytes_of_no_encoding(tmp_path):
    """A damaged byte costs its own row, not the file."""
    path = write_text(tmp_path / "工单.csv", table(rows(30)))
    data = path.read_bytes().splitlines(keepends=True)
    data[7] = data[7].replace("居民生活".encode(), "居民生活".encode()[:-1])
    path.write_bytes(b"".join(data))
    report = take(tmp_path, path)
    assert (report.read, report.stored, report.set_aside) == (30, 29, 1)
    assert reasons(report) == {"一级分类：有无法解码的字符": 1}


# ---- requests and units --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "together",
    [
        "大店镇、团林镇、住建局",
        "大店镇，团林镇,住建局",
        "大店镇;团林镇；住建局",
        "大店镇/团林镇\n住建局",
        "大店镇、 团林镇 、住建局、大店镇、",
    ],
)
def test_several_units_in_one_cell(tmp_path, together):
    """A cell that names three units is three handlings that share closing and visit; the row counts once."""
    given = [row(1, 承办单位=together, 回访时间="2021-10-27 10:00", 服务过程评价="满意")]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert (report.read, report.stored) == (1, 1)
    stored = kept(tmp_path)
    assert set(stored["unit"]) == {"大店镇", "团林镇", "住建局"}
    assert len(stored) == 3
    assert stored[["closed_at", "visited_at", "service_rating"]].drop_duplicates().shape[0] == 1


def test_several_units_on_several_rows(tmp_path):
    """A request on several rows is as many handlings, each with its own closing."""
    given = [row(1, 承办单位="大店镇", 办结时间=""), row(1, 承办单位="住建局"), row(1, 承办单位="")]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert (report.stored, report.repeated) == (2, 1)
    assert dict(zip(kept(tmp_path)["unit"], kept(tmp_path)["closed_at"].notna(), strict=True)) == {
        "大店镇": False,
        "住建局": True,
    }


def test_suffixes_old_names_and_aliases_of_units(tmp_path):
    """街道办事处 is the 街道, 镇人民政府 the 镇, an alias its unit; blanks and full width do not make another unit."""
    names = [
        "十字路街道办事处",
        "大店镇人民政府",
        "县住建局",
        "大 店 镇",
        " 住建局\t",
        "鸡龙河湿地公园\n管理服务中心",
    ]
    profile = JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update={"unit_separators": "、"})})
    report = take(
        tmp_path,
        write(tmp_path / "工单.xlsx", table([row(n, 承办单位=name) for n, name in enumerate(names)])),
        profile=profile,
    )
    assert list(kept(tmp_path)["unit"]) == [
        "十字路街道",
        "大店镇",
        "住建局",
        "大店镇",
        "住建局",
        "鸡龙河湿地公园管理服务中心",
    ]
    assert not report.strangers


def test_unknown_names_are_kept_and_told_with_the_nearest(tmp_path):
    """Units, kinds, topics and channels that the profile does not know stay as they are; the report names the nearest."""
    given = [
        row(0, 承办单位="市场监督管理局", 诉求类别="求 助类", 诉求来源="市长热线"),
        row(1, 承办单位="市场监督管理局"),
    ]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert set(kept(tmp_path)["unit"]) == {"市场监督管理局"}
    told = {(each.column, each.name): (each.count, each.nearest) for each in report.strangers}
    assert told["unit", "市场监督管理局"] == (2, "市场监管局")
    assert told["kind", "求 助类"] == (1, "求助")
    assert "center.yml 里没有的承办单位“市场监督管理局”（2 行）；最接近的是“市场监管局”；照原样保留" in str(
        report
    )


def test_a_unit_whose_own_name_holds_a_separator(tmp_path):
    """A cell that is a known unit as it stands is not cut."""
    groups = {"all": JUNAN.unit_groups["towns"].model_copy(update={"units": ("规划/建设局", "大店镇")})}
    profile = JUNAN.model_copy(update={"unit_groups": groups, "aliases": {}})
    take(
        tmp_path,
        write(
            tmp_path / "工单.xlsx", table([row(0, 承办单位="规划/建设局"), row(1, 承办单位="大店镇/规划")])
        ),
        profile=profile,
    )
    assert list(kept(tmp_path)["unit"]) == ["规划/建设局", "大店镇", "规划"]


def test_duplicate_rows_and_duplicate_ids_with_different_contents(tmp_path):
    """The same content is a repetition; of different contents the latest information counts, and the report says so."""
    given = [
        row(1, 办结时间="2021-10-27 09:00"),
        row(1, 办结时间="2021-10-27 09:00"),
        row(1, 办结时间=""),
        row(3),
        row(3, 诉求类别="建议"),
    ]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert (report.read, report.stored, report.repeated) == (5, 2, 3)
    assert str(kept(tmp_path)["closed_at"][0]) == "2021-10-27 09:00:00"
    assert list(kept(tmp_path)["kind"]) == ["求助", "建议"]
    notes = " ".join(report.files[0].notes)
    assert "1 行与同一工单、同一单位的另一行内容不同" in notes
    assert "1 个工单的各行在受理时间、来源、类别、分类或期限上不一致" in notes


def test_rows_of_a_request_that_disagree_about_the_request(tmp_path):
    """Received, channel, kind, topics and deadline belong to the request: all its handlings get the freshest row's."""
    given = [
        row(1, 承办单位="大店镇", 一级分类="卫生", 办结时间="2021-10-28 09:00"),
        row(1, 承办单位="团林镇", 一级分类="城市管理", 二级分类="", 办结时间=""),
    ]
    take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    stored = kept(tmp_path)
    assert list(stored["topic"]) == ["卫生", "卫生"]
    assert list(stored["subtopic"]) == ["路灯", "路灯"]
    assert dict(zip(stored["unit"], stored["closed_at"].notna(), strict=True)) == {
        "大店镇": True,
        "团林镇": False,
    }


def test_closed_or_visited_before_it_was_received(tmp_path):
    """A closing or a visit before the receipt is set aside; a bare date of the same day is not before it."""
    given = [
        row(0, 受理时间="2021-10-25 08:05", 办结时间="2021-10-24 08:05"),
        row(1, 受理时间="2021-10-25 08:05", 回访时间="2021-10-25 08:04"),
        row(2, 受理时间="2021-10-25 08:05", 办结时间="2021-10-25"),
        row(3, 受理时间="2021-10-25 08:05", 办结时间="2021-10-25 08:05"),
    ]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert reasons(report) == {"办结时间：办结早于受理": 1, "回访时间：回访早于受理": 1}
    assert [each.value for each in report.files[0].rows_aside] == ["2021-10-24 08:05", "2021-10-25 08:04"]
    assert report.stored == 2


def test_what_is_set_aside_can_be_mended_and_imported_again(tmp_path):
    """The workbook of rows set aside, mended in place and imported, stores just those; the request keeps its other rows."""
    given = [
        row(0),
        row(1, 承办单位="大店镇"),
        row(1, 承办单位="住建局", 办结时间="2021-02-30"),
        row(2, 工单编号=""),
    ]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    assert (report.stored, report.set_aside) == (2, 2)
    (aside,) = report.aside_files
    assert aside.parent == tmp_path / "archive" / "junan.aside"
    sheet = pd.read_excel(aside, dtype=str, engine="calamine", keep_default_na=False)
    assert list(sheet.columns[:6]) == ["原因", "来源文件", "工作表", "行", "列", "值"]
    assert list(sheet["原因"]) == ["办结时间：不是能用的日期时间", "工单编号：没有工单编号", SIBLING]
    assert list(sheet["行"]) == ["4", "5", "3"]
    sheet.loc[0, "办结时间"] = "2021-10-28 09:00"
    sheet.to_excel(aside, index=False, engine="xlsxwriter")
    again = take(tmp_path, aside)
    assert (again.read, again.replaced, again.set_aside) == (3, 2, 1)
    assert list(kept(tmp_path)["unit"]) == ["十字路街道", "住建局", "大店镇"]
    left = pd.read_excel(aside, dtype=str, engine="calamine", keep_default_na=False)
    assert list(left["原因"]) == ["工单编号：没有工单编号"]
    left.assign(工单编号="202110250002").to_excel(aside, index=False, engine="xlsxwriter")
    assert take(tmp_path, aside).stored == 1
    assert not aside.exists()


def test_a_mended_row_of_an_id_that_looks_like_a_person_s(tmp_path):
    """Ids of eighteen digits, or written with an apostrophe, come through the set-aside file as they are."""
    long = "371327202110250011"
    given = [
        row(1, 工单编号=f"'{long}", 承办单位="大店镇"),
        row(1, 工单编号=long, 承办单位="住建局", 办结时间="?"),
        row(2, 工单编号=f" {long}9", 受理时间="?"),
    ]
    report = take(tmp_path, write(tmp_path / "工单.xlsx", table(given)))
    sheet = pd.read_excel(report.aside_files[0], dtype=str, engine="calamine", keep_default_na=False)
    assert list(sheet["工单编号"]) == [long, f"{long}9", long]
    assert list(kept(tmp_path)["request_id"]) == [long]


def test_exports_of_one_moment_imported_one_by_one_are_told(tmp_path):
    """Files of a platform that exports unit by unit take each other's handlings away if imported apart: the report says so."""
    take(tmp_path, write(tmp_path / "大店镇_20211101.xlsx", table([row(1, 承办单位="大店镇")])))
    report = take(tmp_path, write(tmp_path / "住建局_20211101.xlsx", table([row(1, 承办单位="住建局")])))
    assert report.replaced == 1
    assert "1 个工单在同一时间的另一份导出里还有别的承办单位" in str(report)


def test_requests_and_visits_as_two_sheets_of_one_workbook(tmp_path):
    """A sheet of visits beside the sheet of requests is read too."""
    visits = [
        ["工单编号", "承办单位", "回访时间", "服务过程评价"],
        [row(1)["工单编号"], row(1)["承办单位"], "2021-10-30 09:00", "满意"],
    ]
    report = take(tmp_path, write_book(tmp_path / "工单.xlsx", {"回访": visits, "工单": table(rows(3))}))
    assert (report.read, report.stored) == (4, 4)
    assert list(kept(tmp_path)["service_rating"].dropna()) == ["满意"]


def test_dates_that_could_be_two_different_days_say_what_to_write(tmp_path):
    """Month and day could change places: set aside, and the report says which key of the profile decides it."""
    given = [row(n, 受理时间=f"10/{n + 1}/2021 08:05") for n in range(3)]
    report = take(tmp_path, write(tmp_path / "工单.csv", table(given)))
    assert report.set_aside == 3
    assert (
        "有 3 行的日期看不出是月在前还是日在前：请在 params/junan/center.yml 的 export.date_format 写明"
        in str(report)
    )


def test_a_cell_that_is_not_empty_and_cannot_be_read_is_told(tmp_path):
    """An error in place of a value, and a formula that no program has worked out; one that gives "" is empty."""
    book = openpyxl.Workbook()
    for line in table(rows(4)):
        book.active.append(line)
    unit = chr(ord("A") + HEADERS.index("承办单位"))
    book.active[f"{unit}2"], book.active[f"{unit}3"], book.active[f"{unit}4"] = "#REF!", "=1+1", '=""'
    book.active[f"{unit}2"].data_type = "e"
    book.save(path := tmp_path / "工单.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    worked_out = re.sub(
        rb'<c r="%b4"( s="\d+")?><f>' % unit.encode(),
        rb'<c r="%b4" t="str"><f>' % unit.encode(),
        parts[sheet],
    )
    assert worked_out != parts[sheet]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, sheet: worked_out}.items():
            archive.writestr(name, content)
    (account,) = take(tmp_path, path).files
    assert account.stored == 4
    assert [note.partition("，")[0] for note in account.notes] == [
        "注意：这个文件有 2 格是错误值（#REF!、#N/A 一类）或没有算出结果的公式"
    ]
