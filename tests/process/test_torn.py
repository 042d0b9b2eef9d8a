"""Whoever writes the trail may die between any two of its steps, and backends may hang: nothing is lost or changed."""

import asyncio
import functools
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

import worker
from commands.verifying import Sources
from governance.ledger.chain import RESERVED
from governance.trail import filing
from governance.trail.spans import Span, spans_of
from integrations.store import Store, open_store
from integrations.sweep import Sweep
from integrations.telemetry.file import FileSink
from tests.chaos.plant import find, struck, worker_process
from tests.conftest import ROOT
from tests.facts import until
from tests.office import Office, open_office
from tests.process.dying_sweep import CODE, PLACES
from tests.process.test_sweep import whole
from tests.sweeps import lines_of, records_in, sweep_over, sweeping

Entered = list[tuple[str, str, str]]


async def ledger_of(store: Store, case: str) -> Entered:
    """A case's entries in order; of the ledger's own notes only that they are there, as they say when."""
    lines = await lines_of(store, case)
    return [(each["kind"], each["record"], "" if each["kind"].startswith(RESERVED) else each["body"]) for each in lines]


async def test_a_worker_that_dies_between_an_effect_and_its_end_leaves_an_unknown_outcome_that_the_next_settles(
    client: Client, tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SETTLING", timedelta(seconds=1))
    hold = "post_bill:slow_after=60*1"
    async with open_office(client, tmp_path, working=False) as office:
        case = await office.hand_in(find(samples, "01"))
        async with worker_process(office, hold) as first:
            await struck(office, hold)
            assert len(await office.bills()) == 1, "the effect is done, and nobody has been told"
            first.kill()
            await first.wait()
        async with worker.worker_for(client, office.desk.settings) as second, second:
            await case.result()
        [bill] = await office.bills()
        async with sweeping(office) as (sweep, store):
            await until(lambda: _sealed(sweep_over(office, store), store, case.id), 60)
            lines = [line async for line in store.ledger_log.export(case.id)]
            later = datetime.now(UTC) + timedelta(hours=1)
            found = await Sources(store, office.desk).compared(case.id, lines, later)
            assert (await sweep.sweep()).warnings == ()
        assert found.damage == ()
        [unknown] = found.unknown
        assert "Attempt 1 of post_bill" in unknown.said
        assert f"What settles it: attempt 2 found receipt {bill.id}" in unknown.said


async def _sealed(sweep: Sweep, store: Store, case: str, patience: float | None = None) -> bool:
    await sweep.sweep(patience)
    return (await store.ledger.tail(case)).sealed


@pytest.mark.parametrize("place", PLACES)
async def test_a_sweep_that_dies_anywhere_leaves_the_next_one_the_same_ledger_as_if_it_had_not_been(
    client: Client, tmp_path: Path, samples: Path, place: str
) -> None:
    async with open_office(client, tmp_path) as office:
        cases = [await office.hand_in(find(samples, name)) for name in ("01", "04")]
        await office.answer(cases[1], "approve", "checked", "anna")
        await asyncio.gather(*(case.result() for case in cases))
    undisturbed = tmp_path / "undisturbed.db"
    async with sweeping(office) as (_, store):
        await until(lambda: _ended(store, [case.result_run_id or "" for case in cases]))
    shutil.copyfile(tmp_path / "signalbox.db", undisturbed)
    await died(office, place)
    file = FileSink(tmp_path / "spans.jsonl", {})
    async with sweeping(office, file) as (sweep, store), open_store(f"sqlite:///{undisturbed}") as other:
        await sweep_over(office, other).sweep()
        again = await sweep.sweep(patience=None)
        assert again.warnings == ()
        for case in cases:
            assert await ledger_of(store, case.id) == await ledger_of(other, case.id)
            await whole(office, store, case.id)
        records = [record for case in cases for record in (await records_in(store, case.id)).values()]
    sent = spans_in(tmp_path / "spans.jsonl")
    assert sent.keys() == {span.span_id for span in spans_of(records)}
    assert [name for name, said in sent.items() if len(set(said)) > 1] == [], "sent again, a span says the same"


async def _ended(store: Store, runs: list[str]) -> bool:
    attempts = await store.journal.attempts(runs)
    return bool(attempts) and all(attempt.end for attempt in attempts)


async def died(office: Office, place: str) -> None:
    """Let a sweep die in a process of its own."""
    address, queue = office.desk.client.service_client.config.target_host, office.desk.queue
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.process.dying_sweep", address, str(office.desk.settings.home), queue, place),
        cwd=ROOT,
    )
    async with asyncio.timeout(60):
        assert await process.wait() == CODE


def spans_in(file: Path) -> dict[str, list[str]]:
    """What a file of spans has, by id."""
    found = defaultdict[str, list[str]](list)
    for line in file.read_text().splitlines():
        for span in json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            found[span["spanId"]].append(json.dumps(span))
    return dict(found)


class DeadBackend:
    """A sink that never comes back."""

    name = "dead"

    def __init__(self) -> None:
        self.asked = 0

    async def send(self, spans: Sequence[Span]) -> None:
        self.asked += len(spans)
        await asyncio.Event().wait()


async def test_the_ledger_does_not_wait_for_a_backend_that_hangs(client: Client, tmp_path: Path, samples: Path) -> None:
    dead = DeadBackend()
    async with open_office(client, tmp_path) as office, sweeping(office, dead) as (sweep, store):
        for name in ("01", "02"):
            case = await office.hand_in(find(samples, name))
            await case.result()
            async with asyncio.timeout(10):
                await until(functools.partial(_sealed, sweep, store, case.id, 0.1))
        assert dead.asked > 0
        await sweep.close()
