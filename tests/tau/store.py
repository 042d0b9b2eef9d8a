"""A shop of one case in an SQLite file: a write and its key are one transaction, so it happens once or not at all."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.actions import Receipt
from domain.actions.base import kind_of
from domain.errors import IdempotencyConflict, Refused
from governance.canonical import digest
from tests.tau import actions as do
from tests.tau import forms
from tests.tau.shop import Touched, apply
from tests.tau.tasks import KINDS, Changes, State, changes

SCHEMA = """
create table record (kind text, id text, body text not null, primary key (kind, id));
create table effect (
    number integer primary key, key text not null unique, body text not null, kind text not null, about text not null,
    reference text
);
"""
PAUSED = "paused"
"""A file of this name beside a shop makes it wait before and after each write, for as many seconds as it says."""


def found(file: Path, state: State) -> None:
    """Make a shop of these records."""
    with closing(sqlite3.connect(file)) as books:
        books.executescript(SCHEMA)
        rows = ((kind, name, json.dumps(body)) for kind in KINDS for name, body in state[kind].items())
        books.executemany("insert into record values (?, ?, ?)", rows)
        books.commit()


@dataclass(frozen=True)
class Effect:
    """One write that took place."""

    kind: str
    about: str
    """The order or the customer that it changed."""


@dataclass(frozen=True)
class Shop:
    """The shop in a file."""

    file: Path

    @classmethod
    def of(cls, folder: Path, case: str) -> Shop:
        """The shop of a case: made by the test beforehand."""
        return cls(folder / f"{case}.db")

    async def record(self, kind: str, name: str) -> dict[str, Any] | None:
        """One record, None where there is none."""
        return await asyncio.to_thread(self._record, kind, name)

    async def catalogue(self) -> Mapping[str, str]:
        """The number of every product, by name."""
        products = (await asyncio.to_thread(self.state))["products"]
        return {each["name"]: number for number, each in products.items()}

    async def who(self, asked: forms.ByEmail | forms.ByNameZip) -> str | None:
        """Whose address or name this is."""
        users = (await asyncio.to_thread(self.state))["users"]
        return next((name for name, user in users.items() if _is(user, asked)), None)

    async def write(self, key: str, action: do.RetailAction) -> Receipt:
        """Do it for this key, or return the receipt of the first time."""
        await self._pause()
        receipt = await asyncio.to_thread(self._write, key, action)
        await self._pause()
        return receipt

    async def find_receipt(self, key: str, action: do.RetailAction) -> Receipt | None:
        """The receipt of a write that was done with this key."""
        return await asyncio.to_thread(self._find, key, action)

    def state(self) -> State:
        """Everything, as it is now."""
        with self._open() as books:
            state: State = {kind: {} for kind in KINDS}
            for kind, name, body in books.execute("select kind, id, body from record"):
                state[kind][name] = json.loads(body)
            return state

    def effects(self) -> tuple[Effect, ...]:
        """Every write, in order."""
        with self._open() as books:
            return tuple(Effect(*row) for row in books.execute("select kind, about from effect order by number"))

    def close_down(self) -> None:
        """Remove it."""
        self.file.unlink()

    async def _pause(self) -> None:
        if (said := self.file.parent / PAUSED).exists():
            await asyncio.sleep(float(said.read_text()))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.file.exists():
            raise Refused(f"There is no shop {self.file.stem}.")
        with closing(sqlite3.connect(self.file, timeout=10, isolation_level=None)) as books:
            yield books

    def _record(self, kind: str, name: str) -> dict[str, Any] | None:
        with self._open() as books:
            return _read(books, kind, name)

    def _find(self, key: str, action: do.RetailAction) -> Receipt | None:
        with self._open() as books:
            return _first(books, key, action)

    def _write(self, key: str, action: do.RetailAction) -> Receipt:
        with self._open() as books:
            books.execute("begin immediate")
            if known := _first(books, key, action):
                return known
            self._carry_out(books, action)
            about = getattr(action, "order_id", None) or getattr(action, "user_id", "")
            row = (key, digest(action), kind_of(type(action)), about)
            done = books.execute("insert into effect (key, body, kind, about) values (?, ?, ?, ?)", row)
            reference = f"W-{done.lastrowid}"
            books.execute("update effect set reference = ? where key = ?", (reference, key))
            books.execute("commit")
            return Receipt(reference=reference, first=True)

    def _carry_out(self, books: sqlite3.Connection, action: do.RetailAction) -> None:
        order = _read(books, "orders", getattr(action, "order_id", "")) or {}
        user_id = order.get("user_id") or getattr(action, "user_id", "")
        user = _read(books, "users", user_id)
        if user is None:
            raise Refused("There is no such order or customer.")
        items = {item["product_id"] for item in order.get("items", ())}
        products = {name: _read(books, "products", name) or {} for name in items}
        apply(action, Touched(order, user, products))
        for kind, name, body in (("orders", order.get("order_id"), order), ("users", user_id, user)):
            books.execute("update record set body = ? where kind = ? and id = ?", (json.dumps(body), kind, name))


def _is(user: Mapping[str, Any], asked: forms.ByEmail | forms.ByNameZip) -> bool:
    if isinstance(asked, forms.ByEmail):
        return bool(user["email"].casefold() == asked.email.casefold())
    name, said = user["name"], (asked.first_name.casefold(), asked.last_name.casefold(), asked.zip)
    return (name["first_name"].casefold(), name["last_name"].casefold(), user["address"]["zip"]) == said


def _read(books: sqlite3.Connection, kind: str, name: str) -> dict[str, Any] | None:
    row = books.execute("select body from record where kind = ? and id = ?", (kind, name)).fetchone()
    return json.loads(row[0]) if row else None


def _first(books: sqlite3.Connection, key: str, action: do.RetailAction) -> Receipt | None:
    row = books.execute("select body, reference from effect where key = ?", (key,)).fetchone()
    if row is None:
        return None
    if row[0] != digest(action):
        raise IdempotencyConflict(f"Key {key} stands for {row[1]}, of another body.")
    return Receipt(reference=row[1], first=False)


def copied(template: Path, folder: Path, case: str) -> Shop:
    """A shop for a case, as every case finds it."""
    shop = Shop.of(folder, case)
    shutil.copyfile(template, shop.file)
    return shop


@dataclass(frozen=True)
class FileBooks:
    """The shops of a house, from outside: made before a case, and looked at after it."""

    template: Path
    state: State
    folder: Path

    def make(self, case: str) -> None:
        """A shop as every case finds it."""
        copied(self.template, self.folder, case)

    def closed(self, case: str) -> tuple[Changes, tuple[Effect, ...]]:
        """What has changed in a shop, and by which writes; it is gone then."""
        shop = Shop.of(self.folder, case)
        changed, effects = changes(self.state, shop.state()), shop.effects()
        shop.close_down()
        return changed, effects
