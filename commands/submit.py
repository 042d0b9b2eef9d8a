"""Starting invoice cases, and watching them until each has an outcome or waits for a person."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from commands.console import command, out, plain
from commands.desk import Desk, open_desk
from commands.words.invoice import told
from domain.documents import DocumentRef
from domain.intake import InvoiceCase
from integrations.reading.limits import ReadingLimits
from workflows import attributes
from workflows.invoice import InvoiceWorkflow

ID_LENGTH = 20
POLL_SECONDS = 0.25
LARGEST = ReadingLimits().file_bytes


@dataclass
class Submitted:
    """One file on its way."""

    name: str
    handle: WorkflowHandle[Any, Any] | None
    state: str
    said: str = ""
    settled: bool = False
    tell: Callable[[Any], tuple[str, str]] = told
    """An outcome in a word and a sentence."""
    rests: frozenset[str] = frozenset({"waiting for approval"})
    """The states in which it waits for somebody."""
    asks: Callable[[], Awaitable[str | None]] | None = None
    """Whom a case that it has started asks, if it waits for an answer."""


@command
async def invoice(
    files: Annotated[list[Path], typer.Argument(help="Invoices: UBL, CII, Factur-X, PDF or text.")],
    sender: Annotated[str | None, typer.Option(help="The address they came from.")] = None,
    submitted_by: Annotated[str | None, typer.Option(help="Who submits; cannot approve. You, by default.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Start anew a case that has ended.")] = False,
    wait: Annotated[bool, typer.Option(help="Watch until each case is done or waits for a person.")] = True,
) -> int:
    """Start a case for each invoice; the same document twice is the same case."""
    desk = await open_desk()
    requester = submitted_by or getpass.getuser()
    started = [await submit(desk, file, requester=requester, sender=sender, again=again) for file in files]
    if wait:
        await watch(desk, started)
    else:
        out.print(table_of(desk, started))
    return 2 if any(item.handle is None for item in started) else 0


async def submit(desk: Desk, file: Path, *, requester: str, sender: str | None, again: bool = False) -> Submitted:
    """Put a file into the store and start its case."""
    try:
        size = (await asyncio.to_thread(file.stat)).st_size
        content = await asyncio.to_thread(file.read_bytes) if size <= LARGEST else b""
    except OSError as error:
        return Submitted(file.name, None, "not started", f"cannot be read: {error.strerror}", settled=True)
    if size > LARGEST:
        return Submitted(file.name, None, "not started", f"has {size} bytes; at most {LARGEST} are read", settled=True)
    ref = await desk.documents.put(content, name=file.name, media_type="application/octet-stream")
    case = InvoiceCase(document=ref, sender=sender, requester=requester)
    return await _start(desk, case, ref, again=again)


async def _start(desk: Desk, case: InvoiceCase, ref: DocumentRef, *, again: bool) -> Submitted:
    case_id = f"invoice-{ref.digest[:ID_LENGTH]}"
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    try:
        handle = await desk.client.start_workflow(
            InvoiceWorkflow.run,
            case,
            id=case_id,
            task_queue=desk.queue,
            id_reuse_policy=reuse,
            search_attributes=attributes.of_new("invoice"),
        )
    except WorkflowAlreadyStartedError:
        known = desk.client.get_workflow_handle_for(InvoiceWorkflow.run, case_id)
        return Submitted(ref.name, known, "known", "the same document: the case that is already there")
    return Submitted(ref.name, handle, "started")


async def watch(desk: Desk, items: list[Submitted]) -> None:
    """Show progress until every case has an outcome or waits for a person."""
    if not out.is_terminal:
        await _settled(items, lambda: None)
        out.print(table_of(desk, items))
        return
    with Live(table_of(desk, items), console=out, refresh_per_second=4) as live:
        await _settled(items, lambda: live.update(table_of(desk, items)))


async def _settled(items: list[Submitted], looked: Callable[[], None]) -> None:
    while not all(item.settled for item in items):
        await asyncio.gather(*(look(item) for item in items if not item.settled))
        looked()
        await asyncio.sleep(POLL_SECONDS)


async def look(item: Submitted) -> None:
    """Ask the server where a case stands."""
    if item.handle is None:
        return
    described = await item.handle.describe()
    if described.status == WorkflowExecutionStatus.RUNNING:
        item.state = described.typed_search_attributes.get(attributes.CASE_STATE) or "running"
        item.settled = item.state in item.rests
        role = described.typed_search_attributes.get(attributes.OWNER_ROLE)
        about = described.typed_search_attributes.get(attributes.SUBJECT) or ""
        if item.settled:
            item.said = f"asks {role}" if item.state == "waiting for approval" else about
        elif item.asks and (role := await item.asks()):
            item.settled, item.said = True, f"its refund asks {role}"
        return
    item.settled = True
    if described.status == WorkflowExecutionStatus.COMPLETED:
        item.state, item.said = item.tell(await item.handle.result())
    else:
        status = described.status.name.lower() if described.status else "unknown"
        item.state, item.said = status, "see the UI"


COLOURS = (
    {"posted": "green", "duplicate": "cyan", "rejected": "magenta", "held": "yellow", "needs repair": "red"}
    | dict.fromkeys(("answered", "refund", "refunded", "partly_refunded", "store_credit", "exchanged"), "green")
    | dict.fromkeys(("routed", "linked", "spam"), "cyan")
    | {"handed over": "yellow", "refused": "magenta"}
)


def table_of(desk: Desk, items: list[Submitted]) -> Table:
    """One row a file."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("document", "case", "state"):
        table.add_column(column, no_wrap=True)
    table.add_column("what happened", overflow="fold")
    for item in items:
        case = item.handle.id if item.handle else "-"
        linked = f"[link={desk.link(case)}]{case}[/link]" if item.handle else case
        colour = COLOURS.get(item.state, "bold" if item.settled else "dim")
        table.add_row(plain(item.name, 40), linked, f"[{colour}]{item.state}[/{colour}]", plain(item.said, 400))
    return table
