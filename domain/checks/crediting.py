"""Does a credit note give back what was billed: its original bill (BG-3), and the order lines that bill took from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.checks.drawdowns import Drawdown, drawdowns_on
from domain.checks.figures import counted, exact, shown, total
from domain.checks.identifiers import normal_number
from domain.checks.matching import Match
from domain.checks.pairing import pair_lines
from domain.findings import CreditWithoutOriginal
from domain.invoice import Invoice, PrecedingInvoice
from domain.purchasing import Bill, PurchaseOrder
from domain.text import show

NAMED = 3
"""Unknown originals that a finding names."""


def originals(invoice: Invoice, bills: Sequence[Bill]) -> tuple[Bill, ...]:
    """The posted bills that a credit note names, each told by number and, where it is stated, date."""
    found = {bill.id: bill for preceding in invoice.preceding for bill in _named(preceding, bills)}
    return tuple(found.values())


@exact()
def match_credit(invoice: Invoice, order: PurchaseOrder | None, bills: Sequence[Bill]) -> Match:
    """Hold a credit note against its original bills; without an order there are no lines to give back."""
    pairs = pair_lines(invoice.lines, order.lines) if order else ()
    drawdowns = drawdowns_on(order, pairs, (), bills) if order else ()
    reasons = [*_unfounded(invoice, bills), *_more_than_billed(drawdowns)]
    findings = (CreditWithoutOriginal(said=f"{'; '.join(reasons)}."),) if reasons else ()
    return Match(lines=tuple(drawdown.as_billed() for drawdown in drawdowns), findings=findings)


def _named(preceding: PrecedingInvoice, bills: Sequence[Bill]) -> list[Bill]:
    """The one bill; two of the same number without a date are none, since the number alone is no key."""
    number = normal_number(preceding.number)
    of_number = [
        bill
        for bill in bills
        if number == normal_number(bill.invoice_number)
        and (bill.status, bill.credit_note) == ("posted", False)
        and preceding.issue_date in {None, bill.issue_date}
    ]
    return of_number if len(of_number) == 1 else []


def _unfounded(invoice: Invoice, bills: Sequence[Bill]) -> Iterator[str]:
    if not invoice.preceding:
        yield "The credit note names no original invoice"
        return
    unknown = [show(each.number, 40) for each in invoice.preceding if not _named(each, bills)]
    if unknown:
        yield f"No single posted bill is the original invoice {', '.join(unknown[:NAMED])}"
        return
    found = originals(invoice, bills)
    billed, credited = total(bill.payable for bill in found), invoice.totals.payable
    if any(bill.currency != invoice.currency for bill in found):
        yield "The credit note is in another currency than its original"
    elif credited is not None and credited > billed:
        yield f"The credit note gives back {shown(credited)}, its original billed {shown(billed)}"


def _more_than_billed(drawdowns: Sequence[Drawdown]) -> Iterator[str]:
    for drawdown in drawdowns:
        if drawdown.quantity > drawdown.billed_before:
            yield (
                f"Order line {drawdown.order_line.id}: {counted(drawdown.quantity)} are credited, "
                f"{counted(drawdown.billed_before)} are billed and not yet credited"
            )
