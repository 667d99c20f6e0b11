"""Mails, against a real server on loopback with TLS and passwords: who gets what, once, and what goes wrong."""

import json
import os
import re
import socket
import ssl
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from commands import hotline

DELIVERY = """
delivery:
  server: localhost
  port: {port}
  security: {security}
  user: hotline@example.cn
  sender: 热线中心 <hotline@example.cn>
  readers: [county@example.cn, refused@example.cn]
  units: {{大店镇: dadian@example.cn, 团林镇: [tuanlin@example.cn], 大店: nobody@example.cn}}
  maintainer: ops@example.cn
"""
PASSWORD = "opensesame"


def body_of(mail) -> str:
    return mail.get_body().get_content().replace("\r\n", "\n")


class Box:
    """A server's handler: it keeps what it takes, and takes no mail for refused@. `answers`: address → what it says to a mail
    from it, or to the content of one for it."""

    def __init__(self):
        self.mails: list[tuple[str, object]] = []
        self.answers: dict[str, str] = {}

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.answers.get(address, "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl or server.transport.get_extra_info("ssl_object")
        assert session.authenticated
        for address in envelope.rcpt_tos:
            if address in self.answers:
                return self.answers[address]
            self.mails.append((address, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 taken"


def checked(server, session, envelope, mechanism, data) -> AuthResult:
    right = (data.login, data.password) == (b"hotline@example.cn", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def context_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    return context


def serving(certificate: Path, **options) -> Controller:
    given = {
        "tls_context": context_of(certificate),
        "require_starttls": True,
        "auth_required": True,
        "authenticator": checked,
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(Box(), hostname="127.0.0.1", port=port, **(given | options))
    server.start()
    return server


@pytest.fixture
def server(certificate, monkeypatch):
    """A server that wants TLS and a password; its certificate is trusted, the password is in the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", PASSWORD)
    running = serving(certificate)
    yield running
    running.stop()


def mailing(home: Path, port: int, security: str = "starttls", **changes: str) -> Path:
    """The workspace with a profile that says how to mail."""
    text = DELIVERY.format(port=port, security=security)
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    profile = home / "params/junan/center.yml"
    profile.write_text(profile.read_text(encoding="utf-8") + text, encoding="utf-8")
    return home


def test_each_gets_what_is_theirs_once(workspace, server):
    """The PDF with its first words to readers, each unit its own sheet; a refused one is named and the rest go; twice is once."""
    home = mailing(workspace, server.port)
    said = hotline(home, "send", "2021-W43", code=1)
    assert "refused@example.cn 被拒，没有寄到（550 no such mailbox）：热线周报第43期（2021年第43周）" in said
    assert "有督办单而 delivery.units 里没有地址的单位有 48 个：十字路街道" in said
    assert "delivery.units 里有名册以外的单位，收不到督办单：大店。" in said
    box = dict(server.handler.mails)
    assert box.keys() == {"county@example.cn", "dadian@example.cn", "tuanlin@example.cn"}

    mail = box["county@example.cn"]
    assert mail["Subject"] == "热线周报第43期（2021年第43周）"
    assert mail["From"] == "热线中心 <hotline@example.cn>"
    text = mail.get_body().get_content()
    assert "共受理市民诉求1909件，日均273件，较上周增加17.40%" in text
    assert "\\" not in text
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "热线周报第43期.pdf"
    assert attached.get_content() == (home / "outputs/junan/2021-W43/bulletin.pdf").read_bytes()
    for unit, address in (("大店镇", "dadian@example.cn"), ("团林镇", "tuanlin@example.cn")):
        assert box[address]["Subject"] == f"热线督办单第43期：{unit}"
        assert re.match(rf"{unit}：\n\n截至10月31日24:00，你单位在办工单\d+件", body_of(box[address]))
        (attached,) = box[address].iter_attachments()
        assert attached.get_filename() == f"督办单第43期_{unit}.pdf"
        assert attached.get_content() == (home / f"data/sheets/junan/2021-W43/督办单_{unit}.pdf").read_bytes()

    ledger = home / "data/sent/junan.json"
    assert ledger.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(ledger.read_text())["2021-W43"]) == 3
    server.handler.mails.clear()
    said = hotline(home, "send", "2021-W43", code=1)
    assert "3 封先前已经寄过，没有再寄（要再寄，加 --again）" in said
    assert not server.handler.mails
    hotline(home, "send", "2021-W43", "--again", code=1)
    assert len(server.handler.mails) == 3


def readers_only(text: str = "readers: [county@example.cn]\n") -> dict:
    lines = DELIVERY.splitlines(keepends=True)
    readers = next(line for line in lines if "readers:" in line)
    units = next(line for line in lines if "units:" in line).replace("{{", "{").replace("}}", "}")
    return {"readers": (readers, f"  {text}"), "units": (units, "")}


def test_a_dry_run_shows_each_mail_and_sends_none(workspace, server):
    """Recipient, subject, attachments, text; nothing reaches the server, nothing is noted as sent."""
    home = mailing(workspace, server.port, **readers_only())
    said = hotline(home, "send", "2021-W43", "--dry-run")
    assert (
        "收件人：county@example.cn\n主题：热线周报第43期（2021年第43周）\n附件：热线周报第43期.pdf（" in said
    )
    assert "共受理市民诉求1909件" in said
    assert not server.handler.mails
    assert not (home / "data/sent").exists()


def test_the_maintainer_is_told_what_the_weekly_run_could_not_do(workspace, server):
    """With the message that render gave, once; the issue of before is not sent in its place; made, it is sent."""
    home = mailing(workspace, server.port, **readers_only())
    week = "2021-W43"
    notes = home / "outputs/junan/.failed" / f"{week}.said"
    notes.parent.mkdir(exist_ok=True)
    hotline(home, "render", code=1)  # the last week by the clock, of which nothing is known
    (refused,) = notes.parent.glob("*.said")
    message = refused.read_text(encoding="utf-8")
    assert "数据不完整，没有生成" in message
    refused.rename(notes)
    said = hotline(home, "send", week, code=1)
    assert f"junan {week} 上次没有做成，没有寄" in said
    ((address, mail),) = server.handler.mails
    assert address == "ops@example.cn"
    assert mail["Subject"] == f"热线周报没有做成：junan {week}"
    assert message in body_of(mail)
    hotline(home, "send", week, code=1)
    assert len(server.handler.mails) == 1
    hotline(home, "render", week, "--force", "--to", "html")
    assert not notes.exists()
    hotline(home, "send", week)
    assert [address for address, _ in server.handler.mails] == ["ops@example.cn", "county@example.cn"]


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HOTLINE_SMTP_PASSWORD": "wrong"}, "不接受 hotline@example.cn 的密码（535），没有寄"),
        (
            {"HOTLINE_SMTP_PASSWORD": ""},
            "没有邮箱 hotline@example.cn 的密码：请设环境变量 HOTLINE_SMTP_PASSWORD",
        ),
        ({"SSL_CERT_FILE": ""}, "的证书不可信，没有寄"),
    ],
)
def test_what_keeps_mails_from_going_is_said(workspace, server, monkeypatch, environment, message):
    """Password, certificate: one sentence, exit 1, nothing sent, nothing noted; no password in it."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    home = mailing(workspace, server.port, **readers_only())
    said = hotline(home, "send", "2021-W43", code=1)
    assert message in said
    assert PASSWORD not in said
    assert not server.handler.mails
    assert not (home / "data/sent/junan.json").exists()


def test_a_server_without_tls_gets_nothing_unless_the_profile_says_so(workspace, certificate, monkeypatch):
    """Neither a mail nor a password goes out in plain text by default; and a server that is not there is named."""
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", PASSWORD)
    plain = serving(
        certificate, tls_context=None, require_starttls=False, auth_required=False, authenticator=None
    )
    try:
        home = mailing(workspace, plain.port, **readers_only())
        said = hotline(home, "send", "2021-W43", code=1)
        assert "不支持加密（STARTTLS）或登录，没有寄" in said
        assert not plain.handler.mails
    finally:
        plain.stop()
    assert f"连不上邮件服务器 localhost:{plain.port}，没有寄" in hotline(home, "send", "2021-W43", code=1)


def test_a_server_that_speaks_tls_from_the_start_is_spoken_to_so(workspace, certificate, monkeypatch):
    """`security: tls`, port 465: encrypted and logged in."""
    monkeypatch.setenv("HOTLINE_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    encrypted = serving(
        certificate,
        tls_context=None,
        require_starttls=False,
        auth_require_tls=False,
        ssl_context=context_of(certificate),
    )
    try:
        home = mailing(workspace, encrypted.port, security="tls", **readers_only())
        hotline(home, "send", "2021-W43")
        assert [address for address, _ in encrypted.handler.mails] == ["county@example.cn"]
    finally:
        encrypted.stop()


def test_the_other_kind_of_tls_is_told(workspace, server):
    """`security: tls` at a port that begins in plain text: what to look at, not that its certificate is bad."""
    home = mailing(workspace, server.port, security="tls", **readers_only())
    said = hotline(home, "send", "2021-W43", code=1)
    assert f"与邮件服务器 localhost:{server.port} 不能建立加密连接，没有寄" in said
    assert "核对 port 和 security" in said
    assert not server.handler.mails


SEVERAL = readers_only("readers: [one@example.cn, two@example.cn, three@example.cn]\n")


def test_a_mail_that_is_refused_keeps_none_of_the_others(workspace, server):
    """By its recipient's address or for its content: named with what the server said; a later run sends it alone."""
    home = mailing(workspace, server.port, **SEVERAL)
    server.handler.answers = {"two@example.cn": "554 looks like spam"}
    said = hotline(home, "send", "2021-W43", code=1)
    assert "two@example.cn 被拒，没有寄到（554 looks like spam）：热线周报第43期" in said
    assert [address for address, _ in server.handler.mails] == ["one@example.cn", "three@example.cn"]
    server.handler.answers = {}
    hotline(home, "send", "2021-W43")
    assert [address for address, _ in server.handler.mails][2:] == ["two@example.cn"]


def test_a_server_that_goes_away_loses_and_doubles_nothing(workspace, server):
    """What was sent is said and noted; the next run sends the rest."""
    home = mailing(workspace, server.port, **SEVERAL)
    server.handler.answers = {"two@example.cn": "421 closing down"}
    said = hotline(home, "send", "2021-W43", code=1)
    assert "已寄 one@example.cn：" in said
    assert "寄给 two@example.cn 时与邮件服务器的连接断了（421 closing down）" in said
    server.handler.answers = {}
    assert "1 封先前已经寄过" in hotline(home, "send", "2021-W43")
    assert sorted(address for address, _ in server.handler.mails) == [
        "one@example.cn",
        "three@example.cn",
        "two@example.cn",
    ]


def test_a_sender_that_the_server_does_not_take_is_named(workspace, server):
    """With the key of the profile; nothing is sent."""
    home = mailing(workspace, server.port, **SEVERAL)
    server.handler.answers = {"hotline@example.cn": "553 not yours"}
    said = hotline(home, "send", "2021-W43", code=1)
    assert "邮件服务器不接受发件人 热线中心 <hotline@example.cn>（553 not yours）" in said
    assert "delivery.sender" in said
    assert not server.handler.mails


def test_a_password_file_is_its_owner_s_alone(workspace, server, monkeypatch):
    """One that others can read is not used; with mode 600 it is."""
    monkeypatch.delenv("HOTLINE_SMTP_PASSWORD")
    home = mailing(workspace, server.port, **readers_only())
    file = home / "data/smtp.password"
    file.write_text(PASSWORD + "\n")
    os.chmod(file, 0o644)
    assert "data/smtp.password 别人也能读，没有用它：请先 chmod 600" in hotline(
        home, "send", "2021-W43", code=1
    )
    os.chmod(file, 0o600)
    hotline(home, "send", "2021-W43")
    assert [address for address, _ in server.handler.mails] == ["county@example.cn"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("  readers: [county]", "“county”不是邮箱地址"),
        ("  security: ssl", "delivery.security"),
        ("  password: x", "delivery.password"),
        ('  readers: ["a@b.cn\\nBcc: c@d.cn"]', "delivery.readers：第 7 个字符是控制字符"),
    ],
)
def test_a_profile_that_cannot_be_mailed_by_is_refused(workspace, line, message):
    """With the key and what is wrong; a password has no place in it."""
    profile = workspace / "params/junan/center.yml"
    text = f"\ndelivery:\n  server: localhost\n  sender: a@example.cn\n{line}\n"
    profile.write_text(profile.read_text(encoding="utf-8") + text, encoding="utf-8")
    said = hotline(workspace, "send", "2021-W43", code=1)
    assert message in said
    assert "params/junan/center.yml" in said


def test_without_delivery_nothing_is_sent(workspace):
    """The message says which file lacks what."""
    assert "没有说往哪里寄：请在 params/junan/center.yml 里写 delivery" in hotline(
        workspace, "send", "2021-W43", code=1
    )
