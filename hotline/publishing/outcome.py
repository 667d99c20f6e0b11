"""What became of one issue: a plain value that travels between processes and machines."""

import signal
from dataclasses import dataclass

from hotline.processes import Child

MEMORY = 4 << 30
"""How much memory an issue may take: an ordinary one needs about 300 MiB, one of a million requests 1.2 GiB."""

KEPT = "文字有变，未重做（没有数变；要重做，请只写这一期，或加 --force）"
"""Said of an issue that is kept."""


@dataclass(frozen=True)
class Outcome:
    """What became of one issue. `status`: rendered, unchanged, kept (though words would change), refused (incomplete
    data) or failed; unlinked: a published one, whose links to its neighbours could not be renewed."""

    center: str
    period: str
    status: str
    message: str
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status in ("rendered", "unchanged", "kept")

    def __str__(self) -> str:
        return f"{self.center} {self.period}：{self.message}"


def lost(child: Child) -> str:
    """Why the process of an issue gave no answer, and what to do."""
    where = f"在“{child.step}”时" if child.step else ""
    if child.error is not None:
        return f"{where}程序出错：{child.error}。"
    if child.exitcode is None:
        return f"{where}超过了 {child.limit:.0f} 秒，没有做完。请检查这一步用到的内容；确需更久的，请用 --timeout（秒），或在 center.yml 里写 timeout。"
    if child.exitcode == -9:  # SIGKILL, which Windows does not have
        return f"{where}工作进程被系统终止（多半是内存不足）。请减少 --jobs，或换内存更大的机器再做这一期。"
    if child.exitcode < 0 or child.exitcode > 255:  # Windows gives an exception's number: 0xC0000005
        name = signal.Signals(-child.exitcode).name if child.exitcode < 0 else f"{child.exitcode:#X}"
        most = (
            f"这一步占用的内存超过了 {child.memory >> 30}" if child.memory else f"内存超过了 {MEMORY >> 30}"
        )
        return f"{where}工作进程崩溃（{name}）：{most} GiB，或用到的某个扩展库出错。请检查这一步用到的内容。"
    if not child.step:
        return f"工作进程一开始就退出了（退出码 {child.exitcode}）：多半是程序没有装好，或系统不许再开进程。请重新安装，或关掉别的程序再试。"
    return f"{where}工作进程自己退出了（退出码 {child.exitcode}），没有做完。请检查笔记本里的 os._exit 之类的调用。"
