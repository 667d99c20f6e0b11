"""Fuzzing of what reads what people write: every reader, the template language, the profile loader.

`make test` tries the same few of each and all that was ever found; `make fuzz` others, by the ten thousand.
"""

import random
import re
import zipfile
from datetime import datetime
from pathlib import Path

import fuzzing
import pytest
from conftest import PROJECT, examples
from exports import HEADERS, JUNAN, row, rows, table, write_book
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from test_intake_fuzz import KINDS, mutant, mutated, sound
from test_sentences import KINDS as BY_KIND
from test_sentences import spoken

from hotline import profiles
from hotline.center import Center
from hotline.intake import headers, reading
from hotline.intake.grids import FileError
from hotline.intake.readers import Reader
from hotline.intake.values import Vocabulary
from hotline.paramfiles import CenterError
from hotline.templates import SentenceError, typed_number
from hotline.workspace import printable

ANY = {"suppress_health_check": list(HealthCheck)}
NOW = datetime(2021, 11, 5, 9)

# ---- files ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader():
    with Reader(JUNAN.export) as reader:
        yield reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def read(reader: Reader, path: Path) -> None:
    """A file is refused by its name, or its rows are there, each once, and each is used or set aside with a reason."""
    refused = None
    with fuzzing.kept("files", path.read_bytes(), path.suffix):
        try:
            for grid in reader.grids(path):
                header = headers.find(grid.head, JUNAN)
                if not grid.head:  # nothing but a byte-order mark: nobody asks for what is below its header
                    continue
                width = max(map(len, grid.head), default=0)
                body = grid.body(header.last if header else 1, [0, width - 1] if width else [0], 10_000)
                assert {len(column) for column in body.columns} <= {len(body.rows)}
                assert len(set(body.rows)) == len(body.rows)
                if header and header.is_export:
                    account, usable = reading.read(grid, header, Vocabulary(JUNAN), NOW)
                    assert account.read == len(usable) + len({aside.row for aside in account.rows_aside})
        except FileError as error:
            refused = str(error)
        assert refused is None or (path.name in refused and len(refused) < 2_000)


@pytest.mark.parametrize("path", fuzzing.found("files"), ids=lambda path: path.name)
def test_what_a_reader_stumbled_over_it_reads_or_refuses(reader, path):
    """The files that were found."""
    read(reader, path)


@examples(60, **ANY)
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**48))
def test_a_mutated_file_is_read_or_refused(reader, folder, kind, seed):
    """Of every format, its wrapping or a part inside it."""
    read(reader, mutant(kind, sound()[kind], random.Random(seed), folder))


FIELD = st.sampled_from([
    *HEADERS, *map(str, row(1).values()), "", " ", "甲", "1e5", "-1", "=1+1", "\0", "\ufeff", "\u3000", "2021-13-45", "24:00", "9" * 40,
]) | st.text(max_size=8)  # fmt: skip
SIGN = st.sampled_from(
    [",", ",", ",", ";", "\t", "\n", "\n", "\r\n", "\r", '"', '""', '","', "\n\n", "sep=;\n"]
)
ENCODING = st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
HEAD = st.sampled_from(
    ["", ",".join(HEADERS) + "\n", ";".join(HEADERS) + "\r\n", "工单明细\n" + "\t".join(HEADERS) + "\n"]
)


@examples(60, **ANY)
@given(HEAD, st.lists(st.tuples(FIELD, SIGN).map("".join), max_size=60).map("".join), ENCODING)
def test_any_text_with_separators_and_quotes_is_read_or_refused(reader, folder, head, text, encoding):
    """Quotes that nothing closes, rows of any width, every line end, in every encoding."""
    path = folder / "工单.csv"
    path.write_bytes((head + text).encode(encoding, "surrogatepass" if encoding != "gb18030" else "replace"))
    read(reader, path)


XML = st.sampled_from([
    "<row>", '<row r="2">', '<row r="3" spans="1:2">', "</row>", "<row/>", "<c><v>1</v></c>", '<c r="A2" t="s"><v>0</v></c>',
    '<c r="B2" t="s"><v>99999</v></c>', '<c r="C3" t="inlineStr"><is><t>大店镇</t></is></c>', '<c r="A3" t="b"><v>1</v></c>',
    '<c r="A3" t="e"><v>#REF!</v></c>', '<c r="A3" t="d"><v>2021-10-25T08:00:00</v></c>', '<c r="ZZ4" s="7"><v>-1e300</v></c>',
    '<c r="B4" s="1"><v>44494.5</v></c>', '<c r="B4" s="1"><v>nan</v></c>', '<c r="1B"><v>1</v></c>', '<c r=""><v/></c>', "<c/>",
    '<c r="A5"><f>1+1</f></c>', '<mergeCell ref="A1:C1"/>', "<t>", "</t>", "&amp;", "&#0;", "&#x110000;", "<![CDATA[x]]>", "<!-- -->",
])  # fmt: skip


@examples(60, **ANY)
@given(
    st.lists(XML, max_size=40).map("".join), st.sampled_from(["sheetData", "sst", "styleSheet", "workbook"])
)
def test_any_part_of_a_workbook_is_read_or_refused(reader, folder, content, part):
    """Rows, cells, shared texts, styles and sheets that say what no spreadsheet writes."""
    names = {
        "sheetData": "xl/worksheets/sheet1.xml",
        "sst": "xl/sharedStrings.xml",
        "styleSheet": "xl/styles.xml",
        "workbook": "xl/workbook.xml",
    }
    path = folder / "工单.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts().items():
            if name == names[part]:
                at = data.rindex(f"</{part}>".encode())
                data = data[:at] + content.encode() + data[at:]
            book.writestr(name, data)
    read(reader, path)


def parts(cache: dict[str, bytes] = {}) -> dict[str, bytes]:  # noqa: B006 (made once)
    if not cache:
        import tempfile

        path = write_book(Path(tempfile.mkdtemp()) / "工单.xlsx", {"工单": table(rows(3))})
        with zipfile.ZipFile(path) as book:
            cache |= {info.filename: book.read(info) for info in book.infolist()}
    return cache


# ---- the template language --------------------------------------------------------------------------------------

PIECE = st.sampled_from([
    "{", "}", "[", "]", "{total}", "{ total }", "{kind}", "{count}", "{share}", "{change}", "{year_change}", "{subject}", "{nope}", "{n}",
    "[，占{share}]", "[{year_change}]", "12", "１", "²", "百分之", "五", "两", "十", "个", "件", "，", "。", "*", "_", "\\", "`", "<b>", "|", "\n",
    "# ", "{{", "}}", "%", "{kinds.求助.count}", "{total.x}", "{0}", "{}", "!r}", "{total!r}", "{total:>9}", "{__class__}",
]) | st.text(max_size=4)  # fmt: skip


SAY = spoken()


def say(template: str, by_kind: bool, separator: str) -> None:
    """It is refused with a reason, or says no number but the figures that it names."""
    with fuzzing.kept(
        "templates", f"{by_kind:d}\0{separator}\0{template}".encode("utf-8", "surrogatepass"), ".txt"
    ):
        try:
            said = SAY(template, BY_KIND if by_kind else None, separator, n=None)
        except SentenceError:
            return
        if said is None:
            return
        rest, at = "", 0
        for span in said.spans:
            assert at <= span.start < span.end
            rest, at = rest + said.markdown[at : span.start] + "\ue000", span.end
        rest += said.markdown[at:]
        assert typed_number(rest.replace("12345政务服务热线", "\ue000")) is None


@pytest.mark.parametrize("path", fuzzing.found("templates"), ids=lambda path: path.name)
def test_a_template_that_was_misread_is_said_or_refused(path):
    """The templates that were found."""
    by_kind, separator, template = path.read_bytes().decode("utf-8", "surrogatepass").split("\0", 2)
    say(template, by_kind == "1", separator)


@examples(400, **ANY)
@given(st.lists(PIECE, max_size=12).map("".join), st.booleans(), st.sampled_from(["，", "；", "\n\n", ""]))
def test_any_template_is_said_or_refused(template, by_kind, separator):
    """Whatever brackets and names it has, no typed number comes through."""
    say(template, by_kind, separator)


# ---- the profile loader -----------------------------------------------------------------------------------------

PROFILE = (PROJECT / "params/junan/center.yml").read_text(encoding="utf-8").splitlines()
VALUE = st.sampled_from([
    "", "~", "''", "[]", "{}", "[[]]", "{a: {b: [1]}}", "0", "-1", "1e999", ".nan", "0x", "1:20:30", "2021-02-30", "!!int x", "!!float x",
    "!!timestamp x", "!!binary x", "!!set {a}", "&a [*a]", "*b", "&b b", "<<: 1", "!!python/name:os.system", "yes", "null", "'\\e[31m'",
    '"\\e[31m"', '"\\x07"', '"\\n错误：甲"', '"\\u202e"', '"\\ud800"', "|\n  甲\n  乙", ">\n  甲", "甲: 乙", "@", "%", "`", "s3://a:b@c/d", "[a, a]",
    "? [a]\n: b", "9" * 5000, "待填",
]) | st.text(max_size=12)  # fmt: skip
KEY = st.sampled_from(
    [
        *Center.model_fields,
        *(f"  {name}" for name in Center.model_fields),
        "  units",
        "  - ",
        "- ",
        "? ",
        '"\\e"',
        "1",
        "~",
    ]
)
EDIT = st.one_of(
    st.tuples(st.just("value"), st.integers(0, 200), VALUE),
    st.tuples(st.just("line"), st.integers(0, 200), st.tuples(KEY, VALUE).map(": ".join)),
    st.tuples(st.just("gone"), st.integers(0, 200), st.just("")),
    st.tuples(st.just("indent"), st.integers(0, 200), st.sampled_from([" ", "  ", "\t", "- "])),
)


def edited(edits: list[tuple[str, int, str]]) -> str:
    lines = list(PROFILE)
    for how, at, text in edits:
        at %= len(lines) or 1
        match how:
            case "value":
                lines[at] = re.sub(r"(:\s*|-\s+|^).*$", lambda found: found[1] + text, lines[at], count=1)  # noqa: B023
            case "line":
                lines.insert(at, text)
            case "gone":
                del lines[at : at + 1]
            case "indent":
                lines[at] = text + lines[at]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "params/junan").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOTLINE_HOME", str(home))
        yield home


def load(home: Path, content: bytes) -> None:
    """It is a profile that can be asked everything, or is refused by its file's name in a message for any terminal."""
    with fuzzing.kept("profiles", content, ".yml"):
        (home / "params/junan/center.yml").write_bytes(content)
        refused = None
        for draft in (False, True):
            try:
                center = profiles.load("junan", draft)
            except CenterError as error:
                refused = str(error)
                continue
            assert Center.model_validate(center.model_dump()) == center
            Vocabulary(center), center.group_of, center.known, center.location(), center.period("2021-W43")
            headers.find(table(rows(1)), center)
        assert refused is None or "params/junan/center.yml" in refused
        assert refused is None or (printable(refused) == refused and len(refused) < 20_000)


@pytest.mark.parametrize("path", fuzzing.found("profiles"), ids=lambda path: path.name)
def test_a_profile_that_was_misread_is_loaded_or_refused(home, path):
    """The profiles that were found."""
    load(home, path.read_bytes())


@examples(80, **ANY)
@given(st.lists(EDIT, min_size=1, max_size=4))
def test_any_edit_of_a_profile_is_loaded_or_refused(home, edits):
    """Lines gone, indented, put in, and values of every kind that YAML has."""
    load(home, edited(edits).encode("utf-8", "surrogatepass"))


@examples(80, **ANY)
@given(st.integers(0, 2**48))
def test_a_damaged_profile_is_loaded_or_refused(home, seed):
    """Bytes cut, swapped, repeated and put in."""
    load(home, mutated("\n".join(PROFILE).encode(), random.Random(seed)))
