"""Following a case, an approval or the whole inbox in the terminal, a line for each thing that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from commands.cases import one_case
from commands.console import command, out
from commands.desk import open_desk
from commands.following import FollowedApproval, FollowedCase, FollowedInbox, Printed

LOOK_SECONDS = 1.0
PATIENCE = 30
"""Looks without an answer before we give up: the client itself tries for ten seconds each, so some minutes in all."""
PASSING = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.UNKNOWN,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
)
"""What is said of a server that is going away, coming back or busy."""


@command
async def watch(
    which: Annotated[
        str | None, typer.Argument(help="A case id or the beginning of one, or an approval's id; else the inbox.")
    ] = None,
) -> int:
    """Print what happens to a case, an approval or the whole inbox, until it ends or Ctrl-C."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))  # its log of retries is not for people
    desk = await open_desk()
    printed = Printed()
    if which is None:
        out.print("[dim]The inbox, until Ctrl-C; times are UTC.[/dim]")
        await follow(FollowedInbox(desk, printed).look, printed)
    elif which.startswith("approval."):
        await follow(FollowedApproval(desk, which, printed).look, printed)
    else:
        await follow(FollowedCase(desk, await one_case(desk, which), printed).look, printed)
    return 0


async def follow(look: Callable[[], Awaitable[bool]], printed: Printed) -> None:
    """Look again and again until that is the end; a server that is away for some seconds is waited for."""
    missed = 0
    while True:
        try:
            ended = await look()
        except RPCError as error:
            if error.status not in PASSING or missed >= PATIENCE:
                raise
            ended, missed = False, missed + 1
            if missed == 1:
                printed.say(datetime.now(UTC), "[red]the server does not answer; trying again[/red]")
        else:
            if missed:
                printed.say(datetime.now(UTC), "the server answers again")
            missed = 0
        if ended:
            return
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError  # Ctrl-C reached us as a failed call, which looks like a busy server
        await asyncio.sleep(LOOK_SECONDS)
