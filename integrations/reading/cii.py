"""UN/CEFACT Cross Industry Invoice D16B (EN 16931-3-3, Factur-X, ZUGFeRD 2) to the domain's invoice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from domain.invoice import CREDIT_NOTE_CODES, Invoice, PrecedingInvoice, TaxSubtotal, Totals
from integrations.reading.cii_lines import (
    allowances_charges_of,
    date_of,
    is_billed,
    line_of,
    period_of,
    tax_category_of,
)
from integrations.reading.cii_parties import party_of, payment_means_of
from integrations.reading.element import Element
from integrations.reading.statements import Statements, only

INVOICE = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
NAMES = {
    "rsm": INVOICE,
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
TAX_POINT_CODES = {"5": "3", "29": "35", "72": "432"}
"""BT-8 is coded by UNTDID 2475 in CII and by UNTDID 2005 in the model and in UBL (EN 16931-3-3)."""


def invoice_from_cii(root: Element) -> Invoice:
    """Read a CrossIndustryInvoice element; what it does not state is None, as in the profiles MINIMUM and BASIC WL."""
    whole = Statements(root, NAMES)
    currency = whole.currency_code(
        "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/ram:InvoiceCurrencyCode"
    )
    whole = replace(whole, currency=currency)
    head, trade = whole.one("rsm:ExchangedDocument"), whole.one("rsm:SupplyChainTradeTransaction")
    agreement = trade.one("ram:ApplicableHeaderTradeAgreement")
    settlement = trade.one("ram:ApplicableHeaderTradeSettlement")
    type_code = head.text("ram:TypeCode")
    tax_point_code = settlement.text("ram:ApplicableTradeTax/ram:DueDateTypeCode")
    return Invoice(
        syntax="cii",
        credit_note=type_code in CREDIT_NOTE_CODES,
        profile=whole.text("rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        type_code=type_code,
        number=head.text("ram:ID"),
        issue_date=date_of(head, "ram:IssueDateTime"),
        due_date=date_of(settlement, "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime"),
        tax_point_date=settlement.date("ram:ApplicableTradeTax/ram:TaxPointDate/udt:DateString"),
        tax_point_code=TAX_POINT_CODES.get(tax_point_code or "", tax_point_code),
        currency=currency,
        accounting_currency=settlement.currency_code("ram:TaxCurrencyCode"),
        seller=party_of(agreement.one("ram:SellerTradeParty")),
        buyer=party_of(agreement.one("ram:BuyerTradeParty")),
        payee=party_of(payee) if (payee := settlement.one("ram:PayeeTradeParty")) else None,
        tax_representative=(
            party_of(agent) if (agent := agreement.one("ram:SellerTaxRepresentativeTradeParty")) else None
        ),
        payment_means=payment_means_of(settlement),
        payment_terms=settlement.joined("ram:SpecifiedTradePaymentTerms/ram:Description"),
        payment_reference=settlement.joined("ram:PaymentReference"),
        order_ref=agreement.text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        contract_ref=agreement.text("ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        buyer_ref=agreement.text("ram:BuyerReference"),
        preceding=_preceding(settlement),
        period=period_of(settlement.one("ram:BillingSpecifiedPeriod")),
        lines=tuple(line_of(line) for line in trade.every("ram:IncludedSupplyChainTradeLineItem") if is_billed(line)),
        allowances_charges=allowances_charges_of(settlement),
        tax_breakdown=tuple(_subtotal(row) for row in settlement.every("ram:ApplicableTradeTax")),
        totals=_totals(settlement),
        note=head.joined("ram:IncludedNote/ram:Content"),
    )


def _preceding(settlement: Statements) -> tuple[PrecedingInvoice, ...]:
    return tuple(
        PrecedingInvoice(number=number, issue_date=reference.date("ram:FormattedIssueDateTime/qdt:DateTimeString"))
        for reference in settlement.every("ram:InvoiceReferencedDocument")
        if (number := reference.text("ram:IssuerAssignedID"))
    )


def _subtotal(row: Statements) -> TaxSubtotal:
    return TaxSubtotal(
        taxable=row.amount("ram:BasisAmount"), tax=row.amount("ram:CalculatedAmount"), category=tax_category_of(row)
    )


def _totals(settlement: Statements) -> Totals:
    stated = settlement.one("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    tax, accounting_tax = _tax_totals(stated, settlement.currency_code("ram:TaxCurrencyCode"))
    return Totals(
        lines_net=stated.amount("ram:LineTotalAmount"),
        allowances=stated.amount("ram:AllowanceTotalAmount"),
        charges=stated.amount("ram:ChargeTotalAmount"),
        without_tax=stated.amount("ram:TaxBasisTotalAmount"),
        tax=tax,
        tax_in_accounting_currency=accounting_tax,
        with_tax=stated.amount("ram:GrandTotalAmount"),
        prepaid=stated.amount("ram:TotalPrepaidAmount"),
        rounding=stated.amount("ram:RoundingAmount"),
        payable=stated.amount("ram:DuePayableAmount"),
    )


def _tax_totals(stated: Statements, accounting_currency: str | None) -> tuple[Decimal | None, Decimal | None]:
    """BT-110 in the invoice currency, which an unmarked amount is in, and BT-111 in the accounting currency."""
    amounts = [
        (found.attribute("currencyID") or stated.currency, replace(found, currency=None).own_amount())
        for found in stated.every("ram:TaxTotalAmount")
    ]
    tax = only((amount for said, amount in amounts if said == stated.currency or not stated.currency), "TaxTotalAmount")
    foreign = accounting_currency != stated.currency
    accounting = (amount for said, amount in amounts if foreign and said == accounting_currency)
    return tax, only(accounting, "TaxTotalAmount")
