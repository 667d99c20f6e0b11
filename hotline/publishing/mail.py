"""hotline send: mails by SMTP, each once; the password from the environment or a file of its owner's alone."""

import json
import os
import smtplib
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hotline import HotlineError, Progress, locks
from hotline.center import Center
from hotline.delivery import Delivery
from hotline.publishing import failures, mails, private
from hotline.publishing.editions import Edition
from hotline.publishing.mails import Mail
from hotline.workspace import shown, workspace

PASSWORD = "HOTLINE_SMTP_PASSWORD"
SECONDS = 30
"""That a server may take for one answer."""
_CLOSING = 421
"""What a server says that takes no more in this session."""
_PORTS_SAID = "并核对 port 和 security：465 端口一般是 tls，587 是 starttls，25 是 none。"


class MailError(HotlineError):
    """Mails cannot be sent; the message, in Chinese, says why. Those sent before are noted and not sent again."""


@dataclass
class Sent:
    """What became of the mails of one call."""

    sent: list[Mail] = field(default_factory=list)
    before: list[Mail] = field(default_factory=list)
    refused: list[tuple[Mail, str]] = field(default_factory=list)
    broken: str = ""
    """Why the rest was not sent, if it was not."""


def deliver(
    center: Center,
    text: str,
    dry_run: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> tuple[list[str], list[str]]:
    """Send what a period has to be sent: (what was done, what needs a person), a line each.

    An issue that the weekly run could not make anew is not sent, and who looks after that run is told.
    """
    if center.delivery is None:
        raise MailError(
            f"{center.key} 没有说往哪里寄：请在 params/{center.key}/center.yml 里写 delivery（见分析员手册）。"
        )
    period = center.period(text)
    collected, wrong = list(mails.of_failures(center, str(period))), []
    if str(period) in failures.noted(center.key, str(period)):
        wrong.append(
            f"{center.key} {period} 上次没有做成，没有寄：{failures.noted(center.key, str(period))[str(period)]}"
        )
    else:
        try:
            edition = Edition.of(str(period), center)
            collected += mails.of_issue(edition, progress)
            wrong += mails.wrong_addresses(edition)
        except HotlineError as error:
            wrong.append(str(error))
    if dry_run:
        return [f"—— 第 {at} 封，没有寄 ——\n{mail}\n" for at, mail in enumerate(collected, 1)], wrong
    done = send(center, str(period), collected, again)
    lines = [f"已寄 {mail.recipient}：{mail.subject}" for mail in done.sent]
    if done.before:
        lines.append(
            f"{center.key} {period}：{len(done.before)} 封先前已经寄过，没有再寄（要再寄，加 --again）。"
        )
    wrong += [f"{mail.recipient} 被拒，没有寄到（{reason}）：{mail.subject}" for mail, reason in done.refused]
    return lines, [*wrong, *filter(None, [done.broken])]


def send(center: Center, period: str, asked: list[Mail], again: bool = False) -> Sent:
    """Send the mails of a period that have not been sent, all of them if `again`. A refused one does not keep the rest."""
    done = Sent()
    with locks.locked(_ledger(center.key).with_suffix(".lock")):
        private.close_folder(_ledger(center.key).parent)
        ledger = _read(center.key)
        noted = ledger.setdefault(period, {})
        for mail in asked:
            known = noted.get(_name(mail)) == mail.version
            (done.before if known and not again else done.sent).append(mail)
        if not done.sent:
            return done
        fresh, done.sent = done.sent, []
        with _connected(center.delivery) as server:
            for mail in fresh:
                try:
                    reason = _delivered(server, mail, center)
                except MailError as error:
                    done.broken = str(error)
                    break
                if reason:
                    done.refused.append((mail, reason))
                    continue
                done.sent.append(mail)
                # After each: whatever ends this call, nobody gets a mail twice.
                noted[_name(mail)] = mail.version
                private.write(_ledger(center.key), json.dumps(ledger, ensure_ascii=False, indent=1).encode())
    return done


def _name(mail: Mail) -> str:
    return f"{mail.about} {mail.recipient}"


def _ledger(center: str) -> Path:
    return workspace() / "data" / "sent" / f"{center}.json"


def _read(center: str) -> dict:
    path = _ledger(center)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _delivered(server: smtplib.SMTP, mail: Mail, center: Center) -> str:
    """Why the server did not take a mail; nothing if it did. MailError where it takes no more."""
    try:
        server.send_message(mail.message(center.delivery.sender, center.key))
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
    except smtplib.SMTPSenderRefused as error:
        code, said = error.smtp_code, error.smtp_error
        if code != _CLOSING:
            raise MailError(
                f"邮件服务器不接受发件人 {center.delivery.sender}（{_answer(code, said)}）。请核对 center.yml 的 delivery.sender。"
            ) from None
    except (smtplib.SMTPDataError, smtplib.SMTPHeloError) as error:
        code, said = error.smtp_code, error.smtp_error
    except (smtplib.SMTPException, OSError) as error:
        raise _cut_off(mail, str(error)) from None
    else:
        return ""
    if code == _CLOSING:
        raise _cut_off(mail, _answer(code, said))
    return _answer(code, said)


def _cut_off(mail: Mail, why: str) -> MailError:
    return MailError(
        f"寄给 {mail.recipient} 时与邮件服务器的连接断了（{why}）。已寄出的都有记录，重新运行只寄其余的。"
    )


def _answer(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


@contextmanager
def _connected(delivery: Delivery) -> Iterator[smtplib.SMTP]:
    """A session with the server, encrypted unless the profile says otherwise, and logged in if it names a user."""
    where = f"{delivery.server}:{delivery.at_port}"
    password = _password(delivery) if delivery.user else ""
    context = ssl.create_default_context()
    try:
        if delivery.security == "tls":
            server = smtplib.SMTP_SSL(delivery.server, delivery.at_port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(delivery.server, delivery.at_port, timeout=SECONDS)
        if delivery.security == "starttls":
            server.starttls(context=context)
        if delivery.user:
            server.login(delivery.user, password)
    except smtplib.SMTPNotSupportedError:
        raise MailError(
            f"邮件服务器 {where} 不支持加密（STARTTLS）或登录，没有寄：请核对端口，或把 delivery.security 写成 tls。"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise MailError(
            f"邮件服务器 {where} 的证书不可信，没有寄：{error.verify_message}。单位自签的证书，用环境变量 SSL_CERT_FILE 指明它的根证书。"
        ) from None
    except ssl.SSLError as error:
        raise MailError(
            f"与邮件服务器 {where} 不能建立加密连接，没有寄：{error.reason or error}。{_PORTS_SAID}"
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(
            f"邮件服务器 {where} 不接受 {delivery.user} 的密码（{error.smtp_code}），没有寄：请核对 {PASSWORD} 或密码文件。"
        ) from None
    except (TimeoutError, smtplib.SMTPException, OSError) as error:
        raise MailError(
            f"连不上邮件服务器 {where}，没有寄：{error}。请检查网络和 delivery 的 server。{_PORTS_SAID}"
        ) from None
    try:
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()


def _password(delivery: Delivery) -> str:
    """From the environment, else from the file, which nobody but its owner may read."""
    if password := os.environ.get(PASSWORD):
        return password
    path = workspace() / delivery.password_file
    if not path.is_file():
        raise MailError(
            f"没有邮箱 {delivery.user} 的密码：请设环境变量 {PASSWORD}，或写进 {shown(path)}（权限 600）。"
        )
    if sys.platform != "win32" and path.stat().st_mode & 0o077:
        raise MailError(f"{shown(path)} 别人也能读，没有用它：请先 chmod 600 {shown(path)}。")
    return path.read_text(encoding="utf-8").strip()
