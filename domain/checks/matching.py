"""Does the order, and what was accepted of it, cover what is billed.

An invoice line is judged by its net amount and quantity, so that price base quantities and line allowances are in its
price; several lines on one order line are judged together. A match without findings means, whatever units the parties
wrote: of each order line no more is billed than was ordered and, three-way, accepted; at the order's price within the
lower of the two price tolerances; and beyond the order's lines no more than the header tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.checks.drawdowns import Drawdown, drawdowns_on
from domain.checks.figures import counted, exact, fitting, shown
from domain.checks.overrun import overrun
from domain.checks.pairing import pair_lines
from domain.findings import CurrencyDiffers, Finding, OverReceived, PriceVariance, QuantityVariance, ShortReceipt
from domain.invoice import Invoice
from domain.purchasing import Bill, BilledLine, GoodsReceipt, PurchaseOrder
from domain.tolerances import Tolerances
from domain.values import Frozen


class Match(Frozen):
    """What a bill takes from each order line, and what stands against it."""

    lines: tuple[BilledLine, ...]
    findings: tuple[Finding, ...]


@exact()
def match(
    invoice: Invoice,
    order: PurchaseOrder,
    receipts: Sequence[GoodsReceipt],
    bills: Sequence[Bill],
    tolerances: Tolerances,
) -> Match:
    """Hold an invoice against its order; `bills` are the supplier's earlier ones."""
    pairs = pair_lines(invoice.lines, order.lines)
    drawdowns = drawdowns_on(order, pairs, receipts, bills)
    findings: list[Finding] = []
    for drawdown in drawdowns:
        findings += [*_against_order(drawdown, tolerances), *_against_receipt(drawdown, tolerances)]
    if invoice.currency is not None and invoice.currency != order.currency:
        said = f"The invoice is in {invoice.currency}, order {order.id} in {order.currency}."
        findings.insert(0, CurrencyDiffers(said=said, invoice_currency=invoice.currency, order_currency=order.currency))
    else:
        findings += [finding for drawdown in drawdowns for finding in _against_price(drawdown, tolerances)]
        findings += overrun(invoice, order, pairs, drawdowns, tolerances)
    return Match(lines=tuple(drawdown.as_billed() for drawdown in drawdowns), findings=tuple(findings))


def _against_order(drawdown: Drawdown, tolerances: Tolerances) -> Iterator[QuantityVariance]:
    """This invoice alone bills more than the whole order line; what earlier bills used up is for `overrun`."""
    ordered, billed = drawdown.order_line.quantity, drawdown.quantity
    if billed > ordered + tolerances.quantity:
        said = f"Line {drawdown.invoice_lines} bills {counted(billed)}, {counted(ordered)} are ordered."
        yield QuantityVariance(
            said=said,
            invoice_line=drawdown.invoice_lines,
            order_line=drawdown.order_line.id,
            ordered=ordered,
            billed=fitting(billed),
        )


def _against_receipt(drawdown: Drawdown, tolerances: Tolerances) -> Iterator[ShortReceipt | OverReceived]:
    """More is billed, by this invoice and before, than was accepted: one finding, of the kind its owner can act on."""
    ordered, accepted = drawdown.order_line.quantity, drawdown.accepted
    if drawdown.quantity <= 0 or accepted is None or drawdown.billed <= accepted + tolerances.quantity:
        return
    said = f"Line {drawdown.invoice_lines} brings the billed quantity to {counted(drawdown.billed)}"
    said += f"; {counted(ordered)} are ordered, {counted(accepted)} were accepted."
    lines, order_line, came = drawdown.invoice_lines, drawdown.order_line.id, fitting(accepted)
    if drawdown.billed >= ordered > accepted:
        yield ShortReceipt(said=said, invoice_line=lines, order_line=order_line, ordered=ordered, accepted=came)
    else:
        billed = fitting(drawdown.billed)
        yield OverReceived(said=said, invoice_line=lines, order_line=order_line, billed=billed, received=came)


def _against_price(drawdown: Drawdown, tolerances: Tolerances) -> Iterator[PriceVariance]:
    """The net amount above the order's price, over the whole order line; billing less is never held."""
    price, at_stake = drawdown.order_line.unit_price, drawdown.net - drawdown.expected
    allowed = min(abs(drawdown.expected) * tolerances.price_percent / 100, tolerances.price_absolute)
    if at_stake <= allowed:
        return
    billed_price = fitting(drawdown.net / drawdown.quantity if drawdown.quantity else drawdown.net)
    said = f"Line {drawdown.invoice_lines} is billed at {shown(billed_price)} where the order says {shown(price)}: "
    said += f"{shown(at_stake)} above, {shown(allowed)} allowed."
    yield PriceVariance(
        said=said,
        invoice_line=drawdown.invoice_lines,
        order_line=drawdown.order_line.id,
        order_price=price,
        invoice_price=billed_price,
        at_stake=fitting(at_stake),
    )
