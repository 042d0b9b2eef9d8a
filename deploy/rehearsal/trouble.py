"""Steps in which something dies or restarts while cases are open; each ends with a case going on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import WorkflowExecutionStatus

from deploy.rehearsal.cases import Handle, outcome
from deploy.rehearsal.ground import workers_of
from deploy.rehearsal.processes import Failed, until
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled
from integrations.temporal.token_file import LOOK_SECONDS

DOWN_SECONDS = 3.0
"""How long something stays away, so that others notice."""


async def history_dies(scene: Scene, step: Step) -> None:
    """SIGKILL for the role that holds every case."""
    await _role_dies(scene, step, "history", await scene.asking("R2"))


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

    await _meanwhile(scene, step, await scene.asking("R0"), restart, "the frontend was restarted")


async def database_restarts(scene: Scene, step: Step) -> None:
    """PostgreSQL ends all connections and comes back, with histories, ledger and books."""

    async def restart() -> None:
        async with scene.cutting():
            await scene.ground.database.stop()
            await asyncio.sleep(DOWN_SECONDS)
            await scene.ground.database.start()

    case = await scene.asking("R1")
    await _meanwhile(scene, step, case, restart, f"PostgreSQL was away for {DOWN_SECONDS:g} s")


async def worker_dies(scene: Scene, step: Step) -> None:
    """SIGKILL for the worker that has just posted a bill, before it can say so."""
    ground, case = scene.ground, await scene.cases.invoice(await scene.operator(), "01")
    pids = {f"worker-{ground.workers[name].pid}": name for name in workers_of("A")}
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
    await ground.start_worker(found[0])
    await ground.at_work(workers_of("A"))
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
