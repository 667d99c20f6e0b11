"""The mails of an issue: to its readers, to the units that have something to do, to who looks after the weekly run."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import nbformat

from hotline import wording
from hotline.center import Center
from hotline.printing import document
from hotline.printing.formats import PDF
from hotline.publishing import failures, sheets
from hotline.publishing.editions import Edition, EditionError

READERS, UNITS, MAINTAINER = "readers", "units", "maintainer"


@dataclass(frozen=True)
class Mail:
    """One mail to one address. `about` says whom it is for (READERS, a unit …), `version` of what: it is sent once."""

    recipient: str
    about: str
    version: str
    subject: str
    text: str
    attachments: dict[str, Path] = field(default_factory=dict)

    def message(self, sender: str, center: str) -> EmailMessage:
        """As it goes out. The same mail has the same id, so that a server can tell a repetition."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, self.recipient, self.subject
        message["Date"] = formatdate(localtime=True)
        identity = "\n".join((center, self.recipient, self.about, self.version, self.subject))
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2].strip('> ')}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        for name, path in self.attachments.items():
            message.add_attachment(path.read_bytes(), maintype="application", subtype="pdf", filename=name)
        return message

    def __str__(self) -> str:
        """As --dry-run shows it."""
        files = [
            f"附件：{name}（{path.stat().st_size // 1024} KB）" for name, path in self.attachments.items()
        ]
        return "\n".join(
            [f"收件人：{self.recipient}", f"主题：{self.subject}", *files, "", self.text.rstrip()]
        )


def of_issue(edition: Edition) -> Iterator[Mail]:
    """To every reader the PDF with its first words; to every unit that has an address its sheet, if it has one."""
    delivery, version = edition.center.delivery, str(edition.version)
    printed = document.printed(nbformat.read(edition.notebook, as_version=4))
    about = document.about(printed)
    title = f"{about['title'] or '热线周报'}{about['issue']}"
    subject = f"{title}（{edition.period.label}）{'（更正）' if edition.content.get('corrections') else ''}"
    pdf = edition.folder / PDF.file
    if delivery.readers and not pdf.is_file():
        raise EditionError(
            f"{edition} 没有 PDF，不能寄给读者：请先运行 hotline render {edition.period} --to html,pdf。"
        )
    text = "\n\n".join([*_summary(printed), f"全文见附件。\n{about['center']}\n{about['date']}"]) + "\n"
    for recipient in delivery.readers:
        yield Mail(recipient, READERS, version, subject, text, {f"{title}.pdf": pdf})
    if not delivery.units:
        return
    folder, names = sheets.current(edition)
    for unit, recipients in delivery.units.items():
        if unit in names:
            text = (
                f"{unit}：\n\n截至{about['cutoff']}你单位待办的热线工单见附件，请抓紧办理，按期办结并答复市民。\n\n"
                f"{about['center']}\n{about['date']}\n"
            )
            for recipient in recipients:
                attached = {f"督办单{about['issue']}_{unit}.pdf": folder / names[unit]}
                yield Mail(recipient, unit, version, f"热线督办单{about['issue']}：{unit}", text, attached)


def without_address(edition: Edition) -> list[str]:
    """The units that have a sheet and no address; none where the center mails no units."""
    units = edition.center.delivery.units
    return [unit for unit in sheets.current(edition)[1] if unit not in units] if units else []


def of_failures(center: Center, period: str) -> Iterator[Mail]:
    """To the maintainer what the last weekly run could not do, in its own words."""
    for what, said in failures.noted(center.key, period).items():
        version = hashlib.sha256(said.encode()).hexdigest()[:16]
        text = f"{center.name} {what} 没有做成：\n\n{said}\n\n处理以后，重新运行即可。\n"
        for recipient in center.delivery.maintainer:
            yield Mail(recipient, MAINTAINER, version, f"热线周报没有做成：{center.key} {what}", text)


def _summary(printed: list) -> Iterator[str]:
    """本期要点, else the first paragraph; before it what no reader may miss: 数据不完整, 更正."""
    for block in printed:
        if block.role in ("warning", "correction"):
            yield wording.unescape(block.markdown)
    highlights = next((block for block in printed if block.role == "highlights"), None)
    if highlights:
        yield "\n".join(
            document.plain(each["text"] if each["kind"] == "line" else each["markdown"])
            for each in highlights.elements
        )
        return
    first = next((block for block in printed if block.role == "text"), None)
    if first:
        yield wording.unescape(first.markdown)
