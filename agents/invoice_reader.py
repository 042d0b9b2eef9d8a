"""Reads an invoice that has no structure. Every figure it claims is looked up in the text before it counts."""

from __future__ import annotations

from datetime import date

from agents.agent import Agent
from domain.checks.grounding import unconfirmed
from domain.documents import DocumentRef
from domain.invoice import Invoice, InvoiceLine, Party, PaymentMeans, TaxCategory, Totals
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


UNSTATED = (
    "profile",
    "type_code",
    "tax_point_date",
    "tax_point_code",
    "accounting_currency",
    "payee",
    "tax_representative",
    "payment_terms",
    "payment_reference",
    "contract_ref",
    "buyer_ref",
    "period",
    "note",
)
"""Fields of an invoice that a reading does not ask for."""


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


def confirmed(reading: InvoiceReading, text: str) -> Invoice | tuple[str, ...]:
    """The invoice, where the text bears out every figure, or what it does not bear out, a sentence each."""
    invoice = to_invoice(reading)
    return unconfirmed(invoice, text) or invoice


def to_invoice(reading: InvoiceReading) -> Invoice:
    """The claim in the words of EN 16931; what a reading cannot state is None."""
    account, tax_id = reading.payee_account, reading.seller_tax_id
    vat = tax_id is not None and tax_id[:2].isalpha()  # BT-31 starts with a country code, BT-32 need not
    return Invoice(
        syntax="text",
        credit_note=reading.credit_note,
        number=reading.number,
        issue_date=reading.issue_date,
        due_date=reading.due_date,
        currency=reading.currency,
        seller=Party(
            name=reading.seller_name, vat_id=tax_id if vat else None, tax_registration=None if vat else tax_id
        ),
        buyer=Party(name=None),
        payment_means=(PaymentMeans(code=None, account=account),) if account else (),
        order_ref=reading.order_ref,
        preceding=(),
        lines=tuple(_line(str(position), line) for position, line in enumerate(reading.lines, start=1)),
        allowances_charges=(),
        tax_breakdown=(),
        totals=_totals(reading),
        **dict.fromkeys(UNSTATED),
    )


def _line(position: str, line: LineReading) -> InvoiceLine:
    return InvoiceLine(
        id=position,
        name=line.description,
        quantity=line.quantity,
        unit=None,
        net_price=line.unit_price,
        net_amount=line.net_amount,
        tax=TaxCategory(code=None, rate=line.tax_rate),
    )


def _totals(reading: InvoiceReading) -> Totals:
    return Totals(
        lines_net=reading.net,
        allowances=None,
        charges=None,
        without_tax=reading.net,
        tax=reading.tax,
        tax_in_accounting_currency=None,
        with_tax=reading.payable,
        prepaid=None,
        rounding=None,
        payable=reading.payable,
    )
