"""What support does with a ticket: route it, answer it, link it, pass it on, start what it asks for."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.actions.base import BaseAction, Effect, Fact
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

    ticket_id: str
    flags: tuple[TicketFlag, ...]


class RouteTicket(TicketAction):
    """Put a ticket into a queue with a priority."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "route"
    amendable: ClassVar[frozenset[str]] = frozenset({"queue", "priority"})
    kind: Literal["helpdesk.route"] = "helpdesk.route"
    queue: str
    priority: Priority
    routed_by: Literal["rules", "agent"]
    confidence: Ratio
    close_second: bool
    """Whether another queue was nearly as likely."""

    def facts(self) -> dict[str, Fact]:
        """How sure the router was, and what stands out."""
        return {
            "action": self.kind,
            "flags": self.flags,
            "priority": self.priority,
            "routed_by": self.routed_by,
            "confidence": self.confidence,
            "close_second": self.close_second,
        }


class AcknowledgeTicket(TicketAction):
    """Tell the customer, from a template, that the ticket arrived."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "acknowledge"
    kind: Literal["helpdesk.acknowledge"] = "helpdesk.acknowledge"
    to: str
    priority: Priority

    def facts(self) -> dict[str, Fact]:
        """What stands out."""
        return {"action": self.kind, "flags": self.flags, "priority": self.priority}


class AskCustomer(TicketAction):
    """Ask the customer, from a template, for what is missing."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "ask"
    kind: Literal["helpdesk.ask"] = "helpdesk.ask"
    to: str
    missing: tuple[str, ...]

    def facts(self) -> dict[str, Fact]:
        """What stands out."""
        return {"action": self.kind, "flags": self.flags}


class ReplyToCustomer(TicketAction):
    """Answer a question from articles of the knowledge base, which the answer cites."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "reply"
    kind: Literal["helpdesk.reply"] = "helpdesk.reply"
    to: str
    body: str
    articles: tuple[str, ...]
    drafted_by: Literal["template", "model"]
    confidence: Ratio
    backed: bool = True
    """False where an agent named something that neither a trusted system nor the requester has said."""

    def facts(self) -> dict[str, Fact]:
        """How sure the drafter was, whether it cites what it says, and what stands out."""
        return {
            "action": self.kind,
            "flags": self.flags,
            "cites_articles": bool(self.articles),
            "drafted_by": self.drafted_by,
            "confidence": self.confidence,
            "backed": self.backed,
        }


class LinkTicket(TicketAction):
    """Link a ticket to the incident or the earlier ticket that it repeats."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "link"
    kind: Literal["helpdesk.link"] = "helpdesk.link"
    to_ticket: str
    relation: Literal["incident", "duplicate"]
    confidence: Ratio

    def facts(self) -> dict[str, Fact]:
        """What kind of link, and how sure."""
        return {"action": self.kind, "flags": self.flags, "relation": self.relation, "confidence": self.confidence}


class EscalateTicket(TicketAction):
    """Tell those who must know that a ticket is late or delicate."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "escalate"
    kind: Literal["helpdesk.escalate"] = "helpdesk.escalate"
    reason: EscalationReason

    def facts(self) -> dict[str, Fact]:
        """Why, and what stands out."""
        return {"action": self.kind, "flags": self.flags, "escalation": self.reason}


class CloseTicket(TicketAction):
    """Close a ticket, because the customer or a person said so."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "close"
    kind: Literal["helpdesk.close"] = "helpdesk.close"
    said_by: Literal["customer", "person", "nobody"]

    def facts(self) -> dict[str, Fact]:
        """Who said that it is done."""
        return {"action": self.kind, "flags": self.flags, "said_by": self.said_by}


class NoteTicket(TicketAction):
    """Write what happened into a ticket, where the customer does not see it."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "ticket-note"
    kind: Literal["helpdesk.note"] = "helpdesk.note"
    text: str

    def facts(self) -> dict[str, Fact]:
        """What stands out."""
        return {"action": self.kind, "flags": self.flags}


class StartRefund(TicketAction):
    """Start the refund that a ticket asks for; what is paid is decided there."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "start-refund"
    kind: Literal["process.refund"] = "process.refund"
    order_id: str
    customer_id: str
    asked: Amount
    currency: CurrencyCode
    confidence: Ratio
    backed: bool = True
    """False where an agent named something that neither a trusted system nor the requester has said."""

    def facts(self) -> dict[str, Fact]:
        """What is asked for, how sure the router was that it is, and what stands out."""
        return {
            "action": self.kind,
            "flags": self.flags,
            "amount": self.asked,
            "currency": self.currency,
            "confidence": self.confidence,
            "backed": self.backed,
        }


STATED = {
    "helpdesk.route": frozenset({"flags", "priority", "routed_by", "confidence", "close_second"}),
    "helpdesk.acknowledge": frozenset({"flags", "priority"}),
    "helpdesk.ask": frozenset({"flags"}),
    "helpdesk.reply": frozenset({"flags", "cites_articles", "drafted_by", "confidence", "backed"}),
    "helpdesk.link": frozenset({"flags", "relation", "confidence"}),
    "helpdesk.escalate": frozenset({"flags", "escalation"}),
    "helpdesk.close": frozenset({"flags", "said_by"}),
    "helpdesk.note": frozenset({"flags"}),
    "process.refund": frozenset({"flags", "amount", "foreign_currency", "confidence", "backed"}),
}
"""Which facts each action states, besides its own name."""
