"""Where a ticket's case stands when it goes on in a new run, because the history of this one has grown long."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from activities.ticket import TakenIn
from agents.ticket_router import RouterClaim
from domain.actions.tickets import EscalationReason
from domain.documents import DocumentRef
from domain.spending import Spent
from domain.ticketing import TicketCase, TicketOutcome, Triage
from domain.values import Frozen
from governance.sla_clock import ClockName, Pause
from workflows.consulting import Consultation
from workflows.ticket_questions import TicketAt


class SlaState(Frozen):
    """What is known of the promises: what was told, and while when the customer had the word."""

    replied: bool
    pauses: tuple[Pause, ...]
    told: tuple[tuple[ClockName, EscalationReason], ...]
    breached: tuple[ClockName, ...]


class TicketSoFar(Frozen):
    """A ticket that was served and waits for what happens next."""

    taken: TakenIn
    triage: Triage
    queues: tuple[str, ...]
    wants_refund: bool
    claim: RouterClaim | None
    provider: str
    model: str | None
    brief: DocumentRef
    outcome: TicketOutcome
    messages: int = Field(ge=0, description="how often the customer has written again")
    lacks_data: bool
    escalated: tuple[EscalationReason, ...]
    sla: SlaState
    spent: dict[str, Spent] = Field(description="by agent")
    asked: dict[str, int] = Field(default={}, description="requests to people, by step")
    news: bool
    closings: tuple[Literal["customer", "person"], ...]

    @property
    def ticket(self) -> TicketAt:
        """The ticket as its case had come with it."""
        consulted = Consultation(self.claim, self.provider, self.model, self.brief)
        return TicketAt(self.taken, self.triage, self.queues, self.wants_refund, consulted)


class TicketInput(TicketCase):
    """A ticket's case, new or going on."""

    so_far: TicketSoFar | None = None
