"""Dex with the shared configuration, and people who log in there as a browser would."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

from aiohttp import ClientSession, CookieJar

from deploy.rehearsal.cluster import CONFIG
from deploy.rehearsal.processes import Failed, Program, free_ports, listens
from deploy.rehearsal.toolchain import Missing

GETENV = re.compile(r'\{\{ *getenv "(\w+)" "([^"]*)" *\}\}')
"""The one thing that the shared file asks of the image's template engine."""
CLIENT = "signalbox"
REDIRECT = "http://127.0.0.1:8250/callback"


@dataclass
class Dex:
    """The identity provider; all of its people share one password."""

    folder: Path
    tools: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    ui: str = field(default_factory=lambda: f"http://127.0.0.1:{free_ports(1)[0]}")
    """Where the Temporal UI is, which may send people here."""
    ui_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    program: Program | None = None

    @property
    def issuer(self) -> str:
        """Its name in tokens."""
        return f"http://127.0.0.1:{self.port}/dex"

    @property
    def keys(self) -> str:
        """Where its key set is."""
        return f"{self.issuer}/keys"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        here = {"DEX_ISSUER": self.issuer, "DEX_WEB_HTTP": f"127.0.0.1:{self.port}", "TEMPORAL_UI_URL": self.ui}
        config = self.folder / "dex.yaml"
        config.write_text(rendered((CONFIG / "dex/config.yaml").read_text(), here))
        secret = {"DEX_PASSWORD_HASH": _bcrypt(self.password), "TEMPORAL_UI_CLIENT_SECRET": self.ui_secret}
        command = (str(self.tools / "dex"), "serve", str(config))
        self.program = Program("dex", command, secret, self.folder / "dex.log")
        await self.program.start()
        await listens(self.program, self.port)

    async def stop(self) -> None:
        """End it."""
        if self.program:
            await self.program.stop()

    async def log_in(self, email: str) -> str:
        """The id token that somebody gets who types their password: authorization code flow with PKCE (RFC 7636)."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": CLIENT,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": "openid email groups",
            "state": secrets.token_urlsafe(8),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            async with browser.get(f"{self.issuer}/auth", params=asked) as page:
                form = str(page.url)
            code = await self._code(browser, form, {"login": email, "password": self.password})
            told = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "client_id": CLIENT}
            async with browser.post(f"{self.issuer}/token", data={**told, "code_verifier": verifier}) as answer:
                return str((await answer.json())["id_token"])

    async def _code(self, browser: ClientSession, form: str, typed: Mapping[str, str]) -> str:
        """Follow the redirects until they lead back to the client."""
        answer = await browser.post(form, data=typed, allow_redirects=False)
        for _ in range(5):
            answer.release()
            following = urljoin(str(answer.url), answer.headers.get("Location", ""))
            if following.startswith(REDIRECT):
                return parse_qs(urlsplit(following).query)["code"][0]
            if not answer.headers.get("Location"):
                break
            answer = await browser.get(following, allow_redirects=False)
        raise Failed(f"dex lets {typed['login']} not in: it answers {answer.status} to the password.")


def rendered(template: str, environ: Mapping[str, str]) -> str:
    """The configuration with what is in the environment, as the image's template engine fills it in."""
    return GETENV.sub(lambda found: environ.get(found[1], found[2]), template)


def subject(token: str) -> str:
    """Whom a token is about; nothing is checked here."""
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sub"])


def _bcrypt(password: str) -> str:
    """A bcrypt hash, by the system's own crypt."""
    made = subprocess.run(
        ("/usr/bin/env", "perl", "-e", "print crypt(<STDIN>, '$2b$10$' . $ARGV[0])", _salt()),
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )
    if not made.stdout.startswith("$2b$"):
        raise Missing("the system's crypt (through perl) makes no bcrypt hash.")
    return made.stdout


def _salt() -> str:
    """22 characters of bcrypt's own alphabet; the last may carry two bits alone."""
    alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(21)) + "O"
