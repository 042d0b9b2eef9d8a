"""What a probe found, as it is told: a status for machines, and in words what is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from domain.values import Frozen


class Finding(Frozen):
    """Whether one thing is as it should be, and what there is to say of it."""

    ok: bool
    said: str


class Report(Frozen):
    """All that one probe asked."""

    ok: bool
    build: str
    checks: Mapping[str, Finding]

    @classmethod
    def of(cls, build: str, checks: Mapping[str, Finding]) -> Report:
        """Well only where every check is."""
        return cls(ok=all(check.ok for check in checks.values()), build=build, checks=checks)
