"""What stands in for a model where none is configured: it says so, and the fallback speaks."""

from __future__ import annotations

from domain.chat import Chat, Completion
from domain.errors import NoAnswer


class NoModel:
    """Answers nothing."""

    async def complete(self, chat: Chat) -> Completion:  # noqa: ARG002
        """Raise `NoAnswer`."""
        raise NoAnswer("No model is configured.")
