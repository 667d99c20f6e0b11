"""What `hotline new` recognises in the exports of platforms it has never seen: tests/platforms.py has their header rows."""

import csv
import json
import shutil
from pathlib import Path

import material
import platforms
import pytest
import yaml
from commands import hotline
from exports import JUNAN, example, rows, table, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.center import Center
from hotline.intake.files import FileError
from hotline.newcenter import draft
from hotline.newcenter.profile import profile_text
from hotline.profiles import TO_FILL, to_fill
from hotline.sample import files as sample

NAMES = {"name", "office", "report_to", "send_to"}
"""What no export can tell."""


def drafted(path) -> tuple[str, dict]:
    text = profile_text(draft.drafted([path]))
    return text, yaml.safe_load(text)


@pytest.fixture(scope="module")
def drafts(tmp_path_factory) -> dict[str, tuple[str, dict]]:
    """Platform → the profile drafted from its export, as text and as read."""
    folder = tmp_path_factory.mktemp("platforms")
    return {platform: drafted(platforms.write(folder, platform)) for platform in platforms.PLATFORMS}


@pytest.mark.parametrize("platform", platforms.PLATFORMS)
def test_a_platform_s_columns_are_recognised(drafts, platform):
    """Each column is its own header, none is another's, but for one at most; only names are left to fill in."""
    text, profile = drafts[platform]
    expected, columns = platforms.expected(platform), profile["columns"]
    wrong = {name for name in expected | columns if expected.get(name) != columns.get(name)}
    assert len(wrong) <= 1, {name: columns.get(name) for name in wrong}
    assert set(to_fill(profile)) == NAMES
    assert "测试" not in text
    assert "1300000" not in text


def test_of_all_platforms_hardly_a_column_is_wrong(drafts):
    """At least 15 platforms; of all their columns 98 in a hundred are right."""
    right = total = 0
    for platform, (_, profile) in drafts.items():
        expected, columns = platforms.expected(platform), profile["columns"]
        total += len(expected | columns)
        right += sum(columns.get(name) == header for name, header in expected.items())
    assert len(platforms.PLATFORMS) >= 15
    assert right >= 0.98 * total


def test_the_exports_of_the_tests_and_examples_are_recognised(tmp_path):
    """The sample's, the import tests' and Baltimore's own: every column is the one of the profile that a person wrote."""
    paths = {
        "junan": sample.write(tmp_path)[-1],
        "exports": write(tmp_path / "a.csv", table(rows(60))),
        "baltimore": Path(__file__).parent / "data" / "baltimore_slice.csv",
    }
    for name, path in paths.items():
        profile = example("baltimore") if name == "baltimore" else JUNAN
        columns = drafted(path)[1]["columns"]
        assert columns.keys() == {column for column in profile.columns if column != "caller"}, name
        assert all(set(headers) <= set(profile.columns[column]) for column, headers in columns.items()), name


def test_a_drafted_profile_renders_after_filling_in_names_alone(tmp_path):
    """From the header rows of three platforms to their first issue, by the commands: every request of the week is counted."""
    home = material.workspace(tmp_path / "home", issues=True)
    shutil.rmtree(home / "params" / "junan")
    for key, platform in (("liuyan", "领导留言板"), ("boston", "Boston"), ("chicago", "Chicago")):
        path = platforms.write(tmp_path, platform)
        hotline(home, "new", key, "--from", path)
        profile = home / "params" / key / "center.yml"
        profile.write_text(profile.read_text(encoding="utf-8").replace(TO_FILL, "测试"), encoding="utf-8")
        hotline(home, "import", path, "--center", key)
        hotline(home, "render", "2021-W42", "--center", key, "--to", "html")
        issued = json.loads(
            (home / "outputs" / key / "2021-W42" / "figures.json").read_text(encoding="utf-8")
        )
        assert issued["figures"]["total"] == 7 * platforms.DAILY


def test_units_that_stand_together_in_half_of_the_cells_are_told_apart(tmp_path):
    """Combinations do not recur, their units do: the column is recognised, parted, and reported with counts."""
    text, profile = drafted(platforms.write(tmp_path, "接诉即办"))
    units = [unit for group in profile["unit_groups"].values() for unit in group["units"]]
    assert sorted(units) == sorted(platforms.UNITS.split())
    (line,) = [line for line in text.splitlines() if line.startswith("  unit:")]
    together = sum(
        "、" in row.split(",")[6]
        for row in (tmp_path / "接诉即办_20211101.csv").read_text(encoding="utf-8").splitlines()
    )
    assert together > platforms.DAILY * platforms.DAYS / 2
    assert f"10 种；{together} 行有几个单位，已分开（“、” {together} 行）" in line


@pytest.mark.parametrize("sign", ["|", "＋", " ", "\n"])
def test_an_unusual_separator_is_detected_and_one_inside_names_is_not(tmp_path, sign):
    """A sign whose parts stand alone elsewhere parts units; the comma of “甲局,乙股” never stands between units."""
    cells = ["教育局", "公安局", f"教育局{sign}公安局", "水利局,供水股"] * 20
    lines = [[f"GD{n:05d}", f"2021-10-{10 + n % 20} 08:00:00", cell] for n, cell in enumerate(cells)]
    _, profile = drafted(write(tmp_path / "a.xlsx", [["工单编号", "受理时间", "承办单位"], *lines]))
    assert sorted(profile["unit_groups"]["departments"]["units"]) == ["公安局", "教育局", "水利局,供水股"]
    assert "," not in profile["export"]["unit_separators"]
    assert sign in profile["export"]["unit_separators"]
    Center.model_validate({**profile, "key": "a"})


def test_yes_and_no_are_ratings_too(tmp_path):
    """是否满意: 是 is satisfied, 否 is not, beside the usual words; what is neither is left to a person."""
    header = ["工单编号", "受理时间", "回访时间", "是否满意"]
    said = ["是", "否", "未评价"]
    lines = [
        [f"GD{n:05d}", f"2021-10-{10 + n % 20}", f"2021-11-{10 + n % 20}", said[n % 3]] for n in range(60)
    ]
    text, profile = drafted(write(tmp_path / "a.csv", [header, *lines]))
    assert profile["satisfied"] == ["是"]
    assert profile["unsatisfied"][-1] == "否"
    assert "不满意" in profile["unsatisfied"]
    assert "未评价 20" in text
    Center.model_validate({**profile, "key": "a"})


def units_of(tmp_path, names: list[str]) -> dict[str, list[str]]:
    lines = [[f"GD{n:05d}", f"2021-10-{10 + n % 20} 08:00:00", names[n % len(names)]] for n in range(100)]
    _, profile = drafted(write(tmp_path / "a.csv", [["工单编号", "受理时间", "承办单位"], *lines]))
    return {key: sorted(group["units"]) for key, group in profile["unit_groups"].items()}


def test_a_county_s_units_are_towns_and_departments(tmp_path):
    """Its development zone stands among its towns; a residential area and a supermarket are no counties."""
    assert units_of(
        tmp_path,
        ["甲街办", "乙街办事处", "丙镇", "丁乡", "戊镇人民政府", "经济开发区", "教育局", "己小区", "庚超市"],
    ) == {
        "towns": sorted(["甲街办", "乙街办事处", "丙镇", "丁乡", "戊镇人民政府", "经济开发区"]),
        "departments": sorted(["教育局", "己小区", "庚超市"]),
    }


def test_a_prefecture_s_units_are_counties_and_departments(tmp_path):
    """区, 县 and 市 are a group of their own."""
    assert units_of(
        tmp_path, ["甲区", "乙县", "丙市", "丁县人民政府", "高新区管委会", "市公安局", "市教育局"]
    ) == {
        "counties": sorted(["甲区", "乙县", "丙市", "丁县人民政府", "高新区管委会"]),
        "departments": ["市公安局", "市教育局"],
    }


def test_headers_not_taken_are_listed_whole_to_be_copied(tmp_path):
    """Each on a line of its own, as YAML wants it, with how many different values it has; none of the values."""
    long = "诉求人反映问题所涉及的小区或村居的名称：没有就写所在的路名"
    lines = [[f"GD{n:05d}", f"2021-10-{10 + n % 20} 08:00:00", f"机密{n % 7}", "机密"] for n in range(60)]
    text, _ = drafted(write(tmp_path / "a.csv", [["工单编号", "受理时间", long, "yes"], *lines]))
    assert f"  #   {long}  # 7 种" in text
    assert "  #   'yes'  # 1 种" in text
    assert "机密" not in text


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_file_without_a_header_row_is_said_to_be_one(tmp_path, suffix):
    """The first row is a request, though its words are headers elsewhere; the message says so, and shows nothing of it."""
    lines = [[f"GD{n:05d}", f"2021-10-{10 + n % 20} 08:00:00", "来源", "大类", "测试甲"] for n in range(60)]
    with pytest.raises(FileError, match="没有表头，第一行就是数据") as error:
        draft.drafted([write(tmp_path / f"a{suffix}", lines)])
    assert "测试甲" not in str(error.value)


def test_a_row_that_has_shifted_in_a_workbook_gives_the_profile_nothing(tmp_path):
    """A workbook's rows are all of one width: what tells a shifted one is that a cell is no value of its column."""
    header = ["工单编号", "受理时间", "诉求类别", "承办单位", "办结时间", "诉求人"]
    lines = [
        [f"GD{n:05d}", "2021-10-25 08:00:00", "求助", "大店镇", "2021-10-26 08:00:00", "测试甲"]
        for n in range(30)
    ]
    shifted = [
        ["GD90000", "2021-10-25 08:00:00", "机密甲", "机密乙", "大店镇", "2021-10-26 08:00:00"],
        ["2021-10-25 08:00:00", "机密丙", "求助", "机密丁", "", ""],
    ]
    text, _ = drafted(write(tmp_path / "a.xlsx", [header, *lines, *shifted]))
    assert "大店镇" in text
    assert "机密" not in text


def test_columns_of_two_date_formats_are_left_to_a_person_and_the_names_are_counted(tmp_path):
    """A date alone beside a date with its hour: no one format reads both, and no row is lost to the draft for it."""
    lines = [
        [f"GD{n:05d}", f"10/{13 + n % 9}/2021 10:00", f"10/{20 + n % 9}/2021", "教育局"] for n in range(60)
    ]
    header = ["工单编号", "受理时间", "办结时间", "承办单位"]
    _, profile = drafted(write(tmp_path / "a.csv", [header, *lines]))
    assert profile["export"]["date_format"] == TO_FILL
    assert profile["unit_groups"]["departments"]["units"] == ["教育局"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(platforms.PLATFORMS)), st.data())
def test_whatever_a_stray_comma_moves_enters_no_profile(tmp_path, platform, data):
    """A row with a cell too many, anywhere in any platform's export: of what it holds not a word is in the draft."""
    path = platforms.write(tmp_path, platform)
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    at = data.draw(st.integers(1, len(lines) - 1), "row")
    place = data.draw(st.integers(0, len(lines[at])), "place")
    odd = [*lines[at][:place], "机密街道", *lines[at][place:]]
    lines[at] = [f"机密{cell}" if cell.startswith(("测试", "第")) else cell for cell in odd]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    text, profile = drafted(path)
    assert "机密" not in text
    assert "测试" not in text
    assert profile["columns"]
