"""The lines of a UBL document, and the groups they share with its head."""

from __future__ import annotations

from domain.errors import Unreadable
from domain.invoice import AllowanceCharge, InvoiceLine, Period, TaxCategory
from integrations.reading.statements import Statements


def line_of(line: Statements, form: str) -> InvoiceLine:
    """BG-25; its SubInvoiceLines (XRechnung extension) are what its own net amount already sums up."""
    item, order = line.one("cac:Item"), line.one("cac:OrderLineReference")
    quantity = "cbc:CreditedQuantity" if form == "CreditNote" else "cbc:InvoicedQuantity"
    return InvoiceLine(
        id=line.text("cbc:ID"),
        name=item.text("cbc:Name"),
        quantity=line.amount(quantity),
        unit=line.one(quantity).attribute("unitCode"),
        net_price=line.amount("cac:Price/cbc:PriceAmount"),
        price_base=line.amount("cac:Price/cbc:BaseQuantity"),
        net_amount=line.amount("cbc:LineExtensionAmount"),
        tax=tax_category_of(category) if (category := item.one("cac:ClassifiedTaxCategory")) else None,
        allowances_charges=allowances_charges_of(line),
        order_ref=order.text("cac:OrderReference/cbc:ID"),
        order_line=order.text("cbc:LineID"),
        seller_item=item.text("cac:SellersItemIdentification/cbc:ID"),
        buyer_item=item.text("cac:BuyersItemIdentification/cbc:ID"),
        accounting_ref=line.text("cbc:AccountingCost"),
        period=period_of(line.one("cac:InvoicePeriod")),
    )


def allowances_charges_of(group: Statements) -> tuple[AllowanceCharge, ...]:
    """BG-20 and BG-21 of a document, BG-27 and BG-28 of a line."""
    return tuple(_allowance_charge(found) for found in group.every("cac:AllowanceCharge"))


def _allowance_charge(stated: Statements) -> AllowanceCharge:
    charge = stated.flag("cbc:ChargeIndicator")
    if charge is None:
        raise Unreadable(f"{stated.label} has no ChargeIndicator: it may be an allowance or a charge.")
    return AllowanceCharge(
        charge=charge,
        amount=stated.amount("cbc:Amount"),
        base=stated.amount("cbc:BaseAmount"),
        percent=stated.percent("cbc:MultiplierFactorNumeric"),
        reason=stated.joined("cbc:AllowanceChargeReason"),
        reason_code=stated.text("cbc:AllowanceChargeReasonCode"),
        tax=tax_category_of(category) if (category := stated.one("cac:TaxCategory")) else None,
    )


def tax_category_of(category: Statements) -> TaxCategory:
    """A ClassifiedTaxCategory or TaxCategory."""
    return TaxCategory(
        code=category.text("cbc:ID"),
        rate=category.percent("cbc:Percent"),
        exemption_reason=category.joined("cbc:TaxExemptionReason"),
        exemption_code=category.text("cbc:TaxExemptionReasonCode"),
    )


def period_of(period: Statements) -> Period | None:
    """BG-14 or BG-26; an InvoicePeriod with only a DescriptionCode is BT-8, no period."""
    start, end = period.date("cbc:StartDate"), period.date("cbc:EndDate")
    stated = start or end or (period and not period.text("cbc:DescriptionCode"))
    return Period(start=start, end=end) if stated else None
