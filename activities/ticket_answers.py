"""What a ticket gets: an answer from the knowledge base, or the refund that it asks for."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field
from temporalio import activity

from activities.documents import put_model
from activities.ticket import TakenIn, the_ticket
from agents.reply_drafter import DraftClaim, DrafterBrief, draft_of
from domain.checks.ticket_refund import refund_request
from domain.documents import DocumentRef
from domain.ports import Documents
from domain.refunding import RefundRequest
from domain.sales import SalesOrder
from domain.support_ports import Billing, Helpdesk, Knowledge
from domain.ticketing import Draft, TicketCase, Triage
from domain.values import Frozen

MOST_ARTICLES = 5
ANYBODY_READS = "en"
"""The language of articles where there are none in the customer's."""


class Drafted(Frozen):
    """An answer, or what is wrong with the one that was drafted."""

    draft: Draft | None
    complaints: tuple[str, ...] = ()


class RefundAsked(Frozen):
    """The request as billing knows it, or what the customer must say first."""

    request: RefundRequest | None
    order: SalesOrder | None
    missing: tuple[str, ...] = Field(default=(), description="in our words")


@dataclass(frozen=True)
class TicketAnswers:
    """Reads only: run as local activities."""

    helpdesk: Helpdesk
    billing: Billing
    knowledge: Knowledge
    documents: Documents

    @activity.defn
    async def brief_drafter(self, taken: TakenIn, triage: Triage) -> DocumentRef | None:
        """Look for articles that fit; None where there are none, so that nobody drafts from nothing."""
        intake, text = taken.intake, (await self.documents.get(taken.text)).decode()
        words = " ".join((*triage.intents, text))
        for language in dict.fromkeys((intake.language, ANYBODY_READS)):
            articles = await self.knowledge.find_articles(words, language=language, limit=MOST_ARTICLES)
            if articles:
                brief = DrafterBrief(
                    question=taken.text,
                    language=intake.language,
                    intents=triage.intents,
                    articles=articles,
                )
                return await put_model(self.documents, brief, f"{intake.ticket_id} answer")
        return None

    @activity.defn
    async def check_draft(self, claim: DraftClaim, told: DocumentRef) -> Drafted:
        """The answer in full, made of the sentences that the drafter was told, or what is wrong with the claim."""
        brief = DrafterBrief.model_validate_json(await self.documents.get(told))
        found = draft_of(claim, brief.articles, brief.language)
        return Drafted(draft=found) if isinstance(found, Draft) else Drafted(draft=None, complaints=found)

    @activity.defn
    async def refund_asked(self, case: TicketCase, taken: TakenIn) -> RefundAsked:
        """The order, the reason and an upper bound of the amount; ids come from billing, never from the text."""
        intake = taken.intake
        if intake.customer_id is None:
            return RefundAsked(request=None, order=None)
        ticket = await the_ticket(self.helpdesk, intake.ticket_id)
        orders = await self.billing.orders_of(intake.customer_id)
        if not orders:
            return RefundAsked(request=None, order=None)
        found = refund_request(case, ticket, intake.named, orders)
        if isinstance(found, str):
            return RefundAsked(request=None, order=None, missing=(found,))
        order = next(each for each in orders if each.id == found.order_id)
        return RefundAsked(request=found.model_copy(update={"message": taken.text}), order=order)
