"""From a document in the store to an invoice in the store."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.pulse import pulse
from agents.invoice_reader import InvoiceReading, ReaderBrief, confirmed
from domain.documents import DocumentRef, PlainText
from domain.intake import Confirmation, Headline, Reading, ReadInvoice, ReadText, Unconfirmed
from domain.invoice import Invoice
from domain.ports import DocumentReader, Documents
from domain.values import Frozen


@dataclass(frozen=True)
class DocumentActivities:
    """Read documents; nothing of their content travels further than its headline."""

    documents: Documents
    reader: DocumentReader

    @activity.defn
    async def read_document(self, ref: DocumentRef) -> Reading:
        """Read a document into an invoice, or into text where it has no structure."""
        async with pulse():
            found = await self.reader.read(await self.documents.get(ref), name=ref.name)
        if isinstance(found, PlainText):
            text = await self.documents.put(found.text.encode(), name=ref.name, media_type="text/plain")
            return ReadText(text=text, brief=await put_model(self.documents, ReaderBrief(text=text), ref.name))
        kept = await put_model(self.documents, found, ref.name)
        return ReadInvoice(invoice=kept, headline=Headline.of(found), read_by="parser", confidence=None)

    @activity.defn
    async def confirm_reading(self, text: DocumentRef, reading: InvoiceReading) -> Confirmation:
        """Look every figure that a model read up in the text."""
        result = confirmed(reading, (await self.documents.get(text)).decode())
        if not isinstance(result, Invoice):
            return Unconfirmed(complaints=result)
        kept = await put_model(self.documents, result, text.name)
        return ReadInvoice(invoice=kept, headline=Headline.of(result), read_by="model", confidence=reading.confidence)


async def put_model(documents: Documents, value: Frozen, name: str) -> DocumentRef:
    """Keep a value as JSON."""
    return await documents.put(value.model_dump_json().encode(), name=name, media_type="application/json")
