"""The schedule that keeps the sweep going: it starts one whenever none runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

AGAIN = timedelta(minutes=1)
"""How long nothing sweeps where somebody ended the sweep."""


async def keep_going(client: Client, workflow: str, given: Any, queue: str) -> None:  # noqa: ANN401 - any model
    """Create the schedule, or bring it up to date; several workers may do so at once."""
    name = f"signalbox-{workflow.lower()}-{queue}"
    action = ScheduleActionStartWorkflow(workflow, given, id=name, task_queue=queue)
    schedule = Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=AGAIN)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=AGAIN),
    )

    def replaced(now: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule.state = now.description.schedule.state  # paused by a person stays paused
        return ScheduleUpdate(schedule)

    try:
        await client.create_schedule(name, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(name)
        await handle.update(replaced)
        await handle.trigger(overlap=ScheduleOverlapPolicy.SKIP)
