"""A case as a pack for an auditor: everything on record of it, the proof, and a procedure to check it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from commands.consent import interruptible
from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.keys import ask_passphrase
from commands.stop import store
from commands.verifying import Sources
from domain.documents import DocumentRef
from domain.errors import Unavailable, Unreadable
from governance.evidence.contents import Gathered, contents, rules_named
from governance.evidence.decisions import documents as documents_in
from governance.evidence.manifest import Lack, Part, manifest
from governance.ledger import LedgerKey
from governance.ledger.lines import current_key
from governance.reconciliation.held import Chain, chain_of, history_in, read
from governance.trail.assembly import assembled
from governance.trail.attempts import with_attempts
from governance.trail.filing import Run
from governance.trail.history import History
from governance.trail.reading import items
from governance.trail.record import Record
from integrations.bucket import KeptDocuments, documents_of
from integrations.keys import ledger_key
from integrations.pack_file import write_pack
from integrations.settings import ROOT, Settings
from integrations.store import Store

NOTHING = "`starter.py ledger export` shows what the ledger has; a worker enters a case within seconds while it runs."
UNASKED = "The workflow server did not answer, or has the case no more: what it alone knows is not here."


@command
async def evidence(
    case: Annotated[str, typer.Argument(help="A case id or the beginning of one, on the server or in the ledger.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write; it must not be there yet.")],
    *,
    documents: Annotated[
        bool, typer.Option("--documents", help="With the document of the case and what agents were given.")
    ] = False,
) -> int:
    """Write all that is on record of a case into one file that an auditor can check without this project."""
    if output.exists():
        raise UserError(f"{output} is there already, and nothing is overwritten; name another with --output.")
    settings = Settings()
    async with store() as opened:
        desk = await _desk()
        found = await _gathered(opened, desk, await Sources(opened, desk).named(case))
    key = _signer(settings, found.ledger)
    found = await _with_files(found, settings, key, documents=documents)
    parts, lacks = contents(found)
    signed = Part("manifest.json", manifest(found.case, parts, lacks, key), "what is in this pack")
    size = write_pack(output, [*parts, signed])
    _say(output, size, found, [*lacks])
    return 0


async def _desk() -> Desk | None:
    try:
        return await open_desk()
    except Unavailable:
        return None


async def _gathered(opened: Store, desk: Desk | None, case: str) -> Gathered:
    """What the ledger has, the server and the journal beside it; of an erased case only what the ledger has left."""
    lines = [line async for line in opened.ledger_log.export(case)]
    chain = chain_of(lines)
    if not chain.entries:
        raise UserError(f"The ledger has nothing of {case} yet, so there is nothing that could be proven. {NOTHING}")
    runs = () if chain.erasures else await Sources(opened, desk).runs(case)
    histories = _histories(chain, runs)
    attempts = () if chain.erasures else await opened.journal.attempts(histories.keys())
    return Gathered(
        case=case,
        ledger=b"".join(lines),
        chain=chain,
        histories=_exported(chain, runs),
        drawn=() if chain.erasures else with_attempts(assembled(histories.values()), attempts),
        attempts=attempts,
        rules={},
        documents={},
        lacks=() if runs or chain.erasures else (Lack(what="The workflow server's view", why=UNASKED),),
        verifier=(ROOT / "verifier" / "verify.py").read_bytes(),
        signer=None,
    )


def _histories(chain: Chain, runs: Sequence[Run]) -> dict[str, History]:
    """By run: as the ledger has it, else as the server has it."""
    archived = {run: history for run, held in chain.archived.items() if (history := history_in(held))}
    return {run.history.run_id: run.history for run in runs} | archived


def _exported(chain: Chain, runs: Sequence[Run]) -> dict[str, bytes]:
    """The same as bytes: those of the ledger exactly as it has them."""
    archived = {run: held.body for run, held in chain.archived.items() if held.body and items(held.said, "events")}
    every = {run.history.run_id: run.exported() for run in runs if run.history.run_id not in archived} | archived
    return dict(sorted(every.items()))


def _signer(settings: Settings, ledger: bytes) -> LedgerKey | None:
    """The ledger's key, where the settings name it: another one would prove nothing."""
    if settings.ledger_key is None:
        return None
    with interruptible():
        key = ledger_key(settings.ledger_key, ask_passphrase)
    if key.kid != current_key(ledger.splitlines()):
        out.print("SIGNALBOX_LEDGER_KEY is not the key that signs this ledger, so the pack is not signed.")
        return None
    return key


async def _with_files(found: Gathered, settings: Settings, key: LedgerKey | None, *, documents: bool) -> Gathered:
    """The same with the files that it names, as far as they are kept."""
    kept = documents_of(settings)
    rules = await _rules(kept, found.records, settings.policies)
    wanted = documents_in([read(each) for each in found.histories.values()]) if documents else {}
    there, lacks = await _documents(kept, wanted)
    signer = key.kid if key else None
    return replace(found, rules=rules, documents=there, lacks=(*found.lacks, *lacks), signer=signer)


async def _rules(kept: KeptDocuments, records: Iterable[Record], folder: Path) -> dict[str, bytes]:
    """By its digest each rule file that a verdict names: as workers kept it, or as it still is in the folder."""
    found, wanted = _by_digest(folder), rules_named(records)
    for digest, path in wanted.items():
        try:
            ref = DocumentRef(digest=digest, size=0, media_type="application/toml", name=path)
            found[digest] = await kept.get(ref)
        except (Unreadable, ValueError):
            continue
    return {digest: found[digest] for digest in sorted(wanted.keys() & found.keys())}


def _by_digest(folder: Path) -> dict[str, bytes]:
    now = [file.read_bytes() for file in folder.glob("*.toml")]
    return {hashlib.sha256(content).hexdigest(): content for content in now}


async def _documents(
    kept: KeptDocuments, wanted: Mapping[str, DocumentRef]
) -> tuple[dict[str, bytes], tuple[Lack, ...]]:
    found, lacks = dict[str, bytes](), list[Lack]()
    for digest, ref in sorted(wanted.items()):
        try:
            found[digest] = await kept.get(ref)
        except Unreadable as error:
            lacks.append(Lack(what=f"documents/{digest}", why=str(error)))
    return found, tuple(lacks)


def _say(output: Path, size: int, found: Gathered, lacks: Sequence[Lack]) -> None:
    by = f"signed by {found.signer}" if found.signer else "NOT signed: set SIGNALBOX_LEDGER_KEY to the ledger's key"
    out.print(f"{plain(output)}: {size:,} bytes, {len(found.records)} records, {by}.", soft_wrap=True)
    if not found.chain.sealed:
        out.print("The case is not sealed in the ledger yet: draw the pack again once it is, for all of it.")
    for lack in lacks:
        out.print(f"[yellow]Not in it: {plain(lack.what)}: {plain(lack.why, 300)}[/yellow]", soft_wrap=True)
    out.print(f"Its README.txt says how to check it: python verify.py {plain(output)}", soft_wrap=True)
