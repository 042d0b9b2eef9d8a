"""Keys: of one's own, with which answers are signed, and the keyring, with which payloads are encrypted."""

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
from integrations.payloads import rotation
from integrations.payloads.keyring import Keyring, read_keyring
from integrations.settings import Settings

app = typer.Typer(
    help="Keys with which answers are signed, and the keyring with which payloads are encrypted.", no_args_is_help=True
)
KeyFile = Annotated[Path, typer.Argument(help="The file of the private key.")]
RingFile = Annotated[Path | None, typer.Argument(help="The file of the keyring; SIGNALBOX_KEYRING by default.")]


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


@app.command()
@command
async def rotate(
    file: RingFile = None,
    *,
    new: Annotated[bool, typer.Option("--new", help="Make a keyring where there is none yet.")] = False,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only add the next key, to be handed to everybody before it encrypts.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Even if it was done within the hour.")] = False,
) -> int:
    """Let a new key encrypt payloads from now on; the older ones are kept. Safe to repeat."""
    if new + prepare + again > 1:
        raise UserError("Say one of --new, --prepare and --again.")
    ring, now = _ring(file), datetime.now(UTC)
    if new:
        done = rotation.begin(ring, now)
    else:
        done = rotation.prepare(ring, now) if prepare else rotation.rotate(ring, now, again=again)
    out.print(plain(done.said), soft_wrap=True)
    _print_ring(done.ring)
    if prepare:
        out.print(f"Copy {plain(ring)} to every worker and command line, then run this again without --prepare.")
    return 0


@app.command()
@command
async def ring(file: RingFile = None) -> int:
    """Print the ids of the keyring's keys, and which of them encrypts."""
    _print_ring(read_keyring(_ring(file)))
    return 0


def _ring(file: Path | None) -> Path:
    found = file or Settings().keyring
    if found is None:
        raise UserError("Name the file of the keyring, or set SIGNALBOX_KEYRING.")
    return found


def _print_ring(ring: Keyring) -> None:
    for key in ring.keys:
        does = "encrypts" if key.kid == ring.current else "decrypts, prepared" if key == ring.prepared else "decrypts"
        out.print(f"  {key.kid}  made {key.made:%Y-%m-%d}  {does}")


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
