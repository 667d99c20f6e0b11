"""An archive on an object store: the same commands, against an S3 server on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import material
import pytest
from commands import PROGRAM, run
from exports import row, rows, table, write
from test_weekly import LAST, exports

from hotline.archive import Archive, ArchiveError, Conflict
from hotline.location import Location

pytestmark = pytest.mark.slow
BUCKET = "county"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def variables(port: int) -> dict[str, str]:
    """What an operator puts into the environment, for a store that is not Amazon's."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "AWS_REGION": "us-east-1",
    }


@pytest.fixture(scope="module")
def port():
    """A store with one bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bucket = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")
    for _ in range(600):
        try:
            urllib.request.urlopen(bucket, timeout=10).close()
            break
        except OSError:
            assert server.poll() is None, "the server did not start"
            time.sleep(0.1)
    else:
        pytest.fail("the server does not answer")
    yield port
    server.terminate()
    server.wait(10)


@pytest.fixture
def place(port, tmp_path, monkeypatch) -> str:
    """An archive of the test's own, named by the profile of the only center."""
    home = material.workspace(tmp_path / "home")
    material.tiny_notebook(home)
    place = f"s3://{BUCKET}/{tmp_path.name}"
    with open(home / "params/junan/center.yml", "a", encoding="utf-8") as profile:
        profile.write(f"\narchive: {place}\n")
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    for name, value in variables(port).items():
        monkeypatch.setenv(name, value)
    return place


@pytest.fixture
def home(place, tmp_path) -> Path:
    return tmp_path / "home"


def said(done: subprocess.CompletedProcess, code: int = 0) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_week_from_import_to_correction(home, place):
    """import, status, render, again unchanged, a correction, diff, render at the old version; rows set aside and locks
    lie in the workspace's data/."""
    first = write(home / "工单_20211105.csv", table([*rows(20), row(99, 受理时间="不详")]))
    assert "新存 20" in said(run(home, "import", str(first)))
    status = said(run(home, "status"))
    assert f"{place}/junan" in status
    assert "诉求 20 件" in status
    (aside,) = (home / "data/s3" / place.removeprefix("s3://") / "junan.aside").glob("*.xlsx")
    assert str(aside) in status
    assert "受理 20 件" in said(run(home, "render", "2021-W43", "--to", "html"))
    assert "没有变化" in said(run(home, "render", "2021-W43", "--to", "html"))

    later = write(home / "工单_20211106.csv", table([row(50)]))
    assert "新存 1" in said(run(home, "import", str(later)))
    assert "20 → 21（第 1 版" in said(run(home, "diff", "2021-W43"))
    assert "受理 20 件" in said(run(home, "render", "2021-W43", "--to", "html", "--archive", f"{place}@0"))
    assert "受理 21 件" in said(run(home, "render", "2021-W43", "--to", "html"))
    assert not (home / "data/archive").exists()


def test_only_what_an_import_touched_is_made_again(home, place):
    """An import into one week makes the issues that show it, and no other."""
    Archive(place, "junan").upsert(material.handlings("2021-W01", 4))
    assert "生成 3" in said(run(home, "render", "2021-W02:2021-W04", "--to", "html"))
    other = material.handlings("2021-W04", 1, requests=20)
    Archive(place, "junan").upsert(other.assign(request_id="X" + other["request_id"]))
    done = said(run(home, "render", "2021-W02:2021-W04", "--to", "html"))
    assert "生成 1，没有变化 2" in done
    assert "junan 2021-W04：受理 80 件" in done


def test_two_imports_at_once_both_land(home, place):
    """The store refuses the second of two commits; that import looks again and stores its rows after the other's."""
    files = [write(home / f"工单_2021110{n}.csv", table(rows(10, 100 * n))) for n in range(1, 5)]
    with ThreadPoolExecutor(len(files)) as each:
        runs = list(each.map(lambda file: run(home, "import", file, apart=True), files))
    for done in runs:
        assert "新存 10" in said(done)
    archive = Archive(place, "junan")
    assert (archive.version, archive.by_day()["requests"].sum()) == (len(files) - 1, 10 * len(files))


def test_the_store_refuses_a_commit_over_another(place):
    """Two archives opened at the same version: the second commit is a Conflict, for the first version too."""
    for week in ("2021-W01", "2021-W02"):
        one, other = Archive(place, "junan"), Archive(place, "junan")
        one.upsert(material.handlings(week, 1))
        with pytest.raises(Conflict):
            other.upsert(material.handlings(week, 1))


@pytest.mark.skipif(sys.platform == "win32", reason="cron is a Unix matter")
def test_the_weekly_run(home, place, port):
    """As cron runs it: exports taken in, the last week made; a second run finds nothing; another archive
    takes the exports in anew."""
    exports(home / "exports")
    environment = [f"{name}={value}" for name, value in {**variables(port), "HOTLINE_HOME": home}.items()]
    environment += [f"PYTHONPATH={path}"] if (path := os.environ.get("PYTHONPATH")) else []
    words = ["render", "--to", "html", "--import", home / "exports"]
    command = ["env", "-i", *environment, PROGRAM, *words]
    ran = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=300)
    assert said(ran).count("junan 导入") == 2
    assert (home / "outputs/junan" / str(LAST) / "bulletin.html").is_file()
    (line,) = said(run(home, *words)).splitlines()
    assert line.endswith(f"junan {LAST}：没有变化")
    assert (Location.of(place).local / "junan.taken.json").is_file()
    # Another archive in its place: one whose exports have not been taken in.
    assert said(run(home, *words, "--archive", f"{place}-anew")).count("junan 导入") == 2


@pytest.mark.parametrize("command", ["import", "status", "render", "diff"])
def test_a_store_that_cannot_be_reached(home, place, monkeypatch, command):
    """Each command says so in Chinese, with the URL and where it tried, within half a minute."""
    port = free_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    given = {
        "import": [str(write(home / "工单.csv", table(rows(3))))],
        "render": ["2021-W43"],
        "diff": ["2021-W43"],
    }
    if command == "diff":
        (home / "outputs/junan/2021-W43").mkdir(parents=True)
        (home / "outputs/junan/2021-W43/figures.json").write_text('{"archive_version": 0, "figures": {}}')
    began = time.monotonic()
    text = said(run(home, command, *given.get(command, ())), code=1)
    assert time.monotonic() - began < 30
    assert f"档案 {place}/junan 读不出来" in text
    assert f"127.0.0.1:{port}" in text
    assert "请检查网络、地址和凭据" in text
    assert "Traceback" not in text
    assert "\x1b" not in text.replace("\x1b[31m错误", "错误")


def test_a_store_that_does_not_answer(place, monkeypatch):
    """A host that takes the connection and says nothing is given up, too."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(ArchiveError, match="读不出来"):
            Archive(place, "junan")
        assert time.monotonic() - began < 60


def test_a_bucket_that_is_not_there(home):
    """An import into it fails with the URL and the store's reason."""
    export = write(home / "工单.csv", table(rows(3)))
    text = said(run(home, "import", str(export), "--archive", "s3://nowhere/archive"), code=1)
    assert "档案 s3://nowhere/archive/junan" in text
