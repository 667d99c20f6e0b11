"""The samples: what they hold is read back here by plain pandas, apart from the package's own import."""

import hashlib
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
import yaml

from hotline import HotlineError, periods
from hotline.center import Center
from hotline.sample import files as sample

SEED = yaml.safe_load((Path(__file__).parent / "data" / "issue-43.yml").read_text(encoding="utf-8"))
START, CUTOFF = datetime(2021, 10, 25), datetime(2021, 11, 1)
HEADERS = {
    "工单编号": "request_id", "12345工单编号": "request_id", "受理时间": "requested_at", "来电时间": "requested_at",
    "诉求来源": "channel", "工单来源": "channel", "诉求类别": "kind", "诉求类型": "kind", "一级分类": "topic",
    "诉求内容一级分类": "topic", "二级分类": "subtopic", "诉求内容二级分类": "subtopic", "承办单位": "unit",
    "承办部门": "unit", "办理期限": "due_at", "截止时间": "due_at", "办结时间": "closed_at", "办理完成时间": "closed_at",
    "回访时间": "visited_at", "服务过程评价": "service_rating", "回访服务过程": "service_rating",
    "办理结果评价": "result_rating", "回访办理结果": "result_rating",
}  # fmt: skip
COLUMNS = list(dict.fromkeys(HEADERS.values()))
PERSONAL = {"诉求人姓名", "联系电话", "诉求人地址", "诉求内容"}
TIMES = ["requested_at", "due_at", "closed_at", "visited_at"]
ALIASES = {"十字路街道办事处": "十字路街道", "县住建局": "住建局", "县市场监管局": "市场监管局"}
SATISFIED = {"非常满意", "满意", "基本满意"}


def raw(path: Path) -> pd.DataFrame:
    """A file's rows under its own headers, blanks as None, nothing converted."""
    frame = pd.read_excel(path, engine="calamine", dtype=object)
    return frame.where(frame.notna(), None)


def usable(path: Path) -> pd.DataFrame:
    """A file's usable rows, one per handling, as the tests understand them."""
    frame = raw(path).rename(columns=HEADERS)
    frame["requested_at"] = pd.to_datetime(frame["requested_at"].astype(str), errors="coerce")
    for column in TIMES[1:]:
        frame[column] = pd.to_datetime(frame[column].astype(str).replace("None", None))
    frame = frame[frame["request_id"].notna() & (frame["request_id"] != "无") & frame["requested_at"].notna()]
    frame["unit"] = frame["unit"].str.split("[、，]")
    frame = frame.explode("unit")
    frame["unit"] = frame["unit"].replace(ALIASES)
    frame[TIMES] = frame[TIMES].apply(lambda times: times.dt.round("s"))
    return frame[list(COLUMNS)].drop_duplicates().reset_index(drop=True)


def merged(paths: list[Path]) -> pd.DataFrame:
    """All handlings after reading the files in order: a later file's request replaces the earlier whole."""
    known = usable(paths[0])
    for path in paths[1:]:
        later = usable(path)
        known = pd.concat([known[~known["request_id"].isin(later["request_id"])], later], ignore_index=True)
    known = known.sort_values(["request_id", "unit"], ignore_index=True)
    return known.astype({column: "str" for column in COLUMNS if column not in TIMES})


def percent(part: int, whole: int) -> str:
    return str((Decimal(100 * int(part)) / int(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP)) + "%"


def week_of(handlings: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    return handlings[(handlings["requested_at"] >= start) & (handlings["requested_at"] < end)]


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    return sample.write(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def archive(paths) -> pd.DataFrame:
    return merged(paths)


@pytest.fixture(scope="module")
def reported(archive) -> pd.DataFrame:
    """The handlings of the requests of 2021-W43."""
    return week_of(archive, START, CUTOFF)


@pytest.fixture(scope="module")
def requests(reported) -> pd.DataFrame:
    """The requests of 2021-W43, one row each."""
    return reported.drop_duplicates("request_id")


@pytest.fixture(scope="module")
def visits(archive) -> pd.DataFrame:
    """The visits made in 2021-W43."""
    return archive[(archive["visited_at"] >= START) & (archive["visited_at"] < CUTOFF)]


def test_totals_are_the_published_ones(archive, requests):
    """1,909 requests in the week and 1,626 in the one before, and so a change of 17.40%."""
    before = week_of(archive, datetime(2021, 10, 18), START)["request_id"].nunique()
    assert (SEED["total"], SEED["previous_total"]) == (len(requests), before)
    assert percent(len(requests) - before, before) == SEED["change_on_previous"]


def test_no_piece_of_an_earlier_week_is_there(archive):
    """The week before the two is absent altogether, so that nothing is compared with a fragment."""
    assert archive["requested_at"].min() >= datetime(2021, 10, 18)


def test_channels_and_kinds_are_the_published_ones(requests):
    """Every channel and kind has its published count, and no other occurs."""
    assert requests["channel"].value_counts().to_dict() == SEED["channels"]
    assert requests["kind"].value_counts().to_dict() == {name: row[0] for name, row in SEED["kinds"].items()}
    for count, share in SEED["kinds"].values():
        assert share in (None, percent(count, len(requests)))


def test_the_hot_topics_are_the_published_ones(requests):
    """The five largest topics with their counts, in that order; every other is smaller than the fifth."""
    counts = requests["topic"].value_counts()
    assert counts.head(5).to_dict() == {name: row[0] for name, row in SEED["topics"].items()}
    assert counts.index[:5].tolist() == list(SEED["topics"])
    assert counts.is_unique
    assert SEED["topics_total"] == [counts.head(5).sum(), percent(counts.head(5).sum(), len(requests))]


@pytest.mark.parametrize("topic", SEED["topics"])
def test_the_subtopics_named_are_those_over_a_tenth(requests, topic):
    """Exactly the subtopics that the issue names have 10% of their topic or more, in its order and without ties."""
    count, _, named = SEED["topics"][topic]
    parts = requests.loc[requests["topic"] == topic, "subtopic"].value_counts()
    large = parts[parts * 10 >= count]
    assert large.index.tolist() == named
    assert large.is_unique


def test_every_unit_has_its_published_figures(reported, visits):
    """Handled, closed before the cut-off, and the two rates of the visits made in the week, for all sixty units."""
    units = {row[0]: row[1:] for group in SEED["unit_groups"].values() for row in group}
    found = {}
    for unit, rows in reported.groupby("unit"):
        rated = visits[visits["unit"] == unit]
        rates = []
        for column in ("service_rating", "result_rating"):
            given = rated[column].dropna()
            rates.append(100 * int(given.isin(SATISFIED).sum()) / len(given) if len(given) else None)
        found[unit] = [len(rows), int((rows["closed_at"] < CUTOFF).sum()), *rates]
    assert found == units
    assert set(visits["unit"].dropna()) <= set(units)


def test_handlings_and_top_units_add_up(reported, requests):
    """2,150 handlings, 1,295 closed; the five largest of each group and their share of the requests."""
    given = reported["unit"].notna()
    assert int(given.sum()) == SEED["handlings"]
    assert int((reported.loc[given, "closed_at"] < CUTOFF).sum()) == SEED["closed"]
    for group, figure in (("towns", "top_towns"), ("departments", "top_departments")):
        names = [row[0] for row in SEED["unit_groups"][group]]
        top = reported.loc[reported["unit"].isin(names), "unit"].value_counts().head(5)
        assert set(top.index) == set(names[:5])
        assert [int(top.sum()), percent(top.sum(), len(requests))] == SEED[figure]


def test_no_unit_handles_a_request_twice(archive):
    """One row per request and unit; a request without a unit has just one row."""
    assert not archive.duplicated(["request_id", "unit"]).any()
    direct = archive[archive["unit"].isna()]
    assert len(direct) > 50
    assert archive["request_id"].isin(direct["request_id"]).sum() == len(direct)


def test_times_are_in_order(archive):
    """Nothing is closed before it was received or visited before it was closed."""
    assert (archive["closed_at"].dropna() >= archive.loc[archive["closed_at"].notna(), "requested_at"]).all()
    visited = archive[archive["visited_at"].notna()]
    assert (visited["visited_at"] >= visited["closed_at"]).all()
    assert (archive["due_at"] > archive["requested_at"]).all()


def test_the_edges_of_the_week_are_occupied(archive, reported, visits):
    """Closings and visits at the cut-off, a second before it, at the first instant and a second before that."""
    second = pd.Timedelta(seconds=1)
    assert (reported["closed_at"] == CUTOFF).sum() >= 3
    assert (reported["closed_at"] == CUTOFF - second).sum() >= 3
    assert (reported["closed_at"] > CUTOFF).sum() > 100
    for moment in (CUTOFF, CUTOFF - second, START, START - second):
        assert (archive["visited_at"] == moment).any(), moment
    late = archive[archive["visited_at"] >= CUTOFF]
    assert late["service_rating"].isin({"不满意", "非常不满意"}).sum() > 10
    # Without that visit the unit would have none, so that an edge on the wrong side changes a figure.
    for moment in (CUTOFF - second, START):
        unit = visits.loc[visits["visited_at"] == moment, "unit"].item()
        assert (visits["unit"] == unit).sum() == 1


def test_visits_of_the_week_are_partly_on_earlier_requests(visits):
    """Many visits made in the week are on requests of the week before; a few ratings are missing."""
    earlier = visits["requested_at"] < START
    assert 15 <= earlier.sum() <= len(visits) - 15
    assert visits["service_rating"].isna().any()
    assert visits["result_rating"].isna().any()
    assert visits[["service_rating", "result_rating"]].notna().any(axis=1).all()


def test_the_second_export_updates_the_first(paths):
    """It repeats orders of the first, of both weeks: some closed since, some visited since, some as they were."""
    first, second = (usable(path).set_index(["request_id", "unit"]) for path in paths)
    both = first.index.intersection(second.index)
    was, now = first.loc[both], second.loc[both]
    assert (was["closed_at"].isna() & now["closed_at"].notna()).sum() > 100
    assert (was["visited_at"].isna() & now["visited_at"].notna()).sum() > 20
    assert (was["closed_at"].isna() & now["closed_at"].isna()).sum() > 20
    assert (was["requested_at"] >= START).sum() > 20
    assert was["requested_at"].equals(now["requested_at"])


def test_each_export_is_of_its_moment(paths):
    """The first was made during Monday, the second on the Friday after; neither knows what came later."""
    for path, moment in zip(
        paths, (datetime(2021, 10, 25, 16, 30), datetime(2021, 11, 5, 9, 10)), strict=True
    ):
        rows = usable(path)
        assert rows[["requested_at", "closed_at", "visited_at"]].max().max() < moment
        assert moment.strftime("_%Y%m%d.") in path.name
    assert (usable(paths[0])["requested_at"] >= START).sum() > 100
    assert (usable(paths[1])["requested_at"] >= CUTOFF).sum() > 500


def test_the_mess_of_real_exports_is_there(paths):
    """Older and newer headers, personal columns, repeated rows, several units, old names, unusable rows."""
    older, newer = (raw(path) for path in paths)
    assert "12345工单编号" in older
    assert "工单编号" in newer
    assert not set(older) & set(newer) - PERSONAL - {"回访时间"}
    older, newer = older.rename(columns=HEADERS), newer.rename(columns=HEADERS)
    for frame in (older, newer):
        assert set(frame) >= PERSONAL
        assert frame["联系电话"].str.fullmatch(r"1300000\d{4}").all()
        assert frame["诉求人姓名"].str.startswith("测试").all()
        assert frame.duplicated().sum() >= 5
        assert frame["unit"].str.contains("[、，]", na=False).sum() > 50
        rows = frame.drop_duplicates().dropna(subset=["request_id"])
        assert (rows["request_id"].value_counts() > 1).sum() > 50
        assert frame["unit"].isin(ALIASES).sum() > 20
        assert (frame["request_id"].isna() | (frame["request_id"] == "无")).sum() == 3
        times = pd.to_datetime(frame["requested_at"].astype(str), errors="coerce")
        assert times.isna().sum() == 2
    assert older["requested_at"].map(type).eq(str).all()
    assert newer["requested_at"].map(type).ne(str).sum() == len(newer) - 2


@pytest.mark.parametrize(
    "arguments", [{}, {"weeks": 5}, {"weeks": 4, "requests": 80}, {"weeks": 1, "requests": 7}]
)
def test_importing_the_files_leaves_the_frame(tmp_path, arguments):
    """`handlings` is, value for value, what the files hold when read in order."""
    frame = sample.handlings(**arguments)
    assert frame["exported_at"].nunique() == 1
    expected = frame[list(COLUMNS)].sort_values(["request_id", "unit"], ignore_index=True)
    pd.testing.assert_frame_equal(expected, merged(sample.write(tmp_path, **arguments)), check_dtype=False)


def test_the_same_call_gives_the_same_bytes(tmp_path, monkeypatch):
    """Files and frame are a function of the arguments: no clock, no time zone, no chance."""
    once = sample.write(tmp_path / "once", weeks=3, requests=50) + sample.write(tmp_path / "once")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    twice = sample.write(tmp_path / "twice", weeks=3, requests=50) + sample.write(tmp_path / "twice")
    assert [path.name for path in once] == [path.name for path in twice]
    for one, other in zip(once, twice, strict=True):
        assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest(), (
            one.name
        )
    pd.testing.assert_frame_equal(sample.handlings(5), sample.handlings(5))


def test_a_year_has_the_stated_number_of_requests():
    """52 weeks of 2,000: 104,000 in all over exactly those weeks; the weeks move, within reason."""
    frame = sample.handlings(52, 2000)
    days = frame.drop_duplicates("request_id")["requested_at"].dt.normalize()
    weeks = (
        days.map({day: str(periods.containing(day.date())) for day in days.unique()})
        .value_counts()
        .sort_index()
    )
    assert (len(weeks), weeks.index[0], weeks.index[-1]) == (52, "2020-W45", "2021-W43")
    assert weeks.sum() == 52 * 2000
    assert weeks.between(1000, 3000).all()
    assert weeks.std() > 50


def test_seasons_show_in_the_topics():
    """Heating complaints come in winter, water on the roads in summer, and weekends are quieter."""
    frame = sample.handlings(52, 2000).drop_duplicates("request_id")
    by_month = pd.crosstab(frame["requested_at"].dt.month, frame["subtopic"])
    assert by_month.loc[12, "供暖"] > 5 * by_month.loc[7, "供暖"]
    assert by_month.loc[7, "道路积水"] > 5 * by_month.loc[12, "道路积水"]
    by_weekday = frame["requested_at"].dt.day_of_week.value_counts()
    assert by_weekday[0] > 1.5 * by_weekday[6]


def test_longer_runs_end_in_issue_43_and_meet_it_smoothly():
    """Without a number of requests the last two weeks are issue 43's, and the weeks before are of their size."""
    long, short = sample.handlings(6), sample.handlings()
    tail = long[long["requested_at"] >= datetime(2021, 10, 18)][list(COLUMNS)].reset_index(drop=True)
    pd.testing.assert_frame_equal(tail, short[list(COLUMNS)])
    early = long[long["requested_at"] < datetime(2021, 10, 18)].drop_duplicates("request_id")
    weekly = (
        early["requested_at"]
        .dt.normalize()
        .value_counts()
        .sort_index()
        .groupby(lambda day: day.isocalendar()[1])
        .sum()
    )
    assert len(weekly) == 4
    assert weekly.between(1100, 2100).all()
    visits = long[long["visited_at"].between(START, CUTOFF, inclusive="left")]
    assert (visits["requested_at"] >= datetime(2021, 10, 18)).all()


def test_one_week_alone_has_exactly_the_stated_number():
    """For benchmarks: one week of any size is that size to the request."""
    assert sample.handlings(1, 12_345)["request_id"].nunique() == 12_345


def test_another_center_gets_its_own_names(tmp_path):
    """The generator takes channels, kinds, topics, units, headers and date format from any profile."""
    center = Center(
        key="elsewhere",
        name="样例县热线",
        subject="热线",
        office="样例县",
        week_starts="friday",
        columns={
            "request_id": "No",
            "requested_at": "Created",
            "closed_at": "Closed",
            "unit": "Agency",
            "topic": "Type",
        },
        export={"date_format": "%m/%d/%Y %I:%M:%S %p", "unit_separators": ";"},
        channels=("Phone", "Web"),
        topics=("Trash", "Trees", "Lights"),
        unit_groups={"all": {"name": "A", "title": "A", "noun": "A", "units": ("Parks", "Roads", "Water")}},
    )
    paths = sample.write(tmp_path, weeks=3, requests=200, center=center, last="2020-W53")
    frame = raw(paths[-1])
    assert {"No", "Created", "Closed", "Agency", "Type"} | PERSONAL == set(frame)
    assert set(frame["Type"]) == {"Trash", "Trees", "Lights"}
    assert set(";".join(frame["Agency"].dropna()).split(";")) == {"Parks", "Roads", "Water"}
    received = pd.to_datetime(frame["Created"], format="%m/%d/%Y %I:%M:%S %p", errors="coerce").dropna()
    week = periods.parse("2020-W53", 4)
    assert received.max() < week.cutoff
    whole = sample.handlings(3, 200, center, "2020-W53")
    assert week.previous.previous.start <= whole["requested_at"].min()
    assert whole["request_id"].nunique() == 600


def test_a_center_without_units_has_requests_without_units(tmp_path):
    """A profile that still lacks its units gives requests that nobody was given."""
    center = Center(
        key="bare",
        name="样例",
        subject="热线",
        office="样例",
        columns={"request_id": "No", "requested_at": "Created"},
        unit_groups={},
    )
    assert sample.handlings(2, 30, center)["unit"].isna().all()
    assert len(sample.write(tmp_path, 2, 30, center)) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"weeks": 0}, "至少要有 1 周"),
        ({"requests": 0}, "诉求量应在 1 至"),
        ({"requests": 10**9}, "诉求量应在 1 至"),
        ({"last": "2021-10"}, "最后一周应写作 2021-W43"),
        ({"last": "nonsense"}, "看不懂周期"),
    ],
)
def test_an_impossible_sample_is_refused(tmp_path, arguments, words):
    """What cannot be made is said in Chinese before any file is written."""
    with pytest.raises(HotlineError, match=words):
        sample.write(tmp_path / "none", **arguments)
    assert not (tmp_path / "none").exists()
