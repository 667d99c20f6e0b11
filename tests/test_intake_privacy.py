"""Nothing personal enters: columns that are not mapped, numbers in text that is, files that others could read."""

import os
import re
import shutil
import stat
import zipfile

import material
import pandas as pd
import pypdfium2
import pytest
from commands import hotline, run
from exports import HEADERS, kept, row, table, take, write
from hypothesis import given
from hypothesis import strategies as st

from hotline.masking import masked

PERSONAL = {
    "诉求人姓名": "测试甲机密",
    "联系电话": "13000000001",
    "诉求人地址": "机密路1号测试小区",
    "身份证号": "371327190001011234",
    "诉求内容": "我叫测试乙机密，电话13000000002，邮箱jimi@example.com",
}
IN_TEXT = {
    "13000000003": "路灯（联系人电话13000000003）",
    "13000000004": "路灯 130-0000-0004",
    "１３００００００００５": "请打１３００００００００５",
    "0539-7000006": "0539-7000006路灯",
    "371327190001011007": "身份证371327190001011007",
    "37132719000101108X": "37132719000101108X",
    "371327 19000101 1097": "371327 19000101 1097",
    "mark@example.com": "邮件 mark@example.com 催办",
    "鲁QA0001": "车辆鲁QA0001乱停",
    "鲁Q·D00002": "鲁Q·D00002占道",
}


@pytest.mark.parametrize(("mark", "text"), IN_TEXT.items())
def test_personal_numbers_in_text_are_masked(mark, text):
    """Telephone, identity-card and plate numbers and addresses of mail, in whatever width and grouping."""
    assert mark not in masked(text)
    assert "〔" in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "路灯",
        "12345热线",
        "2021年第43周",
        "G206国道",
        "10千伏",
        "“网络问政”",
        "A4纸",
        "3栋2单元1201",
        "2021-10-25 08:05",
    ],
)
def test_what_is_not_personal_stays(text):
    """Numbers that are no one's stay as they are."""
    assert masked(text) == text


@given(st.text(), st.integers(13000000000, 19999999999), st.text())
def test_a_mobile_number_never_passes(before, number, after):
    """Between whatever characters, but other digits, a mobile number is masked."""
    before, after = (
        before.rstrip("0123456789０１２３４５６７８９"),
        after.lstrip("0123456789０１２３４５６７８９"),
    )
    if before[-1:].isdigit() or after[:1].isdigit():
        return
    assert str(number) not in masked(f"{before}{number}{after}")


def export(folder):
    """An export whose every free cell is somebody's, some rows of which cannot be used."""
    records = [
        row(
            n,
            **PERSONAL,
            二级分类=text,
            诉求类别=text if n % 3 == 0 else "求助",
            承办单位=f"大店镇 {text}" if n % 4 == 0 else "大店镇",
        )
        for n, text in enumerate(IN_TEXT.values())
    ]
    records += [
        row(20, **PERSONAL, 受理时间="昨天，联系人电话13000000003"),
        row(21, **PERSONAL, 工单编号="mark@example.com"),
        row(22, **PERSONAL, 工单编号="", 一级分类="鲁QA0001"),
        {"工单编号": "备注：制表人测试甲机密 13000000001"},
    ]
    return write(folder / "工单_20211101.xlsx", table(records, (*HEADERS, *PERSONAL)))


def marks() -> list[str]:
    return [
        "测试甲机密",
        "测试乙机密",
        "机密路1号",
        "13000000001",
        "13000000002",
        "371327190001011234",
        "jimi@example.com",
        *IN_TEXT,
    ]


def everything_in(folder) -> str:
    """The text of every file under a folder: the cells of tables and workbooks, the text of PDFs, all else as bytes."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        found += [str(path), data.decode("utf-8", "ignore")]
        if path.suffix == ".parquet":
            found.append(pd.read_parquet(path).to_csv())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found += [book.read(name).decode("utf-8", "ignore") for name in book.namelist()]
        elif path.suffix == ".pdf":
            pdf = pypdfium2.PdfDocument(path)
            found += [pdf[n].get_textpage().get_text_range() for n in range(len(pdf))]
    return "\n".join(found)


def test_no_mark_is_in_the_archive_the_set_aside_file_or_the_report(tmp_path):
    """An export full of marked personal data leaves no mark in what the import writes and says."""
    report = take(tmp_path, export(tmp_path / "in"))
    assert (report.stored, report.set_aside) == (10, 4)
    assert report.aside_files
    written = everything_in(tmp_path / "archive") + str(report) + kept(tmp_path).to_csv()
    assert [mark for mark in marks() if mark in written] == []
    assert "〔电话〕" in written


def test_no_mark_is_in_the_bulletin(tmp_path):
    """Nor in what is made from the archive: the commands' own words, the notebook, HTML, PDF, figures."""
    place = material.workspace(tmp_path / "w", issues=True)
    export(tmp_path / "in")
    said = hotline(place, "import", tmp_path / "in" / "工单_20211101.xlsx")
    said += hotline(place, "status")
    said += hotline(place, "render", "2021-W43")
    made = everything_in(place / "outputs") + everything_in(place / "data") + said
    assert "大店镇" in made
    assert [mark for mark in marks() if mark in made] == []


def modes(folder) -> set[str]:
    return {stat.filemode(path.stat().st_mode)[4:] for path in [folder, *folder.rglob("*")]}


def test_other_users_cannot_read_the_archive(tmp_path):
    """Archive and set-aside files are the analyst's alone, unless the analyst says otherwise."""
    take(tmp_path / "own", export(tmp_path / "in"))
    assert modes(tmp_path / "own" / "archive") == {"------"}
    take(tmp_path / "shared", export(tmp_path / "in"), shared=True)
    assert "r--r--" in modes(tmp_path / "shared" / "archive")
    take(tmp_path / "shared", write(tmp_path / "later" / "工单_20211108.xlsx", table([row(30)])))
    (tmp_path / "shared/archive/junan.lock").unlink()  # the owner's, who alone imports
    assert not modes(tmp_path / "shared" / "archive") & {"------"}, (
        "who shares an archive shares what comes later"
    )


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_everything_written_has_the_permissions_that_the_handbook_states(tmp_path, mask):
    """A whole workspace after the weekly run, rows, 督办单, mail and a failure, whatever the user's umask is."""
    before = os.umask(mask)
    try:
        home = tmp_path / "w"
        hotline(tmp_path, "init", home)
        material.tiny_notebook(home, "if period == '2021-W42': raise ValueError('甲')")
        profile = home / "params/junan/center.yml"
        text = profile.read_text("utf-8").replace("\ncolumns:\n", "\ncolumns:\n  caller: [来电号码]\n")
        profile.write_text(text + MAILED, "utf-8")
        records = [row(n, 来电号码=f"138000000{n:02d}", 办结时间="") for n in range(-168, 160)]
        write(
            home / "data/exports/工单_20211105.csv",
            table([*records, row(200, 受理时间="昨天")], (*HEADERS, "来电号码")),
        )
        hotline(home, "render", "2021-W42:2021-W43", "--import", "data/exports", "--allow-incomplete", code=1)
        hotline(home, "import", "data/exports/工单_20211105.csv")
        hotline(home, "rows", "2021-W43", "total")
        hotline(home, "sheets", "2021-W43")
        hotline(home, "send", "2021-W43", code=1)
        hotline(home, "render", "2021-W43", "--force", "--to", "html,docx", "--allow-incomplete")
        hotline(home, "status")
    finally:
        os.umask(before)
    stated = handbook()
    written = {path.relative_to(home).as_posix(): path for path in sorted(home.rglob("*"))}
    wrong = {
        name: stat.filemode(path.stat().st_mode)
        for name, path in written.items()
        if (mode := meant(stated, name, path.is_dir())) and path.stat().st_mode & 0o777 != mode
    }
    assert wrong == {}
    for room in (
        "data/archive/junan.aside",
        "data/archive/junan.taken.json",
        "data/rows/junan/2021-W43/total.xlsx",
        "data/sheets/junan/2021-W43",
        "data/caller.key",
        "outputs/junan/.failed/2021-W42.ipynb",
        "outputs/junan/.work",
        "outputs/junan/2021-W43/bulletin.docx",
    ):
        assert room in written
    unstated = [
        name
        for name, path in written.items()
        if name.startswith("data/") and not meant(stated, name, path.is_dir())
    ]
    assert [name for name in unstated if not name.startswith("data/exports/")] == []


MAILED = """
delivery: {server: 127.0.0.1, port: 9, security: none, sender: a@example.com, readers: [b@example.com]}
"""


def handbook() -> list[tuple[str, str, str]]:
    """The handbook's table: place, mode of folders, mode of files."""
    text = (material.PROJECT / "docs/operator.zh.md").read_text("utf-8").partition("\n## 权限\n")[2]
    lines = re.findall(r"^\| (`.+?) \| (\d*) ?\| ?(\d*) \|$", text, re.M)
    return [
        (place.replace("<中心>", "junan"), folders, files)
        for places, folders, files in lines
        for place in re.findall(r"`([^`]+)`", places.partition("：")[0])
    ]


def meant(stated: list[tuple[str, str, str]], name: str, is_folder: bool) -> int | None:
    """The mode that the handbook states for a path; None where it says that it is the user's."""
    for place, folders, files in stated:
        inside = f"{name}/".startswith(place) if place.endswith("/") else name == place
        if inside and (place != "outputs/junan/" or name == "outputs/junan"):
            mode = folders if is_folder else files
            return int(mode, 8) if mode else None
    return None


def test_who_shares_an_archive_shares_what_is_in_it_already(tmp_path):
    """--shared is said once, for all of it."""
    path = write(tmp_path / "in" / "工单_20211105.csv", table([row(1)]))
    take(tmp_path, path)
    take(tmp_path, path, shared=True)
    assert {
        stat.filemode(each.stat().st_mode)[7:9]
        for each in (tmp_path / "archive", *(tmp_path / "archive/junan").rglob("*"))
    } == {"r-"}


def test_what_a_file_name_carries_reaches_no_terminal_and_no_report(tmp_path):
    """ESC, BEL, a line break and somebody's number in a file's name: none in what the command says or keeps."""
    place = material.workspace(tmp_path / "w", issues=True)
    name = "工单\x1b[31m\x07\n13000000003.xlsx"
    write(place / name, table([row(1), row(2, 受理时间="昨天")]))
    said = hotline(place, "import", "--center", "junan", name) + hotline(place, "status", "--center", "junan")
    (place / f"坏{name}").write_bytes(b"PK\x03\x04")
    said += hotline(place, "import", "--center", "junan", f"坏{name}", code=1)
    marks = ("\x1b[31m", "\x07\n", "13000000003")
    assert [mark for mark in marks if mark in said + everything_in(place / "data")] == []
    assert "\x1b" not in said


BAD = "a\n错误：假\x1b[31m\x07\u202e"


@pytest.mark.parametrize(
    "words",
    [
        ["import", BAD],
        ["import", f"{BAD}*13000000003"],
        ["import", "--archive", BAD, "a.csv"],
        ["import", "--covers", BAD],
        ["render", BAD],
        ["render", "2021-W43", "--to", BAD],
        ["render", "2021-W43", "--import", BAD],
        ["status", "--center", BAD],
        ["rows", BAD],
        ["new", BAD, "--from", BAD],
        ["init", "."],
        ["init", BAD],
        ["sample", BAD],
        [BAD],
        ["render", f"--{BAD}"],
    ],
)
def test_what_a_word_of_the_command_line_carries_reaches_no_terminal(tmp_path, words):
    """A name that the shell has put in for a * may hold anything: it stays in its line, and is none of ours."""
    home = tmp_path / "w"
    shutil.copytree(material.PROJECT / "params/junan", home / "params/junan")
    (home / "outputs").mkdir()
    ran = run(home, *words)
    said = ran.stdout + ran.stderr
    assert "Traceback" not in said
    assert "程序出错" not in said
    assert [sign for sign in ("\x1b", "\x07", "\u202e", "\n错误：假", "13000000003") if sign in said] == []


def test_a_control_character_in_a_profile_is_named(tmp_path):
    """By its code point and place; it is never printed."""
    place = material.workspace(tmp_path / "w", issues=True)
    profile = place / "params/junan/center.yml"
    lines = profile.read_text("utf-8").splitlines()
    lines = ['subject: "热线\\x1b[31m"' if line.startswith("subject:") else line for line in lines]
    profile.write_text("\n".join(lines), "utf-8")
    said = hotline(place, "status", "--center", "junan", code=1)
    assert "subject：第 3 个字符是控制字符 U+001B" in said
