"""The first steps: from an empty folder to workers that work."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from commands.access import replaced
from deploy.rehearsal.cluster import NAMESPACE, ROLES
from deploy.rehearsal.ground import WORKERS
from deploy.rehearsal.logins import subject
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import AUDITOR, PEOPLE, Scene
from integrations.settings import ROOT

REFUSED = 2
"""The exit code of a worker that says why it does not start."""


async def schema(scene: Scene, step: Step) -> None:
    """PostgreSQL, and the schema job twice."""
    await scene.ground.database.start()
    await scene.ground.database.create("signalbox", "books")
    await scene.ground.cluster.make_tables()
    await scene.ground.cluster.make_tables()
    step.saw("schema.sh ran twice, and the second time changed nothing")


async def logins(scene: Scene, step: Step) -> None:
    """Dex, and people who log in."""
    ground = scene.ground
    if ground.dex is None:
        day = timedelta(days=1)
        ground.people = {name: ground.token(f"{name}@example.com", f"{NAMESPACE}:write", valid=day) for name in PEOPLE}
        ground.people[AUDITOR] = ground.token(f"{AUDITOR}@example.com", f"{NAMESPACE}:read", valid=day)
        step.leave_out("no dex here: people's tokens are signed with our own key instead")
        return
    await ground.dex.start()
    for name in (*PEOPLE, AUDITOR):
        ground.people[name] = await ground.dex.log_in(f"{name}@example.com")
    step.saw(f"{', '.join(ground.people)} logged in; greta's `sub` is `{subject(ground.people['greta'])}`")


async def roles(scene: Scene, step: Step) -> None:
    """All roles of the server, each a process."""
    await scene.ground.cluster.start()
    lines = await scene.ground.cluster.measured()
    step.saw(f"{', '.join(ROLES)} each in a process of its own; each shows metrics, {lines} lines together")


async def namespace(scene: Scene, step: Step) -> None:
    """The namespace job, twice."""
    token = scene.ground.folder / "admin.token"
    replaced(token, scene.ground.token("namespace-job", f"{NAMESPACE}:admin"), 0o600)
    await scene.ground.cluster.make_namespace(token)
    await scene.ground.cluster.make_namespace(token)
    step.saw(f"namespace.sh ran twice with a token that may `{NAMESPACE}:admin`")


async def collector(scene: Scene, step: Step) -> None:
    """The collector."""
    if scene.ground.collector is None:
        step.leave_out("no collector could be built")
        return
    await scene.ground.collector.start()
    step.saw("takes spans over HTTP and writes them to a file")


async def workers(scene: Scene, step: Step) -> None:
    """Three workers of version A; one whose token has expired does not start."""
    ground = scene.ground
    code, said = await ground.run("seed", token=ground.worker_token)
    if code:
        raise Failed(f"the sample company cannot be loaded: {said[-500:]}")
    expired = ground.folder / "expired.token"
    replaced(expired, ground.token("worker", f"{NAMESPACE}:write", valid=-timedelta(minutes=2)), 0o600)
    refused = await ground.start_worker("refused", ROOT, token=expired)
    if await refused.wait(60) != REFUSED:
        raise Failed("a worker whose token has expired starts all the same")
    del ground.workers["refused"]
    await asyncio.gather(*(ground.start_worker(name, ground.before) for name in WORKERS))
    await ground.at_work(WORKERS)
    step.saw("a worker whose token has expired ended with exit code 2 and one sentence; three others work")
