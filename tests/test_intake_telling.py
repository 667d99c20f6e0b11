"""What an import and `hotline status` say of much: short, and while it lasts; and what a program may read."""

import json

import material
import pytest
from commands import hotline
from exports import JUNAN, row, rows, table, write

from hotline.intake import importing
from hotline.intake.status import status
from hotline.location import Location


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A workspace, and what was said of an import of thirty weekly files, three of them with something wrong."""
    home = material.workspace(tmp_path_factory.mktemp("many"))
    for number in range(30):
        month, day = divmod(number, 28)
        moment = f"2021-{month + 9:02}-{day + 1:02} 09:00:00"
        own = [row(100 * number + n, 受理时间=moment, 办结时间="") for n in range(2)]
        own += [row(100 * number + 9, 受理时间="?")] * (number in (4, 5, 6))
        write(home / "exports" / f"工单_2021{number:04}x.csv", table(own))
    return home, hotline(home, "import", "exports")


def test_thirty_files_are_not_thirty_paths(many):
    """The first and the last are named, the sum is, and what is wrong is said once with where to look first."""
    home, said = many
    lines = said.splitlines()
    assert lines[0] == "30 个文件：工单_20210000x.csv 至 工单_20210029x.csv"
    assert "合计：读入 63 行 = 新存 60 + 未变 0 + 更新 0 + 重复 0 + 搁置 3" in lines
    (aside,) = [line for line in lines if "搁置 1 行" in line]
    assert aside.endswith("（工单_20210004x.csv；2 个文件也有）")
    assert len(lines) < 12
    assert said.count(".csv") < 6
    named = hotline(home, "import", *sorted((home / "exports").glob("*.csv"))[:3])
    assert named.count(".csv") >= 3
    assert "档案没有变化。" in named


def test_a_large_file_moves_the_bar_while_it_is_read(tmp_path):
    """From the process that reads it and for each column that is cleaned; never backwards, and within the file's own share."""
    heard = []
    path = write(tmp_path / "工单.xlsx", table(rows(9_000)))
    importing.read_files([path], JUNAN, lambda what, done: heard.append((what, done)))
    parts = [done for what, done in heard if what == "读取 工单.xlsx"]
    assert parts == sorted(parts)
    assert len(set(parts)) > 12
    assert len([part for part in parts if 0.3 < part < 0.48]) >= 3  # rows, by the thousand
    assert 0 == parts[0] < parts[-1] <= 0.6


def test_status_lists_the_last_year(tmp_path):
    """Sixty weeks: those of a year, how many there are before, and how to see them; with --all every one."""
    home = material.workspace(tmp_path)
    material.fill(home, material.handlings("2021-W01", 60, requests=8))
    said = hotline(home, "status")
    assert "更早的还有 8 期（2021-W01 至 2021-W08），加 --all 列出。" in said
    assert "2021-W08　" not in said
    assert "2021-W09　" in said
    assert "共 60 期" in said
    whole = hotline(home, "status", "--all")
    assert "2021-W01　" in whole
    assert "更早的" not in whole
    (state,) = json.loads(hotline(home, "status", "--json"))
    assert (state["center"], state["version"], len(state["periods"])) == ("junan", 0, 60)
    first = state["periods"][0]
    assert (first["period"], first["requests"], first["handlings"]) == ("2021-W01", 8, 8)
    assert state["imports"][0]["version"] == 0
    assert status(Location.of(home / "data/archive"), JUNAN).content == state
