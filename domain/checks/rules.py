"""All rules of EN 16931 that are checked here, and the ones on the form of the document: BR-CO-19 to 26."""

from __future__ import annotations

from collections.abc import Iterator

from domain.checks.arithmetic import totals_violations
from domain.checks.tax import tax_violations
from domain.checks.tax_form import tax_form_violations
from domain.checks.violation import Violation
from domain.invoice import AllowanceCharge, Invoice


def violations(invoice: Invoice) -> tuple[Violation, ...]:
    """Every rule the invoice breaks: totals, tax, how tax is stated, form."""
    return (
        *totals_violations(invoice),
        *tax_violations(invoice),
        *tax_form_violations(invoice),
        *form_violations(invoice),
    )


def form_violations(invoice: Invoice) -> tuple[Violation, ...]:
    """BR-CO-19 to 24 and 26: neither what is owed nor its tax depends on them, so that they stop no invoice."""
    return (*_periods(invoice), *_reasons(invoice), *_seller(invoice))


def _periods(invoice: Invoice) -> Iterator[Violation]:
    period = invoice.period
    if period is not None and period.start is None and period.end is None and invoice.tax_point_code is None:
        yield Violation(rule="BR-CO-19", field="BG-14", said="The invoicing period has neither start nor end.")
    for line in invoice.lines:
        if line.period is not None and line.period.start is None and line.period.end is None:
            yield Violation(rule="BR-CO-20", field="BG-26", said="A line's period has neither start nor end.")


def _reasons(invoice: Invoice) -> Iterator[Violation]:
    for each in invoice.allowances_charges:
        yield from _unexplained(each, "BR-CO-22" if each.charge else "BR-CO-21")
    for each in (each for line in invoice.lines for each in line.allowances_charges):
        yield from _unexplained(each, "BR-CO-24" if each.charge else "BR-CO-23")


def _unexplained(each: AllowanceCharge, rule: str) -> Iterator[Violation]:
    if each.reason is None and each.reason_code is None:
        kind, field = ("charge", "BT-104") if each.charge else ("allowance", "BT-97")
        yield Violation(rule=rule, field=field, said=f"There is no reason for {kind} of {each.amount or 'no amount'}.")


def _seller(invoice: Invoice) -> Iterator[Violation]:
    seller = invoice.seller
    if not (seller.vat_id or seller.legal_id or seller.identifiers):
        said = "The seller has no VAT identifier, legal registration or other identifier."
        yield Violation(rule="BR-CO-26", field="BT-31", said=said)
