"""How a ticket ends."""

from __future__ import annotations

from collections.abc import Iterator

from commands.console import plain
from commands.words.findings import lines
from domain.ticketing import BaseTicketOutcome, HandedOver, RefundStarted, TicketOutcome
from workflows.ticket_wording import line_of, state_of


def told(outcome: TicketOutcome) -> tuple[str, str]:
    """The outcome in a word and a sentence."""
    closed = f", closed by the {outcome.closed_by}" if outcome.closed_by else ""
    return state_of(outcome), f"{line_of(outcome)}{closed}"


def details(outcome: BaseTicketOutcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    yield f"ticket {plain(outcome.ticket_id)}, decided by {plain(outcome.decided_by)}"
    for finding in outcome.findings:
        yield from lines(finding.said, finding.owner, finding.removed_by)
    if outcome.breached:
        yield f"promises broken: {', '.join(clock.replace('_', ' ') for clock in outcome.breached)}"
    if isinstance(outcome, RefundStarted):
        yield f"the refund's own case: {plain(outcome.refund_case)}"
    if isinstance(outcome, HandedOver):
        yield f"Next: {outcome.owner}: {plain(outcome.removed_by, 300)}."
