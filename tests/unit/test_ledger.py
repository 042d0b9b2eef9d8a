import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Insert, Table, insert, text

from governance.ledger import START, Entry, commitment, following, merkle
from governance.ledger.chain import BODY_LIMIT
from governance.ledger.dsse import encoded, sealed
from integrations.store import Damaged, Sealed, Store, open_store
from integrations.store.schema import ledger_entries
from tests.ledger import AT, FIRST, SECOND, entries, exported, lived
from tests.ledger_contract import LedgerContract, checked
from verifier.verify import examine

RFC_6962 = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""Roots over the first leaves of the test tree that Certificate Transparency's implementations share."""
LEAVES = [
    bytes.fromhex(each)
    for each in ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
]


class TestOnSqlite(LedgerContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/signalbox.db"

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    async def test_nothing_of_what_was_erased_is_left_in_the_files(self, store: Store, tmp_path: Path) -> None:
        secret = [Entry(record_id=f"r{place}", kind="span", body=b'"canary %d' % place * 300) for place in range(40)]
        async with store.ledger._database.effect() as transaction:
            await transaction.execute(text("PRAGMA secure_delete = OFF"))  # which some builds have on
        await store.ledger.append("c", secret)
        assert canaries(tmp_path)
        await store.ledger.erase("c", "anna", "she asked")
        assert canaries(tmp_path) == []

    @pytest.mark.parametrize(
        ("tampered", "said"),
        [
            (
                "DELETE FROM ledger_entries WHERE \"case\" = 'open' AND n = 3",
                "Checkpoint 2 saw another entry 3 of case open.",
            ),
            (
                "UPDATE ledger_entries SET hash = 'x' WHERE \"case\" = 'open' AND n = 5",
                "saw another entry 5 of case open",
            ),
            ("UPDATE ledger_statements SET envelope = '{' WHERE number = 2", "A statement cannot be read"),
            (
                "UPDATE ledger_statements SET envelope = replace(envelope, 'eyJhdC', 'AAAAAA')",
                "A statement cannot be read",
            ),
            ("DELETE FROM ledger_statements WHERE number IN (1, 4)", "No key statement is there"),
            ("UPDATE ledger_statements SET envelope = replace(envelope, 'eyJhdC', 'AAAAAA') WHERE number = 1", "A key"),
        ],
    )
    async def test_damage_is_not_signed_over(self, store: Store, tampered: str, said: str) -> None:
        await lived(store)
        await tamper(store, tampered)
        with pytest.raises(Damaged, match=said):
            await store.ledger_log.checkpoint(SECOND, AT)

    @pytest.mark.parametrize(
        "tampered",
        [
            "UPDATE ledger_entries SET kind = x'ff00' WHERE n = 2",
            "UPDATE ledger_bodies SET body = x'ff00'",
            "UPDATE ledger_bodies SET salt = x''",
            "UPDATE ledger_statements SET envelope = 'not JSON'",
            "UPDATE ledger_statements SET envelope = '[]'",
            "UPDATE ledger_heads SET n = 'many'",
        ],
    )
    async def test_whatever_stands_in_a_damaged_store_can_be_exported_and_is_named(
        self, store: Store, tampered: str
    ) -> None:
        await lived(store)
        await tamper(store, tampered)
        assert (await checked(store)).damage

    async def test_a_transaction_that_is_killed_leaves_nothing(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await store.ledger.append("c", entries("a"))

        def torn(table: Table) -> Insert:
            return {ledger_entries: insert(table)}[table]

        monkeypatch.setattr("integrations.store.ledger_rows.insert", torn)
        with pytest.raises(KeyError):  # the entries are in, their bodies are not
            await store.ledger.append("c", entries("b"))
        monkeypatch.undo()
        assert [link.record for link in await store.ledger.chain("c")] == ["a"]


def canaries(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir() if b"canary" in file.read_bytes()]


async def tamper(store: Store, statement: str) -> None:
    async with store.ledger._database.effect() as transaction:
        await transaction.execute(text("PRAGMA defer_foreign_keys = ON"))
        await transaction.execute(text("PRAGMA ignore_check_constraints = ON"))
        if statement.startswith("DELETE FROM ledger_entries"):
            await transaction.execute(text(statement.replace("ledger_entries", "ledger_bodies")))
        await transaction.execute(text(statement))


class TestChain:
    def test_an_entry_commits_to_its_body_without_showing_it(self) -> None:
        kept = following("c", START, entries("a")[0], b"\x01" * 32)
        assert kept.link.commitment == hashlib.sha256(b"\x01" * 32 + kept.body).hexdigest()
        assert commitment(b"\x02" * 32, kept.body) != kept.link.commitment

    def test_the_hash_is_over_what_the_verifier_s_file_says(self) -> None:
        link = following('c"é', START, Entry(record_id="r\n", kind="k", body=b"1"), b"\x01" * 32).link
        said = f'["signalbox.entry.1","c\\"é",1,"k","r\\n","{link.commitment}","{"0" * 64}"]'
        assert link.hash == hashlib.sha256(said.encode()).hexdigest()

    def test_a_salt_has_32_bytes(self) -> None:
        with pytest.raises(ValueError, match="a salt has 32 bytes, not 31"):
            following("c", START, entries("a")[0], b"\x01" * 31)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"record_id": ""},
            {"record_id": "a\0b"},
            {"record_id": "half \ud800"},
            {"record_id": "x" * 1001},
            {"record_id": "ledger.seal.4"},
            {"kind": "ledger.seal"},
            {"kind": "Span"},
            {"kind": ""},
            {"body": b"\xff"},
            {"body": b"x" * (BODY_LIMIT + 1)},
        ],
    )
    def test_what_cannot_be_on_record_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Entry.model_validate({"record_id": "a", "kind": "span", "body": b"{}"} | wrong)


class TestSigning:
    @pytest.mark.parametrize("size", RFC_6962)
    def test_the_tree_is_that_of_rfc_6962(self, size: int) -> None:
        assert merkle.root(LEAVES[:size]).hex() == RFC_6962[size]

    def test_the_encoding_is_that_of_dsse(self) -> None:
        # The example of the protocol's own text.
        assert encoded("http://example.com/HelloWorld", b"hello world") == (
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        )

    def test_the_signature_covers_type_and_payload(self) -> None:
        envelope = sealed("type", b"payload", [FIRST])
        assert envelope.signed == b"DSSEv1 4 type 7 payload"
        assert [each.keyid for each in envelope.signatures] == [FIRST.kid]


ACTS = st.tuples(
    st.sampled_from(["append", "append", "append", "erase", "seal", "reopen", "checkpoint"]),
    st.sampled_from(["a", "b", "ä\u202e"]),
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8), max_size=4
    ),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(ACTS, max_size=14))
def test_whatever_people_do_an_untouched_ledger_is_never_called_damaged(acts: list[tuple[str, str, list[str]]]) -> None:
    async def live() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with open_store(f"sqlite:///{folder}/s.db") as store:
                await store.ledger_log.checkpoint(FIRST, AT)
                for act, case, names in acts:
                    await done(store, act, case, names)
                kept = [(str(each.number), each.line) for each in await store.ledger_log.statements()]
                for case in (None, *{case for _, case, _ in acts if await store.ledger.chain(case)}):
                    assert examine(await exported(store, case), [FIRST.kid], kept).damage == []

    asyncio.run(live())


async def done(store: Store, act: str, case: str, names: list[str]) -> None:
    try:
        if act == "append":
            await store.ledger.append(case, entries(*(name for name in names if not name.startswith("ledger."))))
        elif act == "checkpoint":
            await store.ledger_log.checkpoint(FIRST, AT)
        elif await store.ledger.chain(case):
            await getattr(store.ledger, act)(case, "anna", "because")
    except Sealed:
        assert (await store.ledger.tail(case)).sealed
