"""The last steps: every case ends, and all of it is on record, once."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause

from commands.access import replaced
from deploy.rehearsal.cases import doubled
from deploy.rehearsal.processes import Failed, until
from deploy.rehearsal.report import Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.settling import settled
from domain.metrics import APPROVALS_ENDED, CASES_ENDED, EFFECTS

BEGAN = re.compile(r"outcome unknown: Attempt .*?: it began at (\S+ \S+) UTC")
COUNTED = 5
"""Cases by which figures have to grow."""
FIGURES = {
    CASES_ENDED.scraped: {"process": "Invoice", "outcome": "posted"},
    APPROVALS_ENDED.scraped: {"state": "approved"},
    EFFECTS.scraped: {"action": "erp.post_bill", "result": "done"},
}
"""Each grows by one for each of them."""
EXPORTED = 6
"""Seconds within which workers tell the collector what they have counted."""
BUSY = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
)
"""Tasks that the server does again because news came in meanwhile; the code is not at fault."""


async def refunds_and_ticket(scene: Scene, step: Step) -> None:
    """Refunds are decided, and somebody closes the ticket."""
    for name, case in scene.cases.started.items():
        if name.startswith("refund"):
            ended, who = await settled(scene, case)
            step.saw(f"the {name} ended as {ended}, decided by {who}")
    ticket = scene.cases.started["ticket 02"]
    await (await scene.person("xenia")).client.get_workflow_handle(ticket.id).signal("close")
    ended, _ = await settled(scene, ticket)
    step.saw(f"the ticket ended as {ended}")


async def no_task_failed(scene: Scene, step: Step) -> None:
    """No workflow task failed by fault of the code, on any version."""
    client = (await scene.operator()).client
    failed: list[str] = []
    events = cases = 0
    async for found in client.list_workflows():
        cases += 1
        handle = client.get_workflow_handle(found.id, run_id=found.run_id)
        async for event in handle.fetch_history_events():
            events += 1
            said = event.workflow_task_failed_event_attributes
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED and said.cause not in BUSY:
                failed.append(f"{found.id}: {WorkflowTaskFailedCause.Name(said.cause)}: {said.failure.message}")
    if failed:
        raise Failed(f"workflow tasks failed: {'; '.join(failed[:3])}")
    step.saw(f"{cases} workflows with {events} events, none with a failed workflow task")


async def lists_agree(scene: Scene, step: Step) -> None:
    """The server's list, from which people work, says of every case what its history says."""
    client = (await scene.operator()).client
    cases = {handle.id for handle in scene.cases.started.values()}
    behind: set[str] = set()

    async def closed() -> bool:
        behind.clear()
        behind.update(cases)
        async for found in client.list_workflows('ExecutionStatus = "Completed"'):
            behind.discard(found.id)
        return not behind

    try:
        await until(closed, "the list has every end", 30)
    except Failed:
        raise Failed(f"the list does not say that {len(behind)} cases have ended, such as {min(behind)}") from None
    step.saw(f"{len(cases)} cases have ended, and the list says so of each")


async def nothing_twice(scene: Scene, step: Step) -> None:
    """One bill an invoice, one payment a bill."""
    twice, bills, payments = await doubled(await scene.operator())
    if twice:
        raise Failed(f"the books have twice: {', '.join(twice)}")
    step.saw(f"{bills} bills, {payments} payments, none of them twice")


async def verify(scene: Scene, step: Step) -> None:
    """`starter.py verify --all`, by somebody who may only read."""
    step.saw(f"the auditor's `starter.py verify --all`: {await completed(scene)}")


async def completed(scene: Scene) -> str:
    """Wait until `verify --all` finds everything, and nothing unknown but what was cut off; returns its last line."""
    token = scene.ground.folder / "auditor.token"
    replaced(token, scene.ground.people["auditor"], 0o600)
    last = ""

    async def complete() -> bool:
        nonlocal last
        code, last = await scene.ground.run("verify", "--all", token=token)
        return code == 0

    try:
        await until(complete, "the ledger has everything", 120)
    except Failed:
        raise Failed(f"verify --all says: {last[-900:]}") from None
    unknown = [datetime.fromisoformat(f"{each}+00:00") for each in BEGAN.findall(last)]
    if any(not any(start <= began <= end for start, end in scene.cut) for began in unknown):
        raise Failed(f"outcomes are unknown of attempts that nothing cut off: {last[-900:]}")
    cut = (
        f" ({len(unknown)} of attempts whose worker was killed or whose journal was away just then)" if unknown else ""
    )
    return last.strip().splitlines()[-1] + cut


async def traces(scene: Scene, step: Step) -> None:
    """Every case's spans have reached the collector's file."""
    if scene.ground.collector is None:
        step.leave_out("no collector could be built")
        return
    file = scene.ground.collector.file
    wanted = {handle.id for handle in scene.cases.started.values()}

    async def all_there() -> bool:
        said = await asyncio.to_thread(file.read_text) if file.exists() else ""
        return all(case in said for case in wanted)

    await until(all_there, f"spans of {len(wanted)} cases are in the collector's file", 60)
    lines = file.read_text().splitlines()
    spans = sum(
        len(scope["spans"])
        for line in lines
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
    )
    step.saw(f"{spans} spans of {len(wanted)} cases in the collector's file")


async def _still(seen: Callable[[], Awaitable[dict[str, float]]]) -> dict[str, float]:
    """Figures that do not change any more: those of the step before may still be on their way."""
    found = await seen()
    while True:
        await asyncio.sleep(EXPORTED)
        later = await seen()
        if later == found:
            return found
        found = later


async def figures(scene: Scene, step: Step) -> None:
    """What a scraper gets from the collector is what the cases did."""
    collector = scene.ground.collector
    if collector is None:
        step.leave_out("no collector could be built")
        return
    cases = [await scene.asking(f"F{number}") for number in range(COUNTED)]
    pids = [f"worker-{worker.pid}@" for worker in scene.ground.workers.values()]

    async def seen() -> dict[str, float]:
        return {metric: await collector.counted(metric, pids, **labels) for metric, labels in FIGURES.items()}

    before = await _still(seen)
    for case in cases:
        await settled(scene, scene.cases.started[case])
    wanted = {metric: value + COUNTED for metric, value in before.items()}
    now = dict[str, float]()

    async def there() -> bool:
        now.update(await seen())
        return now == wanted

    try:
        await until(there, "the collector has the figures", 30)
    except Failed:
        raise Failed(f"{COUNTED} cases were approved and posted; figures were {before} and are {now}") from None
    step.saw(
        f"{COUNTED} more cases were approved and posted; at the collector's endpoint for Prometheus, of three workers:"
    )
    step.saw(", ".join(f"`{metric}` from {before[metric]:g} to {now[metric]:g}" for metric in FIGURES))
