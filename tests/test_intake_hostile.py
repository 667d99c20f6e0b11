"""Files made to harm: each is one clear error that names it, or its characters as themselves."""

import time
import zipfile

import pytest
from exports import HEADERS, JUNAN, kept, row, rows, table, take, write, write_book

from hotline.intake import workbooks
from hotline.intake.grids import FileError

SHEET = "xl/worksheets/sheet1.xml"


def limited(**limits: int):
    return JUNAN.model_copy(update={"export": JUNAN.export.model_copy(update=limits)})


def rewritten(path, name: str, change):
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as book:
        parts = {info.filename: book.read(info) for info in book.infolist()}
    parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part, data in parts.items():
            book.writestr(part, data)
    return path


def refused(path, said: str, **options) -> None:
    began = time.monotonic()
    with pytest.raises(FileError, match=said) as error:
        take(path.parent, path, **options)
    assert path.name in str(error.value)
    assert time.monotonic() - began < 30
    assert not (path.parent / "archive").exists()


def test_a_zip_that_unpacks_to_far_more_than_it_is(tmp_path):
    """A zip bomb stops at the limit of export.max_megabytes."""
    path = tmp_path / "炸弹.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("工单.csv", "0" * 60_000_000)
    refused(path, "解压后超过 50 MB", profile=limited(max_megabytes=50))


def test_a_zip_that_lies_about_its_size(tmp_path):
    """The size that a zip states is not believed."""
    path = tmp_path / "炸弹.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("工单.csv", "0" * 60_000_000)
    path.write_bytes(
        path.read_bytes().replace((60_000_000).to_bytes(4, "little"), (60).to_bytes(4, "little"))
    )
    refused(path, "解压后超过 50 MB|已损坏", profile=limited(max_megabytes=50))


def test_a_workbook_that_unpacks_to_far_more_than_it_is(tmp_path):
    """So with an .xlsx, before the reader sees it."""
    path = write(tmp_path / "炸弹.xlsx", table(rows(3)))
    rewritten(path, SHEET, lambda xml: xml.replace(b"</sheetData>", b"<row/>" * 10_000_000 + b"</sheetData>"))
    assert path.stat().st_size < 1_000_000
    refused(path, "解压后超过 50 MB", profile=limited(max_megabytes=50))


@pytest.mark.parametrize(
    "far",
    [
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        b"<row spans='1:2' r='1048576'><c s='1' r='XFD1048576'><v>1</v></c></row>",
        b'<row r="900000"><c t="n" r="xfd900000"><v>1</v></c></row>',
        b'<x:row xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="900000"><x:c r="XFD900000"><x:v>1</x:v></x:c></x:row>',
    ],
)
def test_a_cell_far_away(tmp_path, far):
    """One cell in the last corner of a sheet would make the reader hold seventeen thousand million."""
    path = write(tmp_path / "远.xlsx", table(rows(3)))
    rewritten(path, SHEET, lambda xml: xml.replace(b"</sheetData>", far + b"</sheetData>"))
    refused(path, "超过能读的范围")


def test_too_many_rows(tmp_path):
    """export.max_rows is a limit in every format."""
    for suffix in (".xlsx", ".csv", ".xls"):
        refused(
            write(tmp_path / f"多{suffix}", table(rows(21))),
            "超过上限 20 行",
            profile=limited(max_rows=20),
        )
    lines = write(tmp_path / "多.csv", table(rows(30))).read_text().replace("路灯", '路"灯')
    (tmp_path / "多.csv").write_text(lines)
    refused(tmp_path / "多.csv", "超过上限 20 行", profile=limited(max_rows=20))


def test_a_file_larger_than_the_limit(tmp_path):
    """export.max_megabytes holds for plain files too, before they are read."""
    path = tmp_path / "大.csv"
    path.write_bytes(b"0" * 2_100_000)
    refused(path, "超过 2 MB", profile=limited(max_megabytes=2))


def test_xml_entities(tmp_path):
    """A workbook that defines entities, a billion laughs among them, is refused."""
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    path = write(tmp_path / "实体.xlsx", table(rows(3)))
    rewritten(path, SHEET, lambda xml: xml.replace(b"?>", b"?>" + laughs, 1))
    refused(path, "XML 实体")


def test_a_file_of_the_machine_is_not_read(tmp_path):
    """An external entity brings in nothing."""
    path = write(tmp_path / "外部.xlsx", table(rows(3)))
    external = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    rewritten(
        path,
        "xl/sharedStrings.xml",
        lambda xml: xml.replace(b"?>", b"?>" + external, 1).replace("大店镇".encode(), b"&x;"),
    )
    refused(path, "XML 实体")


def test_html_saved_as_a_workbook(tmp_path):
    """What platforms call .xls and is a web page inside: the message says so and what to do."""
    for name, head in (
        ("a.xls", "<html><body>"),
        ("b.xlsx", "\ufeff<!DOCTYPE html>"),
        ("c.xls", "<table>"),
        ("d.xls", "<?xml version='1.0'?><Workbook>"),
    ):
        (tmp_path / name).write_text(f"{head}<tr><td>工单编号</td><td>受理时间</td></tr>", encoding="utf-8")
        refused(tmp_path / name, r"网页或 XML.*另存为 \.xlsx")


def test_a_password(tmp_path):
    """A protected workbook (an OLE file with an encrypted package) and a protected zip say that there is a password."""
    ole = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    ole[1024:1024] = "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "密.xlsx").write_bytes(bytes(ole))
    refused(tmp_path / "密.xlsx", "有密码")
    with zipfile.ZipFile(tmp_path / "密.zip", "w") as archive:
        archive.writestr("工单.csv", "x")
    data = bytearray((tmp_path / "密.zip").read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "密.zip").write_bytes(data)
    refused(tmp_path / "密.zip", "有密码")


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file(tmp_path, suffix, part):
    """A download that broke off: one message, no panic of the reader on the screen."""
    path = write(tmp_path / f"断{suffix}", table(rows(300)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    refused(path, "已损坏|不是表格文件|实体|认出")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 500,
        b"%PDF-1.7 x",
        b"Rar!\x1a\x07",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        b"\x1f\x8b\x08" + bytes(99),
    ],
)
def test_what_is_no_table(tmp_path, content):
    """Empty files, pictures, PDFs and other archives, whatever they are called."""
    (tmp_path / "x.xlsx").write_bytes(content)
    refused(tmp_path / "x.xlsx", "空文件|不是表格文件|认出")


def test_a_zip_in_a_zip(tmp_path):
    """Nested zips are not followed."""
    with zipfile.ZipFile(tmp_path / "里.zip", "w") as inner:
        inner.writestr("工单.csv", "x")
    with zipfile.ZipFile(tmp_path / "外.zip", "w") as outer:
        outer.write(tmp_path / "里.zip", "里.zip")
    with pytest.raises(FileError, match="压缩包里还有压缩包"):
        take(tmp_path, tmp_path / "外.zip")


def test_a_path_in_a_zip_goes_nowhere(tmp_path):
    """A zip's member named ../../x is read and never written."""
    data = write(tmp_path / "工单.csv", table(rows(2))).read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../工单.csv", data)
    assert take(tmp_path, tmp_path / "a.zip").stored == 2


def test_a_formula_is_its_value(tmp_path):
    """A formula in a cell counts as the value the spreadsheet last showed; nothing is evaluated."""
    path = write_book(tmp_path / "工单.xlsx", {"工单": table([row(0), row(1)])}, strings_to_formulas=True)
    import xlsxwriter

    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("工单")
    for r, line in enumerate(table([row(0), row(1)])):
        for c, cell in enumerate(line):
            if r and HEADERS[c] == "二级分类":
                sheet.write_formula(r, c, '=HYPERLINK("http://example.invalid","路灯")', None, "路灯")
            else:
                sheet.write_string(r, c, cell)
    book.close()
    assert take(tmp_path, path).stored == 2
    assert set(kept(tmp_path)["subtopic"]) == {"路灯"}


NASTY = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "#import \"x\"", "$x$ @ref `code` |a|b|", "=cmd|'/C calc'!A0",
    "*粗* _斜_ [链](javascript:1)", "a\u202eb", "%s %d {0}", "'; DROP TABLE x; --", "\\u0041", "𠮷𡈽", "🚮", "é",
]  # fmt: skip


def test_syntax_in_every_text_column_is_characters(tmp_path):
    """HTML, templates, Typst, Markdown, formulas, SQL: stored as the characters they are, invisible ones gone."""
    given = [
        row(n, 诉求来源=text, 诉求类别=text, 一级分类=text, 二级分类=text, 承办单位=text)
        for n, text in enumerate(NASTY)
    ]
    cut_nowhere = limited(unit_separators="")
    for suffix in (".xlsx", ".csv"):
        root = tmp_path / suffix[1:]
        assert take(root, write(root / f"工单{suffix}", table(given)), profile=cut_nowhere).stored == len(
            NASTY
        )
        expected = [text.replace("\u202e", "") for text in NASTY]
        for column in ("channel", "kind", "topic", "subtopic", "unit"):
            assert list(kept(root)[column]) == expected


def test_a_formula_in_a_row_set_aside_stays_text(tmp_path):
    """The set-aside workbook holds no formula, whatever a cell says."""
    report = take(
        tmp_path,
        write(tmp_path / "工单.csv", table([row(0, 受理时间="?", 一级分类="=1+1", 二级分类="@SUM(1)")])),
    )
    with zipfile.ZipFile(report.aside_files[0]) as book:
        xml = b"".join(book.read(name) for name in book.namelist())
    assert b"<f>" not in xml
    assert b"=1+1" in xml


def test_ids_that_reach_for_the_archive_s_own_query(tmp_path):
    """An id is data, never part of a path or a query; one with signs that ids do not have is set aside."""
    given = [row(0, 工单编号="1' OR '1'='1"), row(1, 工单编号="../../1"), row(2, 工单编号="2021%"), row(3)]
    report = take(tmp_path, write(tmp_path / "工单.csv", table(given)))
    assert (report.stored, report.set_aside) == (1, 3)


def test_ctrl_c_is_not_swallowed(monkeypatch):
    """The guard around the reader lets an interruption through, and makes any other failure of it a damaged file."""

    def fails(error: BaseException):
        def load(_):
            raise error

        monkeypatch.setattr(workbooks.calamine, "load_workbook", load)
        return list(workbooks.sheets("工单.xlsx", b"", None, False))

    with pytest.raises(KeyboardInterrupt):
        fails(KeyboardInterrupt())
    with pytest.raises(FileError, match=r"工单\.xlsx"):
        fails(ValueError())
