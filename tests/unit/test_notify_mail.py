"""Mail to approvers, on a real SMTP server."""

import asyncio
import datetime as dt
import email
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from domain.errors import Refused, Unavailable
from governance.people import Directory
from integrations.notify import mail as mail_module
from integrations.notify.addressees import mail_addresses
from integrations.notify.mail import MailChannel
from integrations.notify.mail_server import mail_server
from tests.certificates import self_signed
from tests.notices import A_DAY, PAGES, TODAY, directory, lent, notice

CANARY = "canary p@ss"
LINK = f"{PAGES}/approval.finance.invoice-1.post/run-1"
NOW = dt.datetime.now(dt.UTC)


@dataclass
class Postbox:
    """What arrived, and what it answers to recipients and to letters."""

    letters: list[EmailMessage] = field(default_factory=list[EmailMessage])
    encrypted: list[bool] = field(default_factory=list[bool])
    to_recipient: str = "250 OK"
    to_letter: str = "250 OK"
    to_sender: str = "250 OK"
    port: int = 0

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, *___: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, *___: Any) -> str:  # noqa: N802
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(email.message_from_bytes(content, _class=EmailMessage, policy=default))  # type: ignore[arg-type]
        self.encrypted.append(session.ssl is not None)
        return self.to_letter


@asynccontextmanager
async def postbox(*, implicit: ssl.SSLContext | None = None, **options: Any) -> AsyncGenerator[Postbox]:
    box = Postbox()
    make = partial(SMTP, box, enable_SMTPUTF8=True, loop=asyncio.get_running_loop(), **options)
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=implicit)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


@pytest.fixture
async def box() -> AsyncGenerator[Postbox]:
    async with postbox() as opened:
        yield opened


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for the loopback address, which this process trusts for the length of a test."""
    file, key = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return context


def channel(url: str, people: Callable[[], Any] = directory) -> MailChannel:
    async def addressees(wanted: Any) -> tuple[str, ...]:
        found = await people()
        assert isinstance(found, Directory)
        return mail_addresses(found, wanted, NOW)

    return MailChannel(mail_server(SecretStr(url)), "Signalbox <box@example.com>", addressees)


def plain(box: Postbox) -> MailChannel:
    return channel(f"smtp://127.0.0.1:{box.port}")


async def test_a_letter_says_what_to_decide_until_when_and_where(box: Postbox) -> None:
    await plain(box).deliver(notice(), LINK, "anna@example.com")
    [letter] = box.letters
    assert letter["Subject"] == "To decide: Post INV-1 of Acme GmbH, 1,190.00 EUR?"
    assert (letter["To"], letter["From"]) == ("anna@example.com", "Signalbox <box@example.com>")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    lines = letter.get_content().splitlines()
    assert lines[:3] == [*notice().lines, "An answer counts until 25 Nov 2026 14:00 UTC."]
    assert LINK in lines


async def test_a_letter_sent_again_has_the_same_message_id_and_another_notice_another(box: Postbox) -> None:
    for key in ("a/0", "a/0", "a/1"):
        await plain(box).deliver(notice(key=key), LINK, "anna@example.com")
    first, again, other = (letter["Message-ID"] for letter in box.letters)
    assert first == again != other
    assert first.endswith("@example.com>")


async def test_hostile_text_stays_in_its_line_and_adds_no_header(box: Postbox) -> None:
    evil = "Acme\r\nBcc: eve@example.com\r\n\r\n<script>\u202e\x00.\r\n.\r\nMAIL FROM:<x>\ud800" + "é" * 1_000_000
    await plain(box).deliver(notice(title=evil, lines=(evil, "\r\n.\r\n") * 600), LINK, "anna@example.com")
    [letter] = box.letters
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("To decide: Acme Bcc: eve@example.com <script>[U+202E][U+0000]")
    lines = letter.get_content().splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 400
    assert [line for line in lines if line.startswith("http")] == [LINK]


@pytest.mark.parametrize(
    ("setting", "answer", "error"),
    [
        ("to_recipient", "550 5.1.1 no such user", Refused),
        ("to_recipient", "451 4.7.1 try later", Unavailable),
        ("to_recipient", "530 5.7.0 authentication required", Unavailable),
        ("to_letter", "554 5.6.0 looks like spam", Refused),
        ("to_letter", "452 4.3.1 disk full", Unavailable),
        ("to_sender", "550 5.7.1 may not send as that", Unavailable),
    ],
)
async def test_what_a_server_refuses_for_good_is_told_from_what_may_pass(
    box: Postbox, setting: str, answer: str, error: type[Exception]
) -> None:
    setattr(box, setting, answer)
    with pytest.raises(error, match=answer[:3]) as failed:
        await plain(box).deliver(notice(), LINK, "anna@example.com")
    assert "anna@example.com" not in str(failed.value)
    assert failed.value.__suppress_context__


async def test_a_sender_that_is_refused_is_named_by_its_setting(box: Postbox) -> None:
    box.to_sender = "550 5.7.1 may not send as that"
    with pytest.raises(Unavailable, match=r"refuses the sender \(550\): check SIGNALBOX_MAIL_FROM"):
        await plain(box).deliver(notice(), LINK, "anna@example.com")


@pytest.mark.parametrize("address", ["nobody", "a@b@c", "anna@example.com\r\nRCPT TO:<eve@example.com>", ""])
async def test_an_address_that_is_none_is_refused_before_anything_is_sent(box: Postbox, address: str) -> None:
    with pytest.raises(Refused, match=r"people\.toml"):
        await plain(box).deliver(notice(), LINK, address)
    assert box.letters == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # the test server counts STARTTLS alone
@pytest.mark.parametrize("protection", ["starttls", "implicit"])
async def test_a_login_travels_encrypted_and_is_used(certificate: ssl.SSLContext, protection: str) -> None:
    def login(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword), mechanism
        return AuthResult(success=data.password.decode() == CANARY, handled=False)

    guarded: dict[str, Any] = {"authenticator": login, "auth_required": True}
    if protection == "implicit":
        opened, url = postbox(implicit=certificate, auth_require_tls=False, **guarded), "smtps://u:{}@127.0.0.1:{}"
    else:
        guarded |= {"tls_context": certificate, "require_starttls": True}
        opened, url = postbox(**guarded), "smtp://u:{}@127.0.0.1:{}?starttls=1"
    async with opened as box:
        await channel(url.format("canary%20p%40ss", box.port)).deliver(notice(), LINK, "anna@example.com")
        assert len(box.letters) == 1
        assert box.encrypted == [True] or protection == "implicit"
        with pytest.raises(Unavailable, match=r"refuses the login \(535\).*SIGNALBOX_SMTP_URL") as failed:
            await channel(url.format("wrong-canary", box.port)).deliver(notice(), LINK, "anna@example.com")
    assert "canary" not in str(failed.value)


async def test_a_server_whose_certificate_nobody_knows_gets_no_password(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    seen: list[Any] = []
    async with postbox(tls_context=certificate, authenticator=lambda *given: seen.append(given)) as box:
        with pytest.raises(Unavailable, match="does not take mail"):
            await channel(f"smtp://u:canary@127.0.0.1:{box.port}?starttls=1").deliver(notice(), LINK, "a@example.com")
    assert seen == []


async def test_a_server_that_echoes_the_password_does_not_get_it_into_the_error(box: Postbox) -> None:
    box.to_recipient = f"550 you said {CANARY}"
    sender = channel(f"smtp://127.0.0.1:{box.port}")
    sender._server = mail_server(SecretStr(f"smtp://u:canary%20p%40ss@127.0.0.1:{box.port}"))
    sender._server = type(sender._server)("127.0.0.1", box.port, None, sender._server.password, "none")
    with pytest.raises(Refused) as failed:
        await sender.deliver(notice(), LINK, "anna@example.com")
    assert "canary" not in str(failed.value)
    assert "[masked]" in str(failed.value)
    assert CANARY not in repr(sender._server)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not take mail"):
        await channel("smtp://127.0.0.1:1").deliver(notice(), LINK, "anna@example.com")


async def test_a_server_that_says_nothing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    monkeypatch.setattr(mail_module, "SECONDS", 0.2)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable, match="Timeout"):
            await channel(f"smtp://127.0.0.1:{port}").deliver(notice(), LINK, "anna@example.com")
        await ended.wait()


async def test_a_mailbox_stands_for_its_role_and_else_everybody_who_may_fill_it_is_written_to() -> None:
    people = await directory()
    assert mail_addresses(people, notice(), NOW) == ("anna@example.com", "bob@example.com")
    assert mail_addresses(await directory(mailbox="desk@example.com"), notice(), NOW) == ("desk@example.com",)
    assert mail_addresses(people, notice(roles=("legal", "unknown")), NOW) == ()


async def test_one_who_has_two_roles_is_written_to_once() -> None:
    found = mail_addresses(await directory(), notice(roles=("finance", "tax")), NOW)
    assert found == ("anna@example.com", "bob@example.com")


async def test_delegates_are_written_to_while_their_delegation_is_in_force() -> None:
    people = await directory(lent("anna", "carla"), lent("bob", "dan", until=TODAY - A_DAY))
    assert mail_addresses(people, notice(), NOW) == ("anna@example.com", "bob@example.com", "carla@example.com")


@pytest.mark.parametrize("requester", ["anna", "ANNA@example.com", "anna@sso", "anna@some-host"])
async def test_the_requester_is_never_written_to(requester: str) -> None:
    assert mail_addresses(await directory(), notice(requester=requester), NOW) == ("bob@example.com",)
