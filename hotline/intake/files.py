"""Files into grids: what a platform exports (.xlsx .xls .csv .tsv, or a .zip of these), before any meaning.

What a file is, its content says, not its name.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hotline.intake import oldbooks, workbooks
from hotline.intake.grids import SUFFIXES, FileError, Grid, damaged
from hotline.system import refused
from hotline.workspace import printable


def expand(paths: list[str | Path]) -> list[Path]:
    """The files meant by paths, folders and glob patterns, each once, in a stable order."""
    files: list[Path] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = sorted(
                p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES and _visible(p)
            )
            if not inside:
                raise FileError(f"文件夹 {_shown(path)} 里没有可导入的文件（{'、'.join(SUFFIXES)}）。")
            files += inside
        elif path.is_file():
            files.append(path)
        elif any(sign in str(given) for sign in "*?["):
            base = Path(path.anchor) if path.is_absolute() else Path()
            inside = sorted(p for p in base.glob(str(path.relative_to(base))) if p.is_file() and _visible(p))
            if not inside:
                raise FileError(f"没有与“{_shown(given)}”相符的文件。")
            files += inside
        else:
            raise FileError(f"找不到文件 {_shown(given)}。请核对路径和文件名。")
    return list(dict.fromkeys(files))


def together(paths: list[Path]) -> list[Path]:
    """Many files as few words that mean them: all of a kind in their folder, or the folder itself."""
    kinds = {(path.parent, path.suffix) for path in paths}
    folders = {folder for folder, _ in kinds}
    return [folder / f"*{suffix}" for folder, suffix in kinds] if len(kinds) == 1 else sorted(folders)


def _shown(given: str | Path) -> str:
    """Names that somebody has given, as a message may show them."""
    from hotline.masking import masked  # takes its time to load

    return masked(printable(str(given)))


def _visible(path: Path) -> bool:
    """Not a file that an office program leaves while another is open (~$周报.xlsx), nor a hidden one."""
    return not path.name.startswith(("~$", "."))


def grids(path: Path, name: str, max_megabytes: int, sheet: str | None = None) -> Iterator[Grid]:
    """Every grid of a file, or the named sheet of it. FileError, with `name`, for what is no export or is too large.

    Called in a process that may be lost: see hotline.intake.readers.
    """
    limit = max_megabytes * 1_000_000
    try:
        if path.stat().st_size > limit:
            raise FileError(f"{name}：文件超过 {max_megabytes} MB（center.yml 的 export.max_megabytes）。")
        data = path.read_bytes()
    except OSError as error:
        raise FileError(f"{name}：打不开（{refused(error)}）。请检查文件是否存在、是否有读取权限。") from None
    yield from _grids(name, data, limit, sheet, nested=False)


def _grids(name: str, data: bytes, limit: int, sheet: str | None, nested: bool) -> Iterator[Grid]:
    if not re.search(rb"[^\0 \r\n\t]", data):
        raise FileError(f"{name}：是空文件。请重新导出。")
    if data[:4] == b"PK\x03\x04":
        archive = _zip(name, data)
        names = {info.filename for info in archive.infolist()}
        if "[Content_Types].xml" in names or any(n.startswith("xl/") for n in names):
            yield from workbooks.sheets(name, data, sheet, *workbooks.checked(name, archive, limit))
        elif nested:
            raise FileError(f"{name}：压缩包里还有压缩包。请先解开里面的一层。")
        else:
            yield from _zipped(name, archive, limit, sheet)
    elif data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise FileError(f"{name}：有密码。请在 Excel 或 WPS 里去掉密码，另存后再导入。")
        yield from workbooks.sheets(name, data, sheet, oldbooks.counts_from_1904(data))
    elif (
        data[:2] == b"PK"
        or data[:5] == b"%PDF-"
        or data[:4] in (b"Rar!", b"7z\xbc\xaf")
        or data[:2] == b"\x1f\x8b"
    ):
        raise FileError(f"{name}：不是表格文件。可导入的有 {'、'.join(SUFFIXES)}。")
    else:
        from hotline.intake import textfiles  # with pyarrow, which workbooks do not need

        yield textfiles.text_grid(name, data)


def _zip(name: str, data: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        encrypted = any(info.flag_bits & 1 for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError):
        raise damaged(name) from None
    if encrypted:
        raise FileError(f"{name}：有密码。请去掉密码后再导入。")
    return archive


def _zipped(name: str, archive: zipfile.ZipFile, limit: int, sheet: str | None) -> Iterator[Grid]:
    from hotline.masking import shown_name  # most files are no zip

    any_read, used = False, 0
    for info in archive.infolist():
        inner = info.filename
        if (
            not info.flag_bits & 0x800
        ):  # names that a Chinese Windows wrote are GBK, read as cp437 by the standard
            inner = inner.encode("cp437", "replace").decode("gb18030", "replace")
        short = inner.replace("\\", "/").rsplit("/", 1)[-1]
        if info.is_dir() or inner.startswith("__MACOSX/") or not _visible(Path(short)):
            continue
        if Path(short).suffix.lower() not in SUFFIXES:
            continue
        data = b"".join(workbooks.inflated(name, archive, info, limit, used))
        used += len(data)
        any_read = True
        yield from _grids(f"{name}/{shown_name(short)}", data, limit, sheet, nested=True)
    if not any_read:
        raise FileError(f"{name}：压缩包里没有可导入的文件（{'、'.join(SUFFIXES[:-1])}）。")
