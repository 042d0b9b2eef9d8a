"""One thing that happened in a case, with the events that prove it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.values import Frozen

Kind = Literal[
    "run",
    "task",
    "activity",
    "attempt",
    "local",
    "agent",
    "timer",
    "signal",
    "update",
    "child",
    "outward",
    "cancel",
    "listing",
    "memo",
    "patch",
    "marker",
    "nexus",
    "setting",
    "other",
]
"""What a record is about; `other` is an event of a type that was not known when this was written."""

Status = Literal["ok", "error", "open", "unknown"]
"""`unknown`: it began, and nothing says how it ended; an effect may or may not have taken place."""

Value = str | int | bool | tuple[str, ...]
"""Money and ratios are text: no attribute is a float."""

ROUTINE = frozenset({"task", "listing", "memo", "patch", "attempt"})
"""What goes on in every case and tells an auditor nothing, as long as it goes well."""


class Record(Frozen):
    """A record of one run; its id is its span's too."""

    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    trace: str = Field(pattern=r"^[0-9a-f]{32}$")
    case: str = Field(description="the id of the workflow")
    run: str
    kind: Kind
    name: str
    at: datetime
    until: datetime | None = Field(description="None while it goes on")
    status: Status
    parent: str | None
    events: tuple[int, ...] = Field(
        description="ids in the history of the run; an agent has those of its turns, an attempt none"
    )
    attributes: dict[str, Value] = Field(description="by governance/trail/conventions.py")

    @property
    def routine(self) -> bool:
        """Whether it can be left out of what people read."""
        return self.kind in ROUTINE and self.status == "ok"
