"""What is not whole is refused, or printed as incomplete: through the real commands, from exports to every format."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import docx
import material
import numpy as np
import pandas as pd
import pypdfium2
import pytest
from commands import hotline
from conftest import PROJECT
from test_issue43 import html_text

from hotline.archive import Archive
from hotline.coverage import Coverage

HEADERS = ["工单编号", "受理时间", "承办单位", "办结时间"]


def exported(
    home: Path, name: str, first: date, counts: list[int], units=("大店镇", "团林镇"), seed: int = 0
) -> Path:
    """An export with so many requests on each day from `first`, a third of them closed within hours."""
    dice, rows = np.random.default_rng(seed), []
    for number, count in enumerate(counts):
        day = pd.Timestamp(first + timedelta(number))
        for n in range(count):
            at = day + pd.Timedelta(minutes=int(dice.integers(0, 1440)))
            closed = at + pd.Timedelta(hours=3) if n % 3 == 0 else at + pd.Timedelta(days=5)
            rows.append((f"W{day:%Y%m%d}-{n:04d}-{seed}", at, units[n % len(units)], closed))
    frame = pd.DataFrame(rows, columns=HEADERS)
    (home / "data").mkdir(exist_ok=True)
    frame.to_csv(
        path := home / "data" / name, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d %H:%M:%S"
    )
    return path


def figures(home: Path, period: str) -> dict:
    return json.loads((home / f"outputs/junan/{period}/figures.json").read_bytes())


@pytest.fixture
def home(tmp_path) -> Path:
    return material.workspace(tmp_path / "home", issues=True)


def test_the_second_export_alone_has_no_week_before_to_compare_with(home):
    """594 stragglers are no week: W43 is printed without 环比, the analyst is told, W42 is refused."""
    hotline(home, "sample", "data/exports", "--weeks", 2)
    said = hotline(home, "import", *sorted((home / "data/exports").glob("*1105*")))
    assert "完整的日子：2021年10月25日至2021年11月4日" in said
    assert "注意：2021-W42 的数据不完整，缺 2021年10月18日至2021年10月24日，不作环比" in hotline(
        home, "render", "2021-W43", "--to", "html"
    )
    made = figures(home, "2021-W43")
    assert (made["figures"]["total"], made["figures"]["change"], made["figures"]["previous_total"]) == (
        1909,
        None,
        None,
    )
    assert made["coverage"] == {"period": [["2021-10-25", "2021-10-31"]], "previous": [], "year_before": []}
    assert "缺 2021年10月18日至2021年10月24日" in hotline(home, "render", "2021-W42", code=1)


def test_a_week_in_progress_is_refused_or_says_so_everywhere(workspace):
    """Refused by name; asked for all the same it says so in HTML, PDF, Word and the index, with the mean of whole days,
    and is completed later without a correction."""
    said = hotline(workspace, "render", "2021-W44", code=1)
    assert "缺 2021年11月5日至2021年11月7日" in said
    assert "--covers 2021-11-01:2021-11-07" in said
    assert not (workspace / "outputs/junan/2021-W44").exists()
    hotline(workspace, "render", "2021-W44", "--allow-incomplete", "--to", "html,pdf,docx")
    folder = workspace / "outputs/junan/2021-W44"
    texts = [
        html_text(folder / "bulletin.html"),
        "".join(
            page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(folder / "bulletin.pdf")
        ),
        "".join(each.text for each in docx.Document(folder / "bulletin.docx").paragraphs),
    ]
    for text in texts:
        text = "".join(text.split())
        assert "数据不完整：本周缺2021年11月5日至2021年11月7日的完整数据，数据截止11月5日" in text
        assert "环比增加" not in text
        assert "较上周" not in text
    assert "数据不完整" in (workspace / "outputs/junan/index.html").read_text(encoding="utf-8")
    made = figures(workspace, "2021-W44")["figures"]
    assert (made["daily_mean"], made["change"]) == (312, None)  # (1282 - 35) / 4
    rest = exported(workspace, "补_20211108.csv", date(2021, 11, 5), [260, 180, 150], ("大店镇", "团林镇"))
    hotline(
        workspace, "import", rest, "--covers", "2021-11-05:2021-11-05"
    )  # the archive has 35 others of that day
    hotline(workspace, "render", "2021-W44")
    made = figures(workspace, "2021-W44")
    assert "corrections" not in made
    assert "数据不完整" not in html_text(folder / "bulletin.html")
    assert made["figures"]["change"] is not None


def test_a_month_in_progress_is_refused(workspace):
    """As a week is."""
    assert "缺 2021年10月1日至2021年10月17日" in hotline(workspace, "render", "2021-10", code=1)


def test_a_missed_week_between_two_is_no_baseline(home):
    """Its stragglers alone are there: neither is it printed, nor does the week after compare with it."""
    whole, straggling = [60, 58, 55, 57, 52, 40, 38], [22, 20, 19, 21, 18, 15, 14]
    hotline(home, "import", exported(home, "工单_20210607.csv", date(2021, 5, 31), whole))
    both = exported(home, "工单_20210621.csv", date(2021, 6, 14), whole)
    late = exported(home, "x.csv", date(2021, 6, 7), straggling, seed=1)
    rows = pd.read_csv(late)
    rows["办结时间"] = ""
    pd.concat([rows, pd.read_csv(both)]).to_csv(both, index=False, encoding="utf-8-sig")
    hotline(home, "import", both)
    assert "缺 2021年6月7日至2021年6月13日" in hotline(home, "render", "2021-W23", code=1)
    hotline(home, "render", "2021-W24", "--to", "html")
    assert figures(home, "2021-W24")["figures"]["change"] is None


def test_exports_of_single_units_cover_nothing_until_somebody_says_so(home):
    """Each is a part; together, and said so by --covers, they are the week; the claim is kept without a row changed."""
    for number, unit in enumerate(("大店镇", "团林镇")):
        hotline(
            home,
            "import",
            exported(home, f"{unit}_20210607.csv", date(2021, 5, 31), [30] * 7, (unit,), number),
        )
    assert "数据不完整" in hotline(home, "render", "2021-W22", code=1)
    assert "看不懂" in hotline(home, "import", "--covers", "上周", code=1)
    said = hotline(home, "import", "--covers", "2021-05-31:2021-06-06")
    assert "完整的日子：2021年5月31日至2021年6月6日" in said
    hotline(home, "render", "2021-W22", "--to", "html")
    assert figures(home, "2021-W22")["figures"]["total"] == 420


def test_an_export_of_changes_alone_covers_no_earlier_day(home):
    """It repeats a few requests of days of which the archive has more: what they have is no week."""
    first = exported(home, "工单_20210607.csv", date(2021, 5, 31), [60] * 7)
    hotline(home, "import", first)
    changed = pd.read_csv(first).iloc[::5]
    changed["办结时间"] = "2021-06-08 09:00:00"
    changed.to_csv(home / "data/变更_20210609.csv", index=False, encoding="utf-8-sig")
    hotline(home, "import", "data/变更_20210609.csv")
    held = Coverage.load(Archive(home / "data/archive", "junan").coverage())
    assert not held.within(date(2021, 6, 7), date(2021, 6, 8))


def test_an_archive_of_the_first_release_is_inferred_until_the_next_import(home):
    """`status` says so; the next import keeps what was inferred, and adds its own days."""
    shutil.copytree(PROJECT / "tests/data/archive-0.1.0", home / "data/archive", dirs_exist_ok=True)
    center = next((home / "data/archive").iterdir()).name
    assert "由各天的件数推断" in hotline(home, "status", "--center", center)
    before = Coverage.load(Archive(home / "data/archive", center).coverage())
    assert before.days >= 7


def test_a_year_in_progress_is_refused_or_printed_over_its_own_days(home):
    """A year whose data end in November: refused; told to, it has the mean of its 319 days and nothing of the year before;
    the year before, whole, is printed as ever."""
    hotline(home, "import", exported(home, "工单_20211116.csv", date(2020, 1, 1), [24] * (366 + 319)))
    said = hotline(home, "render", "2021", code=1)
    assert "缺 2021年11月16日至2021年12月31日 的完整数据" in said
    hotline(home, "render", "2020", "2021", "--allow-incomplete", "--to", "html")
    made = figures(home, "2021")
    assert made["coverage"]["period"] == [["2021-01-01", "2021-11-15"]]
    assert {name: made["figures"][name] for name in ("total", "daily_mean", "previous_total", "change")} == {
        "total": 319 * 24,
        "daily_mean": 24,
        "previous_total": None,
        "change": None,
    }
    text = "".join(html_text(home / "outputs/junan/2021/bulletin.html").split())
    assert "数据不完整：本年缺2021年11月16日至2021年12月31日的完整数据，数据截止11月16日00:00" in text
    assert not any(word in text for word in ("同比增加", "同比减少", "环比增加", "环比减少", "较上年"))
    assert figures(home, "2020")["figures"]["daily_mean"] == 24
    assert "数据不完整" not in html_text(home / "outputs/junan/2020/bulletin.html")


def test_what_falls_due_after_the_data_end_is_not_overdue(home):
    """The data end on Thursday at 08:30: due by then counts, due on Friday does not, open or not; ages are as of then."""
    profile = home / "params/junan/center.yml"
    profile.write_text(
        profile.read_text(encoding="utf-8") + "\nsections: [overview, timeliness, annexes]\n",
        encoding="utf-8",
    )
    rows = [
        ("A1", "2021-10-18 09:00:00", "2021-10-27 09:00:00", "2021-10-26 09:00:00"),  # in time
        ("A2", "2021-10-19 09:00:00", "2021-10-27 09:00:00", ""),  # overdue
        ("A3", "2021-10-25 09:00:00", "2021-10-29 09:00:00", ""),  # not due yet, three days old
        ("A4", "2021-10-27 09:00:00", "2021-10-30 09:00:00", "2021-10-28 08:30:00"),  # not due yet
    ]
    frame = pd.DataFrame(rows, columns=["工单编号", "受理时间", "办理期限", "办结时间"]).assign(
        承办单位="大店镇"
    )
    frame.to_csv(home / "工单.csv", index=False, encoding="utf-8-sig")
    hotline(home, "import", home / "工单.csv", "--covers", "2021-10-18:2021-10-27")
    hotline(home, "render", "2021-W43", "--to", "html", "--allow-incomplete")
    made = figures(home, "2021-W43")["figures"]
    counts = {name: made["timeliness"][name] for name in ("due", "on_time", "closed_late", "overdue")}
    assert counts == {"due": 2, "on_time": 1, "closed_late": 0, "overdue": 1}
    assert {age: n["count"] for age, n in made["open"]["ages"].items() if n["count"]} == {
        "三日以内": 1,
        "八至十五日": 1,
    }
    assert made["open"]["past_due"] == 1
    page = html_text(home / "outputs/junan/2021-W43/bulletin.html")
    assert "数据截止10月28日08:30" in page.replace(" ", "")
    sheets = hotline(home, "sheets", "2021-W43")
    assert "大店镇" in sheets or (home / "data/sheets/junan/2021-W43/index.html").is_file()
