"""An OpenAI-compatible chat model behind the `LanguageModel` port."""

from integrations.chat_model.chat_model import ChatModel
from integrations.chat_model.settings import ModelSettings

__all__ = ["ChatModel", "ModelSettings"]
