"""What is counted: requests and handlings by channel, kind, topic, unit and time.

Frames in: `handlings`, one row per handling as of the cut-off (archive columns; a request without a unit has one
row with no unit), and `visits`, one row per handling visited in the period. Counts out are integers; nothing is
rounded here. A request that does not say its channel or kind is counted under NOT_STATED, so that parts add up.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd

from hotline import columns, wording
from hotline.center import UNKNOWN, Center
from hotline.coverage import Coverage
from hotline.measures.ratings import QUESTIONS, ratings_by_unit
from hotline.measures.tallies import in_groups, ranked, shared, with_rates
from hotline.periods import Period
from hotline.wording import NOT_STATED


def requests(handlings: pd.DataFrame) -> pd.DataFrame:
    """One row per request: its id and what belongs to it (requested_at, channel, kind, topic, …)."""
    names = [name for name in columns.names(of=columns.REQUEST) if name in handlings]
    return handlings.drop_duplicates("request_id")[names].reset_index(drop=True)


def by_channel(requests: pd.DataFrame, center: Center) -> pd.DataFrame:
    """channel, count, share: requests by channel in the profile's order, those at zero left out (rule 3).

    Channels the profile does not know come after, by count, so that the channels always add up to the total.
    """
    if "channel" not in center.columns:
        return _empty("channel").assign(share=None)
    counts = shared(_counts(requests, "channel"), len(requests))
    place = {channel: index for index, channel in enumerate(center.channels)}
    return (
        counts.assign(_place=counts["channel"].map(place).fillna(len(place)))
        .sort_values(["_place", "count", "channel"], ascending=[True, False, True], ignore_index=True)
        .drop(columns="_place")
    )


def by_kind(requests: pd.DataFrame, center: Center) -> pd.DataFrame:
    """kind, count, share: requests by kind, largest first (rule 3). Empty where the profile maps no kind.

    `share` is of all requests, as printed; None under `limits.kind_share` percent (rule 2).
    """
    if "kind" not in center.columns:
        return _empty("kind").assign(share=None)
    counts = ranked(_counts(requests, "kind"), "count", "kind", center.kinds)
    return shared(counts, len(requests), at_least=center.limits.kind_share)


def hot_topics(requests: pd.DataFrame, center: Center) -> pd.DataFrame:
    """topic, count, share, subtopics: the largest topics (rule 6), with the names of their main subtopics.

    A subtopic is named if it has at least `limits.subtopic_share` percent of its topic's requests; at most
    `limits.subtopics`, the largest first, and at least one where there is any.
    """
    counts, limits = largest_topics(requests, center), center.limits
    if counts.empty:
        return counts.assign(subtopics=pd.Series(dtype=object))
    within = by_subtopic(requests, counts["topic"])
    large = within["count"] * 100 >= limits.subtopic_share * within["topic_count"]
    named = within[large | ~within["topic"].duplicated()].groupby("topic").head(limits.subtopics)
    names = named.groupby("topic")["subtopic"].agg(list)
    return counts.assign(subtopics=[names.get(topic, []) for topic in counts["topic"]])


def largest_topics(requests: pd.DataFrame, center: Center) -> pd.DataFrame:
    """topic, count, share: the largest topics, `limits.topics` of them (rule 6). Empty where the profile maps no topic."""
    if "topic" not in center.columns:
        return _empty("topic").assign(share=None)
    counts = _counts(requests.dropna(subset="topic"), "topic")
    counts = ranked(counts, "count", "topic", center.topics).head(center.limits.topics)
    return shared(counts, len(requests))


def by_subtopic(requests: pd.DataFrame, topics: Iterable[str]) -> pd.DataFrame:
    """topic, subtopic, count, topic_count: the stated subtopics of these topics, in their order, largest first."""
    topics = list(topics)
    stated = requests[requests["topic"].isin(topics)]
    counts = stated.groupby(["topic", "subtopic"], observed=True).size().rename("count").reset_index()
    sizes = stated.groupby("topic", observed=True).size()
    counts["topic_count"] = counts["topic"].map(sizes).astype("int64")
    counts["_place"] = counts["topic"].map({topic: index for index, topic in enumerate(topics)})
    return counts.sort_values(
        ["_place", "count", "subtopic"], ascending=[True, False, True], ignore_index=True
    ).drop(columns="_place")


def by_unit(handlings: pd.DataFrame, visits: pd.DataFrame, center: Center) -> pd.DataFrame:
    """group, unit, handled, closed and what visits say, of every unit with a handling or a visit in the period (rule 7).

    `handled` counts the period's handlings, `closed` those closed before the cut-off. `visits` are those made in the
    period, whenever their requests were received; of them `service_rated`, `service_satisfied`, `result_rated`,
    `result_satisfied`, `answered` and `solved` are counted, and `closure_rate`, `service`, `result`, `solved_rate` are
    the rates as printed. What the profile maps no column for is missing. Groups are in its order, see `in_groups`.
    """
    given = handlings.dropna(subset="unit")
    sizes = given.groupby("unit", observed=True).agg(handled=("unit", "size"), closed=("closed_at", "count"))
    counts = sizes.join(ratings_by_unit(visits, center), how="outer").fillna(0).astype("int64")
    for question in QUESTIONS:
        rates = map(wording.rate, counts[f"{question}_satisfied"], counts[f"{question}_rated"])
        counts[question] = pd.Series(list(rates), counts.index, "str")
    counts = with_rates(
        counts, center, closure_rate=("closed", "handled"), solved_rate=("solved", "answered")
    )
    counts = counts.assign(**dict.fromkeys(_unknown(center)))
    return in_groups(counts.rename_axis("unit").reset_index(), "handled", center)


def _unknown(center: Center) -> list[str]:
    """The columns of `by_unit` of which nothing is known, because the profile does not map what they are counted from."""
    counted_from = {
        "closed_at": ["closed", "closure_rate"],
        "visited_at": ["visits"],
        **{
            f"{question}_rating": [question, f"{question}_rated", f"{question}_satisfied"]
            for question in QUESTIONS
        },
        "solved": ["answered", "solved", "solved_rate"],
    }
    return [name for column, names in counted_from.items() if column not in center.columns for name in names]


def top_units(by_unit: pd.DataFrame, whole: int, center: Center) -> pd.DataFrame:
    """group, name, top, are, units, count, share, of: the first units of each of the profile's groups (rule 5).

    `units` are their names, `top` the words for how many they are (前五位), `are` the verb that follows; `count` are
    their handlings, `share` is that of `whole`, as printed: of all requests, or of all handlings. A request may have
    several handlings, so that of requests can pass 100%, and is missing then. `of` is what the whole is called.
    """
    rows = []
    for key, group in center.unit_groups.items():
        handled = by_unit[(by_unit["group"] == key) & (by_unit["handled"] > 0)]
        first = handled.head(center.limits.top_units)
        if len(first):
            are = "分别是" if len(first) > 1 else "是"
            rows.append(
                (
                    key,
                    group.name,
                    wording.top(len(first)),
                    are,
                    list(first["unit"]),
                    int(first["handled"].sum()),
                )
            )
    counts = pd.DataFrame(rows, columns=["group", "name", "top", "are", "units", "count"])
    counts = shared(counts, whole)
    of = {"total": "诉求总量", "handlings": "承办总量"}[center.units_share_of]
    return counts.assign(share=counts["share"].where(counts["count"] <= whole, None), of=of)


def of_units(handlings: pd.DataFrame, units: Iterable[str], center: Center) -> pd.DataFrame:
    """The handlings of these units, with their `group`."""
    rows = handlings[handlings["unit"].isin(list(units))]
    return rows.assign(group=rows["unit"].map(center.group_of).fillna(UNKNOWN))


def by_step(requests_by_day: pd.Series, period: Period, covered: Coverage | None = None) -> pd.DataFrame:
    """day, count: the first day of every step of the period (hotline.periods), zero where nothing came in.

    Missing where not all days of the step are `covered`: what is there of them is no count of the step.
    """
    rows = [
        (pd.Timestamp(first), int(_between(requests_by_day, first, after).sum()), after - timedelta(days=1))
        for first, after in period.steps
    ]
    steps = pd.DataFrame(rows, columns=["day", "count", "last"])
    if covered is not None:
        known = [
            covered.holds(day.date(), last) for day, last in zip(steps["day"], steps["last"], strict=True)
        ]
        steps["count"] = steps["count"].astype("Int64").where(known)
    return steps[["day", "count"]]


def total(requests_by_day: pd.Series, period: Period) -> int:
    """Requests of a period."""
    return int(of_period(requests_by_day, period).sum())


def of_period(requests_by_day: pd.Series, period: Period) -> pd.Series:
    """The days of a period."""
    return _between(requests_by_day, period.starts, period.cutoff_day)


def by_period(requests_by_day: pd.Series, periods: Iterable[Period]) -> pd.DataFrame:
    """period, count: requests of each period, from the first that has any on (before it nothing is known)."""
    rows = [(period, total(requests_by_day, period)) for period in periods]
    first = next((index for index, (_, count) in enumerate(rows) if count), len(rows))
    return pd.DataFrame(rows[first:], columns=["period", "count"])


def _between(requests_by_day: pd.Series, first: date, after: date) -> pd.Series:
    days = requests_by_day.index
    return requests_by_day[(days >= pd.Timestamp(first)) & (days < pd.Timestamp(after))]


def _counts(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return (
        rows[column]
        .fillna(NOT_STATED)
        .value_counts(sort=False)
        .rename("count")
        .rename_axis(column)
        .reset_index()
    )


def _empty(column: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=str), "count": pd.Series(dtype="int64")})
