"""Where mail is handed in, from one setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr

from integrations.temporal.connection import is_loopback

HOW = "write smtp://user:password@host:587?starttls=1 or smtps://user:password@host"
Protection = Literal["none", "starttls", "implicit"]
PORTS: dict[Protection, int] = {"none": 25, "starttls": 587, "implicit": 465}


@dataclass(frozen=True)
class MailServer:
    """A mail server as a sender needs it; its text form names no password."""

    host: str
    port: int
    user: str | None
    password: SecretStr | None
    protection: Protection


def mail_server(url: SecretStr) -> MailServer:
    """Read smtp://user:password@host:587?starttls=1, or smtps://…; user and password percent-encoded.

    Raise `ValueError`, which never quotes the address: there may be a password in it. A password travels encrypted, or
    stays on this machine.
    """
    try:
        parts = urlsplit(url.get_secret_value())
        host, port = parts.hostname, parts.port
        protection = _protection(parts)
    except ValueError:
        raise ValueError(HOW) from None
    if not host or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(HOW)
    if parts.password and protection == "none" and not is_loopback(f"{host}:0"):
        raise ValueError("the password would travel unencrypted; add ?starttls=1, or use smtps://")
    password = SecretStr(unquote(parts.password)) if parts.password else None
    user = unquote(parts.username) if parts.username else None
    return MailServer(host, port or PORTS[protection], user, password, protection)


def _protection(parts: SplitResult) -> Protection:
    asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
    starttls = asked.pop("starttls", ["0"])
    if asked or starttls not in (["0"], ["1"]) or parts.scheme not in ("smtp", "smtps"):
        raise ValueError(HOW)
    if parts.scheme == "smtps":
        return "implicit"
    return "starttls" if starttls == ["1"] else "none"
