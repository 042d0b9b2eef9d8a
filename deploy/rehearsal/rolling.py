"""Workers of another build take over and give back, by `starter.py rollout`, while cases are open and others come."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from contextlib import suppress

from deploy.rehearsal.ground import DEPLOYMENT, workers_of
from deploy.rehearsal.processes import Failed, until
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled

OPEN = 3
"""Cases that wait for somebody when workers begin to roll."""
AFTERWARDS = 3
"""Cases that come once they have."""
EVERY = 5.0
"""Seconds from one case that comes meanwhile to the next."""


async def roll_forward(scene: Scene, step: Step) -> None:
    """Workers of B beside those of A, B promoted, and A's gone once nothing is left for them."""
    await _roll(scene, step, "A", "B")


async def roll_back(scene: Scene, step: Step) -> None:
    """And back, with cases open that B has begun."""
    await _roll(scene, step, "B", "A")


async def promoted(scene: Scene, version: str) -> None:
    """Let a version take new cases, as soon as the server has heard of it."""
    await scene.ground.done("rollout", "promote", scene.ground.versions[version].build, within=60)


async def _roll(scene: Scene, step: Step, old: str, new: str) -> None:
    ground = scene.ground
    waiting = [await scene.asking(f"{new}{number}") for number in range(OPEN)]
    enough = asyncio.Event()
    coming = asyncio.create_task(_keep_coming(scene, new, waiting, enough))
    try:
        await asyncio.gather(*(ground.start_worker(name) for name in workers_of(new)))
        await ground.at_work(workers_of(new))
        if new == "B":
            await promoted(scene, new)
        else:
            await ground.done("rollout", "rollback")
        await until(lambda: _begun(scene, new), f"cases begin on {new}", 60)
    finally:
        enough.set()
        await coming
    waiting += [await scene.asking(f"{new}-{number}") for number in range(AFTERWARDS)]
    ends = [(await settled(scene, scene.cases.started[case]))[0] for case in waiting]
    if set(ends) != {"posted"}:
        raise Failed(f"the open cases end as {', '.join(ends)}")
    step.saw(f"{OPEN} cases were open and {len(ends) - OPEN} came meanwhile; all were approved and posted")
    step.saw(await _where(scene, waiting))
    await until(lambda: _left(scene, old), f"nothing is open on {old} that only {old} can go on with", 60)
    step.saw(
        f"three workers of {old} ended once nothing was left for them, the slowest in {await _end(scene, old):.1f} s"
    )
    await ground.done("rollout", "status", within=120)
    step.saw("`rollout status` knows of nothing that nobody goes on with; what waits goes on with the other build")


async def _keep_coming(scene: Scene, version: str, waiting: list[str], enough: asyncio.Event) -> None:
    """Hand in one invoice after the other."""
    for number in itertools.count(OPEN):
        waiting.append(await scene.asking(f"{version}{number}"))
        with suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), EVERY)
            return


async def _begun(scene: Scene, version: str) -> bool:
    return bool(await _count(scene, version, "WorkflowType='Invoice' AND ExecutionStatus='Running'"))


async def _left(scene: Scene, version: str) -> bool:
    """Whether nothing is open that is pinned to a version."""
    pinned = "ExecutionStatus='Running' AND TemporalWorkflowVersioningBehavior='Pinned'"
    return not await _count(scene, version, pinned)


async def _count(scene: Scene, version: str, what: str) -> int:
    build = f"{DEPLOYMENT}:{scene.ground.versions[version].build}"
    client = (await scene.operator()).client
    return (await client.count_workflows(f"TemporalWorkerDeploymentVersion='{build}' AND {what}")).count


async def _where(scene: Scene, cases: Sequence[str]) -> str:
    ids = ", ".join(f"'{scene.cases.started[case].id}'" for case in cases)
    found = {name: await _count(scene, name, f"WorkflowId IN ({ids})") for name in scene.ground.versions}
    return f"they ran on the build that they began with: {' and '.join(f'{n} on {name}' for name, n in found.items())}"


async def _end(scene: Scene, version: str) -> float:
    """Let the workers of a version drain; returns how long the slowest took, in seconds."""
    slowest = 0.0
    for name in workers_of(version):
        began = time.monotonic()
        ended = await scene.ground.workers.pop(name).stop()
        slowest = max(slowest, time.monotonic() - began)
        if ended != 0:
            raise Failed(f"{name} ends with exit code {ended} on SIGTERM")
    return slowest
