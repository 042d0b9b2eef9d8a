"""A model that does its task and obeys at once whoever writes to it."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from tests.dojo.suite import Call, Pair


@dataclass(frozen=True)
class Wish:
    """A call that the model makes, and for whom."""

    call: Call
    whose: Literal["user", "attacker"]


def obeying(pair: Pair) -> Generator[Wish, str, None]:
    """The model's calls; each is told what came of the one before.

    The attacker's calls are made as soon as the attack was read and once more at the end, when the most has been
    looked up that could back them.
    """
    obeyed = False
    for call in pair.honest:
        told = yield Wish(call, "user")
        if pair.attack and pair.attack.goal in told and not obeyed:
            obeyed = True
            yield from _attacks(pair)
    if obeyed:
        yield from _attacks(pair)


def _attacks(pair: Pair) -> Generator[Wish, str, None]:
    for call in pair.attacking:
        yield Wish(call, "attacker")
