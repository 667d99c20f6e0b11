"""The papermill engine that runs a notebook in this process: `papermill --engine hotline`.

Starting an interpreter, a kernel and every import anew costs a weekly issue more than its figures do. Here the cells
run in an IPython shell of this process: the shell is ipykernel's own, and its messages are recorded by nbclient, as
papermill's stock engine does it, so that the executed notebook is the same. The calling process works on when it ends;
see hotline.engine.isolation.

Three differences from a kernel, on purpose: IPython's user configuration and startup files are not read; a parameter
that the notebook's `parameters` cell does not know is an error, not a warning; and so is what the notebook leaves running
(hotline.engine.leftovers).
"""

import ast
import difflib
import logging
import threading
from collections.abc import Iterator

from nbclient.exceptions import CellExecutionError
from nbformat import v4
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine

from hotline.engine.isolation import isolated
from hotline.engine.shell import running

_one_at_a_time = threading.RLock()
"""A notebook owns sys.stdout and the working directory while it runs: the threads of a process take turns."""


class ParameterError(ValueError):
    """A parameter that the notebook does not know; the message, in Chinese, names it and those there are."""


class HotlineEngine(Engine):
    """Runs cells in-process. Registered as `hotline` under the entry point papermill.engine."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, output_path=None, keep: list | None = None, **kwargs):
        """The executed notebook. ParameterError, before anything runs or is written, for an unknown parameter.

        Into `keep` the notebook is put whether its cells fail or not. What papermill has back is then, where no output is an
        error, an empty one: it writes out what it has, though it be to no file, and that takes as long as three charts.
        """
        refuse_unknown(nb)
        if keep is not None:
            keep.append(nb)
        done = super().execute_notebook(nb, kernel_name, output_path=output_path, **kwargs)
        outputs = [output for cell in done.cells for output in cell.get("outputs", ())]
        failed = any(output.output_type == "error" for output in outputs)
        return done if keep is None or failed else v4.new_notebook(metadata=done.metadata)

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, log_output=False, stdout_file=None, stderr_file=None, skip_tags=(), **_
    ):
        """Run the cells of a papermill-managed notebook, recording into its outputs; not those with one of `skip_tags`."""
        client = _Client(
            nb_man, log_output=log_output, stdout_file=stdout_file, stderr_file=stderr_file, log=_LOG
        )
        client.skip_tags = frozenset(skip_tags)
        return client.execute()


_LOG = logging.getLogger("papermill")


def refuse_unknown(nb) -> None:
    """ParameterError if the notebook was given a parameter that its `parameters` cell does not assign.

    papermill itself only warns, and renders the default period under the name of the one that was meant.
    """
    given = nb.metadata.get("papermill", {}).get("parameters") or {}
    known = {
        name
        for cell in nb.cells
        if "parameters" in cell.metadata.get("tags", ())
        for name in _assigned(cell.source)
    }
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"是不是“{near[0]}”？" if near else ""
            listed = "、".join(sorted(known)) or "（没有）"
            raise ParameterError(f"笔记本没有“{name}”这个参数。{hint}它的参数单元里有：{listed}。")


def _assigned(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        for target in targets:
            yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


class _Client(PapermillNotebookClient):
    """papermill's client, with a shell of this process in the kernel's place."""

    def execute(self, **_):
        self.reset_execution_trackers()
        with _one_at_a_time, isolated(), running() as self._run:
            self.papermill_execute_cells()
        self.nb.metadata["language_info"] = _language_info()
        self.set_widgets_metadata()
        return self.nb

    def execute_cell(self, cell, cell_index, execution_count=None, store_history=True):
        """What nbclient's execute_cell does, without the wire."""
        tags = cell.metadata.get("tags", ())
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        if self.skip_tags & set(tags):
            cell.outputs = []
            return cell
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False
        messages, error = self._run(cell.source)
        cell.execution_count = messages.count
        for message in messages:
            self.process_message(message, cell, cell_index)
        if error and not (self.allow_errors or "raises-exception" in tags):
            raise CellExecutionError.from_cell_and_msg(cell, error)
        return cell


def _language_info() -> dict:
    """What IPython's kernel answers about itself, and nbclient writes into the notebook."""
    from ipykernel.ipkernel import IPythonKernel

    return IPythonKernel.language_info
