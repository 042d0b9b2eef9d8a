"""Is the tax what category, base and rate give: BR-CO-17 and, by VAT category, BR-*-08 and BR-*-09 of EN 16931.

The official rules let a tax amount be off by less than 1 in any currency. Buyers are stricter: `tax-per-line` holds it
to the tolerance, `tax-base` holds the bases to the total they divide, and `tax-rate` stops a rate that exists nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.checks.figures import ZERO, counted, exact, fitting, rounded, shown, total
from domain.checks.tax_category import CATEGORIES, CategoryRules
from domain.checks.violation import Violation, mismatch, unequal
from domain.invoice import Invoice, TaxCategory, TaxSubtotal
from domain.tolerances import Tolerances

OFFICIAL_SLACK = Decimal(1)
HIGHEST_RATE = Decimal(27)
"""The highest standard rate in the Union (Hungary; Directive 2006/112/EC sets no upper limit)."""


@exact()
def tax_violations(invoice: Invoice) -> tuple[Violation, ...]:
    """The official rules on tax amounts and bases that the invoice breaks."""
    found: list[Violation] = []
    for row in invoice.tax_breakdown:
        found += _amount_by_rate(row)
        rules = CATEGORIES.get(row.category.code or "")
        if rules is not None:
            found += [*_base(invoice, row, rules), *_amount(row, rules)]
    return tuple(found)


@exact()
def tax_beyond(invoice: Invoice, tolerances: Tolerances) -> tuple[Violation, ...]:
    """Where the tax is off by more than the tolerance, for every line that it is on, or stands on no base."""
    found = [each for row in invoice.tax_breakdown for each in _beyond(invoice, row, tolerances.tax_per_line)]
    if invoice.tax_breakdown and invoice.totals.without_tax is not None:
        computed = total(row.taxable for row in invoice.tax_breakdown)
        if abs(computed - invoice.totals.without_tax) >= OFFICIAL_SLACK:
            stated, source = invoice.totals.without_tax, "the sum of the taxable amounts"
            found.append(mismatch("tax-base", "BT-109", stated=stated, computed=computed, source=source))
    if not invoice.tax_breakdown:
        found += _by_lines(invoice, tolerances.tax_per_line)
    return tuple(found)


def _amount_by_rate(row: TaxSubtotal) -> Iterator[Violation]:
    """BR-CO-17, including its official reading that a rate below 0.5 % gives a tax below 0.5."""
    rate = row.category.rate
    if rate is None or rounded(rate, 0) == 0:
        if row.tax is None or rounded(row.tax, 0) != 0:
            yield mismatch("BR-CO-17", "BT-117", stated=row.tax, computed=ZERO, source="a rate of nothing")
    elif not _near(row, rate):
        yield _off("BR-CO-17", row)


def _amount(row: TaxSubtotal, rules: CategoryRules) -> Iterator[Violation]:
    """BR-*-09."""
    rule = f"BR-{rules.prefix}-09"
    if not rules.taxed:
        yield from unequal(rule, "BT-117", stated=row.tax, computed=ZERO, source=f"the category {rules.name}")
    elif row.category.rate is None or not _near(row, row.category.rate):
        yield _off(rule, row)


def _near(row: TaxSubtotal, rate: Decimal) -> bool:
    if row.taxable is None or row.tax is None:
        return False
    return abs(abs(row.tax) - rounded(abs(row.taxable) * rate / 100)) < OFFICIAL_SLACK


def _off(rule: str, row: TaxSubtotal) -> Violation:
    rate, base = row.category.rate, row.taxable
    computed = None if rate is None or base is None else rounded(base * rate / 100)
    source = f"{shown(base)} at {'no rate' if rate is None else counted(rate) + ' %'}"
    return mismatch(rule, "BT-117", stated=row.tax, computed=computed, source=source)


def _base(invoice: Invoice, row: TaxSubtotal, rules: CategoryRules) -> Iterator[Violation]:
    """BR-*-08: exact where no tax is due; by rate and off by less than 1 where it is."""
    rate = row.category.rate
    if rules.taxed and rate is None:
        return
    apart = rate if rules.taxed else None
    computed, carriers = _carried_base(invoice, row.category.code, apart)
    rule, source = f"BR-{rules.prefix}-08", f"what is {rules.name}"
    slack = OFFICIAL_SLACK if rules.taxed else ZERO
    gap = None if row.taxable is None else abs(row.taxable - computed)
    if not carriers or gap is None or (gap and gap >= slack):
        yield mismatch(rule, "BT-116", stated=row.taxable, computed=computed, source=source)


def _carried_base(invoice: Invoice, code: str | None, rate: Decimal | None) -> tuple[Decimal, bool]:
    """Line nets plus charges less allowances of one category, and whether anything can carry it."""
    lines = [line for line in invoice.lines if _is(line.tax, code, rate)]
    others = [each for each in invoice.allowances_charges if _is(each.tax, code, rate)]
    signed = (each.amount if each.charge or each.amount is None else -each.amount for each in others)
    carriers = bool(lines or others) if code == "S" else bool(invoice.lines)
    return total(line.net_amount for line in lines) + total(signed), carriers


def _is(tax: TaxCategory | None, code: str | None, rate: Decimal | None) -> bool:
    return tax is not None and tax.code == code and (rate is None or tax.rate == rate)


def _beyond(invoice: Invoice, row: TaxSubtotal, per_line: Decimal) -> Iterator[Violation]:
    rate = row.category.rate
    if rate is None or row.taxable is None or row.tax is None:
        return
    lines = sum(_is(line.tax, row.category.code, rate) for line in invoice.lines)
    if abs(row.tax - row.taxable * rate / 100) > per_line * max(lines, 1):
        yield _off("tax-per-line", row)
    yield from _unheard_of(rate)


def _by_lines(invoice: Invoice, per_line: Decimal) -> Iterator[Violation]:
    """Plain text gives rates on lines and no breakdown: the tax is then what the lines add up to."""
    rates = [(line.net_amount, line.tax.rate) for line in invoice.lines if line.tax]
    stated = invoice.totals.tax or ZERO
    computed = total(net * rate / 100 for net, rate in rates if net is not None and rate is not None)
    if abs(stated - computed) > per_line * max(len(invoice.lines), 1):
        yield mismatch("tax-per-line", "BT-110", stated=stated, computed=rounded(computed), source="the lines' rates")
    for rate in sorted({rate for _, rate in rates if rate is not None}):
        yield from _unheard_of(rate)


def _unheard_of(rate: Decimal) -> Iterator[Violation]:
    if rate > HIGHEST_RATE:
        said = f"A rate of {counted(rate)} % is above the highest in force, {counted(HIGHEST_RATE)} %."
        yield Violation(rule="tax-rate", field="BT-119", said=said, stated=fitting(rate), computed=HIGHEST_RATE)
