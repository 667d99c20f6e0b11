"""What became of every row that was read: the counts, the printed report, the file of rows set aside.

read = stored + unchanged + replaced + repeated + set aside, file by file, over rows. A report that does not add up
is a bug, and is raised as one rather than printed.
"""

import hashlib
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from hotline import columns, names, whole
from hotline.center import Center
from hotline.coverage import NOTHING, Coverage
from hotline.intake.cleaning import plain
from hotline.masking import masked

OUTCOMES = {
    "stored": "新存",
    "unchanged": "未变",
    "replaced": "更新",
    "repeated": "重复",
    "set_aside": "搁置",
}
SIBLING = "同一工单的其余各行，本身没有问题，已入档；一并列出，以便整单重新导入"
_COLUMNS = ("原因", "来源文件", "工作表", "行", "列", "值")
_SHEET_ROWS = 1_000_000
_MANY = 20
"""So many rows set aside, and more than half of the file: then it is not the rows that are wrong."""
_NAMES = 20
"""So many unknown names of a column are listed; more mean that the wrong column is mapped."""
_CAP = 500
"""What platforms limit an export to is a multiple of it; of all other numbers of rows one in so many is, too."""
_PREFIX = "搁置_"
FEW = 5
"""So many files are reported one by one; of more, what is to be said of any."""
_NUMBER = re.compile(r"\d+")


@dataclass
class SetAside:
    """A row that could not be used: where it is, what is wrong, and its mapped cells, for mending.

    `cells["request_id"]` is the id as the archive has it, where the row has one. A row is `mendable` if something in it
    tells which request it is of; nobody can mend another.
    """

    row: int
    reason: str
    column: str
    value: str
    cells: dict[str, str]
    mendable: bool = True


@dataclass
class FileAccount:
    """One sheet or text file: what was recognised, and what became of its rows."""

    file: str
    sheet: str = ""
    is_visits: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    exported_at: datetime | None = None
    read: int = 0
    stored: int = 0
    unchanged: int = 0
    replaced: int = 0
    repeated: int = 0
    set_aside: int = 0
    older: int = 0
    reasons: Counter = field(default_factory=Counter)
    rows_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.file}［{self.sheet}］" if self.sheet else self.file

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("read", *OUTCOMES)}

    def check(self) -> None:
        """AssertionError if a row is unaccounted for or counted twice."""
        counts = self.counts()
        if counts.pop("read") != sum(counts.values()):
            raise AssertionError(f"{self.name}: {self.read} rows read, but {counts}")


@dataclass
class Report:
    """An import, as the analyst reads it. `str()` is what `hotline import` prints."""

    center: str
    files: list[FileAccount] = field(default_factory=list)
    dry_run: bool = False
    version: int | None = None
    unread: list[str] = field(default_factory=list)
    strangers: list[names.Stranger] = field(default_factory=list)
    doubles: list[tuple[str, names.Stranger]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    weeks: dict[str, int] = field(default_factory=dict)
    aside_files: list[Path] = field(default_factory=list)
    coverage: Coverage = NOTHING
    newer: datetime | None = None
    unused: dict[str, list[str]] = field(default_factory=dict)
    recent: int = 0

    def __getattr__(self, name: str) -> int:
        if name in ("read", "older", *OUTCOMES):
            return sum(getattr(account, name) for account in self.files)
        raise AttributeError(name)

    @property
    def meaningless(self) -> list[str]:
        """What is wrong with the files of which most rows could not be used, each with an example and what to look at."""
        return [
            _meaningless(account, self.center)
            for account in self.files
            if account.set_aside >= _MANY and account.set_aside * 2 > account.read
        ]

    @property
    def changed(self) -> bool:
        return bool(self.stored or self.replaced)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _sum(counts: dict[str, int]) -> str:
    return f"读入 {counts['read']} 行 = " + " + ".join(
        f"{word} {counts[name]}" for name, word in OUTCOMES.items()
    )


def _lines(report: Report):
    if len(report.files) > FEW:
        yield f"{len(report.files)} 个文件：{report.files[0].name} 至 {report.files[-1].name}"
        yield from _shared_remarks(report)
    else:
        for account in report.files:
            kind = "回访" if account.is_visits else "工单"
            when = f"，导出于 {account.exported_at:%Y-%m-%d %H:%M}" if account.exported_at else ""
            yield f"{account.name}（{kind}{when}）：{_sum(account.counts())}"
            yield from (f"  {remark}" for remark in _remarks(account, report))
    for name in report.unread:
        yield f"没有读 {name}"
    if len(report.files) > 1:
        yield "合计：" + _sum({name: getattr(report, name) for name in ("read", *OUTCOMES)})
    for one in report.strangers[:_NAMES]:
        yield f"{one}；照原样保留"
    if len(report.strangers) > _NAMES:
        yield f"center.yml 里没有的名称还有 {len(report.strangers) - _NAMES} 个"
    if report.doubles:
        yield f"注意：{names.refusal(report.doubles, report.center)}改好以前不能生成。"
    if line := names.summary(report.unused, report.recent):
        yield f"{line}；hotline status 列出全部"
    yield from report.notes
    if len(report.aside_files) > FEW:
        folder = report.aside_files[0].parent
        yield f"搁置的行写在 {folder} 里的 {len(report.aside_files)} 个工作簿，改好后可直接再导入"
    else:
        for path in report.aside_files:
            yield f"搁置的行写在 {path}，改好后可直接再导入这个文件"
    yield from report.meaningless
    if report.weeks:
        yield f"涉及 {_weeks(report.weeks)}"
    yield f"档案里完整的日子：{report.coverage}。只有零星几件的日子不算完整；确已导全的，用 --covers 首日:末日 说明。"
    if report.dry_run:
        yield "这是试运行，没有存入任何数据。"
    elif report.changed:
        yield f"已存入档案，第 {report.version} 版。"
    else:
        yield "档案没有变化。"


def _remarks(account: FileAccount, report: Report):
    """What there is to say of a file besides its counts."""
    if report.dry_run:
        yield "列：" + "、".join(f"{header} → {column}" for column, header in account.columns.items())
    if account.absent:
        yield f"文件里没有这些列：{'、'.join(account.absent)}"
    if account.ignored:
        yield f"未采用的列（不入档）：{'、'.join(account.ignored)}"
    for reason, count in account.reasons.most_common():
        yield f"搁置 {count} 行：{reason}"
    if account.older:
        when = f"（档案里的导出于 {report.newer:%Y-%m-%d %H:%M}）" if report.newer else ""
        yield (
            f"未变的行里有 {account.older} 行比档案里的旧{when}，没有采用。若档案里的才是错的（如日期写错的一次导入），"
            "请用 hotline import --again 再导入这个文件：其中的工单一律以它为准"
        )
    if account.read >= _CAP and account.read % _CAP == 0:
        yield f"注意：正好 {account.read} 行。若平台一次最多导出这么多行，其余的没有导出，请分几次导出后再导入"
    yield from account.notes


def _shared_remarks(report: Report):
    """The remarks of many files, each once: those that differ in their first number alone are one, which the first says."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for account in report.files:
        for remark in _remarks(account, report):
            alike.setdefault(_NUMBER.sub("", remark, count=1), []).append((remark, account.name))
    for (remark, name), *others in alike.values():
        yield f"  {remark}（{name}{f'；{len(others)} 个文件也有' if others else ''}）"


def _meaningless(account: FileAccount, center: str) -> str:
    (reason, count), *_ = account.reasons.most_common(1)
    example = next((row for row in account.rows_aside if row.reason.startswith(reason)), None)
    shown = (
        f"，例如第 {example.row} 行“{example.column}”的“{example.value}”" if example and example.value else ""
    )
    return (
        f"注意：{account.name} 的 {account.read} 行里有 {account.set_aside} 行不能用，最多的是“{reason}”（{count} 行）{shown}。"
        f"请核对 params/{center}/center.yml 的 columns（列名是否对应）和 export.date_format（日期写法），改好后再导入一次。"
    )


def _weeks(weeks: dict[str, int]) -> str:
    """The weeks touched, with their requests; the ends and the sum where there are many."""
    total = sum(weeks.values())
    if len(weeks) > 8:
        return f"{min(weeks)} 至 {max(weeks)} 的 {len(weeks)} 周，共 {total} 件诉求"
    return "、".join(f"{week}（{count} 件）" for week, count in sorted(weeks.items()))


def write_aside(folder: Path, accounts: list[FileAccount], center: Center) -> list[Path]:
    """The rows set aside, a workbook per file read, beside the archive. OSError if it cannot be written.

    The name carries the export's own moment, so that mended rows are as fresh as the export that they are from. All
    cells are text: a spreadsheet then keeps leading zeros, and runs no formula.
    """
    named: dict[str, list[tuple[FileAccount, SetAside]]] = {}
    for account in accounts:
        rows = [(account, row) for row in account.rows_aside if row.mendable]
        named.setdefault(_aside_name(account), []).extend(rows)
    mended = {_aside_name(account) for account in accounts if _is_mended(account)}
    paths = []
    for name, rows in named.items():
        path = folder / name
        if rows:
            folder.mkdir(parents=True, exist_ok=True)
            _write(path, rows, center)
            paths.append(path)
        elif name in mended:
            path.unlink(missing_ok=True)  # mended, every row of it
    return paths


def _write(path: Path, rows: list[tuple[FileAccount, SetAside]], center: Center) -> None:
    headers = [center.columns[column][0] for column in center.columns]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    # A zip file on a full disk cannot be ended, and says so once more when it is collected.
    content = io.BytesIO()
    try:
        with xlsxwriter.Workbook(content, options) as book:
            for start in range(0, len(rows), _SHEET_ROWS):
                sheet = book.add_worksheet(f"搁置{start // _SHEET_ROWS + 1}")
                for at, header in enumerate((*_COLUMNS, *headers)):
                    sheet.write_string(0, at, header)
                for line, (account, row) in enumerate(rows[start : start + _SHEET_ROWS], 1):
                    where = (row.reason, account.file, account.sheet, str(row.row), row.column, row.value)
                    cells = (*where, *(row.cells.get(column, "") for column in center.columns))
                    for at, cell in enumerate(cells):
                        if cell:
                            sheet.write_string(line, at, str(cell)[:32_000])
    except XlsxFileError as error:
        raise OSError(str(error)) from None
    whole.write(path, content.getvalue())


def _is_mended(account: FileAccount) -> bool:
    return Path(account.file).name.startswith(_PREFIX)


def _aside_name(account: FileAccount) -> str:
    """A file of rows set aside, mended and imported, keeps its name: what is left of it replaces it.

    Any other's is its export's, without long digits, which may be somebody's number, and with a few letters that stand
    for the rows: no two files share a workbook, however alike their names, and the same file again gets its own.
    """
    if _is_mended(account):
        # Mended in a spreadsheet it may come back as a .csv; what is written is a workbook.
        return Path(account.file).with_suffix(".xlsx").name
    stem = re.sub(r"[^\w]+|\d{4,}|_", "_", f"{Path(account.file).stem}_{account.sheet}")
    content = repr((account.file, account.sheet, account.rows_aside)).encode("utf-8", "replace")
    mark = "".join(chr(ord("a") + byte % 26) for byte in hashlib.sha256(content).digest()[:6])
    moment = account.exported_at or datetime(1990, 1, 1)
    return f"{_PREFIX}{re.sub('__+', '_', stem).strip('_')[:60]}_{mark}_{moment:%Y-%m-%d_%H%M%S}.xlsx"


def shown_cell(raw: object) -> str:
    """A raw cell as the set-aside file may show it."""
    return masked(plain(raw))


def cell(column: str, value: object) -> str:
    """A cleaned value as the set-aside file shows it. A code is never masked: eighteen digits may be an id."""
    if isinstance(value, tuple):
        return shown_cell("、".join(value))
    if pd.isna(value):
        return ""
    return str(value) if columns.column(column).is_code else shown_cell(value)
