"""How a case of any process ended, in words, and what it was started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from temporalio.client import WorkflowExecution

from commands import bank, refunds, submit, tickets
from commands.console import UserError, plain
from commands.desk import Desk
from domain.bank import BankOutcome, BankRequest, BaseBankOutcome
from domain.course import title
from domain.documents import DocumentRef
from domain.intake import InvoiceCase
from domain.outcome import Held, InvoiceOutcome
from domain.refunding import BaseRefundOutcome, RefundOutcome, RefundRequest
from domain.ticketing import BaseTicketOutcome, TicketCase, TicketOutcome
from workflows import bank_wording
from workflows.bank_details import BankDetailsWorkflow
from workflows.invoice import InvoiceWorkflow
from workflows.refund import RefundWorkflow
from workflows.ticket import TicketWorkflow

Outcome = InvoiceOutcome | BankOutcome | RefundOutcome | TicketOutcome
RUNS: Mapping[str, Any] = {
    "Invoice": InvoiceWorkflow.run,
    "BankDetails": BankDetailsWorkflow.run,
    "Refund": RefundWorkflow.run,
    "Ticket": TicketWorkflow.run,
}
"""The processes by the name of their workflow type."""
GIVEN: Mapping[str, Any] = {
    "Invoice": InvoiceCase,
    "BankDetails": BankRequest,
    "Refund": RefundRequest,
    "Ticket": TicketCase,
}
"""What each is started with."""
CASES = "WorkflowType IN ({})".format(", ".join(f'"{name}"' for name in RUNS))
"""What finds the cases of every process, and no approvals."""


async def outcome_of(desk: Desk, case: WorkflowExecution) -> Outcome:
    """The outcome of a completed run."""
    handle = desk.client.get_workflow_handle_for(RUNS[case.workflow_type], case.id, run_id=case.run_id)
    found: Outcome = await handle.result()
    return found


def told(outcome: Outcome) -> tuple[str, str]:
    """The outcome in a word and a sentence."""
    if isinstance(outcome, BaseBankOutcome):
        return bank_wording.state_of(outcome), bank.told(outcome)
    if isinstance(outcome, BaseRefundOutcome):
        return refunds.told_briefly(outcome)
    if isinstance(outcome, BaseTicketOutcome):
        return tickets.told_briefly(outcome)
    return submit.told(outcome)


def details(outcome: Outcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    if isinstance(outcome, BaseBankOutcome):
        yield f"supplier {plain(outcome.supplier_id)}, verified by {plain(outcome.verified or 'nothing')}"
        yield from (f"  - stop by {plain(stop.by)}: {plain(stop.reason or '')}" for stop in outcome.stops)
        return
    if isinstance(outcome, BaseRefundOutcome):
        yield from refunds.details(outcome)
        return
    if isinstance(outcome, BaseTicketOutcome):
        yield from tickets.details(outcome)
        return
    yield f"invoice {plain(outcome.invoice_number or 'unknown')}, decided by {plain(outcome.decided_by)}"
    for finding in outcome.findings:
        yield f"  - {plain(title(finding), 400)}"
        yield f"    [dim]owner {finding.owner}; goes away when {finding.removed_by}[/dim]"
    if isinstance(outcome, Held):
        yield f"Next: {outcome.owner}: {plain(outcome.removed_by)}; then `starter.py invoice FILE --again`."


async def document_of(desk: Desk, case: WorkflowExecution) -> DocumentRef:
    """What a case was started with, from its history, so that it needs no worker."""
    handle = desk.client.get_workflow_handle(case.id, run_id=case.run_id)
    async for event in handle.fetch_history_events():
        given = event.workflow_execution_started_event_attributes.input.payloads
        [started] = await desk.client.data_converter.decode(given, [GIVEN[case.workflow_type]])
        if ref := _document(started):
            return ref
        break
    raise UserError(f"{case.id} was started without a document.")


def _document(started: InvoiceCase | BankRequest | RefundRequest | TicketCase) -> DocumentRef | None:
    match started:
        case InvoiceCase():
            return started.document
        case BankRequest():
            return started.evidence
        case RefundRequest():
            return started.message
        case TicketCase():
            return None  # its messages are in the helpdesk
