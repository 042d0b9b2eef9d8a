"""Runs as the server knows them."""

from __future__ import annotations

from temporalio.client import Client

from integrations.temporal.unavailable import available


class ServerRuns:
    """Implements `domain.ports.Runs` through a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def original(self, workflow_id: str, run_id: str) -> str:
        """The run that was reset to make this one, by its first event."""
        handle = self._client.get_workflow_handle(workflow_id, run_id=run_id)
        async with available():
            async for event in handle.fetch_history_events(page_size=1):
                return event.workflow_execution_started_event_attributes.original_execution_run_id or run_id
        return run_id
