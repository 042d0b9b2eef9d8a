"""The invoice against what is on file, and the brief for whoever looks at its exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from temporalio import activity

from activities.documents import put_model
from agents.invoice_examiner import ExaminerBrief
from domain.checks.dossier import Dossier, gather
from domain.checks.examination import Examination, examine
from domain.documents import DocumentRef
from domain.intake import Examined, Headline, known_codings
from domain.invoice import Invoice
from domain.ports import Documents, Erp
from domain.tolerances import Tolerances


class TolerancesInForce(Protocol):
    """Where the tolerances are kept."""

    async def tolerances(self, supplier_id: str | None) -> Tolerances:
        """The tolerances for a supplier."""
        ...


@dataclass(frozen=True)
class ExaminationActivities:
    """Reads only: run as local activities, so that changed rules can never break replay."""

    documents: Documents
    erp: Erp
    tolerances: TolerancesInForce

    @activity.defn
    async def examine_invoice(self, stored: DocumentRef, sender: str | None, order_id: str | None) -> Examined:
        """Gather what is on file and run every check; `order_id` overrides the order that the invoice names."""
        invoice, dossier, examination = await self._examine(stored, sender, order_id)
        return Examined(
            headline=Headline.of(invoice),
            supplier=dossier.supplier,
            examination=examination,
            known_codings=known_codings(dossier),
        )

    @activity.defn
    async def brief_examiner(self, stored: DocumentRef, sender: str | None) -> DocumentRef:
        """Put the same facts together for the examiner and keep them in the store."""
        invoice, dossier, examination = await self._examine(stored, sender, None)
        return await put_model(self.documents, ExaminerBrief.of(invoice, dossier, examination), stored.name)

    async def _examine(
        self, stored: DocumentRef, sender: str | None, order_id: str | None
    ) -> tuple[Invoice, Dossier, Examination]:
        invoice = Invoice.model_validate_json(await self.documents.get(stored))
        if order_id:
            invoice = invoice.model_copy(update={"order_ref": order_id})
        dossier = await gather(self.erp, invoice)
        tolerances = await self.tolerances.tolerances(dossier.supplier.id if dossier.supplier else None)
        return invoice, dossier, examine(invoice, dossier, sender=sender, tolerances=tolerances)
