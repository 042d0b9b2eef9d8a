"""All checks of an invoice against what is on file: pure, and total, whatever the document leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from domain.checks.arithmetic import totals_violations
from domain.checks.booking import coding_of
from domain.checks.completeness import missing_fields, missing_terms
from domain.checks.crediting import match_credit
from domain.checks.dossier import Dossier, order_names
from domain.checks.duplicates import find_duplicate, voided_before
from domain.checks.matching import Match, match
from domain.checks.standing import standing
from domain.checks.tax import tax_beyond, tax_violations
from domain.checks.tax_form import tax_form_violations
from domain.findings import (
    CodingMissing,
    DuplicateFound,
    ExceptionCode,
    Finding,
    NoOrder,
    TaxVariance,
    TotalsWrong,
    UnknownOrder,
)
from domain.invoice import Invoice
from domain.purchasing import BilledLine, Coding, Supplier
from domain.text import show
from domain.tolerances import Tolerances
from domain.values import Frozen

CATALOGUE: tuple[ExceptionCode, ...] = get_args(ExceptionCode)
SENTENCES = 3
"""Broken rules that a finding says in full; it names them all."""


class Examination(Frozen):
    """What was found, most severe first, and what would be posted."""

    findings: tuple[Finding, ...]
    order_id: str | None
    lines: tuple[BilledLine, ...]
    coding: tuple[Coding, ...]
    earlier_bills: int
    """How many bills with this number were posted and voided before."""


def examine(invoice: Invoice, dossier: Dossier, *, sender: str | None, tolerances: Tolerances) -> Examination:
    """Run every check; an invoice that is already posted is only that."""
    supplier = dossier.supplier
    earlier = voided_before(invoice, supplier, dossier.bills)
    duplicate = find_duplicate(invoice, supplier, dossier.bills)
    if isinstance(duplicate, DuplicateFound):
        return Examination(findings=(duplicate,), order_id=None, lines=(), coding=(), earlier_bills=earlier)
    found = [*missing_fields(invoice), *_totals(invoice), *_tax(invoice, tolerances)]
    found += [*standing(invoice, supplier, sender), *([duplicate] if duplicate else [])]
    matched = _matched(invoice, dossier, tolerances)
    coding = _coding(invoice, dossier, matched, supplier)
    found += [*matched.findings, *_purchase(invoice, dossier, coding)]
    return Examination(
        findings=tuple(sorted(found, key=_severity)),
        order_id=dossier.order.id if dossier.order else None,
        lines=matched.lines,
        coding=coding,
        earlier_bills=earlier,
    )


def _severity(finding: Finding) -> tuple[bool, bool, int]:
    """What nobody may release comes first, what lets the bill post last; between equals the catalogue decides."""
    return finding.posting_allowed, finding.releasable, CATALOGUE.index(finding.code)


def _totals(invoice: Invoice) -> Iterator[TotalsWrong]:
    """A total that is not stated is a missing field, not a wrong one."""
    missing = missing_terms(invoice)
    broken = [each for each in totals_violations(invoice) if each.computed is not None and each.field not in missing]
    if broken:
        said = " ".join(each.said for each in broken[:SENTENCES])
        yield TotalsWrong(said=said, rules=tuple(dict.fromkeys(each.rule for each in broken)))


def _tax(invoice: Invoice, tolerances: Tolerances) -> Iterator[TaxVariance]:
    """How tax is stated is judged on e-invoices with lines only: plain text and header-only profiles cannot say it."""
    broken = [*tax_violations(invoice), *tax_beyond(invoice, tolerances)]
    if invoice.syntax == "text":
        broken = [each for each in broken if not each.rule.startswith("BR-") or each.rule == "BR-CO-17"]
    elif invoice.lines:
        broken += tax_form_violations(invoice)
    if broken:
        said = " ".join(dict.fromkeys(each.said for each in broken[:SENTENCES]))
        yield TaxVariance(said=said, rules=tuple(dict.fromkeys(each.rule for each in broken)))


def _matched(invoice: Invoice, dossier: Dossier, tolerances: Tolerances) -> Match:
    if dossier.supplier and invoice.credit_note:
        return match_credit(invoice, dossier.order, dossier.bills)
    if dossier.supplier and dossier.order:
        return match(invoice, dossier.order, dossier.receipts, dossier.bills, tolerances)
    return Match(lines=(), findings=())


def _coding(invoice: Invoice, dossier: Dossier, matched: Match, supplier: Supplier | None) -> tuple[Coding, ...]:
    net = invoice.totals.without_tax
    return coding_of(net, dossier.order, matched.lines, supplier) if supplier and net is not None else ()


def _purchase(invoice: Invoice, dossier: Dossier, coding: tuple[Coding, ...]) -> Iterator[Finding]:
    """Whose purchase it is; without a supplier that is not asked yet."""
    if dossier.supplier is None:
        return
    names = order_names(invoice)
    if names and dossier.order is None:
        named = show(", ".join(names), 120)
        said = f"Order {named} is not on file for {dossier.supplier.name}."
        if len(names) > 1:
            said = f"The lines name several orders, {named}; an invoice is matched to one."
        yield UnknownOrder(said=said, order_ref=named)
    elif not names and not invoice.credit_note:
        yield NoOrder(said="The invoice names no order.")
    if not coding and invoice.totals.without_tax is not None:
        where = "its order" if dossier.order else dossier.supplier.name
        yield CodingMissing(said=f"No account and cost centre are on file for {where}.")
