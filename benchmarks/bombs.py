"""What a file or an article that unfolds beyond all bounds costs: python -m benchmarks.bombs [PROGRAM], the `hotline` of a clone
of any release.

Each file is imported alone, each article printed in an issue of the sample, to HTML and PDF. Measured are the processor's seconds of the command and all its processes, and the memory of the
largest of them; it is ended at 12 GiB, or after ten minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.clock import BIN
from benchmarks.material import PROJECT

sys.path.insert(0, str(PROJECT / "tests"))
import bombs

_MOST, _LONGEST = 12 << 30, 600
_MEASURED = """
import resource, subprocess, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]),) * 2)
try:
    ran = subprocess.run(sys.argv[3:], capture_output=True, text=True, timeout=int(sys.argv[2]))
    code, said = ran.returncode, (ran.stdout + ran.stderr).strip().splitlines()
except subprocess.TimeoutExpired:
    code, said = "-", ["没有做完"]
used = resource.getrusage(resource.RUSAGE_CHILDREN)
about = [line for line in said if "搁置" in line or "错误" in line or "Error" in line] or said[-1:]
print(f"{used.ru_utime + used.ru_stime:.1f} s | {used.ru_maxrss / 2**20:.2f} GiB | {code} | {about[0][:110]}")
"""
BOMBS = {
    "154 KB .xlsx, a row of 5 million <c>": partial(bombs.cells_without_a_place, part=1),
    "1.8 MB .zip, a line of 1.9 GB": partial(bombs.line_in_a_zip, part=1),
    "200 MB .csv, a quote that nothing closes": partial(bombs.open_quote, part=1),
    "200 MB of commas": partial(bombs.commas, part=1),
    "a header, then a cell of 200 MB": partial(bombs.one_cell, part=1),
    "48 cells of 32,767 letters": bombs.long_cells,
    "an id of 32,767 digits": bombs.long_id,
    "a date cell of -1e15": bombs.date_beyond_all_calendars,
}


ARTICLES = {
    "an ordinary article": "路灯已修好。",
    '20,000 "["': "[" * 20_000,
    '50,000 "&"': "&" * 50_000,
    "a word of 200,000 letters": "a" * 200_000,
    "a letter with 20,000 combining marks": "a" + "\u0301" * 20_000,
}


def measured(home: Path, *words: object) -> str:
    """What a command in that workspace costs and says."""
    command = [sys.executable, "-c", _MEASURED, _MOST, _LONGEST, *words]
    return subprocess.run(
        [str(word) for word in command],
        cwd=home,
        env=os.environ | {"HOTLINE_START_METHOD": "spawn"},  # what a fork server forks is not in the sum
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def workspace(program: Path, folder: str) -> Path:
    """With the profile, and the master notebook, of the program's own release."""
    home, release = Path(folder, "home"), program.parents[2]
    for part in ("params/junan", "notebooks"):
        shutil.copytree(release / part, home / part)
    return home


if __name__ == "__main__":
    program = Path(sys.argv[1] if len(sys.argv) > 1 else BIN / "hotline").absolute()
    print("| file | CPU | memory | exit | what is said |\n| :-- | --: | --: | --: | :-- |")
    for name, bomb in BOMBS.items():
        with tempfile.TemporaryDirectory() as folder:
            home = workspace(program, folder)
            cost = measured(home, program, "import", "--center", "junan", bomb(Path(folder)))
        print(f"| {name} | {cost} |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = workspace(program, folder)
        for words in (["sample", "exports"], ["import", "exports"]):
            subprocess.run([program, *words], cwd=home, capture_output=True, check=True)
        for name, article in ARTICLES.items():
            (home / "params/junan/2021-W43.md").write_text(f"标题\n\n{article}\n", encoding="utf-8")
            cost = measured(home, program, "render", "2021-W43", "--to", "html,pdf", "--force")
            print(f"| {name} | {cost} |", flush=True)
