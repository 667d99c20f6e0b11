"""Absent data are absent: what no export says is printed nowhere, through the real commands, in every format."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup
from commands import hotline


class Made:
    """An issue that was made: its figures, and the texts of its copies without white space."""

    def __init__(self, home: Path, said: str, period: str = "2021-W43"):
        folder = home / "outputs/junan" / period
        self.said = said
        self.figures = json.loads((folder / "figures.json").read_bytes())["figures"]
        self.source = (folder / "bulletin.html").read_text(encoding="utf-8")
        self.text = BeautifulSoup(self.source, "html.parser").body.get_text()
        self.html = "".join(self.text.split())
        pages = pypdfium2.PdfDocument(folder / "bulletin.pdf")
        self.pdf = "".join("".join(page.get_textpage().get_text_bounded() for page in pages).split())
        self.charts = "".join(re.findall(r"<svg.*?</svg>", self.source, re.DOTALL))
        self.both = self.html + self.pdf


@pytest.fixture
def make(workspace):
    """Make W43 of the sample with the profile changed, and with the exports changed where `change` does so to each."""

    def made(profile: dict | None = None, without=(), change=None, period="2021-W43", more=()) -> Made:
        for given in (workspace / "params/junan").glob("2021-W43.*"):
            given.unlink()  # the editor's article speaks of everything
        shutil.rmtree(workspace / "outputs")
        path = workspace / "params/junan/center.yml"
        content = yaml.safe_load(path.read_text(encoding="utf-8")) | (profile or {})
        content["columns"] = {
            name: heads for name, heads in content["columns"].items() if name not in without
        }
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        if change:
            shutil.rmtree(workspace / "data/archive")
            files = sorted((workspace / "data/exports").glob("*.xlsx"))
            for file in files:
                change(pd.read_excel(file, dtype=str, keep_default_na=False)).to_csv(
                    file.with_suffix(".csv"), index=False
                )
            changed = [file.with_suffix(".csv") for file in files]
            hotline(workspace, "import", *changed, "--covers", "2021-10-18:2021-11-04")
        return Made(workspace, hotline(workspace, "render", period, *more), period)

    return made


def emptied(*headers: str):
    return lambda rows: rows.assign(**dict.fromkeys(headers, ""))


@pytest.mark.parametrize("how", ["not mapped", "empty"])
def test_without_closings_nothing_is_said_of_closings(make, how):
    """No 办结率, no 办结量, no dark beginnings of bars; null in figures.json; the analyst is told where the column is empty."""
    made = (
        make(without=["closed_at"])
        if how == "not mapped"
        else make(change=emptied("办结时间", "办理完成时间"))
    )
    assert "办结" not in made.both.replace("办结果", "")
    assert "已办结" not in made.charts
    for name in ("closed", "closure_rate", "previous_closure_rate"):
        assert made.figures[name] is None
    units = [unit for group in made.figures["units"].values() for unit in group]
    assert {unit["closed"] for unit in units} == {None}
    assert sum(unit["handled"] for unit in units) == made.figures["handlings"] == 2150
    assert ("注意：2021-W43 的数据里没有办结时间" in made.said) == (how == "empty")


@pytest.mark.parametrize("how", ["not mapped", "empty"])
def test_without_visits_nothing_is_said_of_visits(make, how):
    """No columns of “-”, no remark about 回访, no chart of satisfaction."""
    columns = ["visited_at", "service_rating", "result_rating"]
    headers = ("回访时间", "服务过程评价", "回访服务过程", "办理结果评价", "回访办理结果")
    made = make(without=columns) if how == "not mapped" else make(change=emptied(*headers))
    assert "回访" not in made.both
    assert "满意率" not in made.both
    units = [unit for group in made.figures["units"].values() for unit in group]
    assert {unit["service"] for unit in units} == {unit["result"] for unit in units} == {None}
    assert "备注：数据截止10月31日24:00。" in made.pdf


def test_one_question_of_visits_leaves_the_other_column_out(make):
    """A center that asks for the result alone prints that rate alone."""
    made = make(without=["service_rating"])
    assert "回访办理结果满意率" in made.pdf
    assert "回访服务过程满意率" not in made.both


def test_without_units_closings_count_by_request(make):
    """办结率 is of requests; no 区域分布, no annex, no 附件 list, no 承办工单."""
    made = make(without=["unit"])
    closed = made.figures["closed"]
    assert made.figures["handlings"] is None
    assert 0 < closed < made.figures["total"] == 1909
    assert made.figures["closure_rate"] == f"{closed * 100 / 1909:.2f}%"
    assert made.figures["closure_rate"] in made.html
    for word in ("区域分布", "附件", "承办工单", "承办量"):
        assert word not in made.both
    assert "（二）热点问题" in made.pdf


def test_a_share_of_the_first_units_never_passes_a_hundred(make):
    """Of requests it may, where many go to several units: it is left out; of handlings, the profile's choice, it is printed."""
    several = {
        "unit_groups": {"all": {"name": "单位", "title": "单位热线办理情况", "noun": "单位", "units": []}}
    }

    def widely(rows: pd.DataFrame) -> pd.DataFrame:
        header = "承办单位" if "承办单位" in rows else "承办部门"
        return rows.assign(**{header: "大店镇、团林镇"}).drop_duplicates(rows.columns[0])

    several["unit_groups"]["all"]["units"] = ["大店镇", "团林镇"]
    of_requests = make(several, change=widely)
    assert of_requests.figures["top_units"]["all"] == {
        "units": ["大店镇", "团林镇"],
        "count": 3818,
        "share": None,
    }
    assert "承办量排名前两位的单位分别是大店镇、团林镇。" in of_requests.html


def test_the_first_units_share_of_handlings_is_the_profile_s_choice(make):
    """The sentence, the method note and the check follow."""
    made = make({"units_share_of": "handlings"})
    top = made.figures["top_units"]["towns"]
    assert top["share"] == f"{top['count'] * 100 / 2150:.2f}%"
    assert f"占承办总量的{top['share']}" in made.pdf
    assert "占比以承办总量为分母" in made.html


def test_method_notes_follow_the_limits(make):
    """一成，最多四个 are the profile's limits, in words."""
    made = make({"limits": {"subtopic_share": 15, "subtopics": 2, "kind_share": 5}})
    assert "至少占所属一级分类的百分之十五，最多两个，最少一个" in made.html
    assert "不足百分之五的类别不写占比" in made.html


def test_the_annexes_print_the_columns_that_the_profile_chooses(make):
    """In its order, with the visits behind a rate; one that no export has data for is left out."""
    chosen = ["handled", "closure_rate", "result", "result_rated", "solved_rate"]
    made = make({"annex_columns": chosen})
    assert "序号承办部门承办量办结率回访办理结果满意率办理结果有效评价" in made.html
    assert "解决率" not in made.both
    assert "满意率的“-”为市级平台本周未对该镇街进行回访；其余各率的“-”为没有可计的件数。" in made.html
    unit = next(unit for unit in made.figures["units"]["towns"] if unit["handled"] >= 10)
    assert unit["closure_rate"] == f"{unit['closed'] * 100 / unit['handled']:.2f}%"


def test_a_unit_that_was_only_visited_is_in_its_annex(make):
    """Its visit of the period is on a request of the week before: nothing handed on to it, but a rate (rule 7)."""

    def only_before(rows: pd.DataFrame) -> pd.DataFrame:
        received = next(name for name in ("受理时间", "来电时间") if name in rows)
        unit = next(name for name in ("承办单位", "承办部门") if name in rows)
        week = rows[received].str[:10] >= "2021-10-25"
        return rows.assign(**{unit: rows[unit].mask(week & rows[unit].str.contains("大店镇"), "团林镇")})

    made = make(change=only_before)
    unit = next(unit for unit in made.figures["units"]["towns"] if unit["unit"] == "大店镇")
    assert unit["handled"] == 0
    assert unit["result"] != "-"
    assert f"大店镇00{unit['service']}{unit['result']}" in made.html


def test_an_incomplete_week_draws_no_day_that_is_not_whole(make):
    """A day that is not covered is no bar and no zero: the chart says 数据不全, in its description too; no trend."""
    made = make(period="2021-W44", more=("--allow-incomplete",))
    assert made.charts.count(">数据不全<") == 2  # in the page-wide drawing, and in the narrow one
    assert "11-05 数据不全、11-06 数据不全、11-07 数据不全" in re.sub(r"\s+", " ", made.source)
    assert "近" not in made.charts


DIGITS = {"大店镇": "110指挥中心", "市级热线": "12345", "求助": "Mobile/Open311", "居民生活": "5G网络"}


def test_names_with_digits_block_nothing_and_stand_apart_from_their_numbers(make):
    """A channel called 12345, a kind Mobile/Open311, a topic 5G网络, a unit 110指挥中心."""
    made = make(
        {"channels": ["12345"], "kinds": ["Mobile/Open311"], "unit_groups": {}, "aliases": {}},
        change=lambda rows: rows.replace(DIGITS),
    )
    channels, kinds = made.figures["channels"], made.figures["kinds"]
    assert f"12345 {channels['12345']}件" in made.text
    assert f"Mobile/Open311类{kinds['Mobile/Open311']['count']}件" in made.text
    assert f"5G网络问题{made.figures['topics']['5G网络']['count']}件" in made.text
