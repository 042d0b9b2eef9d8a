"""Signals as the server recorded them."""

from __future__ import annotations

from datetime import UTC

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from domain.errors import Unavailable
from domain.ports import SignalRecord


class HistorySignals:
    """Reads a run's history through a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def nth_signal(self, *, workflow_id: str, run_id: str, position: int) -> SignalRecord:
        """The signal at this position, from 0; raise `Unavailable` while the history does not show it yet."""
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        seen = 0
        async for event in handle.fetch_history_events():
            if event.event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                continue
            if seen == position:
                signal = event.workflow_execution_signaled_event_attributes
                return SignalRecord(
                    event_id=event.event_id,
                    name=signal.signal_name,
                    identity=signal.identity,
                    principal=event.principal.name or None if event.HasField("principal") else None,
                    at=event.event_time.ToDatetime(tzinfo=UTC),
                )
            seen += 1
        raise Unavailable(f"The history of {workflow_id} shows {seen} signals, not {position + 1}.")
