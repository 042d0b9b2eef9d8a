"""A ticket against all that is on file: who wrote, what stands out, where it goes, and by when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import AwareDatetime, Field
from temporalio import activity

from activities.documents import put_model
from agents.ticket_router import RouterBrief, RouterClaim
from agents.ticket_triage import RoutingRules, triage_of
from domain.actions.tickets import EscalationReason, Priority
from domain.checks.ticket_intake import newest_of, take_in
from domain.checks.ticket_text import read_of
from domain.customers import Contract
from domain.documents import DocumentRef
from domain.errors import Refused
from domain.ports import Documents
from domain.support import Ticket, TicketState
from domain.support_ports import Crm, Helpdesk
from domain.ticket_terms import TicketTerms
from domain.ticket_words import Vocabulary
from domain.ticketing import Intake, TicketDossier, Triage
from domain.values import Frozen
from governance.people import Directory
from governance.sla_clock import Clock, Pause, calendar_of, clocks


class TakenIn(Frozen):
    """A ticket as rules read it; its text stays in the store."""

    intake: Intake
    text: DocumentRef = Field(description="the calm text, which rules and the router read")
    brief: DocumentRef = Field(description="what the router is told")
    subject: str = Field(description="as it was written: text from outside")
    sender: str = Field(description="the customer's name on file, else the address that the message claims")
    opened: AwareDatetime


class Triaged(Frozen):
    """Where a ticket goes, and whether what it wants is a refund."""

    triage: Triage
    refund: bool
    queues: tuple[str, ...] = Field(description="all there are, for whoever routes by hand")


class ToTime(Frozen):
    """A ticket whose promises are to be counted."""

    queue: str
    priority: Priority
    contract: Contract | None
    since: AwareDatetime
    pauses: tuple[Pause, ...]


class Seen(Frozen):
    """How a ticket stands in the helpdesk."""

    state: TicketState
    newest: str = Field(description="the id of the requester's last message")
    answered: bool = Field(description="whether somebody has written to the customer since the ticket came")
    escalates: tuple[EscalationReason, ...] = Field(description="what whoever heads the queue must be told of")


class TicketRules(Protocol):
    """Where terms, words and calendars are kept; `BadPolicy` where one cannot be read."""

    async def ticket_rules(self) -> tuple[TicketTerms, Vocabulary]:
        """What support promises, and what tickets want, by words."""
        ...

    async def directory(self) -> Directory:
        """The people, whose calendars the clocks run by."""
        ...


@dataclass(frozen=True)
class TicketLookups:
    """Reads only: run as local activities, so that changed rules can never break replay."""

    helpdesk: Helpdesk
    crm: Crm
    documents: Documents
    rules: TicketRules

    @activity.defn
    async def take_in_ticket(self, ticket_id: str, at: datetime) -> TakenIn:
        """Gather what the systems know, hold the text against the rules as it is then, and brief the router."""
        terms, vocabulary = await self.rules.ticket_rules()
        dossier = await self._gather(ticket_id, terms)
        ticket, known = dossier.ticket, dossier.known
        intake = take_in(dossier, terms, vocabulary, at)
        text = await self.documents.put(read_of(ticket).encode(), name=f"{ticket.id}.txt", media_type="text/plain")
        brief = await put_model(self.documents, RouterBrief.of(text, dossier, intake), ticket.id)
        return TakenIn(
            intake=intake,
            text=text,
            brief=brief,
            subject=ticket.subject,
            sender=known.customer.name if known else ticket.requester,
            opened=ticket.messages[0].at,
        )

    @activity.defn
    async def triage_ticket(
        self, taken: TakenIn, claim: RouterClaim | None, said_by: Literal["rules", "agent"]
    ) -> Triaged:
        """Hold the router's claim against the queues and the terms; there is none where nobody answered."""
        terms, vocabulary = await self.rules.ticket_rules()
        queues = await self.helpdesk.queues()
        text = (await self.documents.get(taken.text)).decode()
        rules = RoutingRules(queues, terms)
        triage = triage_of(claim, taken.intake, rules, said_by=said_by, text=text)
        refund = bool(vocabulary.refunds.intersection(triage.intents))
        return Triaged(triage=triage, refund=refund, queues=tuple(queue.name for queue in queues))

    @activity.defn
    async def time_ticket(self, task: ToTime) -> tuple[Clock, Clock]:
        """When each promise is nearly used up and when it is broken: first reply, then resolution."""
        terms, _ = await self.rules.ticket_rules()
        queue = next((each for each in await self.helpdesk.queues() if each.name == task.queue), None)
        if queue is None:
            raise Refused(f"The helpdesk has no queue {task.queue}.")
        calendar = calendar_of(queue, await self.rules.directory())
        promise = terms.promise(task.priority, task.contract)
        return clocks(promise, calendar, task.since, warn_at=terms.warn_at, pauses=task.pauses)

    @activity.defn
    async def look_at_ticket(self, ticket_id: str) -> Seen:
        """How it stands now: a signal only says that somebody should look."""
        terms, _ = await self.rules.ticket_rules()
        ticket = await the_ticket(self.helpdesk, ticket_id)
        return Seen(
            state=ticket.state,
            newest=newest_of(ticket).id,
            answered=_answered(ticket),
            escalates=tuple(_escalates(ticket, terms)),
        )

    async def _gather(self, ticket_id: str, terms: TicketTerms) -> TicketDossier:
        ticket = await the_ticket(self.helpdesk, ticket_id)
        since: datetime = ticket.messages[0].at - timedelta(hours=terms.duplicate_hours)
        return TicketDossier(
            ticket=ticket,
            known=await self.crm.find_customer(address=ticket.requester),
            queues=await self.helpdesk.queues(),
            incidents=await self.helpdesk.open_incidents(),
            similar=await self.helpdesk.similar_tickets(ticket.id, since),
        )


async def the_ticket(helpdesk: Helpdesk, ticket_id: str) -> Ticket:
    """The ticket; raise `Refused` where there is none."""
    ticket = await helpdesk.find_ticket(ticket_id)
    if ticket is None:
        raise Refused(f"The helpdesk has no ticket {ticket_id}.")
    return ticket


def _escalates(ticket: Ticket, terms: TicketTerms) -> Iterator[EscalationReason]:
    if ticket.reassigned >= terms.reassigned_times:
        yield "reassigned_often"
    if ticket.assignee and ticket.assignee.away:
        yield "assignee_away"


def _answered(ticket: Ticket) -> bool:
    """Whether a person or a drafter wrote; that it has arrived is no answer."""
    return any(message.author == "agent" for message in ticket.messages)
