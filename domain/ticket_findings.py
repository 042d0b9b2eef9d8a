"""The exception catalogue of support: what was found in a ticket, who owns it and what removes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from domain.values import Frozen

TicketRole = Literal["support", "support-lead", "security", "legal"]
TicketExceptionCode = Literal[
    "security",
    "legal",
    "abuse",
    "personal_data",
    "reassigned_often",
    "vip",
    "blocked_customer",
    "unknown_customer",
    "too_long",
    "spam",
    "in_incident",
    "duplicate",
    "nobody_routed",
    "no_queue",
    "doubtful_queue",
    "low_confidence",
    "close_second",
    "several_intents",
    "missing_data",
    "no_speaker",
]

EXCEPTIONS: Mapping[TicketExceptionCode, tuple[TicketRole, str]] = {
    "security": ("security", "security has seen it"),
    "legal": ("legal", "legal has seen it"),
    "abuse": ("support-lead", "the head of support has seen it"),
    "personal_data": ("support-lead", "the head of support has seen it"),
    "reassigned_often": ("support-lead", "the head of support says whose it is"),
    "vip": ("support", "a person has read the answer"),
    "blocked_customer": ("support-lead", "the block is lifted in the CRM, or a person answers"),
    "unknown_customer": ("support", "a person finds the customer, or the address is added to the CRM"),
    "too_long": ("support", "a person reads it"),
    "spam": ("support", "a person says that it is none"),
    "in_incident": ("support", "the incident is closed"),
    "duplicate": ("support", "the other ticket is answered"),
    "nobody_routed": ("support", "a person says which queue"),
    "no_queue": ("support", "a person says which queue, or a queue takes what is asked for"),
    "doubtful_queue": ("support", "a person says which queue"),
    "low_confidence": ("support", "a person says which queue"),
    "close_second": ("support", "a person says which queue"),
    "several_intents": ("support", "a person splits it"),
    "missing_data": ("support", "the customer says what is missing"),
    "no_speaker": ("support", "somebody who speaks the language takes it"),
}
"""Who owns each exception and what removes it; the most severe first."""


class TicketFinding(Frozen):
    """One exception; `said` is a sentence for a person, and never holds words from outside."""

    code: TicketExceptionCode
    said: str

    @property
    def owner(self) -> TicketRole:
        """Whose it is."""
        return EXCEPTIONS[self.code][0]

    @property
    def removed_by(self) -> str:
        """What makes it go away."""
        return EXCEPTIONS[self.code][1]
