"""JupyterLab on the workspace: in Chinese, with what this package brings for it (hotline/desk/jupyter/)."""

import os
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from hotline import HotlineError
from hotline.workspace import MASTER, shown, workspace

CONFIG, STARTUP = Path(__file__).with_name("jupyter"), Path(__file__).with_name("startup.py")
ROOT_ALLOWED = "--allow-root"


class LabError(HotlineError):
    """JupyterLab was not opened; the message, in Chinese, says why and what to do."""


def open_notebook(notebook: Path | None = None, options: Sequence[str] = ()) -> None:
    """A notebook, else the master notebook, in JupyterLab; until it is ended, unless one runs on this workspace already.

    `options` are JupyterLab's own. LabError for a file that is not there, or outside the workspace, and for root.
    """
    root = workspace()
    path = (notebook or root / MASTER).resolve()
    if not path.is_file():
        raise LabError(f"找不到 {shown(path)}。")
    if not path.is_relative_to(root.resolve()):
        raise LabError(f"{path} 不在工作区 {root} 里：请把它放进 notebooks/ 再打开。")
    if _is_root() and ROOT_ALLOWED not in options:
        raise LabError(
            "现在是 root（管理员）：笔记本里的代码能改动整台机器，JupyterLab 不以 root 打开。"
            "请用自己的用户登录再运行；工作区的文件若已归 root，先执行 chown -R 自己的用户名 工作区。"
            f"容器里只有 root 的，用 hotline lab {ROOT_ALLOWED}。"
        )
    if address := _running(root, path):
        print(f"这个工作区的 JupyterLab 已经开着，在浏览器里打开 {shown(path)}。", flush=True)
        webbrowser.open(address)
        return
    _start(root, path, options)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _running(root: Path, path: Path) -> str:
    """The address of a notebook in the server that runs on this workspace; empty where none does."""
    from jupyter_server.serverapp import list_running_servers

    for server in list_running_servers():
        if Path(server["root_dir"]) == root.resolve():
            where = path.relative_to(root.resolve()).as_posix()
            return f"{server['url']}lab/tree/{where}?token={server['token']}"
    return ""


def _start(root: Path, path: Path, options: Sequence[str]) -> None:
    from jupyterlab.labapp import LabApp

    # The analyst's own configuration of this workspace goes before ours.
    places = [str(root / ".jupyter"), str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, places))
    os.environ.setdefault("PYTHONSTARTUP", str(STARTUP))
    os.environ["HOTLINE_HOME"] = str(root)
    os.environ["HOTLINE_LAB"] = str(root.resolve())
    print("正在打开 JupyterLab。用完以后，在这个窗口按两次 Ctrl+C 关闭它。", flush=True)
    ours = [f"--ServerApp.root_dir={root.resolve()}", "--log-level=ERROR"]
    LabApp.launch_instance([*ours, *options, str(path)])
