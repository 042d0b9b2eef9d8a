"""Every try of an activity: a history keeps the last one alone, so the worker writes each into a journal beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.values import Frozen

Outcome = Literal["completed", "failed"]


class AttemptEnd(Frozen):
    """How an attempt ended, by the worker's clock; `error` is the type of what it failed with, never its words."""

    outcome: Outcome
    at: datetime
    error: str | None


class Attempt(Frozen):
    """One try of one activity, written down before it began; without an end nobody knows what became of it."""

    case: str = Field(description="the id of the workflow that scheduled it")
    run: str
    activity: str = Field(description="the activity's id in its run")
    number: int = Field(ge=1)
    name: str = Field(description="the type of the activity")
    worker: str
    begun: datetime
    end: AttemptEnd | None
