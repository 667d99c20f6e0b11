"""One issue: papermill runs the notebook, the exporters render it, and it is published whole or not at all."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import hotline.engine  # noqa: F401  # isort: skip  (before papermill)

import nbformat
import papermill
from nbformat import v4
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG

from hotline import HotlineError, figures, locks, mistakes, processes, reads, templates, whole, wording
from hotline import center as profiles
from hotline.bulletin import NOTE
from hotline.center import Center
from hotline.engine.engine import ParameterError
from hotline.engine.leftovers import LeftoverError
from hotline.periods import Period
from hotline.printing import document
from hotline.printing.formats import DEFAULT, exporter, known
from hotline.printing.pdf import PaperError
from hotline.publishing import corrections, folders, index, inputs, notebooks
from hotline.publishing.outcome import KEPT, Outcome
from hotline.workspace import shown, workspace

ENGINE = "hotline"
PART, MORE = 0.2, 1 << 30
"""The part of an issue's time that one of its formats may take, and the bytes more than the issue has by then: an ordinary
one takes about 100 MiB."""


class IssueError(HotlineError):
    """The issue was not made, and the published one is as it was; the message, in Chinese, says why."""


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
    given = _at_version(profiles.parameters(center, period, archive), version)
    made_from = inputs.of(profile, period, given)
    folder = folders.outputs(center) / (str(period) if version is None else f"{period}@{version}")
    record = inputs.record(folder)
    formats = [name for name in known() if name in {*formats, *record.get("formats", ())}]
    with folders.prepared(folder) as work:
        processes.step("运行笔记本")
        notebook = notebooks.path(center, period)
        nb, archives = executed(given, notebook, notebooks.left_out(notebook, profile), folder)
        with _keeping(nb, folder):
            content = figures.of_notebook(nb)
            figures.check(content)
            _refuse_typed(nb)
            published, moves = None if first else _published(folder), corrections.Moves()
            if published:
                tables = {each["table"] for each in archives}
                at = partial(_figures_at, given, profile, period)
                moves = corrections.moves(published, record, content, made_from, tables, at)
            if moves.data:
                content["corrections"] = dict(moves.data)
                _say_corrections(nb, content)
            made = {"made_from": made_from, "archives": archives}
            if keep_words and published and _only_words(nb, moves, published, folder, formats):
                # Noted, so that the next call need not run the notebook to learn it again.
                folders.write(folder / inputs.RECORD, inputs.dumps({**record, "kept": made}))
                return Outcome(center, str(period), "kept", KEPT, time.monotonic() - began)
            printed_first = record.get("first_version", published["archive_version"]) if published else None
            made["first_version"] = content["archive_version"] if printed_first is None else printed_first
            nb.metadata["hotline"] = _around(links, formats)
            _write(work / "figures.json", figures.dumps(content))
            _write(work / "bulletin.ipynb", v4.writes(nb))
            for name in formats:
                what = f"排 {name}{_article(given, period)}"
                processes.step(what, PART, MORE)
                try:
                    _export(nb, name, work)
                except PaperError as error:
                    raise IssueError(f"{what}：{error}") from None
            _write(work / inputs.RECORD, inputs.dumps({**made, "formats": formats, "links": links or {}}))
            notes = [
                *_notes(nb),
                *filter(None, [corrections.notice(moves, corrections.labels(content, folder))]),
            ]
    for left in (folders.FAILED + f"/{period}.ipynb", folders.FAILED + f"/{period}.txt"):
        (folder.parent / left).unlink(missing_ok=True)
    return Outcome(
        center, str(period), "rendered", _summary(content, folder, formats, notes), time.monotonic() - began
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
        content = figures.load(folder / "figures.json")
    except FileNotFoundError:
        return None
    return content if index.is_whole(content) else None


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


def figures_at(center: str, period: Period, version: int | None = None, archive: str | None = None) -> dict:
    """The figures of a period from the archive as it is, or as it was at a version; nothing is published."""
    return _figures_at(profiles.parameters(center, period, archive), profiles.load(center), period, version)


def _figures_at(given: profiles.Parameters, profile: Center, period: Period, version: int | None) -> dict:
    notebook = notebooks.path(profile.key, period)
    left_out = notebooks.left_out(notebook, profile)
    folder = folders.outputs(profile.key) / str(period)
    nb, _ = executed(_at_version(given, version), notebook, left_out, folder)
    return figures.of_notebook(nb)


def rerun(notebook: Path, archive: str):
    """A published issue's notebook, run again as it was, on an archive at a version; nothing is published."""
    nb = nbformat.read(notebook, as_version=4)
    about = nb.metadata["papermill"]
    given = profiles.typed(**{**about["parameters"], "archive": archive})
    printed = document.sections(nb)
    tags = {
        tag
        for cell in nb.cells
        for tag in cell.metadata.get("tags", ())
        if tag.startswith(document.SECTION_TAG)
    }
    left_out = [
        tag for tag in tags if printed is not None and tag.removeprefix(document.SECTION_TAG) not in printed
    ]
    beside = (workspace() / about["input_path"]).parent
    nb, _ = executed(given, notebook, left_out, None, beside if beside.is_dir() else None)
    return nb


def _at_version(given: profiles.Parameters, version: int | None) -> profiles.Parameters:
    if version is None:
        return given
    place = profiles.load(given.center).location(given.archive)
    return given.model_copy(update={"archive": str(place.at(version))})


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


def executed(
    given: profiles.Parameters,
    notebook: Path,
    left_out: Iterable[str],
    folder: Path,
    beside: Path | None = None,
):
    """The executed notebook, and what it read from archives (reads.Log.record).

    Cells with one of the tags `left_out` are not run. `folder` is the issue's: a notebook that fails is kept beside it, or
    nowhere without one.
    `beside`: the folder that it runs in, where that is not its own.
    """
    kept: list = []
    try:
        with reads.log() as log:
            nb = papermill.execute_notebook(
                _plain(notebook),
                None,  # written once, by the caller
                parameters=given.model_dump(mode="json"),
                engine_name=ENGINE,
                cwd=str(beside or notebook.parent),
                progress_bar=False,
                autosave_cell_every=0,
                keep=kept,
                skip_tags=tuple(left_out),
            )
    except ParameterError as error:
        raise IssueError(str(error)) from None
    except LeftoverError as error:
        raise IssueError(f"{error}{_kept(kept[0], folder, '执行后')}") from None
    except PapermillExecutionError as error:
        raise IssueError(_failure(error, kept[0]) + _kept(kept[0], folder)) from None
    if nb.metadata.papermill.exception:  # papermill takes sys.exit() for a good end
        at = next(cell.execution_count for cell in nb.cells if cell.metadata.papermill.get("exception"))
        raise IssueError(f"第 {at} 个单元格出错：SystemExit，其后的单元格没有执行{_kept(nb, folder)}")
    if folder is not None:
        nb.metadata.papermill.update(input_path=shown(notebook), output_path=shown(folder / "bulletin.ipynb"))
    return nb, log.record()


@contextmanager
def _keeping(nb, folder: Path) -> Iterator[None]:
    """An error that is found in an executed notebook says where that is kept, as one of a cell does."""
    try:
        yield
    except HotlineError as error:
        raise IssueError(f"{error}{_kept(nb, folder, '执行后')}") from None


def _plain(path: Path) -> str:
    """A path for papermill, which takes {…} in one for a place to put a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kept(nb, folder: Path | None, when: str = "执行到出错处") -> str:
    """Where the notebook that failed is kept, for the message; nothing is kept without a folder."""
    if folder is None:
        return ""
    kept = folder.parent / folders.FAILED / f"{folder.name}.ipynb"
    folders.write(kept, v4.writes(nb))
    return f"（{when}的笔记本：{shown(kept)}）"


def _failure(error: PapermillExecutionError, nb) -> str:
    """An error of this package speaks for itself; any other is named with its cell."""
    if error.ename == "MemoryError":
        said = f"内存不足，第 {error.exec_count} 个单元格没有做完。请减少 --jobs，或换内存更大的机器。"
    elif error.ename in _ours():
        said = error.evalue
    else:
        said = _mistake(error, nb)
    return said or f"第 {error.exec_count} 个单元格出错：{error.ename}: {error.evalue}"


def _mistake(error: PapermillExecutionError, nb) -> str:
    """What an analyst got wrong in the cell, by its place in the notebook as it lies on disk; empty for any other error."""
    theirs = {ERROR_MARKER_TAG, "injected-parameters"}
    there = [cell for cell in nb.cells if not theirs & set(cell.metadata.get("tags", ()))]
    for at, cell in enumerate(there):
        if cell.get("execution_count") == error.exec_count:
            return mistakes.told(error.ename, error.evalue, there, at)
    return ""


def _ours(base: type = HotlineError) -> set[str]:
    names = {base.__name__} if base.__module__.startswith("hotline.") else set()
    return names.union(*(_ours(each) for each in base.__subclasses__()))


def _refuse_typed(nb) -> None:
    """IssueError for a number in a paragraph that is neither `say`'s nor a block of the house."""
    for block in document.of_bare_markdown(nb):
        if number := templates.typed(wording.unescape(block.markdown)):
            text = wording.unescape(block.markdown).strip()[:40]
            raise IssueError(
                f'“{text}”里的 {number} 不是 figures 里的数，本期未生成：请用 say("…{{名称}}…") 写这句话。'
            )


def rehearse() -> None:
    """Run a notebook of two cells for nothing: what IPython and papermill prepare on first use is then prepared."""
    cells = [v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]}), v4.new_code_cell("x")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nb = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    papermill.execute_notebook(nb, None, {"x": 2}, engine_name=ENGINE, progress_bar=False)


def keep_traceback(center: str, period: str, text: str) -> str:
    """Keep the details of an error that nobody foresaw, beside the notebooks that failed; where, for the message."""
    path = folders.outputs(center) / folders.FAILED / f"{period}.txt"
    folders.write(path, text)
    return shown(path)


def _export(nb, name: str, work: Path) -> None:
    body, _ = exporter(name).from_notebook_node(nb)
    _write(work / known()[name].file, body)


def _write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _notes(nb) -> Iterator[str]:
    """What the notebook tells the analyst: the lines that begin with 注意."""
    for cell in nb.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                yield from (line for line in output.text.splitlines() if line.startswith(NOTE))


def _summary(content: dict, folder: Path, formats: list[str], notes: list[str]) -> str:
    made = content["figures"]
    change = wording.change(made["total"], made.get("previous_total"))
    moved = f"，环比{change}" if change else ""
    notes = "".join(f"\n  {note}" for note in notes)
    return f"受理 {made.get('total')} 件{moved} → {shown(folder)}/bulletin.{'、.'.join(['ipynb', *formats])}{notes}"
