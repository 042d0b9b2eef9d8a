"""The stated rules by which the scripted model reads a labelled plain-text invoice. It copies; it never computes.

- A label stands at the start of a line or after two spaces, in any case, with or without a colon. The labels are those
  of `LABELS`, English and German. Without a label for the seller it is the first line that is not just a title.
- A line item is a row of: position, description, quantity, unit (if any), unit price, tax rate (if any, with %), net.
  Without a rate of its own it has the one beside the VAT total.
- Without a label for the currency it is the first of the common codes that occurs.
- In a figure the last of `.` and `,` is the decimal mark; one alone before exactly three digits groups thousands.
- Dates: 2026-11-23, 23.11.2026, 23/11/2026, 23 November 2026, November 23, 2026.
- Number, date, currency, one line and the three totals must be there: else the rules decline. Confidence is 0.90.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from agents.invoice_reader import InvoiceReading, LineReading

LABELS = {
    "number": r"(?:invoice|credit note|credit memo) (?:number|no|nr|#)|(?:rechnung|gutschrift)s?-?(?:nummer| ?nr)",
    "issued": r"date of issue|(?:invoice |issue )?date|datum|rechnungsdatum|gutschriftsdatum",
    "due": r"due date|due by|payment due|due|fällig am|fälligkeitsdatum|zahlbar bis",
    "currency": r"currency|währung",
    "order": r"(?:(?:purchase|your) )?order(?: number| no)?|po(?: number| no)?|(?:ihre )?bestell(?:ung|nummer|nr)",
    "tax id": r"(?:vat|tax)(?: reg(?:istration)?)? ?(?:id|no|number)|ust-?id(?:-?nr)?|steuernummer",
    "account": r"iban|account",
    "seller": r"seller|from|supplier|issuer|verkäufer|lieferant",
    "net": r"net|net total|net amount|sub-?total|total net|total excl\D*|netto|nettobetrag|zwischensumme",
    "tax": r"vat|tax|vat total|tax total|mwst|ust|mehrwertsteuer|umsatzsteuer",
    "total": r"total|total due|total amount|amount due|gross|total incl\D*|gesamtbetrag|rechnungsbetrag|bruttobetrag",
}
MONEY = r"(?:[A-Z]{3}|[€$£])?"
FIGURE = r"-?\d[\d.,']*"
TO_THE_END = r"(\S.*?)(?: {2}|$)"
VALUES = {
    "number": r"(\S+)",
    "currency": r"([A-Z]{3})\b",
    "order": r"(\S*\d\S*)",
    "tax id": r"((?-i:[A-Z]{2}(?: ?[0-9A-Z]){6,13}\b|[0-9]+(?:/[0-9]+)+))",
    "account": r"((?-i:[A-Z]{2}\d{2}(?: ?[A-Z0-9]){10,30}))",
    "net": rf"{MONEY} ?({FIGURE}) ?{MONEY}[ \t]*$",
    "tax": rf"\(?(?:(?P<rate>\d[\d.,]*) ?%)?\)?:? *{MONEY} ?({FIGURE}) ?{MONEY}[ \t]*$",
    "total": rf"{MONEY} ?({FIGURE}) ?{MONEY}[ \t]*$",
}
LINE = re.compile(
    rf"^ *\d+\.? +(?P<description>\S.*?) +(?P<quantity>{FIGURE}) +(?:(?P<unit>[^\W\d]{{1,12}}\.?) +)?"
    rf"(?P<price>{FIGURE}) *{MONEY} +(?:(?P<rate>\d[\d.,]*) ?% +)?(?P<net>{FIGURE}) *{MONEY} *$",
    re.MULTILINE,
)
TITLES = frozenset({"invoice", "tax invoice", "credit note", "credit memo", "rechnung", "gutschrift"})
CREDIT_NOTE = re.compile(r"^ *(?:credit (?:note|memo)|gutschrift)\b", re.IGNORECASE | re.MULTILINE)
DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")


def read_invoice(text: str) -> InvoiceReading | None:
    """Read what the labels say; None where something that must be there is not."""
    text = re.sub(r"[ \t]{2,}", "  ", text)
    found = {name: match for name in LABELS if (match := _labelled(name, text))}
    said = {name: match[match.lastindex or 0].strip() for name, match in found.items()}
    issued, currency = day(said.get("issued")), said.get("currency") or _common_currency(text)
    lines = tuple(_line(row, found["tax"]["rate"]) for row in LINE.finditer(text)) if "tax" in found else ()
    if not (issued and currency and lines and {"number", "net", "total"} <= said.keys()):
        return None
    return InvoiceReading(
        number=said["number"],
        credit_note=bool(CREDIT_NOTE.search(text)),
        issue_date=issued,
        due_date=day(said.get("due")),
        currency=currency.upper(),
        seller_name=said.get("seller") or _first_line(text),
        seller_tax_id=said.get("tax id"),
        order_ref=said.get("order"),
        payee_account=said.get("account"),
        lines=lines,
        net=figure(said["net"]),
        tax=figure(said["tax"]),
        payable=figure(said["total"]),
        confidence=Decimal("0.90"),
    )


def figure(written: str) -> Decimal:
    """The value of a figure as written, `1.190,00` and `1,190.00` alike."""
    plain = written.replace("'", "").replace(" ", "")
    mark = max(plain.rfind("."), plain.rfind(","))
    grouped = mark >= 0 and len(plain) - mark == len(".000") and len(set(plain) & {".", ","}) == 1
    if mark < 0 or grouped:
        return Decimal(plain.replace(".", "").replace(",", ""))
    return Decimal(f"{plain[:mark].replace('.', '').replace(',', '')}.{plain[mark + 1 :]}")


def day(written: str | None) -> date | None:
    """The date as written, or None."""
    for form in DATE_FORMATS if written else ():
        try:
            return datetime.strptime(str(written).strip(), form).date()  # noqa: DTZ007 - a date has no time zone
        except ValueError:
            continue
    return None


def _labelled(name: str, text: str) -> re.Match[str] | None:
    value = VALUES.get(name, TO_THE_END)
    return re.search(rf"(?im)(?:^|  ) *(?:{LABELS[name]})\.? *[:#]? *{value}", text)


def _line(row: re.Match[str], rate: str | None) -> LineReading:
    return LineReading(
        description=row["description"],
        quantity=figure(row["quantity"]),
        unit_price=figure(row["price"]),
        net_amount=figure(row["net"]),
        tax_rate=figure(row["rate"] or rate or "0"),
    )


def _common_currency(text: str) -> str | None:
    found = re.search(r"\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN)\b", text)
    return found[0] if found else None


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and line.casefold() not in TITLES), "")
