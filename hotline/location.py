"""Where an archive lies: a folder, or an object store's URL; and where its ledger and the like lie on this machine.

Whatever asks for an archive's place, or writes it down, does so by a Location. Which of several places is meant
(--archive, an issue's parameter, the profile) is Center.location's to say.
"""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from hotline import HotlineError
from hotline.workspace import shown, workspace

DEFAULT = "data/archive"


class LocationError(HotlineError, ValueError):
    """An archive cannot lie there; the message, in Chinese, says why. A ValueError, so that pydantic names the key."""


@dataclass(frozen=True)
class Location:
    """`root`: an absolute folder or a URL, without a slash at its end. `version`: the version to read; None: the latest.

    Each center has its table below the root.
    """

    root: str
    version: int | None = None

    @classmethod
    def of(cls, place: "str | Path | Location") -> "Location":
        """The location that a text names: data/archive, ~/archive, /srv/archive, s3://bucket/archive; @3: version 3.

        A path is meant from the workspace on, whatever the working directory. LocationError for what names no place.
        """
        if isinstance(place, Location):
            return place
        text = str(place)
        root, at, version = text.rpartition("@")
        if not (at and version.isascii() and version.isdigit()):
            root, version = text, None
        if not root.strip() or not text.isprintable():
            raise LocationError(
                f"{text!r} 没有说明档案在哪里：应是文件夹，或对象存储的地址（如 s3://桶/文件夹）。"
            )
        root = _url(root) if "://" in root else _folder(root)
        return cls(root, None if version is None else int(version))

    @property
    def is_url(self) -> bool:
        return "://" in self.root

    def at(self, version: int | None) -> "Location":
        """The same archive at that version; with None, at its latest."""
        return replace(self, version=version)

    def table(self, center: str) -> str:
        """The path or URL of a center's table."""
        return f"{self.root.rstrip('/')}/{center}"

    @property
    def local(self) -> Path:
        """The folder on this machine for what belongs to the archive: set-aside rows, ledger, locks, caches.

        The archive's own folder; for a URL, one of its name in the workspace's data/.
        """
        if not self.is_url:
            return Path(self.root)
        # A port's colon is no letter of a file's name on Windows.
        return workspace() / "data" / self.root.replace("://", "/").replace(":", "%3A")

    def __str__(self) -> str:
        """As `of` reads it, in any copy of the workspace: a folder in it is named from the workspace on."""
        text = self.root if self.is_url else Path(shown(Path(self.root))).as_posix()
        text = f"./{text}" if text.startswith("~") else text
        if self.version is not None:
            return f"{text}@{self.version}"
        # A slash keeps a folder that is itself called archive@3 from being taken for a version.
        return f"{text}/" if re.search(r"@[0-9]+$", text) else text

    def check_writable(self) -> None:
        """LocationError where a version is named: an import makes a new one."""
        if self.version is not None:
            raise LocationError(
                f"不能导入到 {self}：它指的是档案的第 {self.version} 版，过去的样子不会再变。请去掉 @{self.version} 再导入。"
            )


def _folder(text: str) -> str:
    # expanduser leaves a user that does not exist as it is. "~" inside the workspace is a folder's name only as "./~".
    return os.path.normpath(workspace() / os.path.expanduser(text))


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise LocationError(f"“{text}”不是可用的地址。") from None
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise LocationError(
                f"“{text}”不是可用的地址：file: 后面是三条斜线，如 file:///srv/archive、file:///D:/archive。"
            )
        return _folder(url2pathname(parts.path))
    if not (parts.scheme and parts.netloc):
        raise LocationError(f"“{text}”不是可用的地址：应如 s3://桶/文件夹。")
    if parts.password is not None:
        raise LocationError(
            "档案的地址里不能写密码：它会印在消息和记录里。请用环境变量（如 AWS_SECRET_ACCESS_KEY）给出。"
        )
    if parts.query or parts.fragment or ".." in parts.path.split("/"):
        raise LocationError(f"“{text}”不是可用的地址：其中不能有 ?、# 和 ..。")
    return text.rstrip("/")
