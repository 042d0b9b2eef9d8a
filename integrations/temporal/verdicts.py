"""Verdicts as histories recorded them: a judge is a local activity, so each is a marker of its case."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent, MarkerRecordedEventAttributes
from temporalio.client import Client

from governance.backtest import Recorded
from governance.verdict import Verdict
from integrations.payloads.events import open_payloads

MARKER = "core_local_activity"
"""What the SDK's core calls the marker of a local activity that has ended."""
JUDGE = "judge"


@dataclass(frozen=True)
class Unknown:
    """A recorded verdict of a shape that is not today's."""


class HistoryVerdicts:
    """Reads cases, newest first."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def recorded(self, query: str, limit: int) -> AsyncGenerator[Recorded | Unknown]:
        """The verdicts of at most `limit` cases that a visibility query finds, in the order of each history."""
        async for case in self._client.list_workflows(query, limit=limit):
            handle = self._client.get_workflow_handle(case.id, run_id=case.run_id)
            async for event in handle.fetch_history_events():
                if _is_marker(event):
                    await open_payloads([event], self._client.data_converter)
                if verdict := verdict_of(event):
                    yield verdict if isinstance(verdict, Unknown) else Recorded(case=case.id, verdict=verdict)


def verdict_of(event: HistoryEvent) -> Verdict | Unknown | None:
    """The verdict that an event records; None where it records something else, or a judge that failed."""
    if not _is_marker(event):
        return None
    marker = event.marker_recorded_event_attributes
    if marker.marker_name != MARKER or _activity(_content(marker, "data")) != JUDGE:
        return None
    result = _content(marker, "result")
    try:
        return Verdict.model_validate_json(result) if result else None
    except ValidationError:
        return Unknown()


def _is_marker(event: HistoryEvent) -> bool:
    return event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED


def _content(marker: MarkerRecordedEventAttributes, detail: str) -> bytes:
    payloads = marker.details[detail].payloads if detail in marker.details else ()
    return payloads[0].data if payloads else b""


def _activity(content: bytes) -> str | None:
    try:
        said: object = json.loads(content)
    except ValueError:
        return None
    return str(cast("dict[str, object]", said).get("activity_type")) if isinstance(said, dict) else None
