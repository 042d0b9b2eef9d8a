"""A governed invoice case beside a bare one, and beside itself without a trail, interleaved on one server.

`python -m benchmarks.cases --cases 100`
"""

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

from benchmarks import micro, projecting, report, rounds
from benchmarks.contender import COMMANDS, Contender, Handle, contender, server_process
from benchmarks.measures import Figures, History, Round
from benchmarks.papers import CLEAN, LARGE, LONG, Shape, papers
from domain.documents import DocumentRef
from integrations.temporal.dev_server import dev_server, free_port
from workflows import attributes

FEW = 20
"""Cases that wait when idle workers are watched for the second time."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    cases: int
    rounds: int
    in_flight: int
    lone: int
    waiting: int
    approved: int
    idle: float


@dataclass
class Notes:
    """What one contender has shown so far."""

    rounds: list[Round] = field(default_factory=list)
    lone: list[float] = field(default_factory=list)
    approved: list[float] = field(default_factory=list)
    waiting_bytes: int = 0
    idle: dict[int, float] = field(default_factory=dict)


def main(  # noqa: PLR0913, PLR0917 - each is an option of the command line
    cases: Annotated[int, typer.Option(help="Cases of each contender, over all rounds.")] = 200,
    turns: Annotated[int, typer.Option("--rounds", help="Rounds, the contenders taking turns.")] = 4,
    in_flight: Annotated[int, typer.Option(help="Cases at once.")] = 20,
    lone: Annotated[int, typer.Option(help="Cases with nothing beside them.")] = 20,
    waiting: Annotated[int, typer.Option(help="Cases that wait for a person.")] = 200,
    approved: Annotated[int, typer.Option(help="How many of these are approved, one by one.")] = 40,
    idle: Annotated[float, typer.Option(help="Seconds that idle workers are watched, three times.")] = 20,
    write: Annotated[bool, typer.Option(help="Keep the figures in benchmarks/results and docs/benchmarks.md.")] = False,
) -> None:
    """Measure all, print the tables, and keep them where asked."""
    plan = Plan(cases, turns, in_flight, lone, waiting, approved, idle)
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        figures = asyncio.run(measure(plan, Path(folder)))
        small = asyncio.run(micro.measure(Path(folder)))
        projected = asyncio.run(projecting.measure(Path(folder)))
    found = report.Report.of(figures, small, projected)
    typer.echo(found.markdown())
    if write:
        found.keep()


async def measure(plan: Plan, folder: Path) -> dict[str, Figures]:
    """All contenders on one server, each with its own worker process."""
    async with AsyncExitStack() as open_things:
        running = dev_server(folder / "temporal.db", free_port(), attributes.ALL)
        address = await open_things.enter_async_context(running)
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        everyone = [
            await open_things.enter_async_context(contender(name, client, address, folder)) for name in COMMANDS
        ]
        return await _compare(everyone, plan, server_process())


async def _compare(everyone: list[Contender], plan: Plan, server: psutil.Process) -> dict[str, Figures]:
    notes = [Notes() for _ in everyone]
    await _in_turns(everyone, notes, plan, server, warm=True)
    for note in notes:
        note.rounds.clear()
    for _ in range(plan.rounds):
        await _in_turns(everyone, notes, plan, server)
        everyone.reverse()
        notes.reverse()
    await _alone(everyone, notes, plan)
    await _waiting(everyone, notes, plan)
    short, long = await _histories(everyone, CLEAN), await _histories(everyone, LONG)
    found = {
        who.name: Figures(
            history=short[who.name],
            long_history=long[who.name],
            rounds=tuple(note.rounds),
            lone=tuple(note.lone),
            waiting=plan.waiting,
            waiting_bytes=note.waiting_bytes,
            approved=tuple(note.approved),
            idle=note.idle,
        )
        for who, note in zip(everyone, notes, strict=True)
    }
    return {name: found[name] for name in COMMANDS}


async def _in_turns(
    everyone: list[Contender], notes: list[Notes], plan: Plan, server: psutil.Process, *, warm: bool = False
) -> None:
    wanted = max(plan.in_flight, 1) if warm else max(plan.cases // plan.rounds, 1)
    for who, note, refs in zip(everyone, notes, await _refs(everyone, CLEAN, wanted), strict=True):
        note.rounds.append(await rounds.many(who, refs, server, plan.in_flight))
        _say(f"{who.name}: {wanted} cases in {note.rounds[-1].seconds:.1f} s")


async def _alone(everyone: list[Contender], notes: list[Notes], plan: Plan) -> None:
    for pair in zip(*await _refs(everyone, CLEAN, plan.lone), strict=True):
        for who, note, ref in zip(everyone, notes, pair, strict=True):
            note.lone.append(await rounds.lone(who, ref))


async def _waiting(everyone: list[Contender], notes: list[Notes], plan: Plan) -> None:
    """One case that waited before makes what every first one makes, such as the approval's code, no part of it."""
    refs = await _refs(everyone, LARGE, plan.waiting + 1)
    for who, mine in zip(everyone, refs, strict=True):
        [first] = await rounds.waiting(who, [mine.pop()], 1)
        await rounds.approved(who, first)
    await _watch_idle(everyone, notes, plan, 0)
    before, cases = [who.memory() for who in everyone], [list[Handle]() for _ in everyone]
    for upto in sorted({min(FEW, plan.waiting), plan.waiting}):
        for who, mine, kept in zip(everyone, refs, cases, strict=True):
            kept.extend(await rounds.waiting(who, mine[len(kept) : upto], plan.in_flight))
            _say(f"{who.name}: {upto} cases wait")
        await _watch_idle(everyone, notes, plan, upto)
    for who, note, bytes_ in zip(everyone, notes, before, strict=True):
        note.waiting_bytes = who.memory() - bytes_
    for pair in list(zip(*cases, strict=True))[: plan.approved]:
        for who, note, case in zip(everyone, notes, pair, strict=True):
            note.approved.append(await rounds.approved(who, case))


async def _watch_idle(everyone: list[Contender], notes: list[Notes], plan: Plan, waiting: int) -> None:
    for note, used in zip(notes, await rounds.idle(everyone, plan.idle), strict=True):
        note.idle[waiting] = used


async def _histories(everyone: list[Contender], shape: Shape) -> dict[str, History]:
    one_each = zip(everyone, await _refs(everyone, shape, 1), strict=True)
    return {who.name: await rounds.history_of(who, ref) for who, (ref,) in one_each}


async def _refs(everyone: list[Contender], shape: Shape, wanted: int) -> list[list[DocumentRef]]:
    """The same new papers for everyone, in their stores and on file in their books."""
    new = await papers(tuple(who.database for who in everyone), shape, wanted)
    return [await rounds.stored(who, new) for who in everyone]


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    typer.run(main)
