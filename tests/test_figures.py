"""The checks before anything is published: each contradiction is found and named."""

import copy

import pytest

from hotline import figures
from hotline.figures import FiguresError

GOOD = {
    "center": "junan", "period": "2021-W43", "issue": 43, "starts": "2021-10-25", "ends": "2021-10-31",
    "published": "2021-11-05", "archive_version": 1,
    "figures": {
        "total": 8, "previous_total": 5, "daily_mean": 1, "change": "60.00%",
        "year_before_total": 10, "year_change": "20.00%", "handlings": 6, "previous_handlings": 6,
        "handlings_change": None, "closed": 4, "closure_rate": "66.67%",
        "channels": {"市级热线": 7, "省级热线": 1},
        "kinds": {"求助": {"count": 8, "share": "100.00%"}},
        "top_units": {"towns": {"units": ["大店镇"], "count": 6, "share": "75.00%"}},
        "topics": {"卫生": {"count": 2, "share": "25.00%", "subtopics": []}},
        "topics_total": {"count": 2, "share": "25.00%"},
        "units": {"towns": [{"unit": "大店镇", "handled": 6, "closed": 4, "service": "-", "result": "66.67%"}]},
    },
}  # fmt: skip


def broken(**changes):
    content = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = content["figures"]
        for name in parents:
            target = target[int(name) if isinstance(target, list) else name]
        target[last] = value
    return content


def test_figures_that_agree_pass():
    """A sound issue is published."""
    figures.check(GOOD, ["共受理市民诉求8件，日均1件，较上周增加60.00%。数据截止10月31日24:00"[:30]])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"channels__市级热线": 6}, "诉求来源合计 7 件"),
        ({"kinds__求助__count": 7}, "诉求类别合计 7 件"),
        ({"kinds__求助__share": "99.99%"}, "求助占比应为 100.00%"),
        ({"topics__卫生__count": 3, "topics__卫生__share": "37.50%"}, "热点问题合计应为 3 件"),
        ({"topics_total__share": "25.01%"}, "热点问题占比"),
        ({"top_units__towns__count": 5, "top_units__towns__share": "62.50%"}, "前几位的承办量合计与附件不符"),
        ({"units__towns__0__closed": 7}, "大店镇办结量 7 大于承办量 6"),
        ({"change": "17.40%"}, "环比应为 60.00%"),
        ({"previous_total": None}, "受理环比应为 空"),
        ({"daily_mean": 2}, "日均受理应为 1 件"),
        ({"year_change": "25.00%"}, "受理同比应为 20.00%"),
        ({"handlings_change": "1.00%"}, "承办环比应为 空"),
        ({"closure_rate": "66.66%"}, "办结率应为 66.67%"),
        ({"handlings": 7}, "附件的承办量合计 6 件，不等于承办量 7 件"),
        ({"closed": 3}, "附件的办结量合计 4 件，不等于办结量 3 件"),
    ],
)
def test_each_contradiction_is_named(changes, named):
    """An issue whose parts do not add up, or whose shares do not recompute, is refused with the reason."""
    with pytest.raises(FiguresError, match=named.replace(".", r"\.")):
        figures.check(broken(**changes))


def test_a_number_typed_into_a_sentence_is_found():
    """Every number of the rendered sentences is in figures.json."""
    with pytest.raises(FiguresError, match=r"1909.*不在 figures.json"):
        figures.check(GOOD, ["本周共受理1909件。"])


def test_a_missing_figure_is_named():
    """A notebook that lost a section's record is refused."""
    content = copy.deepcopy(GOOD)
    del content["figures"]["kinds"]
    with pytest.raises(FiguresError, match="kinds"):
        figures.check(content)


def test_comparing_two_issues_lists_what_moved():
    """Units are matched by name, not by rank."""
    after = broken(total=9, units__towns__0__closed=5)
    assert figures.compare(GOOD, after) == [("total", 8, 9), ("units/towns/大店镇/closed", 4, 5)]


def test_figures_json_round_trips(tmp_path):
    """What is written is read back equal, and the same figures give the same bytes."""
    path = tmp_path / "figures.json"
    path.write_text(figures.dumps(GOOD), encoding="utf-8")
    assert figures.load(path) == GOOD
    assert figures.dumps(figures.load(path)) == path.read_text(encoding="utf-8")
