"""outputs/<center>/index.html: every issue of a center, newest first, made from their figures.json alone."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hotline import locks, periods, wording
from hotline.center import Center
from hotline.periods import Period
from hotline.printing import formats
from hotline.publishing import folders

TREND = 13
"""How many issues a trend shows, its own the last."""
PAGE = "index.html"


@dataclass(frozen=True)
class Entry:
    """One published issue, as its figures.json tells it."""

    period: Period
    issue: int
    published: str
    total: int
    previous_total: int | None
    whole: bool
    formats: tuple[formats.Format, ...]

    @cached_property
    def change(self) -> wording.Change | None:
        return wording.change(self.total, self.previous_total)


def entries(center: Center, folder: Path) -> list[Entry]:
    """The published issues in a center's folder, oldest first; what is no issue of this center is passed over."""
    published = []
    for path in folder.glob("*/figures.json"):
        try:
            period = center.period(path.parent.name)
            content = json.loads(path.read_bytes())
            figures = content["figures"]
            made = tuple(each for each in formats.known().values() if (path.parent / each.file).exists())
            published.append(
                Entry(
                    period,
                    content["issue"],
                    content["published"],
                    figures["total"],
                    figures.get("previous_total"),
                    is_whole(content),
                    made,
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
    rows = []
    for grain in periods.GRAINS:
        row = [entry for entry in issues if entry.period.grain == grain]
        totals = [entry.total for entry in row]
        rows += [
            (entry, sparkline(totals[max(0, index + 1 - TREND) : index + 1]))
            for index, entry in enumerate(row)
        ]
    rows.sort(key=lambda pair: (pair[0].period.cutoff_day, pair[0].period.days), reverse=True)
    years: dict[int, list] = {}
    for entry, trend in rows:
        years.setdefault(entry.period.year, []).append((entry, trend))
    return environment.get_template("index.html.j2").render(
        center=center, years=years, count=len(rows), day=_day, days=wording.days
    )


def _day(text: str) -> str:
    return wording.day(periods.date.fromisoformat(text))


def sparkline(totals: list[int], width: int = 96, height: int = 22) -> str:
    """A small trend: the points of an SVG polyline, the newest at the right; '' where there is nothing to compare."""
    if len(totals) < 2:
        return ""
    low, high = min(totals), max(totals)
    step, span = (width - 6) / (TREND - 1), high - low or 1
    left = width - 3 - step * (len(totals) - 1)
    return " ".join(
        f"{left + step * index:.1f},{height - 3 - (height - 6) * ((total - low) / span if high > low else 0.5):.1f}"
        for index, total in enumerate(totals)
    )
