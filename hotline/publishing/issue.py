"""One issue: papermill runs the notebook, the exporters render it, and it is published whole or not at all."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import hotline.engine  # noqa: F401  # isort: skip  (before nbformat)

import nbformat
from nbformat import v4

from hotline import (
    figurefile,
    locks,
    processes,
    profiles,
    whole,
    wording,
)
from hotline.bulletin import NOTE
from hotline.center import Center
from hotline.periods import Period
from hotline.printing import document
from hotline.printing.formats import DEFAULT, exporter, known
from hotline.printing.pdf import PaperError
from hotline.publishing import corrections, folders, index, inputs, notebooks
from hotline.publishing.execution import (
    IssueError,
    at_version,
    executed,
    figures_at,
    keeping,
    refuse_typed_numbers,
)
from hotline.publishing.outcome import KEPT, Outcome
from hotline.workspace import shown

PART, MORE = 0.2, 1 << 30
"""The part of an issue's time that one of its formats may take, and the bytes more than the issue has by then: an ordinary
one takes about 100 MiB."""


def render(
    center: str,
    period: Period,
    formats: Iterable[str] = DEFAULT,
    links: dict | None = None,
    first: bool = False,
    version: int | None = None,
    archive: str | None = None,
    keep_words: bool = False,
) -> Outcome:
    """Render one issue and publish it as outputs/<center>/<period>/; the formats that it had already stay with it.

    `links` are the neighbours: {"previous": {"href", "label"}, "index": …, "next": …}. A figure that the data have moved
    since the first printing is noted as a correction, unless this is to be the `first` printing. With `keep_words` a
    published issue of which words would change, but no figure, stays as it is. With `version` the issue is made from the
    archive as it was then, in a folder of its own: outputs/<center>/<period>@<version>/. `archive` goes before the
    issue's parameter and the center's. Raises IssueError, or another HotlineError with a Chinese message; the executed
    notebook of a failure is kept in outputs/<center>/.failed/.
    """
    began = time.monotonic()
    profile = profiles.load(center)
    given = at_version(profiles.parameters(center, period, archive), version)
    made_from = inputs.of(profile, period, given)
    folder = folders.outputs(center) / (str(period) if version is None else f"{period}@{version}")
    record = inputs.record(folder)
    formats = [name for name in known() if name in {*formats, *record.get("formats", ())}]
    with folders.prepared(folder) as work:
        notebook = notebooks.path(center, period)
        nb, archives = executed(given, notebook, notebooks.left_out(notebook, profile), folder)
        with keeping(nb, folder):
            content = figurefile.of_notebook(nb)
            figurefile.check(content)
            refuse_typed_numbers(nb)
            made = {"made_from": made_from, "archives": archives}
            published = None if first else _published(folder)
            moves = _moves(published, record, content, made, given) if published else corrections.Moves()
            if moves.data:
                content["corrections"] = dict(moves.data)
                _say_corrections(nb, content)
            if keep_words and published and _only_words(nb, moves, published, folder, formats):
                # Noted, so that the next call need not run the notebook to learn it again.
                folders.write(folder / inputs.RECORD, inputs.dumps({**record, "kept": made}))
                return Outcome(center, str(period), "kept", KEPT, time.monotonic() - began)
            printed_first = record.get("first_version", published["archive_version"]) if published else None
            made["first_version"] = content["archive_version"] if printed_first is None else printed_first
            nb.metadata["hotline"] = _around(links, formats)
            _write(work / "figures.json", figurefile.dumps(content))
            _write(work / "bulletin.ipynb", v4.writes(nb))
            _export(nb, formats, work, _article(given, period))
            _write(work / inputs.RECORD, inputs.dumps({**made, "formats": formats, "links": links or {}}))
            notice = corrections.notice(moves, content, folder)
            notes = [*_notes(nb), *([notice] if notice else [])]
    for left in (folders.FAILED + f"/{period}.ipynb", folders.FAILED + f"/{period}.txt"):
        (folder.parent / left).unlink(missing_ok=True)
    return Outcome(
        center,
        str(period),
        "rendered",
        _summary(content, profile, folder, formats, notes),
        time.monotonic() - began,
    )


def _around(links: dict | None, formats: Iterable[str]) -> dict:
    """What an issue's page links to: its neighbours, and its other files."""
    files = [{"href": known()[name].file, "label": known()[name].label} for name in formats if name != "html"]
    return {"links": links or {}, "files": files}


def _article(given: profiles.Parameters, period: Period) -> str:
    """What the editor has written for the issue, the only text in it that may be of any length and kind."""
    text = profiles.article(given.center, period, given.article)
    if text is None:
        return ""
    return f"（文章 params/{given.center}/{given.article or f'{period}.md'}，{len(text)} 字）"


def _published(folder: Path) -> dict | None:
    """The figures.json that this issue may correct: what was printed as incomplete is completed, not corrected."""
    try:
        content = figurefile.load(folder / "figures.json")
    except FileNotFoundError:
        return None
    return content if index.is_whole(content) else None


def _moves(
    published: dict, record: dict, content: dict, made: dict, given: profiles.Parameters
) -> corrections.Moves:
    """What has moved in the figures since the issue was published (hotline.publishing.corrections.moves)."""
    tables = {each["table"] for each in made["archives"]}
    return corrections.moves(
        published, record, content, made["made_from"], tables, partial(figures_at, given)
    )


def _say_corrections(nb, content: dict) -> None:
    """Have the issue say what has moved since it was first published, in a line under its masthead."""
    said = nbformat.v4.new_output(
        "display_data",
        {"text/markdown": corrections.sentence(content["corrections"], content)},
        metadata={"hotline": {"role": "correction"}},
    )
    # An id of its own that is the same every time: the same inputs give the same bytes.
    cell = nbformat.v4.new_code_cell("", outputs=[said], id="corrections")
    nb.cells.insert(_after_masthead(nb), cell)


def _only_words(nb, moves: corrections.Moves, published: dict, folder: Path, formats: list[str]) -> bool:
    """Whether no figure of a published issue would change, and something else that is read would."""
    if moves.others or moves.data != published.get("corrections", {}):
        return False
    if any(not (folder / known()[name].file).is_file() for name in formats):
        return False
    return _words(nb) != _words(nbformat.read(folder / "bulletin.ipynb", as_version=4))


def _words(nb) -> list[tuple]:
    """What is read in an issue, a chart by what it says of itself."""
    return [
        (block.role, block.markdown, *[element.get("description", "") for element in block.elements])
        for block in document.printed(nb)
    ]


def _after_masthead(nb) -> int:
    for number, cell in enumerate(nb.cells, 1):
        for output in cell.get("outputs", ()):
            if output.get("metadata", {}).get("hotline", {}).get("role") == "masthead":
                return number
    return 0


def relink(center: str, period: Period) -> Outcome:
    """Renew the links to the neighbours in a published issue's HTML, from its own executed notebook.

    To those that there are now: another call may have published some since this one was asked for.
    """
    began = time.monotonic()
    folder = folders.outputs(center) / str(period)
    with locks.locked(folder.parent / folders.WORK / f"{folder.name}.lock"):
        record = inputs.record(folder)
        published = {entry.period for entry in index.entries(profiles.load(center), folder.parent)}
        links = index.links([*published]).get(period, {})
        with suppress(FileNotFoundError):  # thrown away meanwhile
            if "html" in record.get("formats", ()):
                nb = nbformat.read(folder / "bulletin.ipynb", as_version=4)
                nb.metadata["hotline"] = _around(links, record["formats"])
                body, _ = exporter("html").from_notebook_node(nb)
                whole.write(folder / "bulletin.html", body.encode())
            if record:
                whole.write(folder / inputs.RECORD, inputs.dumps({**record, "links": links}).encode())
    return Outcome(center, str(period), "rendered", "已更新前后期的链接", time.monotonic() - began)


def _export(nb, formats: Iterable[str], work: Path, article: str) -> None:
    """The issue's files in these formats. IssueError, which names the `article`, for one that cannot be set."""
    for name in formats:
        what = f"排 {name}{article}"
        processes.step(what, PART, MORE)
        try:
            body, _ = exporter(name).from_notebook_node(nb)
        except PaperError as error:
            raise IssueError(f"{what}：{error}") from None
        _write(work / known()[name].file, body)


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _notes(nb) -> Iterator[str]:
    """What the notebook tells the analyst: the lines that begin with 注意."""
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield from (line for line in output.text.splitlines() if line.startswith(NOTE))


def _summary(content: dict, profile: Center, folder: Path, formats: list[str], notes: list[str]) -> str:
    made = content["figures"]
    change = wording.change(made["total"], made.get("previous_total"))
    moved = f"，环比{change.said(profile.words)}" if change else ""
    notes = "".join(f"\n  {note}" for note in notes)
    return f"受理 {made.get('total')} 件{moved} → {shown(folder)}/bulletin.{'、.'.join(['ipynb', *formats])}{notes}"
