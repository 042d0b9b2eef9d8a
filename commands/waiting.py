"""The approvals that wait: finding them by what people type, and reading what each of them asks."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import (
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
)
from temporalio.service import RPCError, RPCStatusCode

from commands.console import UserError
from commands.desk import Desk
from domain.text import show
from governance.approval import ApprovalRequest
from governance.ballot import Ballot
from workflows import attributes
from workflows.approval import Approval

WAITING = 'WorkflowType="Approval" AND ExecutionStatus="Running"'
MANY = 500
NAMED = 200
"""Characters of a name that a query looks for; ids and roles are shorter."""
ANSWERING = timedelta(seconds=10)
"""How long a worker may take to say what an approval has come to."""
LOOK_SECONDS = 3
"""How long a list waits for all its approvals; what does not answer by then is listed without."""
NO_WORKER = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.CANCELLED)
EXAMPLE = "Write one such as 'Amount < 500 AND ApproverRole=\"ap\"'."
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Pending:
    """An approval that waits: which run of it, and what it has come to."""

    id: str
    run_id: str
    ballot: Ballot

    @property
    def request(self) -> ApprovalRequest:
        """What is asked."""
        return self.ballot.request


def quotable(text: str) -> str:
    """A value that cannot end the quotes it stands in; raise `UserError` for what is too long to be a name."""
    if len(text) > NAMED:
        raise UserError(f"{show(text, 40)} has {len(text):,} characters; no id or role has more than {NAMED}.")
    return text.translate({ord(mark): None for mark in "\"'`\\"})


def enclosed(query: str) -> str:
    """A query in brackets that nothing in it can close, so that what is added to it always holds."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", " ", query)
    if "\\" in query or re.search(r"--|/\*|[;#`]", bare) or not bare.strip():
        raise UserError(f"--query {show(query, 80)} is empty, or has a comment or \\ ` ; in it. {EXAMPLE}")
    depths = list(itertools.accumulate((mark == "(") - (mark == ")") for mark in bare))
    if min(depths) < 0 or depths[-1] or re.search("['\"]", bare):
        raise UserError(f"--query {show(query, 80)} has a bracket or quotation mark too many or too few. {EXAMPLE}")
    return f"({query})"


async def waiting(desk: Desk, wanted: str = "") -> tuple[list[WorkflowExecution], int]:
    """The approvals that wait, soonest deadline first, and how many more there are than were read.

    `wanted` goes on from `WAITING`; what is found and is no approval that waits is left out, whatever the server says.
    """
    query = WAITING + wanted
    try:
        found = [each async for each in desk.client.list_workflows(query, limit=MANY) if _waits(each)]
        more = (await desk.client.count_workflows(query)).count - len(found) if len(found) == MANY else 0
    except RPCError as error:
        if error.status != RPCStatusCode.INVALID_ARGUMENT:
            raise
        raise UserError(f"The server does not understand what to look for: {show(error.message, 300)}") from None
    return sorted(found, key=lambda each: (due_of(each) or LAST, each.id)), max(more, 0)


async def waiting_for(desk: Desk, case_id: str) -> AsyncIterator[WorkflowExecution]:
    """The approvals that a case waits for."""
    query = f'{WAITING} AND ParentWorkflowId="{quotable(case_id)}"'
    async for found in desk.client.list_workflows(query, limit=MANY):
        yield found


async def approval_of(desk: Desk, which: str) -> str:
    """The id of the approval that is named, or that the named case waits for."""
    if which.startswith("approval."):
        return which
    safe = quotable(which)
    if re.fullmatch(r"[a-z]*-?", safe):  # `approve "$CASE"` without a CASE must not find whatever waits alone
        raise UserError(f"'{safe}' does not say which case. `starter.py inbox` shows what waits.")
    query = f'{WAITING} AND ParentWorkflowId STARTS_WITH "{safe}"'
    found = [each.id async for each in desk.client.list_workflows(query, limit=5)]
    if len(found) != 1:
        several = f"Several approvals wait for {show(safe, 80)}: {', '.join(found)}."
        said = several if found else f"No approvals wait for {show(safe, 80)}."
        raise UserError(f"{said} `starter.py inbox` shows what waits.")
    return found[0]


async def pending(desk: Desk, approval_id: str) -> Pending:
    """What an approval that waits has come to; raise `UserError` where it does not, or where no worker can say."""
    described = await described_approval(desk, approval_id)
    if described.status != WorkflowExecutionStatus.RUNNING:
        raise UserError(await gone(desk, approval_id))
    try:
        ballot = await ballot_of(desk, approval_id, described.run_id)
    except RPCError as error:
        if error.status not in NO_WORKER:
            raise
        raise UserError(
            f"No worker answers for {approval_id}, so nothing was sent. Start one with `.venv/bin/python worker.py`."
        ) from None
    if ballot.state != "waiting":
        raise UserError(f"{approval_id} does not wait any more: it was {ballot.state}.")
    return Pending(approval_id, described.run_id, ballot)


async def described_approval(desk: Desk, approval_id: str) -> WorkflowExecutionDescription:
    """How the server describes an approval; raise `UserError` where there is none of that id."""
    try:
        described = await desk.client.get_workflow_handle(approval_id).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        raise UserError(await gone(desk, approval_id)) from None
    if described.workflow_type != "Approval":
        raise UserError(f"{approval_id} is no approval. `starter.py inbox` shows what waits.")
    return described


async def gone(desk: Desk, approval_id: str) -> str:
    """Why an approval does not wait, as a sentence."""
    told = f"{show(approval_id, NAMED)} does not wait (any more)"
    try:
        described = await desk.client.get_workflow_handle(approval_id).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return f"{told}. `starter.py inbox` shows what does."
    said = described.typed_search_attributes
    state = said.get(attributes.APPROVAL_STATE)
    if described.status != WorkflowExecutionStatus.COMPLETED or not state:
        ended = described.status.name.lower() if described.status else "ended"
        return f"{told}: it was {ended} without a decision. `starter.py inbox` shows what does."
    by = said.get(attributes.DECIDED_BY) or "nobody"
    return f"{told}: it was {state} by {show(by, 80)}. {await _asked_now(desk, described)}"


async def _asked_now(desk: Desk, ended: WorkflowExecutionDescription) -> str:
    """What the case of an approval that has ended waits for now, as a sentence."""
    waits = [each.id async for each in waiting_for(desk, ended.parent_id)] if ended.parent_id else []
    others = ", ".join(show(each, NAMED) for each in waits if each != ended.id)
    shows = f"`starter.py show {show(ended.id, NAMED)}` shows it"
    return f"{shows}; its case now waits for {others}, which is another request." if others else f"{shows}."


async def ballot_of(desk: Desk, approval_id: str, run_id: str | None = None) -> Ballot:
    """What an approval has come to, as its worker says."""
    handle = desk.client.get_workflow_handle_for(Approval.run, approval_id, run_id=run_id)
    return await handle.query(Approval.state, rpc_timeout=ANSWERING)


async def pendings(desk: Desk, listed: Collection[WorkflowExecution]) -> Mapping[str, Pending]:
    """What each of these has come to, by id; an approval whose worker does not answer at once is left out."""

    async def look(each: WorkflowExecution) -> Pending:
        return Pending(each.id, each.run_id, await ballot_of(desk, each.id, each.run_id))

    tasks = [asyncio.create_task(look(each)) for each in listed]
    if not tasks:
        return {}
    done, late = await asyncio.wait(tasks, timeout=LOOK_SECONDS)
    for task in late:
        task.cancel()
    results = await asyncio.gather(*done, *late, return_exceptions=True)
    expected = (RPCError, WorkflowQueryFailedError, asyncio.CancelledError)
    for failed in (each for each in results if isinstance(each, BaseException) and not isinstance(each, expected)):
        raise failed
    return {each.id: each for each in results if isinstance(each, Pending) and each.ballot.state == "waiting"}


def due_of(found: WorkflowExecution) -> datetime | None:
    """Until when an approval waits, as lists know it."""
    return found.typed_search_attributes.get(attributes.APPROVAL_DUE)


def roles_of(found: WorkflowExecution) -> tuple[str, ...]:
    """The roles that are asked, as lists know them."""
    return tuple(found.typed_search_attributes.get(attributes.APPROVER_ROLE) or ())


def _waits(found: WorkflowExecution) -> bool:
    return found.workflow_type == "Approval" and found.status == WorkflowExecutionStatus.RUNNING
