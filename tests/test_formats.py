"""Formats are found by their entry points; a new one is a class, its Format and an entry point."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import material
import pytest
from commands import run

from hotline.batch import batch
from hotline.printing.formats import DEFAULT, exporter, known

PLUGIN = '''
"""A format of another package: the issue's sentences as plain text."""

from hotline.printing.exporters import BulletinExporter
from hotline.printing.formats import Format

TEXT = Format("txt", "纯文本", "plaintext:PlainText")


class PlainText(BulletinExporter):
    output_mimetype = "text/plain"

    def _file_extension_default(self):
        return ".txt"

    def from_notebook_node(self, nb, resources=None, **kw):
        blocks, _, resources = self.printed(nb, resources, **kw)
        return "\\n".join(block.markdown for block in blocks), resources
'''


@pytest.mark.parametrize("name", known())
def test_a_format_is_an_nbconvert_exporter(name):
    """jupyter nbconvert --to hotline-… finds the class that the commands use, with the right extension."""
    (entry,) = entry_points(group="nbconvert.exporters", name=f"hotline-{name}")
    assert type(exporter(name)) is entry.load()
    assert exporter(name).file_extension == f".{name}"
    assert exporter(name).output_mimetype


def test_the_defaults_come_first():
    """Wherever formats are listed, what is made unasked stands before the others."""
    assert tuple(known())[: len(DEFAULT)] == DEFAULT


def test_an_unknown_format_is_refused_with_those_that_there_are():
    """The message of --to lists what can be made."""
    with pytest.raises(batch.BatchError, match=re.escape("、".join(known()))):
        batch.formats("html,odt")


@pytest.mark.slow
def test_a_format_of_another_package_is_used_everywhere(tmp_path):
    """Installed beside ours it is in --to and its help, made by the workers, kept, and in the index by its label."""
    site = tmp_path / "site"
    (site / "plaintext-1.0.dist-info").mkdir(parents=True)
    (site / "plaintext.py").write_text(PLUGIN, encoding="utf-8")
    (site / "plaintext-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: plaintext\nVersion: 1.0\n"
    )
    (site / "plaintext-1.0.dist-info" / "entry_points.txt").write_text(
        "[hotline.formats]\ntxt = plaintext:TEXT\n"
    )
    home = material.workspace(tmp_path / "home")
    material.fill(home, material.handlings("2021-W40", 2))
    material.tiny_notebook(home)
    with_plugin = {"PYTHONPATH": str(site)}

    ran = run(home, "render", "2021-W41", "--to", "html,txt", apart=True, env=with_plugin)
    assert ran.returncode == 0, ran.stderr
    folder = home / "outputs/junan/2021-W41"
    assert "共60件。" in (folder / "bulletin.txt").read_text(encoding="utf-8")
    index = (home / "outputs/junan/index.html").read_text(encoding="utf-8")
    assert '<a href="2021-W41/bulletin.txt">纯文本</a>' in index
    assert "html,pdf,docx,txt" in run(home, "render", "-h", apart=True, env=with_plugin).stdout

    # Made again without naming it: the formats that an issue has stay with it.
    before = (folder / "bulletin.txt").stat().st_mtime_ns
    ran = run(home, "render", "2021-W41", "--force", "--to", "html", apart=True, env=with_plugin)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "bulletin.txt").stat().st_mtime_ns > before


def test_help_and_names_load_no_exporter():
    """Asking what formats there are is quick: nbconvert is not imported for it."""
    code = (
        "import sys; from hotline.printing.formats import known; known(); print('nbconvert' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        cwd=Path(__file__).parent,
    )
    assert ran.stdout.strip() == "False", ran.stderr
