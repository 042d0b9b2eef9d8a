"""Policy tables, people, rates, prices and tolerances from a folder of TOML files, in force once they are saved."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from domain.errors import BadPolicy
from domain.prices import Prices
from domain.refund_terms import RefundTerms
from domain.ticket_terms import TicketTerms
from domain.ticket_words import Vocabulary
from domain.tolerances import Tolerances
from governance.bank_terms import BankTerms, load_bank_terms
from governance.people import Directory
from governance.people_file import load_people
from governance.policy import Table
from governance.policy_file import load_table
from governance.rates import Rates, load_rates
from governance.refund_terms import load_refund_terms
from governance.sla import load_sla
from governance.ticket_words import load_ticket_words

RATES = "rates.toml"
T = TypeVar("T")
Load = Callable[[bytes, str, Callable[[str], bytes]], T]
"""From a file's content and name, and a way to read what lies beside it."""


class PolicyFolder:
    """One file a process, named after it, and beside them people, rates, prices and terms; every read looks again.

    Each method raises `BadPolicy` naming the file and what is wrong with it. `keep` stores each version of a file
    before it is used, so that the rules behind a verdict can be shown for as long as the verdict is.
    """

    def __init__(self, folder: Path, keep: Callable[[bytes], object] | None = None) -> None:
        self._folder = folder
        self._keep = keep
        self._kept: dict[str, tuple[Mapping[str, bytes], object]] = {}

    async def table(self, policy: str) -> Table:
        """The table in force now."""
        return await asyncio.to_thread(self._table, policy)

    async def in_force(self, policy: str) -> tuple[Table, Directory, Rates]:
        """All that a judgement takes, as it is now."""
        return await asyncio.to_thread(lambda: (self._table(policy), self._directory(), self._rates()))

    async def people(self) -> tuple[Directory, Rates]:
        """All that weighing an answer takes, as it is now."""
        return await asyncio.to_thread(lambda: (self._directory(), self._rates()))

    async def directory(self) -> Directory:
        """The people in force now."""
        return await asyncio.to_thread(self._directory)

    async def rates(self) -> Rates:
        """The exchange rates in force now."""
        return await asyncio.to_thread(self._rates)

    async def prices(self) -> Prices:
        """The prices of models in force now."""
        return await asyncio.to_thread(self._read, "prices.toml", _prices)

    async def bank_terms(self) -> BankTerms:
        """How a change of bank details is verified."""
        return await asyncio.to_thread(self._read, "bank-terms.toml", lambda text, file, _: load_bank_terms(text, file))

    async def refund_terms(self) -> RefundTerms:
        """What customers may give back for how long, and what is unusual."""
        return await asyncio.to_thread(self._read, "refund-terms.toml", _refund_terms)

    async def ticket_rules(self) -> tuple[TicketTerms, Vocabulary]:
        """What support promises and when a ticket needs a person, and what tickets want, by words."""
        return await asyncio.to_thread(lambda: (self._ticket_terms(), self._ticket_words()))

    async def tolerances(self, supplier_id: str | None) -> Tolerances:
        """The tolerances in force, with the supplier's own figures over the default ones."""
        default, own = await asyncio.to_thread(self._read, "tolerances.toml", _tolerances)
        return own.get(supplier_id or "", default)

    def _table(self, policy: str) -> Table:
        table = self._read(f"{policy}.toml", lambda text, file, _: load_table(text, file))
        if table.policy != policy:
            file = self._folder / f"{policy}.toml"
            raise BadPolicy(f"{file}: it says policy = {table.policy!r}; the file's name says {policy!r}.")
        return table

    def _directory(self) -> Directory:
        return self._read("people.toml", load_people)

    def _rates(self) -> Rates:
        return self._read(RATES, lambda text, file, _: load_rates(text, file))

    def _ticket_terms(self) -> TicketTerms:
        return self._read("sla.toml", lambda text, file, _: load_sla(text, file))

    def _ticket_words(self) -> Vocabulary:
        return self._read("ticket-words.toml", lambda text, file, _: load_ticket_words(text, file))

    def _read(self, name: str, load: Load[T]) -> T:
        """What a file says; loaded again if it, or a file that it took in, is not what it was."""
        known = self._kept.get(name)
        if known and all(_content(self._folder / each) == content for each, content in known[0].items()):
            return cast("T", known[1])
        taken = {name: _content(self._folder / name)}

        def beside(other: str) -> bytes:
            return taken.setdefault(other, (self._folder / other).read_bytes())

        value = load(taken[name], str(self._folder / name), beside)
        if self._keep:
            _ = [self._keep(content) for content in taken.values()]
        self._kept[name] = (taken, value)
        return value


def _prices(content: bytes, file: str, _: Callable[[str], bytes]) -> Prices:
    try:
        return Prices.model_validate(tomllib.loads(content.decode()))
    except (ValidationError, ValueError) as error:
        raise BadPolicy(f"{file}: {error}") from None


def _refund_terms(content: bytes, file: str, _: Callable[[str], bytes]) -> RefundTerms:
    return load_refund_terms(content, file)


def _tolerances(content: bytes, file: str, _: Callable[[str], bytes]) -> tuple[Tolerances, dict[str, Tolerances]]:
    try:
        top = tomllib.loads(content.decode(), parse_float=Decimal)
        default = {"version": top.get("version"), **top.get("default", {})}
        own = {
            name: Tolerances.model_validate({**default, **figures}) for name, figures in top.get("supplier", {}).items()
        }
        return Tolerances.model_validate(default), own
    except (ValidationError, ValueError, AttributeError, TypeError) as error:
        raise BadPolicy(f"{file}: {error}") from None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadPolicy(f"{file}: cannot be read: {error.strerror}.") from None
