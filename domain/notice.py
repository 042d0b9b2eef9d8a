"""What people are told about a decision that waits for them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.values import Frozen

NoticeKind = Literal["asked", "reminder", "escalated", "decided"]


class Notice(Frozen):
    """One thing to tell the people of some roles; it may quote outside text, which the channels make safe."""

    key: str = Field(min_length=1, description="what makes it this notice: approval id, request digest and rung")
    kind: NoticeKind
    roles: tuple[str, ...] = Field(min_length=1, description="whose people are told")
    requester: str = Field(description="who asked for the action, and is therefore not told")
    title: str
    lines: tuple[str, ...]
    workflow_id: str = Field(description="the workflow that shows the decision")
    run_id: str
    due: datetime | None = Field(description="until when an answer counts")
