"""The inbox, and answering from it. These commands send the signals that the UI sends, and then wait for the count."""

from __future__ import annotations

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

import typer
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from governance.approval import Heard
from workflows import attributes
from workflows.approval import Approval

WAITING = 'WorkflowType="Approval" AND ExecutionStatus="Running"'
MANY = 500
ANSWER_SECONDS = 20
By = Annotated[str | None, typer.Option(help="Who answers. You, by default.")]
Which = Annotated[str, typer.Argument(help="An approval's id, or its case's id or the beginning of it.")]


@command
async def inbox(role: Annotated[str | None, typer.Option(help="Only what this role decides.")] = None) -> int:
    """List the decisions that wait, soonest deadline first."""
    desk = await open_desk()
    wanted = f' AND ApproverRole="{quotable(role)}"' if role else ""
    await print_waiting(desk, [each async for each in desk.client.list_workflows(WAITING + wanted, limit=MANY)])
    view = f"{desk.ui}/namespaces/{desk.client.namespace}/workflows?query={quote(WAITING + wanted)}"
    out.print(f"The same list in the UI: {view}", soft_wrap=True)
    return 0


async def print_waiting(desk: Desk, waiting: list[WorkflowExecution]) -> None:
    """Each decision that waits: what is asked, by when, where to look and what to type."""
    for each in sorted(waiting, key=lambda one: str(one.typed_search_attributes.get(attributes.APPROVAL_DUE))):
        said = each.typed_search_attributes
        due = said.get(attributes.APPROVAL_DUE)
        role = said.get(attributes.APPROVER_ROLE) or ""
        out.print(f"[bold]{plain(said.get(attributes.SUBJECT) or '')}[/bold]", soft_wrap=True)
        out.print(f"  {role}, until {due:%d %b %H:%M} UTC" if due else f"  {role}")
        out.print(f"  {desk.link(each.id)}", soft_wrap=True, style="dim")
        out.print(f"  .venv/bin/python starter.py approve {each.id}\n", soft_wrap=True)
    if not waiting:
        out.print("Nothing waits.")


def quotable(text: str) -> str:
    """A value that cannot end the quotes it stands in."""
    return text.replace('"', "").replace("'", "").replace("\\", "")


@command
async def approve(
    which: Which, note: Annotated[str | None, typer.Option(help="What you want on record.")] = None, by: By = None
) -> int:
    """Approve exactly the action that the card shows."""
    return await _send(which, "approve", note, by)


@command
async def reject(
    which: Which, reason: Annotated[str, typer.Option(help="Why; it is on record and required.")], by: By = None
) -> int:
    """Refuse."""
    return await _send(which, "reject", reason, by)


@command
async def comment(which: Which, text: Annotated[str, typer.Option(help="What to say.")], by: By = None) -> int:
    """Say something without deciding."""
    return await _send(which, "comment", text, by)


async def waiting_for(desk: Desk, case_id: str) -> AsyncIterator[WorkflowExecution]:
    """The approvals that a case waits for."""
    async for found in desk.client.list_workflows(f'{WAITING} AND ParentWorkflowId="{case_id}"', limit=MANY):
        yield found


async def _send(which: str, kind: str, text: str | None, by: str | None) -> int:
    person = by or getpass.getuser()
    desk = await open_desk(identity=f"{person}@{socket.gethostname()}")
    approval_id = which if which.startswith("approval.") else await _approval_of(desk, which)
    heard = await answer(desk, approval_id, kind, text, person)
    if heard.counted:
        out.print(f"Counted: {kind} by {plain(heard.person)} ({heard.assurance}), event {heard.event_id}.")
        return 0
    out.print(f"[red]Not counted:[/red] {plain(heard.why_not)}.")
    return 1


async def answer(desk: Desk, approval_id: str, kind: str, text: str | None, person: str) -> Heard:
    """Send an answer and wait until the approval says whether it counted."""
    handle = desk.client.get_workflow_handle_for(Approval.run, approval_id)
    word = {"approve": "note", "reject": "reason", "comment": "text"}[kind]
    try:
        before = len((await handle.query(Approval.state)).heard)
        await handle.signal(kind, {"by": person, word: text} if text else {"by": person})
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise UserError(f"{approval_id} does not wait (any more). `starter.py inbox` shows what does.") from None
        raise
    for _ in range(ANSWER_SECONDS * 5):
        heard = (await handle.query(Approval.state)).heard[before:]
        if mine := [each for each in heard if each.kind == kind and each.by == person]:
            return mine[-1]
        await asyncio.sleep(0.2)
    raise UserError(f"The signal was sent, but no worker has counted it after {ANSWER_SECONDS} s: is one running?")


async def _approval_of(desk: Desk, case: str) -> str:
    safe = quotable(case)
    query = f'{WAITING} AND ParentWorkflowId STARTS_WITH "{safe}"'
    found = [each.id async for each in desk.client.list_workflows(query, limit=5)]
    if len(found) != 1:
        raise UserError(
            f"{'Several' if found else 'No'} approvals wait for {safe}. `starter.py inbox` shows what waits."
        )
    return found[0]
