"""Keys of one's own, with which answers are signed."""

from __future__ import annotations

import getpass
import warnings
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from commands.console import UserError, command, out, plain
from integrations.keys import key_id, new_key, public_point, read_key

app = typer.Typer(help="Make and look at keys with which answers are signed.", no_args_is_help=True)
KeyFile = Annotated[Path, typer.Argument(help="The file of the private key.")]


@app.command()
@command
async def new(
    file: KeyFile,
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase and lock the key by it.")
    ] = False,
) -> int:
    """Make a key: the private half stays in the file, and the public half is printed for policies/people.toml."""
    key = new_key(file, _new_passphrase() if passphrase else None)
    out.print(f"{plain(file)} is your private key: nobody else may have it, and it cannot be made again.")
    _print_public(key)
    return 0


@app.command()
@command
async def show(file: KeyFile) -> int:
    """Print the public half of a key again."""
    key, _ = read_key(file, ask_passphrase)
    _print_public(key)
    return 0


def ask_passphrase(prompt: str = "Passphrase: ") -> str:
    """Ask without echo; without a terminal that can do so, ask nothing and say why."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt)
        except (getpass.GetPassWarning, EOFError):
            raise UserError("There is no terminal to ask for the passphrase; run this in one.") from None


def public_entry(key: Ed25519PrivateKey, since: date) -> str:
    """What people.toml has of a key, in force from a day on (UTC)."""
    return f'[[person.keys]]\nkid = "{key_id(key)}"\nx = "{public_point(key)}"\nsince = {since}'


def _print_public(key: Ed25519PrivateKey) -> None:
    out.print(
        "Paste this below your own [[person]] in policies/people.toml and have the change reviewed:\n", markup=False
    )
    typer.echo(public_entry(key, datetime.now(UTC).date()))


def _new_passphrase() -> str:
    first = ask_passphrase("New passphrase: ")
    if not first:
        raise UserError("A passphrase has at least one character; leave --passphrase out for a key without one.")
    if ask_passphrase("The same again: ") != first:
        raise UserError("The two differ; no key was made.")
    return first
