"""Histories for the trail: all runs of a case and of what it started, from the server, or from exported files."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from pydantic import JsonValue
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError
from governance.trail.exported import history_of
from governance.trail.history import RESET, Event, History
from governance.trail.reading import items, text
from integrations.temporal.protobuf_events import read_event

MOST = 1_000
"""Runs of one case, its approvals included, that are read."""
LARGEST = 256 * 1024 * 1024


class BadHistory(DomainError):
    """This is no history that can be read."""


class Histories:
    """Reads through a client; a run whose history the server no longer has is left out."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def case(self, workflow_id: str, run_id: str | None = None) -> tuple[History, ...]:
        """The newest chain of runs of a workflow, or the one with this run, and all that they started."""
        wanted = [(workflow_id, run_id), *[(workflow_id, each) async for each in self._runs(workflow_id)]]
        found: dict[str, History] = {}
        chain: str | None = None
        while wanted and len(found) < MOST:
            history = await self._read(*wanted.pop(0), known=found)
            if history is None or (history.workflow_id == workflow_id and chain not in (None, history.first_run)):
                continue
            chain = chain or history.first_run
            found[history.run_id] = history
            wanted = [*linked(history), *wanted]
        return tuple(found.values())

    async def run(self, workflow_id: str, run_id: str | None = None) -> History:
        """The history of one run, the newest by default."""
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        events = [read_event(event) async for event in handle.fetch_history_events()]
        return history_of(events, namespace=self._client.namespace, workflow_id=workflow_id, run_id=run_id)

    async def _read(self, workflow_id: str, run_id: str | None, known: dict[str, History]) -> History | None:
        if run_id in known:
            return None
        try:
            history = await self.run(workflow_id, run_id)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND and known:
                return None
            raise
        return None if history.run_id in known else history

    async def _runs(self, workflow_id: str) -> AsyncGenerator[str]:
        """The runs that lists know of, newest first; a list may lag behind, so links are followed too."""
        async for run in self._client.list_workflows(f'WorkflowId="{workflow_id}"', limit=MOST):
            yield run.run_id


def linked(history: History) -> Iterator[tuple[str, str]]:
    """The runs that a history names: before and after it in its chain, and those it started."""
    for event in history.events:
        for run in _same_case(event):
            yield history.workflow_id, run
        if event.type == "CHILD_WORKFLOW_EXECUTION_STARTED":
            child = text(event.attributes, "workflowExecution", "workflowId")
            run = text(event.attributes, "workflowExecution", "runId")
            if child and run:
                yield child, run


def _same_case(event: Event) -> Iterator[str]:
    names = ("continuedExecutionRunId", "originalExecutionRunId", "firstExecutionRunId", "newExecutionRunId")
    if event.type.startswith("WORKFLOW_EXECUTION_"):
        yield from (run for name in names if (run := text(event.attributes, name)))
    elif event.type == "WORKFLOW_TASK_FAILED" and text(event.attributes, "cause") == RESET:
        yield from (run for name in ("baseRunId", "newRunId") if (run := text(event.attributes, name)))


def read_file(file: Path) -> History:
    """The history in a file: what `temporal workflow show --output json` prints, or the UI downloads.

    A `workflow_id`, `namespace` and `run_id` beside its events are used. Raise `BadHistory` saying what is wrong.
    """
    if file.stat().st_size > LARGEST:
        raise BadHistory(f"{file} is larger than {LARGEST >> 20} MiB; no server keeps such a history.")
    try:
        said: JsonValue = json.loads(file.read_bytes(), parse_constant=str)
    except (ValueError, RecursionError):
        raise BadHistory(f"{file} is not JSON. Export it with `temporal workflow show --output json`.") from None
    events = said if isinstance(said, list) else items(said, "events") or items(said, "history", "events")
    beside = {name: text(said, name) for name in ("namespace", "workflow_id", "run_id")}
    if not events:
        raise BadHistory(f"{file} has no events. Export it with `temporal workflow show --output json`.")
    try:
        return history_of(events, **beside)
    except (ValueError, RecursionError) as error:
        wrong = error if isinstance(error, ValueError) else "it nests too deeply"
        raise BadHistory(f"{file}: {wrong}. Export it again with `temporal workflow show --output json`.") from None
