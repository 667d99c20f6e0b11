"""The chart forms with hard frames: what they draw is measured in a browser, what they say is read."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from nbformat import v4
from printed import exported, masthead, notebook

from hotline import charts, measures, periods
from hotline.charts import style, text

ENGLISH = [
    "UNSANITARY CONDITION", "Department of Housing Preservation and Development", "HEAT/HOT WATER", "PAINT/PLASTER",
    "NYC Department of Environmental Protection – Bureau of Water and Sewer Operations",
    "NYC Department of Environmental Protection – Bureau of Customer Services",
]  # fmt: skip
CHINESE = [
    "临沂市莒南县自然资源和规划局（县林业局）不动产登记中心", "临沂市莒南县自然资源和规划局（县林业局）执法监察大队",
    "国网山东省电力公司莒南县供电公司客户服务中心（营销部）", "十字路街道", "中国移动通信集团山东有限公司莒南分公司", "县医院",
]  # fmt: skip


def units(names: list[str], largest: int = 1801) -> pd.DataFrame:
    """unit, handled, closed, and printed rates, from the largest down to a unit without any."""
    handled = [largest * (len(names) - place) // len(names) for place in range(len(names))]
    return pd.DataFrame({
        "unit": names,
        "handled": handled,
        "closed": [count * 58 // 100 for count in handled],
        "service": [("0%", "66.67%", "-", "100%")[place % 4] for place in range(len(names))],
        "result": [("100%", "66.67%", "-", "50%")[place % 4] for place in range(len(names))],
    })  # fmt: skip


def bars(rows: pd.DataFrame):
    labels = ("截止时已办结（括号中）", "尚未办结")
    return charts.bars(rows, "unit", "handled", "承办量与办结量", part="closed", labels=labels)


def dots(rows: pd.DataFrame):
    rates = {"service": "服务过程", "result": "办理结果"}
    return charts.dots(rows, "unit", rates, "回访满意率", full="100%", rest="（其余{rest}个未列出）")


def parts(names: list[str], largest: int = 1801):
    rows = pd.DataFrame({"topic": names, "count": [largest - 97 * place for place in range(len(names))]})
    pieces = [
        (topic, f"{topic}{end}", int(count * share))
        for topic, count in rows.itertuples(index=False)
        for end, share in (("的甲类问题", 0.41), ("的乙类问题", 0.25), ("丙", 0.14), ("丁", 0.05))
    ]
    pieces = pd.DataFrame(pieces, columns=["topic", "subtopic", "count"])
    rows["subtopics"] = [list(pieces.loc[pieces["topic"] == name, "subtopic"]) for name in names]
    return charts.parts(rows, pieces, "topic", "subtopic", "热点问题", named="subtopics")


def steps(name: str, history: int, daily: int):
    """A period with `history` periods of data up to it, about `daily` requests a day."""
    period = periods.parse(name)
    days = pd.date_range(period.shift(1 - history).starts, period.ends)
    by_day = pd.Series([daily + daily * (place * 7 % 5) // 9 for place in range(len(days))], index=days)
    return charts.steps_and_trend(
        measures.by_step(by_day, period),
        measures.by_step(by_day, period.previous),
        measures.by_period(by_day, [period.shift(-back) for back in reversed(range(13))]),
        period,
        "受理量",
        "件",
    )


def weeks(number: int, level: int, alarms: tuple[int, ...] = ()) -> pd.DataFrame:
    """period, count, low, high, alarm; the first fifth has no range yet."""
    latest = periods.parse("2021-W43")
    place = np.arange(number)
    middle = level * (1 + 0.4 * np.sin(place / 8))
    known = place >= number // 5
    return pd.DataFrame({
        "period": [latest.shift(back - number + 1) for back in range(number)],
        "count": [int(each * (1.8 if at in alarms else 1 + (at * 7 % 5 - 2) / 14)) for at, each in enumerate(middle)],
        "low": np.where(known, (middle * 0.75).round(), np.nan),
        "high": np.where(known, (middle * 1.3).round(), np.nan),
        "alarm": [at in alarms for at in place],
    })  # fmt: skip


def compared(names: list[str]) -> pd.DataFrame:
    place = np.arange(len(names))
    expected = 88 + place % 7
    return pd.DataFrame({
        "unit": names, "observed": [f"{each}%" for each in np.clip(expected + (place * 5 % 13) - 7, 0, 100)],
        "expected": expected, "low": expected - 4.5, "high": np.minimum(expected + 4.5, 100),
        "band": [("低于", "相当", "优于")[each % 3] for each in place],
    })  # fmt: skip


def intervals(rows: pd.DataFrame):
    return charts.intervals(
        rows, "unit", "observed", "expected", "low", "high", "band", "按时办结率与应有水平"
    )


def changes(names: list[str], numbers: list[int]):
    return charts.changes(pd.DataFrame({"unit": names, "count": numbers}), "unit", "count", "变动来源")


HARD = {
    "English names": [bars(units(ENGLISH)), dots(units(ENGLISH)), parts(ENGLISH), intervals(compared(ENGLISH))],
    "Chinese names": [bars(units(CHINESE)), dots(units(CHINESE)), parts(CHINESE), intervals(compared(CHINESE))],
    "200 units": [form(units([f"第{n}街道办事处" for n in range(200)])) for form in (bars, dots)]
    + [intervals(compared([f"第{n}街道办事处" for n in range(200)]))],
    "one row": [bars(units(["大店镇"], 1)), parts(["居民生活"], 7), intervals(compared(["大店镇"])), changes(["大店镇"], [-3])],
    "nothing but noughts": [bars(units(["甲", "乙"], 0)), changes(["甲", "乙"], [0, 0])],
    "five digits": [bars(units(CHINESE, 98_765)), parts(CHINESE, 98_765), steps("2021-W43", 13, 44_444), changes(CHINESE, [12_345, -9, 30_000, -45_678, 0, 1])],
    "week": [steps("2021-W43", 13, 240)],
    "two weeks of history": [steps("2021-W43", number, 240) for number in (2, 4, 6)],
    "month": [steps("2021-10", number, 2400) for number in (1, 13)],
    "quarter": [steps("2021-Q4", number, 240) for number in (2, 13)],
    "year": [steps("2021", number, 2400) for number in (1, 5)],
    "expectation": [charts.against_expectation(weeks(*how), "居民生活受理量与常年范围") for how in ((53, 240, (30, 52)), (160, 12_345), (13, 3, (12,)), (2, 9), (1, 9))],
    "changes": [changes(ENGLISH, [41, 12, 3, -2, -17, -160]), changes(CHINESE, [5, 4, 3, 2, 2, 1])],
}  # fmt: skip

MEASURE = """() => {
  const problems = []
  for (const svg of document.querySelectorAll('figure.chart svg')) {
    const frame = svg.getBoundingClientRect()
    if (!frame.width) continue
    const boxes = [...svg.querySelectorAll('text')].map(e => {
      // The line's box is taller than its letters: what touches is the letters.
      const r = e.getBoundingClientRect(), inset = r.height * 0.16
      return {text: e.textContent, left: r.left, right: r.right, top: r.top + inset, bottom: r.bottom - inset,
              size: parseFloat(getComputedStyle(e).fontSize) * frame.width / svg.viewBox.baseVal.width}
    })
    for (const [at, one] of boxes.entries()) {
      if (one.left < frame.left - .5 || one.right > frame.right + .5 || one.top < frame.top - .5 || one.bottom > frame.bottom + .5)
        problems.push(['clipped', one.text])
      if (one.size < 11) problems.push(['small', one.text, one.size])
      for (const two of boxes.slice(at + 1))
        if (one.left < two.right - .5 && two.left < one.right - .5 && one.top < two.bottom - .5 && two.top < one.bottom - .5)
          problems.push(['overlap', one.text, two.text])
    }
  }
  return problems
}"""


def page(drawn: list) -> str:
    """The charts as the page shows them."""
    outputs = []
    for each in drawn:
        data, about = each._repr_mimebundle_()
        outputs.append(v4.new_output("display_data", data, metadata=about))
    return exported(notebook(masthead(), "## 甲", *outputs), "html")


@pytest.mark.slow
@pytest.mark.parametrize("case", HARD)
def test_no_text_is_clipped_or_lies_on_another(browser, tmp_path, case):
    """In a telephone's width, on a small screen and a large one, every text of a chart is whole, apart, and 11 px or more."""
    path = tmp_path / "page.html"
    path.write_text(page(HARD[case]), encoding="utf-8")
    context = browser.new_context(viewport={"width": 360, "height": 800})
    shown = context.new_page()
    shown.goto(path.as_uri())
    for width in (360, 640, 641, 1280, 1920):
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.locator("figure.chart svg:visible").count() == len(HARD[case])
        assert (width, shown.evaluate(MEASURE)) == (width, [])
    context.close()


def test_no_text_leaves_a_chart_on_paper(tmp_path):
    """The PDF of every hard chart: no character beyond the type area at the left or right."""
    import pypdfium2

    drawn = [chart for group in HARD.values() for chart in group]
    outputs = [v4.new_output("display_data", data, metadata=about) for data, about in (each._repr_mimebundle_() for each in drawn)]  # fmt: skip
    document = pypdfium2.PdfDocument(exported(notebook(masthead(), "## 甲", *outputs), "pdf"))
    for sheet in document:
        words, (width, _) = sheet.get_textpage(), sheet.get_size()
        boxes = [words.get_charbox(index) for index in range(words.count_chars())]
        assert all(
            box[0] >= (width - style.WIDE) / 2 - 12 and box[2] <= (width + style.WIDE) / 2 + 12
            for box in boxes
        )


def test_nothing_to_draw_is_no_chart():
    """Every form gives None for a frame without rows, so a cell that ends with it shows nothing."""
    none = units([])
    assert [bars(none), dots(none), changes([], []), intervals(compared([]))] == [None] * 4
    assert parts([]) is None
    assert charts.against_expectation(weeks(0, 1), "无") is None
    assert steps("2021-W43", 0, 1) is None


def test_one_row_of_rates_is_no_chart():
    """Rates are drawn to be compared; full ones are left out and counted in the title."""
    rows = units(["甲", "乙", "丙", "丁", "戊"])
    rows["service"], rows["result"] = ["0%", "50%", "100%", "-", "-"], ["100%", "-", "100%", "100%", "-"]
    chart = dots(rows)
    assert chart.title == "回访满意率（其余2个未列出）"
    assert chart.description == "服务过程、办理结果满意率：甲 0%、100%、乙 50%、-。"
    assert dots(rows.tail(4)) is None


@pytest.mark.parametrize("case", HARD)
def test_a_chart_is_the_same_bytes_and_described_in_full(case):
    """Both drawings are the same each time; whatever name a drawing shortens, the description holds whole."""
    for chart in HARD[case]:
        assert re.search(r"\d", chart.description)
        for svg in (chart.svg, chart.narrow):
            for shown in BeautifulSoup(svg, "xml").find_all("text"):
                head, cut, tail = shown.text.partition("…")
                if cut:
                    assert re.search(re.escape(head) + ".*" + re.escape(tail), chart.description), shown.text
    rows = units(CHINESE)
    assert bars(rows) == bars(rows)


def test_what_is_not_drawn_is_said():
    """More rows than a page holds: the rest is counted under the chart; asked for the first sixteen, the title says so."""
    rows = units([f"第{n}街道" for n in range(200)])
    assert f"其余{200 - style.MOST}个未画出" in bars(rows).svg
    top = charts.bars(rows, "unit", "handled", "承办量{top}", top=16)
    assert top.title == "承办量前十六位"
    assert "未画出" not in top.svg
    assert charts.bars(rows.head(3), "unit", "handled", "承办量{top}", top=16).title == "承办量"


def test_shortened_names_stay_apart():
    """Two units that begin alike do not become the same words."""
    short = text.names(CHINESE, text.width("字" * 12))
    assert len(set(short)) == len(CHINESE)
    assert short[0].startswith("临沂市")
    assert short[0].endswith("登记中心")
    assert all(text.width(each) <= text.width("字" * 12) for each in short)


def test_lengths_are_the_numbers():
    """Bars of one chart are as their numbers, to a hundredth of a point."""
    svg = bars(units(["甲", "乙", "丙"], 300)).svg
    light, dark = (
        [
            float(wide)
            for path in re.findall(rf'd="([^"]+)" style="fill:{colour}"', svg)
            for wide in re.findall(r"h([\d.]+)v", path)
        ][-3:]
        for colour in (style.LIGHT, style.DARK)
    )
    drawn = [one + two for one, two in zip(dark, light, strict=True)]
    assert [round(length / drawn[0], 2) for length in drawn] == [1, 0.67, 0.33]


def test_names_are_text_in_a_drawing():
    """Markup in a name is characters, and a character that XML cannot hold is replaced."""
    chart = bars(units(["<b>&\x0b甲", "乙"]))
    assert "<b>&\ufffd甲" in [each.text for each in BeautifulSoup(chart.svg, "xml").find_all("text")]


def test_gain_and_loss_carry_their_sign():
    """A change says + or −; what did not move says 0."""
    chart = changes(["甲", "乙", "丙"], [12, -3, 0])
    assert chart.description == "甲 +12、乙 −3、丙 0。"


def test_the_notebook_keeps_both_drawings():
    """What a cell shows is the chart for the page; the one for a telephone goes with it for the exporters."""
    data, about = HARD["week"][0]._repr_mimebundle_()
    assert json.dumps([data, about])
    assert about["hotline"]["narrow"] != data["image/svg+xml"]
