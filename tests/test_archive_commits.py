"""One import is one commit: idempotent, in any order, at the same time as another, killed, or on a full disk."""

import contextlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pandas as pd
import pytest
from deltalake import DeltaTable
from exports import COLUMNS, JUNAN, kept, row, rows, table, take, version, write

from hotline.archive import Archive, ArchiveError
from hotline.intake import remains
from hotline.location import Location

IMPORT = """
import sys
from exports import JUNAN
from hotline import HotlineError
from hotline.intake import importing
try:
    print(importing.import_files(sys.argv[2:], JUNAN, sys.argv[1]))
except HotlineError as error:
    sys.exit(f"错误：{error}")
"""


def start(root, *files, **options) -> subprocess.Popen:
    """An import in a process of its own."""
    command = [sys.executable, "-c", IMPORT, str(root / "archive"), *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


# ---- again, later, earlier ------------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(tmp_path):
    """A second import of a file stores nothing, makes no version, and says so; a copy of it is the same file."""
    path = write(tmp_path / "工单.xlsx", table(rows(20)))
    take(tmp_path, path)
    before = kept(tmp_path)
    for again in (path, path, write(tmp_path / "工单 - 副本.xlsx", table(rows(20)))):
        report = take(tmp_path, again)
        assert (report.unchanged, report.stored, report.replaced) == (20, 0, 0)
        assert "档案没有变化" in str(report)
    assert version(tmp_path) == 0
    pd.testing.assert_frame_equal(kept(tmp_path), before)


def test_a_later_export_replaces_a_request_whole(tmp_path):
    """All handlings of a request are those of the latest export that has it; requests it does not name stay."""
    take(
        tmp_path,
        write(tmp_path / "工单_20211026.xlsx", table([row(1, 承办单位="大店镇、团林镇"), row(2), row(3)])),
    )
    report = take(
        tmp_path, write(tmp_path / "工单_20211027.xlsx", table([row(1, 承办单位="住建局"), row(2)]))
    )
    assert (report.replaced, report.unchanged) == (1, 1)
    stored = kept(tmp_path)
    assert list(stored["unit"]) == ["住建局", row(2)["承办单位"], row(3)["承办单位"]]
    assert list(stored["source"]) == [
        "工单_20211027.xlsx［工单］",
        "工单_20211027.xlsx［工单］",
        "工单_20211026.xlsx［工单］",
    ]


def test_an_older_export_imported_late_does_not_overwrite(tmp_path):
    """The age of an export is the date in its name, not the order of imports nor the file's own times."""
    newer = write(tmp_path / "工单_20211027.xlsx", table([row(1, 诉求类别="建议"), row(2)]))
    older = write(tmp_path / "工单_20211026.xlsx", table([row(1), row(2), row(3)]))
    os.utime(older, (2e9, 2e9))
    take(tmp_path, newer)
    report = take(tmp_path, older)
    assert (report.stored, report.unchanged, report.files[0].older) == (1, 2, 2)
    assert list(kept(tmp_path)["kind"]) == ["建议", "求助", "求助"]


def test_without_a_date_in_the_name_the_latest_moment_in_the_file_counts(tmp_path):
    """An export that mentions a later closing is the later export."""
    take(
        tmp_path,
        write(tmp_path / "b.xlsx", table([row(1, 诉求类别="建议"), row(9, 办结时间="2021-11-03 09:00:00")])),
    )
    report = take(
        tmp_path, write(tmp_path / "a.xlsx", table([row(1), row(9, 办结时间="2021-11-02 09:00:00")]))
    )
    assert report.files[0].older == 2
    assert list(kept(tmp_path)["exported_at"]) == [pd.Timestamp("2021-11-03 09:00:00")] * 2


def test_an_unchanged_request_is_as_fresh_as_the_last_export_that_had_it(tmp_path):
    """Between two exports that agree, a third that is older than the second and differs does not win."""
    take(tmp_path, write(tmp_path / "x_20211026.xlsx", table(rows(1))))
    assert take(tmp_path, write(tmp_path / "x_20211028.xlsx", table(rows(1)))).unchanged == 1
    assert (
        take(tmp_path, write(tmp_path / "x_20211027.xlsx", table([row(0, 诉求类别="建议")]))).files[0].older
        == 1
    )
    assert list(kept(tmp_path)["kind"]) == ["求助"]


def test_any_order_of_exports_comes_to_the_same_archive(tmp_path):
    """Three exports in all six orders, one by one or all at once, leave the same rows."""
    import itertools

    files = [
        write(tmp_path / "工单_20211026.csv", table([row(1, 承办单位="大店镇、团林镇"), row(2)])),
        write(tmp_path / "工单_20211027.csv", table([row(1), row(3)])),
        write(
            tmp_path / "工单_20211028.csv",
            table([row(2, 诉求类别="建议"), row(3, 办结时间="2021-10-28 09:00:00")]),
        ),
    ]
    found = []
    for n, order in enumerate(itertools.permutations(files)):
        take(tmp_path / f"all{n}", *order)
        for path in order:
            take(tmp_path / f"one{n}", path)
        found += [kept(tmp_path / f"all{n}")[list(COLUMNS)], kept(tmp_path / f"one{n}")[list(COLUMNS)]]
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)


def test_exports_of_the_same_moment_count_as_one(tmp_path):
    """A platform that exports unit by unit, all dated the same: a request in two of the files has both handlings."""
    a = write(tmp_path / "大店镇_20211101.xlsx", table([row(1, 承办单位="大店镇")]))
    b = write(tmp_path / "住建局_20211101.xlsx", table([row(1, 承办单位="住建局")]))
    assert take(tmp_path, a, b).stored == 2
    assert set(kept(tmp_path)["unit"]) == {"大店镇", "住建局"}


def test_a_request_whose_received_time_was_corrected_moves(tmp_path):
    """Corrected into another week, a request is in that week alone."""
    take(tmp_path, write(tmp_path / "工单_20211026.xlsx", table(rows(3))))
    corrected = row(1, 受理时间="2021-11-01 00:00:00", 办结时间="")
    report = take(tmp_path, write(tmp_path / "工单_20211102.xlsx", table([corrected])))
    assert report.replaced == 1
    archive = Archive(tmp_path / "archive", "junan")
    assert archive.weeks() == ["2021-W43", "2021-W44"]
    assert list(archive.requests_by_day(datetime(2021, 10, 25), datetime(2021, 11, 8))) == [2, 1]


def test_the_history_tells_each_import(tmp_path):
    """A commit carries its files, their moments and counts, and the weeks that it moved."""
    take(tmp_path, write(tmp_path / "工单_20211026.xlsx", table(rows(3))))
    take(
        tmp_path,
        write(tmp_path / "工单_20211102.xlsx", table([row(1, 受理时间="2021-11-01 08:00:00", 办结时间="")])),
    )
    newest, first = Archive(tmp_path / "archive", "junan").imports()
    assert (newest["version"], first["version"]) == (1, 0)
    assert newest["files"][0]["file"] == "工单_20211102.xlsx［工单］"
    assert newest["files"][0]["exported_at"] == "2021-11-02T00:00:00"
    assert newest["files"][0]["replaced"] == 1
    assert first["weeks"] == {"2021-W43": 3}
    old = Archive(f"{tmp_path}/archive@0", "junan")
    assert list(old.requests_by_day(datetime(2021, 10, 25), datetime(2021, 11, 8))) == [3]
    with pytest.raises(ArchiveError, match="没有第 7 版"):
        Archive(f"{tmp_path}/archive@7", "junan")


# ---- at once, killed, full, read-only --------------------------------------------------------------------------------


def test_imports_at_once_all_land(tmp_path):
    """Four processes import into the same week at the same time, from nothing: every row is there, once."""
    files = [write(tmp_path / f"part{n}_20211101.csv", table(rows(50, 50 * n))) for n in range(4)]
    running = [start(tmp_path, path) for path in files]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert list(kept(tmp_path)["request_id"]) == [record["工单编号"] for record in rows(200)]
    assert version(tmp_path) == 3


def test_the_same_request_imported_at_once_is_stored_once(tmp_path):
    """Two imports that put one request into two weeks: the newer export has it, whichever commits first."""
    take(tmp_path, write(tmp_path / "工单_20211020.csv", table(rows(2, 50))))
    old = write(tmp_path / "工单_20211026.csv", table(rows(40)))
    new = write(
        tmp_path / "工单_20211103.csv",
        table([row(n, 受理时间="2021-11-02 09:00:00", 办结时间="") for n in range(40)]),
    )
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: take(tmp_path, path), [old, new, old, new]))
    stored = kept(tmp_path)
    assert len(stored) == 42
    assert (stored["week"] == "2021-W44").sum() == 40


WARM = """
import os, sys
import hotline.intake.importing
from exports import JUNAN
import xlsxwriter
for line in sys.stdin:
    child = os.fork()  # before deltalake's first use, which no fork survives
    if not child:
        hotline.intake.importing.import_files([line.rstrip()], JUNAN, sys.argv[1])
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.mark.parametrize("kills", [10, pytest.param(40, marks=pytest.mark.deep)])
def test_killed_at_any_moment(tmp_path, kills):
    """kill -9 at moments spread over an import: what was committed stays whole, nothing is stored by halves, and the next import works."""
    take(tmp_path, write(tmp_path / "工单_20211026.csv", table(rows(400))))
    command = [sys.executable, "-c", WARM, str(tmp_path / "archive")]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    dice, usual, landed = random.Random(43), None, 0
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as warm:
        for n in range(2 + kills):
            kind = ("建议", "咨询")[n % 2]
            path = write(
                tmp_path / f"更新_{20220101 + n}.csv", table([row(k, 诉求类别=kind) for k in range(400)])
            )
            began, before = time.monotonic(), version(tmp_path)
            print(path, file=warm.stdin, flush=True)
            child = int(warm.stdout.readline())
            if n >= 2:  # the first two are let through, to learn how long one takes
                time.sleep((0.2 + 0.8 * (n - 2 + dice.random()) / kills) * usual)
                with contextlib.suppress(ProcessLookupError):  # it was faster
                    os.kill(child, signal.SIGKILL)
            assert warm.stdout.readline() == "ended\n"
            usual = usual if n >= 2 else time.monotonic() - began
            stored = kept(tmp_path)
            assert len(stored) == 400
            assert stored["request_id"].is_unique
            assert stored["kind"].nunique() == 1, "half of an import was stored"
            landed += version(tmp_path) - before
            if version(tmp_path) > before:
                assert stored["kind"][0] == kind, "a commit without its rows"
    assert 2 <= landed < 2 + kills, "every import got through, or none: the moments were not spread over it"
    final = write(tmp_path / "工单_20231231.csv", table([row(k, 诉求类别="表扬") for k in range(400)]))
    assert take(tmp_path, final).replaced == 400
    assert set(kept(tmp_path)["kind"]) == {"表扬"}
    assert unnamed(tmp_path) == set(), "what killed imports left is gone"
    assert {path.name for path in (tmp_path / "archive").iterdir()} <= {"junan", "junan.aside", "junan.lock"}


LEAVES = """
import os, sys
from pathlib import Path
from hotline.intake.remains import storing
from hotline.location import Location
with storing(Location.of(sys.argv[1]), "junan"):
    for name in ("week=2021-W43/part-0.parquet", "week=2021-W50/part-1.parquet", "_delta_log/_commit_0.json.tmp"):
        path = Path(sys.argv[1], "junan", name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    os._exit(9)
"""


def test_what_a_killed_import_left_goes_with_the_next(tmp_path):
    """Data files of no version, and an entry of the log that was not finished; the versions stay readable, all of them."""
    take(tmp_path, write(tmp_path / "工单_20211026.csv", table(rows(10))))
    take(tmp_path, write(tmp_path / "工单_20211027.csv", table([row(1, 诉求类别="建议")])))
    subprocess.run([sys.executable, "-c", LEAVES, str(tmp_path / "archive")], check=False)
    assert len(unnamed(tmp_path)) == 3
    take(tmp_path, write(tmp_path / "工单_20211028.csv", table(rows(5, 8))))
    assert unnamed(tmp_path) == set()
    assert not (tmp_path / "archive/junan/week=2021-W50").exists()
    for number, requests in enumerate((10, 10, 13)):
        frame = DeltaTable(str(tmp_path / "archive/junan"), version=number).to_pandas()
        assert len(frame) == requests


def unnamed(root) -> set[str]:
    """What lies in the archive's folder and belongs to no version of the table."""
    table, log = root / "archive" / "junan", root / "archive" / "junan" / "_delta_log"
    entries = [json.loads(line) for path in log.glob("*.json") for line in path.read_text().splitlines()]
    ours = {entry["add"]["path"] for entry in entries if "add" in entry}
    ours |= {
        f"_delta_log/{path.name}"
        for path in log.iterdir()
        if re.fullmatch(r"\d{20}\..*|_last_checkpoint", path.name)
    }
    return {path.relative_to(table).as_posix() for path in table.rglob("*") if path.is_file()} - ours


def limited_to(size: int):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("size", [0, 100, 1000, 5000])
def test_a_full_disk(tmp_path, size):
    """A disk that takes no more: a clear error, exit 1, and the archive as it was."""
    take(tmp_path, write(tmp_path / "工单_20211026.csv", table(rows(10))))
    before = kept(tmp_path)
    later = write(tmp_path / "工单_20211027.csv", table([*rows(3000, 5), row(4000, 受理时间="?")]))
    process = start(tmp_path, later, preexec_fn=limited_to(size))
    said, error = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "写不进" in error
    assert "Traceback" not in error
    assert "磁盘空间" in error
    assert version(tmp_path) == 0
    assert unnamed(tmp_path) == set()
    pd.testing.assert_frame_equal(kept(tmp_path), before)


def test_what_a_log_that_is_not_whole_does_not_name_stays(tmp_path):
    """Release 0.1.0 let entries of the log expire: then nobody knows which data files are no version's."""
    take(tmp_path, write(tmp_path / "工单_20211026.csv", table(rows(10))))
    take(tmp_path, write(tmp_path / "工单_20211027.csv", table(rows(5, 8))))
    (tmp_path / "archive/junan/_delta_log" / f"{0:020}.json").rename(tmp_path / "expired.json")
    there = {path.name for path in (tmp_path / "archive/junan").rglob("*.parquet")}
    remains.remove(Location.of(tmp_path / "archive"), "junan")
    assert {path.name for path in (tmp_path / "archive/junan").rglob("*.parquet")} == there


BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""Root may write anywhere; without these capabilities it must ask, like anybody else."""


def test_a_read_only_archive(tmp_path):
    """An archive that may be read and not written: a clear error, and the archive as it was."""
    take(tmp_path, write(tmp_path / "工单_20211026.csv", table(rows(10))))
    later = write(tmp_path / "工单_20211027.csv", table(rows(5, 8)))
    folders = [path for path in (tmp_path / "archive").rglob("*") if path.is_dir()]
    for folder in folders:
        folder.chmod(0o555)
    command = [*BOUND, sys.executable, "-c", IMPORT, str(tmp_path / "archive"), str(later)]
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    for folder in folders:
        folder.chmod(0o755)
    assert ran.returncode == 1, ran.stderr
    assert "写不进去" in ran.stderr
    assert "权限" in ran.stderr
    assert len(kept(tmp_path)) == 10


def test_the_archive_is_the_profile_s_own(tmp_path):
    """Each center has its own table under the root."""
    other = JUNAN.model_copy(update={"key": "other"})
    take(tmp_path, write(tmp_path / "工单.csv", table(rows(2))))
    take(tmp_path, write(tmp_path / "工单.csv", table(rows(3))), profile=other)
    assert (len(kept(tmp_path)), len(kept(tmp_path, "other"))) == (2, 3)
