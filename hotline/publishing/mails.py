"""The mails of an issue: to its readers, to the units that have something to do, to who looks after the weekly run."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import nbformat

from hotline import Progress, wording
from hotline.center import Center
from hotline.printing import document
from hotline.printing.formats import PDF
from hotline.publishing import failures, sheets
from hotline.publishing.editions import Edition, EditionError

READERS, UNITS, MAINTAINER = "readers", "units", "maintainer"
_LINE = 900
"""Bytes of a header's line: servers take 998."""


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
        # A file's name that is folded is lost on some readers' programs.
        message = EmailMessage(policy.default.clone(max_line_length=_LINE))
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


def of_issue(edition: Edition, progress: Progress | None = None) -> Iterator[Mail]:
    """To every reader the PDF with its first words; to every unit that has an address its sheet, if it has one."""
    delivery, version = edition.center.delivery, str(edition.version)
    printed = document.printed(nbformat.read(edition.notebook, as_version=4))
    about = document.about(printed)
    title = f"{about['title']}{about['issue']}"
    corrected = "（更正）" if edition.content.get("corrections") else ""
    subject = f"{title}（{edition.period.label}）{corrected}"
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
    folder, made = sheets.current(edition, progress)
    for unit, recipients in delivery.units.items():
        if unit in made:
            text = (
                f"{unit}：\n\n{made[unit]['said']}\n\n工单清单见附件。\n{about['center']}\n{about['date']}\n"
            )
            subject = f"热线督办单{about['issue']}：{unit}{corrected}"
            for recipient in recipients:
                attached = {f"督办单{about['issue']}_{unit}.pdf": folder / made[unit]["pdf"]}
                yield Mail(recipient, unit, version, subject, text, attached)


def wrong_addresses(edition: Edition) -> list[str]:
    """What is wrong with the profile's addresses of units, for a person to mend; nothing where the center mails no units."""
    center = edition.center
    if not (units := center.delivery.units):
        return []
    has_sheet = sheets.current(edition)[1]
    strange = [unit for unit in units if unit not in has_sheet and unit not in center.group_of]
    lacking = [unit for unit in has_sheet if unit not in units]
    wrong = []
    if strange:
        wrong.append(f"delivery.units 里有名册以外的单位，收不到督办单：{'、'.join(strange)}。")
    if lacking:
        wrong.append(
            f"有督办单而 delivery.units 里没有地址的单位有 {len(lacking)} 个：{'、'.join(lacking)}。"
        )
    return wrong


def of_failures(center: Center, period: str) -> Iterator[Mail]:
    """To the maintainer what the last weekly run could not do, in its own words."""
    for what, said in failures.noted(center.key, period).items():
        version = hashlib.sha256(said.encode()).hexdigest()[:16]
        text = f"{center.name} {what} 没有做成：\n\n{said}\n\n处理以后，重新运行即可。\n"
        for recipient in center.delivery.maintainer:
            yield Mail(
                recipient, MAINTAINER, version, f"{center.titled()}没有做成：{center.key} {what}", text
            )


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
