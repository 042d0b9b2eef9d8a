"""Numbers, accounts and descriptions in the one spelling that is compared."""

from __future__ import annotations

import re
import unicodedata

from domain.invoice import InvoiceLine
from domain.text import show

SEPARATORS = re.compile(r"[\W_]+")
LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def normal_number(number: str | None) -> str:
    """A document, item or line number without case, spaces, punctuation and leading zeros: `RE-00 42/a` is `re42a`."""
    folded = unicodedata.normalize("NFKC", number or "").casefold()
    return LEADING_ZEROS.sub("", SEPARATORS.sub("", folded))


def normal_account(account: str | None) -> str:
    """An account without spaces, punctuation and case: `de89 3704-0044` is `DE8937040044`."""
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", account or "")).upper()


def words(text: str | None) -> frozenset[str]:
    """The words and numbers of a description, in no order."""
    return frozenset(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text or "").casefold()))


def line_name(line: InvoiceLine, position: int) -> str:
    """What a person calls an invoice line: its identifier (BT-126), else its position."""
    return show(line.id or "", 20) or str(position)
