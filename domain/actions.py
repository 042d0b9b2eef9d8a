"""Everything that changes the world: typed, frozen, and naming its effect, its step and the facts policy may test."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.findings import ExceptionCode
from domain.purchasing import BilledLine, Coding
from domain.values import Amount, CurrencyCode, Frozen, Ratio, Sha256

Effect = Literal["read", "write", "irreversible", "money", "message"]
Fact = str | bool | Amount | Ratio | tuple[str, ...] | None
"""A value that a policy row may test."""


class BaseAction(Frozen):
    """What one effect activity may be asked to do."""

    effect: ClassVar[Effect]
    step: ClassVar[str]
    business_key: str = Field(min_length=1, description="who and what this is about, from business identity alone")

    def facts(self) -> dict[str, Fact]:
        """The facts policy may test, by the names the tables use."""
        raise NotImplementedError


class PostBill(BaseAction):
    """Post a supplier's bill or credit memo to the ledger."""

    effect: ClassVar[Effect] = "money"
    step: ClassVar[str] = "post"
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

    def facts(self) -> dict[str, Fact]:
        """Amount at stake, what was found, and who read the figures."""
        return {
            "action": self.kind,
            "amount": self.payable,
            "currency": self.currency,
            "credit_note": self.credit_note,
            "exceptions": self.exceptions,
            "read_by": self.read_by,
            "confidence": self.confidence,
        }


class SchedulePayment(BaseAction):
    """Schedule the payment of a posted bill to the account in the supplier master."""

    effect: ClassVar[Effect] = "money"
    step: ClassVar[str] = "pay"
    kind: Literal["erp.schedule_payment"] = "erp.schedule_payment"
    bill_id: str
    supplier_id: str
    account: str
    amount: Amount
    currency: CurrencyCode
    due_date: date
    bill_posted_by: Literal["policy", "person"]
    payment_holds: tuple[ExceptionCode, ...]

    def facts(self) -> dict[str, Fact]:
        """Amount, who let the bill post, and what holds the payment."""
        return {
            "action": self.kind,
            "amount": self.amount,
            "currency": self.currency,
            "bill_posted_by": self.bill_posted_by,
            "exceptions": self.payment_holds,
        }


class VoidBill(BaseAction):
    """Void a bill that must not stay posted: the undo of PostBill."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "void"
    kind: Literal["erp.void_bill"] = "erp.void_bill"
    bill_id: str
    reason: str

    def facts(self) -> dict[str, Fact]:
        """Only the action itself."""
        return {"action": self.kind}


class SendRemittance(BaseAction):
    """Tell the supplier what will be paid and when."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "remit"
    kind: Literal["mail.remittance"] = "mail.remittance"
    to: str
    supplier_name: str
    invoice_number: str
    amount: Amount
    currency: CurrencyCode
    due_date: date
    payment_id: str

    def facts(self) -> dict[str, Fact]:
        """Amount and currency named in the message."""
        return {"action": self.kind, "amount": self.amount, "currency": self.currency}


class ReturnInvoice(BaseAction):
    """Send an invoice back to its supplier with the reasons, from a template."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "return"
    kind: Literal["mail.return_invoice"] = "mail.return_invoice"
    to: str
    supplier_name: str
    invoice_number: str
    amount: Amount
    currency: CurrencyCode
    exceptions: tuple[ExceptionCode, ...]
    confidence: Ratio | None

    def facts(self) -> dict[str, Fact]:
        """What was found, the amount, and how sure the proposer was."""
        return {
            "action": self.kind,
            "amount": self.amount,
            "currency": self.currency,
            "exceptions": self.exceptions,
            "confidence": self.confidence,
        }


Action = Annotated[
    PostBill | SchedulePayment | VoidBill | SendRemittance | ReturnInvoice,
    Field(discriminator="kind"),
]


STATED_FACTS: dict[str, frozenset[str]] = {
    "erp.post_bill": frozenset({"amount", "foreign_currency", "credit_note", "exceptions", "read_by", "confidence"}),
    "erp.schedule_payment": frozenset({"amount", "foreign_currency", "bill_posted_by", "exceptions"}),
    "erp.void_bill": frozenset(),
    "mail.remittance": frozenset({"amount", "foreign_currency"}),
    "mail.return_invoice": frozenset({"amount", "foreign_currency", "exceptions", "confidence"}),
}
"""Which facts each action states, besides its own name, so that a table can be checked without one at hand."""


class Receipt(Frozen):
    """What the business system answered; `first` is false when the key had been used for the same body before."""

    reference: str
    first: bool
