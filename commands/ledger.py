"""The ledger from outside: sign where it stands, keep that elsewhere, check it, hand it out, erase a case."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.consent import agreed, interruptible
from commands.console import UserError, command, out, plain
from commands.keys import ask_passphrase
from commands.stop import store
from governance.ledger import LedgerKey
from integrations.elsewhere import Elsewhere, Folder, elsewhere
from integrations.keys import ledger_key, new_key, read_key
from integrations.settings import Settings
from integrations.store import Delivery, NoSuchCase, Store
from verifier.verify import Report, examine, exported, verdict

app = typer.Typer(help="Sign, check and hand out the ledger.", no_args_is_help=True)
key_app = typer.Typer(help="The key that signs the ledger's checkpoints.", no_args_is_help=True)
app.add_typer(key_app, name="key")

KeyFile = Annotated[Path, typer.Argument(help="The file of the private key; keep it where the database is not.")]
SHOWN = 400


@app.command()
@command
async def checkpoint(
    to: Annotated[list[str] | None, typer.Option(help="Keep it in this folder or below this https:// address.")] = None,
    key: Annotated[Path | None, typer.Option(help="The ledger's key; SIGNALBOX_LEDGER_KEY by default.")] = None,
) -> int:
    """Sign where every case's chain ends now, and keep all signed statements elsewhere too."""
    places = [_place(each) for each in to or ()]
    signer = _signer(key or Settings().ledger_key)
    async with store() as opened:
        said = await opened.ledger_log.checkpoint(signer, datetime.now(UTC))
        out.print(f"Checkpoint {said.number}: {said.chains} cases, {said.entries} entries, signed by {signer.kid}.")
        out.print(f"root {said.root}", soft_wrap=True)
        for place in places:
            out.print(f"{plain(place.name)}: {await _kept(opened, place)} new statements kept.", soft_wrap=True)
    if not places:
        out.print("It is kept beside the ledger alone: who can write both could replace both. Add --to.")
    return 0


@key_app.command()
@command
async def new(file: KeyFile) -> int:
    """Make a key without a passphrase, for checkpoints on a schedule; `keys new --passphrase` makes one with."""
    new_key(file, None)
    _, kid = read_key(file, str)
    out.print(f"{plain(file)} is the ledger's private key. Auditors check with this id; tell them by other means:\n")
    typer.echo(kid)
    return 0


@key_app.command()
@command
async def rotate(
    file: KeyFile,
    old: Annotated[Path | None, typer.Option(help="The key until now; it signs that this one follows.")] = None,
    lost: Annotated[bool, typer.Option("--lost", help="The old key is lost: nothing introduces the new one.")] = False,
) -> int:
    """Let another key sign from now on."""
    if (old is None) != lost:
        raise UserError("Give --old FILE with the key until now, or --lost where nobody has it any more.")
    new, before = _signer(file), None if old is None else _signer(old)
    async with store() as opened:
        said = await opened.ledger_log.rotate(new, before, datetime.now(UTC))
    out.print(f"From statement {said.number} on the ledger's key is {new.kid}.", soft_wrap=True)
    if lost:
        out.print("No key before it says so: verification fails until --key names this id. Tell it by other means.")
    return 0


@app.command()
@command
async def verify(
    file: Annotated[Path | None, typer.Argument(help="An exported ledger; the store itself by default.")] = None,
    checkpoints: Annotated[Path | None, typer.Option(help="A folder of statements that were kept elsewhere.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="The id of a key to trust, told by other means.")] = None,
) -> int:
    """Check every chain, signature and checkpoint; exit code 1 where anything is damaged."""
    kept = exported(checkpoints) if checkpoints else []
    if file:
        with closing(file.open("rb")) as lines:
            return _told(examine(lines, key or (), kept))
    return _told(examine(await _lines(), key or (), kept))


@app.command()
@command
async def export(
    file: Annotated[Path, typer.Argument(help="A new file for the lines.")],
    case: Annotated[str | None, typer.Option(help="One case alone, with proofs that checkpoints cover it.")] = None,
) -> int:
    """Write the ledger out for `verifier/verify.py`, which needs nothing else of this project."""
    async with store() as opened:
        if case and not await opened.ledger.chain(case):
            raise NoSuchCase(case)
        written = await _write(file, opened.ledger_log.export(case))
    out.print(
        f"{plain(file)}: {written} lines. Check them with python verifier/verify.py {plain(file)}", soft_wrap=True
    )
    return 0


@command
async def erase(
    case: Annotated[str, typer.Argument(help="The case as the ledger names it.")],
    reason: Annotated[str, typer.Option(help="Why; it is on record and required.")],
    by: Annotated[str | None, typer.Option(help="Who says so. You, by default.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Delete for good what the ledger holds of a case; that it was erased, by whom and why, stays."""
    if not reason.strip():
        raise UserError("--reason is empty: say why, for whoever asks later.")
    out.print(f"Every body of {plain(case)} in the ledger goes; ids, kinds and hashes stay, and so does your reason.")
    out.print("What Temporal still keeps, documents, spans that were sent elsewhere and backups are not touched.")
    if not agreed("Erase it?", yes=yes):
        raise UserError("Nothing was erased.")
    person = (by or getpass.getuser())[:200]
    async with store() as opened:
        gone = await opened.ledger.erase(case, person, reason[:1000])
    out.print(f"{gone} bodies are erased." if gone else "Nothing was left to erase.")
    return 0


def _place(said: str) -> Elsewhere:
    try:
        return elsewhere(said)
    except ValueError as error:
        raise UserError(f"--to: {error}.") from None


def _signer(file: Path | None) -> LedgerKey:
    if file is None:
        raise UserError("No key: give --key, or set SIGNALBOX_LEDGER_KEY; `starter.py ledger key new` makes one.")
    with interruptible():
        return ledger_key(file, ask_passphrase)


async def _kept(opened: Store, place: Elsewhere) -> int:
    """Keep every statement in a place that does not have it yet; returns how many that were."""
    statements = {f"{each.number:08}.json": each.line for each in await opened.ledger_log.statements()}
    if isinstance(place, Folder):  # which says itself what it has
        return sum([await place.keep(name, line) for name, line in statements.items()])
    known, count = await opened.deliveries.states("ledger"), 0
    for name, line in statements.items():
        if known.get((name, place.name)) != "sent":
            count += await place.keep(name, line)
            delivery = Delivery(key="ledger", channel=name, recipient=place.name)
            await opened.deliveries.begin(delivery)
            await opened.deliveries.end(delivery, "sent")
    return count


async def _lines() -> list[bytes]:
    async with store() as opened:
        return [line async for line in opened.ledger_log.export()]


async def _write(file: Path, lines: AsyncIterator[bytes]) -> int:
    count = 0
    with closing(file.open("xb")) as written:
        async for line in lines:
            count += written.write(line) > 0
    return count


def _told(report: Report) -> int:
    _print([f"[red]{plain(sentence, SHOWN)}[/red]" for sentence in report.damage])
    _print([f"[yellow]{plain(sentence, SHOWN)}[/yellow]" for sentence in report.notes])
    out.print(plain(verdict(report)))
    return 1 if report.damage else 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(line, soft_wrap=True)
