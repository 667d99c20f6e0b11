"""Exports that the import tests write: invented requests, as tables of rows, in every format a platform has."""

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import xlsxwriter
import xlwt
import yaml
from deltalake import DeltaTable

from hotline import center, profiles
from hotline.intake import importing
from hotline.intake.report import Report

EXAMPLES = Path(__file__).parents[1] / "examples"


def example(key: str) -> center.Center:
    """The profile of a center of examples/."""
    content = yaml.safe_load((EXAMPLES / key / "center.yml").read_text(encoding="utf-8"))
    return center.Center.model_validate({**content, "key": key})


JUNAN = profiles.load("junan")
HEADERS = (
    "工单编号", "受理时间", "诉求来源", "诉求类别", "一级分类", "二级分类", "承办单位", "办理期限", "办结时间", "回访时间", "服务过程评价",
    "办理结果评价",
)  # fmt: skip
COLUMNS = tuple(JUNAN.columns)
UNITS = ("十字路街道", "大店镇", "团林镇", "市场监管局", "住建局")


def row(n: int, **changes: object) -> dict[str, object]:
    """A sound request, number n, on 2021-10-25 or after: header → cell, as text."""
    at = datetime(2021, 10, 25, 8, 5) + timedelta(hours=n)
    sound = {
        "工单编号": f"2021102500{n:04d}",
        "受理时间": f"{at:%Y-%m-%d %H:%M:%S}",
        "诉求来源": "市级热线",
        "诉求类别": "求助",
        "一级分类": "居民生活",
        "二级分类": "路灯",
        "承办单位": UNITS[n % len(UNITS)],
        "办理期限": f"{at + timedelta(days=5):%Y-%m-%d %H:%M:%S}",
        "办结时间": f"{at + timedelta(days=1):%Y-%m-%d %H:%M:%S}" if n % 2 else "",
        "回访时间": "",
        "服务过程评价": "",
        "办理结果评价": "",
    }
    return {**sound, **changes}


def rows(count: int, first: int = 0) -> list[dict[str, object]]:
    return [row(n) for n in range(first, first + count)]


def table(records: list[dict[str, object]], headers: tuple[str, ...] = HEADERS) -> list[list[object]]:
    """A header row and the records under it."""
    return [list(headers), *([record.get(header, "") for header in headers] for record in records)]


def write(path: Path, content: list[list[object]], sheet: str = "工单", date_1904: bool = False) -> Path:
    """One table as a file, by its suffix: .xlsx, .xls, .csv, .tsv. The parent folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".xlsx":
        return write_book(path, {sheet: content}, date_1904=date_1904)
    if path.suffix == ".xls":
        book = xlwt.Workbook()
        book.dates_1904 = date_1904
        into = book.add_sheet(sheet)
        for r, line in enumerate(content):
            for c, cell in enumerate(line):
                if cell != "":
                    style = (
                        xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
                        if isinstance(cell, datetime)
                        else xlwt.Style.default_style
                    )
                    into.write(r, c, cell, style)
        book.save(str(path))
        return path
    return write_text(path, content, "\t" if path.suffix == ".tsv" else ",")


def write_book(path: Path, sheets: dict[str, list[list[object]]], **options: object) -> Path:
    """An .xlsx of several sheets; datetime cells are the spreadsheet's own dates."""
    book = xlsxwriter.Workbook(
        path, {"default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_formulas": False, **options}
    )
    for name, content in sheets.items():
        into = book.add_worksheet(name)
        for r, line in enumerate(content):
            for c, cell in enumerate(line):
                if isinstance(cell, str):
                    into.write_string(r, c, cell)
                elif cell is not None:
                    into.write(r, c, cell)
    book.close()
    return path


def write_text(
    path: Path, content: list[list[object]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def take(root: Path, *files: Path | str, profile: center.Center = JUNAN, **options: object) -> Report:
    """Import files into the archive under root; the sum of every file's account is checked again here."""
    report = importing.import_files(list(files), profile, root / "archive", **options)
    for account in report.files:
        counts = account.counts()
        assert counts.pop("read") == sum(counts.values()), account
        assert account.set_aside == len(account.rows_aside) == sum(account.reasons.values()), account
    return report


def kept(root: Path, key: str = "junan") -> pd.DataFrame:
    """Every handling in the archive, with every column, in a fixed order."""
    frame = DeltaTable(str(root / "archive" / key)).to_pyarrow_table().to_pandas()
    return frame.sort_values(["request_id", "unit"], ignore_index=True)


def version(root: Path, key: str = "junan") -> int:
    return DeltaTable(str(root / "archive" / key)).version()


def reasons(report: Report) -> dict[str, int]:
    """Reason → rows set aside for it, over all files."""
    found: dict[str, int] = {}
    for account in report.files:
        for reason, count in account.reasons.items():
            found[reason] = found.get(reason, 0) + count
    return found
