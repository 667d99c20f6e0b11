"""Quotes that nobody meant: a text file with strays gives its rows as they are, or sets rows aside, and nothing else."""

import csv
import io
from datetime import datetime
from pathlib import Path

import pytest
from conftest import examples
from exports import HEADERS, JUNAN, row
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from hotline.intake import headers, reading
from hotline.intake.quotes import Usual, closed
from hotline.intake.readers import Reader
from hotline.intake.values import Vocabulary

CONTENT, NAME = "诉求内容", "诉求人姓名"
COLUMNS = [*HEADERS[:5], CONTENT, *HEADERS[5:], NAME]
NAMES = ("channel", "kind", "topic", "subtopic", "unit")


@pytest.fixture(scope="module")
def reader():
    with Reader(JUNAN.export) as reader:
        yield reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("quotes")


def names(reader: Reader, path: Path) -> tuple[dict[str, tuple], int]:
    """id → its names, of the rows that are used; and how many are set aside. Nothing where the header is not found."""
    (grid,) = reader.grids(path)
    header = headers.find(grid.head, JUNAN)
    if header is None or not header.is_export:
        return {}, 1
    account, usable = reading.read(grid, header, Vocabulary(JUNAN), datetime(2021, 11, 5, 9))
    cells = zip(*(usable[name] for name in NAMES), strict=True)
    bare = [tuple(str(cell).replace('"', "") for cell in row) for row in cells]
    return dict(zip(usable["request_id"], bare, strict=True)), account.set_aside + len(account.absent)


TEXT = st.lists(
    st.sampled_from(["路灯不亮", "他说", '"好"', '""', ",", ", ", "\n", "；", "5", "第1项", "张机密", '"', " "]), max_size=6
).map("".join)  # fmt: skip
SUBTOPIC = st.sampled_from(["路灯", "供热,供水", "供热", "", "“网络问政”"])


@st.composite
def damaged(draw) -> tuple[str, str]:
    """A sound file, and the same with two quotes more."""
    rows = [
        {**row(n, 二级分类=draw(SUBTOPIC)), CONTENT: draw(TEXT), NAME: f"测试机密{n}"}
        for n in range(draw(st.integers(2, 9)))
    ]
    quoting = draw(
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
    )
    sign = draw(st.sampled_from(",,,\t;"))
    file = io.StringIO()
    writer = csv.writer(
        file, delimiter=sign, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))
    )
    trailing = [""] * draw(st.sampled_from([0, 0, 1]))
    writer.writerows([COLUMNS, *([*(str(each[name]) for name in COLUMNS), *trailing] for each in rows)])
    sound = file.getvalue()
    # A stray quote means most where a field begins or ends; two of them are at times in the same row, at times rows apart.
    edges = [at for at, char in enumerate(sound) if char in f'{sign}\n"']
    place = (
        st.integers(0, len(sound)) | st.sampled_from(edges) | st.sampled_from(edges).map(lambda at: at + 1)
    )
    text = sound
    for at in sorted([draw(place), draw(place)], reverse=True):
        text = text[:at] + '"' + text[at:]
    return sound, text


@examples(150, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_two_stray_quotes_give_the_same_rows_or_set_rows_aside(reader, folder, files):
    """Never another value in a column of names, and no row is lost unsaid."""
    found = []
    for text in files:
        (path := folder / "工单.csv").write_bytes(text.encode())
        found.append(names(reader, path))
    (sound, none), (left, aside) = found
    assert none == 0
    assert {key: left[key] for key in left} == {key: sound.get(key) for key in left}
    assert aside or left == sound


NINE = Usual(",", 4, 40, frozenset([b"9"]))
"""Rows of four fields that begin with a number."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            '1,"甲,乙,x\n2,a,b,c\n3,戊",己,z\n',
            '1,"""甲",乙,x\n2,a,b,c\n3,戊",己,z\n',
        ),  # whole rows between strays
        ('1,"甲,"a,b",y\n', '"1,""甲,""a,b"",y"\n'),  # the width is right, the fields are not
        ('1,"甲,乙",x\n', '"1,""甲,乙"",x"\n'),  # two strays, or a comma in a cell and a last cell left away
        ('1,"甲\n,乙,丙\n2,丁",x,y\n', '"1,""甲\n,乙,丙\n2,丁"",x,y"\n'),  # a row begins in the cell
        ('"1",""甲","x",y\n', '"1","""""甲""","x",y\n'),
        ('1,"甲\n,乙,丙\n您好,丁",x,y\n', None),  # no row begins in the cell: its text goes on
        ('1,a,b,"甲\n乙"\n', None),
        ('1,"甲,乙",x,\n', None),
    ],
)
def test_what_the_rows_of_a_file_are_like_tells_strays(text, meant):
    """A field that holds as much as a row does is no field."""
    assert closed(text.encode(), ",", NINE).decode() == (meant or text)
