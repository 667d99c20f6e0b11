"""Where an archive lies: one rule for every command and the notebook, from any working directory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import material
import pytest
from commands import run
from exports import rows, table, write
from hypothesis import given
from hypothesis import strategies as st

from hotline import periods, profiles
from hotline.archive import Archive
from hotline.bulletin import Bulletin
from hotline.location import Location, LocationError
from hotline.paramfiles import CenterError

WEEK = periods.parse("2021-W10")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A workspace whose center keeps its archive elsewhere in it; the working directory is another."""
    home = material.workspace(tmp_path / "home")
    material.tiny_notebook(home)
    says(home, "data/own")
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.chdir("/")
    return home


def says(home: Path, place: str) -> None:
    """Have the center's profile say where its archive is."""
    profile = home / "params/junan/center.yml"
    kept = [
        line for line in profile.read_text(encoding="utf-8").splitlines() if not line.startswith("archive:")
    ]
    profile.write_text("\n".join([*kept, f"archive: {place}", ""]), encoding="utf-8")


def fill(place: Path | str, seed: int = 1, requests: int = 60) -> Archive:
    archive = Archive(place, "junan")
    archive.upsert(material.handlings("2021-W09", 2, requests=requests, seed=seed))
    return archive


# ---- what a text names -----------------------------------------------------------------------------------------------


def test_a_path_is_from_the_workspace_on(home, monkeypatch):
    """Whatever the working directory; ~ is the user's folder, an absolute path stays."""
    monkeypatch.setenv("HOME", "/home/someone")
    assert Location.of("data/archive").root == str(home / "data/archive")
    assert Location.of("../elsewhere/./x").root == str(home.parent / "elsewhere/x")
    assert Location.of("~/archive").root == "/home/someone/archive"
    assert Location.of("/srv/archive/").root == "/srv/archive"
    assert Location.of("file:///srv/a%20b").root == "/srv/a b"


def test_an_at_sign_and_a_number_are_a_version(home):
    """For a path as for a URL; any other @ is part of the name."""
    assert Location.of("data/archive@3") == Location(str(home / "data/archive"), 3)
    assert Location.of("s3://county/archive@12") == Location("s3://county/archive", 12)
    assert Location.of("/srv/me@home/x@y") == Location("/srv/me@home/x@y")
    assert Location.of("/srv/x@3/") == Location("/srv/x@3")
    assert Location.of("abfss://box@account.dfs.core.windows.net/x").is_url


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "@3",
        "s3://",
        "://x",
        "s3://county/../x",
        "s3://me:secret@county/x",
        "s3://county/x?y=1",
        "a\x00b",
        "a\x1b[31m",
        "file://D:/archive",
        "file://server/archive",
    ],
)
def test_what_names_no_place_is_refused(home, text):
    """With the text, so that it is found; a password in it is not repeated."""
    with pytest.raises(LocationError) as refused:
        Location.of(text)
    assert "secret" not in str(refused.value)
    assert str(refused.value).isprintable()


@given(
    st.text(min_size=1).filter(lambda text: text.isprintable() and text.strip() and "://" not in text)
    | st.from_regex(r"s3://[a-z]{3,9}(/[a-z~@0-9]{1,5}){0,3}/?", fullmatch=True)
)
def test_a_location_reads_what_it_writes(text):
    """str and of are each other's inverse, so that a record or a parameter names the same place."""
    try:
        location = Location.of(text)
    except LocationError:
        return
    for each in (location, location.at(7), location.at(None)):
        assert Location.of(str(each)) == each


def test_a_copied_workspace_means_its_own_archive(home, monkeypatch):
    """What a record says of an archive in the workspace holds in a copy of it."""
    written = str(Location.of(home / "data/own"))
    monkeypatch.setenv("HOTLINE_HOME", str(shutil.copytree(home, home.parent / "copy")))
    assert Location.of(written).root == str(home.parent / "copy/data/own")


def test_what_belongs_to_an_archive_at_a_url_lies_in_data(home):
    """Two archives have two folders; that of an archive on disk is its own."""
    assert Location.of("s3://county/archive").local == home / "data/s3/county/archive"
    assert Location.of("s3://county/other").local == home / "data/s3/county/other"
    assert Location.of("data/own@3").local == home / "data/own"


# ---- which of several is meant ---------------------------------------------------------------------------------------


def test_the_order_of_those_who_may_say(home):
    """--archive, then the issue's parameter, then the profile, then data/archive."""
    profile = profiles.load("junan")
    silent = profile.model_copy(update={"archive": None})
    assert silent.location() == Location.of("data/archive")
    assert profile.location() == Location.of("data/own")
    (home / "params/junan/2021-W10.yml").write_text("archive: data/issue\n")
    assert profile.location(profiles.parameters("junan", WEEK).archive) == Location.of("data/issue")
    assert profile.location(profiles.parameters("junan", WEEK, "given").archive) == Location.of("given")


def test_a_profile_whose_archive_is_nowhere_names_its_key(home):
    """The file and the key are named, for the profile as for an issue's parameters."""
    says(home, "s3://")
    with pytest.raises(CenterError, match=r"params/junan/center.yml：archive：.*不是可用的地址"):
        profiles.load("junan")
    (home / "params/junan/2021-W10.yml").write_text('archive: "@3"\n')
    with pytest.raises(CenterError, match=r"2021-W10.yml：archive：.*没有说明档案在哪里"):
        profiles.parameters("junan", WEEK)


def test_the_notebook_reads_what_the_profile_says(home):
    """Bulletin.open without a parameter reads the profile's archive; with one, that, at its version too."""
    fill(home / "data/own", requests=50)
    fill(home / "data/own", seed=2, requests=80)
    assert len(Bulletin.open("junan", "2021-W10").requests) == 80
    assert len(Bulletin.open("junan", "2021-W10", archive="data/own@0").requests) == 50


def test_every_command_reads_and_writes_the_profiles_archive(home):
    """import, status, render and diff, with the root as working directory; nothing comes to lie in data/archive."""
    export = write(home / "工单_20211105.csv", table(rows(20)))
    assert run(home, "import", str(export)).returncode == 0
    assert Archive("data/own", "junan").version == 0
    status = run(home, "status")
    assert f"{home}/data/own/junan" in status.stdout
    assert "诉求 20 件" in status.stdout
    assert run(home, "render", "2021-W43", "--to", "html").returncode == 0
    assert "完全相同" in run(home, "diff", "2021-W43").stdout
    assert not (home / "data/archive").exists()


def test_every_command_takes_another_archive(home):
    """--archive goes before the profile: a path from the workspace on, at a version where one is named."""
    fill(home / "data/own", requests=50)
    fill(home / "data/other", requests=60)
    fill(home / "data/other", seed=2, requests=80)
    assert "诉求 80 件" in run(home, "status", "--archive", "data/other").stdout
    assert "诉求 60 件" in run(home, "status", "--archive", "data/other@0").stdout
    done = run(home, "render", "2021-W10", "--to", "html", "--archive", "data/other")
    assert "受理 80 件" in done.stdout
    again = run(home, "render", "2021-W10", "--to", "html", "--archive", "data/other")
    assert "没有变化" in again.stdout
    assert "完全相同" in run(home, "diff", "2021-W10", "--archive", "data/other").stdout
    moved = run(home, "diff", "2021-W10").stdout
    assert "80 → 50（已生成的一期读的是另一个档案（data/other））" in moved
    # At a version it is put aside, as --archive-version does: an old state does not replace the published issue.
    old = run(home, "render", "2021-W10", "--to", "html", "--archive", "data/other@0")
    assert "受理 60 件" in old.stdout
    assert (home / "outputs/junan/2021-W10@0/bulletin.html").is_file()
    both = run(home, "render", "2021-W10", "--archive", "data/other@0", "--archive-version", "1")
    assert (both.returncode, "请只说一个" in both.stderr) == (1, True)


def test_no_import_into_the_past(home):
    """A version named by --archive or by the profile is refused before a file is read, by the weekly run too."""
    export = write(home / "in" / "工单_20211105.csv", table(rows(20)))
    done = run(home, "import", str(export), "--archive", "data/own@3")
    assert (done.returncode, done.stdout) == (1, "")
    assert "不能导入到 data/own@3" in done.stderr
    says(home, "data/own@0")
    done = run(home, "render", "--import", str(home / "in"))
    assert done.returncode == 1
    assert "不能导入到 data/own@0" in done.stderr
    with pytest.raises(LocationError):
        fill("data/own@0")


# ---- the record of an issue ------------------------------------------------------------------------------------------


def test_an_archive_begun_anew_is_another_one(home):
    """An issue is made again after its archive was deleted and filled anew, though the versions have the same number."""
    fill(home / "data/own", requests=50)
    assert "受理 50 件" in run(home, "render", "2021-W10", "--to", "html").stdout
    shutil.rmtree(home / "data/own")
    fill(home / "data/own", requests=60)
    assert "受理 60 件" in run(home, "render", "2021-W10", "--to", "html").stdout


def test_an_issue_of_a_version_stays_as_it_is(home):
    """The parameter archive: data/own@0 pins the issue: a later import does not make it again."""
    fill(home / "data/own", requests=50)
    (home / "params/junan/2021-W10.yml").write_text("archive: data/own@0\n")
    assert "受理 50 件" in run(home, "render", "2021-W10", "--to", "html").stdout
    fill(home / "data/own", seed=2, requests=60)
    assert "没有变化" in run(home, "render", "2021-W10", "--to", "html").stdout


# ---- the weekly run --------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="cron is a Unix matter")
@pytest.mark.parametrize("place", ["data/own", "~/档案"])
def test_as_cron_runs_it_for_a_center_with_its_own_archive(home, place):
    """`env -i` from another directory: exports go into the center's archive, and its last week is rendered from it."""
    from test_weekly import LAST, exports

    says(home, place)
    exports(home / "exports")
    command = [
        Path(sys.executable).with_name("hotline"),
        "render",
        "--to",
        "html",
        "--import",
        home / "exports",
    ]
    lead = ["env", "-i", f"HOTLINE_HOME={home}", f"HOME={home.parent}"]
    lead += [f"PYTHONPATH={path}"] if (path := os.environ.get("PYTHONPATH")) else []
    done = subprocess.run(
        [*lead, *map(str, command)], cwd="/usr", capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (home / "outputs/junan" / str(LAST) / "bulletin.html").is_file()
    folder = home.parent / "档案" if place.startswith("~") else home / place
    assert (folder / "junan.taken.json").is_file()
    assert not (home / "data/archive").exists()


def test_an_archive_begun_anew_takes_its_exports_again(home, tmp_path):
    """The ledger belongs to the table: deleting the archive does not keep its exports out of the next one."""
    from hotline.batch import inbox

    write(tmp_path / "in" / "工单_20211105.csv", table(rows(20)))
    assert [fine for fine, _ in inbox.take_in(tmp_path / "in", ["junan"])] == [True]
    assert list(inbox.take_in(tmp_path / "in", ["junan"])) == []
    shutil.rmtree(home / "data/own/junan")
    assert [fine for fine, _ in inbox.take_in(tmp_path / "in", ["junan"])] == [True]
    assert Archive("data/own", "junan").version == 0


def test_the_ledger_of_release_0_1_0_is_kept(home, tmp_path):
    """Digests without a table are those of the table that is there: an upgrade imports nothing twice."""
    from hotline.batch import inbox

    write(tmp_path / "in" / "工单_20211105.csv", table(rows(20)))
    list(inbox.take_in(tmp_path / "in", ["junan"]))
    ledger = home / "data/own/junan.taken.json"
    ledger.write_text(str(inbox.Ledger(Location.of("data/own"), "junan").taken).replace("'", '"'))
    assert list(inbox.take_in(tmp_path / "in", ["junan"])) == []
