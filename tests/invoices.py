"""Invoices, orders and bills for tests: right as built, wrong by what a test changes."""

from datetime import date
from decimal import Decimal
from typing import Any

from domain.checks.dossier import Dossier
from domain.checks.figures import rounded
from domain.invoice import Invoice, InvoiceLine, Party, PaymentMeans, TaxCategory, TaxSubtotal, Totals
from domain.purchasing import Bill, BilledLine, GoodsReceipt, OrderLine, PurchaseOrder, Supplier
from domain.tolerances import Tolerances

ACCOUNT = "DE89370400440532013000"
TOLERANCES = Tolerances(version="test")
ISSUED = date(2026, 10, 5)


def money(text: str | int) -> Decimal:
    return Decimal(text)


def line(ident: str = "1", /, quantity: str = "10", price: str = "20", **changes: Any) -> InvoiceLine:
    """Billed as ordered on the order line of the same id."""
    stated: dict[str, Any] = {
        "id": ident,
        "name": f"Part {ident}",
        "quantity": money(quantity),
        "unit": "C62",
        "net_price": money(price),
        "net_amount": rounded(money(quantity) * money(price)),
        "tax": TaxCategory(code="S", rate=money(19)),
        "order_line": ident,
    }
    return InvoiceLine.model_validate({**stated, **changes})


def totals(*lines: InvoiceLine, charge: str = "0", **changes: Any) -> Totals:
    """What the lines add up to at 19 %, with a charge on document level."""
    nets = sum((each.net_amount or money(0) for each in lines), money(0))
    without_tax = nets + money(charge)
    tax = rounded(without_tax * 19 / 100)
    stated: dict[str, Any] = {
        "lines_net": nets,
        "allowances": None,
        "charges": money(charge) or None,
        "without_tax": without_tax,
        "tax": tax,
        "tax_in_accounting_currency": None,
        "with_tax": without_tax + tax,
        "prepaid": None,
        "rounding": None,
        "payable": without_tax + tax,
    }
    return Totals.model_validate({**stated, **changes})


def invoice(*lines: InvoiceLine, charge: str = "0", **changes: Any) -> Invoice:
    """An e-invoice over PO-1, in EUR, from the supplier of `supplier()`."""
    lines = lines or (line(),)
    sums = totals(*lines, charge=charge)
    category = TaxCategory(code="S", rate=money(19))
    adjustments = [{"charge": True, "amount": money(charge), "reason": "Freight", "tax": category}]
    stated: dict[str, Any] = {
        **dict.fromkeys(Invoice.model_fields),
        "syntax": "ubl",
        "credit_note": False,
        "number": "RE-4711",
        "issue_date": ISSUED,
        "currency": "EUR",
        "seller": Party(name="Acme GmbH", vat_id="DE123456789"),
        "buyer": Party(name="Nordlicht GmbH", vat_id="DE987654321"),
        "payment_means": (PaymentMeans(code="58", account=ACCOUNT),),
        "order_ref": "PO-1",
        "preceding": (),
        "lines": lines,
        "allowances_charges": adjustments if money(charge) else (),
        "tax_breakdown": (TaxSubtotal(taxable=sums.without_tax, tax=sums.tax, category=category),),
        "totals": sums,
    }
    return Invoice.model_validate({**stated, **changes})


def supplier(**changes: Any) -> Supplier:
    known: dict[str, Any] = {
        "id": "S1",
        "name": "Acme GmbH",
        "vat_id": "DE123456789",
        "currency": "EUR",
        "account": ACCOUNT,
        "email": "billing@acme.example",
        "sender_domains": ("acme.example",),
        "default_account": "4900",
        "default_cost_centre": "100",
    }
    return Supplier.model_validate({**known, **changes})


def order_line(ident: str = "1", /, quantity: str = "10", price: str = "20", **changes: Any) -> OrderLine:
    placed: dict[str, Any] = {
        "id": ident,
        "item": f"ITEM-{ident}",
        "description": f"Part {ident}",
        "quantity": money(quantity),
        "unit": "C62",
        "unit_price": money(price),
        "account": "5400",
        "cost_centre": "4100",
    }
    return OrderLine.model_validate({**placed, **changes})


def order(*lines: OrderLine, **changes: Any) -> PurchaseOrder:
    placed: dict[str, Any] = {
        "id": "PO-1",
        "supplier_id": "S1",
        "currency": "EUR",
        "order_date": date(2026, 9, 1),
        "open": True,
        "three_way": True,
        "lines": lines or (order_line(),),
    }
    return PurchaseOrder.model_validate({**placed, **changes})


def received(order_line_id: str = "1", quantity: str = "10", rejected: str = "0") -> GoodsReceipt:
    return GoodsReceipt(
        id=f"GR-{order_line_id}",
        order_id="PO-1",
        order_line=order_line_id,
        received=money(quantity),
        rejected=money(rejected),
        on=date(2026, 10, 1),
    )


def bill(number: str = "RE-4711", *, of: str = "1", quantity: str = "10", net: str = "200", **changes: Any) -> Bill:
    posted: dict[str, Any] = {
        "id": f"B-{number}",
        "supplier_id": "S1",
        "invoice_number": number,
        "credit_note": False,
        "issue_date": ISSUED,
        "currency": "EUR",
        "net": money(net),
        "tax": rounded(money(net) * 19 / 100),
        "payable": rounded(money(net) * 119 / 100),
        "document": "0" * 64,
        "lines": (BilledLine(order_id="PO-1", order_line=of, quantity=money(quantity), net=money(net)),),
        "status": "posted",
    }
    return Bill.model_validate({**posted, **changes})


def dossier(**changes: Any) -> Dossier:
    """Everything on file for the invoice as built: it goes straight through."""
    on_file: dict[str, Any] = {
        "supplier": supplier(),
        "order": order(),
        "receipts": (received(),),
        "bills": (),
        "open_orders": (),
    }
    return Dossier.model_validate({**on_file, **changes})
