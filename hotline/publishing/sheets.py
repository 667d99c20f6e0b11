"""hotline sheets: 督办单, one a unit with something to do: PDF and Word, all of them in one zip, and an index for the center.

A sheet holds ids, and those of its own unit alone. It lies in data/sheets/, for the center alone, until somebody sends it.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from hotline import blocks, wording
from hotline.archive import Archive
from hotline.blocks import SECTION, Block
from hotline.center import UNKNOWN
from hotline.figures import Figures, flat
from hotline.periods import Period
from hotline.printing import document, pdf, word
from hotline.publishing import folders, private
from hotline.publishing.duties import COUNTS, RATES, TO_DO, Duties, read
from hotline.publishing.editions import Edition, EditionError
from hotline.sentences import Say
from hotline.system import close_to_others

ROOM = "sheets"
TITLE, INDEX, RECORD = "热线督办单", "index.html", "sheets.json"
KINDS = {"pdf": pdf.pdf, "docx": word.docx}
_PROBLEM, _ID = "反映的问题", "工单编号"


@dataclass(frozen=True)
class Sheet:
    """One unit's: its row among `duties.by_unit`, and the rows that are its own."""

    edition: Edition
    about: dict
    unit: str
    row: dict
    group: dict
    waiting: pd.DataFrame
    returned: pd.DataFrame

    @property
    def name(self) -> str:
        """The beginning of its files' names."""
        return private.file_name(f"督办单_{self.unit}", "")

    @cached_property
    def figures(self) -> Figures:
        """What its sentences say: the unit's counts, none where there is nothing."""
        own = Figures(center=self.edition.center.key, period=str(self.edition.period))
        for name in COUNTS:
            own.record(name, int(self.row[name]) or None, _words(COUNTS[name], self.edition.period), "件次")
        return own

    @property
    def blocks(self) -> list[Block]:
        """The sheet as printed blocks."""
        about, period = self.about, self.edition.period
        names = {
            "unit": self.unit,
            "cutoff": about["cutoff"],
            "this": f"本{period.word}",
            "next": f"下{period.word}",
        }
        say = Say(self.figures, names, lambda: {self.unit})
        said = say(
            "截至{cutoff}，你单位[在办工单{waiting}件]{nothing}[，其中{past_due}件已超过办理期限][，{due_next}件{next}到期]"
            "[；{this}退回重办{redone}件]。请抓紧办理，按期办结并答复市民。",
            nothing="" if self.row["waiting"] else "没有在办工单",
        )
        elements = [
            blocks.line(f"{self.unit}：", "salute"),
            blocks.text(said.markdown),
            *self._counts(),
            *self._overdue(),
            *self._due_next(),
            *self._others(),
            *self._returned(),
        ]
        head = blocks.masthead(
            TITLE, about["issue"], about["center"], about["date"], key=self.edition.center.key
        )
        head.elements[0]["style"] = "small-title"
        return [head, Block("sheet", elements, SECTION)]

    def _counts(self) -> list[dict]:
        """The unit's figures beside its group's, in a table of counts and one of rates."""
        tables = []
        for words in (COUNTS, RATES):
            names = [name for name in words if name in self.row and self._mapped(name)]
            kind = "rate" if len(names) <= 5 else "count"  # as wide as the page allows
            columns = {"": "name"} | {_words(words[name], self.edition.period): kind for name in names}
            sides = (("你单位", self.row), (f"全部{self.group['name']}", self.group))
            if names:
                tables.append(
                    blocks.table(columns, [(who, *(row[name] for name in names)) for who, row in sides])
                )
        return tables

    def _mapped(self, name: str) -> bool:
        """Whether the center's exports have what a rate is of."""
        of = {
            "service": "service_rating",
            "result": "result_rating",
            "visits": "visited_at",
            "redone": "returned_at",
        }
        of |= dict.fromkeys(("due", "on_time_rate", "past_due", "due_next"), "due_at")
        return of.get(name, "unit") in self.edition.center.columns

    def _overdue(self):
        rows = self.waiting[self.waiting["past_due"]]
        columns = {_ID: "text", _PROBLEM: "name", "办理期限": "text", "天数": "count"}
        cells = [
            (row.request_id, _problem(row), _moment(row.limit), row.days_over) for row in rows.itertuples()
        ]
        return _listed("已经超期、尚未办结的", columns, cells)

    def _due_next(self):
        """A line a day: a clerk looks these up by their ids."""
        rows = self.waiting[self.waiting["due_next"]]
        by_day = rows.groupby(rows["limit"].dt.normalize(), sort=True)["request_id"].agg(list)
        columns = {"期限": "count", "件数": "rank", _ID: "name"}
        cells = [(f"{day:%m-%d}", len(ids), wording.listed(ids)) for day, ids in by_day.items()]
        return _listed(f"下{self.edition.period.word}到期的", columns, cells, len(rows))

    def _others(self):
        rows = self.waiting[~self.waiting["past_due"] & ~self.waiting["due_next"]]
        columns = {_ID: "text", _PROBLEM: "name", "受理": "text", "办理期限": "text"}
        cells = [
            (row.request_id, _problem(row), _moment(row.requested_at), _moment(row.limit))
            for row in rows.itertuples()
        ]
        return _listed("其余在办的", columns, cells)

    def _returned(self):
        columns = {_ID: "text", _PROBLEM: "name", "退回": "text"}
        cells = [
            (row.request_id, _problem(row), _moment(row.returned_at)) for row in self.returned.itertuples()
        ]
        return _listed(f"本{self.edition.period.word}退回重办的", columns, cells)


def write(edition: Edition) -> tuple[Path, list[str]]:
    """Make the sheets of an issue, all or none of them, in place of those of before; the folder and the units that have one."""
    folder = private.folder(ROOM, edition.center.key, str(edition))
    made = edition.ask(_files)
    private.own(folder.parent)
    with folders.prepared(folder, foreign=False) as fresh:
        close_to_others(fresh)
        for name, content in made["files"].items():
            private.write(fresh / name, content)
    return folder, made["units"]


def current(edition: Edition) -> tuple[Path, dict[str, str]]:
    """The folder with the sheets of the issue's version, made if they are not there; unit → the name of its PDF."""
    folder = private.folder(ROOM, edition.center.key, str(edition))
    record = folder / RECORD
    if not record.is_file() or json.loads(record.read_text(encoding="utf-8"))["version"] != edition.version:
        write(edition)
    return folder, json.loads(record.read_text(encoding="utf-8"))["units"]


def _files(edition: Edition, nb) -> dict:
    """In the process of the issue: the contents of all files by their names, and the units that have a sheet."""
    about = document.about(document.printed(nb))
    duties = read(Archive(edition.location, edition.center.key), edition.period, edition.center)
    _compare(edition, duties)
    sheets = of_units(edition, about, duties)
    files = {
        f"{sheet.name}.{kind}": printed(sheet.blocks) for sheet in sheets for kind, printed in KINDS.items()
    }
    if files:
        files[f"督办单_{edition}.zip"] = zipped(files)
    files[INDEX] = index(edition, about, duties, sheets).encode()
    record = {"version": edition.version, "units": {sheet.unit: f"{sheet.name}.pdf" for sheet in sheets}}
    files[RECORD] = json.dumps(record, ensure_ascii=False).encode()
    return {"files": files, "units": [sheet.unit for sheet in sheets]}


def of_units(edition: Edition, about: dict, duties: Duties) -> list[Sheet]:
    """The sheets of the units that have something to do, in the annexes' order."""
    groups = {key: group.name for key, group in edition.center.unit_groups.items()} | {UNKNOWN: "其他单位"}
    by_group = {
        row["group"]: {**row, "name": groups[row["group"]]} for row in duties.by_group.to_dict("records")
    }
    return [
        Sheet(
            edition, about, row["unit"], row, by_group[row["group"]],
            duties.waiting[duties.waiting["unit"] == row["unit"]],
            duties.returned[duties.returned["unit"] == row["unit"]],
        )
        for row in duties.by_unit.to_dict("records")
        if any(row[name] for name in TO_DO)
    ]  # fmt: skip


def _compare(edition: Edition, duties: Duties) -> None:
    """EditionError where the issue, printed from this version, says other counts of a unit than its sheet would."""
    printed = {key[2:]: value for key, value in flat(edition.content) if key[0] == "units" and len(key) == 4}
    for row in duties.by_unit.to_dict("records"):
        for name in ("handled", "closed"):
            value = printed.get((row["unit"], name), row[name])
            if edition.is_printed and value != row[name]:
                raise EditionError(
                    f"{row['unit']}的{_words(COUNTS[name], edition.period)}刊出的是 {value}，按同一版档案重算却是 {row[name]}："
                    f"请先用 hotline render {edition.period} 重新生成这一期，再做督办单。"
                )


def zipped(files: dict[str, bytes]) -> bytes:
    """All files in one; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def index(edition: Edition, about: dict, duties: Duties, sheets: list[Sheet]) -> str:
    """The center's page: every unit with its counts, its sheet if it has one, and the sums."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    names = {sheet.unit: sheet.name for sheet in sheets}
    groups = {key: group.name for key, group in edition.center.unit_groups.items()}
    rows = [
        {
            "unit": row["unit"],
            "group": groups.get(row["group"], "其他单位"),
            "counts": [row[name] for name in COUNTS],
            "files": {kind: f"{names[row['unit']]}.{kind}" for kind in KINDS} if row["unit"] in names else {},
        }
        for row in duties.by_unit.to_dict("records")
    ]
    return environment.get_template("sheets.html.j2").render(
        about=about,
        edition=edition,
        columns=[_words(text, edition.period) for text in COUNTS.values()],
        rows=rows,
        sums=[int(duties.by_unit[name].sum()) for name in COUNTS],
        made=len(sheets),
    )


def _listed(title: str, columns: dict[str, str], cells: list[tuple], count: int | None = None) -> list[dict]:
    """A list of requests under a line that says what they are and how many; nothing where there are none."""
    if not cells:
        return []
    return [blocks.table(columns, cells, [blocks.line(f"{title}（{count or len(cells)}件）", "part")])]


def _words(text: str, period: Period) -> str:
    """A count's name in the words of the period: 本周承办, 本月承办."""
    return text.format(this=period.word)


def _problem(row) -> str:
    return wording.listed((each for each in (row.topic, row.subtopic) if isinstance(each, str)), " / ")


def _moment(at: pd.Timestamp) -> str:
    """A moment as a clerk writes it; a limit without a time is a day."""
    if pd.isna(at):
        return wording.MISSING
    return f"{at:%Y-%m-%d}" if at == at.normalize() else f"{at:%Y-%m-%d %H:%M}"
