"""What the store does on any database."""

import asyncio
from datetime import UTC, datetime

from integrations.store import Delivery, Stop, Store, open_store


def entry(**said: str) -> Stop:
    given = {"kind": "agent", "name": "reader", "state": "stopped", "by": "anna", "reason": "it misreads"} | said
    return Stop.model_validate({**given, "at": datetime(2026, 11, 23, 9, 30, tzinfo=UTC)})


class StoreContract:
    async def test_nothing_is_stopped_until_somebody_stops_it(self, store: Store) -> None:
        assert await store.stops.stopped(process="invoice", action="erp.post_bill", agent="reader") is None
        assert await store.stops.in_force() == ()

    async def test_a_stop_is_answered_with_who_what_when_and_why(self, store: Store) -> None:
        await store.stops.suspend(entry())
        said = await store.stops.stopped(agent="reader")
        assert said == "anna suspended the agent reader on 2026-11-23 at 09:30 UTC: it misreads."

    async def test_only_that_kind_and_that_name_are_stopped(self, store: Store) -> None:
        await store.stops.suspend(entry())
        await store.stops.suspend(entry(kind="action", name="writer"))
        assert await store.stops.stopped(process="reader", action="reader", agent="writer") is None
        assert await store.stops.stopped(process="reader") is None

    async def test_everything_that_is_stopped_is_named(self, store: Store) -> None:
        await store.stops.suspend(entry())
        await store.stops.suspend(entry(kind="process", name="invoice"))
        said = await store.stops.stopped(process="invoice", action="x", agent="reader") or ""
        assert ("the process invoice" in said, "the agent reader" in said) == (True, True)

    async def test_what_one_store_stops_another_one_sees_with_its_next_question(self, store: Store, url: str) -> None:
        async with open_store(url) as other:
            for _ in range(3):
                assert await other.stops.stopped(agent="reader") is None
                await store.stops.suspend(entry())
                assert await other.stops.stopped(agent="reader")
                await store.stops.resume(entry(state="resumed"))

    async def test_suspending_twice_says_since_when_and_writes_once(self, store: Store) -> None:
        first = await store.stops.suspend(entry())
        assert await store.stops.suspend(entry(by="bob")) == first
        assert await store.stops.log() == (first,)

    async def test_of_many_at_once_one_stops_it(self, store: Store) -> None:
        people = [f"p{number}" for number in range(8)]
        ended = await asyncio.gather(*(store.stops.suspend(entry(by=person)) for person in people))
        assert len({each.by for each in ended}) == 1
        assert len(await store.stops.log()) == 1

    async def test_what_is_not_stopped_cannot_be_resumed(self, store: Store) -> None:
        assert await store.stops.resume(entry(state="resumed")) is None
        stop = await store.stops.suspend(entry())
        assert await store.stops.resume(entry(state="resumed")) == stop
        assert await store.stops.resume(entry(state="resumed")) is None
        assert [each.state for each in await store.stops.log()] == ["stopped", "resumed"]
        assert await store.stops.stopped(agent="reader") is None

    async def test_many_questions_at_once_are_all_answered(self, store: Store) -> None:
        await store.stops.suspend(entry())
        asked = await asyncio.gather(*(store.stops.stopped(agent="reader") for _ in range(20)))
        assert all(asked)

    async def test_a_delivery_that_ended_does_not_begin_again(self, store: Store) -> None:
        delivery = Delivery(key="k", channel="mail", recipient="anna@example.com")
        assert await store.deliveries.begin(delivery)
        assert await store.deliveries.begin(delivery), "a crash before the end sends again"
        await store.deliveries.end(delivery, "sent")
        assert not await store.deliveries.begin(delivery)
        assert await store.deliveries.begin(delivery.model_copy(update={"recipient": "bob@example.com"}))
        assert await store.deliveries.states("k") == {
            ("mail", "anna@example.com"): "sent",
            ("mail", "bob@example.com"): "begun",
        }

    async def test_several_workers_may_prepare_it_at_once(self, url: str) -> None:
        async def opened() -> bool:
            async with open_store(url) as store:
                return await store.stops.stopped(agent="reader") is None

        assert all(await asyncio.gather(*(opened() for _ in range(6))))
