"""Mutated files: whatever is in them, no traceback and no hang, and every row read is accounted for.

`make test` tries the same few dozen every time, `make fuzz` others, by the thousand.
"""

import functools
import random
import shutil
import signal
import tempfile
import zipfile
from pathlib import Path

from conftest import examples
from exports import rows, table, take, write, write_text
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from hotline import HotlineError

SECONDS = 20
"""Of the processor's time: a file that takes more hangs. (A busy machine must not fail the test.)"""
KINDS = ("a.xlsx", "b.xls", "c.csv", "d.csv", "e.csv", "f.tsv", "g.zip")


@functools.cache
def sound() -> dict[str, bytes]:
    """One sound file of every format."""
    folder = Path(tempfile.mkdtemp())
    content = [["工单明细"], *table(rows(12))]
    content[4][6] = "大店镇、住建局"
    for name in ("a.xlsx", "b.xls", "c.csv", "f.tsv"):
        write(folder / name, content)
    write_text(folder / "d.csv", content, ";", "gb18030")
    write_text(folder / "e.csv", content, ",", "utf-16")
    with zipfile.ZipFile(folder / "g.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "c.csv", "c.csv")
        archive.write(folder / "a.xlsx", "a.xlsx")
    found = {name: (folder / name).read_bytes() for name in KINDS}
    shutil.rmtree(folder)
    return found


SPECIAL = (
    b"",
    b"\0",
    b"\xff",
    b'"',
    b"\n",
    b"\r",
    b",",
    b"\t",
    b";",
    b"<",
    b">",
    b"&",
    b'<row r="99999">',
    b"1e999",
    b"\xef\xbb\xbf",
    b"-1",
    b"nan",
)


def mutated(data: bytes, dice: random.Random) -> bytes:
    """A few cuts, swaps, repetitions and foreign bytes."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 6)):
        at, size = dice.randrange(len(found) + 1), dice.choice((1, 1, 2, 4, 16, 200))
        match dice.randrange(6):
            case 0:
                found[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del found[at : at + size]
            case 2:
                found[at:at] = found[at : at + size] * dice.randint(1, 5)
            case 3:
                found[at:at] = dice.choice(SPECIAL) * dice.choice((1, 1, 1, 50))
            case 4:
                found[at : at + size] = dice.choice(SPECIAL)
            case 5 if dice.random() < 0.3:
                del found[at:]
    return bytes(found)


def mutant(name: str, data: bytes, dice: random.Random, folder: Path) -> Path:
    """A mutated file; of a workbook half the time a part inside it, so that more than its wrapping is tried."""
    path = folder / name
    if name.endswith((".xlsx", ".zip")) and dice.random() < 0.6:
        (folder / "seed").write_bytes(data)
        with zipfile.ZipFile(folder / "seed") as book:
            parts = {info.filename: book.read(info) for info in book.infolist()}
        (folder / "seed").unlink()
        victim = dice.choice(sorted(parts))
        parts[victim] = mutated(parts[victim], dice)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            for part, content in parts.items():
                book.writestr(part, content)
    else:
        path.write_bytes(mutated(data, dice))
    return path


slow: list[int] = []


def hung(*_: object) -> None:
    slow.append(SECONDS)  # what is raised within a callback may be swallowed
    raise TimeoutError(f"more than {SECONDS} s")


@examples(60, suppress_health_check=list(HealthCheck))
@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**48))
def test_mutated_files(kind, seed):
    """Either the import's own error, one message that names the file, or a report whose sums add up."""
    folder = Path(tempfile.mkdtemp())
    signal.signal(signal.SIGPROF, hung)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    error = report = None
    try:
        report = take(folder, mutant(kind, sound()[kind], random.Random(seed), folder), dry_run=seed % 4 != 0)
    except HotlineError as raised:
        error = raised
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        shutil.rmtree(folder)
    assert not slow
    assert report is None or str(report)
    if error is not None:
        assert type(error).__module__.startswith("hotline."), repr(error)
        assert kind in str(error)
        assert len(str(error)) < 2000
