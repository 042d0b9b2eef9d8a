"""What the attempt journal does on any database."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from governance.trail.attempts import Attempt, AttemptEnd
from integrations.store import NotJournaled, Store, open_store
from tests.facts import until
from tests.trails import NOON


def attempt(number: int = 1, **said: Any) -> Attempt:
    """A try of an effect, begun at noon."""
    known = {"case": "invoice-1", "run": "run-1", "activity": "5", "name": "post_bill", "worker": "1@desk"}
    return Attempt.model_validate({**known, "number": number, "begun": NOON, "end": None, **said})


def ended(one: Attempt, outcome: str = "completed", error: str | None = None, seconds: int = 1) -> Attempt:
    """The same with its end."""
    end = {"outcome": outcome, "at": NOON + timedelta(seconds=seconds), "error": error}
    return one.model_copy(update={"end": AttemptEnd.model_validate(end)})


class JournalContract:
    async def test_an_attempt_is_there_once_it_has_begun_and_another_process_sees_it(
        self, store: Store, url: str
    ) -> None:
        await store.journal.begin(attempt())
        async with open_store(url) as other:
            assert await other.journal.attempts(["run-1"]) == (attempt(),)
            assert await other.journal.attempts(["run-2"]) == ()
            assert await other.journal.attempts([]) == ()

    async def test_of_two_beginnings_the_first_stays_with_its_own_end(self, store: Store) -> None:
        again = attempt(begun=NOON + timedelta(seconds=9), worker="2@desk")
        await store.journal.begin(attempt())
        await store.journal.begin(again)
        store.journal.end(ended(again, seconds=10))
        assert await store.journal.attempts(["run-1"]) == (attempt(),), "nobody knows how the first one ended"
        store.journal.end(ended(attempt(), "failed", "Unavailable"))
        assert await store.journal.attempts(["run-1"]) == (ended(attempt(), "failed", "Unavailable"),)

    async def test_of_two_ends_the_first_stays(self, store: Store) -> None:
        await store.journal.begin(attempt())
        store.journal.end(ended(attempt(), "failed", "Unavailable"))
        store.journal.end(ended(attempt(), seconds=7))
        await store.journal.begin(attempt(2))
        store.journal.end(ended(attempt(), seconds=8))
        first, second = await store.journal.attempts(["run-1"])
        assert (first, second) == (ended(attempt(), "failed", "Unavailable"), attempt(2))

    async def test_an_end_whose_beginning_is_gone_brings_it_along(self, store: Store) -> None:
        store.journal.end(ended(attempt()))
        assert await store.journal.attempts(["run-1"]) == (ended(attempt()),)
        await store.journal.begin(attempt())
        assert await store.journal.attempts(["run-1"]) == (ended(attempt()),)

    async def test_attempts_of_other_runs_activities_and_numbers_are_other_attempts(self, store: Store) -> None:
        each = [attempt(), attempt(2), attempt(activity="6"), attempt(run="run-2")]
        await asyncio.gather(*(store.journal.begin(one) for one in each))
        assert set(await store.journal.attempts(["run-1", "run-2"])) == set(each)

    async def test_many_that_begin_at_once_are_all_there(self, store: Store, url: str) -> None:
        each = [attempt(number) for number in range(1, 1_301)]
        async with open_store(url) as other:
            journals = store.journal, other.journal
            await asyncio.gather(*(journals[one.number % 2].begin(one) for one in each))
            for one in each:
                journals[one.number % 2].end(ended(one))
            await other.journal.attempts([])
            assert [one.number for one in await store.journal.attempts(["run-1"])] == list(range(1, 1_301))
            assert all(one.end for one in await store.journal.attempts(["run-1"]))

    async def test_two_workers_that_touch_the_same_runs_crosswise_do_not_block_each_other(
        self, store: Store, url: str
    ) -> None:
        runs = [f"run-{number}" for number in range(50)]
        async with open_store(url) as other:
            for _ in range(5):
                ways = (store.journal, runs), (other.journal, runs[::-1])
                began = [journal.begin(attempt(run=run)) for journal, order in ways for run in order]
                await asyncio.gather(*began)
        assert len(await store.journal.attempts(runs)) == 50

    async def test_what_is_queued_is_written_when_the_store_is_closed(self, url: str) -> None:
        async with open_store(url) as first:
            first.journal.end(ended(attempt()))
            first.journal.touch("invoice-2", "run-2")
        async with open_store(url) as second:
            assert await second.journal.attempts(["run-1"]) == (ended(attempt()),)
            assert {each.run_id for each in await second.journal.touched()} == {"run-1", "run-2"}

    async def test_an_end_is_written_soon_even_if_nobody_begins_or_asks(self, store: Store, url: str) -> None:
        store.journal.end(ended(attempt()))
        async with open_store(url) as other:
            await until(lambda: other.journal.attempts(["run-1"]), 5)

    async def test_a_row_that_is_not_taken_fails_alone(self, store: Store, caplog: pytest.LogCaptureFixture) -> None:
        wrong = attempt(1, activity="half a character: \ud800")
        store.journal.touch("invoice-3", "\ud800")
        with caplog.at_level(logging.WARNING):
            results = await asyncio.gather(
                *(store.journal.begin(one) for one in (attempt(2), wrong, attempt(3))), return_exceptions=True
            )
        assert [type(result) for result in results] == [type(None), NotJournaled, type(None)]
        assert [one.number for one in await store.journal.attempts(["run-1"])] == [2, 3]
        [due] = await store.journal.touched()
        assert due.run_id == "run-1"
        assert "1 rows were not written into trail_due" in caplog.text

    async def test_whoever_gives_up_before_it_is_written_leaves_no_line(self, store: Store) -> None:
        beginning = asyncio.create_task(store.journal.begin(attempt()))
        await asyncio.sleep(0)
        beginning.cancel()
        await asyncio.wait([beginning])
        await store.journal.begin(attempt(2))
        assert [one.number for one in await store.journal.attempts(["run-1"])] == [2]

    async def test_a_run_is_due_once_with_the_moment_of_its_last_line(self, store: Store) -> None:
        store.journal.touch("invoice-1", "run-1")
        [first] = await store.journal.touched()
        await store.journal.begin(attempt())
        [second] = await store.journal.touched()
        assert (second.workflow_id, second.run_id) == ("invoice-1", "run-1")
        assert second.at > first.at

    async def test_a_visited_run_is_due_no_more_unless_something_went_on_meanwhile(self, store: Store) -> None:
        store.journal.touch("invoice-1", "run-1")
        store.journal.touch("invoice-2", "run-2")
        seen = await store.journal.touched()
        store.journal.touch("invoice-2", "run-2")
        assert [each.run_id for each in await store.journal.touched()] == ["run-1", "run-2"]
        await store.journal.visited(seen)
        await store.journal.visited(seen)
        assert [each.run_id for each in await store.journal.touched()] == ["run-2"]
