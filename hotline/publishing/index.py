"""outputs/<center>/index.html: every issue of a center, weeks apart from months, newest first, from their figures.json alone.

No script: what is looked for is found by the browser's own search, and by links to each year.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from hotline import locks, periods, wording
from hotline.center import Center
from hotline.periods import Period
from hotline.printing import formats
from hotline.publishing import folders

TREND = 13
"""How many issues a row's trend shows, its own the last."""
LONG_TREND = 53
"""How many that above the rows shows at most, over its whole width: of weeks, a year."""
PAGE = "index.html"


@dataclass(frozen=True)
class Entry:
    """One published issue, as its figures.json tells it."""

    period: Period
    issue: int
    published: str
    total: int
    whole: bool
    formats: tuple[formats.Format, ...]
    change: str
    """On the period before, in the center's words; empty where nothing is compared."""


def entries(center: Center, folder: Path) -> list[Entry]:
    """The published issues in a center's folder, oldest first; what is no issue of this center is passed over."""
    published = []
    for path in folder.glob("*/figures.json"):
        try:
            period = center.period(path.parent.name)
            content = json.loads(path.read_bytes())
            figures = content["figures"]
            change = wording.change(figures["total"], figures.get("previous_total"))
            made = tuple(each for each in formats.known().values() if (path.parent / each.file).exists())
            published.append(
                Entry(
                    period,
                    content["issue"],
                    content["published"],
                    figures["total"],
                    is_whole(content),
                    made,
                    change.said(center.words) if change else "",
                )
            )
        except (periods.PeriodError, OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(published, key=lambda entry: (entry.period.cutoff_day, entry.period.days))


def is_whole(content: dict) -> bool:
    """Whether an issue was made from whole data, as its figures.json says (0.1.0's says nothing: it is taken for whole)."""
    held = content.get("coverage", {}).get("period")
    return held is None or held == [[content["starts"], content["ends"]]]


def links(chosen: list[Period]) -> dict[Period, dict]:
    """For each period, the links of its issue's page: the one before and after of the same grain, and the index."""
    links_of = {}
    for grain in periods.GRAINS:
        row = sorted(period for period in chosen if period.grain == grain)
        for before, period, after in zip([None, *row], row, [*row[1:], None], strict=False):
            near = {"previous": before, "index": PAGE, "next": after}
            links_of[period] = {name: _link(name, other) for name, other in near.items() if other}
    return links_of


def _link(name: str, other: Period | str) -> dict[str, str]:
    if name == "index":
        return {"href": f"../{PAGE}", "label": "各期目录"}
    return {
        "href": f"../{other}/bulletin.html",
        "label": f"{'上' if name == 'previous' else '下'}一期：{other.label}",
    }


def write(center: Center) -> Path:
    """Rebuild a center's index page; the same issues give the same bytes."""
    folder = folders.outputs(center.key)
    path = folder / PAGE
    # One after the other: the last to write must have seen what all have published.
    with locks.locked(folder / folders.WORK / f"{PAGE}.lock"):
        text = page(center, entries(center, folder))
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            folders.write(path, text)
    return path


def page(center: Center, issues: list[Entry]) -> str:
    """The page as HTML."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shelves = [_shelf(row) for row in _by_grain(issues) if row]
    return environment.get_template("index.html.j2").render(
        center=center,
        title=center.titled(),
        shelves=shelves,
        about=_about(center, issues),
        day=_day,
        days=wording.days,
    )


def _by_grain(issues: list[Entry]) -> list[list[Entry]]:
    return [[entry for entry in issues if entry.period.grain == grain] for grain in periods.GRAINS]


def _shelf(row: list[Entry]) -> dict:
    """The issues of one grain as the template shows them: their years and rows, newest first, and their trend."""
    totals = [entry.total for entry in row]
    years: dict[int, list] = {}
    for at, entry in reversed(list(enumerate(row))):
        trend = sparkline(totals[max(0, at + 1 - TREND) : at + 1])
        years.setdefault(entry.period.year, []).append((entry, trend))
    last = row[-LONG_TREND:]
    trend = sparkline([entry.total for entry in last], 960, 90, max(TREND, len(last)))
    return {
        "grain": row[0].period.grain,
        "name": row[0].period.word,
        "years": years,
        "last": last,
        "trend": trend,
    }


def _about(center: Center, issues: list[Entry]) -> str:
    """What a link to the page says when it is shared: how many issues there are, and the newest one's count."""
    if not issues:
        return f"{center.name}，还没有已生成的{periods.bulletin(center.grain)}。"
    newest = next(row for row in _by_grain(issues) if row)[-1]
    change = f"，较上{newest.period.word}{newest.change}" if newest.change else ""
    return f"{center.name}，共{len(issues)}期；最新一期{newest.period.label}受理{newest.total}件{change}。"


def _day(text: str) -> str:
    return wording.day(periods.date.fromisoformat(text))


def sparkline(totals: list[int], width: int = 96, height: int = 22, most: int = TREND) -> str:
    """A small trend: the points of an SVG polyline, the newest at the right, with room for the `most` totals that there may
    be; '' where there is nothing to compare."""
    if len(totals) < 2:
        return ""
    low, high = min(totals), max(totals)
    step, span = (width - 6) / (most - 1), high - low or 1
    left = width - 3 - step * (len(totals) - 1)
    return " ".join(
        f"{left + step * index:.1f},{height - 3 - (height - 6) * ((total - low) / span if high > low else 0.5):.1f}"
        for index, total in enumerate(totals)
    )
