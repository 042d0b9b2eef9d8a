"""Asking for a change of a supplier's bank details, and stopping one. What people type here comes from no document."""

from __future__ import annotations

import asyncio
import getpass
import socket
from pathlib import Path
from typing import Annotated, Any

import typer
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.words.bank import sentence
from domain.bank import CASE_PREFIX, BankChanged, BankOutcome, BankRefused, BankRequest, StopHeard
from domain.checks.bank_details import iban, incomplete, masked
from domain.documents import DocumentRef
from integrations.reading.limits import ReadingLimits
from workflows import attributes
from workflows.bank_details import BankDetailsWorkflow

Case = WorkflowHandle[BankDetailsWorkflow, BankOutcome]
LONGEST_ID = 60
POLL_SECONDS = 0.25
STOP_SECONDS = 30
LARGEST = ReadingLimits().file_bytes
WAITS = ("waiting for approval", "cooling off")
Supplier = Annotated[str, typer.Argument(help="The supplier's number in the supplier master.")]


@command
async def bank_change(  # noqa: PLR0913 - one option each for what a person must type
    supplier: Supplier,
    *,
    account: Annotated[str, typer.Option(help="The new IBAN, typed from what the supplier said or wrote.")],
    holder: Annotated[str, typer.Option(help="Who holds the account.")],
    reference: Annotated[str, typer.Option(help="What the request is filed under, such as LETTER-2026-117.")],
    reason: Annotated[str, typer.Option(help="Why the supplier wants it.")],
    evidence: Annotated[Path | None, typer.Option(help="A file to keep with it; it is shown, never read.")] = None,
    submitted_by: Annotated[str | None, typer.Option(help="Who asks; cannot approve. You, by default.")] = None,
    wait: Annotated[bool, typer.Option(help="Watch until it waits for people or has ended.")] = True,
) -> int:
    """Ask for a supplier's bank account to be changed; two people decide, after a call to the number on file."""
    desk = await open_desk()
    request = BankRequest(
        supplier_id=supplier.strip(),
        account=account,
        holder=holder,
        reference=reference,
        reason=reason,
        requester=submitted_by or getpass.getuser(),
        evidence=await _kept(desk, evidence) if evidence else None,
    )
    case = await start_change(desk, request)
    out.print(f"[bold]{plain(case.id)}[/bold]  {desk.link(case.id)}", soft_wrap=True)
    return await _watched(case) if wait else 0


@command
async def bank_stop(
    supplier: Supplier,
    reason: Annotated[str, typer.Option(help="Why; it is on record.")],
    by: Annotated[str | None, typer.Option(help="Who stops it. You, by default.")] = None,
) -> int:
    """Stop a change of bank details that is open; anybody may."""
    person = by or getpass.getuser()
    desk = await open_desk(identity=f"{person}@{socket.gethostname()}")
    stop = await stop_change(desk, supplier.strip(), reason, person)
    out.print(f"Stopped by {plain(stop.by)} ({stop.sure}). The account on file is what it was.")
    return 0


async def start_change(desk: Desk, request: BankRequest) -> Case:
    """Start a case, or join the one that is open if it asks for the same account; else raise `UserError`."""
    _refuse_unusable(request)
    case_id = f"{CASE_PREFIX}{request.supplier_id}"
    try:
        return await desk.client.start_workflow(
            BankDetailsWorkflow.run,
            request,
            id=case_id,
            task_queue=desk.queue,
            search_attributes=attributes.of_new(BankDetailsWorkflow.policy),
        )
    except WorkflowAlreadyStartedError:
        return await _joined(desk, case_id, request)


async def stop_change(desk: Desk, supplier_id: str, reason: str, person: str) -> StopHeard:
    """Stop the open change of a supplier and wait until that is on record; raise `UserError` where there is none."""
    case = _open_case(desk, f"{CASE_PREFIX}{supplier_id}")
    try:
        await case.signal("stop", {"by": person, "reason": reason})
        async with asyncio.timeout(STOP_SECONDS):
            outcome = await case.result()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise UserError(f"No change is open for supplier {supplier_id}, so there is nothing to stop.") from None
        raise
    except TimeoutError:
        raise UserError(
            f"The stop was sent, but nothing came of it after {STOP_SECONDS} s: is a worker running?"
        ) from None
    if isinstance(outcome, BankChanged) or (isinstance(outcome, BankRefused) and outcome.needs_repair):
        raise UserError(f"The stop came too late: {plain(outcome.outcome)}. Look the supplier's account up now.")
    return outcome.stops[-1]


def _refuse_unusable(request: BankRequest) -> None:
    """Tell a mistake at once; the case checks all of it again."""
    if not request.supplier_id or len(request.supplier_id) > LONGEST_ID:
        raise UserError(f"A supplier's number has 1 to {LONGEST_ID} characters.")
    try:
        iban(request.account)
    except ValueError as error:
        raise UserError(f"--account: {error}.") from None
    if fault := incomplete(request):
        raise UserError(fault)


async def _kept(desk: Desk, file: Path) -> DocumentRef:
    size = (await asyncio.to_thread(file.stat)).st_size
    if size > LARGEST:
        raise UserError(f"{file} has {size} bytes; at most {LARGEST} are kept.")
    content = await asyncio.to_thread(file.read_bytes)
    return await desk.documents.put(content, name=file.name[-200:], media_type="application/octet-stream")


async def _joined(desk: Desk, case_id: str, request: BankRequest) -> Case:
    """The open case, if it is about the same account."""
    known = desk.client.get_workflow_handle_for(BankDetailsWorkflow.run, case_id)
    opened = await _input_of(desk, known)
    asked = f"{opened.requester} asked for {masked(opened.account)}, reference {opened.reference}"
    if iban(opened.account) != iban(request.account):
        raise UserError(f"{case_id} is open and about another account: {asked}. Stop it first, or let it end.")
    out.print(f"It is open already: {plain(asked)}.")
    return known


async def _input_of(desk: Desk, case: Case) -> BankRequest:
    async for event in case.fetch_history_events():
        given = event.workflow_execution_started_event_attributes.input.payloads
        [request] = await desk.client.data_converter.decode(given, [BankRequest])
        return request
    raise UserError(f"{case.id} has no history.")


def _open_case(desk: Desk, case_id: str) -> Case:
    return desk.client.get_workflow_handle_for(BankDetailsWorkflow.run, case_id)


async def _watched(case: Case) -> int:
    """Wait until people have something to do, or it has ended."""
    while True:
        described: Any = await case.describe()
        if described.status != WorkflowExecutionStatus.RUNNING:
            break
        state = described.typed_search_attributes.get(attributes.CASE_STATE)
        if state in WAITS:
            about = described.typed_search_attributes.get(attributes.SUBJECT) or ""
            supplier = plain(case.id.removeprefix(CASE_PREFIX))
            out.print(f"{state}: {plain(about)}\nStop it with `starter.py bank-stop {supplier} --reason …`.")
            return 0
        await asyncio.sleep(POLL_SECONDS)
    outcome = await case.result()
    out.print(f"[bold]{outcome.outcome}[/bold]: {plain(sentence(outcome), 700)}")
    return 0 if isinstance(outcome, BankChanged) else 1
