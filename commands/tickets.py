"""Handing messages in as tickets, telling a ticket's case that something happened, and how tickets ended."""

from __future__ import annotations

import asyncio
import email
import email.policy
import functools
import getpass
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy

from commands.books import books
from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.submit import Submitted, table_of, watch
from commands.waiting import WAITING, quotable
from commands.words.ticket import told
from domain.errors import Unavailable
from domain.support import InboundMessage, Received
from integrations.sandbox import SandboxHelpdesk
from workflows import attributes
from workflows.ticket import TicketWorkflow
from workflows.ticket_state import TicketInput

PREFIX = "ticket-"
OPEN = frozenset({"answered", "routed", "refund", "handed over", "needs repair"})
"""States in which a ticket's case waits until somebody closes it."""
RESTS = OPEN | {"waiting for approval"}
"""States in which a ticket's case waits for somebody."""
LARGEST = 200_000
"""Bytes of a message file; the helpdesk takes 100,000 characters of text."""
STDIN = "-"
Event = Literal["look", "close"]


@command
async def ticket(
    file: Annotated[
        Path, typer.Argument(help="A message as a mail file (From, Subject, text), or - for standard input.")
    ],
    sender: Annotated[str | None, typer.Option(help="Who wrote it, where the file does not say.")] = None,
    submitted_by: Annotated[str | None, typer.Option(help="Who brings it; cannot approve. You, by default.")] = None,
    wait: Annotated[bool, typer.Option(help="Watch until it waits for somebody or is over.")] = True,
) -> int:
    """Put a message into the helpdesk and start its ticket's case; a further message goes on with the same case."""
    desk = await open_desk()
    item = await hand_in(desk, file, sender=sender, requester=submitted_by or getpass.getuser())
    if wait:
        await watch(desk, [item])
    else:
        out.print(table_of(desk, [item]))
    return 0


@command
async def send_event(
    ticket: Annotated[str, typer.Argument(help="The ticket's number in the helpdesk, or its case.")],
    event: Annotated[Event, typer.Argument(help="look: the helpdesk has news. close: it is done.")],
    by: Annotated[Literal["customer", "person"], typer.Option(help="Who says that it is done.")] = "person",
) -> int:
    """Tell a ticket's case that something has happened; a helpdesk does this by itself."""
    desk = await open_desk(identity=f"{getpass.getuser()}@{socket.gethostname()}")
    case_id = ticket if ticket.startswith(PREFIX) else case_of(ticket)
    case = desk.client.get_workflow_handle(quotable(case_id))
    described = await case.describe()
    if described.status != WorkflowExecutionStatus.RUNNING:
        raise UserError(
            f"{case_id} is over, so nothing can be told to it. `starter.py show {case_id}` says how it ended."
        )
    await case.signal(event, *(["customer"] if event == "close" and by == "customer" else []))
    out.print(f"Told {plain(case_id)}: {event}.  {desk.link(case_id)}", soft_wrap=True)
    return 0


async def hand_in(desk: Desk, file: Path, *, sender: str | None, requester: str) -> Submitted:
    """Put a message into the helpdesk and start or go on with the case of its ticket."""
    message = await asyncio.to_thread(_read, file, sender)
    async with books(desk.settings) as database:
        received = await _received(SandboxHelpdesk(database), message)
    case_id = case_of(received.ticket_id)
    handle = await desk.client.start_workflow(
        TicketWorkflow.run,
        TicketInput(ticket_id=received.ticket_id, requester=requester),
        id=case_id,
        task_queue=desk.queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=attributes.of_new("ticket"),
        start_signal="look",  # whether the case is new or goes on, it looks
    )
    said = "" if received.first else "the same message: it is in its ticket already"
    state = "started" if received.first else "known"
    asks = functools.partial(_asked_below, desk, case_id)
    return Submitted(file.name, handle, state, said, tell=told, rests=RESTS, asks=asks)


async def close(item: Submitted) -> None:
    """Say that a ticket is done, and wait until its case has heard it."""
    if item.handle:
        await item.handle.signal("close")
        await item.handle.result()


async def _asked_below(desk: Desk, case_id: str) -> str | None:
    query = f'{WAITING} AND ParentWorkflowId STARTS_WITH "{case_id}."'
    async for found in desk.client.list_workflows(query, limit=1):
        return found.typed_search_attributes.get(attributes.OWNER_ROLE) or "somebody"
    return None


def case_of(ticket_id: str) -> str:
    """The case of a ticket: one, however often its customer writes."""
    return f"{PREFIX}{ticket_id}"


def _read(file: Path, sender: str | None) -> InboundMessage:
    """A mail file, or plain text where the sender is given."""
    content = sys.stdin.buffer.read(LARGEST + 1) if str(file) == STDIN else _bytes(file)
    if len(content) > LARGEST:
        raise UserError(f"{file} has more than {LARGEST} bytes; a ticket's message is shorter.")
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    mail = parsed if parsed["From"] else None
    wrote = sender or (str(mail["From"]) if mail else "")
    if not wrote:
        raise UserError(f"{file} does not say who wrote it: begin it with a line `From: …`, or give --sender.")
    body = mail.get_body(("plain",)) if mail else None
    text = str(body.get_content()) if body else content.decode(errors="replace")
    subject = str(mail["Subject"] or "") if mail else ""
    known = str(mail["Message-ID"]) if mail and mail["Message-ID"] else None
    try:
        return InboundMessage(id=known, channel="mail", sender=wrote, subject=subject, body=text, at=datetime.now(UTC))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UserError(f"{file}: {first['loc'][0]}: {first['msg']}.") from None


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


async def _received(helpdesk: SandboxHelpdesk, message: InboundMessage) -> Received:
    try:
        return await helpdesk.receive(message)
    except Unavailable as error:
        raise UserError(f"The helpdesk is away: {error}") from None
