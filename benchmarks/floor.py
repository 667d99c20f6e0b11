"""The floor: the notebook's code cells as one plain function in this warm process. Prints CPU seconds a week.

python -m benchmarks.floor 2021-W18 2021-W19 …
"""

import json
import os
import sys
import time

from hotline import charts, profiles  # noqa: F401  (charts: warm)
from hotline.publishing import notebooks
from hotline.workspace import workspace


def compiled():
    """The cells that the center prints as one function of a period; what a cell shows at its end is only computed."""
    notebook = workspace() / "notebooks/bulletin.ipynb"
    hidden = {*notebooks.left_out(notebook, profiles.load("junan"))}
    cells = [
        cell
        for cell in json.loads(notebook.read_text())["cells"]
        if cell["cell_type"] == "code" and not hidden & {*cell["metadata"].get("tags", ())}
    ]
    lines = [
        line
        for cell in cells
        if "parameters" not in cell["metadata"].get("tags", [])
        for line in ("".join(cell["source"]) + "\n").splitlines()
    ]
    names = "issue = published = article = archive = None"
    source = "def week(center, period):\n" + "\n".join(f"    {line}" for line in (names, *lines))
    namespace = {"display": lambda *things, **_: None}
    exec(compile(source, "notebook", "exec"), namespace)
    return namespace["week"]


def main(periods: list[str]) -> None:
    week = compiled()
    os.chdir(workspace() / "notebooks")
    week("junan", periods[0])
    began = time.process_time()
    for period in periods:
        week("junan", period)
    print((time.process_time() - began) / len(periods))


if __name__ == "__main__":
    main(sys.argv[1:])
