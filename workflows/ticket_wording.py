"""What a ticket's case says of its outcomes, and the outcomes themselves."""

from __future__ import annotations

from typing import Any

from activities.ticket import TakenIn
from domain.actions import LinkTicket
from domain.refunding import RefundOutcome
from domain.text import show
from domain.ticket_findings import TicketRole
from domain.ticketing import (
    Answered,
    Draft,
    HandedOver,
    Linked,
    RefundStarted,
    Routed,
    SpamDropped,
    TicketCase,
    TicketOutcome,
)
from workflows.authority import Authority
from workflows.following import Tried
from workflows.ticket_questions import TicketAt

REASON_LIMIT = 600
BY_RULES = "the rules"
BY_HAND = "a person takes the ticket from here, in the helpdesk"


def particulars(case: TicketCase, taken: TakenIn | None) -> dict[str, str]:
    """What the case is about, as its page shows it."""
    said = {"Ticket": show(case.ticket_id, 60), "Brought by": show(case.requester, 60)}
    return said | {"From": show(taken.sender, 80), "Subject": show(taken.subject, 120)} if taken else said


def state_of(outcome: TicketOutcome) -> str:
    """The case's state in lists."""
    return "needs repair" if isinstance(outcome, HandedOver) and outcome.needs_repair else outcome.outcome


def line_of(outcome: TicketOutcome) -> str:
    """The outcome in one line, for lists."""
    match outcome:
        case Answered():
            what = f"answered from {', '.join(outcome.articles)}"
        case RefundStarted():
            what = f"refund {outcome.refund.outcome.replace('_', ' ')}"
        case Linked():
            what = f"{outcome.relation} {outcome.to}"
        case SpamDropped():
            what = "an unwanted mailing"
        case Routed() | HandedOver():
            what = show(outcome.reason, 80)
    where = f" in {outcome.queue}, {outcome.priority}" if outcome.queue else ""
    return f"{outcome.ticket_id}{where}: {what}"


def spam(taken: TakenIn) -> SpamDropped:
    """Nobody answers."""
    return SpamDropped(**_taken(taken), decided_by=BY_RULES)


def linked(taken: TakenIn, link: LinkTicket, by: str) -> Linked:
    """One more of something known."""
    return Linked(**_taken(taken), decided_by=by, to=link.to_ticket, relation=link.relation)


def routed(ticket: TicketAt, why: str, by: str) -> Routed:
    """In its queue, where people go on."""
    return Routed(**_about(ticket), decided_by=by, reason=show(why, REASON_LIMIT))


def answered(ticket: TicketAt, draft: Draft, message_id: str, by: str) -> Answered:
    """The customer has an answer."""
    return Answered(**_about(ticket), decided_by=by, message_id=message_id, articles=draft.articles)


def refunded(ticket: TicketAt, refund_case: str, refund: RefundOutcome, by: str) -> RefundStarted:
    """What became of the refund."""
    return RefundStarted(**_about(ticket), decided_by=by, refund_case=refund_case, refund=refund)


def nowhere(ticket: TicketAt, authority: Authority[Any]) -> HandedOver:
    """Nobody said where it goes."""
    return _handed(ticket, "It was not routed: " + authority.refusal, authority.by)


def not_done(ticket: TicketAt, what: str, tried: Tried) -> HandedOver:
    """The helpdesk did not do it, or nobody knows whether it did."""
    handed = _handed(ticket, f"{what}: {tried.why_not}", "the helpdesk")
    return handed.model_copy(update={"needs_repair": tried.end == "unknown"})


def lost(ticket: TicketAt, refund_case: str, why: str) -> HandedOver:
    """The refund's case ended without an outcome, so nobody knows what it has done."""
    handed = _handed(ticket, f"The refund case {refund_case} ended without an outcome: {why}", "nobody", "support")
    look = f"look {refund_case} up (starter.py trail), put right what is half done, and answer the customer"
    return handed.model_copy(update={"needs_repair": True, "removed_by": look})


def stopped(case: TicketCase, why: str) -> HandedOver:
    """Something the case needs is broken; nothing was done that is not in its history."""
    return HandedOver(
        ticket_id=show(case.ticket_id, 60),
        decided_by="nobody: a lookup failed",
        owner="support",
        reason=show(why, REASON_LIMIT),
        removed_by="what is broken is mended and the ticket is started again",
        needs_repair=False,
    )


def endless(outcome: TicketOutcome, rounds: int) -> HandedOver:
    """The customer writes and writes."""
    said = outcome.model_dump(include={"ticket_id", "queue", "priority", "flags", "findings"})
    return HandedOver(
        **said,
        decided_by=BY_RULES,
        owner="support-lead",
        reason=f"The customer has written {rounds} times.",
        removed_by=BY_HAND,
        needs_repair=False,
    )


def _handed(ticket: TicketAt, why: str, by: str, owner: TicketRole | None = None) -> HandedOver:
    first = next(iter(ticket.triage.findings), None)
    return HandedOver(
        **_about(ticket),
        decided_by=by,
        owner=owner or (first.owner if first else "support"),
        reason=show(why, REASON_LIMIT),
        removed_by=BY_HAND,
        needs_repair=False,
    )


def _taken(taken: TakenIn) -> dict[str, Any]:
    """What every outcome says, before anybody has thought about it."""
    intake = taken.intake
    return {"ticket_id": intake.ticket_id, "flags": intake.flags, "findings": intake.findings}


def _about(ticket: TicketAt) -> dict[str, Any]:
    """What every outcome says of a ticket that was thought about."""
    triage = ticket.triage
    return {
        **_taken(ticket.taken),
        "queue": triage.queue,
        "priority": triage.priority,
        "flags": triage.flags,
        "findings": triage.findings,
    }
