"""The codec server: opens payloads for the Temporal UI, so that people read what the server cannot."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, SSLError
from typing import Annotated
from urllib.parse import urlsplit

import typer
from aiohttp import web

from commands.console import UserError, command, interruptible, out, plain
from commands.pages import listen
from integrations.codec_server import Audit, access_for, application
from integrations.payloads.converter import data_converter
from integrations.policy_folder import PolicyFolder
from integrations.settings import Settings
from integrations.temporal.connection import DEFAULT_NAMESPACE, connection, is_loopback, ui_address

HOST, PORT = "127.0.0.1", 8236


@command
async def codec_server(
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = PORT,
    host: Annotated[str, typer.Option(help="The address to answer at.")] = HOST,
) -> int:
    """Open payloads for the Temporal UI and its like; every reading leaves a line. Stays up until Ctrl-C."""
    settings, stopping = Settings(), interruptible()
    async with serving(settings, port, host) as (address, said):
        out.print(f"The codec endpoint is {address}, for pages of {plain(origin_of(settings))} alone.", soft_wrap=True)
        out.print(plain(said), soft_wrap=True)
        out.print(f"Who has what opened is written to {plain(audit_of(settings))}; Ctrl-C ends it.", soft_wrap=True)
        await stopping.wait()
    return 0


@asynccontextmanager
async def serving(settings: Settings, port: int, host: str = HOST) -> AsyncGenerator[tuple[str, str]]:
    """Serve until the block ends; yields the address, and a sentence about who may ask."""
    if settings.keyring is None:
        raise UserError("Nothing is encrypted, so there is nothing to open: set SIGNALBOX_KEYRING.")
    namespace = connection(settings.home).get("namespace") or DEFAULT_NAMESPACE
    data_converter(settings, namespace)  # a keyring that cannot be used is told now
    folder = PolicyFolder(settings.policies)
    access, said = await access_for(settings, folder.directory, loopback=is_loopback(f"{host}:{port}"))
    made = application(
        lambda name: data_converter(settings, name), namespace, access, Audit(audit_of(settings)), origin_of(settings)
    )
    runner = web.AppRunner(made, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        tls = tls_of(settings)
        await listen(runner, host, port, tls)
        yield f"http{'s' if tls else ''}://{f'[{host}]' if ':' in host else host}:{runner.addresses[0][1]}", said
    finally:
        await runner.cleanup()


def origin_of(settings: Settings) -> str:
    """The origin whose pages may ask; raise `UserError` for what is none."""
    given = settings.codec_origin or settings.ui_url or ui_address(settings.home)
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.netloc or "*" in given:
        raise UserError(f"SIGNALBOX_CODEC_ORIGIN is {given!r}; write scheme, host and port, as in a browser's address.")
    if settings.codec_origin and given != f"{parts.scheme}://{parts.netloc}":
        raise UserError(f"SIGNALBOX_CODEC_ORIGIN is {given!r}; an origin has no path: {parts.scheme}://{parts.netloc}")
    return f"{parts.scheme}://{parts.netloc}"


def tls_of(settings: Settings) -> SSLContext | None:
    """What it speaks TLS with; None where a proxy does. Raise `UserError` for what is no certificate with its key."""
    certificate, key = settings.codec_certificate, settings.codec_key
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise UserError("SIGNALBOX_CODEC_CERTIFICATE and SIGNALBOX_CODEC_KEY need each other.")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")
    except SSLError as error:
        why = "the key is not the certificate's" if error.reason == "KEY_VALUES_MISMATCH" else "that is not PEM"
        raise UserError(f"{certificate} and {key} are no certificate with its key: {why}.") from None
    except OSError as error:
        raise UserError(f"{certificate} and {key} cannot be read: {error.strerror}.") from None
    return context


def audit_of(settings: Settings) -> Path:
    """Where it is written who read what."""
    return settings.codec_audit or settings.home / "codec-audit.jsonl"
