"""A refund request against all that is on file, and the brief for whoever reads what the rules leave open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import Field
from temporalio import activity

from activities.documents import put_model
from agents.refund_assessor import AssessorBrief, AssessorClaim, as_read, course_of
from domain.checks.refund_assessment import assess
from domain.documents import DocumentRef
from domain.ports import Documents
from domain.refund_terms import RefundTerms
from domain.refunding import RefundCourse, RefundFile, RefundRequest, Standing
from domain.sales import Refund
from domain.support_ports import Billing, Crm
from domain.values import Frozen


class Assessed(Frozen):
    """How a request stands, and what to do with it."""

    standing: Standing = Field(description="as it was asked, whatever the assessor reads into it")
    course: RefundCourse


class TermsInForce(Protocol):
    """Where the terms are kept."""

    async def refund_terms(self) -> RefundTerms:
        """The terms; raise `BadPolicy` where they cannot be read."""
        ...


@dataclass(frozen=True)
class RefundLookups:
    """Reads only: run as local activities, so that changed rules can never break replay."""

    billing: Billing
    crm: Crm
    documents: Documents
    rules: TermsInForce

    @activity.defn
    async def assess_refund(self, request: RefundRequest, at: datetime, claim: AssessorClaim | None) -> Assessed:
        """Gather what is on file, hold the request against it as it is then, and the assessor's claim against both."""
        file, terms = await self._gather(request), await self.rules.refund_terms()
        standing = assess(request, file, terms, at)
        again = assess(as_read(request, claim), file, terms, at) if claim else standing
        message = await self._message(request) if claim else ""
        return Assessed(standing=standing, course=course_of(claim, standing, again, message))

    @activity.defn
    async def brief_assessor(self, request: RefundRequest, standing: Standing, message: DocumentRef) -> DocumentRef:
        """Put together what the assessor is told, and keep it in the store."""
        return await put_model(self.documents, AssessorBrief.of(request, standing, message), message.name)

    @activity.defn
    async def find_refund(self, refund_id: str) -> Refund | None:
        """How a refund stands with the provider."""
        return await self.billing.find_refund(refund_id)

    async def _gather(self, request: RefundRequest) -> RefundFile:
        known = await self.crm.find_customer(customer_id=request.customer_id) if request.customer_id else None
        account = await self.billing.find_account(request.order_id)
        orders = await self.billing.orders_of(known.customer.id) if known else ()
        return RefundFile(account=account, known=known, orders=orders)

    async def _message(self, request: RefundRequest) -> str:
        return (await self.documents.get(request.message)).decode(errors="replace") if request.message else ""
