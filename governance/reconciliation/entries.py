"""The ledger's entries against the trail as it is told now: each record that stays is there once, and as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import JsonValue

from domain.text import show
from governance.reconciliation.difference import differences
from governance.reconciliation.finding import Finding, spelt
from governance.reconciliation.held import Held, read
from governance.reconciliation.known import Known
from governance.trail import conventions as c
from governance.trail.entries import AGENT, CORE, HISTORY, PROJECTION, SETTLED, body_of, kept
from governance.trail.reading import at, items, text
from governance.trail.record import Kind, Record

KINDS = frozenset[str](get_args(Kind))
OPEN = frozenset({"status", "until", "attributes"})
"""What an outcome that becomes known changes of a record."""
MOST = 5
"""Differences of one record that are named."""


def entries(known: Known) -> Iterator[Finding]:
    """Say what is missing from the ledger, what is there without proof, and what differs."""
    yield from _missing(known)
    for held in known.chain.own:
        yield from _entry(known, held)
    yield from _untold(known)


def _missing(known: Known) -> Iterator[Finding]:
    waiting = 0
    for record in known.records.values():
        if not kept(record, closed=known.closed is not None) or _entered(known, record):
            continue
        if known.overdue(record):
            yield Finding(
                "missing",
                f"{spelt(record)} ended at {record.until or record.at:%Y-%m-%d %H:%M:%S} UTC, and the ledger has no "
                "entry of it: no sweep has come by since, or the entry was removed.",
            )
        else:
            waiting += 1
    if waiting:
        yield Finding("note", f"{waiting} records have just ended and are still to be swept into the ledger.")


def _entered(known: Known, record: Record) -> bool:
    """Whether the ledger has it; of one that was entered without its outcome, whether it has that too."""
    held = known.chain.by_id.get(record.id)
    if held is None or record.status == "unknown" or _status(held) != "unknown":
        return held is not None
    return f"{record.id}{SETTLED}" in known.chain.by_id


def _status(held: Held) -> str | None:
    return text(held.said, "status")


def _entry(known: Known, held: Held) -> Iterator[Finding]:
    if held.kind in KINDS:
        record = known.records.get(held.record.removesuffix(SETTLED))
        yield from _proven(held, record) if record else _unproven(known, held)
    elif held.kind == AGENT:
        yield from _declared(held)
    elif held.kind != HISTORY:
        yield Finding("extra", f"{_place(held)} is of kind {show(held.kind, 60)}, which nothing here enters.")


def _proven(held: Held, record: Record) -> Iterator[Finding]:
    """An entry of a record that histories and journal tell: it is the same record."""
    if held.kind != record.kind:
        yield Finding("altered", f"{_place(held)} is entered as {held.kind}, and is {spelt(record)}.")
    elif record.until is None:
        yield Finding(
            "altered", f"{_place(held)} says that {spelt(record)} has ended, and its history says that it goes on."
        )
    elif held.body is not None and (places := _differing(held, record)):
        source = "the journal" if record.kind == "attempt" else "its history"
        shown = "; ".join(places[:MOST]) + ("; …" if len(places) > MOST else "")
        yield Finding("altered", f"{_place(held)}, {spelt(record)}, is not what {source} says: {shown}.")


def _differing(held: Held, record: Record) -> list[str]:
    said, now = held.said, read(body_of(record))
    if not said:
        return ["its body is no record"]
    settles = _status(held) == "unknown" and record.status != "unknown" and not held.record.endswith(SETTLED)
    names = set(CORE) if said.get("projection") != PROJECTION else said.keys() | now.keys()
    names = sorted(names - OPEN if settles else names)
    if settles:  # the event that says the outcome came after them
        now |= {"events": items(now, "events")[: len(items(said, "events"))]}
    one, other = ({name: each.get(name) for name in names} for each in (said, now))
    return [_compared(path, one, other) for path in differences(one, other)]


def _compared(path: str, ledger: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> str:
    """`status is ok in the ledger and error there`; a name of an attribute may have dots itself."""
    steps = path.split(".", 1) if path.startswith("attributes.") else [path]
    return f"{show(steps[-1], 80)} is {_value(ledger, steps)} in the ledger and {_value(now, steps)} there"


def _value(said: Mapping[str, JsonValue], steps: list[str]) -> str:
    found = at(said, *steps)
    return "nothing" if found is None else f"“{show(str(found), 60)}”"


def _unproven(known: Known, held: Held) -> Iterator[Finding]:
    """An entry of a record that nothing at hand tells."""
    said = held.told
    if held.body and said is None:
        yield Finding("altered", f"{_place(held)} has a body that is no record.")
    elif held.kind == "attempt":
        yield from _unjournaled(known, held, said)
    elif known.whole or (said and said.run in known.histories):
        what = f", {spelt(said)}," if said else ""
        yield Finding("extra", f"{_place(held)}{what} is proven by no event of the case: it was inserted or altered.")


def _unjournaled(known: Known, held: Held, said: Record | None) -> Iterator[Finding]:
    if known.evidence.attempts is None or not (known.whole or (said and said.run in known.histories)):
        return
    what = f", {spelt(said)}" if said else ""
    yield Finding(
        "missing",
        f"the journal has no attempt like {_place(held)}{what}: its row was deleted, or the entry was inserted.",
    )


def _declared(held: Held) -> Iterator[Finding]:
    name, version = (text(held.said, each) for each in ("name", "version"))
    if held.body is not None and held.record != f"agent.{name}@{version}":
        yield Finding("altered", f"{_place(held)} is filed as {show(held.record, 80)}, and its body does not say so.")


def _untold(known: Known) -> Iterator[Finding]:
    """Of a sealed case it is on record what each agent was told."""
    agents = (record.attributes for record in known.records.values() if record.kind == "agent")
    asked = {(str(each.get(c.AGENT_NAME)), str(each.get(c.AGENT_VERSION))) for each in agents}
    for name, version in sorted(asked) if known.chain.sealed else ():
        if f"agent.{name}@{version}" not in known.chain.by_id:
            yield Finding("note", f"Nothing says what agent {show(name, 60)}, version {show(version, 40)}, was told.")


def _place(held: Held) -> str:
    return f"entry {held.n} of the ledger ({show(held.record, 60)})"
