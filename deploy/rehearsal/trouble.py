"""Steps in which something dies, restarts or is replaced while cases are open; each ends with a case going on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from temporalio.client import WorkflowExecutionStatus

from deploy.rehearsal.cases import Handle, outcome
from deploy.rehearsal.ground import WORKERS
from deploy.rehearsal.processes import Failed, until
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled
from integrations.settings import ROOT
from integrations.temporal.token_file import LOOK_SECONDS

OPEN = 3
"""Cases that wait for somebody when workers begin to roll."""
COMING = 12
"""Cases that come while they roll, at most: one a second."""
DOWN_SECONDS = 3.0
"""How long something stays away, so that others notice."""


async def history_dies(scene: Scene, step: Step) -> None:
    """SIGKILL for the role that holds every case."""
    await _role_dies(scene, step, "history", await _copy(scene, "R2"))


async def matching_dies(scene: Scene, step: Step) -> None:
    """SIGKILL for the role that hands out tasks."""
    await _role_dies(scene, step, "matching", "11")


async def frontend_restarts(scene: Scene, step: Step) -> None:
    """SIGTERM for the role that everybody calls, and a new one in its place."""
    cluster = scene.ground.cluster

    async def restart() -> None:
        await cluster.roles["frontend"].stop(20)
        await cluster.restart("frontend")
        await cluster.serves()

    await _meanwhile(scene, step, await _copy(scene, "R0"), restart, "the frontend was restarted")


async def database_restarts(scene: Scene, step: Step) -> None:
    """PostgreSQL ends all connections and comes back, with histories, ledger and books."""

    async def restart() -> None:
        async with scene.cutting():
            await scene.ground.database.stop()
            await asyncio.sleep(DOWN_SECONDS)
            await scene.ground.database.start()

    case = await _copy(scene, "R1")
    await _meanwhile(scene, step, case, restart, f"PostgreSQL was away for {DOWN_SECONDS:g} s")


async def worker_dies(scene: Scene, step: Step) -> None:
    """SIGKILL for the worker that has just posted a bill, before it can say so."""
    ground, case = scene.ground, await scene.cases.invoice(await scene.operator(), "01")
    pids = {f"worker-{ground.workers[name].pid}": name for name in WORKERS}
    found: list[str] = []

    async def posting() -> bool:
        pending = (await case.describe()).raw_description.pending_activities
        at_it = [
            each for each in pending if each.activity_type.name == "post_bill" and each.HasField("last_started_time")
        ]
        found.extend(pids[each.last_worker_identity.split("@")[0]] for each in at_it)
        return bool(found)

    await until(posting, "a worker posts the bill")
    await asyncio.sleep(1)  # the bill is in the books by now, and its worker still busy
    async with scene.cutting():
        await ground.workers[found[0]].kill()
    began = time.monotonic()
    ended = await outcome(case)
    if ended != "posted":
        raise Failed(f"the case ends as {ended}")
    after = time.monotonic() - began
    await ground.start_worker(found[0], ground.before)
    await ground.at_work(WORKERS)
    step.saw(f"one of three was killed while it posted a bill; another found the bill and went on within {after:.1f} s")


async def tokens_run_out(scene: Scene, step: Step) -> None:
    """Nobody renews the workers' token for a while; then somebody does."""
    ground, desk = scene.ground, await scene.operator()
    ground.renewing = False
    ground.renew(timedelta(seconds=1))
    await asyncio.sleep(2 * LOOK_SECONDS)
    case = await scene.cases.invoice(desk, "02")
    await asyncio.sleep(DOWN_SECONDS)
    if (await case.describe()).status != WorkflowExecutionStatus.RUNNING:
        raise Failed("workers work with a token that has expired")
    ground.renew()
    ground.renewing = True
    began = time.monotonic()
    ended = await outcome(case)
    if ended != "posted":
        raise Failed(f"the case ends as {ended}")
    step.saw("the server refused all three workers and none of them ended; a new token in their file was enough")
    step.saw(f"the case that had come meanwhile was posted {time.monotonic() - began:.1f} s later")


async def roll_forward(scene: Scene, step: Step) -> None:
    """Workers of version A end one by one, and those of B take over what they had open."""
    await _roll(scene, step, ROOT, "B")


async def roll_back(scene: Scene, step: Step) -> None:
    """And back, with cases open that B has begun."""
    await _roll(scene, step, scene.ground.before, "A")


async def _roll(scene: Scene, step: Step, code: Path, version: str) -> None:
    ground = scene.ground
    waiting = [await _copy(scene, f"{version}{number}") for number in range(OPEN)]
    coming = asyncio.create_task(_keep_coming(scene, version, waiting))
    slowest = 0.0
    for name in WORKERS:
        began = time.monotonic()
        ended = await ground.workers[name].stop()
        slowest = max(slowest, time.monotonic() - began)
        if ended != 0:
            raise Failed(f"{name} ends with exit code {ended} on SIGTERM")
        await ground.start_worker(name, code)
        await ground.at_work((name,))
    coming.cancel()
    ends = [(await settled(scene, scene.cases.started[case]))[0] for case in waiting]
    if set(ends) != {"posted"}:
        raise Failed(f"the open cases end as {', '.join(ends)}")
    step.saw(f"three workers drained and ended, the slowest in {slowest:.1f} s; version {version} runs")
    step.saw(f"{OPEN} cases were open and {len(ends) - OPEN} came meanwhile; all were approved and posted")


async def _keep_coming(scene: Scene, version: str, waiting: list[str]) -> None:
    """Hand in one invoice after the other."""
    for number in range(OPEN, OPEN + COMING):
        waiting.append(await _copy(scene, f"{version}{number}"))
        await asyncio.sleep(1)


async def _role_dies(scene: Scene, step: Step, role: str, case: str) -> None:
    cluster = scene.ground.cluster

    async def die() -> None:
        await cluster.roles[role].kill()
        await asyncio.sleep(DOWN_SECONDS)
        await cluster.restart(role)

    await _meanwhile(scene, step, case, die, f"{role} was killed with SIGKILL and away for {DOWN_SECONDS:g} s")


async def _meanwhile(scene: Scene, step: Step, case: str, trouble: Callable[[], Awaitable[None]], said: str) -> None:
    """Let a person decide while there is trouble; the case has to end all the same."""
    handle: Handle = scene.cases.started[case]
    deciding = asyncio.create_task(settled(scene, handle))
    try:
        await trouble()
        back = time.monotonic()
        ended, who = await deciding
    finally:
        deciding.cancel()
    if ended != "posted":
        raise Failed(f"{case} ends as {ended}")
    after = max(time.monotonic() - back, 0)
    step.saw(f"{said}; {who} decided meanwhile, and the case was posted {after:.1f} s after it was back")


async def _copy(scene: Scene, mark: str) -> str:
    """One more invoice that asks somebody."""
    await scene.cases.invoice(await scene.operator(), "05", mark)
    return f"05{mark}"
