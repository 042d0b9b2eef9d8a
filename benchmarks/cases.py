"""A governed invoice case beside a bare one, interleaved on one server: `python -m benchmarks.cases --cases 100`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psutil
import typer
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from benchmarks import micro, report, rounds
from benchmarks.contender import COMMANDS, Contender, Handle, contender
from benchmarks.measures import Figures, History, Round, lines
from benchmarks.papers import CLEAN, LARGE, LONG, Shape, papers
from domain.documents import DocumentRef
from integrations.temporal.dev_server import dev_server, free_port
from workflows import attributes


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    cases: int
    rounds: int
    in_flight: int
    lone: int
    waiting: int
    approved: int


@dataclass
class Notes:
    """What one contender has shown so far."""

    rounds: list[Round] = field(default_factory=list)
    lone: list[float] = field(default_factory=list)
    approved: list[float] = field(default_factory=list)
    waiting_bytes: int = 0


def main(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    cases: Annotated[int, typer.Option(help="Cases of each contender, over all rounds.")] = 200,
    turns: Annotated[int, typer.Option("--rounds", help="Rounds, the contenders taking turns.")] = 4,
    in_flight: Annotated[int, typer.Option(help="Cases at once.")] = 20,
    lone: Annotated[int, typer.Option(help="Cases with nothing beside them.")] = 20,
    waiting: Annotated[int, typer.Option(help="Cases that wait for a person.")] = 200,
    approved: Annotated[int, typer.Option(help="How many of these are approved, one by one.")] = 40,
    write: Annotated[bool, typer.Option(help="Keep the figures in benchmarks/results and docs/benchmarks.md.")] = False,
) -> None:
    """Measure both, print the table, and keep it where asked."""
    plan = Plan(cases, turns, in_flight, lone, waiting, approved)
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        bare, governed = asyncio.run(measure(plan, Path(folder)))
        small = asyncio.run(micro.measure(Path(folder)))
    found = report.Report.of(bare, governed, lines(bare, governed), small)
    typer.echo(found.markdown())
    if write:
        found.keep()


async def measure(plan: Plan, folder: Path) -> tuple[Figures, Figures]:
    """Both contenders on one server, each with its own worker process."""
    async with AsyncExitStack() as open_things:
        running = dev_server(folder / "temporal.db", free_port(), attributes.ALL)
        address = await open_things.enter_async_context(running)
        [server] = [each for each in psutil.Process().children() if each.name() == "temporal"]
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        both = [await open_things.enter_async_context(contender(name, client, address, folder)) for name in COMMANDS]
        bare, governed = await _compare(both, plan, server)
        return bare, governed


async def _compare(both: list[Contender], plan: Plan, server: psutil.Process) -> list[Figures]:
    notes = [Notes() for _ in both]
    await _in_turns(both, notes, plan, server, warm=True)
    for note in notes:
        note.rounds.clear()
    for _ in range(plan.rounds):
        await _in_turns(both, notes, plan, server)
        both.reverse()
        notes.reverse()
    await _alone(both, notes, plan)
    await _waiting(both, notes, plan)
    short, long = await _histories(both, CLEAN), await _histories(both, LONG)
    found = {
        who.name: Figures(
            history=short[who.name],
            long_history=long[who.name],
            rounds=tuple(note.rounds),
            lone=tuple(note.lone),
            waiting=plan.waiting,
            waiting_bytes=note.waiting_bytes,
            approved=tuple(note.approved),
        )
        for who, note in zip(both, notes, strict=True)
    }
    return [found[name] for name in COMMANDS]


async def _in_turns(
    both: list[Contender], notes: list[Notes], plan: Plan, server: psutil.Process, *, warm: bool = False
) -> None:
    wanted = max(plan.in_flight, 1) if warm else max(plan.cases // plan.rounds, 1)
    for who, note, refs in zip(both, notes, await _refs(both, CLEAN, wanted), strict=True):
        note.rounds.append(await rounds.many(who, refs, server, plan.in_flight))
        _say(f"{who.name}: {wanted} cases in {note.rounds[-1].seconds:.1f} s")


async def _alone(both: list[Contender], notes: list[Notes], plan: Plan) -> None:
    for pair in zip(*await _refs(both, CLEAN, plan.lone), strict=True):
        for who, note, ref in zip(both, notes, pair, strict=True):
            note.lone.append(await rounds.lone(who, ref))


async def _waiting(both: list[Contender], notes: list[Notes], plan: Plan) -> None:
    """One case that waited before makes what every first one makes, such as the approval's code, no part of it."""
    cases: list[list[Handle]] = []
    for who, note, refs in zip(both, notes, await _refs(both, LARGE, plan.waiting + 1), strict=True):
        first, _ = await rounds.waiting(who, refs[:1], 1)
        await rounds.approved(who, first[0])
        waiting, note.waiting_bytes = await rounds.waiting(who, refs[1:], plan.in_flight)
        _say(f"{who.name}: {plan.waiting} cases wait")
        cases.append(waiting)
    for pair in list(zip(*cases, strict=True))[: plan.approved]:
        for who, note, case in zip(both, notes, pair, strict=True):
            note.approved.append(await rounds.approved(who, case))


async def _histories(both: list[Contender], shape: Shape) -> dict[str, History]:
    one_each = zip(both, await _refs(both, shape, 1), strict=True)
    return {who.name: await rounds.history_of(who, ref) for who, (ref,) in one_each}


async def _refs(both: list[Contender], shape: Shape, wanted: int) -> list[list[DocumentRef]]:
    """The same new papers for both, in their stores and on file in their books."""
    new = await papers(tuple(who.database for who in both), shape, wanted)
    return [await rounds.stored(who, new) for who in both]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    typer.run(main)
