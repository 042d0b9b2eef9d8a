"""A customer's refund, from the request to money, credit, other goods or a reasoned no.

request ──► assess ──► settled by rules ──────────► policy ──► people ──► assess again ──► give back ──► close ──► Given
              │                                   ▲   │          │             │              │
              ├─ open: the assessor reads ────────┤   │ denied   │ rejected    │ changed      │ failed, unknown
              │  the message, rules compute again │   ▼          ▼             ▼              ▼
              ├─ refused: the customer is told    │  Refused   Refused        Held           Held
              └─ a person must look ──► Held ◄────┘            silence ──► Held
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

from activities.refund import Assessed, RefundLookups
from agents.refund_assessor import AssessorClaim, refund_assessor
from domain.actions import kind_of
from domain.recompense import (
    entitlement_of,
    given_note_of,
    given_notice_of,
    recompense_of,
    refusal_notice_of,
    restock_of,
    result_of,
    still_due,
    ticket_note_of,
)
from domain.refunding import Escalate, Give, RefundHeld, RefundOutcome, RefundRequest, Refuse, RefusedRefund
from workflows import refund_questions as questions
from workflows import refund_wording as wording
from workflows.consulting import Consultation
from workflows.failures import reason
from workflows.giving_back import GivingBack
from workflows.looking_up import look_up
from workflows.refund_given import Given, given_back, loose_end
from workflows.refund_questions import RefundCase


@workflow.defn(name="Refund", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class RefundWorkflow(GivingBack):
    """Give back what is due, once, and nothing on anybody's mere word."""

    policy = "refund"

    @workflow.run
    async def run(self, request: RefundRequest) -> RefundOutcome:
        """One request, from receipt to outcome."""
        self.particulars = wording.particulars(request)
        self.stands("assessing", None, "a refund")
        try:
            case = await self._read(request)
            outcome = await self._settle(case)
        except ApplicationError as error:  # a lookup that trying again does not mend, such as a broken file of terms
            outcome = wording.stopped(request, reason(error))
        self.particulars = {**self.particulars, "Decided by": outcome.decided_by}
        owner = outcome.owner if isinstance(outcome, RefundHeld) else None
        self.listed_as(wording.state_of(outcome), owner, wording.line_of(outcome))
        return outcome.model_copy(update={"spent": self.spent})

    async def _settle(self, case: RefundCase) -> RefundOutcome:
        match case.course:
            case Escalate() as person:
                return wording.escalated(case, person)
            case Refuse() as refusal:
                return await self._refuse(case, refusal)
            case Give() as offer:
                return await self._give(case, offer)

    async def _read(self, request: RefundRequest) -> RefundCase:
        """What the rules settle asks no model; what they leave open is read where there is something to read."""
        found = await self._assess(request)
        consulted: Consultation[AssessorClaim] | None = None
        if found.standing.settled is None and request.message:
            brief = await look_up(RefundLookups.brief_assessor, request, found.standing, request.message)
            consulted = await self.consult(refund_assessor, brief)
            found = await self._assess(request, consulted.claim)
        return RefundCase(request, found.standing, found.course, consulted)

    async def _assess(self, request: RefundRequest, claim: AssessorClaim | None = None) -> Assessed:
        return await look_up(RefundLookups.assess_refund, request, workflow.now(), claim)

    async def _refuse(self, case: RefundCase, refusal: Refuse) -> RefusedRefund:
        """Tell the customer no, where there is somebody to tell."""
        notice = refusal_notice_of(case.standing, case.request.reference, refusal.code)
        told = await self.follow(case, notice) if notice else None
        return wording.refused(case, refusal, told.reference if told else None)

    async def _give(self, case: RefundCase, offer: Give) -> RefundOutcome:
        """Ask who may let it happen, and whether it is still due once somebody has thought about it."""
        action = recompense_of(case.standing, offer)
        authority = await self.authorise(
            action, lambda action: questions.ask_to_give(action, offer, case), case.request.requester
        )
        if authority.order is None:
            return wording.not_given(case, authority)
        if authority.decision:
            claim = case.consulted.claim if case.consulted else None
            now = await self._assess(case.request, claim)
            if not still_due(authority.order.action, now.standing, now.course):
                changed = RefundCase(case.request, now.standing, now.course, case.consulted)
                return wording.overtaken(changed, authority.by)
        given = await self.give_back(case, offer, authority)
        return given if isinstance(given, RefundHeld) else await self._close(case, given)

    async def _close(self, case: RefundCase, given: Given) -> RefundOutcome:
        """Everything that follows; what does not work out is left to a person, and what was given stands."""
        action, offer = given.action, given.offer
        result = result_of(offer, action)
        note = given_note_of(action, result, given.reference)
        notice = given_notice_of(case.standing, action, result)
        following = (
            restock_of(action, offer),
            entitlement_of(action, offer),
            note,
            notice,
            ticket_note_of(note, case.request.ticket_id),
        )
        outcome, loose = given_back(case, given), list[str]()
        for step in filter(None, following):
            tried = await self.follow(case, step)
            if tried.reference is None:
                loose.append(loose_end(kind_of(type(step)), tried.why_not))
            elif step is notice:
                outcome = outcome.model_copy(update={"message_id": tried.reference})
        return outcome.model_copy(update={"loose_ends": tuple(loose)})
