"""Do the totals add up: the calculations of EN 16931 (BR-CO-10 to 16) and of its lines, as the official rules run them.

The official rules compare with the figures rounded to two decimals, and treat a missing operand as a violation. Three
rules are not among them: the line net amount (PEPPOL-EN16931-R120), for Peppol, XRechnung and plain text only, since
EN 16931 leaves it open and its own examples break it; `payable-above-total`, without which a negative
prepayment or a large "rounding" would raise what is paid while every official rule holds; and `payable-below-zero`,
since no bill is posted and no limit is compared below zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.checks.figures import ZERO, exact, rounded, shown, total
from domain.checks.identifiers import line_name
from domain.checks.violation import Violation, mismatch, unequal
from domain.invoice import AllowanceCharge, Invoice, InvoiceLine, Totals

LINE_SLACK = Decimal("0.02")
"""What PEPPOL-EN16931-R120 lets a line net amount be off."""
ROUNDING_LIMIT = Decimal(1)
"""The most that rounding the amount due may add, in any currency in use with EN 16931."""


@exact()
def totals_violations(invoice: Invoice) -> tuple[Violation, ...]:
    """The calculation rules that the invoice breaks, document totals first."""
    found = [*_tax_total(invoice), *_grand_total(invoice)]
    if _has_totals(invoice.totals):
        found = [*_sums(invoice), *_total_without_tax(invoice.totals), *found, *_amount_due(invoice.totals)]
    if invoice.syntax == "text" or re.search("peppol|xrechnung", invoice.profile or "", re.IGNORECASE):
        for position, line in enumerate(invoice.lines, start=1):
            found += _line_net(line, line_name(line, position))
    return tuple(found)


def _has_totals(totals: Totals) -> bool:
    stated = totals.model_dump(exclude={"tax", "tax_in_accounting_currency"})
    return any(figure is not None for figure in stated.values())


def _sums(invoice: Invoice) -> Iterator[Violation]:
    """BR-CO-10, BR-CO-11 and BR-CO-12: the sums of lines, allowances and charges."""
    totals = invoice.totals
    lines_net = rounded(total(line.net_amount for line in invoice.lines))
    source = "the sum of the line net amounts"
    yield from unequal("BR-CO-10", "BT-106", stated=totals.lines_net, computed=lines_net, source=source)
    allowances = [each for each in invoice.allowances_charges if not each.charge]
    yield from _adjustments("BR-CO-11", "BT-107", totals.allowances, allowances)
    charges = [each for each in invoice.allowances_charges if each.charge]
    yield from _adjustments("BR-CO-12", "BT-108", totals.charges, charges)


def _adjustments(
    rule: str, field: str, stated: Decimal | None, adjustments: list[AllowanceCharge]
) -> Iterator[Violation]:
    if stated is None and not adjustments:
        return
    computed = rounded(total(each.amount for each in adjustments))
    yield from unequal(rule, field, stated=stated, computed=computed, source="the sum on document level")


def _total_without_tax(totals: Totals) -> Iterator[Violation]:
    """BR-CO-13."""
    computed = totals.lines_net
    if computed is not None and (totals.allowances is not None or totals.charges is not None):
        computed = rounded(computed - (totals.allowances or ZERO) + (totals.charges or ZERO))
    source = "lines less allowances plus charges"
    yield from unequal("BR-CO-13", "BT-109", stated=totals.without_tax, computed=computed, source=source)


def _tax_total(invoice: Invoice) -> Iterator[Violation]:
    """BR-CO-14; the CII rules judge a VAT total only where there is one."""
    if not invoice.tax_breakdown or (invoice.totals.tax is None and invoice.syntax != "ubl"):
        return
    computed = rounded(total(row.tax for row in invoice.tax_breakdown))
    source = "the sum of the VAT breakdown"
    yield from unequal("BR-CO-14", "BT-110", stated=invoice.totals.tax, computed=computed, source=source)


def _grand_total(invoice: Invoice) -> Iterator[Violation]:
    """BR-CO-15; the CII rules let the VAT total be absent where it adds nothing, the UBL rules do not."""
    totals = invoice.totals
    if invoice.currency is None:
        return
    tax = totals.tax
    if tax is None and invoice.syntax != "ubl" and totals.with_tax == totals.without_tax:
        tax = ZERO
    computed = None if totals.without_tax is None or tax is None else rounded(totals.without_tax + tax)
    source = "total without VAT plus VAT"
    yield from unequal("BR-CO-15", "BT-112", stated=totals.with_tax, computed=computed, source=source)


def _amount_due(totals: Totals) -> Iterator[Violation]:
    """BR-CO-16, and the amount due against the total."""
    computed, stated = totals.with_tax, totals.payable
    if computed is not None and totals.prepaid is not None:
        computed = rounded(computed - totals.prepaid)
    if stated is not None and totals.rounding is not None:
        stated = rounded(stated - totals.rounding)
    if stated is None or stated != computed:
        due = None if computed is None else computed + (totals.rounding or ZERO)
        source = "total with VAT less prepaid plus rounding"
        yield mismatch("BR-CO-16", "BT-115", stated=totals.payable, computed=due, source=source)
    else:
        yield from _plausible(totals)


def _plausible(totals: Totals) -> Iterator[Violation]:
    due, most = totals.payable, totals.with_tax
    if due is None or most is None:
        return
    if due < 0:
        said = f"The amount due of {shown(due)} is below zero: what is given back takes a credit note."
        yield Violation(rule="payable-below-zero", field="BT-115", said=said, stated=due, computed=ZERO)
    elif due > most + ROUNDING_LIMIT:
        said = f"The amount due of {shown(due)} is above the total with VAT of {shown(most)}."
        yield Violation(rule="payable-above-total", field="BT-115", said=said, stated=due, computed=most)


def _line_net(line: InvoiceLine, name: str) -> Iterator[Violation]:
    """PEPPOL-EN16931-R120: quantity x price / base quantity, plus charges, less allowances."""
    if line.quantity is None or line.net_price is None or line.net_amount is None or line.price_base == 0:
        return
    signed = (each.amount if each.charge or each.amount is None else -each.amount for each in line.allowances_charges)
    computed = line.quantity * line.net_price / (line.price_base or 1) + total(signed)
    if abs(line.net_amount - computed) > LINE_SLACK:
        rule, field = "PEPPOL-EN16931-R120", f"line {name} BT-131"
        yield mismatch(rule, field, stated=line.net_amount, computed=rounded(computed), source="quantity x price")
