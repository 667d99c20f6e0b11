"""Figures are declared once: what is recorded with them is checked, and each contradiction is named by its label."""

import copy

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import figurefile, wording
from hotline.figurefile import FiguresError
from hotline.figures import Figures

TOWNS = pd.DataFrame(
    {
        "group": ["towns", "towns"],
        "unit": ["大店镇", "3.5号院"],
        "handled": [5, 3],
        "closed": [4, 0],
        "service_satisfied": [2, 0],
        "service_rated": [3, 0],
        "service": ["66.67%", "-"],
    }
)
KINDS = pd.DataFrame({"kind": ["求助", "建议"], "count": [7, 1], "share": ["87.50%", None]})


def issue() -> Figures:
    """A small issue with a relation of every sort."""
    made = Figures(center="junan", period="2021-W43")
    made.record("total", 8, "受理总量")
    made.record("previous_total", 5, "上期受理总量")
    made.derive("daily_mean", wording.daily_mean, "total", 7, label="日均受理量")
    made.derive("change", wording.change, "total", "previous_total", label="环比变化")
    made.record("direct", 3, "直办件数")
    made.record("handed_on", 5, "转办件数")
    made.adds_up("total", "direct", "handed_on")
    made.table("kinds", KINDS, "{kind}类", adds_up_to="total")
    made.record("handlings", 8, "承办总量")
    values = ["handled", "closed", "service"]
    made.table("units", TOWNS, "{unit}", keys=["group", "unit"], values=values, listed=True)
    made.adds_up("handlings", "units.*.*.handled")
    return made


def test_figures_that_agree_pass():
    """A sound issue is published, and says how many figures were checked."""
    made = issue()
    made.check()
    assert made._repr_mimebundle_()[0]["text/plain"] == f"核对通过：{len(made.declared)} 个数"


def test_figures_json_has_the_shape_of_the_contract():
    """Names of the data are keys; units are a list; what is declared of a figure stays in the notebook."""
    content = issue().content
    assert content["figures"]["change"] == "60.00%"
    assert content["figures"]["kinds"] == {
        "求助": {"count": 7, "share": "87.50%"},
        "建议": {"count": 1, "share": None},
    }
    assert content["figures"]["units"]["towns"][1] == {
        "unit": "3.5号院",
        "handled": 3,
        "closed": 0,
        "service": "-",
    }
    assert '"declared"' not in figurefile.dumps(content)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("kinds", "求助", "count"), 6, r"受理总量 8，不等于各项（kinds\.\*\.count）合计 7"),
        (("kinds", "求助", "share"), "99.99%", r"求助类占比应为 87\.50%"),
        (("direct",), 4, "受理总量 8，不等于各项（direct、handed_on）合计 9"),
        (("units", "towns", 0, "closed"), 6, "大店镇办结量 6 大于大店镇承办量 5"),
        (("units", "towns", 0, "service"), "66.66%", r"大店镇回访服务过程满意率应为 66\.67%"),
        (("units", "towns", 1, "handled"), 4, r"承办总量 8，不等于各项"),
        (("change",), "17.40%", r"环比变化应为 60\.00%"),
        (("change",), None, r"环比变化应为 60\.00%，写的是 空"),
        (("previous_total",), None, "环比变化应为 空"),
        (("daily_mean",), 2, "日均受理量应为 1"),
    ],
)
def test_each_contradiction_is_named_by_its_label(path, value, named):
    """An issue whose parts do not add up, or whose shares do not recompute, is refused with the reason."""
    content = copy.deepcopy(issue().content)
    *parents, last = path
    target = content["figures"]
    for name in parents:
        target = target[name]
    target[last] = value
    with pytest.raises(FiguresError, match=named):
        figurefile.check(content)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=6), st.data())
def test_a_broken_relation_is_always_caught_and_named(parts, data):
    """Random figures with relations pass; with any one of them changed they are refused, by a label of the relation."""
    made, whole = Figures(), sum(parts)
    made.record("total", whole, "总量")
    for number, part in enumerate(parts):
        made.record(f"part{number}", part, f"第{number}部分")
        made.derive(f"share{number}", wording.closure_rate, f"part{number}", "total", label=f"第{number}占比")
    made.adds_up("total", *(f"part{number}" for number in range(len(parts))))
    made.check()
    content = made.content
    broken = data.draw(st.sampled_from(sorted(content["figures"])))
    value = content["figures"][broken]
    content["figures"][broken] = (
        value + data.draw(st.integers(1, 9)) if isinstance(value, int) else f"{value}0"
    )
    with pytest.raises(FiguresError) as refused:
        figurefile.check(content)
    label = made[broken].label
    assert label in str(refused.value) or "总量" in str(refused.value)


def test_a_figure_opens_to_the_rows_that_it_counts():
    """The selection of a table's cell are the rows that have its keys; a derived figure has none."""
    rows = pd.DataFrame({"request_id": ["1", "2", "3"], "kind": ["求助", "求助", None]})
    made = Figures()
    made.record("total", 3, "总量", rows=rows)
    by_kind = pd.DataFrame({"kind": ["求助", wording.NOT_STATED], "count": [2, 1]})
    made.table("kinds", by_kind, "{kind}类", rows=rows)
    assert list(made["kinds.求助.count"].rows()["request_id"]) == ["1", "2"]
    assert list(made[f"kinds.{wording.NOT_STATED}.count"].rows()["request_id"]) == ["3"]
    made.derive("daily_mean", wording.daily_mean, "total", 7, label="日均")
    with pytest.raises(FiguresError, match="不是一个计数"):
        made["daily_mean"].rows()


def test_a_name_with_dots_is_found_whole():
    """Units may be called 3.5号院: the longest match counts, and a name that is not there is answered by the nearest."""
    made = issue()
    assert made["units.towns.3.5号院.handled"].value == 3
    with pytest.raises(FiguresError, match=r"没有“kinds.求肋.count”这个数。最接近的是 kinds.求助.count"):
        made["kinds.求肋.count"]


def test_a_cell_may_be_run_again():
    """Recording a table once more takes the place of the first, rows that are gone included."""
    made = issue()
    made.table("kinds", KINDS.assign(count=[8, 0]).head(1), "{kind}类", whole="total", adds_up_to="total")
    assert list(made.content["figures"]["kinds"]) == ["求助"]
    assert "kinds.建议.count" not in made
    assert list(made.content["figures"]) == list(issue().content["figures"])


def test_the_table_is_shown_with_chinese_headers():
    """What the analyst sees below the cell has the words of the vocabulary."""
    shown = issue().table("kinds", KINDS, "{kind}类")
    assert list(shown.columns) == ["诉求类别", "件数", "占比"]


def test_a_call_of_the_first_release_names_what_replaces_it():
    """A notebook of 0.1.0 fails in the cell, with the new way to write it."""
    with pytest.raises(FiguresError, match=r'figures\.record\("名称", 数, "中文名称"\)'):
        Figures().record(total=8)


def test_an_issue_without_its_total_is_refused():
    """Nothing is published without the figure that the index shows."""
    with pytest.raises(FiguresError, match="缺少 total"):
        figurefile.check(Figures().content)


def test_figures_json_round_trips(tmp_path):
    """What is written is read back equal, and the same figures give the same bytes."""
    path = tmp_path / "figures.json"
    path.write_text(figurefile.dumps(issue().content), encoding="utf-8")
    assert figurefile.load(path)["figures"] == issue().content["figures"]
    assert figurefile.dumps(figurefile.load(path)) == path.read_text(encoding="utf-8")
