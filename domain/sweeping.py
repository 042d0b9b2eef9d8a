"""What a sweep has done."""

from __future__ import annotations

from pydantic import Field

from domain.values import Frozen


class Swept(Frozen):
    """One round, or several together: counts, and what somebody has to look at."""

    cases: int = Field(default=0, description="looked at")
    entered: int = Field(default=0, description="records and histories that are new in the ledger")
    sealed: int = Field(default=0, description="cases that were sealed")
    unsealed: int = Field(default=0, description="closed cases that wait for the ends of attempts")
    sent: int = Field(default=0, description="spans that backends have taken")
    left: int = Field(default=0, description="closed cases that are still to be looked at")
    lag: float = Field(default=0, description="seconds that what was entered had waited, the longest of the last round")
    warnings: tuple[str, ...] = Field(default=(), description="sentences, each once")

    def then(self, later: Swept) -> Swept:
        """Both together."""
        return Swept(
            cases=self.cases + later.cases,
            entered=self.entered + later.entered,
            sealed=self.sealed + later.sealed,
            unsealed=self.unsealed + later.unsealed,
            sent=self.sent + later.sent,
            left=later.left,
            lag=later.lag,
            warnings=tuple(dict.fromkeys((*self.warnings, *later.warnings))),
        )
