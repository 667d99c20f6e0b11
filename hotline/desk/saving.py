"""What JupyterLab saves of a notebook that is a source: no outputs. hotline/desk/jupyter/jupyter_server_config.json names it."""

SOURCES = ("notebooks", "params")
"""The folders of a workspace whose notebooks are sources: what a cell shows there is no part of the file."""
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def strip(model: dict, path: str, **_: object) -> None:
    """Lab's pre_save_hook: drop outputs, counts and Lab's own remarks, so that running and saving a notebook changes nothing.

    A published notebook, under outputs/, keeps all of it.
    """
    if model["type"] != "notebook" or path.strip("/").partition("/")[0] not in SOURCES:
        return
    notebook = model["content"]
    notebook["metadata"].update(kernelspec=dict(_KERNEL), language_info={"name": "python"})
    for cell in notebook["cells"]:
        for remark in ("execution", "collapsed", "scrolled", "trusted"):
            cell["metadata"].pop(remark, None)
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
