"""Does the document state what posting needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from domain.checks.identifiers import line_name
from domain.findings import MissingField
from domain.invoice import Invoice

TERMS = {
    "BT-1": "number",
    "BT-2": "issue date",
    "BT-5": "currency",
    "BT-27": "seller",
    "BG-25": "lines",
    "BT-106": "sum of line net amounts",
    "BT-109": "total without VAT",
    "BT-110": "VAT total",
    "BT-112": "total with VAT",
    "BT-115": "amount due",
}

NAMED = 5
"""Lines that a finding names; it counts the rest."""


def missing_terms(invoice: Invoice) -> frozenset[str]:
    """The business terms that posting needs and the document leaves out; a blank text is left out too."""
    totals, seller = invoice.totals, invoice.seller
    stated = {
        "BT-1": (invoice.number or "").strip(),
        "BT-2": invoice.issue_date,
        "BT-5": invoice.currency,
        "BT-27": (seller.name or seller.vat_id or seller.tax_registration or "").strip(),
        "BG-25": invoice.lines or None,
        "BT-106": totals.lines_net,
        "BT-109": totals.without_tax,
        "BT-110": totals.with_tax if totals.tax is None and totals.with_tax == totals.without_tax else totals.tax,
        "BT-112": totals.with_tax,
        "BT-115": totals.payable,
    }
    return frozenset(term for term, value in stated.items() if value is None or value == "")


def missing_fields(invoice: Invoice) -> Iterator[MissingField]:
    """One finding that names all that is missing, on lines too."""
    missing = missing_terms(invoice)
    fields = [f"{name} ({term})" for term, name in TERMS.items() if term in missing]
    fields += [f"quantity of {name} (BT-129)" for name in _lines(invoice, "quantity")]
    fields += [f"net amount of {name} (BT-131)" for name in _lines(invoice, "net_amount")]
    if fields:
        yield MissingField(said=f"The document does not state: {', '.join(fields)}.", fields=tuple(fields))


def _lines(invoice: Invoice, field: Literal["quantity", "net_amount"]) -> list[str]:
    """The lines that leave a field out: by name, and the rest as a count."""
    lines = enumerate(invoice.lines, start=1)
    names = [f"line {line_name(line, position)}" for position, line in lines if getattr(line, field) is None]
    return names if len(names) <= NAMED else [*names[:NAMED], f"{len(names) - NAMED} more lines"]
