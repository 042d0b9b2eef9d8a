"""Giving something back: the credit note first, then the thing itself, and the note undone where that fails for good.

credit note ──► refund ──► the provider's last word ──► Given
     │             │              ├─ failed: the note is reversed ──► held, to be asked for again
     │             │              └─ none in ten days ──────────────► held, needs repair
     │             └─ refused: the note is reversed; unknown: it stays ──► held, needs repair
     └─ refused ──► held, and nothing has happened

From the first effect on, a cancelled case says what it has done before it ends: money must not vanish with it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.refund import RefundLookups
from domain.actions import BaseAction, BookCreditNote, ExchangeItems, GrantStoreCredit, IssueRefund
from domain.recompense import Offered, credit_note_of, reversal_of
from domain.refunding import Give, RefundHeld
from domain.sales import named_failure
from workflows import refund_questions as questions
from workflows import refund_wording as wording
from workflows.authority import Authority
from workflows.failures import reason
from workflows.following import CANCELLED, Following, Tried
from workflows.looking_up import look_up
from workflows.options import SETTLING
from workflows.refund_given import Given
from workflows.refund_questions import RefundCase


@dataclass(frozen=True)
class Booked:
    """A credit note in the books."""

    note: BookCreditNote
    id: str


class GivingBack(Following):
    """A process that gives customers something back."""

    async def give_back(self, case: RefundCase, offer: Give, authority: Authority[Offered]) -> Given | RefundHeld:
        """Book, give, and wait until it is certain; or say why nothing is given, and who mends it."""
        order = authority.order
        if order is None:
            raise ValueError("Nothing can be given back without a work order.")
        owed = None if isinstance(order.action, ExchangeItems) else order.action
        booked = await self._book(case, owed, authority) if owed else None
        if isinstance(booked, RefundHeld):
            return booked
        tried = await self.tried(order)
        if isinstance(order.action, IssueRefund) and tried.reference:
            tried = await self._last_word(tried.reference)
        if tried.reference is None:
            return await self._undo(case, booked, tried)
        return Given(offer, order.action, authority.by, tried.reference, booked.id if booked else None)

    async def follow(self, case: RefundCase, action: BaseAction) -> Tried:
        """One of the things that follow what is given."""
        return await self.follow_up(action, questions.ask_to_follow, case.request.requester)

    async def _book(
        self, case: RefundCase, action: IssueRefund | GrantStoreCredit, authority: Authority[Offered]
    ) -> Booked | RefundHeld:
        decided = authority.decision is not None and authority.decision.state == "approved"
        note = credit_note_of(action, "person" if decided else "policy")
        tried = await self.authorised(note, questions.ask_to_follow, case.request.requester)
        if tried.reference:
            return Booked(note, tried.reference)
        if tried.end == "taken":
            return wording.not_done(case, "Another case gives it back", tried.why_not)
        if tried.end == "unknown":
            return wording.needs_repair(case, "It is not known whether the credit note was booked", tried.why_not)
        return wording.not_done(case, "Nothing is given, because the credit note was not booked", tried.why_not)

    async def _last_word(self, refund_id: str) -> Tried:
        """Wait until the provider has settled a refund: it is pending at first."""
        self.listed_as("refund pending", None, wording.on_its_way(refund_id))
        try:
            for pause in SETTLING:
                refund = await look_up(RefundLookups.find_refund, refund_id)
                if refund is None:
                    return Tried(None, f"the provider does not know refund {refund_id}", "unknown")
                if refund.state != "pending":
                    failed = refund.state == "failed"
                    return Tried(None, f"{refund.failure}: {refund_id}", "refused") if failed else Tried(refund_id)
                if workflow.cancellation_reason() is not None:
                    return Tried(None, f"{CANCELLED} while refund {refund_id} was on its way", "unknown")
                timer = asyncio.create_task(workflow.sleep(pause, summary=wording.on_its_way(refund_id)))
                await workflow.wait_condition(timer.done)
        except FailureError as error:
            return Tried(None, f"refund {refund_id}: {reason(error)}", "unknown")
        except asyncio.CancelledError:
            return Tried(None, f"{CANCELLED} while refund {refund_id} was on its way", "unknown")
        return Tried(None, f"refund {refund_id} is still pending", "unknown")

    async def _undo(self, case: RefundCase, booked: Booked | None, failure: Tried) -> RefundHeld:
        """What failed for good leaves no credit note; what may have happened keeps it until a person has looked."""
        if failure.end == "unknown":
            return wording.needs_repair(case, "It is not known whether it was given back", failure.why_not)
        if failure.end == "taken":
            return wording.not_done(case, "Another case gives it back", failure.why_not)
        if booked:
            why = f"its refund failed: {named_failure(failure.why_not) or 'refused'}"
            undone = await self.follow(case, reversal_of(booked.note, booked.id, why))
            if undone.reference is None and undone.end != "taken":
                what = f"Nothing was given ({failure.why_not}), and the credit note {booked.id} could not be reversed"
                return wording.needs_repair(case, what, undone.why_not)
        return wording.not_done(case, "It was not given back", failure.why_not, "finance")
