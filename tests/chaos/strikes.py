"""What an adversary does to workers, servers and files: each a few lines, each survivable."""

import asyncio
import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
from temporalio.api.enums.v1 import PendingActivityState

from tests.chaos.caseload import running
from tests.chaos.ground import WORKERS, Ground
from tests.collector import BUSY, DROPS, HANGS, STRANGER, always, take
from tests.facts import until
from tests.locks import locked

STARTED = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
HOLDS = (0.5, 1.5, 3)
"""Seconds for which something is held: a fault that lasts, not a wait for a fact."""
FROZEN = (1, 3, 12)
"""The last outlives heartbeats and time limits, so that another worker has taken over when it wakes up."""


async def replaced(ground: Ground, name: str) -> None:
    """Kill a worker; another one comes in its place."""
    await ground.kill(name)
    await ground.work(name)
    ground.done["kills"] += 1


def _who(ground: Ground, identity: str) -> str | None:
    """Which of the workers that live the server calls so."""
    found = (name for name, process in ground.workers.items() if identity.startswith(f"worker-{process.pid}@"))
    return next(found, None)


async def kill(ground: Ground) -> None:
    """Kill a worker, whatever it does."""
    await replaced(ground, ground.chance.choice(WORKERS))


async def kill_at_work(ground: Ground) -> None:
    """Kill a worker while an activity runs in it."""

    async def busy() -> str | None:
        for case in await running(ground.client):
            described = (await ground.client.get_workflow_handle(case).describe()).raw_description
            for pending in described.pending_activities:
                if pending.state == STARTED and (name := _who(ground, pending.last_worker_identity)):
                    return name
        return None

    with suppress(TimeoutError):
        await replaced(ground, str(await until(busy, 6)))
        ground.done["kills_at_work"] += 1


async def kill_sweep(ground: Ground) -> None:
    """Kill the worker that sweeps at the moment it has written something."""
    sweeping = await running(ground.client, "'Sweep'")
    if not sweeping:
        return
    described = (await ground.client.get_workflow_handle(sweeping[0]).describe()).raw_description
    names = [_who(ground, pending.last_worker_identity) for pending in described.pending_activities]
    before = ground.entered()

    async def grown() -> bool:
        return ground.entered() > before

    with suppress(TimeoutError):
        await until(grown, 6)
        await replaced(ground, next(name for name in (*names, *WORKERS) if name))
        ground.done["sweeps_killed"] += 1


async def kill_sweep_by_hand(ground: Ground) -> None:
    """Kill a sweep that somebody started beside the workers', soon after it has opened the store."""
    sweep = await ground.type("sweep", user=f"sweep-{ground.done['by_hand']}")
    ground.done["by_hand"] += 1

    async def opened() -> bool:
        files = psutil.Process(sweep.pid).open_files() if sweep.returncode is None else []
        return sweep.returncode is not None or any(Path(each.path) == ground.store for each in files)

    with suppress(TimeoutError, psutil.Error):  # killed while it starts, or ended by itself
        await until(opened, 15)
    await asyncio.sleep(ground.chance.uniform(0, 0.4))
    if sweep.returncode is None:
        sweep.send_signal(signal.SIGKILL)
        ground.done["sweeps_killed"] += 1
    await sweep.wait()


async def freeze(ground: Ground) -> None:
    """Stop a worker for a while; when it wakes up the world may have gone on without it."""
    process = ground.workers[ground.chance.choice(WORKERS)]
    if process.returncode is not None:
        return  # it found no server when it started; the next kill starts it again
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(ground.chance.choice(FROZEN))
    process.send_signal(signal.SIGCONT)
    ground.done["frozen"] += 1


async def restart_server(ground: Ground) -> None:
    """Kill or stop the Temporal server, and start it again on its file."""
    await ground.server.stop(kill=ground.chance.random() < 0.7)
    await ground.server.start()
    ground.done["restarts"] += 1


async def lock_file(ground: Ground) -> None:
    """Hold the lock of the store or of the books for a while."""
    file = ground.chance.choice((ground.store, ground.office.desk.settings.home / "books.db"))
    if file.exists():
        async with locked(file):
            await asyncio.sleep(ground.chance.choice(HOLDS))
        ground.done["locks"] += 1


async def tear_line(ground: Ground) -> None:
    """Leave half a line in the file of spans, as a process does that dies there."""
    if not ground.spans_file.exists():
        return
    opened = os.open(ground.spans_file, os.O_RDWR | os.O_APPEND)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        line = ground.spans_file.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        os.write(opened, line[: ground.chance.randrange(1, len(line))])
    finally:
        os.close(opened)
    ground.done["torn"] += 1


async def trouble_backend(ground: Ground) -> None:
    """Let the backend be away, refuse, hang, or lose its answers for a while."""
    ground.collector.judge = always(ground.chance.choice((BUSY, DROPS, HANGS, STRANGER)))
    await asyncio.sleep(ground.chance.choice(HOLDS))
    ground.collector.judge = take
    ground.done["backend"] += 1
