"""The first steps: from an empty folder to workers that work."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from commands.access import replaced
from deploy.rehearsal.cluster import NAMESPACE, ROLES
from deploy.rehearsal.ground import workers_of
from deploy.rehearsal.logins import subject
from deploy.rehearsal.postgresql import OURS, TEMPORAL, USER
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.rolling import promoted
from deploy.rehearsal.scene import AUDITOR, PEOPLE, Scene

REFUSED = 2
"""The exit code of a worker that says why it does not start."""


async def schema(scene: Scene, step: Step) -> None:
    """PostgreSQL, what the image does with an empty volume, and the schema job twice."""
    database = scene.ground.database
    await database.start()
    await database.make_databases()
    await scene.ground.cluster.make_tables()
    await scene.ground.cluster.make_tables()
    step.saw("databases.sh made the roles `temporal` and `signalbox`, who log in with the passwords of `make secrets`")
    step.saw("schema.sh ran twice, and the second time changed nothing")
    others = ((USER, OURS, "entries"), (USER, "books", "bills"), (OURS, TEMPORAL[0], "executions"))
    if not all([await database.refuses(*each) for each in others]):
        raise Failed("a role reads tables of the other's")
    step.saw("neither of them reads a table of the other's")


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
    step.saw("takes spans and figures over HTTP")


async def workers(scene: Scene, step: Step) -> None:
    """Three workers of version A, each with a copy of the keyring; one whose token has expired does not start."""
    ground, mine = scene.ground, workers_of("A")
    await ground.done("seed")
    await ground.done("keys", "rotate", "--new")
    expired = ground.folder / "expired.token"
    replaced(expired, ground.token("worker", f"{NAMESPACE}:write", valid=-timedelta(minutes=2)), 0o600)
    refused = await ground.start_worker("B-expired", token=expired)
    if await refused.wait(60) != REFUSED:
        raise Failed("a worker whose token has expired starts all the same")
    del ground.workers["B-expired"]
    await asyncio.gather(*(ground.start_worker(name) for name in mine))
    await ground.at_work(mine)
    await promoted(scene, "A")
    step.saw("a worker whose token has expired ended with exit code 2 and one sentence; three others work")
    step.saw(f"`starter.py rollout promote {ground.versions['A'].build}`: new cases begin on it")
