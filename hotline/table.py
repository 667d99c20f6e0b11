"""A center's Delta table as its log knows it: opened at a version, its identity; what goes wrong, said in Chinese.

Light: whether anything has changed since an issue was made is seen here, without pandas (see publishing.inputs).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from hotline import HotlineError
from hotline.coverage import Coverage
from hotline.location import Location

_PATIENCE = {"connect_timeout": "5s", "retry_timeout": "20s"}
"""For an object store. By default Delta tries for three minutes to reach one that is not there."""


PROVENANCE = "hotline"
"""The key of an import's account in the table's history."""


class ArchiveError(HotlineError):
    """The archive could not be read or written; the message, in Chinese, names it, and says that it is as it was."""


class Table:
    """A center's table, at the location's version, or at the latest; `version` and `id` are None where there is none."""

    def __init__(self, location: Location | str | Path, center: str):
        self.location, self.center = Location.of(location), center
        self.uri = self.location.table(center)
        self._options = _PATIENCE if self.location.is_url else None
        with self._reading():
            self._table = self._opened() if DeltaTable.is_deltatable(self.uri, self._options) else None

    @property
    def version(self) -> int | None:
        """The Delta version read; None where nothing has been imported."""
        return None if self._table is None else self._table.version()

    @property
    def id(self) -> str | None:
        """The table's own name, given to it when it was made: another one after the archive was deleted and made anew."""
        return None if self._table is None else str(self._table.metadata().id)

    def recorded_coverage(self) -> Coverage | None:
        """The days that the imports claim to hold whole; None where none of them says (release 0.1.0)."""
        if self._table is None:
            return None
        with self._reading():
            # Each commit says what all before it cover, so the latest suffices, unless release 0.1.0 made it.
            for entry in chain(self._table.history(1), self._earlier()):
                claimed = (entry.get(PROVENANCE) or {}).get("coverage")
                if claimed is not None:
                    return Coverage.load(claimed)
        return None

    def imported(self) -> set[str]:
        """The names of the files that the table was imported from; of what lay in a .zip, the zip's."""
        if self._table is None:
            return set()
        with self._reading():
            accounts = [entry.get(PROVENANCE) or {} for entry in self._table.history()]
        return {
            re.split("/|［", each["file"])[0] for account in accounts for each in account.get("files", ())
        }

    def account(self) -> dict:
        """What the latest import said of itself; empty where there is none, or it was made by release 0.1.0."""
        if self._table is None:
            return {}
        with self._reading():
            return self._table.history(1)[0].get(PROVENANCE) or {}

    def _earlier(self) -> Iterator[dict]:
        yield from self._table.history()

    def _opened(self) -> DeltaTable:
        version = self.location.version
        try:
            return DeltaTable(self.uri, version=version, storage_options=self._options)
        except (DeltaError, OSError):
            if version is None:
                raise
            latest = DeltaTable(self.uri, storage_options=self._options).version()
            raise ArchiveError(
                f"档案 {self.uri} 没有第 {version} 版，现在到第 {latest} 版。请核对版本号（hotline status 列出各次导入的版本）。"
            ) from None

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """An ArchiveError in place of what Delta and Arrow raise for a table that cannot be read or reached."""
        try:
            yield
        except (DeltaError, OSError) as error:
            version = self.location.version
            if version is not None and "not found" in str(error).lower():
                raise ArchiveError(
                    f"档案 {self.uri} 第 {version} 版的数据文件已经清除（vacuum），那一版已无从读起。请从备份恢复这些文件；"
                    "今后清除时，保留各期所用的版本（hotline status 列出各次导入的版本）。"
                ) from None
            remedy = "请检查文件夹及其权限。"
            if self.location.is_url:
                remedy = "请检查网络、地址和凭据（环境变量，如 AWS_ENDPOINT_URL、AWS_ACCESS_KEY_ID）。"
            raise ArchiveError(f"档案 {self.uri} 读不出来：{reason(error)}。{remedy}") from None


def reason(error: BaseException) -> str:
    """An error of Delta's in one line: of an object store's, a tree in colours, its head, where it tried, the last cause."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    lines = [line.strip(" ↳") for line in text.splitlines() if line.strip(" ↳")]
    hosts = re.findall(r"https?://[^/\s]+", text)
    return "：".join(dict.fromkeys((lines[0], *hosts[:1], lines[-1])))[:300]
