"""What the core asks of the outside world. Adapters live in `integrations/`; activities depend on these only."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.actions import (
    BaseAction,
    ChangeBankDetails,
    ConfirmBankDetails,
    PostBill,
    Receipt,
    ReturnInvoice,
    SchedulePayment,
    SendRemittance,
    VerifyBankDetails,
    VoidBill,
)
from domain.bank import SupplierRecord
from domain.chat import Chat, Completion
from domain.documents import DocumentRef, PlainText
from domain.invoice import Invoice
from domain.notice import Notice
from domain.purchasing import Bill, GoodsReceipt, PurchaseOrder, Supplier
from domain.sweeping import Swept
from domain.values import Frozen


class Documents(Protocol):
    """A content-addressed store: what is put is found by its digest and hashed again on every read."""

    async def put(self, content: bytes, *, name: str, media_type: str) -> DocumentRef:
        """Store bytes and return where they are; the same bytes twice are stored once."""
        ...

    async def get(self, ref: DocumentRef) -> bytes:
        """Return the bytes, or raise `Unreadable` if they are absent or no longer hash to the reference."""
        ...


class DocumentReader(Protocol):
    """Turns a file into an invoice, or into plain text where it has no structure."""

    async def read(self, content: bytes, *, name: str) -> Invoice | PlainText:
        """Read a file, told apart by content; raise `Unreadable`, `TooLarge` or `PoisonInput` with the reason."""
        ...


class Reconciled(Protocol):
    """A system whose effects can be looked up by key, so that an unknown outcome need not stay unknown.

    Every effect takes an idempotency key: same key and same body return the first receipt with `first=False`;
    same key and another body raise `IdempotencyConflict`. A refusal for good raises `Refused`; anything that may pass
    raises `Unavailable`.
    """

    async def find_receipt(self, key: str, action: BaseAction) -> Receipt | None:
        """The receipt of an effect that was done with this key; None where none was."""
        ...


class Erp(Reconciled, Protocol):
    """Suppliers, orders, receipts, bills and payments."""

    async def find_supplier(self, *, tax_ids: tuple[str, ...], name: str | None) -> Supplier | None:
        """The one supplier with one of these tax ids, or, where none is given, with exactly this name."""
        ...

    async def find_order(self, order_id: str) -> PurchaseOrder | None:
        """The purchase order with this number."""
        ...

    async def open_orders(self, supplier_id: str) -> tuple[PurchaseOrder, ...]:
        """The supplier's open orders, oldest first, at most 50."""
        ...

    async def receipts_for(self, order_id: str) -> tuple[GoodsReceipt, ...]:
        """Goods receipts booked against an order."""
        ...

    async def bills_of(self, supplier_id: str) -> tuple[Bill, ...]:
        """The supplier's bills and credit memos, void ones included, newest first, at most 1,000."""
        ...

    async def post_bill(self, key: str, action: PostBill) -> Receipt:
        """Post a bill; the reference is the bill's id."""
        ...

    async def schedule_payment(self, key: str, action: SchedulePayment) -> Receipt:
        """Schedule a payment of a posted bill; the reference is the payment's id.

        Refused for a void or paid bill, an amount above the bill, or an account that is not in the supplier master.
        """
        ...

    async def void_bill(self, key: str, action: VoidBill) -> Receipt:
        """Void a posted bill that has no payment; the reference is the bill's id."""
        ...


class SupplierMaster(Reconciled, Protocol):
    """The suppliers' accounts and contacts, with their histories."""

    async def supplier_record(self, supplier_id: str, account: str) -> SupplierRecord | None:
        """What is on file about the supplier of exactly this number, and who else has the account asked for."""
        ...

    async def change_bank_details(self, key: str, action: ChangeBankDetails) -> Receipt:
        """Replace the account on file; the reference is the change's id.

        Refused for an unknown or blocked supplier, and where the account on file is not the one that was shown.
        """
        ...


class Mail(Reconciled, Protocol):
    """Outgoing messages, written from templates."""

    async def send_remittance(self, key: str, action: SendRemittance) -> Receipt:
        """Tell a supplier what will be paid; the reference is the message's id."""
        ...

    async def return_invoice(self, key: str, action: ReturnInvoice) -> Receipt:
        """Send an invoice back with the reasons; the reference is the message's id."""
        ...

    async def verify_bank_details(self, key: str, action: VerifyBankDetails) -> Receipt:
        """Tell a contact on file that another account was asked for; the reference is the message's id."""
        ...

    async def confirm_bank_details(self, key: str, action: ConfirmBankDetails) -> Receipt:
        """Tell a contact that was on file that the account has been changed; the reference is the message's id."""
        ...


class LanguageModel(Protocol):
    """One turn of an OpenAI-compatible chat model."""

    async def complete(self, chat: Chat) -> Completion:
        """Ask once. Raise `Unavailable` where trying again may help, else `NoAnswer`."""
        ...


class SignalRecord(Frozen):
    """Who sent a signal, as the server recorded it."""

    event_id: int
    name: str
    identity: str
    principal: str | None
    at: datetime
    reapplied: bool = False
    """A reset put it into this run again; it was sent to an earlier one."""


class SignalLog(Protocol):
    """The signals of a run, read from its history."""

    async def nth_signal(self, *, workflow_id: str, run_id: str, position: int) -> SignalRecord:
        """The signal at this position (from 0) among all that the run received."""
        ...


class Runs(Protocol):
    """What the server knows of runs."""

    async def original(self, workflow_id: str, run_id: str) -> str:
        """The run that was reset, once or several times, to make this one; itself where none was."""
        ...


class StopButton(Protocol):
    """What people have stopped for now: asked before every attempt, and never answered from memory."""

    async def stopped(
        self, *, process: str | None = None, action: str | None = None, agent: str | None = None
    ) -> str | None:
        """A sentence that says who stopped what, when and why; None where nothing of this is stopped.

        Raise `Unavailable` where that cannot be known: it never means that nothing is stopped.
        """
        ...


class Notices(Protocol):
    """Tells people that something waits for them, over every channel there is."""

    async def send(self, notice: Notice) -> None:
        """Send what has not been sent yet; raise `Unavailable` if a channel failed, and only that is tried again."""
        ...


class Sweeping(Protocol):
    """Brings the ledger and the backends up to what the histories say by now."""

    async def sweep(self, *, at_once: bool = True) -> Swept:
        """One round; twice, or by several workers at once, is harmless. Raise `Unavailable` where it cannot be done.

        Where not `at_once`, a case in which something goes on just now may be left to the next round.
        """
        ...
