"""The journal against the histories: as many attempts began as the history counts, and by those who had them."""

from __future__ import annotations

from collections.abc import Iterator

from domain.text import show
from governance.reconciliation.finding import Finding, spelt
from governance.reconciliation.known import Known
from governance.trail import conventions as c
from governance.trail.attempts import Attempt
from governance.trail.identity import record_id
from governance.trail.record import Record

NOT_MADE = frozenset({"JournalUnavailable", "NotJournaled"})
"""What an attempt fails with that could not be written down, and so was not made."""
"""The error of an attempt that was not begun, since the journal could not be written."""


def attempts(known: Known) -> Iterator[Finding]:
    """Say which begins are missing, which attempts nothing explains, and which were altered."""
    if known.evidence.attempts is None:
        yield Finding("note", "No journal is at hand: attempts were not compared.")
        return
    for key, activity in known.activities.items():
        yield from _begins(known, activity, known.attempts.get(key, ()))
    for (run, name), tried in known.attempts.items():
        activity = known.activities.get((run, name))
        for attempt in tried:
            yield from _tried(activity, attempt) if activity else _unscheduled(known, attempt)


def _begins(known: Known, activity: Record, tried: tuple[Attempt, ...]) -> Iterator[Finding]:
    """Each number that the history counts has a begin; the last of an activity that a worker answered must."""
    last = _count(activity)
    begun = {attempt.number for attempt in tried}
    for number in range(1, last + 1):
        if number in begun or _entered(known, activity, number):
            continue
        if number == last and _answered(activity):
            yield Finding(
                "missing",
                f"attempt {number} of {spelt(activity)} ended by a worker's word, and the journal has no begin of it: "
                "its row was deleted, or a worker without a journal ran it.",
            )
        else:
            yield Finding("note", f"Attempt {number} of {spelt(activity)} was handed out, and no worker began it.")


def _count(activity: Record) -> int:
    count = activity.attributes.get(c.ATTEMPTS)
    return count if isinstance(count, int) else 0


def _answered(activity: Record) -> bool:
    """Whether its last attempt ended by the word of a worker that had begun it."""
    ended = activity.attributes.get(c.ENDED)
    return ended == "completed" or (ended == "failed" and activity.attributes.get(c.ERROR_TYPE) not in NOT_MADE)


def _entered(known: Known, activity: Record, number: int) -> bool:
    """Whether the ledger has the attempt, so that it is said there that the journal has lost it."""
    name = str(activity.attributes.get(c.ACTIVITY_ID))
    return record_id(activity.run, "attempt", f"{name}.{number}") in known.chain.by_id


def _tried(activity: Record, attempt: Attempt) -> Iterator[Finding]:
    last = _count(activity)
    if last and activity.until and attempt.number > last:
        yield Finding(
            "extra", f"the journal has attempt {attempt.number} of {spelt(activity)}, and its history counts {last}."
        )
    if attempt.name != activity.name:
        yield _altered(activity, attempt, "name", attempt.name, activity.name)
    worker = str(activity.attributes.get(c.WORKER, attempt.worker))
    if attempt.number == last and attempt.worker != worker:
        yield _altered(activity, attempt, "worker", attempt.worker, worker)
    done = activity.attributes.get(c.ENDED) == "completed"
    if done and attempt.number == last and attempt.end and attempt.end.outcome == "failed":
        yield _altered(activity, attempt, "outcome", "failed", "completed")


def _altered(activity: Record, attempt: Attempt, what: str, journal: str, history: str) -> Finding:
    return Finding(
        "altered",
        f"the journal's row of attempt {attempt.number} of {spelt(activity)} says that its {what} is "
        f"“{show(journal, 80)}”, and the history says “{show(history, 80)}”.",
    )


def _unscheduled(known: Known, attempt: Attempt) -> Iterator[Finding]:
    """An attempt of what its run never scheduled; one that began just now may be ahead of the history."""
    history = known.histories.get(attempt.run)
    if history is None:
        if known.whole:
            yield Finding("extra", f"{_journaled(attempt)} is of run {show(attempt.run, 40)}, which nothing names.")
    elif attempt.run in known.ends or known.away(attempt.begun):
        yield Finding("extra", f"{_journaled(attempt)}, which run {show(attempt.run, 40)} never scheduled.")


def _journaled(attempt: Attempt) -> str:
    return (
        f"the journal has attempt {attempt.number} of activity {show(attempt.activity, 40)} ({show(attempt.name, 60)})"
    )
