"""UBL 2.1 Invoice and CreditNote (EN 16931-3-2) to the domain's invoice."""

from __future__ import annotations

import re
from dataclasses import replace

from domain.errors import Unreadable
from domain.invoice import CREDIT_NOTE_CODES, Invoice, PrecedingInvoice, TaxSubtotal, Totals
from integrations.reading.element import Element, local_name
from integrations.reading.statements import Statements
from integrations.reading.ubl_lines import allowances_charges_of, line_of, period_of, tax_category_of
from integrations.reading.ubl_parties import party_of, payment_means_of

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
SUBJECT_CODE = re.compile(r"^#[A-Z]{3}#\s*")
"""BT-21, which UBL writes in front of the note itself (EN 16931-3-2)."""


def invoice_from_ubl(root: Element) -> Invoice:
    """Read an Invoice or CreditNote element; what it does not state is None, so fragments read too."""
    form = local_name(root)
    currency = Statements(root, NAMES).currency_code("cbc:DocumentCurrencyCode")
    document = Statements(root, NAMES, currency)
    accounting_currency = document.currency_code("cbc:TaxCurrencyCode")
    tax_total, accounting_total = _tax_totals(document, accounting_currency)
    type_code = document.text(f"cbc:{form}TypeCode")
    period = document.one("cac:InvoicePeriod")
    return Invoice(
        syntax="ubl",
        credit_note=form == "CreditNote" or type_code in CREDIT_NOTE_CODES,
        profile=document.text("cbc:CustomizationID"),
        type_code=type_code,
        number=document.text("cbc:ID"),
        issue_date=document.date("cbc:IssueDate"),
        due_date=document.date("cbc:DueDate") or document.date("cac:PaymentMeans/cbc:PaymentDueDate"),
        tax_point_date=document.date("cbc:TaxPointDate"),
        tax_point_code=period.text("cbc:DescriptionCode"),
        currency=currency,
        accounting_currency=accounting_currency,
        seller=party_of(document.one("cac:AccountingSupplierParty/cac:Party")),
        buyer=party_of(document.one("cac:AccountingCustomerParty/cac:Party")),
        payee=party_of(payee) if (payee := document.one("cac:PayeeParty")) else None,
        tax_representative=party_of(agent) if (agent := document.one("cac:TaxRepresentativeParty")) else None,
        payment_means=tuple(found for means in document.every("cac:PaymentMeans") for found in payment_means_of(means)),
        payment_terms=document.joined("cac:PaymentTerms/cbc:Note"),
        payment_reference=document.joined("cac:PaymentMeans/cbc:PaymentID"),
        order_ref=_order_ref(document.one("cac:OrderReference")),
        contract_ref=document.text("cac:ContractDocumentReference/cbc:ID"),
        buyer_ref=document.text("cbc:BuyerReference"),
        preceding=_preceding(document),
        period=period_of(period),
        lines=tuple(line_of(line, form) for line in document.every(f"cac:{form}Line")),
        allowances_charges=allowances_charges_of(document),
        tax_breakdown=tuple(_subtotal(row) for row in tax_total.every("cac:TaxSubtotal")),
        totals=_totals(document.one("cac:LegalMonetaryTotal"), tax_total, accounting_total),
        note="\n".join(SUBJECT_CODE.sub("", note) for note in document.texts("cbc:Note")) or None,
    )


def _tax_totals(document: Statements, accounting_currency: str | None) -> tuple[Statements, Statements]:
    """The TaxTotal in the invoice currency (BT-110, BG-23) and the one in the accounting currency (BT-111).

    Where both currencies are the same, the one with the breakdown is BT-110.
    """
    ours, others = list[Statements](), list[Statements]()
    for total in document.every("cac:TaxTotal"):
        said = total.one("cbc:TaxAmount").attribute("currencyID")
        (ours if not (said and document.currency) or said == document.currency else others).append(total)
    ours.sort(key=lambda total: not total.every("cac:TaxSubtotal"))
    accounting = [
        replace(total, currency=None)
        for total in ours[1:] + others
        if accounting_currency and total.one("cbc:TaxAmount").attribute("currencyID") == accounting_currency
    ]
    if len(ours) > 1 + (document.currency == accounting_currency) or len(accounting) > 1:
        raise Unreadable("TaxTotal occurs more than once in the same currency.")
    absent = replace(document, element=None)
    return (ours or [absent])[0], (accounting or [absent])[0]


def _order_ref(reference: Statements) -> str | None:
    """BT-13; Peppol BIS 3 fills it with NA where only the seller's order number (BT-14) is known."""
    number = reference.text("cbc:ID")
    return None if number == "NA" and reference.text("cbc:SalesOrderID") else number


def _preceding(document: Statements) -> tuple[PrecedingInvoice, ...]:
    return tuple(
        PrecedingInvoice(number=number, issue_date=reference.date("cbc:IssueDate"))
        for reference in document.every("cac:BillingReference/cac:InvoiceDocumentReference")
        if (number := reference.text("cbc:ID"))
    )


def _subtotal(row: Statements) -> TaxSubtotal:
    return TaxSubtotal(
        taxable=row.amount("cbc:TaxableAmount"),
        tax=row.amount("cbc:TaxAmount"),
        category=tax_category_of(row.one("cac:TaxCategory")),
    )


def _totals(stated: Statements, tax_total: Statements, accounting_total: Statements) -> Totals:
    return Totals(
        lines_net=stated.amount("cbc:LineExtensionAmount"),
        allowances=stated.amount("cbc:AllowanceTotalAmount"),
        charges=stated.amount("cbc:ChargeTotalAmount"),
        without_tax=stated.amount("cbc:TaxExclusiveAmount"),
        tax=tax_total.amount("cbc:TaxAmount"),
        tax_in_accounting_currency=accounting_total.amount("cbc:TaxAmount"),
        with_tax=stated.amount("cbc:TaxInclusiveAmount"),
        prepaid=stated.amount("cbc:PrepaidAmount"),
        rounding=stated.amount("cbc:PayableRoundingAmount"),
        payable=stated.amount("cbc:PayableAmount"),
    )
