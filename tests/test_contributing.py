"""CONTRIBUTING.md's walk-throughs, carried out as printed: its blocks in a copy of the project, then imported and rendered."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import documents
import material
import nbformat
import pytest
import yaml
from exports import HEADERS, row, table, write

PAGE = "CONTRIBUTING.md"
pytestmark = pytest.mark.slow


class Copy:
    """A copy of the package, installed beside a workspace with one whole week, to put the page's blocks into."""

    def __init__(self, folder: Path):
        self.site, self.home = folder / "site", material.workspace(folder / "home")
        shutil.copytree(
            material.PROJECT / "hotline", self.site / "hotline", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(material.PROJECT / "pyproject.toml", self.site)
        self.touched = set()

    def follow(self, heading: str, tag: str = "") -> None:
        """Put each block under the heading where the page says; the notebook's cells above 【热线信息】, with a tag."""
        put = {
            "hotline/columns.py": ("COLUMNS = (", ")  # fmt: skip"),
            "hotline/quantities.py": ("QUANTITIES =", "    )\n}"),
        }
        for fence, content in documents.blocks(PAGE, heading):
            language, path = fence.split()
            self.touched.add(path)
            if path.endswith(".ipynb"):
                self.cell(language, content.rstrip("\n"), tag)
            elif path.endswith("center.yml"):
                self.profile(content)
            elif path in put:
                opening, closing = put[path]
                before, start, rest = self.read(path).partition(opening)
                inside, end, after = rest.partition(closing)
                self.write(path, before + start + inside + content + end + after)
            elif path == "pyproject.toml":
                tables = re.findall(r"(\[.*\]\n)(.*\n)", content)
                for header, line in tables:
                    assert header in self.read(path)
                    self.write(path, self.read(path).replace(header, header + line))
            else:
                old = self.read(path) if (self.site / path).is_file() else ""
                self.write(path, old + content)

    def read(self, path: str) -> str:
        return (self.site / path).read_text(encoding="utf-8")

    def write(self, path: str, content: str) -> None:
        (self.site / path).write_text(content, encoding="utf-8")

    def cell(self, language: str, source: str, tag: str) -> None:
        path = self.home / "notebooks" / "bulletin.ipynb"
        nb = nbformat.read(path, as_version=4)
        make = nbformat.v4.new_markdown_cell if language == "markdown" else nbformat.v4.new_code_cell
        place = next(at for at, cell in enumerate(nb.cells) if "【热线信息】" in cell.source)
        nb.cells.insert(place, make(source, metadata={"tags": [tag] if tag else []}))
        nbformat.write(nb, path)

    def profile(self, content: str) -> None:
        """A line of the profile: one that is indented belongs under `columns`."""
        path = self.home / "params/junan/center.yml"
        profile = path.read_text(encoding="utf-8")
        profile = (
            profile.replace("columns:\n", f"columns:\n{content}") if content[0] == " " else profile + content
        )
        assert yaml.safe_load(profile) != yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(profile, encoding="utf-8")

    def install(self) -> None:
        """Write the entry points of pyproject.toml as pip does."""
        project = tomllib.loads(self.read("pyproject.toml"))["project"]
        folder = self.site / f"hotline_bulletin-{project['version']}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: hotline-bulletin\nVersion: {project['version']}\n"
        )
        lines = [
            line
            for group, entries in project["entry-points"].items()
            for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
        ]
        (folder / "entry_points.txt").write_text("\n".join(lines) + "\n")

    def run(self, *words: str, code: int = 0) -> str:
        """The command of the copied package."""
        environment = {**os.environ, "PYTHONPATH": str(self.site), "HOTLINE_HOME": str(self.home)}
        start = "import hotline, sys; assert hotline.__file__.startswith(sys.argv.pop(1)); from hotline.cli import main; main()"
        ran = subprocess.run(
            [sys.executable, "-P", "-c", start, str(self.site), *words],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    def figures(self) -> dict:
        path = self.home / "outputs/junan/2021-W41/figures.json"
        return json.loads(path.read_text(encoding="utf-8"))["figures"]

    def page(self) -> str:
        page = (self.home / "outputs/junan/2021-W41/bulletin.html").read_text(encoding="utf-8")
        return re.sub("</?data[^>]*>", "", page)


@pytest.fixture
def copy(tmp_path) -> Copy:
    copy = Copy(tmp_path)
    material.fill(copy.home, material.handlings("2021-W40", 2, requests=120))
    return copy


def test_a_figure_takes_the_notebook(copy):
    """Recorded and derived in a cell, it is printed and in figures.json; nothing else is touched."""
    copy.follow("A figure")
    assert copy.touched == {"notebooks/bulletin.ipynb"}
    copy.run("render", "2021-W41", "--to", "html")
    figures = copy.figures()
    assert 0 < figures["night"] < figures["total"]
    assert f"夜间受理{figures['night']}件，占{figures['night_share']}。" in copy.page()


def test_a_figure_in_a_table_takes_two_files_and_its_rule_is_checked(copy):
    """The declared column is called by its word; counting more at night than in all fails the issue by that name."""
    copy.follow("A figure in a table")
    assert copy.touched == {"hotline/quantities.py", "notebooks/bulletin.ipynb"}
    copy.run("render", "2021-W41", "--to", "html")
    kinds = copy.figures()["night_kinds"]
    assert sum(each["count"] for each in kinds.values()) == copy.figures()["total"]
    assert sum(each["at_night"] for each in kinds.values()) > 0
    path = copy.home / "notebooks/bulletin.ipynb"
    right = path.read_text(encoding="utf-8")
    wrong = right.replace('[\\"size\\", \\"sum\\"]', '[\\"sum\\", \\"size\\"]')
    wrong = wrong.replace(
        ', rows={\\"count\\": requests, \\"at_night\\": requests[late]}', ""
    )  # they would tell at once
    assert wrong.count("requests[late]") == right.count("requests[late]") - 1
    assert wrong != right
    path.write_text(wrong, encoding="utf-8")
    assert "类夜间件数" in copy.run("render", "2021-W41", "--to", "html", code=1)


def test_a_section_takes_the_notebook_and_a_line_of_the_profile(copy):
    """Tagged and named in `sections` it is printed with its chart; not named, neither page nor figures have it."""
    copy.follow("A section", tag="section:waiting")
    assert copy.touched == {"notebooks/bulletin.ipynb", "params/junan/center.yml"}
    copy.run("render", "2021-W41", "--to", "html")
    figures, charts = copy.figures()["waiting"], copy.page().count("<svg")
    assert figures["count"] == sum(each["count"] for each in figures["ages"].values()) > 0
    assert "（一）在办工单" in copy.page()  # the only section of 【办理情况】 that this center prints
    assert f"截止时尚有{figures['count']}件没有办结，其中已等待三日以内" in copy.page()
    path = copy.home / "params/junan/center.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("topics, waiting,", "topics,"), encoding="utf-8")
    copy.run("render", "2021-W41", "--to", "html")
    assert "waiting" not in copy.figures()
    assert "在办工单" not in copy.page()
    assert copy.page().count("<svg") < charts


def test_a_column_takes_its_declaration_its_header_and_its_use(copy):
    """From a header in an export, into an archive that did not have it, to a sentence."""
    copy.follow("A column")
    assert copy.touched == {"hotline/columns.py", "params/junan/center.yml", "notebooks/bulletin.ipynb"}
    names = ["东片", "西片", "东片"]
    records = [
        row(n, 受理时间=f"2021-10-1{1 + n} 09:00:00", 办结时间="", 所属片区=name)
        for n, name in enumerate(names)
    ]
    file = write(copy.home / "工单_20211020.csv", table(records, (*HEADERS, "所属片区")))
    copy.run("import", str(file))
    copy.run("render", "2021-W41", "--to", "html")
    assert copy.figures()["districts"] == {"东片": 2, "西片": 1}
    assert "按片区：东片2件、西片1件。" in copy.page()


def test_a_format_takes_an_exporter_a_declaration_and_two_entry_points(copy):
    """--to and its help know it, the issue has its file, the index links it, nbconvert has an exporter of that name."""
    copy.follow("A format")
    assert copy.touched == {"hotline/printing/text.py", "hotline/printing/formats.py", "pyproject.toml"}
    copy.install()
    assert "html,pdf,docx,txt" in copy.run("render", "-h")
    copy.run("render", "2021-W41", "--to", "html,txt")
    printed = (copy.home / "outputs/junan/2021-W41/bulletin.txt").read_text(encoding="utf-8")
    assert f"共受理市民诉求{copy.figures()['total']}件" in printed
    assert "2021-W41/bulletin.txt" in (copy.home / "outputs/junan/index.html").read_text(encoding="utf-8")


def test_the_page_says_how_many_files_each_takes():
    """Each walk-through begins with the count of its files."""
    begins = {
        "A figure": "One",
        "A figure in a table": "Two",
        "A section": "One",
        "A column": "One",
        "A format": "Three",
    }
    for heading, count in begins.items():
        assert re.search(rf"^## {heading}\n\n\*\*{count} files?\*\*", documents.text(PAGE), re.M), heading
