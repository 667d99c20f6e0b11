"""承办单位比较: fair for the mix of topics, exact, and rarely wrong about units that are alike."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from conftest import examples
from hypothesis import given
from hypothesis import strategies as st
from rows import DEMO
from scipy.stats import false_discovery_control

from hotline import measures
from hotline.measures.chance import discoveries, mid_p

EASY, HARD = "咨询", "违建"


def due(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    """Handlings judged: of each unit and topic, so many due and so many of them on time."""
    lines = [
        (unit, topic, "求助", "on_time" if n < on_time else "overdue")
        for unit, topic, size, on_time in rows
        for n in range(size)
    ]
    return pd.DataFrame(lines, columns=["unit", "topic", "kind", "outcome"]).astype("str")


def test_what_is_expected_is_the_centers_rate_on_the_units_own_mix():
    """大店镇 has the hard cases: expected 10·(5/10) + 5·(19/20), which prints as 65.00%; its own rate is no worse."""
    judged = due(("大店镇", HARD, 10, 5), ("大店镇", EASY, 5, 5), ("团林镇", EASY, 15, 14))
    compared = measures.comparison(judged, DEMO).set_index("unit")
    assert compared.loc[
        "大店镇", ["due", "on_time", "on_time_rate", "expected", "expected_rate"]
    ].to_list() == [
        15,
        10,
        "66.67%",
        9.75,
        "65.00%",
    ]
    assert list(compared["band"]) == ["相当", "相当"]
    assert compared["expected"].sum() == compared["on_time"].sum()


def test_a_unit_far_from_its_mix_is_set_apart():
    """优于 above, 低于 below; those in between 相当. A unit that alone has a topic is compared with nobody."""
    judged = due(
        ("大店镇", EASY, 40, 40), ("团林镇", EASY, 40, 12), ("坪上镇", EASY, 40, 27), ("住建局", HARD, 40, 0)
    )
    compared = measures.comparison(judged, DEMO).set_index("unit")
    assert compared["band"].to_dict() == {
        "大店镇": "优于",
        "团林镇": "低于",
        "坪上镇": "相当",
        "住建局": "相当",
    }
    assert compared.loc["住建局", "p"] == 1


def test_nothing_due_compares_nobody():
    """An empty cohort, and one of nothing but slips of the platform, is an empty frame with its columns."""
    for judged in (due(), due(("大店镇", EASY, 1, 1)).assign(outcome="due_before_receipt")):
        compared = measures.comparison(judged, DEMO)
        assert compared.empty
        assert list(compared.columns)[-2:] == ["p", "band"]


@pytest.mark.parametrize("hits", range(5))
def test_the_mid_p_is_that_of_all_draws_written_out(hits):
    """2 of 5 (3 good) and 2 of 4 (1 good): every way to draw them is equally likely; half of those alike count."""
    first = [sum(drawn) for drawn in combinations([1, 1, 1, 0, 0], 2)]
    second = [sum(drawn) for drawn in combinations([1, 0, 0, 0], 2)]
    sums = [a + b for a, b in product(first, second)]
    if hits > max(sums):
        return
    alike = sums.count(hits) / 2
    sides = [sum(s < hits for s in sums) + alike, sum(s > hits for s in sums) + alike]
    p = mid_p(hits, np.array([2, 2]), np.array([3, 1]), np.array([5, 4]))
    assert p == pytest.approx(min(1, 2 * min(sides) / len(sums)))


def test_benjamini_and_hochberg_s_own_example():
    """Fifteen p-values of their paper of 1995 at 0.05: the four smallest are discoveries."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
         0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]  # fmt: skip
    order = np.random.default_rng(1).permutation(15)
    assert sorted(np.array(p)[order][discoveries(np.array(p)[order], 0.05)]) == p[:4]
    assert not discoveries(np.array([]), 0.1).any()


def test_discoveries_are_those_of_each_family():
    """Two rows are two families; what is missing is no test, so that it does not make the others harder to stand out."""
    alone = np.array([0.04, 0.9, 0.01])
    assert list(discoveries(alone, 0.1)) == [True, False, True]
    apart = discoveries(np.array([[0.04, 0.9, 0.01, np.nan], [0.04, 0.9, 0.5, 0.6]]), 0.1)
    assert apart.tolist() == [[True, False, True, False], [False] * 4]


@examples(50)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_discoveries_are_scipys(p):
    """The adjusted p-values of scipy.stats.false_discovery_control, at most the rate."""
    expected = false_discovery_control(p) <= 0.2
    near = np.isclose(false_discovery_control(p), 0.2)
    assert ((discoveries(np.array(p), 0.2) == expected) | near).all()


@pytest.mark.slow
def test_units_that_are_alike_are_rarely_set_apart():
    """Sixty units, the same chances in each topic, mixes of their own: at most a tenth of the issues band any."""
    random = np.random.default_rng(43)
    units = DEMO.group_of
    sizes = np.sort(random.lognormal(2.5, 1, len(units)).astype(int) + 1)
    banded, issues = 0, 120
    for _ in range(issues):
        unit = np.repeat(list(units), sizes)
        topic = random.integers(0, 12, len(unit))
        on_time = random.random(len(unit)) < np.linspace(0.6, 0.98, 12)[topic]
        judged = pd.DataFrame({"unit": unit, "topic": topic.astype("str"), "kind": "求助"})
        judged["outcome"] = np.where(on_time, "on_time", "overdue")
        banded += (measures.comparison(judged, DEMO)["band"] != "相当").any()
    assert banded <= issues / 10
