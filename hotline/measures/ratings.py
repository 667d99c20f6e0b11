"""三率: what the visits of the period say, whether the first contact came in time, what came back.

Visits are those made in the period, whenever their requests were received (rule 7).
"""

from datetime import timedelta

import numpy as np
import pandas as pd

from hotline.center import Center
from hotline.measures.tallies import (
    handled,
    in_groups,
    known_at,
    sums_by_unit,
    tally,
    tally_by_unit,
    with_rates,
)
from hotline.measures.timeliness import deadline
from hotline.periods import Period

QUESTIONS = {"service": "服务过程", "result": "办理结果"}
"""What a visit rates: the column's beginning, and its name."""
ANSWERS = ("satisfied", "unsatisfied", "unreached", "excluded", "unknown")
RESPONSES = ("responded_in_time", "responded_late", "not_responded")
REPEAT_DAYS = 30
"""A repeat request comes within so many days of the one before it."""


def answers(ratings: pd.Series, center: Center) -> pd.Series:
    """Each rating as one of ANSWERS, by the profile's words; missing where there is none.

    A word that the profile does not know is `unknown`: it is counted and named, never taken for dissatisfaction.
    """
    kinds = {word: kind for kind in ANSWERS[:-1] for word in getattr(center, kind)}
    return ratings.map(kinds).fillna("unknown").where(ratings.notna()).astype("str")


def rated(visits: pd.DataFrame, center: Center) -> dict[str, pd.DataFrame]:
    """The visits behind the counts of `satisfaction`, a row each, with their `question`: visits, rated, each of ANSWERS."""
    parts = [
        visits.assign(question=question, answer=answers(visits[f"{question}_rating"], center))
        for question in QUESTIONS
    ]
    rows = pd.concat(parts, ignore_index=True)
    by_answer = {answer: rows[rows["answer"] == answer] for answer in ANSWERS}
    return {"visits": rows, "rated": rows[rows["answer"].isin(ANSWERS[:2])], **by_answer}


def satisfaction(visits: pd.DataFrame, center: Center) -> pd.DataFrame:
    """question, name, visits, rated, one column of each of ANSWERS, satisfied_rate, unsatisfied_rate, words.

    One row a question. `rated` are satisfied and unsatisfied together, the denominator of both rates; `words` lists
    the ratings that the profile does not know.
    """
    rows = []
    for question, name in QUESTIONS.items():
        ratings = visits[f"{question}_rating"]
        answer = answers(ratings, center)
        counts = tally(answer.to_frame("answer"), "answer", ANSWERS).iloc[0].to_dict()
        rated = counts["satisfied"] + counts["unsatisfied"]
        words = sorted(ratings[answer == "unknown"].unique())
        rows.append(
            {
                "question": question,
                "name": name,
                "visits": len(visits),
                "rated": rated,
                **counts,
                "words": words,
            }
        )
    rates = {f"{answer}_rate": (answer, "rated") for answer in ANSWERS[:2]}
    return with_rates(pd.DataFrame(rows), center, **rates)


def solved(visits: pd.DataFrame, center: Center) -> pd.DataFrame:
    """One row: solved, unsolved, answered (both together), solved_rate: 解决率 of the visits that asked."""
    counts = tally(visits, "solved", (True, False)).set_axis(["solved", "unsolved"], axis=1)
    counts["answered"] = counts.sum(axis=1)
    return with_rates(counts, center, solved_rate=("solved", "answered"))


def rates(
    responses: pd.DataFrame, solved: pd.DataFrame, satisfaction: pd.DataFrame, center: Center
) -> pd.DataFrame:
    """name, rate, of, whole, did, part: 响应率, 解决率, 满意率 for service and result, of what they are and how many were.

    The frames are those of the functions of these names; a rate of nothing is left out.
    """
    rows = [
        ("响应率", "应响应", responses["respond_due"][0], "按时响应", responses["responded_in_time"][0]),
        ("解决率", "回访答复", solved["answered"][0], "已解决", solved["solved"][0]),
        *(
            (f"{name}满意率", "有效评价", rated, "满意", satisfied)
            for name, rated, satisfied in satisfaction[["name", "rated", "satisfied"]].itertuples(index=False)
        ),
    ]
    counts = pd.DataFrame(rows, columns=["name", "of", "whole", "did", "part"])
    return with_rates(counts[counts["whole"] > 0].reset_index(drop=True), center, rate=("part", "whole"))


def ratings_by_unit(visits: pd.DataFrame, center: Center) -> pd.DataFrame:
    """Index unit; visits, service_rated, service_satisfied, result_rated, result_satisfied, answered, solved."""
    marks = {"visits": visits["unit"].notna()}
    for question in QUESTIONS:
        answer = answers(visits[f"{question}_rating"], center)
        marks[f"{question}_rated"] = answer.isin(ANSWERS[:2])
        marks[f"{question}_satisfied"] = answer == "satisfied"
    answered = visits["solved"].notna()
    return sums_by_unit(
        visits["unit"], {**marks, "answered": answered, "solved": answered & visits["solved"]}
    )


def responses_due_in(handlings: pd.DataFrame, period: Period, center: Center) -> pd.DataFrame:
    """The handlings whose first contact was due in the period, with `deadline` and `outcome`, one of RESPONSES.

    Due is `respond_due_at`, else the profile's `respond_hours` after the receipt; start < due ≤ cut-off. A handling
    that has neither is not in it.
    """
    due = deadline(handlings["respond_due_at"])
    if center.respond_hours is not None:
        due = due.fillna(handlings["requested_at"] + timedelta(hours=center.respond_hours))
    within = (due > period.start) & (due <= period.cutoff) & (handlings["requested_at"] < period.cutoff)
    rows = handled(handlings.assign(deadline=due)[within], center)
    responded = known_at(rows["responded_at"], period.cutoff)
    outcome = np.select(
        [responded.isna(), responded <= rows["deadline"]],
        ["not_responded", "responded_in_time"],
        "responded_late",
    )
    return rows.assign(outcome=pd.Series(outcome, rows.index, "str")).reset_index(drop=True)


def responses(due: pd.DataFrame, center: Center) -> pd.DataFrame:
    """One row: respond_due, one column of each of RESPONSES, respond_rate: 响应率. `due` is of `responses_due_in`."""
    return _responded(tally(due, "outcome", RESPONSES), center)


def responses_by_unit(due: pd.DataFrame, center: Center) -> pd.DataFrame:
    """group, unit and the columns of `responses`, of every unit whose first contact was due in the period."""
    return in_groups(_responded(tally_by_unit(due, "outcome", RESPONSES), center), "respond_due", center)


def _responded(counts: pd.DataFrame, center: Center) -> pd.DataFrame:
    counts.insert(counts.columns.get_loc(RESPONSES[0]), "respond_due", counts[list(RESPONSES)].sum(axis=1))
    return with_rates(counts, center, respond_rate=("responded_in_time", "respond_due"))


def returned_in(handlings: pd.DataFrame, period: Period, center: Center) -> pd.DataFrame:
    """The handlings returned for redoing in the period, whenever received; each counts once."""
    at = handlings["returned_at"]
    within = (at >= period.start) & (at < period.cutoff)
    return handled(handlings[within], center).reset_index(drop=True)


def redone(returned: pd.DataFrame, received: pd.DataFrame, center: Center) -> pd.DataFrame:
    """One row: handled, redone, redone_rate: 重办率, the handlings returned in the period per handling received."""
    counts = pd.DataFrame([{"handled": len(handled(received, center)), "redone": len(returned)}])
    return with_rates(counts, center, redone_rate=("redone", "handled"))


def repeated(handlings: pd.DataFrame, period: Period, center: Center) -> pd.DataFrame:
    """One row per request of the period: request_id, requested_at, and `repeat`, missing where nobody can say.

    Where the profile maps `repeat_of`, a repeat is what the platform marks so. Else it is a request by the same caller
    on the same topic with the same unit (or none) within REPEAT_DAYS of the one before; a request without caller or
    topic is missing. `handlings` are those received since REPEAT_DAYS before the period.
    """
    known = handlings[handlings["requested_at"] < period.cutoff].sort_values(["requested_at", "request_id"])
    if "repeat_of" in center.columns:
        repeat = known["repeat_of"].notna()
    else:
        key = [known["caller"], known["topic"], known["unit"].fillna("")]
        waited = known.groupby(key, observed=True)["requested_at"].diff()
        repeat = (waited <= timedelta(days=REPEAT_DAYS)).astype("boolean")
        repeat = repeat.mask(known["caller"].isna() | known["topic"].isna())
    rows = known.assign(repeat=repeat.astype("boolean"))[known["requested_at"] >= period.start]
    by_request = rows.groupby("request_id", sort=False)
    return by_request.agg(requested_at=("requested_at", "first"), repeat=("repeat", "max")).reset_index()


def repeats(repeated: pd.DataFrame, center: Center) -> pd.DataFrame:
    """One row: requests, repeats, repeat_rate, and untold, the requests of which nobody can tell."""
    repeat = repeated["repeat"]
    counts = {"requests": len(repeat), "repeats": int(repeat.sum()), "untold": int(repeat.isna().sum())}
    return with_rates(pd.DataFrame([counts]), center, repeat_rate=("repeats", "requests"))
