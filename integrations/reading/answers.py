"""What the process that read a document answers, as one JSON text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from domain.documents import PlainText
from domain.errors import DETAIL_LIMIT, PoisonInput, TooLarge, Unreadable
from domain.invoice import Invoice
from domain.values import Frozen

ERRORS: dict[str, type[Unreadable]] = {"unreadable": Unreadable, "too_large": TooLarge, "poison": PoisonInput}


class InvoiceRead(Frozen):
    """The document is an invoice with structure."""

    kind: Literal["invoice"] = "invoice"
    invoice: Invoice


class TextRead(Frozen):
    """The document has text and no structure."""

    kind: Literal["text"] = "text"
    text: PlainText


class NotRead(Frozen):
    """The document cannot be read, and why."""

    kind: Literal["unreadable", "too_large", "poison"]
    detail: str = Field(max_length=DETAIL_LIMIT)

    def error(self, name: str) -> Unreadable:
        """The same as an error that names the file."""
        return ERRORS[self.kind](f"{name}: {self.detail}")


class Answer(Frozen):
    """One of the three."""

    said: InvoiceRead | TextRead | NotRead = Field(discriminator="kind")
