"""Histories against themselves, their archive, and each other: none has a hole, is altered or is nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from domain.text import show
from governance.reconciliation.difference import histories_differ
from governance.reconciliation.finding import Finding
from governance.reconciliation.held import Held, read, same_digest
from governance.reconciliation.known import Known
from governance.trail.filing import Run
from governance.trail.reading import text

LOST = "the server no longer has it, and the ledger does not archive it: what happened in it cannot be shown"
ELSEWHERE = "the server was not asked for it, and the ledger does not archive it yet"


def histories(known: Known) -> Iterator[Finding]:
    """Say what is wrong with them."""
    for history in known.histories.values():
        yield from (_gap(history.run_id, *gap) for gap in history.gaps)
    for run, held in known.chain.archived.items():
        yield from _archive(known, run, held)
    for run, by in known.nowhere:
        yield from _nowhere(known, run, by)
    yield from _unarchived(known)


def _gap(run: str, first: int, last: int) -> Finding:
    which = f"event {first} is" if first == last else f"events {first} to {last} are"
    return Finding(
        "missing", f"the history of run {show(run, 40)} is not whole: {which} missing, though later ones are there."
    )


def _archive(known: Known, run: str, held: Held) -> Iterator[Finding]:
    """An archived history says which run it is of, can be read, and is the server's."""
    named, place = show(run, 40), f"entry {held.n} of the ledger"
    server = known.server.get(run)
    if held.body is None:
        return
    if text(held.said, "run_id") != run:
        yield Finding("altered", f"{place} is filed as the history of run {named}, and its body does not say so.")
    elif text(held.said, "sha256") is None and run not in known.archives:
        yield Finding("altered", f"{place}, the archived history of run {named}, cannot be read as one.")
    elif server and (what := _unlike(server, held)):
        yield Finding(
            "altered",
            f"the server's history of run {named} is not the one that was archived as {place}: {what}. "
            "One of the two was altered; a chain that holds together says that it was the server's.",
        )


def _unlike(server: Run, held: Held) -> str | None:
    exported = server.exported()
    if exported == held.body or same_digest(held, exported):
        return None
    if same_digest(held, exported) is False:
        return "its SHA-256 is another one"
    return histories_differ(read(exported), held.said)


def _nowhere(known: Known, run: str, by: str) -> Iterator[Finding]:
    if known.evidence.asked or known.chain.sealed:
        yield Finding("missing", f"the history of run {show(run, 40)}, which {show(by, 60)} names, is nowhere: {LOST}.")
    else:
        yield Finding("note", f"Run {show(run, 40)} was not compared: {ELSEWHERE}.")


def _unarchived(known: Known) -> Iterator[Finding]:
    """Once a case is closed, the history of each run is in the ledger."""
    if known.closed is None or not (known.late(known.closed) or known.chain.sealed):
        return
    for run in known.histories.keys() - known.chain.archived.keys():
        yield Finding(
            "missing",
            f"the history of run {show(run, 40)} is not archived in the ledger, though the case is closed: no sweep "
            "has come by since, or its entry was removed. It goes when the server's retention ends.",
        )
