"""Outcomes that nobody knows: what began, what nothing says about its end, and what settles it since."""

from __future__ import annotations

from collections.abc import Iterator

from domain.text import show
from governance.reconciliation.finding import Finding, spelt
from governance.reconciliation.known import Known
from governance.trail import conventions as c
from governance.trail.entries import SETTLED
from governance.trail.figures import evidence
from governance.trail.record import Record


def unknowns(known: Known) -> Iterator[Finding]:
    """Each unknown outcome, also those that the ledger alone still knows of."""
    for record in _records(known):
        if record.status != "unknown" or record.kind == "agent":
            continue
        if record.kind == "activity" and known.evidence.attempts is not None and record.run in known.histories:
            yield from _told_by_attempts(known, record)
        elif record.kind != "child" or not _told_by_run(known, record):
            yield Finding("unknown", _sentence(known, record))


def _records(known: Known) -> Iterator[Record]:
    yield from known.records.values()
    for held in known.chain.own:
        settled = f"{held.record}{SETTLED}" in known.chain.by_id
        if held.record not in known.records and not settled and (record := held.told):
            yield record


def _told_by_run(known: Known, child: Record) -> bool:
    """Whether the history of what it started, which went on for longer than its own, says how that ended."""
    runs = (record for record in known.records.values() if record.kind == "run" and record.parent == child.id)
    return any(run.until is not None for run in runs)


def _told_by_attempts(known: Known, activity: Record) -> Iterator[Finding]:
    """What the journal knows of an activity of whose end the history says nothing; what it does not is said there."""
    tried = known.attempts.get((activity.run, str(activity.attributes.get(c.ACTIVITY_ID))), ())
    if not tried:
        yield Finding(
            "note", f"{spelt(activity)} was over before any worker began it: the journal has no attempt of it."
        )
    elif end := tried[-1].end:
        what = f"by the journal its attempt {tried[-1].number} {end.outcome} at {end.at:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding("note", f"{spelt(activity)} was over before the server heard how it ended; {what}.")


def _sentence(known: Known, record: Record) -> str:
    name, begun = show(record.name, 80), f"{record.at:%Y-%m-%d %H:%M:%S} UTC"
    parent = known.records.get(record.parent or "")
    proof = evidence(parent if record.kind == "attempt" and parent else record)
    worker = record.attributes.get(c.WORKER)
    what = f"attempt {_number(record)} of {name}" if record.kind == "attempt" else f"{record.kind} {name}"
    by = f" on worker {show(str(worker), 60)}" if worker else ""
    place = f"({f'{proof}, ' if proof else ''}run {show(record.run, 40)})"
    effect = "; an effect may have taken place." if record.kind in ("attempt", "activity", "local") else "."
    settled = _settling(parent) if parent else ""
    return f"{what} {place}: outcome unknown: it began at {begun}{by}, and nothing says how it ended{effect}{settled}"


def _number(record: Record) -> str:
    return str(record.attributes.get(c.ATTEMPT, "?"))


def _settling(activity: Record) -> str:
    """What a later attempt of the same activity found out."""
    if activity.kind != "activity" or activity.status != "ok":
        return ""
    receipt, attempt = activity.attributes.get(c.RECEIPT), activity.attributes.get(c.ATTEMPTS)
    if receipt is None:
        return f" What follows: attempt {attempt} completed."
    found = "was the first to leave" if activity.attributes.get(c.RECEIPT_FIRST) else "found"
    return f" What settles it: attempt {attempt} {found} receipt {show(str(receipt), 80)}."
