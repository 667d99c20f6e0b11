"""Weeks of invented centers (demo, wuyou): weekly exports with every column, and the truth of what was planted in them.

<center>.yml beside this module, its recipe, says what is usual and what goes wrong. Everything is drawn from one generator
with a fixed seed, all weeks at once, so that the same files come out everywhere, in seconds. `data/truth.json` says
what a bulletin of these data has to find.
"""

import csv
import json
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from hotline import columns, periods, workspace
from hotline.center import Center
from hotline.measures.seasons import AROUND_FESTIVAL, festival_distances
from hotline.periods import Period
from hotline.sample.weeks import HOURS, WEEKDAYS

SEED = 12345
TOWNS = "镇街"
"""Stands in a recipe for one of the towns, by their size."""
_DAY = 86_400


@cache
def recipe(center: str) -> dict:
    """What a center's history is made from: <center>.yml."""
    return yaml.safe_load(workspace.recipe_path(center).read_text(encoding="utf-8"))


def weeks(about: dict) -> list[Period]:
    """The weeks of a recipe."""
    return periods.parse_range(f"{about['first']}:{about['last']}")


def latest(center: Center) -> Period:
    """The last period of the center's grain that the exports hold whole."""
    return periods.last_complete(weeks(recipe(center.key))[-1].cutoff, center.grain, center.first_weekday)


def write(data: Path, center: Center) -> list[Path]:
    """Write data/exports/, one .csv a week, and data/truth.json; return the paths of the exports, oldest first.

    Each file is made on the Monday after its week and holds the week's requests, those received that morning, and every
    earlier one to which something happened since the file before.
    """
    about = recipe(center.key)
    rows = handlings(about)
    folder = data / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    names = [name for name in columns.names() if name in center.columns]
    headers = [center.columns[name][0] for name in names]
    moments = {name: rows[name].to_numpy("datetime64[s]") for name in ("requested_at", *columns.events())}
    texts, paths = _texts(rows, names, center), []
    # A request's handlings share its moment; looking them up by number takes a tenth of the time of np.isin.
    request = np.unique(moments["requested_at"], return_inverse=True)[1]
    before = np.datetime64("1970-01-01", "s")
    for week in weeks(about):
        at = np.datetime64(week.cutoff + timedelta(hours=8, minutes=30), "s")
        requested, happened = moments["requested_at"], [moments[event] for event in columns.events()]
        new = np.any([(moment >= before) & (moment < at) for moment in happened], axis=0)
        new |= requested >= np.datetime64(week.start, "s")
        repeated = np.zeros(len(rows), dtype=bool)
        repeated[request[new]] = True
        chosen = np.flatnonzero(repeated[request] & (requested < at))
        cells = texts[chosen]
        for event in columns.events():
            late = moments[event][chosen] >= at
            for name in {event, *columns.known_from(event)} & {*names}:
                cells[late, names.index(name)] = ""
        paths.append(folder / f"12345工单导出_{str(at)[:10].replace('-', '')}.csv")
        with paths[-1].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([headers, *cells.tolist()])
        before = at
    text = json.dumps(truth(rows, about), ensure_ascii=False, indent=1)
    (data / "truth.json").write_text(text + "\n", encoding="utf-8")
    return paths


def _texts(rows: pd.DataFrame, names: list[str], center: Center) -> np.ndarray:
    """All cells as a platform writes them, rows × columns."""
    cells = np.empty((len(rows), len(names)), dtype=object)
    for place, column in enumerate(map(columns.column, names)):
        values = rows[column.name]
        if column.kind == columns.MOMENT:
            texts = np.char.replace(np.datetime_as_string(values.to_numpy("datetime64[s]")), "T", " ")
        elif column.kind == columns.YES_NO:
            texts = values.map({True: center.yes[0], False: center.no[0]})
        else:
            texts = values.astype("str")
        cells[:, place] = np.where(values.isna(), "", np.asarray(texts, dtype=object))
    return cells


def truth(rows: pd.DataFrame, about: dict) -> dict:
    """What was planted (surges, late units, the break), and each week's requests, repeats, returned handlings, visits."""
    made = weeks(about)

    def by_week(moments: pd.Series) -> dict[str, int]:
        days = (moments - made[0].start).dropna() // timedelta(weeks=1)
        counts = np.bincount(days.astype("int64"), minlength=len(made))
        return dict(zip(map(str, made), counts.tolist(), strict=False))

    requests = rows.drop_duplicates("request_id")
    counts = {
        "requests": by_week(requests["requested_at"]),
        "repeats": by_week(requests.loc[requests["repeat_of"].notna(), "requested_at"]),
        "returned": by_week(rows.loc[rows["unit"].notna(), "returned_at"]),
        "visits": by_week(rows["visited_at"]),
    }
    topic_of = {part: topic for topic, parts in about["topics"].items() for part in parts}
    surges = [
        {
            "week": str(week),
            "since": surge["week"],
            "topic": topic_of[surge["subtopic"]],
            "more": more,
            **{name: surge[name] for name in ("subtopic", "unit", "why")},
        }
        for surge in about["surges"]
        for week, more in zip(_following(surge["week"], len(surge["more"])), surge["more"], strict=True)
    ]
    planted = {"break": str(about["break"]["day"]), "late": about["late"], "surges": surges}
    return {
        **planted,
        "weeks": {str(week): {name: each[str(week)] for name, each in counts.items()} for week in made},
    }


def handlings(about: dict) -> pd.DataFrame:
    """All handlings of a recipe's weeks as they will have become, with every column of hotline.columns."""
    rng = np.random.default_rng(SEED)
    requests = _repeated(_requests(about, rng), about, rng)
    requests = _numbered(requests.sort_values("requested_at", kind="stable", ignore_index=True), about)
    rows = _handled(requests, about, rng)
    rows = _visited(_closed(rows, about, rng), rng)
    return columns.completed(rows.drop(columns=["code", "origin"]))


def _following(week: str, count: int) -> list[Period]:
    return [periods.parse(week).shift(by) for by in range(count)]


def _subtopics(about: dict) -> list[tuple[str, str, dict]]:
    """(topic, subtopic, what the recipe says of it), in order: a subtopic's place is its code."""
    return [(topic, part, said) for topic, parts in about["topics"].items() for part, said in parts.items()]


def _levels(about: dict) -> np.ndarray:
    """Requests expected in each week, but for the seasons of the subtopics."""
    days = pd.DatetimeIndex([week.start for week in weeks(about)])
    years = (days - days[0]).days.to_numpy() / 365.25
    level = about["requests"] * (1 + about["growth"]) ** years
    level = level * np.where(days >= pd.Timestamp(about["break"]["day"]), about["break"]["factor"], 1)
    apart = festival_distances(days)
    near = np.abs(apart) <= AROUND_FESTIVAL
    return level * np.where(near, np.array(about["festival"])[np.where(near, apart, 0) + AROUND_FESTIVAL], 1)


def _season(name: str | None, about: dict) -> np.ndarray:
    """A season's factor in each week."""
    middles = [week.starts + timedelta(days=3) for week in weeks(about)]
    factor, season = np.ones(len(middles)), about["seasons"].get(name, {})
    for month, day, width, more in season.get("peaks", ()):
        apart = np.array([(middle - date(middle.year, month, day)).days for middle in middles])
        factor += more * np.exp(-((((apart + 182) % 365 - 182) / width) ** 2))
    for first, last, times in season.get("blocks", ()):
        texts = [f"{middle:%m-%d}" for middle in middles]
        inside = [first <= text <= last if first < last else not last < text < first for text in texts]
        factor = np.where(inside, times, factor)
    return factor


def _requests(about: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Requests without a number yet: when, of which subtopic (`code`), by whom, and the unit that is first given them."""
    parts, made = _subtopics(about), weeks(about)
    weights = np.array([said["weight"] for _, _, said in parts], dtype=float)
    seasons = np.array([_season(said.get("season"), about) for _, _, said in parts])
    expected = (weights / weights.sum())[:, None] * seasons * _levels(about)
    more = about["dispersion"] - 1
    counts = rng.poisson(rng.gamma(expected / more, more))
    code, week = np.indices(counts.shape)
    frame = pd.DataFrame({"code": np.repeat(code, counts.ravel()), "week": np.repeat(week, counts.ravel())})
    frame["unit"] = _units(frame["code"].to_numpy(), about, rng)
    codes, place = (
        {part: n for n, (_, part, _) in enumerate(parts)},
        {week: n for n, week in enumerate(made)},
    )
    planted = [
        pd.DataFrame(
            {"code": codes[surge["subtopic"]], "week": place[at], "unit": surge["unit"]}, range(more)
        )
        for surge in about["surges"]
        for at, more in zip(_following(surge["week"], len(surge["more"])), surge["more"], strict=True)
    ]
    frame = pd.concat([frame, *planted], ignore_index=True)
    size, starts = len(frame), np.array([week.start for week in made], dtype="datetime64[s]")
    seconds = rng.choice(7, size, p=WEEKDAYS / WEEKDAYS.sum()) * _DAY
    seconds += rng.choice(24, size, p=HOURS / HOURS.sum()) * 3600 + rng.integers(0, 3600, size)
    kinds, channels = about["kinds"], about["channels"]
    return pd.DataFrame(
        {
            "requested_at": (starts[frame["week"]] + seconds).astype("datetime64[us]"),
            "code": frame["code"],
            "unit": frame["unit"],
            "kind": rng.choice(list(kinds), size, p=list(kinds.values())),
            "channel": rng.choice(list(channels), size, p=list(channels.values())),
            "caller": 13_000_000_000 + rng.integers(0, 40_000, size),
            "origin": -1,
        }
    )


def _units(code: np.ndarray, about: dict, rng: np.random.Generator) -> np.ndarray:
    """The unit that a request of each subtopic is given to."""
    towns = about["towns"]
    names, sizes = np.array(list(towns), dtype=object), np.array(list(towns.values()), dtype=float)
    unit = np.empty(len(code), dtype=object)
    for at, (_, _, said) in enumerate(_subtopics(about)):
        mine, shares = np.flatnonzero(code == at), np.array(list(said["units"].values()), dtype=float)
        unit[mine] = rng.choice(
            np.array(list(said["units"]), dtype=object), len(mine), p=shares / shares.sum()
        )
    town = unit == TOWNS
    unit[town] = rng.choice(names, town.sum(), p=sizes / sizes.sum())
    return unit


def _repeated(requests: pd.DataFrame, about: dict, rng: np.random.Generator) -> pd.DataFrame:
    """With those who call again: 5% of the requests come once more within 25 days; `origin` is the first one's row."""
    again = requests.assign(origin=np.arange(len(requests)))[rng.random(len(requests)) < 0.05]
    wait = pd.to_timedelta(rng.integers(_DAY, 25 * _DAY, len(again)), unit="s")
    again = again.assign(requested_at=again["requested_at"] + wait, kind=about["complaint"])
    again = again[again["requested_at"] < weeks(about)[-1].cutoff]
    return pd.concat([requests.assign(row=np.arange(len(requests))), again.assign(row=-1)], ignore_index=True)


def _numbered(requests: pd.DataFrame, about: dict) -> pd.DataFrame:
    """Requests in order of time with their ids, what belongs to them, and the id of the one that each repeats."""
    day = requests["requested_at"].dt.normalize()
    number = requests.groupby(day).cumcount() + 1
    ids = day.dt.strftime("%Y%m%d") + number.astype("str").str.zfill(6)
    first = pd.Series(ids.to_numpy(), requests["row"]).drop(-1, errors="ignore")
    topics, parts, _ = zip(*_subtopics(about), strict=True)
    limits = requests["kind"].map(about["days"]).astype("int64")
    return requests.drop(columns="row").assign(
        request_id=ids,
        topic=np.array(topics, dtype=object)[requests["code"]],
        subtopic=np.array(parts, dtype=object)[requests["code"]],
        repeat_of=requests["origin"].map(first).where(requests["origin"] >= 0),
        caller=requests["caller"].astype("str"),
        due_at=requests["requested_at"] + pd.to_timedelta(limits, unit="D"),
    )


def _handled(requests: pd.DataFrame, about: dict, rng: np.random.Generator) -> pd.DataFrame:
    """One row a handling: most questions are answered by the center itself; some requests have a second unit."""
    size = len(requests)
    direct = rng.random(size) < np.where(requests["kind"] == "咨询", 0.75, 0.03)
    other = pd.Series(_units(requests["code"].to_numpy(), about, rng))
    second = requests.assign(unit=other)[~direct & (rng.random(size) < 0.09) & (other != requests["unit"])]
    first = requests.assign(unit=requests["unit"].mask(direct))
    return pd.concat([first, second]).sort_index(kind="stable").reset_index(drop=True)


def _closed(rows: pd.DataFrame, about: dict, rng: np.random.Generator) -> pd.DataFrame:
    """With first contacts, closings, and limits put off: a unit's pace is its own, slower in the weeks in which it lags."""
    requested, size, first = rows["requested_at"], len(rows), weeks(about)[0]
    week = ((requested - first.start) // timedelta(weeks=1)).to_numpy()
    slow = rows["unit"].map(about["slow"]).fillna(0).to_numpy(float)
    for late in about["late"]:
        begin, end = ((periods.parse(late[edge]).starts - first.starts).days // 7 for edge in ("from", "to"))
        slow = slow + late["slower"] * ((rows["unit"] == late["unit"]) & (week >= begin) & (week <= end))
    limit = (rows["due_at"] - requested) / pd.Timedelta(seconds=1)
    direct = rows["unit"].isna()
    taken = limit * np.exp(-0.95 + slow + 0.6 * rng.standard_normal(size))
    taken = taken.where(~direct, rng.uniform(120, 3600, size))
    stuck = ~direct & (rng.random(size) < 0.006)
    taken = taken.where(~stuck, rng.uniform(20 * _DAY, 90 * _DAY, size))
    closed = requested + pd.to_timedelta(taken.astype("int64") + 60, unit="s")
    put_off = ~direct & (taken > limit) & (rng.random(size) < 0.3)
    contacted = np.minimum(np.exp(9.7 + slow / 2 + 0.8 * rng.standard_normal(size)), taken)
    return rows.assign(
        closed_at=closed.astype("datetime64[us]"),
        extended_due_at=(rows["due_at"] + pd.Timedelta(days=5)).where(put_off),
        respond_due_at=(requested + pd.Timedelta(hours=24)).mask(direct),
        responded_at=(requested + pd.to_timedelta(contacted.astype("int64"), unit="s")).mask(direct),
    )


def _visited(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With visits, what they say, and what is returned for redoing because it was not solved."""
    size, closed = len(rows), rows["closed_at"]
    visited = rows["unit"].notna() & closed.notna() & (rng.random(size) < 0.4)
    at = (closed + pd.to_timedelta((rng.gamma(2, 1.2, size) * _DAY).astype("int64"), unit="s")).where(visited)
    late = closed > rows["extended_due_at"].fillna(rows["due_at"])
    answer = rng.random(size)
    reached, asked = visited & (answer < 0.82), visited & (answer < 0.78)
    solved = rng.random(size) < np.where(late, 0.72, 0.88)
    back = asked & ~solved & (rng.random(size) < 0.5)
    words = {}
    for name, chance in (
        ("service_rating", np.full(size, 0.95)),
        ("result_rating", np.where(solved, 0.97, 0.35)),
    ):
        content = rng.choice(["非常满意", "满意", "基本满意"], size, p=[0.35, 0.5, 0.15])
        word = np.where(
            rng.random(size) < chance, content, rng.choice(["不满意", "非常不满意"], size, p=[0.8, 0.2])
        )
        words[name] = pd.Series(np.where(reached, word, np.where(answer < 0.96, "未接通", "不愿评价"))).where(
            visited
        )
    return rows.assign(
        visited_at=at,
        **words,
        solved=pd.Series(solved, dtype="boolean").where(asked),
        returned_at=(at + pd.to_timedelta(rng.integers(3600, 2 * _DAY, size), unit="s")).where(back),
        returned=pd.Series(1 + (rng.random(size) < 0.1), dtype="Int64").where(back),
    )
