"""A ticket on its way through the process: what rules found in it, where it goes, and how the case ends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain.actions.tickets import Priority, TicketFlag
from domain.customers import Contract, KnownCustomer
from domain.refunding import RefundOutcome
from domain.spending import Spent
from domain.support import Incident, Queue, Ticket
from domain.ticket_findings import TicketFinding, TicketRole
from domain.values import Frozen, Ratio

EntityKind = Literal["order", "amount", "date", "product"]


class TicketCase(Frozen):
    """The input of the ticket process: which ticket, and who brought it; the text stays in the helpdesk."""

    ticket_id: str = Field(min_length=1, max_length=60)
    requester: str = Field(min_length=1, description="who submitted it; this person's own approval does not count")


class TicketDossier(Frozen):
    """All that the systems know of a ticket before anybody thinks about it."""

    ticket: Ticket
    known: KnownCustomer | None = Field(description="by the address that the message claims")
    queues: tuple[Queue, ...]
    incidents: tuple[Incident, ...]
    similar: tuple[Ticket, ...] = Field(description="open tickets of the same requester")


class Link(Frozen):
    """What a ticket repeats."""

    to: str
    relation: Literal["incident", "duplicate"]
    confidence: Ratio


class Intake(Frozen):
    """What rules make of a ticket before the router sees it."""

    ticket_id: str
    message_id: str = Field(description="the newest of the requester's: what is done is done once for each of them")
    language: str = Field(pattern=r"^[a-z]{2}$")
    to: str = Field(description="where answers go: the address on file, else the one that the helpdesk holds")
    customer_id: str | None
    contract: Contract | None = Field(description="in force on the day")
    flags: tuple[TicketFlag, ...]
    findings: tuple[TicketFinding, ...]
    spam: bool
    named: tuple[str, ...] = Field(description="every intent whose words stand in it")
    wishes: tuple[str, ...] = Field(description="of these, what is wanted, and not only the reason for it")
    link: Link | None = Field(description="None, too, where it must be looked at whatever it repeats")


class Entity(Frozen):
    """Something named in the message, and found there again."""

    kind: EntityKind
    text: str


class Triage(Frozen):
    """Where a ticket goes, how pressing it is, and what it wants."""

    queue: str
    priority: Priority
    intents: tuple[str, ...] = Field(description="surest first")
    flags: tuple[TicketFlag, ...]
    findings: tuple[TicketFinding, ...]
    entities: tuple[Entity, ...]
    routed_by: Literal["rules", "agent"]
    confidence: Ratio
    close_second: bool


class Draft(Frozen):
    """An answer as it would be sent, and the articles that it cites."""

    body: str
    articles: tuple[str, ...] = Field(min_length=1)
    confidence: Ratio


class BaseTicketOutcome(Frozen):
    """What every outcome says."""

    outcome: str
    """First, because it is what a reader of the result looks for. Each outcome narrows it to its own name."""
    ticket_id: str
    queue: str | None = None
    priority: Priority | None = None
    flags: tuple[TicketFlag, ...] = ()
    findings: tuple[TicketFinding, ...] = ()
    decided_by: str = Field(description="`policy` with the row, or the person with the assurance")
    closed_by: Literal["customer", "person"] | None = None
    breached: tuple[Literal["first_reply", "resolution"], ...] = ()
    spent: Spent = Field(default=Spent(), description="what the agents' reasoning cost")


class Answered(BaseTicketOutcome):
    """The customer has an answer from the knowledge base."""

    outcome: Literal["answered"] = "answered"  # pyright: ignore[reportIncompatibleVariableOverride]
    message_id: str
    articles: tuple[str, ...]


class Routed(BaseTicketOutcome):
    """It is in its queue, where people go on with it."""

    outcome: Literal["routed"] = "routed"  # pyright: ignore[reportIncompatibleVariableOverride]
    reason: str = Field(description="why it was not answered by itself")


class Linked(BaseTicketOutcome):
    """It repeats another ticket or an incident, and is answered with it."""

    outcome: Literal["linked"] = "linked"  # pyright: ignore[reportIncompatibleVariableOverride]
    to: str
    relation: Literal["incident", "duplicate"]


class RefundStarted(BaseTicketOutcome):
    """It asked for a refund, whose own case has come to an end."""

    outcome: Literal["refund"] = "refund"  # pyright: ignore[reportIncompatibleVariableOverride]
    refund_case: str
    refund: RefundOutcome


class SpamDropped(BaseTicketOutcome):
    """An unwanted mailing: nobody answers, and it stays where people can find it."""

    outcome: Literal["spam"] = "spam"  # pyright: ignore[reportIncompatibleVariableOverride]


class HandedOver(BaseTicketOutcome):
    """The process can do no more; a person must."""

    outcome: Literal["handed over"] = "handed over"  # pyright: ignore[reportIncompatibleVariableOverride]
    owner: TicketRole
    reason: str
    removed_by: str
    needs_repair: bool = Field(description="an effect's result is unknown: a person must look it up")


TicketOutcome = Annotated[
    Answered | Routed | Linked | RefundStarted | SpamDropped | HandedOver, Field(discriminator="outcome")
]
