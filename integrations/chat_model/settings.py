"""Which model to ask, where, and how long to wait."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from domain.values import Frozen

OPENAI_HOST = "api.openai.com"


class ModelSettings(Frozen):
    """One chat model on one OpenAI-compatible server; the key is never shown."""

    base_url: str = Field(pattern=r"^https?://[^/]+", description="up to and including /v1")
    api_key: SecretStr
    model: str = Field(min_length=1)
    provider: str | None = Field(default=None, description="what the trail calls it; by default its host name")
    seconds: int = Field(default=60, gt=0, description="for one whole answer, both asks of a fallback included")
    response_bytes: int = Field(default=2_000_000, gt=0)
    output_limit: Literal["max_tokens", "max_completion_tokens"] | None = Field(
        default=None, description="the server's name for the limit on output; by default told from the host"
    )

    @property
    def host(self) -> str:
        """The server's host name."""
        return urlsplit(self.base_url).hostname or "unknown"

    @property
    def provider_name(self) -> str:
        """What the trail calls the provider."""
        return self.provider or ("openai" if self.host == OPENAI_HOST else self.host)

    @property
    def output_limit_name(self) -> Literal["max_tokens", "max_completion_tokens"]:
        """OpenAI refuses `max_tokens` for its newer models; other servers know nothing else."""
        return self.output_limit or ("max_completion_tokens" if self.host == OPENAI_HOST else "max_tokens")
