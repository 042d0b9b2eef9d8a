"""The lines of a CII document, and the groups they share with its head."""

from __future__ import annotations

from datetime import date

from domain.errors import Unreadable
from domain.invoice import AllowanceCharge, InvoiceLine, Period, TaxCategory
from integrations.reading.statements import Statements

NOT_BILLED = frozenset({"GROUP", "INFORMATION"})
"""Factur-X EXTENDED, BT-X-8: subtotal and information lines; only DETAIL lines count towards the totals."""


def is_billed(line: Statements) -> bool:
    """Whether the line counts towards the totals."""
    return line.text("ram:AssociatedDocumentLineDocument/ram:LineStatusReasonCode") not in NOT_BILLED


def line_of(line: Statements) -> InvoiceLine:
    """BG-25."""
    product = line.one("ram:SpecifiedTradeProduct")
    agreement = line.one("ram:SpecifiedLineTradeAgreement")
    settlement = line.one("ram:SpecifiedLineTradeSettlement")
    order = agreement.one("ram:BuyerOrderReferencedDocument")
    quantity = "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity"
    return InvoiceLine(
        id=line.text("ram:AssociatedDocumentLineDocument/ram:LineID"),
        name=product.text("ram:Name"),
        quantity=line.amount(quantity),
        unit=line.one(quantity).attribute("unitCode"),
        net_price=agreement.amount("ram:NetPriceProductTradePrice/ram:ChargeAmount"),
        price_base=agreement.amount("ram:NetPriceProductTradePrice/ram:BasisQuantity"),
        net_amount=settlement.amount("ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"),
        tax=tax_category_of(category) if (category := settlement.one("ram:ApplicableTradeTax")) else None,
        allowances_charges=allowances_charges_of(settlement),
        order_ref=order.text("ram:IssuerAssignedID"),
        order_line=order.text("ram:LineID"),
        seller_item=product.text("ram:SellerAssignedID"),
        buyer_item=product.text("ram:BuyerAssignedID"),
        accounting_ref=settlement.text("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
        period=period_of(settlement.one("ram:BillingSpecifiedPeriod")),
    )


def date_of(group: Statements, path: str) -> date | None:
    """A date in either of the two forms that D16B knows."""
    return group.date(f"{path}/udt:DateTimeString") or group.date(f"{path}/udt:DateTime")


def period_of(period: Statements) -> Period | None:
    """BG-14 or BG-26."""
    if not period:
        return None
    return Period(start=date_of(period, "ram:StartDateTime"), end=date_of(period, "ram:EndDateTime"))


def tax_category_of(tax: Statements) -> TaxCategory:
    """An ApplicableTradeTax or CategoryTradeTax."""
    return TaxCategory(
        code=tax.text("ram:CategoryCode"),
        rate=tax.percent("ram:RateApplicablePercent"),
        exemption_reason=tax.joined("ram:ExemptionReason"),
        exemption_code=tax.text("ram:ExemptionReasonCode"),
    )


def allowances_charges_of(settlement: Statements) -> tuple[AllowanceCharge, ...]:
    """BG-20 and BG-21 of a document, BG-27 and BG-28 of a line; EXTENDED adds freight and the like (BG-X-42)."""
    stated = [_allowance_charge(found) for found in settlement.every("ram:SpecifiedTradeAllowanceCharge")]
    return (*stated, *(_logistics_charge(found) for found in settlement.every("ram:SpecifiedLogisticsServiceCharge")))


def _allowance_charge(stated: Statements) -> AllowanceCharge:
    charge = stated.flag("ram:ChargeIndicator/udt:Indicator")
    if charge is None:
        raise Unreadable(f"{stated.label} has no ChargeIndicator: it may be an allowance or a charge.")
    return AllowanceCharge(
        charge=charge,
        amount=stated.amount("ram:ActualAmount"),
        base=stated.amount("ram:BasisAmount"),
        percent=stated.percent("ram:CalculationPercent"),
        reason=stated.joined("ram:Reason"),
        reason_code=stated.text("ram:ReasonCode"),
        tax=tax_category_of(category) if (category := stated.one("ram:CategoryTradeTax")) else None,
    )


def _logistics_charge(stated: Statements) -> AllowanceCharge:
    return AllowanceCharge(
        charge=True,
        amount=stated.amount("ram:AppliedAmount"),
        reason=stated.joined("ram:Description"),
        tax=tax_category_of(category) if (category := stated.one("ram:AppliedTradeTax")) else None,
    )
