"""Ledgers for tests: keys, entries, and a small one in which everything has happened."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.ledger import Entry, LedgerKey
from integrations.keys import key_id, public_point
from integrations.store import Store

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def ledger_key(seed: int = 1) -> LedgerKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return LedgerKey(key_id(private), public_point(private), private)


FIRST, SECOND, STRANGER = ledger_key(1), ledger_key(2), ledger_key(3)


def entries(*names: str, said: str = "of") -> list[Entry]:
    return [Entry(record_id=name, kind="span", body=json.dumps({said: name}).encode()) for name in names]


async def lived(store: Store) -> None:
    """Four cases: one open, one sealed, one erased, one sealed, opened again and erased; the key was rotated."""
    ledger, log = store.ledger, store.ledger_log
    for case in ("open", "sealed", "erased"):
        await ledger.append(case, entries("a", "b", "c"))
    await log.checkpoint(FIRST, AT)
    await ledger.append("open", entries("d", "e"))
    await ledger.seal("sealed", "sweep", "closed")
    await ledger.erase("erased", "anna", "she asked us to")
    await log.checkpoint(FIRST, AT + timedelta(hours=1))
    await log.rotate(SECOND, FIRST, AT + timedelta(hours=2))
    await ledger.append("again", entries("a"))
    await ledger.seal("again", "sweep", "closed")
    await ledger.reopen("again", "sweep", "the workflow was reset")
    await ledger.append("again", entries("b"))
    await ledger.erase("again", "bob", "as agreed")
    await log.checkpoint(SECOND, AT + timedelta(hours=3))


async def exported(store: Store, case: str | None = None) -> list[bytes]:
    return [line async for line in store.ledger_log.export(case)]


def parsed(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def written(said: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(each, ensure_ascii=False).encode() for each in said]
