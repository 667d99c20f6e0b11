"""Weeks, months, quarters, years, and weeks that start on a Friday: one notebook, and the words and figures follow."""

import random
import re
import shutil
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import nbformat
import pandas as pd
import papermill
import pytest
import yaml
from material import fill, workspace

from hotline import figurefile, measures, periods, profiles
from hotline.bulletin import Bulletin
from hotline.sample import files as sample

GRAINS = {"week": "周", "month": "月", "quarter": "季度", "year": "年"}
WEEKS, REQUESTS = 112, 40  # 2019-W37 to 2021-W43: two Septembers, a week 53, one whole year
NAMES = [
    *(str(periods.parse("2021-W43").shift(-back)) for back in range(WEEKS)),
    *(str(month)[:7] for month in pd.period_range("2019-09", "2021-10", freq="M")),
    *[f"{year}-Q{quarter}" for year in (2019, 2020, 2021) for quarter in (1, 2, 3, 4)][2:],
    *("2019", "2020", "2021"),
]
CENTERS = ("junan", "friday")
ENDS = datetime(2021, 11, 1)
"""Where the archives end; a period that is not over then is as of it."""
# The turns of the year, one of each grain, and a dozen others; `make fuzz` does them all.
ISSUES = [
    ("junan", "2020-W53"),
    ("friday", "2021-W01"),
    ("junan", "2021-01"),
    ("friday", "2020-Q4"),
    ("junan", "2020"),
    ("junan", "2019-W37"),
]
OTHERS = [(key, name) for key in CENTERS for name in NAMES if (key, name) not in ISSUES]
random.Random(43).shuffle(OTHERS)
ISSUES += [*OTHERS[:12], *(pytest.param(*other, marks=pytest.mark.deep) for other in OTHERS[12:])]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A workspace with two years of invented requests, for a center whose week starts on Monday and one on Friday."""
    folder = workspace(tmp_path_factory.mktemp("grains"))
    shutil.copytree(folder / "params" / "junan", folder / "params" / "friday")
    profile = folder / "params" / "friday" / "center.yml"
    content = yaml.safe_load(profile.read_text(encoding="utf-8"))
    profile.write_text(
        yaml.safe_dump({**content, "week_starts": "friday"}, allow_unicode=True), encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(folder))
        for key in ("junan", "friday"):
            fill(
                folder,
                truth().drop(columns="exported_at").assign(exported_at=pd.Timestamp(ENDS)),
                key,
            )
        executed.cache_clear()
        yield folder


@cache
def truth() -> pd.DataFrame:
    """Every handling that the archives hold."""
    return sample.handlings(weeks=WEEKS, requests=REQUESTS, center=profiles.load("junan"))


@cache
def executed(home: Path, key: str, name: str) -> tuple[dict, str]:
    """The figures of an issue and its printed text, from the real notebook under papermill."""
    nb = papermill.execute_notebook(
        home / "notebooks" / "bulletin.ipynb",
        None,
        {"center": key, "period": name},
        engine_name="hotline",
        progress_bar=False,
        cwd=home / "notebooks",
    )
    return figurefile.of_notebook(nb), text(nb)


def text(nb: nbformat.NotebookNode) -> str:
    shown = [
        output["data"]["text/markdown"]
        for cell in nb.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/markdown" in output.get("data", {})
    ]
    return re.sub(r"\\(.)", r"\1", "\n".join(shown))


def window(key: str, name: str) -> tuple[datetime, datetime]:
    """[from, to) of a period, worked out without hotline.periods."""
    if "W" in name:
        year, week = map(int, name.split("-W"))
        start = datetime.fromisocalendar(year, week, 1) - timedelta(days=3 if key == "friday" else 0)
        return start, start + timedelta(days=7)
    text = name.replace("-Q", "Q")
    found = pd.Period(text, freq="Q" if "Q" in text else "M" if "-" in text else "Y")
    return found.start_time.to_pydatetime(), (found + 1).start_time.to_pydatetime()


def held(key: str, name: str) -> pd.DataFrame:
    """The handlings of a period: a straightforward count's rows."""
    start, end = window(key, name)
    return truth()[(truth()["requested_at"] >= start) & (truth()["requested_at"] < end)]


def whole(key: str, name: str | None) -> bool:
    """Whether the archive holds each day of a period: from the first request's, 9 September 2019, to the last's."""
    if name is None or held(key, name).empty:
        return False
    start, end = window(key, name)
    return truth()["requested_at"].min().normalize() <= start and end <= ENDS


every_issue = pytest.mark.parametrize(("key", "name"), ISSUES)


@every_issue
def test_figures_equal_a_straightforward_count(home, key, name):
    """Whatever the period, its figures are those of the handlings received in its window, as of its cut-off."""
    rows = held(key, name)
    found, _ = executed(home, key, name)
    found, cutoff = found["figures"], min(window(key, name)[1], ENDS)
    requests = rows.drop_duplicates("request_id")
    assert found["total"] == len(requests)
    assert found["channels"] == requests["channel"].value_counts().to_dict()
    assert {kind: part["count"] for kind, part in found["kinds"].items()} == requests[
        "kind"
    ].value_counts().to_dict()
    largest = requests["topic"].value_counts().head(5)
    assert sorted(topic["count"] for topic in found["topics"].values()) == sorted(largest)
    units = [row for group in found["units"].values() for row in group]
    handled = {row["unit"]: row["handled"] for row in units if row["handled"]}
    assert handled == rows["unit"].value_counts().to_dict()
    closed = rows[rows["closed_at"] < cutoff].groupby("unit").size().to_dict()
    assert {row["unit"]: row["closed"] for row in units if row["closed"]} == closed


@every_issue
def test_words_follow_the_period(home, key, name):
    """较上月, 本季度未, 热线年报, 第10期: never another grain's word."""
    _, said = executed(home, key, name)
    period = profiles.load(key).period(name)
    word, paper = GRAINS[period.grain], f"热线{GRAINS[period.grain][0]}报"
    assert said.startswith(f"# {paper}\n\n第{period.number}期")
    assert f"【每{word}纵览】" in said
    start, end = window(key, name)
    visited = truth()["visited_at"].between(start, end, inclusive="left").any()
    assert (f"为市级平台本{word}未对该镇街进行回访" in said) == visited
    assert set(re.findall(r"较上(季度|[周月年])", said)) <= {word}
    assert set(re.findall(r"本(季度|[周月年])未", said)) == ({word} if visited else set())
    # Read off the calendar, not the package: the annex says up to when it was counted.
    last = end - timedelta(days=1)
    assert (f"数据截止{last.month}月{last.day}日24:00" in said) or not whole(key, name)


@every_issue
def test_comparisons_stand_exactly_where_there_is_something_to_compare_with(home, key, name):
    """环比 where the archive holds the whole period before, 同比 where it holds the year before's; never from a part."""
    found, said = executed(home, key, name)
    period = profiles.load(key).period(name)
    before = str(period.previous) if whole(key, name) else None
    assert (f"较上{GRAINS[period.grain]}" in said) == whole(key, before)
    assert found["figures"]["previous_total"] == (
        held(key, before)["request_id"].nunique() if whole(key, before) else None
    )
    year_before = (
        str(period.year_before) if before and period.year_before and period.grain != "year" else None
    )
    assert ("同比" in said.split("共受理")[1]) == whole(key, year_before)
    expected = held(key, year_before)["request_id"].nunique() if whole(key, year_before) else None
    assert found["figures"]["year_before_total"] == expected


def test_the_months_of_a_year_add_up_to_it(home):
    """Twelve months, four quarters and the year count the same requests, kinds, topics and handlings."""

    def parts(names: list[str]) -> list[dict]:
        return [counted(Bulletin.open("junan", name)) for name in names]

    year, *_ = parts(["2020"])
    for names_of in ([f"2020-{month:02d}" for month in range(1, 13)], [f"2020-Q{n}" for n in range(1, 5)]):
        found = parts(names_of)
        for name, whole_year in year.items():
            together = pd.concat([part[name] for part in found]).groupby(level=0).sum()
            pd.testing.assert_series_equal(together.sort_index(), whole_year.sort_index(), check_names=False)


def counted(bulletin: Bulletin) -> dict[str, pd.Series]:
    requests = bulletin.requests
    by_unit = measures.by_unit(bulletin.handlings, bulletin.visits, bulletin.center)
    return {
        "total": pd.Series({"total": len(requests)}),
        "days": pd.Series(
            {"days": measures.by_step(bulletin.requests_by_day, bulletin.period)["count"].sum()}
        ),
        "kinds": measures.by_kind(requests, bulletin.center).set_index("kind")["count"],
        "topics": requests["topic"].value_counts(),
        "handled": by_unit.set_index("unit")["handled"],
        # All visits: the annex shows those of units with a handling in the period, and months differ in that.
        "visits": bulletin.visits["unit"].value_counts(),
    }


@pytest.mark.parametrize(
    ("name", "steps", "first", "last"),
    [
        ("2021-W43", 7, "2021-10-25", "2021-10-31"),
        ("2021-10", 31, "2021-10-01", "2021-10-31"),
        ("2021-Q3", 14, "2021-07-01", "2021-09-27"),
        ("2020", 12, "2020-01-01", "2020-12-01"),
    ],
)
def test_charts_choose_their_grain(name, steps, first, last):
    """A week and a month are drawn by day, a quarter by week, a year by month; the steps tile the period."""
    period = periods.parse(name)
    starts = [str(start) for start, _ in period.steps]
    assert (len(starts), starts[0], starts[-1]) == (steps, first, last)
    assert sum((end - start).days for start, end in period.steps) == period.days


def test_a_friday_center_counts_friday_to_thursday(home):
    """week_starts: friday: 2021-W43 is 22 to 28 October, and every place that says so agrees."""
    found, said = executed(home, "friday", "2021-W43")
    assert (found["starts"], found["ends"], found["published"]) == ("2021-10-22", "2021-10-28", "2021-10-29")
    assert "2021年第43周（10月22日至10月28日）" in said
    assert "备注：数据截止10月28日24:00；" in said


@pytest.mark.parametrize(
    ("grain", "name"), [("week", "2021-W42"), ("month", "2021-09"), ("quarter", "2021-Q3"), ("year", "2020")]
)
def test_a_center_whose_issue_is_not_weekly_has_its_own_last_period(grain, name):
    """center.grain: what is due without being named is the last complete period of the center's own kind."""
    profile = profiles.load("junan").model_copy(update={"grain": grain})
    due = periods.last_complete(datetime(2021, 10, 28, 9), profile.grain, profile.first_weekday)
    assert str(due) == name
