"""The figures as a table for people and as JSON for the next run."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psutil
from temporalio.service import __version__ as sdk

from benchmarks.measures import Figures, Line, Measure
from benchmarks.micro import Steps
from integrations.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


class Report(Measure):
    """One run."""

    on: str
    machine: str
    load: float
    lines: tuple[Line, ...]
    steps: Steps
    bare: Figures
    governed: Figures

    @classmethod
    def of(cls, bare: Figures, governed: Figures, lines: list[Line], steps: Steps) -> Self:
        """Put a run together with the day and the machine it ran on."""
        memory = psutil.virtual_memory().total / 2**30
        return cls(
            on=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=f"{os.cpu_count()} CPUs, {memory:.0f} GiB, Python {platform.python_version()}, temporalio {sdk}",
            load=os.getloadavg()[1],
            lines=tuple(lines),
            steps=steps,
            bare=bare,
            governed=governed,
        )

    def markdown(self) -> str:
        """The tables of this run."""
        cases = sum(each.cases for each in self.bare.rounds)
        about = (
            f"{self.on}; {self.machine}; load average {self.load:.1f}. {cases} cases of each in "
            f"{len(self.bare.rounds)} rounds, {len(self.bare.lone)} alone, {self.bare.waiting} waiting, "
            f"{len(self.bare.approved)} approved."
        )
        head = "| | bare | governed | governed / bare | target | met |\n|---|---:|---:|---:|---|---|"
        return "\n".join([about, "", head, *map(_row, self.lines), "", *_steps(self.steps)])

    def keep(self, results: Path = RESULTS, page: Path = PAGE) -> None:
        """Write the JSON file of the day, and the tables into the page."""
        results.mkdir(exist_ok=True)
        (results / f"{self.on}.json").write_text(self.model_dump_json(indent=1) + "\n")
        before, _, rest = page.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{self.markdown()}\n{END}{after}")


def _row(line: Line) -> str:
    met = {None: "", True: "yes", False: "**no**"}[line.met]
    ratio = f"{line.ratio:.2f}" if line.ratio else ""
    return f"| {line.what} | {line.bare} | {line.governed} | {ratio} | {line.target} | {met} |"


def _steps(steps: Steps) -> list[str]:
    return [
        "| single step | time | target |",
        "|---|---:|---|",
        f"| find the row, the last of {steps.rows} | {steps.decide * 1e6:.1f} µs | |",
        f"| judge: find it, digest the action, write the verdict | {steps.judge * 1e6:.1f} µs | |",
        f"| examine an invoice of three lines | {steps.examine * 1e6:.0f} µs | |",
        f"| read it in the process that asks | {steps.read_here * 1e3:.2f} ms | |",
        f"| read it in a process of its own | {steps.read_in_child * 1e3:.2f} ms | |",
    ]
