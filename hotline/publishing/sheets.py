"""hotline sheets: 督办单, one a unit with something to do: PDF and Word, all of them in one zip, and an index for the center.

A sheet holds ids, and those of its own unit alone. It lies in data/sheets/, for the center alone, until somebody sends it.
"""

import io
import json
import zipfile
from pathlib import Path

from hotline import Progress, figurefile, processes
from hotline.archive import Archive
from hotline.center import UNKNOWN
from hotline.figurefile import flat
from hotline.printing import document, pdf, word
from hotline.publishing import folders, private
from hotline.publishing.duties import COUNTS, TO_DO, Duties, read
from hotline.publishing.editions import Edition, EditionError
from hotline.publishing.sheet import UnitSheet, count_word
from hotline.system import close_to_others

ROOM = "sheets"
INDEX, RECORD = "index.html", "sheets.json"
KINDS = {"pdf": pdf.pdf, "docx": word.docx}


def write(edition: Edition, progress: Progress | None = None) -> tuple[Path, list[str]]:
    """Make the sheets of an issue, all or none of them, in place of those of before; the folder and the units that have one."""
    folder = private.folder(ROOM, edition.center.key, str(edition))
    made = edition.ask(_files, progress=progress)
    private.close_folder(folder.parent)
    with folders.prepared(folder, foreign=False) as fresh:
        close_to_others(fresh)
        for name, content in made["files"].items():
            private.write(fresh / name, content)
    return folder, made["units"]


def current(edition: Edition, progress: Progress | None = None) -> tuple[Path, dict[str, dict]]:
    """The folder with the sheets of the issue's version, made if they are not there; unit → the name of its `pdf`, and what
    is `said` above its lists."""
    folder = private.folder(ROOM, edition.center.key, str(edition))
    record = folder / RECORD
    if not record.is_file() or json.loads(record.read_text(encoding="utf-8"))["version"] != edition.version:
        write(edition, progress)
    return folder, json.loads(record.read_text(encoding="utf-8"))["units"]


def _files(edition: Edition, nb) -> dict:
    """In the process of the issue: the contents of all files by their names, and the units that have a sheet."""
    about, duties, sheets = of_issue(edition, nb)
    files = {}
    for at, sheet in enumerate(sheets):
        processes.reached(f"排督办单 {at + 1}/{len(sheets)}", at / len(sheets))
        files |= {f"{sheet.name}.{kind}": made(sheet.blocks) for kind, made in KINDS.items()}
    if files:
        files[f"督办单_{edition}.zip"] = zipped(files)
    files[INDEX] = index(edition, about, duties, sheets).encode()
    units = {sheet.unit: {"pdf": f"{sheet.name}.pdf", "said": sheet.said} for sheet in sheets}
    record = {"version": edition.version, "units": units}
    files[RECORD] = json.dumps(record, ensure_ascii=False).encode()
    return {"files": files, "units": [sheet.unit for sheet in sheets]}


def of_issue(edition: Edition, nb) -> tuple[dict, Duties, list[UnitSheet]]:
    """In the process of the issue: what its masthead says, what its units have to do, and their sheets."""
    about = document.about(document.printed(nb))
    printed = figurefile.of_notebook(nb)["figures"].get("warning", {}).get("signals", {})
    duties = read(Archive(edition.location, edition.center.key), edition.period, edition.center, printed)
    _compare(edition, duties)
    return about, duties, of_units(edition, about, duties)


def of_units(edition: Edition, about: dict, duties: Duties) -> list[UnitSheet]:
    """The sheets of the units that have something to do, in the annexes' order."""
    groups = {key: group.name for key, group in edition.center.unit_groups.items()} | {UNKNOWN: "其他单位"}
    by_group = {
        row["group"]: {**row, "name": groups[row["group"]]} for row in duties.by_group.to_dict("records")
    }
    return [
        UnitSheet(
            edition,
            about,
            row["unit"],
            row,
            by_group[row["group"]],
            duties.waiting[duties.waiting["unit"] == row["unit"]],
            duties.returned[duties.returned["unit"] == row["unit"]],
            duties.signals[duties.signals["unit"] == row["unit"]],
        )
        for row in duties.by_unit.to_dict("records")
        if any(row[name] for name in TO_DO)
    ]


def _compare(edition: Edition, duties: Duties) -> None:
    """EditionError where the issue, printed from this version, says other counts of a unit than its sheet would."""
    printed = {key[2:]: value for key, value in flat(edition.content) if key[0] == "units" and len(key) == 4}
    for row in duties.by_unit.to_dict("records"):
        for name in ("handled", "closed"):
            value = printed.get((row["unit"], name), row[name])
            if edition.is_printed and value != row[name]:
                raise EditionError(
                    f"{row['unit']}的{count_word(COUNTS[name], edition.period)}刊出的是 {value}，按同一版档案重算却是 {row[name]}："
                    f"请先用 hotline render {edition.period} 重新生成这一期，再做督办单。"
                )


def zipped(files: dict[str, bytes]) -> bytes:
    """All files in one; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def index(edition: Edition, about: dict, duties: Duties, sheets: list[UnitSheet]) -> str:
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
        columns=[count_word(text, edition.period) for text in COUNTS.values()],
        rows=rows,
        sums=[int(duties.by_unit[name].sum()) for name in COUNTS],
        made=len(sheets),
    )
