"""Waiting for facts: a test never sleeps for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import WorkflowHandle

T = TypeVar("T")
Handle = WorkflowHandle[Any, Any]


async def until(fact: Callable[[], Awaitable[T | None]], seconds: float = 30) -> T:
    """Ask until the answer is something; returns it."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await fact():
                return found
            await asyncio.sleep(0.02)


async def events(handle: Handle, kind: EventType.ValueType) -> int:
    """How many events of a kind a case's history has."""
    return sum([event.event_type == kind async for event in handle.fetch_history_events()])


BUSY = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,  # a signal came in as the task ended
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,  # too many came in while it ran
)
"""Tasks that the server has done again: it records them as failed, and the code is not at fault."""


async def no_task_failed(handle: Handle) -> None:
    """Check that no workflow task failed by fault of the code: it would be retried for ever."""
    async for event in handle.fetch_history_events():
        if event.HasField("workflow_task_failed_event_attributes"):
            failed = event.workflow_task_failed_event_attributes
            assert failed.cause in BUSY, (WorkflowTaskFailedCause.Name(failed.cause), failed.failure.message)
