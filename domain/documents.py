"""Documents travel as references: what the case carries is the digest, never the bytes."""

from __future__ import annotations

from pydantic import Field

from domain.values import Frozen, Sha256


class DocumentRef(Frozen):
    """Where a document is and what it must hash to."""

    digest: Sha256
    size: int = Field(ge=0, description="bytes")
    media_type: str
    name: str = Field(max_length=200, description="as its sender called it; shown, never trusted")


class PlainText(Frozen):
    """A document without structure: its text, for a model or a person to read."""

    text: str
    pages: int
