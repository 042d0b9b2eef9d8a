"""The figures as a table for people and as JSON for the next run."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psutil
from temporalio.service import __version__ as sdk

from benchmarks.measures import Figures, Line, Measure, lines, trail_lines
from benchmarks.micro import Steps
from benchmarks.projecting import Projecting
from integrations.settings import ROOT

RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = "| | {} | {} | {} | target | met |\n|---|---:|---:|---:|---|---|"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


class Report(Measure):
    """One run."""

    on: str
    machine: str
    load: float
    lines: tuple[Line, ...]
    trail: tuple[Line, ...]
    steps: Steps
    projecting: Projecting
    figures: dict[str, Figures]

    @classmethod
    def of(cls, figures: dict[str, Figures], steps: Steps, projecting: Projecting) -> Self:
        """Put a run together with the day and the machine it ran on."""
        bare, untold, governed = figures.values()
        memory = psutil.virtual_memory().total / 2**30
        return cls(
            on=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=f"{os.cpu_count()} CPUs, {memory:.0f} GiB, Python {platform.python_version()}, temporalio {sdk}",
            load=os.getloadavg()[1],
            lines=tuple(lines(bare, governed)),
            trail=tuple(trail_lines(untold, governed)),
            steps=steps,
            projecting=projecting,
            figures=figures,
        )

    def markdown(self) -> str:
        """The tables of this run."""
        bare = self.figures["bare"]
        cases = sum(each.cases for each in bare.rounds)
        about = (
            f"{self.on}; {self.machine}; load average {self.load:.1f}. {cases} cases of each in "
            f"{len(bare.rounds)} rounds, {len(bare.lone)} alone, {bare.waiting} waiting, {len(bare.approved)} approved."
        )
        governed = [HEAD.format("bare", "governed", "governed / bare"), *map(_row, self.lines)]
        trail = [HEAD.format("no trail", "with its trail", "with / without"), *map(_row, self.trail)]
        steps = [*_steps(self.steps), "", *_projecting(self.projecting)]
        return "\n".join([about, "", *governed, "", *trail, "", *steps])

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
    return f"| {line.what} | {line.one} | {line.two} | {ratio} | {line.target} | {met} |"


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


def _projecting(said: Projecting) -> list[str]:
    fetch = said.call + said.read
    met = "yes" if said.project < fetch else "**no**"
    return [
        f"| a history of {said.events:,} events | ms | of fetching it | target | met |",
        "|---|---:|---:|---|---|",
        *(
            f"| {what} | {took * 1e3:.1f} | {took / fetch:.2f} | {target} |"
            for what, took, target in (
                ("fetch it: the call to the server", said.call, " |"),
                ("fetch it: read its events", said.read, " |"),
                ("project it: records", said.project, f"< 1.00 | {met}"),
                ("file it: entries and the archived history, projecting included", said.file, " |"),
                ("write these into the ledger", said.write, " |"),
            )
        ),
    ]
