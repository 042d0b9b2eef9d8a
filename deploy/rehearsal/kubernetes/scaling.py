"""Steps in which workers come and go: nodes are emptied, tasks wait, the server is away, a version follows another."""

from __future__ import annotations

import asyncio
import json
import time

from deploy.rehearsal.cluster import FRONTEND
from deploy.rehearsal.kubernetes.control_plane import NODES
from deploy.rehearsal.kubernetes.fleet import FALLBACK, LEAST, MOST, SECOND, SPACE, Fleet
from deploy.rehearsal.kubernetes.pods import working
from deploy.rehearsal.kubernetes.typing_in import SECTION, SERVER, block, typed
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Step
from deploy.rehearsal.rolling import promoted

WAITING = 70
"""Cases that wait for a worker; one worker is meant to have 20 tasks."""
EXPECTED = 4
AWAY_SECONDS = 20
"""Long enough for KEDA to fail ten times."""


async def a_worker(fleet: Fleet, step: Step) -> None:
    """What a worker's pod would run; before one has called, the server knows no such version."""
    await fleet.ground.done("keys", "rotate", "--new")
    await fleet.ground.done("seed")
    await working(fleet, "A")
    await promoted(fleet, "A")
    step.saw("one's command runs with its settings, secrets and mounts: its three probes are answered")
    await fleet.grown(LEAST, LEAST)
    step.saw(f"`{fleet.build('A')}` takes new cases, and {LEAST} workers are left")


async def node_emptied(fleet: Fleet, step: Step) -> None:
    """Of two workers one may be evicted while no other has come; and a node is drained."""
    await fleet.plane.done("cordon", *NODES)
    [first, second] = await fleet.ready()
    if refused := await _evict(fleet, first["metadata"]["name"]):
        raise Failed(f"the first of two workers may not be evicted: {refused}")
    if "disruption budget" not in (told := await _evict(fleet, second["metadata"]["name"])):
        raise Failed(f"the last worker may be evicted: {told}")
    await fleet.plane.done("uncordon", *NODES)
    await fleet.grown(LEAST, LEAST)
    node = (await fleet.ready())[0]["spec"]["nodeName"]
    await fleet.plane.done("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s")
    await fleet.grown(LEAST, LEAST)
    if any(pod["spec"]["nodeName"] == node for pod in await fleet.ready()):
        raise Failed(f"a worker is on {node}, which was drained")
    await fleet.plane.done("uncordon", node)
    step.saw("one of two may be evicted, and the other not until there is a new one: so says the disruption budget")
    step.saw("a drained node leaves two workers elsewhere")


async def work_waits(fleet: Fleet, step: Step) -> None:
    """Nobody works, and cases come."""
    await fleet.processes["A"].stop()
    await _come(fleet, "waits")
    began = time.monotonic()
    workers = await fleet.grown(EXPECTED, MOST, fleet.build("A"))
    after = time.monotonic() - began
    step.saw(f"{WAITING} cases wait for `{fleet.build('A')}`; after {after:.0f} s there are {workers} workers")


async def server_away(fleet: Fleet, step: Step) -> None:
    """KEDA cannot ask while work waits; then it can."""
    before = len(await fleet.ready())
    await _gone(fleet)
    if (left := len(await fleet.ready())) != before:
        raise Failed(f"of {before} workers {left} are there once the server is away")
    await _back(fleet)
    step.saw(f"while the frontend was away, {AWAY_SECONDS:g} s, all {before} workers stayed")


async def work_is_done(fleet: Fleet, step: Step) -> None:
    """A real worker takes what waits."""
    await working(fleet, "A")
    began = time.monotonic()
    await fleet.grown(LEAST, LEAST, fleet.build("A"), 180)
    step.saw(f"a worker does it; {time.monotonic() - began:.0f} s later two are left")


async def scaler_refused(fleet: Fleet, step: Step) -> None:
    """The token that KEDA shows counts no more when it connects anew; then there is a good one."""
    file = fleet.folder / "scaler-token"
    good = file.read_text()
    file.write_text(fleet.ground.token("scaler", "other:read"))
    await _hand_in_tokens(fleet)
    await _gone(fleet)
    await _back(fleet)
    workers = await fleet.grown(FALLBACK, FALLBACK)
    file.write_text(good)
    await _hand_in_tokens(fleet)
    await fleet.grown(LEAST, LEAST)
    step.saw(
        f"with one for another namespace there are {workers}, as the fallback says; a good one in the Secret is enough"
    )


async def second_version(fleet: Fleet, step: Step) -> None:
    """Workers of two builds, each scaled by what waits for it."""
    fleet.add_version()
    await typed(fleet, _applied())
    old, new = fleet.build("A"), fleet.build("B")
    first = await fleet.grown(FALLBACK, FALLBACK, new)
    step.saw(f"{first} workers of the second, as the fallback says, while the server does not know it")
    await working(fleet, "B")
    await promoted(fleet, "B")
    await asyncio.gather(*(each.stop() for each in fleet.processes.values()))
    await _come(fleet, "follows")
    workers = await fleet.grown(EXPECTED, MOST, new)
    if (left := len(await fleet.ready(old))) != LEAST:
        raise Failed(f"{left} workers of the first version, for which nothing waits")
    step.saw(f"{WAITING} cases wait for the second: {workers} workers of it, two of the first")
    await working(fleet, "B")
    await fleet.grown(LEAST, LEAST, new, 180)


async def first_version_leaves(fleet: Fleet, step: Step) -> None:
    """Its workers are taken away, and its folder out of the overlay."""
    await typed(fleet, block("Upgrade and roll back"))
    fleet.remove_version()
    await typed(fleet, _applied())
    await fleet.grown(0, 0, fleet.build("A"))
    scaled = [each["metadata"]["name"] for each in await fleet.plane.found("scaledobjects", "--namespace", SPACE)]
    if scaled != [f"signalbox-worker-{SECOND}"]:
        raise Failed(f"{', '.join(scaled)} are still scaled")
    await fleet.grown(LEAST, LEAST, fleet.build("B"))
    step.saw("its workers and what scaled them are gone, and nothing else")


async def _gone(fleet: Fleet) -> None:
    await fleet.ground.cluster.roles[FRONTEND].kill()
    await asyncio.sleep(AWAY_SECONDS)


async def _back(fleet: Fleet) -> None:
    await fleet.ground.cluster.restart(FRONTEND)
    await fleet.ground.cluster.serves()


def _applied() -> str:
    return block(SECTION).splitlines()[-1]


async def _come(fleet: Fleet, mark: str) -> None:
    desk = await fleet.operator()
    for number in range(WAITING):
        await fleet.cases.invoice(desk, "01", f"-{mark}-{number}")


async def _evict(fleet: Fleet, pod: str) -> str:
    """Evict a pod; returns the refusal."""
    asked = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": SPACE}}
    path = f"/api/v1/namespaces/{SPACE}/pods/{pod}/eviction"
    return (await fleet.plane.kubectl("create", "--raw", path, "--filename", "-", given=json.dumps(asked))).err


async def _hand_in_tokens(fleet: Fleet) -> None:
    """Put the tokens for the server in the place of those that are there."""
    made = block(SECTION, SERVER).splitlines()[-1]
    await typed(
        fleet, f"{made} --dry-run=client --output yaml | kubectl apply --server-side --force-conflicts --filename -"
    )
