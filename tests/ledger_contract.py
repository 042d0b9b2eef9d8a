"""What the ledger does on any database."""

import asyncio
from datetime import timedelta

import pytest

from domain.errors import IdempotencyConflict
from governance.ledger import START, Entry
from governance.trail.entries import CaseEntries
from integrations.store import NoSuchCase, NotTheKey, Sealed, Store, open_store
from tests.ledger import AT, FIRST, SECOND, STRANGER, entries, exported, lived, parsed
from verifier.verify import Report, examine


async def checked(store: Store, case: str | None = None) -> Report:
    return examine(await exported(store, case), [FIRST.kid])


class LedgerContract:
    async def test_entries_form_a_chain_and_each_is_there_once(self, store: Store) -> None:
        assert await store.ledger.append("c", entries("a", "b")) == 2
        assert await store.ledger.append("c", entries("b", "c", "c")) == 1
        chain = await store.ledger.chain("c")
        assert [(link.n, link.record) for link in chain] == [(1, "a"), (2, "b"), (3, "c")]
        assert [link.previous for link in chain] == [START.hash, chain[0].hash, chain[1].hash]
        assert (await checked(store)).damage == [
            "The key " + FIRST.kid + ", which you said to trust, is not in the log."
        ]

    @pytest.mark.parametrize(
        "other", [entries("a", said="other"), [Entry(record_id="a", kind="other", body=entries("a")[0].body)]]
    )
    async def test_a_record_that_says_something_else_is_a_conflict_and_adds_nothing(
        self, store: Store, other: list[Entry]
    ) -> None:
        await store.ledger.append("c", entries("a"))
        with pytest.raises(IdempotencyConflict, match="Record a of case c is entry 1, and says something else"):
            await store.ledger.append("c", [*entries("z"), *other])
        with pytest.raises(IdempotencyConflict, match="Record y of case c was given twice, and says two things"):
            await store.ledger.append("c", [*entries("y"), *entries("y", said="other")])
        assert len(await store.ledger.chain("c")) == 1

    async def test_many_cases_are_written_at_once_and_each_only_what_it_lacks(self, store: Store) -> None:
        await store.ledger.append("a", entries("r"))
        said = [CaseEntries(case, tuple(entries("r", "s")), closed=case != "c") for case in ("c", "a", "b")]
        first = await store.ledger.write(said, "sweep")
        assert [(each.case, each.fresh, each.newly) for each in first] == [
            ("c", 2, False),
            ("a", 1, True),
            ("b", 2, True),
        ]
        more = [
            CaseEntries("a", tuple(entries("t")), closed=True),
            CaseEntries("b", tuple(entries("r", said="x")), closed=True),
        ]
        opened, differing = (await store.ledger.write([*more, CaseEntries("d", (), closed=True)], "sweep"))[:2]
        assert (opened.fresh, opened.newly, differing.others) == (1, True, ("r",))
        assert [link.kind for link in await store.ledger.chain("a")][-3:] == ["ledger.reopen", "span", "ledger.seal"]
        assert await store.ledger.chain("d") == ()
        await store.ledger_log.checkpoint(FIRST, AT)
        assert (await checked(store)).damage == []

    async def test_the_same_record_of_two_cases_is_two_entries(self, store: Store) -> None:
        assert [await store.ledger.append(case, entries("a")) for case in ("c", "d", "c")] == [1, 1, 0]

    async def test_many_writers_at_once_lose_nothing_and_double_nothing(self, store: Store, url: str) -> None:
        async with open_store(url) as other:
            batches = [entries(f"r{number}", "shared", f"s{number % 3}") for number in range(12)]
            both = [(store if number % 2 else other).ledger.append("c", each) for number, each in enumerate(batches)]
            added = await asyncio.gather(*both)
        assert sum(added) == 12 + 1 + 3
        await store.ledger_log.checkpoint(FIRST, AT)
        assert (await checked(store)).damage == []

    async def test_what_was_erased_is_gone_stays_gone_and_the_chain_says_who_and_why(self, store: Store) -> None:
        await store.ledger.append("c", entries("a", "b"))
        assert await store.ledger.erase("c", "anna", "she asked") == 2
        assert await store.ledger.append("c", entries("a", "b")) == 0, "a sweep that says it again"
        assert await store.ledger.append("c", entries("d")) == 1
        rows = [row for row in parsed(await exported(store)) if row["type"] == "entry"]
        assert [(row["body"] is None, row["salt"] is None) for row in rows] == [(True, True)] * 2 + [(False, False)] * 2
        assert '"by":"anna","reason":"she asked"' in rows[2]["body"]

    async def test_what_came_after_an_erasure_is_erased_by_another_one(self, store: Store) -> None:
        for name in ("a", "b"):
            await store.ledger.append("c", entries(name))
            assert await store.ledger.erase("c", "anna", f"she asked about {name}") == 1
        await store.ledger_log.checkpoint(FIRST, AT)
        report = await checked(store)
        assert (report.damage, report.erased, report.entries) == ([], 2, 4)

    async def test_erasing_twice_is_entered_once(self, store: Store) -> None:
        await store.ledger.append("c", entries("a"))
        assert [await store.ledger.erase("c", "anna", "x") for _ in range(2)] == [1, 0]
        assert [link.kind for link in await store.ledger.chain("c")] == ["span", "ledger.erasure"]

    async def test_a_sealed_case_takes_nothing_new_but_an_erasure(self, store: Store) -> None:
        await store.ledger.append("c", entries("a"))
        assert [await store.ledger.seal("c", "sweep", "closed") for _ in range(2)] == [True, False]
        assert await store.ledger.append("c", entries("a")) == 0
        for _ in range(2):
            with pytest.raises(Sealed, match=r"sealed in the ledger.* c: 1 new entries, first b"):
                await store.ledger.append("c", entries("a", "b"))
            await store.ledger.erase("c", "anna", "she asked")
        assert (await store.ledger.tail("c")).sealed

    async def test_a_case_whose_workflow_was_reset_goes_on(self, store: Store) -> None:
        await store.ledger.append("c", entries("a"))
        assert not await store.ledger.reopen("c", "sweep", "nothing to open")
        await store.ledger.seal("c", "sweep", "closed")
        assert await store.ledger.reopen("c", "sweep", "reset")
        assert await store.ledger.append("c", entries("b")) == 1
        await store.ledger_log.checkpoint(FIRST, AT)
        assert (await checked(store)).damage == []

    async def test_what_does_not_exist_is_neither_sealed_nor_erased(self, store: Store) -> None:
        for act in (store.ledger.seal, store.ledger.erase, store.ledger.reopen):
            with pytest.raises(NoSuchCase, match=r"no such case\. nowhere"):
                await act("nowhere", "anna", "x")

    async def test_a_ledger_in_which_everything_happened_holds_together(self, store: Store) -> None:
        await lived(store)
        report = await checked(store)
        assert (report.damage, report.notes) == ([], [])
        assert (report.cases, report.entries, report.erased, report.checkpoints) == (4, 18, 5, 3)

    async def test_each_case_alone_holds_together_and_names_no_other(self, store: Store) -> None:
        await lived(store)
        for case in ("open", "sealed", "erased", "again"):
            lines = await exported(store, case)
            report = examine(lines, [FIRST.kid])
            assert (report.damage, report.notes, report.cases) == ([], [], 1)
            heads = [row["proof"]["head"][0] for row in parsed(lines) if "proof" in row]
            assert set(heads) == {case}

    async def test_only_the_ledger_s_key_signs(self, store: Store) -> None:
        await lived(store)
        for key in (FIRST, STRANGER):
            with pytest.raises(NotTheKey, match=f"it is {key.kid}, and the ledger's is {SECOND.kid}"):
                await store.ledger_log.checkpoint(key, AT)
            with pytest.raises(NotTheKey):
                await store.ledger_log.rotate(STRANGER, key, AT)
        with pytest.raises(NotTheKey, match="it was introduced before"):
            await store.ledger_log.rotate(FIRST, SECOND, AT)
        assert (await checked(store)).damage == []

    async def test_checkpoints_at_once_follow_one_another(self, store: Store) -> None:
        await store.ledger.append("c", entries("a"))
        moments = [AT + timedelta(minutes=minute) for minute in range(6)]
        said = await asyncio.gather(*(store.ledger_log.checkpoint(FIRST, at) for at in moments))
        assert sorted(each.number for each in said) == [2, 3, 4, 5, 6, 7]
        assert (await checked(store)).damage == []

    async def test_a_checkpoint_of_nothing_is_one(self, store: Store) -> None:
        said = await store.ledger_log.checkpoint(FIRST, AT)
        assert (said.chains, said.entries) == (0, 0)
        assert (await checked(store)).damage == []
