"""Whether a text bears out what somebody claims to have read in it: nothing may be invented, and the sums must hold.

Every figure, date, identifier and name of the invoice must occur in the text, figures and dates by value in any usual
spelling. Each line's quantity at its price must come to its net amount, the lines to the net total (EN 16931 BR-CO-10,
BR-CO-13), the lines' rates to the tax (BR-CO-14, BR-CO-17), net and tax to the amount payable (BR-CO-15, BR-CO-16), all
within a cent a line. An invoice with allowances, with a prepayment, or with a figure that the text leaves unsaid is
therefore not confirmed, though the reading may be right: a person reads it.

What this cannot catch: a figure or date that the text states in another role and that keeps every sum (quantity and
price swapped, the delivery date for the issue date, another number of the letterhead for the order); an ambiguous
spelling (`domain.checks.spellings`) taken the wrong way throughout; a line and its share of the totals left out,
where the text also states the totals without it; and a text that itself lies. The checks against order, receipts and
supplier master come after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from domain.checks.figures import CENT, ZERO, exact, rounded, total
from domain.checks.spellings import figures_in, has_date, plain
from domain.invoice import Invoice, InvoiceLine

HUNDRED = Decimal(100)
SIGNS = {
    "€": {"EUR"},
    "£": {"GBP"},
    "$": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"},
    "¥": {"JPY", "CNY"},
    "zł": {"PLN"},
    "Kč": {"CZK"},
    "kr": {"SEK", "NOK", "DKK", "ISK"},
    "Fr.": {"CHF"},
}
CREDIT_NOTE = r"(?:credit ?(?:note|memo)|gutschrift|stornorechnung|avoir|nota di credito|creditnota)\b"


def unconfirmed(invoice: Invoice, text: str) -> tuple[str, ...]:
    """What the text does not bear out, a sentence each; empty where everything occurs and all sums hold."""
    seen = plain(text)
    with exact():
        return (*_missing_words(invoice, seen), *_missing_figures(invoice, seen), *_wrong_sums(invoice))


def _missing_words(invoice: Invoice, text: str) -> Iterator[str]:
    words = {"invoice number": invoice.number, "seller": invoice.seller.name, "order reference": invoice.order_ref}
    yield from (_absent(role, value) for role, value in words.items() if value is not None and not _has(value, text))
    codes = [("VAT id", invoice.seller.vat_id), ("tax id", invoice.seller.tax_registration)]
    codes += [("payee account", means.account) for means in invoice.payment_means]
    yield from (_absent(role, code) for role, code in codes if code is not None and not _has_code(code, text))
    days = {"issue date": invoice.issue_date, "due date": invoice.due_date}
    yield from (_absent(role, str(day)) for role, day in days.items() if day is not None and not has_date(text, day))
    if not _has_currency(invoice.currency or "", text):
        yield _absent("currency", invoice.currency or "")
    if invoice.credit_note and not re.search(CREDIT_NOTE, text, re.IGNORECASE):
        yield "The text does not call itself a credit note."
    if not invoice.credit_note and re.search(rf"^[^\w\n]{{0,80}}{CREDIT_NOTE}", text, re.IGNORECASE | re.MULTILINE):
        yield "The text is headed as a credit note."


def _missing_figures(invoice: Invoice, text: str) -> Iterator[str]:
    written, words = figures_in(text), _words(text)
    for number, line in enumerate(invoice.lines, start=1):
        name = line.name or ""
        if not _words(name) or not _words(name) <= words:
            yield _absent(f"description of line {number}", name)
        for role, value in _figures_of(line).items():
            if value not in written:
                yield _absent(f"{role} of line {number}", _shown(value))
    totals = invoice.totals
    for role, value in {"net": totals.without_tax, "tax": totals.tax, "total": totals.payable}.items():
        if value not in written:
            yield _absent(role, _shown(value))


def _wrong_sums(invoice: Invoice) -> Iterator[str]:
    totals, lines = invoice.totals, invoice.lines
    for number, line in enumerate(lines, start=1):
        if not _close((line.quantity or ZERO) * (line.net_price or ZERO), line.net_amount, CENT):
            figures = f"{_shown(line.quantity)} at {_shown(line.net_price)}"
            yield f"Line {number}: {figures} do not come to {_shown(line.net_amount)}."
    room = CENT * max(len(lines), 1)
    net = total(line.net_amount for line in lines)
    tax = rounded(total((line.net_amount or ZERO) * _rate(line) / HUNDRED for line in lines))
    payable = total((totals.without_tax, totals.tax))
    if not _close(net, totals.without_tax, room):
        yield f"The lines come to {_shown(net)}, not to the net {_shown(totals.without_tax)}."
    if not _close(tax, totals.tax, room):
        yield f"The lines' tax rates come to {_shown(tax)}, not to the tax {_shown(totals.tax)}."
    if not _close(payable, totals.payable, CENT):
        yield f"Net and tax come to {_shown(payable)}, not to the total {_shown(totals.payable)}."


def _figures_of(line: InvoiceLine) -> dict[str, Decimal | None]:
    return {
        "quantity": line.quantity,
        "unit price": line.net_price,
        "net amount": line.net_amount,
        "tax rate": _rate(line),
    }


def _rate(line: InvoiceLine) -> Decimal:
    return (line.tax.rate if line.tax else None) or ZERO


def _has(claimed: str, text: str) -> bool:
    # Whole identifiers only: 4711 does not occur in INV-4711, nor 2026/12 in 2026/123.
    words = r"\s+".join(map(re.escape, plain(claimed).split()))
    return bool(words) and re.search(rf"(?<!\w)(?<!\w[-/]){words}(?!\w|[-/.]\w)", text, re.IGNORECASE) is not None


def _has_code(claimed: str, text: str) -> bool:
    # Account numbers and tax ids are printed in groups of anybody's choice.
    code = r"[ .-]?".join(map(re.escape, re.findall(r"\w", plain(claimed))))
    return bool(code) and re.search(rf"(?<!\w){code}(?!\w)", text, re.IGNORECASE) is not None


def _has_currency(code: str, text: str) -> bool:
    signs = [re.escape(sign) for sign, codes in SIGNS.items() if code in codes]
    return re.search("|".join([rf"(?<![A-Za-z]){re.escape(code)}(?![A-Za-z])", *signs]), text) is not None


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", plain(text).casefold()))


def _close(computed: Decimal, stated: Decimal | None, room: Decimal) -> bool:
    return stated is not None and abs(computed - stated) <= room


def _shown(value: Decimal | None) -> str:
    return "nothing" if value is None else f"{value:,f}"


def _absent(role: str, value: str) -> str:
    return f"The {role} {value} does not occur in the text."
