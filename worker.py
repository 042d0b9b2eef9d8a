"""The worker: connects, registers every process, and drains on SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.worker import Worker

from activities.effect import effect
from activities.final import FinalErrors
from activities.journaling import Journaling
from activities.measuring import Counting
from activities.sweeping import Rounds, SweepActivities
from agents.agent import Agent
from composition.common import common
from composition.customers import refunds, tickets
from composition.opened import open_shared, opened_store
from composition.payables import payables
from composition.running import sandbox
from composition.tuning import tuned, versioned
from composition.watching import watched
from composition.workers import Workers
from domain.actions import kind_of
from domain.errors import DomainError, Unavailable
from domain.roles import Role
from governance.guard import refuse_undone, refuse_unguarded, refuse_unknown_roles
from integrations.build import build_id
from integrations.figures import Figures, counted
from integrations.log_lines import JsonLines, messages_without_details
from integrations.logs import logging_to_stderr
from integrations.operations.exporting import figures_of
from integrations.operations.health import Health
from integrations.payloads.converter import in_clear
from integrations.settings import Settings, setting_wrong
from integrations.store import Store
from integrations.sweep import sweep_of
from integrations.telemetry import outlets
from integrations.temporal.connection import connect, ensure_attributes
from integrations.temporal.moved import Scope
from integrations.temporal.runs import ServerRuns
from integrations.temporal.schedule import keep_going
from integrations.temporal.token_file import fresh_token
from workflows import attributes
from workflows.approval import Approval
from workflows.door import EFFECTS, Door
from workflows.listing import Lists
from workflows.measuring import Measuring
from workflows.options import TASK_QUEUE, queue_of
from workflows.performed import PERFORMED_BY
from workflows.registered import AGENTS, NAMES, PROCESSES, TOLD
from workflows.routing import Routing
from workflows.sweep import SweepWorkflow
from workflows.trail_link import TrailLinks

WIRED = (payables, refunds, tickets)
"""What each process looks up and does, beside what all share."""
WORKFLOWS = (*PROCESSES, Approval, SweepWorkflow)
Agents = Mapping[tuple[str, str], Agent[Any, Any]]
SWEEPING_FOR = timedelta(hours=1)
"""How long one sweep goes on; then the schedule starts the next."""


@asynccontextmanager
async def worker_for(client: Client, settings: Settings, health: Health | None = None) -> AsyncGenerator[Workers]:
    """The worker of each role that the settings name, with every adapter open, not yet running."""
    async with AsyncExitStack() as open_adapters:
        store = await opened_store(settings, open_adapters)
        queue = settings.task_queue or TASK_QUEUE
        sending = await open_adapters.enter_async_context(outlets(settings))
        trail = sweep_of(client, store, sending, Scope(NAMES, queue), TOLD)
        open_adapters.push_async_callback(trail.close)
        figures = Figures(client, store.journal, NAMES, queue)
        await open_adapters.enter_async_context(counted(figures, client.service_client.config.runtime))
        activities = [*await activities_of(client, settings, store, open_adapters), SweepActivities(trail).sweep]
        common: dict[str, Any] = {
            "interceptors": [
                FinalErrors(),
                Counting({name: kind_of(action) for name, action in EFFECTS.items()}),
                Journaling(store.journal, client.identity),
                Door(ServerRuns(client)),
                TrailLinks(settings.trail_url),
                Lists(show_content=settings.lists_show_content),
                Routing(),
                Measuring(),
            ],
            "activities": activities,  # on every queue all of them: cases may have begun before a queue was there
            "workflow_runner": sandbox(versioned=settings.deployment is not None),
            "workflow_failure_exception_types": [DomainError],
            **versioned(settings, build_id(settings)),
        }
        workers = Workers(queue, [_worker(client, settings, queue, role, common) for role in settings.played])
        if health:
            health.watch(workers, store.signs.give)
        yield workers


def _worker(client: Client, settings: Settings, queue: str, role: Role, common: dict[str, Any]) -> Worker:
    """One role's worker; only that of the workflows runs processes."""
    workflows = WORKFLOWS if role == "workflows" else ()
    return Worker(client, task_queue=queue_of(queue, role), workflows=workflows, **tuned(settings, role), **common)


async def activities_of(
    client: Client, settings: Settings, store: Store, stack: AsyncExitStack, agents: Agents = AGENTS
) -> list[Callable[..., Any]]:
    """What the worker looks up and does; raise `Unguarded` where something could do harm that nothing would catch."""
    opened = await open_shared(client, settings, store, stack)
    parts = [await common(opened, agents, stack), *(wired(opened) for wired in WIRED)]
    systems = {action: system for part in parts for action, system in part.systems.items()}
    refuse_undone(PERFORMED_BY, systems)
    tables = [await opened.policies.table(process.policy) for process in PROCESSES]
    refuse_unguarded(systems, PERFORMED_BY, tables)
    refuse_unknown_roles(tables, (await opened.policies.people())[0])
    effects = (
        effect(action, system, getattr(system, PERFORMED_BY[action].__name__), store.stops)
        for action, system in systems.items()
    )
    return [*(activity for part in parts for activity in part.activities), *effects]


def _lines(settings: Settings, build: str) -> logging.Formatter | None:
    """How the log looks; None for text."""
    if settings.log_format == "text":
        return None
    messages_without_details()
    return JsonLines(build)


async def serve(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    build = build_id(settings)
    name = f"worker-{os.getpid()}@{socket.gethostname()}"
    figures = figures_of(settings.ops_address)
    tags = {"build": build, **figures.tags(name)}
    with logging_to_stderr(lines=_lines(settings, build), metrics=figures.config, tags=tags) as runtime:
        client = await connect(settings, identity=name, runtime=runtime)
        await ensure_attributes(client, attributes.ALL)
        if exposed := in_clear(settings):
            logging.getLogger(__name__).warning(exposed)
        async with (
            fresh_token(client, settings.token_file),
            watched(client, settings, build, figures.scrape) as health,
            worker_for(client, settings, health) as workers,
            workers,
        ):
            rounds = Rounds(every=timedelta(seconds=settings.sweep_seconds), during=SWEEPING_FOR)
            await keep_going(client, "Sweep", rounds, workers.task_queue)
            await stopping.wait()


def main() -> int:
    """Run the worker; returns the exit code."""
    try:
        asyncio.run(serve(Settings()))
    except ValidationError as error:
        sys.stderr.write(f"The worker cannot start: {setting_wrong(error)}\n")
        return 2
    except (DomainError, Unavailable, ValueError) as error:
        sys.stderr.write(f"The worker cannot start: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the interpreter's own exit can crash after a Temporal client was used
