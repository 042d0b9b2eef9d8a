"""Reads an invoice that has no structure. Every figure it claims is looked up in the text before it counts."""

from __future__ import annotations

from datetime import date

from agents.agent import Agent
from domain.documents import DocumentRef
from domain.values import Amount, CurrencyCode, Frozen, Percent, Quantity, Ratio


class ReaderBrief(Frozen):
    """The text to read, by reference: the worker puts it into the prompt, fenced."""

    text: DocumentRef


class LineReading(Frozen):
    """One line as the model read it."""

    description: str
    quantity: Quantity
    unit_price: Amount
    net_amount: Amount
    tax_rate: Percent


class InvoiceReading(Frozen):
    """What the model says the text says: a claim."""

    number: str
    credit_note: bool
    issue_date: date
    due_date: date | None
    currency: CurrencyCode
    seller_name: str
    seller_tax_id: str | None
    order_ref: str | None
    payee_account: str | None
    lines: tuple[LineReading, ...]
    net: Amount
    tax: Amount
    payable: Amount
    confidence: Ratio


def nobody_guesses(_: ReaderBrief) -> InvoiceReading | None:
    """There is no rule that reads free text safely: a person does."""
    return None


invoice_reader = Agent(
    name="invoice_reader",
    version="1",
    instructions=(
        "You read one supplier invoice from plain text and report what it says.\n"
        "Copy figures, dates and names exactly; never compute, complete or correct one. Where the text does not say, "
        "answer null. If it is not an invoice, answer with confidence 0.\n"
        "`net` is the total without tax, `payable` the amount due. `tax_rate` is a percentage: 19 for 19 %."
    ),
    brief=ReaderBrief,
    claim=InvoiceReading,
    fallback=nobody_guesses,
)
