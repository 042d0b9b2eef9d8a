"""Bringing the trail up to date by hand: after a downtime, before an audit, or where no worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from commands.console import command, out, plain
from commands.desk import Desk, open_desk
from commands.stop import store
from domain.sweeping import Swept
from governance.trail.filing import SETTLING
from integrations.sweep import Sweep, sweep_of
from integrations.telemetry import outlets
from integrations.temporal.moved import Scope
from workflows.registered import NAMES, TOLD

PAUSE = 1.0


@command
async def sweep() -> int:
    """Bring the ledger and the backends up to date now; exit code 1 where somebody has to look at something."""
    desk = await open_desk()
    swept = await catch_up(desk)
    out.print(
        f"{swept.cases} cases looked at: {swept.entered} new entries, {swept.sealed} sealed, {swept.sent} spans sent."
    )
    for warning in swept.warnings:
        out.print(f"[yellow]{plain(warning, 500)}[/yellow]", soft_wrap=True)
    return 1 if swept.warnings else 0


async def catch_up(desk: Desk) -> Swept:
    """Sweep until nothing is left to enter; attempts that died with their worker are waited for, but not for long."""
    clock, total = asyncio.get_running_loop(), Swept()
    end = clock.time() + SETTLING.total_seconds() + 2 * PAUSE
    async with _sweep(desk) as trail:
        while True:
            swept = await trail.sweep(patience=None)
            total = total.then(swept)
            settled = not swept.left and not swept.entered and not swept.unsealed
            if settled or (clock.time() > end and not swept.left):
                return total
            await asyncio.sleep(PAUSE if not swept.left else 0)


@asynccontextmanager
async def _sweep(desk: Desk) -> AsyncGenerator[Sweep]:
    async with store() as opened, outlets(desk.settings) as sending:
        trail = sweep_of(desk.client, opened, sending, Scope(NAMES, desk.queue), TOLD)
        try:
            yield trail
        finally:
            await trail.close()
