"""Is the VAT treatment stated consistently: EN 16931 BR-*-01 to 07 and 10, BR-O-11 to 14, BR-CO-03, 04, 09 and 18."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.checks.countries import VAT_PREFIXES
from domain.checks.identifiers import line_name
from domain.checks.tax_category import CARRIERS, CATEGORIES, Carrier, CategoryRules, carried
from domain.checks.violation import Violation
from domain.invoice import Invoice, TaxCategory
from domain.text import show


def tax_form_violations(invoice: Invoice) -> tuple[Violation, ...]:
    """The rules on how VAT is stated that the invoice breaks."""
    found = [*_document(invoice), *_prefixes(invoice), *_reasons(invoice), *_unmixed(invoice)]
    for carrier, where, tax in carried(invoice):
        rules = CATEGORIES.get(tax.code or "")
        if rules is not None and not _rate_fits(tax.rate, rules):
            said = f"A category {rules.name} asks for a rate that is {rules.rate}."
            number = 5 + CARRIERS.index(carrier)
            found.append(Violation(rule=f"BR-{rules.prefix}-{number:02}", field=where, said=said))
    for code, rules in CATEGORIES.items():
        found += [*_in_breakdown(invoice, code, rules), *_identified(invoice, code, rules)]
    return tuple(found)


def _document(invoice: Invoice) -> Iterator[Violation]:
    if invoice.tax_point_date is not None and invoice.tax_point_code is not None:
        said = "The VAT point is given as a date and as a code, which exclude each other."
        yield Violation(rule="BR-CO-03", field="BT-7", said=said)
    if not invoice.tax_breakdown:
        yield Violation(rule="BR-CO-18", field="BG-23", said="There is no VAT breakdown.")
    for position, line in enumerate(invoice.lines, start=1):
        if line.tax is None or line.tax.code is None:
            where = f"line {line_name(line, position)} BT-151"
            yield Violation(rule="BR-CO-04", field=where, said="A line has no VAT category.")


def _prefixes(invoice: Invoice) -> Iterator[Violation]:
    """BR-CO-09."""
    parties = {"BT-31": invoice.seller, "BT-48": invoice.buyer, "BT-63": invoice.tax_representative}
    for field, party in parties.items():
        if party is not None and party.vat_id and party.vat_id[:2] not in VAT_PREFIXES:
            said = f"The VAT identifier {show(party.vat_id, 30)} does not begin with a country code."
            yield Violation(rule="BR-CO-09", field=field, said=said)


def _rate_fits(rate: Decimal | None, rules: CategoryRules) -> bool:
    """BR-*-05, 06 and 07."""
    if rate is None or rules.rate == "absent":
        return rate is None and rules.rate == "absent"
    return {"above zero": rate > 0, "zero or above": rate >= 0, "zero": rate == 0}[rules.rate]


def _reasons(invoice: Invoice) -> Iterator[Violation]:
    """BR-*-10."""
    for tax in (row.category for row in invoice.tax_breakdown):
        rules = CATEGORIES.get(tax.code or "")
        given = tax.exemption_reason is not None or tax.exemption_code is not None
        if rules is not None and given != rules.exempt:
            said = f"A category {rules.name} {'needs' if rules.exempt else 'takes no'} exemption reason."
            yield Violation(rule=f"BR-{rules.prefix}-10", field="BT-120", said=said)


def _in_breakdown(invoice: Invoice, code: str, rules: CategoryRules) -> Iterator[Violation]:
    """BR-*-01: what is used is broken down, once where it has one rate; what is broken down with rates is used."""
    used = any(tax.code == code for _, _, tax in carried(invoice))
    rows = sum(row.category.code == code for row in invoice.tax_breakdown)
    if (used != (rows > 0)) if rules.taxed else (rows > 1 or (used and rows == 0)):
        said = f"The category {rules.name} is on {'some' if used else 'no'} line but {rows} times in the VAT breakdown."
        yield Violation(rule=f"BR-{rules.prefix}-01", field="BT-118", said=said)


def _identified(invoice: Invoice, code: str, rules: CategoryRules) -> Iterator[Violation]:
    """BR-*-02, 03 and 04."""
    if _seller_fits(invoice, rules) and _buyer_fits(invoice, rules):
        return
    carriers: set[Carrier] = {carrier for carrier, _, tax in carried(invoice) if tax.code == code}
    for number, carrier in enumerate(CARRIERS, start=2):
        if carrier in carriers:
            said = f"The identifiers of seller and buyer do not fit a {carrier} that is {rules.name}."
            yield Violation(rule=f"BR-{rules.prefix}-{number:02}", field="BT-31", said=said)


def _seller_fits(invoice: Invoice, rules: CategoryRules) -> bool:
    seller, representative = invoice.seller, invoice.tax_representative
    vat = bool(seller.vat_id or (representative and representative.vat_id))
    return {"any": vat or bool(seller.tax_registration), "vat": vat, "none": not vat}[rules.seller]


def _buyer_fits(invoice: Invoice, rules: CategoryRules) -> bool:
    vat = bool(invoice.buyer.vat_id)
    legal = bool(invoice.buyer.legal_id)
    return {"optional": True, "vat or legal": vat or legal, "vat": vat, "none": not vat}[rules.buyer]


def _unmixed(invoice: Invoice) -> Iterator[Violation]:
    """BR-O-11 to 14: what is not subject to VAT stands alone."""
    rows = [row.category for row in invoice.tax_breakdown]
    if not any(tax.code == "O" for tax in rows):
        return
    if any(_other(tax) for tax in rows):
        yield Violation(rule="BR-O-11", field="BT-118", said="Not subject to VAT is mixed with another category.")
    mixed = {carrier for carrier, _, tax in carried(invoice) if _other(tax)}
    for number, carrier in enumerate(CARRIERS, start=12):
        if carrier in mixed:
            said = f"A {carrier} is subject to VAT on an invoice that is not."
            yield Violation(rule=f"BR-O-{number}", field="BT-118", said=said)


def _other(tax: TaxCategory) -> bool:
    return tax.code not in {None, "O"}
