"""`hotline new` on exports that hold persons where categories belong: nobody's name, number or door enters the draft."""

import csv
import io
import re

import pytest
from exports import HEADERS, row

from hotline import HotlineError
from hotline.newcenter import draft
from hotline.newcenter.profile import profile_text

NAME, NUMBER, DOOR = "张机密", "13800001234", "机密路1号"
PERSONAL = {
    "诉求人姓名": NAME,
    "联系电话": NUMBER,
    "诉求人地址": DOOR,
    "诉求内容": f"我叫{NAME}，电话{NUMBER}，住{DOOR}",
}
SECRET = re.compile(f"机密|{NUMBER[:7]}|3713271990")
AT = {name: place for place, name in enumerate((*HEADERS, *PERSONAL))}


def each(column: str, value, of=slice(1, None)):
    """Put a value, or one made of the row's number and its own, into a column of some rows."""

    def change(lines: list[list]) -> None:
        for number, line in enumerate(lines[of]):
            given = value(number, line[AT[column]]) if callable(value) else value
            line[AT[column]] = given

    return change


def heading(column: str, text: str):
    return each(column, text, slice(0, 1))


def shifted(lines: list[list]) -> None:
    for line in lines[3:6]:
        line.insert(3, NAME)


def swapped(lines: list[list]) -> None:
    for line in lines[20:24]:
        for one, other in (("承办单位", "诉求人姓名"), ("二级分类", "诉求人地址")):
            line[AT[one]], line[AT[other]] = line[AT[other]], line[AT[one]]


def first(*cells: str):
    return lambda lines: lines.insert(0, [*cells, *[""] * (len(AT) - len(cells))])


def last(*cells: str):
    return lambda lines: lines.append([*cells, *[""] * (len(AT) - len(cells))])


KINDS = {
    "names among units": each("承办单位", lambda n, unit: f"{NAME[:2]}{'甲乙丙丁戊'[n % 5]}" if n < 5 else unit),
    "names with a title": each("承办单位", lambda n, unit: f"机密{n}先生" if n < 9 else unit),
    "a number in a unit": each("承办单位", lambda n, unit: f"{unit}{NUMBER}" if n % 3 else unit),
    "a door among topics": each("一级分类", lambda n, topic: f"{DOOR}2单元" if n % 7 == 0 else topic),
    "numbers for kinds": each("诉求类别", NUMBER),
    "a number in a channel": each("诉求来源", lambda n, channel: f"{channel}{NUMBER}" if n % 5 == 0 else channel),
    "numbers for dates": each("办理期限", NUMBER, slice(1, 9)),
    "numbers for ids": each("工单编号", lambda n, _: f"1380000{1200 + n}"),
    "cards for ids": each("工单编号", lambda n, _: f"3713271990010110{10 + n}"),
    "names for ids": each("工单编号", lambda n, _: f"{NAME}{n}"),
    "a number for a heading": heading("二级分类", NUMBER),
    "a number in a heading": heading("一级分类", f"一级分类{NUMBER}"),
    "a door for a heading": heading("诉求人地址", DOOR),
    "a name in a heading": heading("诉求人姓名", f"诉求人姓名（{NAME}）"),
    "a person's row above": first(NAME, NUMBER, DOOR),
    "a title of a person": first(f"导出人：{NAME} {NUMBER} {DOOR}"),
    "a merged header of a person": first("工单", "", NAME, "", "", "", "", "", "", "", "", "", NUMBER),
    "no header": lambda lines: lines.pop(0),
    "a header of two words": lambda lines: lines.__setitem__(0, ["工单编号", "受理时间"]),
    "a person's row like a header": lambda lines: lines.insert(9, [*HEADERS[:6], NAME, NUMBER, DOOR, *HEADERS[9:], *[""] * 4]),
    "a note below": last("制表", NAME, NUMBER, DOOR),
    "a note in every cell": last(*[f"备注：{NAME}"] * len(AT)),
    "a shift to the right": shifted,
    "columns swapped": swapped,
    "persons alone": lambda lines: [line.__setitem__(slice(None), line[len(HEADERS) :]) for line in lines],
}  # fmt: skip
TEXTS = {
    "quotes": lambda text: text,
    "stray quotes": lambda text: text.replace("市级热线", '"市级热线', 1).replace('居民生活', '居民生活"', 7),
    "no quotes": lambda text: text.replace('"', ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_person_enters_a_draft_or_a_message(tmp_path, kind):
    """Whatever stands where; and with the same rows between stray quotes, and unquoted."""
    lines = [list(AT)]
    for n in range(30):
        personal = {name: text.replace("机密", f"机密{n}") for name, text in PERSONAL.items()}
        lines.append([{**row(n), **personal}[name] for name in AT])
    KINDS[kind](lines)
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    for spoil in TEXTS.values():
        (path := tmp_path / "工单.csv").write_text(spoil(file.getvalue()), "utf-8")
        try:
            said = profile_text(draft.drafted([path]))
        except HotlineError as error:
            said = str(error)
        assert SECRET.findall(said) == [], said
