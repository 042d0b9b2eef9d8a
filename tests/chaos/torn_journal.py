"""Writers of the journal that are killed in the middle of it: `python -m tests.chaos.torn_journal FILE LIVES SEED`.

A process that forks each writer, since starting Python anew would take longer than the writer lives.
"""

import asyncio
import os
import random
import select
import signal
import sys
from time import monotonic

from integrations.store import Store, open_store
from tests.journal_contract import attempt, ended

AT_ONCE = 4
"""Attempts that begin side by side, and share transactions."""


async def write(file: str, life: int, told: int) -> None:
    """Begin and end attempts for ever; tell each beginning that has returned."""
    async with open_store(f"sqlite:///{file}") as store:
        await asyncio.gather(*(_begin(store, f"{life}.{place}", told) for place in range(AT_ONCE)))


async def _begin(store: Store, activity: str, told: int) -> None:
    number = 0
    while True:
        number += 1
        one = attempt(number, run="torn", activity=activity)
        await store.journal.begin(one)
        os.write(told, f"{activity} {number}\n".encode())
        store.journal.end(ended(one))


def killed(file: str, life: int, chance: random.Random) -> bytes:
    """Let a writer live for a moment after its first beginning; returns what it told before it was killed."""
    heard, told = os.pipe()
    if not (writer := os.fork()):
        asyncio.run(write(file, life, told))
    os.close(told)
    said = os.read(heard, 1 << 16)
    end = monotonic() + chance.uniform(0, 0.05)
    while (left := end - monotonic()) > 0 and select.select([heard], [], [], left)[0]:
        said += os.read(heard, 1 << 16)
    os.kill(writer, signal.SIGKILL)
    while more := os.read(heard, 1 << 16):
        said += more
    os.close(heard)
    os.waitpid(writer, 0)
    return said


if __name__ == "__main__":
    where, lives, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    for each in range(lives):
        sys.stdout.buffer.write(killed(where, each, random.Random(f"{seed}-{each}")))
