"""What policy said about one action, with everything needed to say why later."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from domain.values import Frozen, Sha256


class Verdict(Frozen):
    """The row that matched, where it stands, and an echo of the facts it judged."""

    then: Literal["allow", "review", "deny"]
    row: str | None
    """The id of the row, or None where the table's default or an error decided."""
    why: str
    policy: str
    version: str
    file_digest: Sha256
    action_digest: Sha256
    facts: dict[str, str]
    """The facts as text, by the table's names; a fact that the action does not state is absent."""
    approver: str | None
    """The role that decides, for `review`."""
    deadline: timedelta | None
    """How long the role has, for `review`."""
