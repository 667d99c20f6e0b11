"""Profiles and parameters: what an analyst may get wrong is answered in Chinese with the file and the key."""

import shutil
from pathlib import Path

import pytest

from hotline import profiles
from hotline.paramfiles import CenterError

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace of its own with junan's profile."""
    shutil.copytree(PROJECT / "params" / "junan", tmp_path / "params" / "junan")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_unknown_center_says_where_it_looked_and_which_there_are(workspace):
    """An unknown center names the file looked for and the known centers."""
    with pytest.raises(CenterError, match=r"params/nowhere/center\.yml.*junan"):
        profiles.load("nowhere")


@pytest.mark.parametrize("name", ["../junan", "a/b", "", ".", "/etc"])
def test_a_center_name_never_leaves_params(workspace, name):
    """A path in a center's name is refused."""
    with pytest.raises(CenterError, match="不能用"):
        profiles.load(name)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("title: 热线周报", "titel: 热线周报", "titel：没有这个键"),
        ("name: 莒南县12345政务服务热线受理中心\n", "", "name：缺少这个键"),
        ("channels: [", "channels: 市级热线 #[", "channels：应是列表"),
        ("requested_at:", "requestedat:", "columns.*"),
        ("satisfied: [", "limits: {topics: 很多}\nsatisfied: [", "limits.topics：应是整数"),
        ("  十字路街道办事处: 十字路街道", "  a: [b", "不是可用的 YAML"),
        ("name: 莒南县", "name: !!python/object/apply:os.system [ls] #", "不是可用的 YAML"),
        ("[市场监管局,", "[大店镇, 市场监管局,", "“大店镇”在 towns 和 departments 中各出现一次"),
    ],
)
def test_a_profile_that_cannot_be_used_names_the_file_and_the_key(workspace, old, new, named):
    """Unknown key, missing key, wrong type, bad YAML, YAML that builds objects, a unit listed twice."""
    edit(workspace / "params" / "junan" / "center.yml", old, new)
    with pytest.raises(CenterError, match=f"params/junan/center.yml.*{named}"):
        profiles.load("junan")


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("issue: 43", "isue: 43", "isue：没有这个键"),
        ("issue: 43", "issue: 四十三", "issue：应是整数"),
        ("published: 2021-11-05", "published: 明天", "published：应是日期"),
        ("center: junan", "center: baltimore", "按文件的位置应为“junan”"),
        ("period: 2021-W43", "period: 2021-W42", "按文件的位置应为“2021-W43”"),
    ],
)
def test_parameters_that_cannot_be_used_name_the_file_and_the_key(workspace, old, new, named):
    """An unknown key or a wrong type in an issue's parameters never renders another issue instead."""
    edit(workspace / "params" / "junan" / "2021-W43.yml", old, new)
    profile = profiles.load("junan")
    with pytest.raises(CenterError, match=f"params/junan/2021-W43.yml.*{named}"):
        profiles.parameters("junan", profile.period("2021-W43"))


def test_an_issue_without_a_parameters_file_takes_the_defaults(workspace):
    """The defaults render without it."""
    given = profiles.parameters("junan", profiles.load("junan").period("2021-W42"))
    assert (given.center, given.period, given.issue, given.published) == ("junan", "2021-W42", None, None)


def test_a_named_article_that_is_missing_says_what_was_looked_for(workspace):
    """A missing article names the file; no article at all is no error."""
    week = profiles.load("junan").period("2021-W41")
    assert profiles.article("junan", week, None) is None
    with pytest.raises(CenterError, match=r"params/junan/没有\.md"):
        profiles.article("junan", week, "没有.md")


@pytest.mark.parametrize("name", ["../baltimore/center.yml", "/etc/passwd", "../../secret.md"])
def test_an_article_stays_in_its_centers_folder(workspace, name):
    """A path that leaves the workspace is refused, whether it exists or not."""
    with pytest.raises(CenterError, match="不在"):
        profiles.article("junan", profiles.load("junan").period("2021-W43"), name)


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "params").glob("*/center.yml")), ids=lambda path: path.parent.name
)
def test_every_profile_of_the_project_is_valid(path):
    """The profiles that come with the project can be used as they are."""
    assert profiles.load(path.parent.name).name


def test_the_workspace_is_found_from_the_notebooks_folder(tmp_path, monkeypatch):
    """JupyterLab's working directory is notebooks/, papermill's the project, cron's anything."""
    monkeypatch.delenv("HOTLINE_HOME", raising=False)
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert profiles.workspace() == tmp_path
    monkeypatch.chdir("/")
    assert profiles.workspace() == PROJECT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_what_an_editor_saves_is_read_whatever_its_encoding(workspace, encoding):
    """An article, a profile and an issue's parameters, saved by Notepad of a Chinese Windows too."""
    folder, week = workspace / "params/junan", profiles.load("junan").period("2021-W43")
    article = profiles.article("junan", week, None)
    before = profiles.load("junan"), profiles.parameters("junan", week)
    for path in folder.iterdir():
        path.write_text(path.read_text("utf-8"), encoding, newline="\r\n")
    assert profiles.article("junan", week, None) == article
    assert (profiles.load("junan"), profiles.parameters("junan", week)) == before


def test_what_is_no_text_is_refused_by_name(workspace):
    """A Word document called .md."""
    (workspace / "params/junan/2021-W43.md").write_bytes(b"PK\3\4" + bytes(range(256)))
    with pytest.raises(CenterError, match=r"params/junan/2021-W43\.md：不是文字.*UTF-8"):
        profiles.article("junan", profiles.load("junan").period("2021-W43"), None)


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x00", "\x0c", "\x85", "\u2028", "\u202e", "\u061c"])
def test_a_control_character_of_an_article_is_named_by_its_code_point_and_place(workspace, char):
    """So that an editor finds what no editor shows."""
    (workspace / "params/junan/2021-W43.md").write_text(f"# 题目\n\n正文{char}在此。", "utf-8")
    with pytest.raises(
        CenterError, match=f"2021-W43.md：第 3 行第 3 个字符是控制字符 U\\+{ord(char):04X}，请删去"
    ):
        profiles.article("junan", profiles.load("junan").period("2021-W43"), None)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("subject: 热线\x1b[31m", "第 1 行第 12 个字符是控制字符 U\\+001B"),
        ('subject: "热线\\e[31m"', "subject：第 3 个字符是控制字符 U\\+001B"),
        ('report_to: [甲, "乙\\x07"]', "report_to：第 2 个字符是控制字符 U\\+0007"),
        ('subject: "热线\\n错误：假的"', "subject：第 3 个字符是控制字符 U\\+000A"),
        ('"sub\\eject": 热线', "最外层的键：第 4 个字符是控制字符 U\\+001B"),
        ('limits: {"top\\nics": 5}', "limits的键：第 4 个字符是控制字符 U\\+000A"),
    ],
)
def test_a_control_character_of_a_profile_is_named_by_its_code_point_and_place(workspace, line, named):
    """As it stands in the file, or as YAML writes it; in a value or in a key; a line break too, which could feign a message."""
    path = workspace / "params/junan/center.yml"
    lines = [
        each
        for each in path.read_text("utf-8").splitlines()
        if each.partition(":")[0] != line.partition(":")[0]
    ]
    path.write_text("\n".join([line, *lines]), "utf-8")
    with pytest.raises(CenterError, match=f"params/junan/center.yml：{named}"):
        profiles.load("junan")


def test_a_header_may_be_broken_into_lines(workspace):
    """As spreadsheets do; it is the same header."""
    edit(workspace / "params/junan/center.yml", "request_id: [", 'request_id: ["工单\\n编号", ')
    assert profiles.load("junan").columns["request_id"][0] == "工单 编号"


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        "? " * 100_000,
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "name: &a [*a]",
        "name: !!int x",
        "name: !!timestamp x",
        f"name: {'9' * 5_000}",
    ],
)
def test_yaml_that_no_memory_or_stack_holds_is_refused(workspace, content):
    """libyaml's composer recurses, aliases multiply, and a tag's constructor raises what it likes."""
    (workspace / "params/junan/center.yml").write_text(content, "utf-8")
    with pytest.raises(CenterError, match=r"params/junan/center\.yml：不是可用的 YAML"):
        profiles.load("junan")


def test_a_key_that_stands_twice_is_refused_with_both_lines(workspace):
    """YAML takes the last of them and says nothing; in a profile as in an issue's parameters, however deep."""
    path = workspace / "params/junan/center.yml"
    with path.open("a", encoding="utf-8") as profile:
        profile.write("\ntitle: 另一个\n")
    lines = path.read_text("utf-8").splitlines()
    first, last = (number for number, line in enumerate(lines, 1) if line.startswith("title:"))
    with pytest.raises(CenterError, match=f"center.yml：“title”在第 {first} 行和第 {last} 行各写了一次"):
        profiles.load("junan")
    path.write_text("name: 甲\nexport:\n  max_rows: 1\n  max_rows: 2\n", "utf-8")
    with pytest.raises(CenterError, match="“max_rows”在第 3 行和第 4 行"):
        profiles.load("junan")
