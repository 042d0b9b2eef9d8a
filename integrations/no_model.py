"""What stands in for a model where none is configured: it says so, and the fallback speaks."""

from __future__ import annotations

from domain.chat import Chat, Completion
from domain.errors import NoAnswer


class NoModel:
    """Answers nothing."""

    async def complete(self, chat: Chat) -> Completion:
        """Raise `NoAnswer`."""
        raise NoAnswer(f"No model is configured to answer {chat.schema_name}: set OPENAI_API_KEY or OPENAI_BASE_URL.")
