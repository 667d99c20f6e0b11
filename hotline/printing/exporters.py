"""The reader's copy, as nbconvert exporters: HTML, PDF, Word and a workbook out of an executed notebook.

`jupyter nbconvert --to hotline-html out.ipynb` and the commands use the same classes. What is printed, and in
which order, is hotline.printing.document's to say; these only render it.
"""

from pathlib import Path
from typing import ClassVar

from nbconvert.exporters import Exporter, TemplateExporter
from traitlets import default

from hotline.printing import document, html, pdf, word, workbook

TEMPLATES = Path(__file__).parent / "templates"


class BulletinExporter(Exporter):
    """What they have in common: the notebook goes through nbconvert's preprocessors, then to its blocks."""

    @default("optimistic_validation")
    def _validated_once(self):
        # Not again after each of the preprocessors, none of which is on unless a user's configuration says so.
        return True

    def printed(self, nb, resources, **kw):
        """The printed blocks of a notebook, the links to its neighbours, and nbconvert's resources."""
        nb, resources = Exporter.from_notebook_node(self, nb, resources, **kw)
        return document.printed(nb), nb.metadata.get("hotline", {}).get("links", {}), resources


class BulletinHTML(BulletinExporter, TemplateExporter):
    """One self-contained HTML file: no script, nothing fetched."""

    export_from_notebook = "热线周报 (HTML)"
    output_mimetype = "text/html"
    template_name = "html"
    _environments: ClassVar[dict] = {}

    @default("extra_template_basedirs")
    def _own_templates(self):
        return [str(TEMPLATES)]

    def _file_extension_default(self):
        return ".html"

    def _create_environment(self):
        """One Jinja environment for all exporters that look for templates in the same places: it compiles once."""
        places = (*self.template_paths, self.raw_template)
        if places not in self._environments:
            environment = super()._create_environment()
            environment.autoescape = True
            environment.trim_blocks = environment.lstrip_blocks = True
            self._environments[places] = environment
        return self._environments[places]

    def from_notebook_node(self, nb, resources=None, **kw):
        """The HTML text, and nbconvert's resources."""
        blocks, links, resources = self.printed(nb, resources, **kw)
        files = nb.metadata.get("hotline", {}).get("files", [])
        return self.template.render(html.context(blocks, links, files)), resources


class BulletinPDF(BulletinExporter):
    """The PDF as GB/T 9704-2012 lays out an official document."""

    export_from_notebook = "热线周报 (PDF)"
    output_mimetype = "application/pdf"

    def _file_extension_default(self):
        return ".pdf"

    def from_notebook_node(self, nb, resources=None, **kw):
        """The PDF's bytes, and nbconvert's resources."""
        blocks, _, resources = self.printed(nb, resources, **kw)
        return pdf.pdf(blocks), resources


class BulletinWord(BulletinExporter):
    """The Word document, in the PDF's layout, for an office to finish."""

    export_from_notebook = "热线周报 (Word)"
    output_mimetype = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    def _file_extension_default(self):
        return ".docx"

    def from_notebook_node(self, nb, resources=None, **kw):
        """The document's bytes, and nbconvert's resources."""
        blocks, _, resources = self.printed(nb, resources, **kw)
        return word.docx(blocks), resources


class BulletinWorkbook(BulletinExporter):
    """The tables and what the charts show, as an Excel workbook."""

    export_from_notebook = "热线周报 (Excel)"
    output_mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def _file_extension_default(self):
        return ".xlsx"

    def from_notebook_node(self, nb, resources=None, **kw):
        """The workbook's bytes, and nbconvert's resources."""
        blocks, _, resources = self.printed(nb, resources, **kw)
        return workbook.xlsx(nb, blocks), resources
