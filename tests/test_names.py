"""Names that do not meet: a typing error in the profile, or in the data, is said, and no unit is counted under two names."""

import json
from pathlib import Path

import material
import pytest
from commands import hotline


@pytest.fixture
def home(tmp_path) -> Path:
    """A workspace with the sample's exports, not imported yet."""
    home = material.workspace(tmp_path / "home", issues=True)
    hotline(home, "sample", "data/exports", "--weeks", 2)
    return home


def profile(home: Path, before: str, after: str) -> None:
    path = home / "params/junan/center.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def load(home: Path) -> str:
    return hotline(home, "import", *sorted((home / "data/exports").glob("*.xlsx")))


def units(home: Path) -> list[str]:
    made = json.loads((home / "outputs/junan/2021-W43/figures.json").read_bytes())
    return made["figures"]["top_units"]["towns"]["units"]


def test_a_town_misspelt_in_the_profile_is_refused_until_somebody_says_which_it_is(home):
    """The largest town would leave the 前五位: import warns, render refuses and names the line to write; with it the
    town is back."""
    profile(home, "十字路街道", "十字路街到")
    said = load(home)
    assert "名册里的“十字路街到”一行也没有，数据里却有名册以外的“十字路街道”" in said
    said = hotline(home, "render", "2021-W43", "--to", "html", code=1)
    assert "aliases" in said
    assert "confirmed: [十字路街道]" in said
    assert "名册里的“十字路街到”" in hotline(home, "status", "--center", "junan")
    profile(home, "十字路街到", "十字路街道")
    hotline(home, "render", "2021-W43", "--to", "html")
    assert "十字路街道" in units(home)


def test_what_is_confirmed_is_two_units(home):
    """Then the unknown one stands in the group of units that the profile does not know, and render goes on saying so."""
    profile(home, "十字路街道", "十字路街到")
    path = home / "params/junan/center.yml"
    path.write_text(
        path.read_text(encoding="utf-8") + "\nconfirmed: [十字路街道, 十字路街道办事处]\n", encoding="utf-8"
    )
    load(home)
    hotline(home, "render", "2021-W43", "--to", "html")
    assert "十字路街道" not in units(home)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("求助", "求肋", "诉求类别“求助”"),
        ("市级热线", "市级热钱", "诉求来源“市级热线”"),
        ("[非常满意, 满意, 基本满意]", "[非常满意, 满意，基本满意]", "“基本满意”"),
    ],
)
def test_other_misspelt_names_are_said_by_import_and_render(home, right, wrong, said):
    """With the number of rows and the nearest name; a rating that is in no list is among them."""
    profile(home, right, wrong)
    assert said in load(home)
    assert said in hotline(home, "render", "2021-W43", "--to", "html")


def test_a_misspelt_header_of_the_receipt_is_no_file_of_visits(home):
    """The export describes its requests: the message names the header that is missing and the nearest in the file."""
    profile(home, "受理时间", "受理时问")
    path = next((home / "data/exports").glob("*1105*"))
    said = hotline(home, "import", path, code=1)
    assert "缺少 “受理时问”" in said
    assert "受理时间" in said
    assert not (home / "data/archive/junan").exists()


def test_an_import_that_means_nothing_fails_with_an_example(home):
    """Moments that nobody can read set every row aside: exit 1, an example value, and what to look at."""
    rows = "".join(f"W2021{n:05d},下周二上午\n" for n in range(40))
    (home / "data/工单_20211108.csv").write_text(f"工单编号,受理时间\n{rows}", encoding="utf-8")
    said = hotline(home, "import", "data/工单_20211108.csv", code=1)
    assert "的 40 行里有 40 行不能用" in said
    assert "“下周二上午”" in said
    assert "export.date_format" in said


def test_names_that_no_row_has_are_said_in_a_line_by_import_and_once_by_render(home):
    """By import with their number and the first few, by render once however many issues it makes, from the profile as it
    is by then; status lists them all."""
    profile(home, "[十字路街道, ", "[十字路街道, 甲镇, 乙镇, 丙镇, 丁镇, ")
    profile(home, "kinds: [", "kinds: [求肋, ")
    line = "center.yml 里有、档案最近 3 周一行也没有的名称："
    said = load(home)
    assert (
        f"{line}诉求类别 1 个（求肋），承办单位 4 个（甲镇、乙镇、丙镇……）；hotline status 列出全部" in said
    )
    said = hotline(home, "render", "2021-W42:2021-W43", "--to", "html")
    assert said.count("一行也没有的名称") == 1
    assert "承办单位 4 个" in said
    assert "甲镇、乙镇、丙镇、丁镇" in hotline(home, "status", "--center", "junan")
    profile(home, "求肋, ", "")
    profile(home, "丁镇, ", "")
    path = home / "params/junan/center.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\nconfirmed: [甲镇]\n", encoding="utf-8")
    said = hotline(home, "render", "2021-W43", "--to", "html")
    assert f"junan：{line}承办单位 2 个（乙镇、丙镇）" in said
    assert "一行也没有的名称" not in hotline(home, "render", "2021-W43", "--to", "html"), "nothing was made"
