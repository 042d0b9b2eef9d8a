"""From what was found to actions: recipients, ids and amounts from systems or checks, never from the message."""

from __future__ import annotations

from typing import Literal

from domain.actions import (
    AcknowledgeTicket,
    AskCustomer,
    CloseTicket,
    EscalateTicket,
    LinkTicket,
    ReplyToCustomer,
    RouteTicket,
    StartRefund,
)
from domain.actions.tickets import EscalationReason
from domain.refunding import RefundRequest
from domain.sales import SalesOrder
from domain.ticketing import Draft, Intake, Link, Triage


def route_of(intake: Intake, triage: Triage) -> RouteTicket:
    """Into the queue, with the doubts that a table may ask about."""
    return RouteTicket(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=triage.flags,
        queue=triage.queue,
        priority=triage.priority,
        routed_by=triage.routed_by,
        confidence=triage.confidence,
        close_second=triage.close_second,
    )


def acknowledgement_of(intake: Intake, triage: Triage) -> AcknowledgeTicket:
    """The word that it has arrived."""
    return AcknowledgeTicket(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=triage.flags,
        to=intake.to,
        priority=triage.priority,
    )


def question_of(intake: Intake, triage: Triage, missing: tuple[str, ...]) -> AskCustomer:
    """What the customer must say first; `missing` is in our words."""
    return AskCustomer(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=triage.flags,
        to=intake.to,
        missing=missing,
    )


def reply_of(intake: Intake, triage: Triage, draft: Draft, drafted_by: Literal["template", "model"]) -> ReplyToCustomer:
    """The answer; as sure as the less sure of router and drafter, because either may have misread the question."""
    return ReplyToCustomer(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=triage.flags,
        to=intake.to,
        body=draft.body,
        articles=draft.articles,
        drafted_by=drafted_by,
        confidence=min(draft.confidence, triage.confidence) if drafted_by == "model" else draft.confidence,
    )


def link_of(intake: Intake, link: Link) -> LinkTicket:
    """The link to what it repeats."""
    return LinkTicket(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=intake.flags,
        to_ticket=link.to,
        relation=link.relation,
        confidence=link.confidence,
    )


def refund_of(intake: Intake, triage: Triage, request: RefundRequest, order: SalesOrder) -> StartRefund:
    """The start of the refund; at stake is what was asked for, or all that the order cost."""
    if order.id != request.order_id or order.customer_id != intake.customer_id:
        raise ValueError("the order is not the one that the refund is about, or not the customer's")
    return StartRefund(
        business_key=key_of(intake),
        ticket_id=intake.ticket_id,
        flags=triage.flags,
        order_id=order.id,
        customer_id=order.customer_id,
        asked=min(request.asked or order.total, order.total),
        currency=order.currency,
        confidence=triage.confidence,
    )


def escalation_of(intake: Intake, reason: EscalationReason, clock: str = "") -> EscalateTicket:
    """A word to the queue's head, once for each reason and each clock (`first_reply`, `resolution`)."""
    key = ":".join(part for part in (key_of(intake), clock, reason) if part)
    return EscalateTicket(business_key=key, ticket_id=intake.ticket_id, flags=intake.flags, reason=reason)


def closing_of(intake: Intake, said_by: Literal["customer", "person"]) -> CloseTicket:
    """The end, because somebody said so."""
    return CloseTicket(business_key=key_of(intake), ticket_id=intake.ticket_id, flags=intake.flags, said_by=said_by)


def key_of(intake: Intake) -> str:
    """One message of one ticket: each step is done once for it, and again when the customer writes again."""
    return f"{intake.ticket_id}:{intake.message_id}"
