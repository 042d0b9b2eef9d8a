"""What accounts payable does: post a bill, pay it, undo it, tell the supplier."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Literal, Self

from domain.actions.base import BaseAction, Effect, refuse_raised
from domain.findings import ExceptionCode
from domain.purchasing import BilledLine, Coding
from domain.values import Amount, CurrencyCode, Ratio, Sha256


class PostBill(BaseAction):
    """Post a supplier's bill or credit memo to the ledger."""

    effect: ClassVar[Effect] = "money"
    step: ClassVar[str] = "post"
    amendable: ClassVar[frozenset[str]] = frozenset({"due_date", "coding"})
    stated: ClassVar[tuple[str, ...]] = ("amount", "currency", "credit_note", "exceptions", "read_by", "confidence")
    kind: Literal["erp.post_bill"] = "erp.post_bill"
    supplier_id: str
    supplier_name: str
    invoice_number: str
    credit_note: bool
    issue_date: date
    due_date: date
    currency: CurrencyCode
    net: Amount
    tax: Amount
    payable: Amount
    order_id: str | None
    coding: tuple[Coding, ...]
    lines: tuple[BilledLine, ...]
    document: Sha256
    exceptions: tuple[ExceptionCode, ...]
    read_by: Literal["parser", "model"]
    confidence: Ratio | None

    @property
    def amount(self) -> Amount:
        """What is at stake."""
        return self.payable

    def amended(self, changes: Mapping[str, object]) -> Self:
        """Besides: the coding adds up to the bill's net amount; nothing is due before it was issued."""
        after = super().amended(changes)
        coded = sum(coding.net for coding in after.coding)
        if after.coding != self.coding and coded != self.net:
            raise ValueError(f"coding adds up to {coded:f}, but the bill's net amount is {self.net:f} {self.currency}")
        if after.due_date != self.due_date and after.due_date < self.issue_date:
            raise ValueError(f"due_date is before the bill was issued on {self.issue_date}")
        return after


class SchedulePayment(BaseAction):
    """Schedule the payment of a posted bill to the account in the supplier master."""

    effect: ClassVar[Effect] = "money"
    step: ClassVar[str] = "pay"
    amendable: ClassVar[frozenset[str]] = frozenset({"amount", "due_date"})
    stated: ClassVar[tuple[str, ...]] = ("amount", "currency", "bill_posted_by", "exceptions")
    kind: Literal["erp.schedule_payment"] = "erp.schedule_payment"
    bill_id: str
    supplier_id: str
    account: str
    amount: Amount
    currency: CurrencyCode
    due_date: date
    bill_posted_by: Literal["policy", "person"]
    payment_holds: tuple[ExceptionCode, ...]

    @property
    def exceptions(self) -> tuple[ExceptionCode, ...]:
        """What holds the payment."""
        return self.payment_holds

    def amended(self, changes: Mapping[str, object]) -> Self:
        """Besides: only less may be paid."""
        after = super().amended(changes)
        refuse_raised(after.amount, self.amount, self.currency)
        return after


class VoidBill(BaseAction):
    """Void a bill that must not stay posted: the undo of PostBill."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "void"
    kind: Literal["erp.void_bill"] = "erp.void_bill"
    bill_id: str
    reason: str


class SendRemittance(BaseAction):
    """Tell the supplier what will be paid and when."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "remit"
    stated: ClassVar[tuple[str, ...]] = ("amount", "currency")
    kind: Literal["mail.remittance"] = "mail.remittance"
    to: str
    supplier_name: str
    invoice_number: str
    amount: Amount
    currency: CurrencyCode
    due_date: date
    payment_id: str


class ReturnInvoice(BaseAction):
    """Send an invoice back to its supplier with the reasons, from a template."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "return"
    stated: ClassVar[tuple[str, ...]] = ("amount", "currency", "exceptions", "confidence")
    kind: Literal["mail.return_invoice"] = "mail.return_invoice"
    to: str
    supplier_name: str
    invoice_number: str
    amount: Amount
    currency: CurrencyCode
    exceptions: tuple[ExceptionCode, ...]
    confidence: Ratio | None
