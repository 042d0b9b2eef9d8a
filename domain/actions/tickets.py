"""What support does with a ticket: route it, answer it, link it, pass it on, start what it asks for."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.actions.base import BaseAction, Effect
from domain.values import Amount, CurrencyCode, Ratio

TicketFlag = Literal[
    "vip", "security", "legal", "abuse", "personal_data", "several_intents", "spam", "reassigned_often", "in_incident"
]
"""Found by rules or by the router: whom it concerns, what must not be answered by itself, and where routing fails."""
Priority = Literal["urgent", "high", "medium", "low"]
EscalationReason = Literal[
    "sla_warning", "sla_breach", "security", "legal", "abuse", "reassigned_often", "assignee_away"
]


class TicketAction(BaseAction):
    """Something done to one ticket."""

    stated: ClassVar[tuple[str, ...]] = ("flags",)
    ticket_id: str
    flags: tuple[TicketFlag, ...]


class RouteTicket(TicketAction):
    """Put a ticket into a queue with a priority."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "route"
    amendable: ClassVar[frozenset[str]] = frozenset({"queue", "priority"})
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "priority", "routed_by", "confidence", "close_second")
    kind: Literal["helpdesk.route"] = "helpdesk.route"
    queue: str
    priority: Priority
    routed_by: Literal["rules", "agent"]
    confidence: Ratio
    close_second: bool
    """Whether another queue was nearly as likely."""


class AcknowledgeTicket(TicketAction):
    """Tell the customer, from a template, that the ticket arrived."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "acknowledge"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "priority")
    kind: Literal["helpdesk.acknowledge"] = "helpdesk.acknowledge"
    to: str
    priority: Priority


class AskCustomer(TicketAction):
    """Ask the customer, from a template, for what is missing."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "ask"
    kind: Literal["helpdesk.ask"] = "helpdesk.ask"
    to: str
    missing: tuple[str, ...]


class ReplyToCustomer(TicketAction):
    """Answer a question from articles of the knowledge base, which the answer cites."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "reply"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "cites_articles", "drafted_by", "confidence", "backed")
    kind: Literal["helpdesk.reply"] = "helpdesk.reply"
    to: str
    body: str
    articles: tuple[str, ...]
    drafted_by: Literal["template", "model"]
    confidence: Ratio
    backed: bool = True
    """False where an agent named something that neither a trusted system nor the requester has said."""

    @property
    def cites_articles(self) -> bool:
        """Whether it says what it rests on."""
        return bool(self.articles)


class LinkTicket(TicketAction):
    """Link a ticket to the incident or the earlier ticket that it repeats."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "link"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "relation", "confidence")
    kind: Literal["helpdesk.link"] = "helpdesk.link"
    to_ticket: str
    relation: Literal["incident", "duplicate"]
    confidence: Ratio


class EscalateTicket(TicketAction):
    """Tell those who must know that a ticket is late or delicate."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "escalate"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "escalation")
    kind: Literal["helpdesk.escalate"] = "helpdesk.escalate"
    reason: EscalationReason

    @property
    def escalation(self) -> EscalationReason:
        """Why."""
        return self.reason


class CloseTicket(TicketAction):
    """Close a ticket, because the customer or a person said so."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "close"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "said_by")
    kind: Literal["helpdesk.close"] = "helpdesk.close"
    said_by: Literal["customer", "person", "nobody"]


class NoteTicket(TicketAction):
    """Write what happened into a ticket, where the customer does not see it."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "ticket-note"
    kind: Literal["helpdesk.note"] = "helpdesk.note"
    text: str


class StartRefund(TicketAction):
    """Start the refund that a ticket asks for; what is paid is decided there."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "start-refund"
    stated: ClassVar[tuple[str, ...]] = (*TicketAction.stated, "amount", "currency", "confidence", "backed")
    kind: Literal["process.refund"] = "process.refund"
    order_id: str
    customer_id: str
    asked: Amount
    currency: CurrencyCode
    confidence: Ratio
    backed: bool = True
    """False where an agent named something that neither a trusted system nor the requester has said."""

    @property
    def amount(self) -> Amount:
        """What is asked for."""
        return self.asked
