"""The invoice as it was read: EN 16931 business terms (BT-n), whatever the syntax it came in.

A field the document does not state is None: what is missing is for the checks to say, not for the reader to guess.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from domain.values import Amount, CurrencyCode, Frozen, Percent, Quantity

CREDIT_NOTE_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""UNTDID 1001 codes that EN 16931 treats as credit notes."""


class Period(Frozen):
    """An invoicing period (BG-14, BG-26)."""

    start: date | None
    end: date | None


class TaxCategory(Frozen):
    """A VAT category: UNCL 5305 code (S, Z, E, AE, K, G, O, L, M) and its rate in percent."""

    code: str | None
    rate: Percent | None
    exemption_reason: str | None = None
    exemption_code: str | None = None


class AllowanceCharge(Frozen):
    """A document or line level allowance (BG-20, BG-27) or charge (BG-21, BG-28)."""

    charge: bool
    amount: Amount | None
    base: Amount | None = None
    percent: Percent | None = None
    reason: str | None = None
    reason_code: str | None = None
    tax: TaxCategory | None = None


class InvoiceLine(Frozen):
    """One invoiced line (BG-25)."""

    id: str | None
    name: str | None
    quantity: Quantity | None
    unit: str | None
    net_price: Amount | None
    price_base: Quantity | None = None
    net_amount: Amount | None
    tax: TaxCategory | None
    allowances_charges: tuple[AllowanceCharge, ...] = ()
    order_ref: str | None = None
    order_line: str | None = None
    seller_item: str | None = None
    buyer_item: str | None = None
    accounting_ref: str | None = None
    period: Period | None = None


class TaxSubtotal(Frozen):
    """One row of the VAT breakdown (BG-23)."""

    taxable: Amount | None
    tax: Amount | None
    category: TaxCategory


class Party(Frozen):
    """A seller, buyer, payee or tax representative."""

    name: str | None
    vat_id: str | None = None
    tax_registration: str | None = None
    legal_id: str | None = None
    identifiers: tuple[str, ...] = ()
    email: str | None = None
    city: str | None = None
    country: str | None = None


class PaymentMeans(Frozen):
    """How the seller asks to be paid (BG-16); `account` is BT-84 exactly as written."""

    code: str | None
    account: str | None
    account_name: str | None = None
    bic: str | None = None


class PrecedingInvoice(Frozen):
    """The invoice that this one corrects or credits (BG-3)."""

    number: str
    issue_date: date | None


class Totals(Frozen):
    """The document totals (BG-22), each as stated, in the invoice currency unless named otherwise."""

    lines_net: Amount | None
    allowances: Amount | None
    charges: Amount | None
    without_tax: Amount | None
    tax: Amount | None
    tax_in_accounting_currency: Amount | None
    with_tax: Amount | None
    prepaid: Amount | None
    rounding: Amount | None
    payable: Amount | None


class Invoice(Frozen):
    """An invoice or credit note as its document states it."""

    syntax: Literal["ubl", "cii", "text"]
    credit_note: bool
    profile: str | None
    type_code: str | None
    number: str | None
    issue_date: date | None
    due_date: date | None
    tax_point_date: date | None
    tax_point_code: str | None
    currency: CurrencyCode | None
    accounting_currency: CurrencyCode | None
    seller: Party
    buyer: Party
    payee: Party | None
    tax_representative: Party | None
    payment_means: tuple[PaymentMeans, ...]
    payment_terms: str | None
    payment_reference: str | None
    order_ref: str | None
    contract_ref: str | None
    buyer_ref: str | None
    preceding: tuple[PrecedingInvoice, ...]
    period: Period | None
    lines: tuple[InvoiceLine, ...]
    allowances_charges: tuple[AllowanceCharge, ...]
    tax_breakdown: tuple[TaxSubtotal, ...]
    totals: Totals
    note: str | None
