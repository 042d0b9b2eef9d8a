"""A sink for tests: a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.errors import Unavailable
from governance.trail.spans import Span


@dataclass
class ListSink:
    """Keeps what it gets, after so many failures."""

    name: str
    failing: int = 0
    got: list[Span] = field(default_factory=list[Span])

    async def send(self, spans: Sequence[Span]) -> None:
        if self.failing:
            self.failing -= 1
            raise Unavailable("It is away.")
        self.got += spans
