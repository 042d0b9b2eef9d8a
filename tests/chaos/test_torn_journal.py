"""A journal whose writers are killed over and over: what was acknowledged is there, and the file is sound."""

import asyncio
import os
import random
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from integrations.store import open_store
from tests.conftest import ROOT

pytestmark = pytest.mark.chaos
LIVES = int(os.environ.get("SIGNALBOX_CHAOS_LIVES", "40"))
SEED = os.environ.get("SIGNALBOX_CHAOS_SEED") or str(random.randrange(1, 1_000_000))


async def test_no_beginning_that_was_acknowledged_is_lost_with_its_worker(tmp_path: Path) -> None:
    print(f"again with SIGNALBOX_CHAOS_SEED={SEED} SIGNALBOX_CHAOS_LIVES={LIVES}")  # noqa: T201
    file = tmp_path / "signalbox.db"
    writers = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos.torn_journal", str(file), str(LIVES), SEED),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60 + 2 * LIVES):
        said, _ = await writers.communicate()
    assert writers.returncode == 0
    told = {(activity, int(number)) for activity, number in (line.split() for line in said.decode().splitlines())}
    assert {activity.partition(".")[0] for activity, _ in told} == {str(life) for life in range(LIVES)}
    with closing(sqlite3.connect(file)) as left:
        assert left.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    async with open_store(f"sqlite:///{file}") as store:
        kept = {(one.activity, one.number) for one in await store.journal.attempts(["torn"])}
    print(f"{LIVES} killed, {len(told)} acknowledged, {len(kept)} kept")  # noqa: T201
    assert told - kept == set()
