"""Everything at once: after it no record is missing, extra or altered, no span is two, and no effect is."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import pytest

from tests.chaos import hostile, strikes
from tests.chaos.audit import audit
from tests.chaos.caseload import LOAD, all_closed, came, hand_in, load, open_ones, people_answer
from tests.chaos.ground import WORKERS, Ground, prepared
from tests.facts import until

pytestmark = pytest.mark.chaos
CASES = int(os.environ.get("SIGNALBOX_CHAOS_CASES", LOAD))
SEED = int(os.environ.get("SIGNALBOX_CHAOS_SEED", "0")) or random.randrange(1, 1_000_000)
Strike = Callable[[Ground], Awaitable[None]]
STRIKES: tuple[Strike, ...] = (
    strikes.kill,
    strikes.kill_at_work,
    strikes.kill_at_work,
    strikes.kill_sweep,
    strikes.kill_sweep_by_hand,
    strikes.freeze,
    strikes.restart_server,
    strikes.lock_file,
    strikes.tear_line,
    strikes.trouble_backend,
    hostile.send_signals,
    hostile.send_signals,
    hostile.reset,
    hostile.reset,
    hostile.terminate,
    hostile.cancel,
    hostile.hand_in_again,
)
MORE = 5
"""Strikes beside one of each."""


@pytest.mark.parametrize("batch", range(-(-CASES // LOAD)))
async def test_the_trail_is_whole_and_every_effect_single_whatever_was_done_to_everybody(
    tmp_path: Path, samples: Path, batch: int
) -> None:
    print(f"again with SIGNALBOX_CHAOS_SEED={SEED} SIGNALBOX_CHAOS_CASES={CASES}, batch {batch}")  # noqa: T201
    began = monotonic()
    async with prepared(tmp_path, random.Random(f"{SEED}-{batch}")) as ground:
        people = asyncio.create_task(people_answer(ground))
        try:
            await asyncio.gather(*map(ground.work, WORKERS))
            await tortured(ground, samples)
            await closed(ground)
        finally:
            people.cancel()
            await asyncio.gather(people, return_exceptions=True)
        await swept(ground)
        await audit(ground)
        ground.done.update(cases=len(ground.cases), seconds=round(monotonic() - began))
        print(dict(sorted(ground.done.items())))  # noqa: T201 - what it was


async def tortured(ground: Ground, samples: Path) -> None:
    """Hand the cases in, one or two before each strike; between strikes the cases go on a little."""
    waiting, plan = load(ground, samples), [*STRIKES, *ground.chance.choices(STRIKES, k=MORE)]
    ground.chance.shuffle(plan)
    for _ in range(4):
        await hand_in(ground, next(waiting))
    for strike in plan:
        for what in (next(waiting, None), next(waiting, None) if ground.chance.random() < 0.3 else None):
            if what:
                await hand_in(ground, what)
        await moved(ground, ground.chance.randint(1, 12))
        print(strike.__name__)  # noqa: T201 - shown where it fails
        await strike(ground)
    for what in waiting:
        await hand_in(ground, what)


async def moved(ground: Ground, events: int) -> None:
    """Wait until so much has happened, or nothing does."""
    before = await came(ground)

    async def enough() -> bool:
        return await came(ground) >= before + events or await all_closed(ground)

    try:
        await until(enough, 5)
    except TimeoutError:
        return


async def closed(ground: Ground) -> None:
    """Wait until every case has ended."""
    try:
        await until(lambda: all_closed(ground), 120)
    except TimeoutError:
        pytest.fail("\n".join(["these cases do not end:", *await open_ones(ground)]))


async def swept(ground: Ground) -> None:
    """Sweep once more, with nobody at work: nothing is left then, and nothing to warn of."""
    for name in WORKERS:
        await ground.kill(name)
    last = await ground.type("sweep", user="last")
    async with asyncio.timeout(120):
        code = await last.wait()
    assert code == 0, (ground.office.desk.settings.home / "last.log").read_text()
