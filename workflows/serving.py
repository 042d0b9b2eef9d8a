"""What a ticket in its queue gets: an answer from articles, a refund as a case of its own, or a question first."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError

from activities.ticket_answers import TicketAnswers
from agents.reply_drafter import DraftClaim, reply_drafter
from domain.actions import BaseAction
from domain.actions.tickets import EscalationReason
from domain.ticket_steps import escalation_of, question_of, refund_of, reply_of
from domain.ticketing import Draft, Intake, TicketCase, TicketOutcome
from governance.sla_clock import ClockName
from workflows import ticket_questions as questions
from workflows import ticket_wording as wording
from workflows.consulting import Consultation
from workflows.failures import given_up, reason
from workflows.following import Tried
from workflows.looking_up import look_up
from workflows.refund import RefundWorkflow
from workflows.sla_watch import SlaWatch
from workflows.ticket_events import TicketEvents
from workflows.ticket_questions import TicketAt
from workflows.ticket_state import TicketInput, TicketSoFar


class Serving(TicketEvents):
    """A process that serves whoever wrote a ticket, while its promises are watched."""

    requester = "nobody"
    """Who brought the ticket; this person's own approval does not count."""

    def __init__(self) -> None:
        """Nothing is promised yet."""
        super().__init__()
        self.sla = SlaWatch(self._escalate_clock)
        self.newest: Intake | None = None
        self.lacks_data = False
        """Whether the customer was asked for something that a refund needs."""
        self._escalated: set[EscalationReason] = set()

    def laid_down(self, case: TicketCase, ticket: TicketAt, outcome: TicketOutcome, messages: int) -> TicketInput:
        """All that a new run of this case needs to go on."""
        so_far = TicketSoFar(
            taken=ticket.taken,
            triage=ticket.triage,
            queues=ticket.queues,
            wants_refund=ticket.wants_refund,
            claim=ticket.consulted.claim,
            provider=ticket.consulted.provider,
            model=ticket.consulted.model,
            brief=ticket.consulted.brief,
            outcome=outcome,
            messages=messages,
            lacks_data=self.lacks_data,
            escalated=tuple(sorted(self._escalated)),
            sla=self.sla.state,
            spent=dict(self._spent),
            asked=dict(self._asked),
            news=self._news,
            closings=tuple(self._closings),
        )
        return TicketInput(ticket_id=case.ticket_id, requester=case.requester, so_far=so_far)

    def take_up(self, so_far: TicketSoFar) -> None:
        """Go on from where the run before has laid it down; what came since is added."""
        self.newest, self.lacks_data = so_far.taken.intake, so_far.lacks_data
        self._escalated, self._spent = set(so_far.escalated), dict(so_far.spent)
        self._asked = dict(so_far.asked)
        self._news = self._news or so_far.news
        self._closings[:0] = so_far.closings
        self.sla.go_on(so_far.sla, so_far.taken, so_far.triage)

    async def answer(self, ticket: TicketAt, by: str) -> TicketOutcome:
        """A single plain question is answered from the knowledge base, in the articles' own words."""
        drafted = await self._drafted(ticket)
        if isinstance(drafted, str):
            return wording.routed(ticket, drafted, by)
        draft, consulted = drafted
        by_rules = consulted.provider == "rules"
        reply = reply_of(ticket.intake, ticket.triage, draft, "template" if by_rules else "model")
        authority = await self.authorise(
            reply, lambda reply: questions.ask_to_reply(reply, ticket, draft, consulted), self.requester
        )
        if authority.order is None:
            return wording.routed(ticket, f"The answer was not sent: {authority.refusal}", authority.by)
        tried = await self.tried(authority.order)
        if tried.reference is None:
            return wording.not_done(ticket, "The answer was not sent", tried)
        self._customer_has_the_word()
        return wording.answered(ticket, draft, tried.reference, authority.by)

    async def refund(self, ticket: TicketAt, by: str) -> TicketOutcome:
        """The refund is a case of its own, with its own rules; what the customer leaves unsaid is asked first."""
        case = TicketCase(ticket_id=ticket.intake.ticket_id, requester=self.requester)
        asked = await look_up(TicketAnswers.refund_asked, case, ticket.taken)
        if asked.missing:
            return await self._ask_for(ticket, asked.missing, by)
        if asked.request is None or asked.order is None:
            return wording.routed(ticket, "Nobody on file who has ordered anything asks for a refund.", by)
        start = refund_of(ticket.intake, ticket.triage, asked.request, asked.order)
        authority = await self.authorise(start, lambda start: questions.ask_to_refund(start, ticket), self.requester)
        if authority.order is None:
            return wording.routed(ticket, f"No refund was started: {authority.refusal}", authority.by)
        name = f"refund.{ticket.intake.message_id}"
        refund_case = f"{workflow.info().workflow_id}.{name}"
        self.listed_as("refunding", None, f"{ticket.intake.ticket_id}: {refund_case}")
        try:
            refund = await self.begin(authority.order, RefundWorkflow.run, asked.request, name)
        except ChildWorkflowError as error:
            given_up(error)
            return wording.lost(ticket, refund_case, reason(error))
        if refund.message_id:
            self._customer_has_the_word()
        return wording.refunded(ticket, refund_case, refund, authority.by)

    async def escalate(self, why: EscalationReason) -> None:
        """Tell somebody, once a case."""
        if why not in self._escalated and self.newest:
            self._escalated.add(why)
            await self.follow(escalation_of(self.newest, why))

    async def follow(self, action: BaseAction) -> Tried:
        """A smaller step, which never holds up the others."""
        return await self.follow_up(action, questions.ask_to_follow, self.requester)

    async def _drafted(self, ticket: TicketAt) -> tuple[Draft, Consultation[DraftClaim]] | str:
        """An answer and who drafted it, or why there is none."""
        if len(ticket.triage.intents) != 1:
            return "It is not one plain question."
        brief = await look_up(TicketAnswers.brief_drafter, ticket.taken, ticket.triage)
        if brief is None:
            return "No article is about it."
        consulted = await self.consult(reply_drafter, brief)
        if consulted.claim is None:
            return f"Nobody drafted an answer: {_why_none(consulted)}."
        drafted = await look_up(TicketAnswers.check_draft, consulted.claim, brief)
        if drafted.draft is None:
            return "The articles do not answer it: " + " ".join(drafted.complaints)
        return drafted.draft, consulted

    async def _ask_for(self, ticket: TicketAt, missing: tuple[str, ...], by: str) -> TicketOutcome:
        said = ", ".join(missing)
        told = await self.follow(question_of(ticket.intake, ticket.triage, missing))
        if told.reference is None:
            return wording.routed(ticket, f"The customer could not be asked for {said}: {told.why_not}", by)
        self.lacks_data = True
        self._customer_has_the_word()
        return wording.routed(ticket, f"The customer was asked for {said}.", by)

    def _customer_has_the_word(self) -> None:
        self.sla.replied()
        self.sla.wait_for_customer()

    async def _escalate_clock(self, why: EscalationReason, clock: ClockName) -> None:
        if self.newest:
            await self.follow(escalation_of(self.newest, why, clock))


def _why_none(consulted: Consultation[DraftClaim]) -> str:
    return (consulted.why_none or "neither a model nor the rules had anything to say").rstrip(".")
