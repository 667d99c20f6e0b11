"""B7: how fast exports become rows of the archive."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import clock, material
from hotline.sample import files as sample

_PANDAS = """
import sys, time, pandas
began = time.perf_counter()
print(len(pandas.read_excel(sys.argv[1], engine="openpyxl")), time.perf_counter() - began)
"""
_XLSX = """
import sys, time
from hotline import profiles
from hotline.intake import importing
began = time.perf_counter()
report = importing.import_files([sys.argv[1]], profiles.load("junan"), sys.argv[2])
print(report.read, time.perf_counter() - began)
"""
_CSV = """
import sys, time, resource
from hotline import profiles
from hotline.intake import importing
began = time.perf_counter()
batch = importing.read_files([sys.argv[1]], profiles.load("junan"))
took = time.perf_counter() - began
print(sum(account.read for account in batch.accounts), took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
_STORED = """
import sys, resource
from hotline import profiles
from hotline.intake import importing
report = importing.import_files([sys.argv[1]], profiles.load("junan"), sys.argv[2])
used = resource.getrusage(resource.RUSAGE_SELF)
print(report.unchanged, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def rows(home: Path, runs: int) -> Iterator[tuple[str, str, str, str, bool]]:
    """The lines of the table: .xlsx beside pandas with openpyxl, .csv by rows a second."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (book,) = sample.write(folder / "xlsx", weeks=1, requests=83_000, last=material.LAST)
        theirs, ours, count = [], [], 0
        for number in range(runs):
            _, took = clock.python(home, _PANDAS, str(book)).split()
            theirs.append(float(took))
            count, took = clock.python(home, _XLSX, str(book), str(folder / f"archive-{number}")).split()
            ours.append(float(took))
        theirs, ours = sorted(theirs)[runs // 2], sorted(ours)[runs // 2]
        measured = f"read_excel with openpyxl {theirs:.1f} s, imported {ours:.1f} s: **{theirs / ours:.1f}×**"
        yield (
            "B7a",
            f".xlsx of {int(count):,} rows up to the stored archive",
            measured,
            "5×",
            theirs >= 5 * ours,
        )

        text = folder / "12345工单导出_20211105.csv"
        _write_csv(text, 1_000_000)
        timed = [tuple(map(float, clock.python(home, _CSV, str(text)).split())) for _ in range(runs)]
        count, took, memory = sorted(timed, key=lambda each: each[1])[runs // 2]
        measured = f"{took:.1f} s: **{count / took:,.0f} rows a second**, {memory:.0f} MiB"
        yield (
            "B7b",
            f".csv of {int(count):,} rows up to validation",
            measured,
            "200,000 a second, < 2 GiB",
            count / took >= 200_000 and memory < 2048,
        )
        ratios, peaks = [], []
        for number in range(runs):
            archive = str(folder / f"again-{number}")
            (_, first, _), (count, again, memory) = (
                map(float, clock.python(home, _STORED, str(text), archive).split()) for _ in range(2)
            )
            ratios.append(again / first)
            peaks.append(memory)
        ratio, peak = sorted(ratios)[runs // 2], max(peaks)
        measured = f"**{ratio:.2f}** times the first import's CPU, {peak:.0f} MiB"
        yield (
            "B7c",
            f"the same .csv again, {int(count):,} rows unchanged",
            measured,
            "1.2 times, < 1.5 GiB",
            ratio <= 1.2 and peak < 1536,
        )


def _write_csv(path: Path, rows: int) -> None:
    """A platform's export as text: the headers of the profile, times to the second."""
    frame = material.year()
    frame = material.multiplied(frame, -(-rows // len(frame)), "v").head(rows)
    headers = {name: names[0] for name, names in material.profiles.load("junan").columns.items()}
    frame = frame[list(headers)].rename(columns=headers)
    frame.insert(1, "联系电话", "13000000001")
    frame.to_csv(path, index=False, date_format="%Y-%m-%d %H:%M:%S")
