"""A support ticket, from the message to whoever closes it.

message ──► rules ──► router ──► policy, a person ──► its queue ──► acknowledge ─┬─► a refund asked for ──► Refund ──┐
              │                                                                  ├─► a question ──► articles, reply ─┤
              ├─ spam ──► dropped           beside it: the promises, warned of   └─► anything else ──► people ───────┤
              └─ known ──► linked           at 80 %, escalated when broken                                           │
            the customer writes again, and people read it ◄──────────────── wait until somebody closes it ◄──────────┘
"""

from __future__ import annotations

from typing import Literal

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

from activities.ticket import Seen, TakenIn, TicketLookups
from agents.ticket_router import ticket_router
from domain.actions.tickets import EscalationReason
from domain.ticket_steps import acknowledgement_of, closing_of, link_of, route_of
from domain.ticketing import HandedOver, Linked, TicketCase, TicketOutcome
from workflows import ticket_questions as questions
from workflows import ticket_wording as wording
from workflows.failures import reason
from workflows.looking_up import look_up
from workflows.serving import Serving
from workflows.ticket_questions import TicketAt
from workflows.ticket_state import TicketInput, TicketSoFar

MOST_MESSAGES = 25
DELICATE: tuple[EscalationReason, ...] = ("security", "legal", "abuse", "reassigned_often")
"""What somebody is told of at once, whatever else happens."""


@workflow.defn(name="Ticket", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class TicketWorkflow(Serving):
    """Find out what is wanted, do what the rules allow, and leave the rest to people, in time."""

    policy = "ticket"

    @workflow.run
    async def run(self, case: TicketInput) -> TicketOutcome:
        """One ticket, until it is closed."""
        self.requester, self.ticket_id = case.requester, case.ticket_id
        try:
            outcome = await (self._resume(case, case.so_far) if case.so_far else self._settle(case))
        except ApplicationError as error:  # a lookup that trying again does not mend, such as a broken file of rules
            outcome = wording.stopped(case, reason(error))
        await self.sla.end()
        self._stays(outcome)
        return outcome.model_copy(update={"spent": self.spent, "breached": tuple(self.sla.breached)})

    async def _settle(self, case: TicketCase) -> TicketOutcome:
        """From the message to its queue; a ticket that repeats another, or is spam, is over at once."""
        self.particulars = wording.particulars(case, None)
        self.stands("taking in", None, "a ticket")
        taken = await self._take_in(case)
        if taken.intake.spam:
            return wording.spam(taken)
        if linked := await self._link(taken):
            return linked
        ticket = await self._triage(taken)
        return await self._see_through(case, ticket, await self._serve(ticket))

    async def _resume(self, case: TicketCase, so_far: TicketSoFar) -> TicketOutcome:
        """In a new run, from where the one before stood."""
        self.take_up(so_far)
        self.particulars = wording.particulars(case, so_far.taken)
        return await self._see_through(case, so_far.ticket, so_far.outcome, so_far.messages)

    async def _see_through(
        self, case: TicketCase, ticket: TicketAt, outcome: TicketOutcome, messages: int = 0
    ) -> TicketOutcome:
        """One further message after the other, until somebody closes it."""
        while messages < MOST_MESSAGES:
            self._stays(outcome)
            end = await self._until_closed(ticket)
            if end == "long":
                await self.sla.end()
                workflow.continue_as_new(self.laid_down(case, ticket, outcome, messages))
            if end != "wrote":
                return outcome.model_copy(update={"closed_by": end})
            self.sla.customer_wrote()
            ticket, messages = ticket.gone_on(await self._take_in(case)), messages + 1
            outcome = await self._serve_again(ticket)
        return wording.endless(outcome, MOST_MESSAGES)

    async def _take_in(self, case: TicketCase) -> TakenIn:
        self.looks_anew()
        taken = await look_up(TicketLookups.take_in_ticket, case.ticket_id, workflow.now())
        self.newest = taken.intake
        self.particulars = wording.particulars(case, taken)
        return taken

    async def _link(self, taken: TakenIn) -> Linked | None:
        """A ticket that repeats another is answered with it, unless a person or the helpdesk says no."""
        if taken.intake.link is None:
            return None
        link = link_of(taken.intake, taken.intake.link)
        authority = await self.authorise(link, lambda link: questions.ask_to_link(link, taken), self.requester)
        if authority.order is None or (await self.tried(authority.order)).reference is None:
            return None
        return wording.linked(taken, link, authority.by)

    async def _triage(self, taken: TakenIn) -> TicketAt:
        """The router claims, the rules hold it against queues and terms; time runs from here on."""
        consulted = await self.consult(ticket_router, taken.brief)
        said_by = "rules" if consulted.provider == "rules" else "agent"
        found = await look_up(TicketLookups.triage_ticket, taken, consulted.claim, said_by)
        self.sla.about(taken, found.triage)
        return TicketAt(taken, found.triage, found.queues, found.refund, consulted)

    async def _serve(self, ticket: TicketAt) -> TicketOutcome:
        """Into its queue, where a person may say another; then whatever of it needs nobody."""
        await self._escalate_flags(ticket)
        route = route_of(ticket.intake, ticket.triage)
        authority = await self.authorise(route, lambda route: questions.ask_to_route(route, ticket), self.requester)
        if authority.order is None:
            return wording.nowhere(ticket, authority)
        tried = await self.tried(authority.order)
        if tried.reference is None:
            return wording.not_done(ticket, "It was not routed", tried)
        ticket = ticket.moved_to(authority.order.action)
        self.sla.about(ticket.taken, ticket.triage)
        await self.follow(acknowledgement_of(ticket.intake, ticket.triage))
        serve = self.refund if ticket.wants_refund else self.answer
        return await serve(ticket, authority.by)

    async def _serve_again(self, ticket: TicketAt) -> TicketOutcome:
        """What was asked for may be there now; anything else that the customer writes, a person reads."""
        await self._escalate_flags(ticket)
        if self.lacks_data:
            self.lacks_data = False
            return await self.refund(ticket, wording.BY_RULES)
        return wording.routed(ticket, "The customer has written again: a person reads it.", wording.BY_RULES)

    async def _until_closed(self, ticket: TicketAt) -> Literal["customer", "person", "wrote", "long"] | None:
        """Who closed it, or nobody: silence closes no ticket. `wrote` where the customer did before, `long` where the
        case had better go on in a new run.
        """
        intake = ticket.intake
        while (news := await self.next_news()) is not None:
            if news == "long":
                return "long"
            if not isinstance(news, Seen):
                if (await self.follow(closing_of(intake, news))).reference:
                    return news
                continue
            if news.state == "closed":
                return "person"
            if news.newest != intake.message_id:
                return "wrote"
            if news.answered:
                self.sla.replied()
            for why in news.escalates:
                await self.escalate(why)
        return None

    async def _escalate_flags(self, ticket: TicketAt) -> None:
        for flag in DELICATE:
            if flag in ticket.triage.flags:
                await self.escalate(flag)

    def _stays(self, outcome: TicketOutcome) -> None:
        """Say where it stands while nothing happens."""
        facts = {"Decided by": outcome.decided_by}
        if self.sla.why_not:
            facts["Promises"] = f"not watched: {self.sla.why_not}"
        self.particulars = {**self.particulars, **facts}
        owner = outcome.owner if isinstance(outcome, HandedOver) else outcome.queue
        self.listed_as(wording.state_of(outcome), owner, wording.line_of(outcome))
