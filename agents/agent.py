"""What an agent is: a declaration without client, model name, threshold or I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

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


@dataclass(frozen=True)
class Agent(Generic[Brief, Claim]):
    """One reasoning task; `name` and `version` are what history keeps, the rest stays on the worker."""

    name: str
    version: str
    instructions: str
    brief: type[Brief]
    claim: type[Claim]
    fallback: Callable[[Brief], Claim | None]
    """Deterministic rules for when no answer comes; None sends the question to a person."""
    limits: Limits = Limits()
