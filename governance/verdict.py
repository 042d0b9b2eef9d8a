"""What policy said about one action, with everything needed to say why later."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.values import Frozen, Sha256
from governance.assurance import Assurance, Profile

Then = Literal["allow", "review", "deny"]
Second = Literal["wanted", "agrees", "objects", "silent"]
"""A second reader: still to be asked, or what came of asking; anything but `agrees` leaves it to people."""


class Rung(Frozen):
    """One step of the ladder: what happens at a moment if nobody has decided by then."""

    at: datetime
    does: Literal["remind", "escalate", "end"]
    role: str | None = None
    """The role whose people may answer too from this moment on, for `escalate`."""


class Review(Frozen):
    """What a person's answer must be for the action to happen."""

    approvers: dict[str, Annotated[int, Field(ge=1)]]
    """How many distinct people of each role must approve."""
    assurance: Assurance
    """The least that counts; a dev profile asks for `anonymous`, whatever the row says."""
    ladder: tuple[Rung, ...]
    """Reminders, escalations and the end, in order of time; the last one is the end."""
    silence: Literal["refuse", "allow"] = "refuse"
    """What it means when nobody answers."""

    @property
    def expires(self) -> datetime:
        """When the request ends unanswered."""
        return self.ladder[-1].at


class Verdict(Frozen):
    """The row that matched, where it stands, and an echo of the facts it judged."""

    then: Then
    row: str | None
    """The id of the row, or None where the table's default or an error decided."""
    why: str
    policy: str
    version: str
    file_digest: Sha256
    action_digest: Sha256
    facts: dict[str, str]
    """Every fact the action states, as text, and `rate` where an amount was converted."""
    profile: Profile
    review: Review | None
    """For `review`: who must answer, how, and until when."""
    sampled: bool = False
    """A random second look at what the row allows."""
    second: Second | None = None
    """For a row that wants a second opinion: how that stands."""
    would: Then | None = None
    """What the row says of an action in shadow mode, which is denied all the same."""
