"""A handler of Jupyter's server: the page that a notebook, as it was last saved, makes of its period.

hotline/desk/jupyter/jupyter_server_config.json has the server load it; hotline.preview shows it under the check.
"""

import ast
import asyncio
import html
from pathlib import Path

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from hotline import HotlineError, cells, processes, profiles
from hotline.preview import ADDRESS
from hotline.publishing.outcome import MEMORY, lost
from hotline.system import refused
from hotline.workspace import shown


class Preview(JupyterHandler):
    """GET /hotline/preview/notebooks/bulletin.ipynb"""

    @web.authenticated
    async def get(self, path: str) -> None:
        notebook = Path(self.settings["server_root_dir"]).expanduser() / path
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        try:
            self.finish(await asyncio.to_thread(_page, notebook))
        except (HotlineError, OSError) as error:
            self.finish(f"<p>{html.escape(refused(error))}</p>")


def _page(notebook: Path) -> str:
    """The page, made in a process of its own. A HotlineError says why there is none."""
    given = profiles.checked(**_parameters(notebook))
    processes.preload("hotline.publishing.issue")
    child = processes.call(_made, given, notebook, seconds=profiles.load(given.center).timeout, memory=MEMORY)
    if child.error is not None:
        raise child.error
    if not child.answered:
        raise cells.NotebookError(lost(child))
    return child.result


def _parameters(notebook: Path) -> dict[str, object]:
    """What the notebook's first cell assigns."""
    given = {}
    for cell in cells.read(notebook):
        if "parameters" in cell["metadata"].get("tags", ()):
            for node in ast.parse(cell["source"]).body:
                if isinstance(node, ast.Assign):
                    given[ast.unparse(node.targets[0])] = ast.literal_eval(node.value)
            return given
    raise cells.NotebookError(f"{shown(notebook)} 里没有参数单元格（带 parameters 标签的第一格）。")


def _made(given: profiles.Parameters, notebook: Path) -> str:
    from hotline.printing.formats import exporter
    from hotline.publishing import execution, notebooks

    left_out = notebooks.left_out(notebook, profiles.load(given.center))
    nb, _ = execution.executed(given, notebook, left_out, None)
    return exporter("html").from_notebook_node(nb)[0]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "hotline.desk.page"}]


def _load_jupyter_server_extension(server) -> None:
    server.web_app.add_handlers(".*$", [(rf"{ADDRESS}/(.+\.ipynb)", Preview)])
