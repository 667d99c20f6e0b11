"""The optional sections through the real notebook: a week of rows that can be counted by hand, and what is not printed."""

import ast
import json
import re
import shutil
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from conftest import PROJECT
from rows import handlings

from hotline import periods, profiles
from hotline.archive import Archive
from hotline.printing import document
from hotline.publishing import issue

SECTIONS = (
    "highlights",
    "movement",
    "norm",
    "warning",
    "persistent",
    "direct",
    "timeliness",
    "satisfaction",
    "comparison",
)
TOWN, BUREAU, HEAT = "城关街道", "市城管局", "供热集团"
BEFORE = [
    # A date without a time is due at 24:00 of its day: Sunday's at the week's first instant, which is not in it.
    {"request_id": "P1", "requested_at": "10-19 09:00", "unit": TOWN, "topic": "城市管理", "due_at": "10-24"},
    {"request_id": "P2", "requested_at": "10-20 09:00", "unit": BUREAU, "topic": "城市管理", "due_at": "10-26 12:00",
     "closed_at": "10-26 12:00"},
    {"request_id": "P3", "requested_at": "10-20 10:00", "unit": HEAT, "topic": "公用事业", "due_at": "10-27 12:00",
     "closed_at": "10-28 08:00", "visited_at": "10-29 10:00", "service_rating": "满意", "result_rating": "不满意",
     "solved": False, "returned_at": "10-30 09:00", "returned": 1},
    {"request_id": "P4", "requested_at": "10-21 11:00", "unit": HEAT, "topic": "公用事业", "due_at": "10-31",
     "closed_at": "11-01"},
    {"request_id": "P5", "requested_at": "10-21 12:00", "unit": BUREAU, "topic": "城市管理", "due_at": "10-25 08:00",
     "extended_due_at": "11-03 08:00"},
]  # fmt: skip
NOW = [
    {"request_id": "N1", "requested_at": "10-25 08:00", "topic": "公用事业", "closed_at": "10-25 08:10"},
    {"request_id": "N2", "requested_at": "10-26 09:00", "unit": TOWN, "topic": "公用事业", "due_at": "10-30 09:00",
     "closed_at": "10-29 10:00", "responded_at": "10-26 10:00", "respond_due_at": "10-27 09:00",
     "visited_at": "10-30 10:00", "service_rating": "非常满意", "result_rating": "满意", "solved": True},
    {"request_id": "N3", "requested_at": "10-27 09:00", "unit": TOWN, "topic": "公用事业", "due_at": "11-03 09:00",
     "closed_at": "10-28 09:00", "repeat_of": "N1", "visited_at": "10-31 10:00", "service_rating": "未接通",
     "result_rating": "未接通"},
    {"request_id": "N3", "requested_at": "10-27 09:00", "unit": BUREAU, "topic": "公用事业", "due_at": "11-03 09:00",
     "repeat_of": "N1", "responded_at": "10-29 10:00", "respond_due_at": "10-28 09:00"},
    {"request_id": "N4", "requested_at": "10-28 09:00", "unit": HEAT, "topic": "公用事业", "due_at": "10-27 09:00"},
    {"request_id": "N5", "requested_at": "10-29 09:00", "unit": HEAT, "topic": "公用事业"},
    {"request_id": "N6", "requested_at": "10-30 09:00", "unit": HEAT, "topic": "公用事业", "due_at": "11-04 09:00"},
]  # fmt: skip


class Desk:
    """A workspace of the demo center, and the issues made of rows in it."""

    def __init__(self, home: Path):
        self.home = home
        shutil.copytree(PROJECT / "examples/demo", home / "params/demo")
        (home / "notebooks").mkdir()
        shutil.copy(PROJECT / "notebooks/bulletin.ipynb", home / "notebooks")

    def fill(self, frame: pd.DataFrame, first: str = "2021-10-11", last: str = "2021-10-31") -> None:
        frame = frame.assign(channel="热线电话", source="hand", source_row=range(len(frame)))
        frame["exported_at"] = pd.Timestamp(f"{last} 23:59")
        frame["kind"] = frame["kind"].fillna("求助")
        Archive(self.home / "data/archive", "demo").upsert(frame, {"coverage": [[first, last]]})

    def profile(self, old: str, new: str) -> None:
        path = self.home / "params/demo/center.yml"
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new), encoding="utf-8")

    def issue(self, period: str = "2021-W43") -> tuple[dict, str]:
        """The figures of an issue, and all that is printed of it, a line a block."""
        issue.render("demo", periods.parse(period), formats=[])
        folder = self.home / "outputs/demo" / period
        nb = nbformat.read(folder / "bulletin.ipynb", as_version=4)
        text = "\n".join(block.markdown for block in document.printed(nb))
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))["figures"]
        return figures, re.sub(r"\\([^\w\s])", r"\1", text)


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Desk:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    return Desk(tmp_path / "home")


@pytest.fixture(scope="module")
def week(tmp_path_factory) -> tuple[dict, str]:
    """The figures and the text of the week counted by hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(home := tmp_path_factory.mktemp("sections") / "home"))
        desk = Desk(home)
        desk.fill(handlings(*BEFORE, *NOW))
        return desk.issue()


def test_due_in_the_week_whenever_received(week):
    """P2 and N2 in time, P3 late, P4 not closed by the cut-off; P1 and P5 were not due, N4's limit is a slip, N5 has none."""
    figures, text = week
    counts = {name: figures["timeliness"][name] for name in ("due", "on_time", "closed_late", "overdue")}
    assert counts == {"due": 4, "on_time": 2, "closed_late": 1, "overdue": 1}
    assert (figures["timeliness"]["no_due"], figures["timeliness"]["due_before_receipt"]) == (1, 1)
    assert (
        "本周应办结4件，按时办结2件，按时办结率2/4；超期办结1件，超期未办结1件，较多的是供热集团1件。" in text
    )
    assert figures["overdue"] == {HEAT: {"overdue": 1}}


def test_annexes_say_what_fell_due(week):
    """供热集团: P3 late and P4 open of two, one visit; 城关街道: N2 of one; the bureau's P2 of one."""
    figures, _ = week
    rows = {row["unit"]: row for group in figures["units"].values() for row in group}
    wanted = ("due", "on_time_rate", "overdue", "visits")
    assert {unit: [rows[unit][name] for name in wanted] for unit in rows} == {
        HEAT: [2, "0/2", 1, 1],
        TOWN: [1, "1/1", 0, 2],
        BUREAU: [1, "1/1", 0, 0],
    }


def test_what_is_open_by_age(week):
    """P1, P4, P5, N3 of the bureau, N4, N5, N6; of them P1 and P4 are past due (P4's due moment is the cut-off itself)."""
    figures, text = week
    assert (figures["open"]["count"], figures["open"]["past_due"]) == (7, 2)
    ages = {age: each["count"] for age, each in figures["open"]["ages"].items() if each["count"]}
    assert ages == {"三日以内": 2, "四至七日": 2, "八至十五日": 3}
    assert "数据截止时在办7件，其中已超期2件；已等待的时间：三日以内2件、四至七日2件、八至十五日3件。" in text


def test_in_house_and_handed_on(week):
    """N1 has no unit; of the five handed on N2 alone is closed by both, N3 is not."""
    figures, text = week
    assert figures["ways"] == {
        "直办": {"count": 1, "share": "16.67%", "requests_closed": 1},
        "转办": {"count": 5, "share": "83.33%", "requests_closed": 1},
    }
    assert "直办1件，占16.67%，截止时办结1件；转办5件，占83.33%，截止时办结1件。" in text
    assert "转办的承办单位：镇街2件、市直部门1件、公共服务企业3件。" in text


def test_responses_answers_returns_and_repeats(week):
    """One contact of two in time; one of two solved; both services and one of two results satisfied; one not reached."""
    figures, text = week
    assert {name: each["rate"] for name, each in figures["rates"].items()} == {
        "响应率": "1/2",
        "解决率": "1/2",
        "服务过程满意率": "2/2",
        "办理结果满意率": "1/2",
    }
    assert "本周回访3件，其中未接通1件，不计入满意率的评价0件。" in text
    assert "退回重办1件，重办率1/6。" in text
    assert "重复诉求1件，重复率1/6。" in text


def test_what_moved_the_total(week):
    """Five requests before, six now: 公用事业 +4, 城市管理 −3."""
    figures, text = week
    assert {topic: each["difference"] for topic, each in figures["moved"]["topics"].items()} == {
        "公用事业": 4,
        "城市管理": -3,
    }
    assert "本周受理量较上周增加1件，主要来自公用事业（增加4件）。" in text


def test_too_little_history_is_said_and_a_quiet_comparison(week):
    """Two weeks judge nothing: no norm, no signal; four handlings set no unit apart; nothing stays at the top."""
    figures, text = week
    assert "预警至少需要26周的历史，现有1周，本期不判。" in text
    assert figures["warning"]["count"] == 0
    assert "norm" not in figures or not figures["norm"]
    assert "常年同期（" not in text
    assert "没有按时办结低于预期的单位" in text
    assert "近六周没有高发问题" in text


def test_highlights_are_sentences_of_the_sections_below(week):
    """Under the masthead, each word for word as in its section; overdue stands before what moved."""
    _, text = week
    top, body = text.split("【每周纵览】", 1)
    points = re.findall(r"^- (.+)$", top, re.M)
    assert [point[:5] for point in points] == ["本周应办结", "本周受理量"]
    assert all(point in body for point in points)


def test_a_section_without_data_is_not_printed_whatever_the_profile_says(desk):
    """Nothing mapped but ids, times and topics: no 时效, 三率, 比较, 直办; what remains is printed."""
    rows = [
        {name: value for name, value in row.items() if name in ("request_id", "requested_at", "topic")}
        for row in (*BEFORE, *NOW)
    ]
    desk.fill(handlings(*rows).drop_duplicates("request_id"))
    path = desk.home / "params/demo/center.yml"
    kept = ("request_id", "requested_at", "channel", "kind", "topic", "subtopic")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    mapped = re.compile(r"  ([a-z]+_?[a-z]*_?[a-z]*): [^\[]")
    lines = [
        line
        for line in lines
        if not (match := mapped.match(line)) or match[1] in kept or match[1] in ("name", "title", "noun")
    ]
    path.write_text("".join(lines), encoding="utf-8")
    assert set(profiles.load("demo").columns) == set(kept)
    figures, text = desk.issue()
    assert figures["total"] == 6
    for word in (
        "直办",
        "办理时效",
        "在办",
        "响应",
        "回访",
        "重办",
        "重复",
        "承办单位比较",
        "高发",
        "办理情况",
    ):
        assert word not in text, word
    assert "变动来源" in text


def test_nothing_to_report_is_said(desk):
    """Limits far away, nothing open, nobody visited: each section that has columns says so."""
    rows = [
        {
            "request_id": str(n),
            "requested_at": f"10-{day} 09:00",
            "unit": TOWN,
            "topic": "城市管理",
            "due_at": "12-24 09:00",
            "closed_at": f"10-{day} 12:00",
            "visited_at": visited,
        }
        for n, (day, visited) in enumerate([(19, "10-21 09:00"), (20, None), (26, None), (27, None)])
    ]
    desk.fill(handlings(*rows))
    figures, text = desk.issue()
    assert "本周没有期限届满的承办工单。" in text
    assert "数据截止时没有在办的承办工单。" in text
    assert "本周没有回访。" in text
    assert "本周受理量较上周持平。" in text
    assert "本周总体平稳，没有需要提请关注的情况。" in text
    assert figures["moved"]["requests"] == 0


def test_the_word_follows_the_number(desk):
    """With the weeks exchanged the total falls: 减少, from the topic that fell."""
    moved = [
        {**row, "requested_at": pd.Timestamp(f"2021-{row['requested_at']}") + pd.Timedelta(days=days)}
        for rows, days in ((BEFORE, 7), (NOW, -7))
        for row in rows
    ]
    desk.fill(
        handlings(
            *[
                {
                    "request_id": row["request_id"],
                    "requested_at": row["requested_at"],
                    "topic": row["topic"],
                    "unit": row.get("unit"),
                }
                for row in moved
            ]
        )
    )
    _, text = desk.issue()
    assert "本周受理量较上周减少1件，主要来自公用事业（减少4件）。" in text


def test_a_center_that_lists_no_optional_section_prints_and_records_none(desk):
    """The seed's sections: no heading, no figure of another."""
    desk.fill(handlings(*BEFORE, *NOW))
    path = desk.home / "params/demo/center.yml"
    content = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^sections: \[.*?\]\n", "", content, flags=re.M | re.S), encoding="utf-8")
    figures, text = desk.issue()
    assert not {"timeliness", "ways", "rates", "warning", "norm", "moved", "comparison", "persistent"} & set(
        figures
    )
    assert "变动来源" not in text
    assert "本期要点" not in text


def test_no_section_uses_a_name_of_another_optional_one():
    """What a section's cells read is defined in the same section or in cells that are always run."""
    nb = nbformat.read(PROJECT / "notebooks/bulletin.ipynb", as_version=4)
    stored, read = {}, {}
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("section:")]
        names = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)]
        for section in tags or [""]:
            mine = stored.setdefault(section, set())
            loaded = {node.id for node in names if isinstance(node.ctx, ast.Load)}
            here = {node.id for node in names if isinstance(node.ctx, ast.Store)}
            read.setdefault(section, set()).update(loaded - mine - here)
            mine |= here
    assert {f"section:{name}" for name in SECTIONS} <= set(read)
    for section, names in read.items():
        elsewhere = set().union(*(mine for other, mine in stored.items() if other not in ("", section)))
        assert not names & (elsewhere - stored[""]), section


def test_every_optional_section_is_in_the_notebook_and_the_demo_prints_all():
    """The demo's profile lists every section that there is."""
    nb = nbformat.read(PROJECT / "notebooks/bulletin.ipynb", as_version=4)
    tags = {
        tag.removeprefix("section:")
        for cell in nb.cells
        for tag in cell.metadata.get("tags", [])
        if ":" in tag
    }
    assert set(SECTIONS) <= tags
    text = (PROJECT / "examples/demo/center.yml").read_text(encoding="utf-8")
    listed = re.search(r"^sections: \[(.*?)\]", text, re.M | re.S)[1]
    assert {name.strip() for name in listed.split(",")} == tags


def test_nothing_is_called_significant():
    """显著 is a test's word: comparison and warning say what theirs are in their own words, so no sentence has it."""
    sources = [PROJECT / "notebooks/bulletin.ipynb", *(PROJECT / "hotline").rglob("*.py")]
    assert [path for path in sources if "显著" in path.read_text(encoding="utf-8")] == []
