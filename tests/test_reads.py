"""What is read from an archive is noted by the archive: by whatever method, from whichever archive."""

import threading
from datetime import datetime

import material
import pytest

from hotline import periods, reads
from hotline.archive import Archive
from hotline.publishing import inputs

W02, W03 = periods.parse("2021-W02"), periods.parse("2021-W03")
NOT_READING = {"upsert", "files"}
"""`files` says which data files a predicate opens; it reads none."""
FOR_IMPORTS = {"stored", "scan"}
"""Reads, but takes a column of ids, which no record holds: what it is asked from a notebook counts as unknown."""


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Archive:
    """Four weeks of invented requests."""
    monkeypatch.setenv("HOTLINE_HOME", str(material.workspace(tmp_path / "home")))
    archive = Archive("data/archive", "junan")
    archive.upsert(material.handlings("2021-W01", 4))
    return archive


def noted(read) -> list[dict]:
    with reads.log() as log:
        read()
    return log.record()


def still_same(record: list[dict]) -> bool:
    return inputs.Tables().same(record)


def change(archive: Archive, week: str, **values) -> None:
    """An import of one request of that week with other values."""
    period = periods.parse(week)
    row = archive.handlings(period.start, period.cutoff, as_of=period.cutoff).head(1)
    fresh = Archive(archive.location, "junan")
    fresh.upsert(
        row.assign(source="later", source_row=1, exported_at=material.pd.Timestamp("2022-01-01"), **values)
    )


def test_every_reading_method_is_declared():
    """A new public method of Archive reads unseen unless it is declared with @logged: then this fails."""
    methods = {name for name, value in vars(Archive).items() if callable(value) and not name.startswith("_")}
    declared = {name for name in methods if getattr(getattr(Archive, name), "logged", False)}
    assert methods - declared == NOT_READING | FOR_IMPORTS


def test_a_read_is_noted_with_its_arguments(archive):
    """By position as by name, once however often it is made; nothing is noted outside a log."""
    record = noted(
        lambda: [archive.visits(W02.start, W02.cutoff), archive.visits(end=W02.cutoff, start=W02.start)]
    )
    window = {"start": {"moment": "2021-01-11T00:00:00"}, "end": {"moment": "2021-01-18T00:00:00"}}
    assert record[0]["reads"] == [["visits", window]]
    assert noted(lambda: None) == []


def test_a_read_of_another_thread_is_noted(archive):
    """What a notebook reads beside itself is read for the same issue."""
    thread = threading.Thread(target=archive.weeks)
    record = noted(lambda: [thread.start(), thread.join()])
    assert record[0]["reads"] == [["weeks", {}]]


def test_the_record_answers_by_data_files(archive):
    """An import into another week leaves it the same; into its own week, only if it reads the same."""
    record = noted(lambda: archive.handlings(W02.start, W02.cutoff, as_of=W02.cutoff))
    assert still_same(record)
    change(archive, "2021-W03", kind="建议")
    assert still_same(record)
    change(archive, "2021-W02", closed_at=None, visited_at=None, service_rating=None, result_rating=None)
    after = noted(lambda: Archive("data/archive", "junan").handlings(W02.start, W02.cutoff, as_of=W02.cutoff))
    change(
        archive,
        "2021-W02",
        closed_at=datetime(2022, 1, 1),
        visited_at=None,
        service_rating=None,
        result_rating=None,
    )
    assert still_same(after)  # a closing after the cut-off
    change(archive, "2021-W02", topic="路灯")
    assert not still_same(after)


def test_two_archives_are_both_looked_at(archive):
    """A notebook that compares with another archive is made again when that one changes."""
    other = Archive("data/other", "junan")
    other.upsert(material.handlings("2021-W01", 2, seed=2))
    record = noted(lambda: [each.requests_by_day(W02.start, W02.cutoff) for each in (archive, other)])
    assert [each["location"] for each in record] == ["data/archive", "data/other"]
    assert still_same(record)
    change(other, "2021-W02", requested_at=datetime(2021, 1, 4))
    assert not still_same(record)


@pytest.mark.parametrize(
    ("read", "week"),
    [("weeks", "2021-W05"), ("by_day", "2021-W05"), ("imports", "2021-W04"), ("newest_export", "2021-W04")],
)
def test_reads_of_the_whole_see_every_import(archive, read, week):
    """What looks at all weeks, or at the history, depends on imports into weeks that were not there."""
    record = noted(getattr(archive, read))
    Archive("data/archive", "junan").upsert(
        material.handlings(week, 1).assign(exported_at=datetime(2023, 1, 1))
    )
    assert not still_same(record)


def test_a_read_that_is_not_declared_is_never_the_same_but_for_its_files(archive):
    """Rows read by other means cannot be read again: once their files have changed, the issue is made again."""
    ids = material.pa_array(archive.handlings(W02.start, W02.cutoff, as_of=W02.cutoff)["request_id"][:3])
    record = noted(lambda: archive.stored(ids))
    change(archive, "2021-W04", kind="建议")
    assert still_same(record)
    change(archive, "2021-W02", closed_at=datetime(2030, 1, 1))
    assert not still_same(record)


def test_data_files_that_are_gone_make_an_issue_again(archive):
    """After a vacuum what an old version said is not known."""
    record = noted(lambda: archive.handlings(W02.start, W02.cutoff, as_of=W02.cutoff))
    change(archive, "2021-W02", kind="建议")
    for path in (material.Path(archive.uri) / "week=2021-W02").glob("*.parquet"):
        path.unlink()
    assert not still_same(record)
