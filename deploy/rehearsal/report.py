"""What was done, how long it took and what came of it, on one page."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

Result = Literal["passed", "failed", "left out"]


@dataclass
class Step:
    """One step: what was asked, and what was seen."""

    name: str
    result: Result = "passed"
    seconds: float = 0
    seen: list[str] = field(default_factory=list[str])

    def leave_out(self, why: str) -> None:
        """Say that this could not be done here."""
        self.result = "left out"
        self.saw(why)

    def saw(self, sentence: str) -> None:
        """Add what was seen."""
        self.seen.append(sentence)


@dataclass
class Report:
    """All steps of one rehearsal."""

    title: str
    about: Sequence[str]
    """What it is, in lines."""
    programs: Mapping[str, str]
    """What ran, and in which version."""
    steps: list[Step] = field(default_factory=list[Step])

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(step.result != "failed" for step in self.steps)

    def published(self, file: Path | None) -> int:
        """Write the page into a file, where one is named, and on the terminal; the exit code that it deserves."""
        page = self.markdown(datetime.now(UTC))
        if file:
            file.write_text(page)
        sys.stdout.write("\n" + page)
        return 0 if self.passed else 1

    def markdown(self, at: datetime) -> str:
        """The page."""
        return "\n".join(self._lines(at)) + "\n"

    def _lines(self, at: datetime) -> Iterator[str]:
        yield from (f"# {self.title}", "", *self.about, "")
        total = sum(step.seconds for step in self.steps)
        yield f"**{verdict(self.steps)}** in {total:.0f} s, on {at.astimezone(UTC):%d %B %Y}, {machine()}."
        yield from ("", "| program | version |", "|---|---|")
        yield from (f"| {name} | {version} |" for name, version in self.programs.items())
        yield from ("", "| step | result | seconds | seen |", "|---|---|--:|---|")
        yield from (_row(step) for step in self.steps)


def _row(step: Step) -> str:
    seen = "; ".join(step.seen).replace("|", "\\|").replace("\n", " ")
    return f"| {step.name} | {step.result} | {step.seconds:.1f} | {seen} |"


def verdict(steps: Sequence[Step]) -> str:
    """All of it in a few words."""
    counted = {name: sum(step.result == name for step in steps) for name in ("passed", "failed", "left out")}
    said = [f"{number} {name}" for name, number in counted.items() if number]
    return f"{len(steps)} steps: {', '.join(said)}"


def machine() -> str:
    """Where it ran, without names."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
