"""An invoice on its way through the process: what came in, what was read, what the checks made of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.checks.dossier import Dossier
from domain.checks.examination import Examination
from domain.documents import DocumentRef
from domain.invoice import Invoice
from domain.purchasing import Supplier
from domain.values import Amount, CurrencyCode, Frozen, Ratio


class InvoiceCase(Frozen):
    """The input of the invoice process: a document by reference, and how it came."""

    document: DocumentRef
    sender: str | None = Field(description="the address it came from, where that is known")
    requester: str = Field(min_length=1, description="who submitted it; this person's own approval does not count")


class Headline(Frozen):
    """The figures of an invoice that the process names; the rest stays in the document store."""

    number: str | None
    credit_note: bool
    issue_date: date | None
    currency: CurrencyCode | None
    seller_name: str | None
    net: Amount | None
    tax: Amount | None
    payable: Amount | None
    order_ref: str | None
    lines: int

    @classmethod
    def of(cls, invoice: Invoice) -> Headline:
        """Take the headline of an invoice."""
        totals = invoice.totals
        return cls(
            number=invoice.number,
            credit_note=invoice.credit_note,
            issue_date=invoice.issue_date,
            currency=invoice.currency,
            seller_name=invoice.seller.name,
            net=totals.without_tax,
            tax=totals.tax,
            payable=totals.payable,
            order_ref=invoice.order_ref,
            lines=len(invoice.lines),
        )


class ReadInvoice(Frozen):
    """A document that was read into an invoice, kept in the document store."""

    kind: Literal["invoice"] = "invoice"
    invoice: DocumentRef
    headline: Headline
    read_by: Literal["parser", "model"]
    confidence: Ratio | None = Field(description="the reading model's own, None for a parser")


class ReadText(Frozen):
    """A document without structure: its text and the brief for whoever reads it."""

    kind: Literal["text"] = "text"
    text: DocumentRef
    brief: DocumentRef


class Unconfirmed(Frozen):
    """A reading that the text does not bear out."""

    kind: Literal["unconfirmed"] = "unconfirmed"
    complaints: tuple[str, ...]


Reading = Annotated[ReadInvoice | ReadText, Field(discriminator="kind")]
Confirmation = Annotated[ReadInvoice | Unconfirmed, Field(discriminator="kind")]


class KnownCoding(Frozen):
    """An account and cost centre on file for the supplier or one of its orders."""

    account: str
    cost_centre: str


def known_codings(dossier: Dossier) -> tuple[KnownCoding, ...]:
    """Where this supplier's purchases are booked, by the master and by its orders."""
    supplier, orders = dossier.supplier, dossier.open_orders
    found = [(line.account, line.cost_centre) for order in orders for line in order.lines]
    if supplier and supplier.default_account and supplier.default_cost_centre:
        found.insert(0, (supplier.default_account, supplier.default_cost_centre))
    return tuple(KnownCoding(account=account, cost_centre=centre) for account, centre in dict.fromkeys(found))


class Examined(Frozen):
    """The invoice against everything on file."""

    headline: Headline
    supplier: Supplier | None
    examination: Examination
    known_codings: tuple[KnownCoding, ...]
