"""What a file that unfolds beyond all bounds costs: python -m benchmarks.bombs [PROGRAM], the `hotline` of a clone of any release.

Each is imported alone. Measured are the processor's seconds of the command and all its processes, and the memory of the
largest of them; it is ended at 12 GiB, or after ten minutes.
"""

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
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
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


def measured(program: Path, bomb) -> str:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        # The profile of the program's own release.
        shutil.copytree(program.parents[2] / "params/junan", home / "params/junan")
        command = [
            sys.executable,
            "-c",
            _MEASURED,
            _MOST,
            _LONGEST,
            program,
            "import",
            "--center",
            "junan",
            bomb(Path(folder)),
        ]
        return subprocess.run(
            [str(word) for word in command], cwd=home, capture_output=True, text=True, check=True
        ).stdout.strip()


if __name__ == "__main__":
    program = Path(sys.argv[1] if len(sys.argv) > 1 else BIN / "hotline").absolute()
    print("| file | CPU | memory | exit | what is said |\n| :-- | --: | --: | --: | :-- |")
    for name, bomb in BOMBS.items():
        print(f"| {name} | {measured(program, bomb)} |", flush=True)
