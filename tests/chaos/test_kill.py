"""Workers that are killed, frozen or stopped in the middle of cases."""

import asyncio
import signal
from pathlib import Path

import psutil
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

import worker
from tests.chaos.plant import (
    Fate,
    approve,
    approve_what_asks,
    at_work,
    ended,
    fates_of,
    find,
    hand_in,
    has_reader,
    nothing_twice,
    struck,
    worker_process,
)
from tests.facts import events
from tests.office import open_office

pytestmark = pytest.mark.chaos
PAYING = ("post_bill", "schedule_payment", "send_remittance")


def windows(*operations: str) -> tuple[str, ...]:
    """Faults that hold one case each before an effect and one after it, before its answer."""
    return tuple(f"{operation}:{kind}=60*1" for operation in operations for kind in ("slow", "slow_after"))


async def test_a_worker_killed_before_and_after_every_effect_is_replaced_and_nothing_happens_twice(
    client: Client, tmp_path: Path, samples: Path, undisturbed: dict[str, Fate]
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        cases = await hand_in(office, samples)
        async with worker_process(office, ", ".join(windows(*PAYING))) as first:
            await approve_what_asks(office, cases)
            await struck(office, *windows(*PAYING))
            first.kill()
        async with worker.worker_for(client, office.desk.settings) as second, second:
            assert await fates_of(office, cases) == undisturbed
        await nothing_twice(office)
        books = await office.bills(), await office.payments(), await office.messages()
        assert [len(kept) for kept in books] == [len(cases)] * 3


async def test_a_worker_killed_before_and_after_undoing_is_replaced_and_undoes_once(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        cases = await hand_in(office, samples, ("01", "02"))
        holds = windows("void_bill")
        async with worker_process(office, ", ".join(("schedule_payment:refuse", *holds))) as first:
            await struck(office, *holds)
            first.kill()
        async with worker.worker_for(client, office.desk.settings) as second, second:
            assert await fates_of(office, cases) == dict.fromkeys(cases, ("held", None, False))
        assert [bill.status for bill in await office.bills()] == ["void", "void"]
        assert (await office.payments(), await office.messages()) == ((), ())


async def test_a_worker_killed_while_it_reads_while_people_decide_and_when_they_have_is_replaced(
    client: Client, tmp_path: Path, samples: Path, undisturbed: dict[str, Fate]
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        async with worker_process(office) as first:
            waiting = await hand_in(office, samples, ("04", "05"))
            await asyncio.gather(*map(office.approval_of, waiting.values()))
            readers = await has_reader(first)
            for reader in readers:
                reader.send_signal(signal.SIGSTOP)
            reading = await hand_in(office, samples, ("01",))
            await at_work(reading["01"], "read_document")
            await approve(office, waiting["05"])
            first.kill()
            for reader in readers:
                reader.send_signal(signal.SIGCONT)
        await ended(readers)
        unread = await hand_in(office, samples, ("02",))
        async with worker.worker_for(client, office.desk.settings) as second, second:
            await approve(office, waiting["04"])
            fates = await fates_of(office, {**reading, **unread, **waiting})
        assert fates == {name: undisturbed[name] for name in fates}
        await nothing_twice(office)


async def test_a_worker_frozen_before_an_effect_that_another_did_wakes_up_and_changes_nothing(
    client: Client, tmp_path: Path, samples: Path, undisturbed: dict[str, Fate]
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        async with worker_process(office, "schedule_payment:slow=1*1") as frozen:
            cases = await hand_in(office, samples, ("01",))
            await struck(office, "schedule_payment:slow=1*1")
            frozen.send_signal(signal.SIGSTOP)
            async with worker.worker_for(client, office.desk.settings) as second, second:
                assert await fates_of(office, cases) == {"01": undisturbed["01"]}
            books = await office.bills(), await office.payments(), await office.messages()
            frozen.send_signal(signal.SIGCONT)
            frozen.terminate()  # whatever it still holds it finishes before it leaves
            async with asyncio.timeout(40):
                assert await frozen.wait() == 0
        assert (await office.bills(), await office.payments(), await office.messages()) == books
        assert [len(kept) for kept in books] == [1, 1, 1]


async def test_a_worker_told_to_stop_finishes_its_effect_and_leaves_with_zero_and_no_process_behind(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        cases = await hand_in(office, samples, ("01",))
        async with worker_process(office, "post_bill:slow=1*1") as stopping:
            await struck(office, "post_bill:slow=1*1")
            children = psutil.Process(stopping.pid).children(recursive=True)
            stopping.terminate()
            async with asyncio.timeout(30):
                assert await stopping.wait() == 0
        await ended(children)
        assert len(await office.bills()) == 1
        assert await events(cases["01"], EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED) == len(("read", "post"))


async def test_no_reading_process_outlives_a_killed_worker(client: Client, tmp_path: Path, samples: Path) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        async with worker_process(office) as killed:
            readers = await has_reader(killed)
            await (await office.hand_in(find(samples, "01"))).result()
            readers = [*readers, *await has_reader(killed)]
            killed.kill()
        await ended(readers)
