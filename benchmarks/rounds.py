"""The measurements: many cases at once, one alone, many that wait, and one that is approved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import psutil
from temporalio.api.enums.v1 import EventType

from benchmarks.bare import Paid
from benchmarks.contender import Contender, Handle, cpu_of
from benchmarks.measures import History, Round
from benchmarks.papers import Paper
from domain.documents import DocumentRef
from domain.outcome import InvoiceOutcome, Posted

SETTLE_SECONDS = 12
"""How long workers are left alone before their memory is read: a sweep in between finds what is new."""

EVENTS = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activities",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local_activities",
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED: "workflow_tasks",
}


async def stored(who: Contender, papers: Sequence[Paper]) -> list[DocumentRef]:
    """Put papers into a contender's document store; the clock does not run meanwhile."""
    kept = [who.documents.put(each.content, name=each.name, media_type="application/xml") for each in papers]
    return [await each for each in kept]


async def many(who: Contender, refs: Sequence[DocumentRef], server: psutil.Process, in_flight: int) -> Round:
    """Bring cases to their end, some at a time; the processors' time is counted until their trails are whole."""
    began, worker_cpu, server_cpu = time.perf_counter(), who.cpu(), cpu_of(server)
    cases: list[Handle] = []
    await _each(refs, in_flight, lambda ref: _kept(cases, _finished(who, ref)))
    seconds = time.perf_counter() - began
    await who.trail_is_whole(cases)
    return Round(
        cases=len(refs),
        seconds=seconds,
        worker_cpu=who.cpu() - worker_cpu,
        server_cpu=cpu_of(server) - server_cpu,
    )


async def lone(who: Contender, ref: DocumentRef) -> float:
    """Seconds from the start of a case to its result, with nothing else to do."""
    began = time.perf_counter()
    await _finished(who, ref)
    return time.perf_counter() - began


async def waiting(who: Contender, refs: Sequence[DocumentRef], in_flight: int) -> list[Handle]:
    """Cases that all wait for a person."""
    cases: list[Handle] = []
    await _each(refs, in_flight, lambda ref: _until_it_waits(who, ref, cases))
    return cases


async def idle(contenders: Sequence[Contender], seconds: float) -> list[float]:
    """Processor seconds a second of each, all left alone, after what was begun has settled."""
    await asyncio.sleep(SETTLE_SECONDS)
    before = [who.cpu() for who in contenders]
    await asyncio.sleep(seconds)
    return [(who.cpu() - spent) / seconds for who, spent in zip(contenders, before, strict=True)]


async def approved(who: Contender, case: Handle) -> float:
    """Seconds from the signal to the result of the case."""
    began = time.perf_counter()
    await who.approve(case)
    outcome = await case.result()
    took = time.perf_counter() - began
    _paid(outcome)
    return took


async def history_of(who: Contender, ref: DocumentRef) -> History:
    """Count what one case left in history; the size is the server's own figure."""
    case = await _finished(who, ref)
    described = (await case.describe()).raw_description.workflow_execution_info
    counts = dict.fromkeys(EVENTS.values(), 0)
    async for event in case.fetch_history_events():
        if event.event_type in EVENTS:
            counts[EVENTS[event.event_type]] += 1
    return History(events=described.history_length, size=described.history_size_bytes, **counts)


async def _finished(who: Contender, ref: DocumentRef) -> Handle:
    case = await who.start(ref)
    _paid(await case.result())
    return case


def _paid(outcome: Paid | InvoiceOutcome) -> None:
    """A case that was held would be cheap."""
    if not isinstance(outcome, Paid | Posted) or outcome.payment_id is None:
        raise TypeError(f"The case did not pay: {outcome!r}")


async def _until_it_waits(who: Contender, ref: DocumentRef, cases: list[Handle]) -> None:
    case = await who.start(ref)
    async with asyncio.timeout(60):
        while not await who.waits(case):  # noqa: ASYNC110 - another process knows
            await asyncio.sleep(0.1)
    cases.append(case)


async def _kept(cases: list[Handle], case: Awaitable[Handle]) -> None:
    cases.append(await case)


async def _each(
    refs: Sequence[DocumentRef], in_flight: int, action: Callable[[DocumentRef], Awaitable[object]]
) -> None:
    seats = asyncio.Semaphore(in_flight)

    async def seated(ref: DocumentRef) -> None:
        async with seats:
            await action(ref)

    async with asyncio.TaskGroup() as group:
        for ref in refs:
            group.create_task(seated(ref))
