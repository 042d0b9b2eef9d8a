"""What a retail case comes to, in words that a test can read without knowing the actions."""

from domain.values import Frozen
from workflows.loop_state import Done


class RetailOutcome(Frozen):
    """How the agent ended, and what was done on the way."""

    end: str
    done: tuple[Done, ...]
    why_none: str | None
    turns: int

    @property
    def by_people(self) -> int:
        """How many of the effects a person has allowed."""
        return sum(not each.by.startswith("policy") for each in self.done)
