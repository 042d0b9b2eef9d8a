"""Everything that changes the world: typed, frozen, and naming its effect, its step and the facts policy may test."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from domain.actions.bank import BankRisk, ChangeBankDetails, ConfirmBankDetails, ContactStanding, VerifyBankDetails
from domain.actions.base import GUARDED, BaseAction, Effect, Fact, kind_of
from domain.actions.payables import PostBill, ReturnInvoice, SchedulePayment, SendRemittance, VoidBill
from domain.actions.refunds import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    NoteCustomer,
    RestockItems,
    ReverseCreditNote,
    SendRefundNotice,
)
from domain.actions.tickets import (
    AcknowledgeTicket,
    AskCustomer,
    CloseTicket,
    EscalateTicket,
    LinkTicket,
    NoteTicket,
    ReplyToCustomer,
    RouteTicket,
    StartRefund,
)
from domain.values import Frozen

Action = Annotated[
    PostBill
    | SchedulePayment
    | VoidBill
    | SendRemittance
    | ReturnInvoice
    | VerifyBankDetails
    | ChangeBankDetails
    | ConfirmBankDetails
    | IssueRefund
    | GrantStoreCredit
    | ExchangeItems
    | BookCreditNote
    | ReverseCreditNote
    | RestockItems
    | EndEntitlement
    | NoteCustomer
    | SendRefundNotice
    | RouteTicket
    | AcknowledgeTicket
    | AskCustomer
    | ReplyToCustomer
    | LinkTicket
    | EscalateTicket
    | CloseTicket
    | NoteTicket
    | StartRefund,
    Field(discriminator="kind"),
]
"""What the processes may do today."""

KINDS: dict[str, type[BaseAction]] = {kind_of(action): action for action in get_args(get_args(Action)[0])}
"""Every action there is, by its name in policy tables."""

STATED_FACTS: dict[str, frozenset[str]] = {
    kind: frozenset("foreign_currency" if name == "currency" else name for name in action.stated)
    for kind, action in KINDS.items()
}
"""Which facts each action states, besides its own name, so that a table can be checked without one at hand."""


class Receipt(Frozen):
    """What the business system answered; `first` is false when the key had been used for the same body before."""

    reference: str
    first: bool


__all__ = [
    "GUARDED",
    "KINDS",
    "STATED_FACTS",
    "AcknowledgeTicket",
    "Action",
    "AskCustomer",
    "BankRisk",
    "BaseAction",
    "BookCreditNote",
    "ChangeBankDetails",
    "CloseTicket",
    "ConfirmBankDetails",
    "ContactStanding",
    "Effect",
    "EndEntitlement",
    "EscalateTicket",
    "ExchangeItems",
    "Fact",
    "GrantStoreCredit",
    "IssueRefund",
    "LinkTicket",
    "NoteCustomer",
    "NoteTicket",
    "PostBill",
    "Receipt",
    "ReplyToCustomer",
    "RestockItems",
    "ReturnInvoice",
    "ReverseCreditNote",
    "RouteTicket",
    "SchedulePayment",
    "SendRefundNotice",
    "SendRemittance",
    "StartRefund",
    "VerifyBankDetails",
    "VoidBill",
    "kind_of",
]
