"""Two issues side by side: which figures differ, and which words, apart from the figures in them."""

import pytest
from commands import hotline
from hypothesis import given
from hypothesis import strategies as st
from test_corrections import late_request

from hotline.publishing import compare

PARAGRAPHS = st.lists(
    st.tuples(st.just("节"), st.sampled_from("甲乙丙丁"), st.sampled_from("甲乙丙丁")).map(
        lambda each: (each[0], each[1], each[1])
    ),
    max_size=8,
).map(tuple)


@given(PARAGRAPHS, PARAGRAPHS)
def test_every_paragraph_that_the_other_lacks_is_shown(here, there):
    """Once, in its order; and nothing where both say the same."""
    one, other = compare.Side({}, here), compare.Side({}, there)
    pairs = compare.changed_paragraphs(one, other)
    assert not compare.changed_paragraphs(one, one)
    for side, own, others in ((1, here, there), (2, there, here)):
        shown = [pair[side] for pair in pairs if pair[side] != compare.GONE]
        texts, left = [each[1] for each in own], [each[1] for each in others]
        assert {*texts} - {*left} <= {*shown}
        assert all(text in texts for text in shown)


@pytest.fixture
def two(workspace):
    """Issue 43, corrected by a late request; and the week before."""
    late_request(workspace)
    hotline(workspace, "render", "2021-W42:2021-W43", "--to", "html", "--allow-incomplete")
    return workspace


def test_two_versions_and_two_periods_stand_side_by_side(two):
    """Label, both values, how a count moved; sentences only where the words differ."""
    said = hotline(two, "diff", "2021-W43@0", "2021-W43@1", "--center", "junan")
    assert "junan 2021-W43@0 与 2021-W43@1：" in said
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "受理总量 1909 1910 增加0.05%" in lines
    assert "大店镇办结量 67 68 增加1.49%" in lines
    assert not [line for line in lines if line.startswith("十字路街道承办量")]
    assert "文字：0 处不同。" in lines

    said = hotline(two, "diff", "2021-W42", "2021-W43", "--center", "junan")
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "受理总量 1626 1910 增加17.47%" in lines
    assert any("热点问题" in line for line in lines)

    same = hotline(two, "diff", "2021-W43", "2021-W43", "--center", "junan")
    assert "0 个不同" in same
    assert "文字：0 处不同。" in same
    missing = hotline(two, "diff", "2021-W43", "2021-W40", "--center", "junan", code=1)
    assert "2021-W40 还没有生成" in missing
