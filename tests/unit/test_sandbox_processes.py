"""Several processes on one SQLite file, and processes that die at the worst moment."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integrations.sandbox import Database, SandboxErp, put_on_file
from tests.books import ON_FILE, bill
from tests.conftest import ROOT

POST = """
import asyncio, sys
from integrations.sandbox import Database, SandboxErp
from tests.books import bill

async def post():
    database = Database(sys.argv[1])
    await database.prepare()
    erp = SandboxErp(database)
    sys.stdin.readline()
    receipts = [await erp.post_bill(f"k{n}", bill(f"R-{n}")) for n in range(5)]
    print(*(f"{receipt.reference}:{receipt.first}" for receipt in receipts))
    await database.close()

asyncio.run(post())
"""

DIE_AFTER_THE_COMMIT = """
import asyncio, os, signal, sys
from integrations.sandbox import Database, SandboxErp
from tests.books import bill

async def post():
    await SandboxErp(Database(sys.argv[1])).post_bill("k", bill())
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(post())
"""

DIE_BEFORE_THE_COMMIT = """
import asyncio, os, signal, sys
from integrations.sandbox import Database, SandboxErp, postings
from tests.books import bill

async def post_and_die(books, action, really=postings.post):
    await really(books, action)
    os.kill(os.getpid(), signal.SIGKILL)

postings.post = post_and_die
asyncio.run(SandboxErp(Database(sys.argv[1])).post_bill("k", bill()))
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/books.db"


@pytest.fixture
async def erp(url: str) -> AsyncGenerator[SandboxErp]:
    database = Database(url)
    await database.prepare()
    await put_on_file(database, ON_FILE)
    yield SandboxErp(database)
    await database.close()


async def start(script: str, url: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, "-c", script, url, cwd=ROOT, stdin=pipe, stdout=pipe)


async def test_processes_that_race_with_the_same_keys_do_each_effect_once(erp: SandboxErp, url: str) -> None:
    racers = [await start(POST, url) for _ in range(2)]
    answers = await asyncio.gather(*(racer.communicate(b"go\n") for racer in racers))
    told = Counter(word for out, _ in answers for word in out.decode().split())
    assert len(await erp.bills()) == 5
    assert sum(count for word, count in told.items() if word.endswith(":True")) == 5
    assert sum(count for word, count in told.items() if word.endswith(":False")) == 5


async def test_a_process_killed_after_its_commit_has_done_it_and_the_retry_is_told_so(
    erp: SandboxErp, url: str
) -> None:
    assert await (await start(DIE_AFTER_THE_COMMIT, url)).wait() == -signal.SIGKILL
    again = await erp.post_bill("k", bill())
    assert not again.first
    assert [found.id for found in await erp.bills()] == [again.reference]


async def test_a_process_killed_before_its_commit_has_done_nothing_and_holds_no_lock(erp: SandboxErp, url: str) -> None:
    assert await (await start(DIE_BEFORE_THE_COMMIT, url)).wait() == -signal.SIGKILL
    assert await erp.bills() == ()
    assert (await erp.post_bill("k", bill())).first
