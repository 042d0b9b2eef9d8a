"""What a person has stopped does not go on."""

from __future__ import annotations

import re

from temporalio import activity

from domain.errors import Suspended
from domain.ports import StopButton


async def refuse_stopped(stop: StopButton, *, action: str | None = None, agent: str | None = None) -> None:
    """Raise `Suspended` if this action, this agent or the process that this attempt is for has been stopped.

    Asked in every attempt, so that a stop takes effect on the next one anywhere.
    """
    process = process_of(activity.info().workflow_type or "")
    said = await stop.stopped(process=process, action=action, agent=agent)
    if said is not None:
        raise Suspended(said)


def process_of(workflow_type: str) -> str:
    """The process that a workflow type runs: `Invoice` is `invoice`, `BankDetails` is `bank-details`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", workflow_type).lower()
