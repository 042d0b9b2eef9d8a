"""Tokens with which workers and jobs get past a Temporal server that asks who calls."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from commands.console import command, out, plain
from integrations.service_tokens import key_set, known_keys, new_service_key, read_service_key, service_token

app = typer.Typer(help="Make tokens with which workers and jobs call the Temporal server.", no_args_is_help=True)


@app.command()
@command
async def key(
    file: Annotated[Path, typer.Argument(help="Where the private key is written.")],
    jwks: Annotated[Path, typer.Option(help="Where the public half is written, for the server.")] = Path(
        "services.jwks.json"
    ),
) -> int:
    """Make the key that signs tokens, and the key set by which the server knows them; a second key joins the set."""
    known = known_keys(jwks)
    made = new_service_key(file)
    replaced(jwks, key_set(known, made), 0o644)
    out.print(f"{plain(file)} signs tokens: nobody but who makes them may have it.")
    out.print(f"{plain(jwks)} is for the server: TEMPORAL_JWT_KEY_SOURCE1=file://{plain(jwks.resolve())}")
    return 0


@app.command()
@command
async def token(
    name: Annotated[str, typer.Argument(help="Who calls, as histories name it: worker.")],
    may: Annotated[list[str], typer.Option(help="What it may: namespace:read, namespace:write or namespace:admin.")],
    key: Annotated[Path, typer.Option(help="The private key that `access key` made.")],
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 400, help="How long it counts.")] = 24,
    out_file: Annotated[Path | None, typer.Option("--out", "-o", help="A file that takes its place at once.")] = None,
) -> int:
    """Make a token; a program that reads it with SIGNALBOX_TOKEN_FILE takes each new one without a restart."""
    now = datetime.now(UTC)
    made = service_token(read_service_key(key), name, may, now=now, valid=timedelta(hours=hours))
    if out_file is None:
        typer.echo(made)
        return 0
    replaced(out_file, made + "\n", 0o600)
    out.print(
        f"{plain(out_file)}: {plain(name)} may {plain(', '.join(may))} until {now + timedelta(hours=hours):%F %R} UTC."
    )
    return 0


def replaced(file: Path, content: str, mode: int) -> None:
    """Put a file in the place of another at once: whoever reads it gets the old one or the new one."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.touch(mode)
    beside.write_text(content)
    beside.replace(file)
