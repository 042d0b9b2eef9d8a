"""Faults on purpose: what a business system does on its worst day, by one setting."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal, get_args

from pydantic import Field, ValidationError

from domain.values import Frozen

Operation = Literal[
    "find_supplier",
    "find_order",
    "open_orders",
    "receipts_for",
    "bills_of",
    "post_bill",
    "schedule_payment",
    "void_bill",
    "send_remittance",
    "return_invoice",
    "supplier_record",
    "verify_bank_details",
    "change_bank_details",
    "confirm_bank_details",
    "find_customer",
    "note_customer",
    "find_account",
    "orders_of",
    "find_refund",
    "issue_refund",
    "grant_store_credit",
    "exchange_items",
    "book_credit_note",
    "reverse_credit_note",
    "restock_items",
    "end_entitlement",
    "send_refund_notice",
    "receive",
    "find_ticket",
    "queues",
    "open_incidents",
    "similar_tickets",
    "route_ticket",
    "acknowledge_ticket",
    "ask_customer",
    "reply_to_customer",
    "link_ticket",
    "escalate_ticket",
    "note_ticket",
    "close_ticket",
    "find_articles",
    "article",
]

Kind = Literal["fail_before", "fail_after", "refuse", "slow", "slow_after", "decline", "dispute"]
LATER: tuple[Kind, ...] = ("decline", "dispute")
"""The kinds that strike when something pending is settled, so that only `issue_refund` has them."""
TIMED: tuple[Kind, ...] = ("slow", "slow_after")
"""The kinds that say how long."""

FAULT = re.compile(r"(?P<operation>\w+):(?P<kind>\w+?)(?:=(?P<seconds>[\d.]+))?(?:\*(?P<times>\d+))?")

SYNTAX = "write operation:kind, operation:kind*times or operation:slow=seconds, with commas between"


class Fault(Frozen):
    """One operation that goes wrong, the first `times` times or always.

    `fail_before`: no effect, and the caller is told to try again. `fail_after`: the effect is done, and the caller is
    told that it timed out. `refuse`: no, for good. `slow`: it begins `seconds` later. `slow_after`: the effect is done,
    and the answer comes `seconds` later. `decline`: a refund is pending first and then fails for good. `dispute`: the
    customer's bank disputes the charge while the refund is pending, which fails for that reason.
    """

    operation: Operation
    kind: Kind
    seconds: Decimal = Field(default=Decimal(0), ge=0, le=600)
    times: int | None = Field(default=None, gt=0)

    def __str__(self) -> str:
        """As it is written in the setting."""
        seconds = f"={self.seconds}" if self.kind in TIMED else ""
        return f"{self.operation}:{self.kind}{seconds}{f'*{self.times}' if self.times else ''}"


class Faults(Frozen):
    """The faults in force."""

    faults: tuple[Fault, ...] = ()

    @classmethod
    def parse(cls, setting: str) -> Faults:
        """Read a setting such as "schedule_payment:refuse, post_bill:fail_after*2, find_order:slow=1.5"."""
        parts = [part.strip() for part in setting.split(",") if part.strip()]
        return cls(faults=tuple(_fault(part) for part in parts))

    def of(self, operation: Operation, *kinds: Kind) -> tuple[Fault, ...]:
        """The faults of these kinds that this operation has."""
        return tuple(fault for fault in self.faults if fault.operation == operation and fault.kind in kinds)


def _fault(part: str) -> Fault:
    said = FAULT.fullmatch(part)
    if said is None:
        raise ValueError(f"{part!r} is not a fault; {SYNTAX}.")
    if (said["kind"] in TIMED) != (said["seconds"] is not None):
        raise ValueError(
            f"{part!r}: seconds belong to {' and '.join(TIMED)}, as in find_order:slow=1.5, and only there."
        )
    if said["kind"] in LATER and said["operation"] != "issue_refund":
        raise ValueError(f"{part!r}: {' and '.join(LATER)} happen to issue_refund and to nothing else.")
    try:
        return Fault.model_validate({name: value for name, value in said.groupdict().items() if value is not None})
    except ValidationError as error:
        raise ValueError(f"{part!r}: {_advice(error)}.") from None


def _advice(error: ValidationError) -> str:
    wrong = error.errors()[0]
    known = {"operation": get_args(Operation), "kind": get_args(Kind)}.get(str(wrong["loc"][0]))
    return f"{wrong['input']} is none of {', '.join(known)}" if known else f"{wrong['loc'][0]}: {wrong['msg']}"
