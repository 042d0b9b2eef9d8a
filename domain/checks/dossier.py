"""Everything on file that an invoice is held against, gathered before any check runs."""

from __future__ import annotations

from domain.checks.crediting import originals
from domain.checks.identifiers import normal_account
from domain.invoice import Invoice
from domain.ports import Erp
from domain.purchasing import Bill, GoodsReceipt, PurchaseOrder, Supplier
from domain.values import Frozen

NO_ORDER = frozenset({"", "NA", "N/A"})
"""Peppol BIS Billing 3 asks for `NA` as order reference where only a sales order is known."""


class Dossier(Frozen):
    """The supplier, the order with its receipts, and the supplier's bills and open orders; empty without a supplier."""

    supplier: Supplier | None
    order: PurchaseOrder | None
    receipts: tuple[GoodsReceipt, ...]
    bills: tuple[Bill, ...]
    open_orders: tuple[PurchaseOrder, ...]


def order_names(invoice: Invoice) -> tuple[str, ...]:
    """The orders that an invoice names: the document's reference (BT-13), else those of its lines, each once."""
    of_lines = [_stated(line.order_ref) for line in invoice.lines]
    names = [_stated(invoice.order_ref)] if _stated(invoice.order_ref) else of_lines
    return tuple(dict.fromkeys(name for name in names if name))


def _stated(reference: str | None) -> str:
    name = (reference or "").strip()
    return "" if name.upper() in NO_ORDER else name


async def gather(erp: Erp, invoice: Invoice) -> Dossier:
    """Look everything up; an order of another supplier is none."""
    seller = invoice.seller
    supplier = await erp.find_supplier(tax_ids=_spellings(seller.vat_id, seller.tax_registration), name=seller.name)
    if supplier is None:
        return Dossier(supplier=None, order=None, receipts=(), bills=(), open_orders=())
    bills = await erp.bills_of(supplier.id)
    order = await _order(erp, invoice, supplier, bills)
    return Dossier(
        supplier=supplier,
        order=order,
        receipts=await erp.receipts_for(order.id) if order else (),
        bills=bills,
        open_orders=await erp.open_orders(supplier.id),
    )


def _spellings(*tax_ids: str | None) -> tuple[str, ...]:
    """Each identifier as it is written and without spaces and punctuation."""
    given = [each.strip() for each in tax_ids if each and each.strip()]
    return tuple(dict.fromkeys(spelling for each in given for spelling in (each, normal_account(each))))


async def _order(erp: Erp, invoice: Invoice, supplier: Supplier, bills: tuple[Bill, ...]) -> PurchaseOrder | None:
    """The one order that is named; for a credit note that names none, the one that its original was billed on."""
    names = order_names(invoice)
    if not names and invoice.credit_note:
        billed = [line.order_id for bill in originals(invoice, bills) for line in bill.lines]
        names = tuple(dict.fromkeys(billed))
    order = await erp.find_order(names[0]) if len(names) == 1 else None
    return order if order and order.supplier_id == supplier.id else None
