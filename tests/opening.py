"""Opening the figures of a published issue: behind each that counts rows are as many as it says.

Apart from the tests: an issue runs in a process that imports this module, in a workspace that may be any center's.
"""

import json
from pathlib import Path

import documents
import nbformat

from hotline import profiles, selections
from hotline.archive import Archive
from hotline.figures import Figures
from hotline.publishing import rows
from hotline.publishing.editions import Edition


def own_sections(home: Path, key: str) -> None:
    """Two sections of an analyst's in the center's own notebook, as the handbook and CONTRIBUTING have them."""
    own, master = home / f"params/{key}/bulletin.ipynb", home / "notebooks/bulletin.ipynb"
    nb = nbformat.read(own if own.is_file() else master, as_version=4)
    place = next((at for at, cell in enumerate(nb.cells) if "【热线信息】" in cell.source), len(nb.cells) - 1)
    for document, heading in (("docs/analyst.zh.md", "十行加一节"), ("CONTRIBUTING.md", "A section")):
        for fence, content in documents.blocks(document, heading):
            if fence.startswith("python"):
                nb.cells.insert(place, nbformat.v4.new_code_cell(content.rstrip("\n")))
                place += 1
    nbformat.write(nb, own)


def everything(edition: Edition, nb) -> list[tuple]:
    """In the process of the issue: of every figure with a selection its name, value, and what is behind it and shown of it.

    Distinct ids where it counts requests, rows where it counts handlings or visits.
    """
    archive, of = Archive(edition.location, edition.center.key), []
    for figure in rows.openable(Figures.displayed):
        behind = figure.rows()
        shown = rows.readable(behind, figure, archive)
        ids = shown["工单编号"] if len(shown) else []
        assert not len(shown) or shown.columns[0] == "工单编号"
        counted = len({*ids}) if figure.unit == selections.REQUESTS else len(ids)
        of.append((figure.name, figure.value, selections.count(behind, figure.unit), counted))
    return of


def opened(home: Path, monkeypatch, key: str, period: str) -> list[str]:
    """The figures of a published issue that have a selection: behind each are as many as it says."""
    issue = edition(home, monkeypatch, period, key)
    held = issue.ask(everything)
    for name, value, behind, shown in held:
        assert value == behind == shown, (key, period, name)
    printed = json.loads((issue.folder / "figures.json").read_text(encoding="utf-8"))["figures"]
    assert {name.partition(".")[0] for name, *_ in held} <= printed.keys()
    return [name for name, *_ in held]


def edition(home: Path, monkeypatch, text: str, key: str = "junan") -> Edition:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    return Edition.of(text, profiles.load(key))
