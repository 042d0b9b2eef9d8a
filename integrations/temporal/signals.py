"""Signals as the server recorded them."""

from __future__ import annotations

from datetime import UTC

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from domain.errors import Unavailable
from domain.ports import SignalRecord

RUNS_KEPT = 100
"""Runs whose signals are remembered: else each signal of a flood would read all those before it again."""


class HistorySignals:
    """Reads a run's history through a client; what a history shows once, it shows for good."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: dict[tuple[str, str], tuple[SignalRecord, ...]] = {}

    async def nth_signal(self, *, workflow_id: str, run_id: str, position: int) -> SignalRecord:
        """The signal at this position, from 0; raise `Unavailable` while the history does not show it yet."""
        run = (workflow_id, run_id)
        seen = self._seen.get(run, ())
        if position >= len(seen):
            seen = await self._read(workflow_id, run_id)
            self._seen.pop(run, None)
            self._seen[run] = seen
            while len(self._seen) > RUNS_KEPT:
                self._seen.pop(next(iter(self._seen)))
        if position >= len(seen):
            raise Unavailable(f"The history of {workflow_id} shows {len(seen)} signals, not {position + 1}.")
        return seen[position]

    async def _read(self, workflow_id: str, run_id: str) -> tuple[SignalRecord, ...]:
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        found: list[SignalRecord] = []
        resetting = False
        async for event in handle.fetch_history_events():
            if _is_reset(event):
                resetting = True
                found = [record.model_copy(update={"reapplied": True}) for record in found]
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
                resetting = False
            elif _is_answer(event):
                found.append(_record(event, reapplied=resetting))
        return tuple(found)


def _is_reset(event: HistoryEvent) -> bool:
    """The server ends the task that a reset goes back to, and puts later signals behind it before it starts another."""
    failed = event.workflow_task_failed_event_attributes
    return (
        event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        and failed.cause == WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
    )


def _is_answer(event: HistoryEvent) -> bool:
    """Leave out signals of several values: workflows/approval.py is deaf to them, and positions must agree."""
    return (
        event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
        and len(event.workflow_execution_signaled_event_attributes.input.payloads) <= 1
    )


def _record(event: HistoryEvent, *, reapplied: bool) -> SignalRecord:
    signal = event.workflow_execution_signaled_event_attributes
    return SignalRecord(
        event_id=event.event_id,
        name=signal.signal_name,
        identity=signal.identity,
        principal=event.principal.name or None if event.HasField("principal") else None,
        at=event.event_time.ToDatetime(tzinfo=UTC),
        reapplied=reapplied,
    )
