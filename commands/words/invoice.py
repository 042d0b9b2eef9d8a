"""How a supplier's invoice ends."""

from __future__ import annotations

from collections.abc import Iterator

from commands.console import plain
from commands.words.findings import lines
from domain.course import codes, spoken, title
from domain.outcome import Duplicate, Held, InvoiceOutcome, Posted
from workflows.wording import money, state_of


def told(outcome: InvoiceOutcome) -> tuple[str, str]:
    """The outcome in a word and a sentence."""
    state, found = state_of(outcome), ", ".join(spoken(code) for code in codes(outcome.findings))
    if isinstance(outcome, Posted):
        why_not = (outcome.payment_reason or "nothing to pay").rstrip(".")
        paid = f"pays {outcome.payment_date}" if outcome.payment_id else why_not
        amount = money(outcome.amount, outcome.currency)
        return state, f"{outcome.bill_id}, {amount}, {paid}, by {outcome.decided_by}"
    if isinstance(outcome, Held):
        return state, ": ".join(filter(None, (outcome.owner, found, outcome.reason)))
    if isinstance(outcome, Duplicate):
        return state, f"of {outcome.bill_id}"
    return state, f"{found}: {outcome.reason}, by {outcome.decided_by}"


def details(outcome: InvoiceOutcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    yield f"invoice {plain(outcome.invoice_number or 'unknown')}, decided by {plain(outcome.decided_by)}"
    for finding in outcome.findings:
        yield from lines(title(finding), finding.owner, finding.removed_by)
    if isinstance(outcome, Held):
        yield f"Next: {outcome.owner}: {plain(outcome.removed_by)}; then `starter.py invoice FILE --again`."
