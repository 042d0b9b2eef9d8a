"""What the outbox does on any database."""

import asyncio

from governance.ledger import Entry
from governance.trail.assembly import assembled
from governance.trail.entries import agent_entry, entry_of, history_entry, record_in, settled
from governance.trail.record import Record
from governance.trail.spans import Span, spans_of
from integrations.store import Store, open_store
from integrations.telemetry import drain
from tests.ledger import entries
from tests.sinks import ListSink
from tests.trails import scene


def records(name: str = "clean-ubl") -> tuple[Record, ...]:
    return tuple(record for record in assembled(scene(name)) if not record.routine)


async def told(store: Store, case: str, name: str = "clean-ubl") -> list[Span]:
    """A case in the ledger as a sweep leaves it, and the spans that sinks should have of it."""
    kept: list[Entry] = [entry_of(record) for record in records(name)]
    await store.ledger.append(case, [*kept, history_entry("run", b"[]"), agent_entry("reader", "1", {"told": "x"})])
    await store.ledger.seal(case, "sweep", "closed")
    return list(spans_of(records(name)))


async def places(store: Store, sink: str, limit: int = 100, cases: list[str] | None = None) -> list[tuple[str, int]]:
    return [(due.case, due.n) for due in await store.outbox.due(sink, limit, cases)]


class OutboxContract:
    async def test_to_a_new_sink_everything_is_due_in_order_and_what_was_sent_is_due_no_more(
        self, store: Store
    ) -> None:
        for case in ("b", "a"):
            await store.ledger.append(case, entries("x", "y", "z"))
        assert await places(store, "s") == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)]
        assert await places(store, "s", 2) == [("a", 1), ("a", 2)]
        await store.outbox.sent("s", {"a": 2})
        assert await places(store, "s", 2) == [("a", 3), ("b", 1)]
        assert await places(store, "s", cases=["b", "unknown"]) == [("b", 1), ("b", 2), ("b", 3)]
        assert await places(store, "s", cases=[]) == []
        assert len(await places(store, "s", cases=[f"unknown-{number}" for number in range(40_000)])) == 4
        await store.outbox.sent("s", {"a": 3, "b": 3})
        assert await places(store, "s") == []
        assert len(await places(store, "another")) == 6
        await store.ledger.append("a", entries("later"))
        assert await places(store, "s") == [("a", 4)]

    async def test_what_was_sent_is_never_taken_back(self, store: Store, url: str) -> None:
        await store.ledger.append("a", entries(*(f"r{number}" for number in range(20))))
        async with open_store(url) as other:
            both = [(store, other)[number % 2].outbox.sent("s", {"a": number}) for number in range(1, 16)]
            await asyncio.gather(*reversed(both))
        await store.outbox.sent("s", {"a": 3})
        await store.outbox.sent("s", {})
        assert (await places(store, "s"))[0] == ("a", 16)

    async def test_what_is_no_record_or_was_erased_has_no_body_and_still_counts(self, store: Store) -> None:
        await told(store, "a")
        due = await store.outbox.due("s", 100)
        assert [each.record for each in due if each.body is None] == [
            "history.run",
            "agent.reader@1",
            f"ledger.seal.{len(due)}",
        ]
        assert all(record_in(each.body) for each in due if each.body)
        await store.ledger.erase("a", "anna", "she asked")
        assert {each.body for each in await store.outbox.due("s", 100)} == {None}
        [done] = await drain(store.outbox, [ListSink("s")], content=False)
        assert (done.entries, done.spans, done.failure, done.more) == (len(due) + 1, 0, None, False)
        assert await places(store, "s") == []

    async def test_a_sink_gets_every_span_of_every_case_once(self, store: Store) -> None:
        wanted = [*await told(store, "a"), *await told(store, "b", "questioned")]
        sink = ListSink("s")
        [done] = await drain(store.outbox, [sink], content=False)
        assert sink.got == wanted
        assert (done.sink, done.spans, done.more) == ("s", len(wanted), False)
        assert [each.entries for each in await drain(store.outbox, [sink], content=False)] == [0]
        assert sink.got == wanted

    async def test_content_goes_out_only_where_it_was_asked_for(self, store: Store) -> None:
        await told(store, "a", "questioned")
        silent, talking = ListSink("silent"), ListSink("talking")
        await drain(store.outbox, [silent], content=False)
        await drain(store.outbox, [talking], content=True)
        said = [" ".join(span.model_dump_json() for span in sink.got) for sink in (silent, talking)]
        assert ["Why this price?" in each for each in said] == [False, True]

    async def test_a_sink_that_fails_holds_back_no_other_and_gets_everything_later(self, store: Store) -> None:
        wanted = await told(store, "a")
        broken, whole = ListSink("broken", failing=2), ListSink("whole")
        failed, done = await drain(store.outbox, [broken, whole], content=False)
        assert (failed.failure, failed.more, failed.spans, done.failure) == ("It is away.", True, 0, None)
        assert whole.got == wanted
        assert (await drain(store.outbox, [broken], content=False))[0].failure
        assert (await drain(store.outbox, [broken], content=False))[0].failure is None
        assert broken.got == wanted

    async def test_two_rounds_at_once_lose_nothing(self, store: Store, url: str) -> None:
        wanted = [*await told(store, "a"), *await told(store, "b", "approved")]
        sink = ListSink("s")
        async with open_store(url) as other:
            await asyncio.gather(*(drain(each.outbox, [sink], content=False) for each in (store, other)))
        assert {span.span_id for span in sink.got} == {span.span_id for span in wanted}
        assert len(sink.got) <= 2 * len(wanted)
        assert await places(store, "s") == []

    async def test_a_round_whose_time_is_over_says_that_there_is_more(self, store: Store) -> None:
        await told(store, "a")
        sink = ListSink("s")
        [cut] = await drain(store.outbox, [sink], content=False, within=-1)
        assert (cut.more, cut.entries, cut.failure, sink.got) == (True, 0, None, [])

    async def test_an_outcome_that_came_later_is_a_span_of_its_own_beneath_the_unknown_one(self, store: Store) -> None:
        first = records()[-1].model_copy(update={"status": "unknown"})
        await store.ledger.append("a", [entry_of(first)])
        sink = ListSink("s")
        await drain(store.outbox, [sink], content=False)
        await store.ledger.append("a", [settled(first.model_copy(update={"status": "ok"}))])
        await drain(store.outbox, [sink], content=False)
        unknown, later = sink.got
        assert (unknown.status, later.status) == ("UNSET", "OK")
        assert (later.parent_span_id, later.name) == (unknown.span_id, f"{unknown.name} (settled)")
        assert later.span_id != unknown.span_id
