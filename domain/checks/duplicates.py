"""Is the invoice already posted: the same one, or one so alike that a person must tell them apart.

The number alone is no key: suppliers start again every year, and some write the same one on everything. It takes number
and date, or number and amount, to be sure. A wholly different number is never called alike, however equal the amounts:
rents and subscriptions would stop every month. What that leaves open, the matching to order and receipts catches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.checks.figures import shown
from domain.checks.identifiers import normal_number
from domain.findings import DuplicateFound, NearDuplicate
from domain.invoice import Invoice
from domain.purchasing import Bill, Supplier
from domain.text import show

CLOSE_DAYS = 7
"""Two dates this close may be one date mistyped or one invoice printed again."""
NUMBER_CYCLE_DAYS = 365
"""After this, the same number is more likely a new cycle than the same invoice."""
SHORTEST_PART = 4
"""Characters that a number must have before it says something to find it inside another."""


@dataclass(frozen=True)
class _Comparison:
    """An invoice beside one posted bill."""

    bill: Bill
    ours: str
    theirs: str
    same_amount: bool
    days: int | None
    """Between the two issue dates; None where the invoice states none."""

    @property
    def in_cycle(self) -> bool:
        """Whether the same number is still likely to mean the same invoice."""
        return self.days is None or self.days <= NUMBER_CYCLE_DAYS

    def same(self) -> bool:
        """Whether the two are one invoice."""
        return self.ours == self.theirs and (self.days == 0 or (self.same_amount and self.in_cycle))

    def alike(self) -> tuple[str, ...]:
        """What is alike, or nothing if that is not enough to ask a person."""
        if self.ours == self.theirs:
            return ("number", "amount") if self.same_amount else ("number",) if self.in_cycle else ()
        if not self.same_amount or (self.days is not None and self.days > CLOSE_DAYS):
            return ()
        when = "same date" if self.days == 0 else "close date"
        if _one_slip_apart(self.ours, self.theirs) and (self.days == 0 or not _next_in_series(self.ours, self.theirs)):
            return ("similar number", "amount", when)
        return ("number inside number", "amount", when) if _inside(self.ours, self.theirs) else ()


def find_duplicate(
    invoice: Invoice, supplier: Supplier | None, bills: Sequence[Bill]
) -> DuplicateFound | NearDuplicate | None:
    """The first bill that is this invoice, else the first that is like it; void bills do not count."""
    if supplier is None or not normal_number(invoice.number):
        return None
    compared = _compared(invoice, [bill for bill in _of_kind(invoice, supplier, bills) if bill.status != "void"])
    for each in compared:
        if each.same():
            said = f"Invoice {_called(invoice)} is already posted as bill {each.bill.id} of {each.bill.issue_date}."
            return DuplicateFound(said=said, bill_id=each.bill.id)
    for each in compared:
        if alike := each.alike():
            return NearDuplicate(said=_sentence(invoice, each.bill, alike), bill_id=each.bill.id, alike=alike)
    return None


def voided_before(invoice: Invoice, supplier: Supplier | None, bills: Sequence[Bill]) -> int:
    """How many bills with this number were posted and voided."""
    if supplier is None:
        return 0
    void = [bill for bill in _of_kind(invoice, supplier, bills) if bill.status == "void"]
    return sum(each.ours == each.theirs for each in _compared(invoice, void))


def _of_kind(invoice: Invoice, supplier: Supplier, bills: Sequence[Bill]) -> list[Bill]:
    return [bill for bill in bills if bill.supplier_id == supplier.id and bill.credit_note == invoice.credit_note]


def _compared(invoice: Invoice, bills: Sequence[Bill]) -> list[_Comparison]:
    ours, issued = normal_number(invoice.number), invoice.issue_date
    amount = (invoice.totals.payable, invoice.currency)
    return [
        _Comparison(
            bill=bill,
            ours=ours,
            theirs=normal_number(bill.invoice_number),
            same_amount=amount == (bill.payable, bill.currency),
            days=None if issued is None else abs((issued - bill.issue_date).days),
        )
        for bill in bills
    ]


def _inside(one: str, other: str) -> bool:
    """Whether one number is the other with something before or after it."""
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= SHORTEST_PART and (longer.startswith(shorter) or longer.endswith(shorter))


def _one_slip_apart(one: str, other: str) -> bool:
    """One character wrong, missing, added, or two neighbours swapped (Damerau-Levenshtein distance 1)."""
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) == 1:
        return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
    wrong = [at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]]
    if len(one) != len(other) or not wrong:
        return False
    first, last = wrong[0], wrong[-1]
    return first == last or (last == first + 1 and one[first] + one[last] == other[last] + other[first])


def _next_in_series(one: str, other: str) -> bool:
    """Whether the two end in consecutive numbers, as two invoices written one after the other do."""
    ends = [re.search(r"\d{1,18}$", number) for number in (one, other)]
    first, second = (None if end is None else int(end[0]) for end in ends)
    return first is not None and second is not None and abs(first - second) == 1


def _sentence(invoice: Invoice, bill: Bill, alike: tuple[str, ...]) -> str:
    ours = f"Invoice {_called(invoice)} of {invoice.issue_date} over {shown(invoice.totals.payable)} {invoice.currency}"
    theirs = f"{bill.invoice_number} of {bill.issue_date} over {shown(bill.payable)} {bill.currency}"
    return f"{ours} is like bill {bill.id}, {theirs}: {', '.join(alike)}."


def _called(invoice: Invoice) -> str:
    return show(invoice.number or "", 40)
