"""Importing this does once, for nothing, what every issue does: its children find caches filled and templates compiled.

For a single issue it would cost more than it saves.
"""

import gc
from contextlib import suppress

import pandas as pd
from nbformat import v4

from hotline import blocks, charts
from hotline.printing import formats, pdf
from hotline.publishing import (
    execution,
    inputs,
)


def draw() -> None:
    """The first chart of a process finds fonts and fills caches; its children have them."""
    charts.bars(pd.DataFrame({"name": list("一二三"), "count": [1, 2, 3]}), "name", "count", "0123456789%")


def print_page() -> None:
    """The first page of a process compiles the templates."""
    shown = (
        blocks.masthead("", "", "", ""),
        blocks.Block("", [blocks.text("二")]),
        blocks.annex(1, "", "", {"三": "rank", "四": "name"}, [[1, "甲"]]),
    )
    outputs = [
        v4.new_output("display_data", data, metadata=metadata)
        for data, metadata in (block.bundle() for block in shown)
    ]
    nb = v4.new_notebook(
        cells=[v4.new_markdown_cell("## 二\n\n> 三"), v4.new_code_cell("1", outputs=outputs)]
    )
    formats.exporter("html").from_notebook_node(nb)


PRACTICE = (draw, print_page, pdf.ready, execution.rehearse)
# Every issue records the digest of the package: worked out here, its children have it.
inputs.package_digest()
for each in PRACTICE:
    # An error here is not reported: the issue that meets it again will, to somebody who reads it.
    with suppress(Exception):
        each()
gc.collect()
gc.freeze()
