"""Effects that follow from others: through the same door, and never in the way of what was done before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

from domain.actions import BaseAction
from domain.errors import DomainError, IdempotencyConflict
from governance.work_order import WorkOrder
from workflows.asking import Question
from workflows.case import Case
from workflows.failures import failed_as, reason

CANCELLED = "the case was cancelled"


@dataclass(frozen=True)
class Tried:
    """What an effect came to: a reference, or why there is none."""

    reference: str | None
    why_not: str = ""
    end: Literal["done", "refused", "taken", "unknown"] = "done"
    """`taken`: another case has used the key for something else, so it has done what this one wanted to."""


class Following(Case):
    """A process whose later effects may fail without undoing the earlier ones."""

    async def follow_up(self, action: BaseAction, ask: Callable[[BaseAction], Question], requester: str) -> Tried:
        """Judge, ask where the table says so, perform; whatever goes wrong is said and nothing is raised."""
        try:
            return await self.authorised(action, ask, requester)
        except (FailureError, asyncio.CancelledError):
            return Tried(None, CANCELLED, "refused")

    async def authorised(self, action: BaseAction, ask: Callable[[BaseAction], Question], requester: str) -> Tried:
        """The same, for an effect whose cancellation is the caller's to deal with."""
        authority = await self.authorise(action, ask, requester)
        if authority.order is None:
            return Tried(None, authority.refusal, "refused")
        return await self.tried(authority.order)

    async def tried(self, order: WorkOrder[Any]) -> Tried:
        """Perform, and say what it came to; a cancelled case begins nothing more."""
        if workflow.cancellation_reason() is not None:
            return Tried(None, CANCELLED, "refused")
        try:
            receipt = await self.perform(order)
        except asyncio.CancelledError:  # in the very task in which the effect ended
            return Tried(None, f"{CANCELLED} while it was being done", "unknown")
        except ActivityError as error:
            why = reason(error)
            if failed_as(error, IdempotencyConflict):
                return Tried(None, why, "taken")
            return Tried(None, why, "refused" if failed_as(error, DomainError) else "unknown")
        return Tried(receipt.reference)
