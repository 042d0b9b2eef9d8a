"""What an agent alone has said."""

from __future__ import annotations

from pydantic import Field

from domain.values import Frozen


class Unbacked(Frozen):
    """An argument of an agent's call that no trusted system has returned and the requester has not written."""

    argument: str
    value: str = Field(description="as the agent gave it: outside text, made safe to show and cut")
    sought_in: tuple[str, ...] = Field(description="look-ups that were answered, and fields of the requester's words")
