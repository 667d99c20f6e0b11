"""A notebook run by papermill, in this process, and what went wrong in it, in Chinese."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hotline.engine  # noqa: F401  # isort: skip  (before papermill)

import nbformat
import papermill
from nbformat import v4
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG

from hotline import HotlineError, figurefile, mistakes, processes, profiles, reads, templates, wording
from hotline.engine.engine import ParameterError
from hotline.engine.leftovers import LeftoverError
from hotline.printing import document
from hotline.publishing import folders, notebooks
from hotline.workspace import shown, workspace

ENGINE = "hotline"


class IssueError(HotlineError):
    """The issue was not made, and the published one is as it was; the message, in Chinese, says why."""


def figures_at(given: profiles.Parameters, version: int | None = None) -> dict:
    """The figures of an issue from the archive as it is, or as it was at a version; nothing is published."""
    profile = profiles.load(given.center)
    period = profile.period(given.period)
    notebook = notebooks.path(profile.key, period)
    left_out = notebooks.left_out(notebook, profile)
    folder = folders.outputs(profile.key) / str(period)
    nb, _ = executed(at_version(given, version), notebook, left_out, folder)
    return figurefile.of_notebook(nb)


def rerun(notebook: Path, archive: str):
    """A published issue's notebook, run again as it was, on an archive at a version; nothing is published."""
    nb = nbformat.read(notebook, as_version=4)
    about = nb.metadata["papermill"]
    given = profiles.checked(**{**about["parameters"], "archive": archive})
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


def at_version(given: profiles.Parameters, version: int | None) -> profiles.Parameters:
    if version is None:
        return given
    place = profiles.load(given.center).location(given.archive)
    return given.model_copy(update={"archive": str(place.at(version))})


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
    processes.step("运行笔记本")
    kept: list = []
    try:
        with reads.log() as log:
            papermill.execute_notebook(
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
        raise IssueError(f"{error}{_kept(*kept, folder, '执行后')}") from None
    except PapermillExecutionError as error:
        raise IssueError(_failure(error, *kept) + _kept(*kept, folder)) from None
    (nb,) = kept
    if nb.metadata.papermill.exception:  # papermill takes sys.exit() for a good end
        at = next(cell.execution_count for cell in nb.cells if cell.metadata.papermill.get("exception"))
        raise IssueError(f"第 {at} 个单元格出错：SystemExit，其后的单元格没有执行{_kept(nb, folder)}")
    if folder is not None:
        nb.metadata.papermill.update(input_path=shown(notebook), output_path=shown(folder / "bulletin.ipynb"))
    return nb, log.record()


@contextmanager
def keeping(nb, folder: Path) -> Iterator[None]:
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
            return mistakes.explanation(error.ename, error.evalue, there, at)
    return ""


def _ours(base: type = HotlineError) -> set[str]:
    names = {base.__name__} if base.__module__.startswith("hotline.") else set()
    return names.union(*(_ours(each) for each in base.__subclasses__()))


def refuse_typed_numbers(nb) -> None:
    """IssueError for a number in a paragraph that is neither `say`'s nor a block of the house."""
    for block in document.of_bare_markdown(nb):
        if number := templates.typed_number(wording.unescape(block.markdown)):
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
