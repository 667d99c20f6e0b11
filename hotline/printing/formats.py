"""The formats that an issue can be had in, each declared once and found by its entry point in "hotline.formats".

A new format is an nbconvert exporter, its Format, and an entry point, here or in a package of its own. Nothing heavy is
imported before an issue is rendered: the command line and the index only need names and labels.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

DEFAULT = ("html", "pdf")
"""What is made unless --to says otherwise; these come first wherever formats are listed."""


@dataclass(frozen=True)
class Format:
    """`name`: what --to calls it, and the ending of its file; `label`: what a reader calls it; `exporter`: module:class."""

    name: str
    label: str
    exporter: str

    @property
    def file(self) -> str:
        """The name of its file in an issue's folder."""
        return f"bulletin.{self.name}"


HTML = Format("html", "网页", "hotline.printing.exporters:BulletinHTML")
PDF = Format("pdf", "PDF", "hotline.printing.exporters:BulletinPDF")
WORD = Format("docx", "Word", "hotline.printing.exporters:BulletinWord")
WORKBOOK = Format("xlsx", "Excel", "hotline.printing.exporters:BulletinWorkbook")


@cache
def known() -> dict[str, Format]:
    """Every format by name: first what is made by default, then by the alphabet."""
    from importlib.metadata import entry_points

    declared = sorted((entry.load() for entry in entry_points(group="hotline.formats")), key=_order)
    return {each.name: each for each in declared}


def _order(declared: Format) -> tuple[int, str]:
    at = DEFAULT.index(declared.name) if declared.name in DEFAULT else len(DEFAULT)
    return at, declared.name


@cache
def exporter(name: str):
    """A format's exporter, one a process: its templates are compiled once."""
    module, _, exporter_class = known()[name].exporter.partition(":")
    return getattr(import_module(module), exporter_class)()
