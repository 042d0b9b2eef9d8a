"""How a change of bank details is verified: how old a contact must be, and how long everybody waits then."""

from __future__ import annotations

from datetime import datetime

from domain.values import Frozen
from governance.calendars import Span, span
from governance.entries import read_toml
from governance.people import Directory

MOST_DAYS = 3_650


class BankTerms(Frozen):
    """The terms in force."""

    version: str
    contact_days: int
    """A contact that has been on file for fewer days verifies nothing."""
    cooling_off: Span
    calendar_of: str
    """The role by whose working time the cooling-off runs."""

    def end(self, start: datetime, directory: Directory) -> datetime:
        """When a cooling-off that starts at a moment (UTC) is over; raise `BadPolicy` for a role nobody knows."""
        return directory.calendar_of(self.calendar_of).after(start, self.cooling_off)


def load_bank_terms(content: bytes, file: str) -> BankTerms:
    """Read bank-terms.toml; raise `BadPolicy` naming the file, the field and the mend."""
    top = read_toml(content, file)
    top.only("version", "contact_days", "cooling_off", "calendar_of")
    try:
        cooling_off = span(top.text("cooling_off"))
    except ValueError as error:
        top.refuse("cooling_off", str(error))
    return BankTerms(
        version=top.text("version"),
        contact_days=top.count("contact_days", MOST_DAYS),
        cooling_off=cooling_off,
        calendar_of=top.text("calendar_of"),
    )
