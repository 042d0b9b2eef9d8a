"""Errors say whether trying again helps. The class docstring is the message.

::

    Exception
    ├── DomainError            trying again does not help: a person or another path is needed
    │   ├── Unreadable         the document is not what it should be
    │   │   ├── TooLarge
    │   │   └── PoisonInput
    │   ├── IdempotencyConflict
    │   ├── Refused            a business system says no, for good
    │   ├── NotCovered         a work order that does not cover its action
    │   ├── Suspended          a person has stopped the process, the action or the agent
    │   ├── NotTheirs          an agent may not read what belongs to others than it works for
    │   ├── NoAnswer           a model that will not answer this request
    │   └── BadPolicy
    └── Unavailable            trying again may help
"""

from __future__ import annotations

from domain.spending import Spent

DETAIL_LIMIT = 500
"""Characters of detail an error keeps: megabytes of failure text would stop the case from being recorded."""


class DomainError(Exception):
    """Something that trying again will not mend."""

    spent: Spent | None = None
    """What had been used of a budget by then, in all attempts, where that is known."""

    def __init__(self, detail: str = "") -> None:
        said = (type(self).__doc__ or "").splitlines()[0].strip()
        self.detail = detail[:DETAIL_LIMIT]
        super().__init__(f"{said} {self.detail}".strip())


class Unreadable(DomainError):
    """The document cannot be read."""


class TooLarge(Unreadable):
    """The document exceeds a limit."""


class PoisonInput(Unreadable):
    """Reading the document killed or stalled its reader; a person must look at it, and nothing may open it again."""


class IdempotencyConflict(DomainError):
    """The key was used before for a different body."""


class Refused(DomainError):
    """The business system refuses."""


class NotCovered(DomainError):
    """The work order does not cover the action."""


class NotTheirs(DomainError):
    """It belongs to somebody else than you work for, so you may not read it."""


class Suspended(DomainError):
    """A person has stopped this."""


class NoAnswer(DomainError):
    """The model gives no answer to this request."""


class BadPolicy(DomainError):
    """The policy file cannot be used."""


class Unavailable(Exception):
    """A system is not available just now; trying again may help."""

    spent: Spent | None = None
    """As that of a `DomainError`."""

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail[:DETAIL_LIMIT])
        self.retry_after = retry_after
        """Seconds the system asked us to wait, if it did."""
