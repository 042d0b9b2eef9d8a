"""What a ticket asks people: the question, what was found, the facts, and what either answer does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from activities.ticket import TakenIn
from agents.reply_drafter import DraftClaim, reply_drafter
from agents.ticket_router import RouterClaim, ticket_router
from domain.actions import (
    BaseAction,
    LinkTicket,
    ReplyToCustomer,
    RouteTicket,
    StartRefund,
    kind_of,
)
from domain.text import show
from domain.ticketing import Draft, Intake, Triage
from governance.approval import Advice
from workflows.asking import Question
from workflows.consulting import Consultation
from workflows.wording import money

BODY_LIMIT = 1_200
"""Characters of an answer that its card shows: more would make the card too long to be shown at all."""
FOLLOWS: Mapping[str, str] = {
    "helpdesk.acknowledge": "Tell the customer that the message has arrived",
    "helpdesk.ask": "Ask the customer for what is missing",
    "helpdesk.escalate": "Tell whoever heads the queue",
    "helpdesk.note": "Write it into the ticket",
    "helpdesk.close": "Close the ticket",
}


@dataclass(frozen=True)
class TicketAt:
    """A ticket as far as its case has come with it."""

    taken: TakenIn
    triage: Triage
    queues: tuple[str, ...]
    wants_refund: bool
    consulted: Consultation[RouterClaim]

    @property
    def intake(self) -> Intake:
        """What the rules made of it."""
        return self.taken.intake

    def moved_to(self, route: RouteTicket) -> TicketAt:
        """The same ticket in the queue that it was put into, which a person may have named."""
        return replace(self, triage=self.triage.model_copy(update={"queue": route.queue, "priority": route.priority}))

    def gone_on(self, taken: TakenIn) -> TicketAt:
        """The same ticket with a further message: where it is and what it wants stays, what stands out adds up."""
        flags = tuple(dict.fromkeys((*self.triage.flags, *taken.intake.flags)))
        triage = self.triage.model_copy(update={"flags": flags, "findings": taken.intake.findings})
        return replace(self, taken=taken, triage=triage)


def ask_to_route(route: RouteTicket, ticket: TicketAt) -> Question:
    """Whose it is; an approver may name another queue."""
    facts = {
        **_about(ticket.taken),
        "Queue": f"{route.queue}, {route.priority}",
        "Wants": ", ".join(spoken(intent) for intent in ticket.triage.intents) or "nobody knows",
        "If approved": "it goes there; to send it elsewhere, approve with changes such as queue: returns",
        "Queues": ", ".join(show(queue, 30) for queue in ticket.queues),
        "If rejected": "it goes nowhere, and a person takes it from the list",
        **_silent(ticket.consulted),
    }
    text = f"Route {route.ticket_id} to {show(route.queue, 40)}, {route.priority}?"
    return Question(text=text, facts=facts, evidence=_found(ticket.triage), advice=_advice(ticket))


def ask_to_link(link: LinkTicket, taken: TakenIn) -> Question:
    """Whether it is only one more of something known."""
    facts = {
        **_about(taken),
        "If approved": f"it is answered together with {link.to_ticket}, and nobody answers it by itself",
        "If rejected": "it goes on as a ticket of its own",
    }
    text = f"Is {link.ticket_id} about the same as {link.relation} {link.to_ticket}?"
    return Question(text=text, facts=facts, evidence=tuple(each.said for each in taken.intake.findings))


def ask_to_reply(
    reply: ReplyToCustomer, ticket: TicketAt, draft: Draft, consulted: Consultation[DraftClaim]
) -> Question:
    """Whether an answer goes out as it is."""
    advice = Advice(
        agent=reply_drafter.name,
        version=reply_drafter.version,
        provider=consulted.provider,
        model=consulted.model,
        proposal=f"answer from {', '.join(draft.articles)}",
        reason="it quotes the sentences that answer the question",
        confidence=draft.confidence,
        brief=consulted.brief,
    )
    facts = {
        **_about(ticket.taken),
        "To": show(reply.to, 80),
        "Answer": show(reply.body, BODY_LIMIT),
        "Articles": ", ".join(reply.articles),
        "If approved": "it is sent, and the ticket waits for the customer",
        "If rejected": "it is not sent, and a person of the queue answers",
    }
    text = f"Send the drafted answer to {reply.ticket_id}?"
    return Question(text=text, facts=facts, evidence=_found(ticket.triage), advice=advice)


def ask_to_refund(start: StartRefund, ticket: TicketAt) -> Question:
    """Whether a refund is what the customer wants; what is paid is asked by the refund itself."""
    facts = {
        **_about(ticket.taken),
        "Order": show(start.order_id, 40),
        "At stake": f"at most {money(start.asked, start.currency)}",
        "If approved": "the refund process starts; it decides, and asks again where its own table says so",
        "If rejected": "no refund starts, and a person of the queue answers",
    }
    text = f"Start the refund of order {show(start.order_id, 40)} that {start.ticket_id} asks for?"
    return Question(text=text, facts=facts, evidence=_found(ticket.triage), advice=_advice(ticket))


def ask_to_follow(action: BaseAction) -> Question:
    """Whether a smaller step happens; asked only where the table has been made to ask."""
    facts = {"About": show(action.business_key, 120)}
    return Question(text=f"{FOLLOWS[kind_of(type(action))]}?", facts=facts)


def spoken(code: str) -> str:
    """`where_is_my_order` as people say it."""
    return show(code.replace("_", " "), 60)


def _about(taken: TakenIn) -> dict[str, str]:
    """The subject is the customer's own words; what the message says is read in the helpdesk."""
    return {
        "Ticket": taken.intake.ticket_id,
        "From": show(taken.sender, 80),
        "Subject": show(taken.subject, 120) or "none",
    }


def _found(triage: Triage) -> tuple[str, ...]:
    """The findings in words; a person also wants to know that nothing was found."""
    return tuple(show(each.said, 300) for each in triage.findings) or ("nothing stands out",)


def _advice(ticket: TicketAt) -> Advice | None:
    """What the router proposed, as the card shows it."""
    claim, consulted = ticket.consulted.claim, ticket.consulted
    if claim is None:
        return None
    wants = ", ".join(spoken(each.intent) for each in claim.intents) or "nothing it knows"
    return Advice(
        agent=ticket_router.name,
        version=ticket_router.version,
        provider=consulted.provider,
        model=consulted.model,
        proposal=f"route it to {show(claim.queue.name, 40)}",
        reason=f"it wants {wants}; impact {claim.impact.level}, urgency {claim.urgency.level}",
        confidence=claim.queue.confidence,
        brief=consulted.brief,
    )


def _silent(consulted: Consultation[RouterClaim]) -> dict[str, str]:
    """A line about a router whose model gave no answer."""
    if consulted.why_none is None:
        return {}
    instead = "its rules speak" if consulted.claim else "it proposes nothing"
    return {"Agent": f"{instead}; no model answered: {show(consulted.why_none, 300)}"}
