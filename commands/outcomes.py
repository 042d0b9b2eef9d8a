"""How a case of any process ended, in words, and what it was started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from temporalio.client import WorkflowExecution

from commands.console import UserError
from commands.desk import Desk
from commands.words import bank, invoice, refund, ticket
from domain.bank import BankChanged, BankExpired, BankOutcome, BankRefused, BankRequest, BankStopped
from domain.documents import DocumentRef
from domain.intake import InvoiceCase
from domain.outcome import Duplicate, Held, InvoiceOutcome, Posted, Rejected
from domain.refunding import (
    Exchanged,
    PartlyRefunded,
    Refunded,
    RefundHeld,
    RefundOutcome,
    RefundRequest,
    RefusedRefund,
    StoreCredit,
)
from domain.ticketing import Answered, HandedOver, Linked, RefundStarted, Routed, SpamDropped, TicketOutcome
from domain.values import Frozen
from workflows.registered import NAMES, PROCESSES

Outcome = InvoiceOutcome | BankOutcome | RefundOutcome | TicketOutcome | Frozen
"""Of the processes that these commands have words for, or of any other."""
RUNS: Mapping[str, Any] = {name: vars(process)["run"] for name, process in zip(NAMES, PROCESSES, strict=True)}
"""The processes by the name of their workflow type."""
KEEPING: Mapping[str, type[InvoiceCase | BankRequest | RefundRequest]] = {
    "Invoice": InvoiceCase,
    "BankDetails": BankRequest,
    "Refund": RefundRequest,
}
"""Those that are started with a document, by what they are started with; a ticket's text is in the helpdesk."""
CASES = "WorkflowType IN ({})".format(", ".join(f'"{name}"' for name in RUNS))
"""What finds the cases of every process, and no approvals."""


async def outcome_of(desk: Desk, case: WorkflowExecution) -> Outcome:
    """The outcome of a completed run."""
    handle = desk.client.get_workflow_handle_for(RUNS[case.workflow_type], case.id, run_id=case.run_id)
    found: Outcome = await handle.result()
    return found


def told(outcome: Outcome) -> tuple[str, str]:
    """The outcome in a word and a sentence; one without words of its own says what its fields say."""
    match outcome:
        case BankChanged() | BankRefused() | BankStopped() | BankExpired():
            return bank.told(outcome)
        case Refunded() | PartlyRefunded() | StoreCredit() | Exchanged() | RefusedRefund() | RefundHeld():
            return refund.told(outcome)
        case Answered() | Routed() | Linked() | RefundStarted() | SpamDropped() | HandedOver():
            return ticket.told(outcome)
        case Posted() | Held() | Rejected() | Duplicate():
            return invoice.told(outcome)
        case _:
            fields = outcome.model_dump(mode="json", exclude={"spent"}, exclude_none=True)
            word = str(fields.pop("outcome", "completed"))
            return word, ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in fields.items())


def details(outcome: Outcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    match outcome:
        case BankChanged() | BankRefused() | BankStopped() | BankExpired():
            yield from bank.details(outcome)
        case Refunded() | PartlyRefunded() | StoreCredit() | Exchanged() | RefusedRefund() | RefundHeld():
            yield from refund.details(outcome)
        case Answered() | Routed() | Linked() | RefundStarted() | SpamDropped() | HandedOver():
            yield from ticket.details(outcome)
        case Posted() | Held() | Rejected() | Duplicate():
            yield from invoice.details(outcome)
        case _:
            return


async def document_of(desk: Desk, case: WorkflowExecution) -> DocumentRef:
    """What a case was started with, from its history, so that it needs no worker."""
    if (kind := KEEPING.get(case.workflow_type)) is None:
        raise UserError(f"{case.id} is a case of {case.workflow_type}, which keeps no document.")
    handle = desk.client.get_workflow_handle(case.id, run_id=case.run_id)
    async for event in handle.fetch_history_events():
        given = event.workflow_execution_started_event_attributes.input.payloads
        [started] = await desk.client.data_converter.decode(given, [kind])
        if ref := _kept(started):
            return ref
        break
    raise UserError(f"{case.id} was started without a document.")


def _kept(started: InvoiceCase | BankRequest | RefundRequest) -> DocumentRef | None:
    match started:
        case InvoiceCase():
            return started.document
        case BankRequest():
            return started.evidence
        case RefundRequest():
            return started.message
