"""The bulletin as the page that it will be, under the check of its figures, in the JupyterLab of `hotline lab`."""

import html
import os
import sys
from pathlib import Path
from urllib.parse import quote

ADDRESS = "/hotline/preview"
"""Where hotline.desk.page answers with the page of a notebook as it was last saved."""
_FOLDED = """<p>{text}</p>
<details><summary>预览这一期的网页（按最近一次存盘的笔记本）</summary>
<form action="{address}" target="hotline-preview" style="margin:.5em 0"><button>存盘以后，重新预览</button></form>
<iframe name="hotline-preview" loading="lazy" src="{address}" style="width:100%;height:80vh;border:1px solid #ccc"></iframe>
</details>"""


def preview(text: str) -> dict[str, str]:
    """`text`, and folded under it the page of the notebook that runs, as HTML output; empty anywhere else.

    The page is made when it is unfolded. What a command renders that a cell has called is no preview.
    """
    root, path = os.environ.get("HOTLINE_LAB"), os.environ.get("JPY_SESSION_NAME")
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    if not (root and path and getattr(shell, "kernel", None) and Path(path).is_relative_to(root)):
        return {}
    address = html.escape(f"{ADDRESS}/{quote(Path(path).relative_to(root).as_posix())}")
    return {"text/html": _FOLDED.format(text=html.escape(text), address=address)}
