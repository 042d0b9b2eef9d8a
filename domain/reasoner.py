"""Who reasons about one bounded step in an agent's place, and all that it may ask meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.chat import ChatMessage, Completion, ToolForm
from domain.values import Frozen


class Step(Frozen):
    """What is to be thought about: the conversation so far, the form of the answer, and what may be looked up."""

    agent: str
    version: str
    messages: tuple[ChatMessage, ...]
    """The instructions first, then the brief; after those, earlier answers that could not be used, and why."""
    answers: str
    """The JSON schema of the answer."""
    tools: tuple[ToolForm, ...] = ()
    """Look-ups only: whoever reasons does nothing."""


class Asking(Protocol):
    """The only way out of a step: both are counted, and held to the limits of the agent."""

    async def ask(self, messages: Sequence[ChatMessage], tools: Sequence[str]) -> Completion:
        """The model's answer, or calls of these tools that can be carried out.

        Raise `Unavailable` or `NoAnswer` as the model does; a step that has seen either is over.
        """
        ...

    async def look_up(self, tool: str, arguments: str) -> str:
        """What a tool returns for arguments in JSON, as the model may see it, or why it returns nothing."""
        ...


class Reasoner(Protocol):
    """Reasons about a step and keeps nothing of it."""

    async def reason(self, step: Step, asking: Asking) -> str:
        """The answer as written, which nobody has believed yet.

        Raise what `asking` raised, `NoAnswer` where it fails of itself, and `Unavailable` where trying again may help.
        """
        ...
