"""The example wuyou: what other centers print is a line or two of a notebook; each sentence counted again by hand."""

import csv
import json
import re
from collections import Counter
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import documents
import nbformat
import pytest
import yaml
from commands import hotline
from documents import PROJECT
from opening import opened

PAGE, HEADING = "docs/analyst.zh.md", "别的中心印的说法"
SHOWN = "2024-02"
"""The issue that the page quotes."""


class Hand:
    """A month counted from the exports with the csv module and a loop: no code of the package."""

    def __init__(self, home, month: str):
        year, number = map(int, month.split("-"))
        self.start, self.cutoff = datetime(year, number, 1), datetime(year, number + 1, 1)
        self.profile = yaml.safe_load((home / "params/wuyou/center.yml").read_text(encoding="utf-8"))
        self.handlings: dict[str, list[dict]] = {}
        for path in sorted((home / "data/exports").glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                newer: dict[str, list[dict]] = {}
                for line in csv.DictReader(file):
                    newer.setdefault(line["工单号"], []).append(line)
            self.handlings |= newer
        mine = {id: lines for id, lines in self.handlings.items() if self.within(lines[0]["来电时间"])}
        self.requests = list(mine.values())
        self.given = [line for lines in self.requests for line in lines if line["承办单位"]]
        self.all = [line for lines in self.handlings.values() for line in lines]

    def within(self, text: str) -> bool:
        return bool(text) and self.start <= moment(text) < self.cutoff

    def closed(self, line: dict) -> bool:
        return bool(line["实际办结时间"]) and moment(line["实际办结时间"]) < self.cutoff

    @property
    def closings(self) -> list[list[dict]]:
        return [lines for lines in self.requests if all(map(self.closed, lines))]

    @property
    def units(self) -> list[str]:
        """As the annexes list them: group by group, by what they handled."""
        handled = Counter(line["承办单位"] for line in self.given)
        groups = self.profile["unit_groups"].values()
        return [unit for group in groups for unit in sorted(group["units"], key=lambda each: -handled[each])]

    @property
    def due(self) -> dict[str, Counter]:
        """unit → how many of its handlings that fell due in the month were closed in time, too late, not at all."""
        outcomes = {unit: Counter() for unit in self.units}
        for line in self.all:
            if line["承办单位"] and self.start < (due := moment(line["应办结时间"])) <= self.cutoff:
                in_time = self.closed(line) and moment(line["实际办结时间"]) <= due
                outcome = "按时" if in_time else "超时" if self.closed(line) else "未办结"
                outcomes[line["承办单位"]][outcome] += 1
        return outcomes

    @property
    def ratings(self) -> dict[str, list[bool]]:
        """unit → of each rating of a visit made in the month, whether it is satisfied."""
        unsatisfied, ratings = {"不满意", "非常不满意"}, {unit: [] for unit in self.units}
        for line in self.all:
            if self.within(line["回访时间"]) and line["群众评价"] not in ("未接通", "不愿评价", ""):
                ratings[line["承办单位"]].append(line["群众评价"] not in unsatisfied)
        return ratings


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


def rounded(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def share(part: int, whole: int) -> str:
    return rounded(Decimal(100 * part) / whole) + "%"


def issue(hand: Hand) -> str:
    """The first was January 2019's."""
    return f"第{hand.start.month}期（总第{12 * (hand.start.year - 2019) + hand.start.month}期）"


def total(hand: Hand) -> str:
    now, month = len(hand.requests), hand.start.month
    before = sum(
        moment(lines[0]["来电时间"]).month == month - 1 for lines in hand.handlings.values()
    )  # all of one year
    count, percent = ("增加", "上升") if now > before else ("减少", "下降")
    moved = f"较上月{count}{abs(now - before)}件，环比{percent}{share(abs(now - before), before)}"
    return f"2024年{month}月，市12345热线共受理群众诉求{now}件，{moved}。"


def channels(hand: Hand) -> str:
    counts = Counter(lines[0]["受理渠道"] for lines in hand.requests)
    assert counts.keys() == set(hand.profile["channels"])
    said = [
        f"{name}受理{counts[name]}件，占{share(counts[name], len(hand.requests))}"
        for name in hand.profile["channels"]
    ]
    return f"从渠道看，{'；'.join(said)}。"


def ways(hand: Hand) -> str:
    handed_on = sum(any(line["承办单位"] for line in lines) for lines in hand.requests)
    whole, direct = len(hand.requests), len(hand.requests) - handed_on
    return f"从办理方式看，直办{direct}件，占{share(direct, whole)}；转办{handed_on}件，占{share(handed_on, whole)}。"


def carried(hand: Hand) -> str:
    waiting = []
    for lines in hand.handlings.values():
        if moment(lines[0]["来电时间"]) < hand.start:
            still = [
                line
                for line in lines
                if not line["实际办结时间"] or moment(line["实际办结时间"]) >= hand.start
            ]
            waiting += [still] if still else []
    closed = len(hand.closings) + sum(all(map(hand.closed, lines)) for lines in waiting)
    return (
        f"加上上月结转的{len(waiting)}件，本月共办理{len(waiting) + len(hand.requests)}件，办结{closed}件。"
    )


def closings(hand: Hand) -> str:
    rate = share(len(hand.closings), len(hand.requests))
    return f"本月受理的诉求中，已办结{len(hand.closings)}件，办结率{rate}。"


def closed_kinds(hand: Hand) -> str:
    counts = Counter(lines[0]["事项类型"] for lines in hand.closings)
    order = sorted(counts, key=lambda kind: (-counts[kind], hand.profile["kinds"].index(kind)))
    whole = len(hand.closings)
    said = [
        f"{kind}{counts[kind]}件"
        + (f"，占{share(counts[kind], whole)}" if 100 * counts[kind] >= whole else "")
        for kind in order
    ]
    return f"办结的诉求中，{'；'.join(said)}。"


def topics(hand: Hand) -> str:
    counts = Counter(lines[0]["一级事项"] for lines in hand.requests)
    parts = Counter((lines[0]["一级事项"], lines[0]["二级事项"]) for lines in hand.requests)
    said = []
    for topic in sorted(counts, key=lambda each: (-counts[each], each))[:5]:
        mine = sorted((-n, part) for (of, part), n in parts.items() if of == topic)
        each = "、".join(f"{part}{-n}件" for n, part in mine)
        said.append(f"{topic}类{counts[topic]}件，占{share(counts[topic], len(hand.requests))}，其中{each}。")
    return "\n\n".join(said)


def groups(hand: Hand) -> str:
    said = []
    for group in hand.profile["unit_groups"].values():
        count = sum(line["承办单位"] in group["units"] for line in hand.given)
        said.append(f"交{group['name']}办理{count}件，占转办总量的{share(count, len(hand.given))}")
    return f"{'；'.join(said)}。"


def timely(hand: Hand) -> str:
    said = []
    for group in hand.profile["unit_groups"].values():
        for unit in sorted(group["units"], key=lambda each: -hand.due[each].total()):
            outcomes = hand.due[unit]
            if outcomes["按时"] < outcomes.total():
                each = "，".join(f"{name}{outcomes[name]}件" for name in ("按时", "超时", "未办结"))
                said.append(f"{unit}应办结{outcomes.total()}件，{each}")
    return f"有超时、未办结的单位：{'；'.join(said)}。"


def satisfied(hand: Hand) -> str:
    given = [each for ratings in hand.ratings.values() for each in ratings]
    yes, no = share(sum(given), len(given)), share(len(given) - sum(given), len(given))
    return f"本月回访有效评价{len(given)}件，满意率{yes}，不满意率{no}。"


def scores(hand: Hand) -> str:
    scored = {}
    for unit in hand.units:
        ratings, due = hand.ratings[unit], hand.due[unit]
        if ratings and due.total():
            content = Decimal(100 * sum(ratings)) / len(ratings)
            on_time = Decimal(100 * due["按时"]) / due.total()
            first = max(Decimal("12.5"), 25 - Decimal("0.5") * max(Decimal(0), 95 - content))
            scored[unit] = first + max(Decimal(0), 15 - max(Decimal(0), 90 - on_time))
    order = sorted(scored, key=lambda unit: -scored[unit])
    return f"综合得分：{'、'.join(f'{unit}{rounded(scored[unit])}分' for unit in order)}。"


BY_HAND = (
    issue,
    total,
    channels,
    ways,
    carried,
    closings,
    closed_kinds,
    topics,
    groups,
    timely,
    satisfied,
    scores,
)
"""What each block of the page prints, in its order."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """`hotline init`, all exports imported, the months rendered."""
    home = tmp_path_factory.mktemp("wuyou") / "乌有"
    said = hotline(home.parent, "init", home, "--example", "wuyou")
    assert re.search(r"hotline render 2024-04 +生成最近一期月报", said)
    said = hotline(home, "import", "data/exports")
    assert "搁置 0" in said.splitlines()[-4]
    said = hotline(home, "render", SHOWN, "--to", "html,pdf,docx,xlsx")
    said += hotline(home, "render", "2024-01:2024-04", "--to", "html")
    assert "环比下降24.42%" in said
    assert "环比上升" in said
    assert "下降24.42%" in (home / "outputs/wuyou/index.html").read_text(encoding="utf-8")
    return home


def printed(home, month: str) -> dict[str, str]:
    """The source of each cell of the issue → the sentences that it prints; of the masthead which issue it is."""
    nb = nbformat.read(home / "outputs/wuyou" / month / "bulletin.ipynb", as_version=4)
    shown = {
        cell.source: (output.metadata["hotline"], output.data["text/plain"])
        for cell in nb.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "hotline" in output.get("metadata", {})
    }
    return {
        code: about["about"]["issue"] if "about" in about else text for code, (about, text) in shown.items()
    }


def lines() -> list[tuple[str, str]]:
    """(the sentence that the page quotes, the lines of code under it)."""
    blocks = re.findall(r"^> ([^\n]*)\n\n```python\n(.*?)\n```$", documents.text(PAGE), re.M | re.S)
    assert len(blocks) == len(documents.blocks(PAGE, HEADING))
    return blocks


@pytest.mark.parametrize("month", ["2024-02", "2024-03", "2024-04"])
def test_each_line_of_the_page_prints_what_hand_counting_gives(home, month):
    """The lines stand in the center's notebook as on the page; a month that fell, and two that rose."""
    said, hand = printed(home, month), Hand(home, month)
    assert [said[code] for _, code in lines()] == [count(hand) for count in BY_HAND]


def test_the_page_quotes_the_issue(home):
    """Each sentence as it is printed; of several paragraphs the first."""
    said = printed(home, SHOWN)
    assert [quoted for quoted, _ in lines()] == [said[code].split("\n\n")[0] for _, code in lines()]


def test_every_count_of_the_page_can_be_opened(home, monkeypatch):
    """`hotline rows` lists what was carried over, closings by request, 满意率's visits, 按时 and 未办结 of each unit."""
    names = opened(home, monkeypatch, "wuyou", SHOWN)
    assert {
        "at_hand.carried",
        "ways.转办.requests_closed",
        "closed_kinds.咨询.count",
        "subtopics.城乡建设.供水",
        "groups.districts.count",
        "timely.东乌区.closed_late",
        "visits.result.unsatisfied",
    } <= {*names}


def test_what_was_carried_over_into_the_first_month_is_not_said(home):
    """The archive begins with January: what was open before it nobody knows."""
    figures = json.loads((home / "outputs/wuyou/2024-01/figures.json").read_text())["figures"]
    assert "at_hand" not in figures
    assert figures["difference"] is None
    assert "结转的" not in "".join(printed(home, "2024-01").values())


def test_the_example_is_the_repositorys(home):
    """A center's own notebook comes with its profile."""
    for name in ("bulletin.ipynb", "center.yml"):
        assert (home / "params/wuyou" / name).read_bytes() == (PROJECT / "examples/wuyou" / name).read_bytes()
