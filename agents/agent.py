"""What an agent is: a declaration without client, model name, threshold or I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from agents.backing import leaves
from agents.tools import ReadTool, Tool
from domain.spending import Budget
from domain.values import Frozen

Brief = TypeVar("Brief", bound=Frozen)
Claim = TypeVar("Claim", bound=Frozen)


A_CASE = Budget(turns=6, tokens=150_000, money=Decimal(1), seconds=600)


@dataclass(frozen=True)
class Limits:
    """What one consultation may use before it counts as no answer."""

    turns: int = 3
    seconds: int = 60
    """Wall-clock time of one turn."""
    output_tokens: int = 4_000
    untrusted_characters: int = 60_000
    """Outside text beyond this is cut, and the cut is said."""
    budget: Budget = A_CASE
    """What one case may spend on this agent, over all consultations."""
    calls: int = 8
    """Tools that it may call in one turn; of more, none is carried out."""
    idle_turns: int = 3
    """Turns in a row that bring nothing new, such as the same call again, before the loop ends."""
    result_characters: int = 8_000
    """What a tool returns beyond this is cut, and the cut is said."""


@dataclass(frozen=True)
class Agent(Generic[Brief, Claim]):
    """One reasoning task; `name` and `version` are what history keeps, the rest stays on the worker.

    An agent with tools says how sure it is and what that rests on: its claim has the fields `confidence`
    (`domain.values.Ratio`) and `evidence` (a tuple of `agents.claims.Evidence`).
    """

    name: str
    version: str
    instructions: str
    brief: type[Brief]
    claim: type[Claim]
    fallback: Callable[[Brief], Claim | None]
    """Deterministic rules for when no answer comes; None sends the question to a person."""
    limits: Limits = Limits()
    tools: tuple[Tool, ...] = ()
    """All that it may ask for; a name that is not here is nothing."""
    own_words: tuple[str, ...] = ()
    """Fields of the brief that hold what the requester wrote: they may say what is wanted, and whose it is not."""
    works_for: tuple[str, ...] = ()
    """Fields of the brief that hold the ids of those it works for: what belongs to others it may not read."""

    def __post_init__(self) -> None:
        """Raise TypeError for tools of one name, a claim without what it rests on, and an unknown principal."""
        if len({tool.name for tool in self.tools}) < len(self.tools):
            raise TypeError(f"Two tools of the agent {self.name} have the same name; rename one.")
        lacking = [field for field in ("confidence", "evidence") if field not in self.claim.model_fields]
        if self.tools and lacking:
            raise TypeError(
                f"{self.claim.__name__} of the agent {self.name} lacks {' and '.join(lacking)}: add what "
                "every agent with tools must state."
            )

        if wrong := [name for name in self.works_for if name not in self.brief.model_fields or name in self.own_words]:
            raise TypeError(
                f"{wrong[0]} cannot say for whom the agent {self.name} works: name a field of "
                f"{self.brief.__name__} that plain code fills, and not the requester's words."
            )
        owned = [tool.name for tool in self.tools if isinstance(tool, ReadTool) and tool.whose != "anybody"]
        if owned and not self.works_for:
            raise TypeError(f"The agent {self.name} may call {owned[0]}, which belongs to somebody: say works_for.")

    def scope(self, brief: Brief) -> frozenset[str]:
        """The ids of those it works for."""
        return frozenset(str(each) for name in self.works_for for each in leaves(getattr(brief, name)))

    def tool(self, name: str) -> Tool | None:
        """The tool of this name, if it is allowed one."""
        return next((tool for tool in self.tools if tool.name == name), None)
