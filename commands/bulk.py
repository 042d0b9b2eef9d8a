"""Many answers at once: what will be done is listed, asked about once, sent, and told one by one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich.table import Table
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError

from commands.answering import Reply, send
from commands.consent import agreed
from commands.console import UserError, out, plain
from commands.desk import Desk
from commands.moments import until
from commands.signing import Signer
from commands.waiting import Pending, due_of, enclosed, pending, pendings, waiting
from governance.card import places

LIMIT = 50
AT_ONCE = 4
"""Answers under way at a time: more would only make a worker's queue longer."""


@dataclass(frozen=True)
class Bulk:
    """Who answers many, how many at most, and whether anybody is asked before."""

    desk: Desk
    signer: Signer | None
    limit: int = LIMIT
    yes: bool = False

    async def answer(self, reply: Reply, query: str) -> int:
        """Answer what a query finds, soonest deadline first; exit code 1 where any did not count."""
        reply.read(signed=self.signer is not None)
        found, more = await waiting(self.desk, f" AND {enclosed(query)}")
        chosen = found[: self.limit]
        known = await pendings(self.desk, chosen)
        asked = [known[each.id] for each in chosen if each.id in known]
        print_choice(chosen, asked)
        if left := more + len(found) - len(chosen):
            out.print(f"{left:,} more are found and left alone: --limit is {self.limit}.")
        if not asked:
            return 1 if chosen else 0
        if not agreed(self._question(reply, len(asked)), yes=self.yes):
            out.print("Nothing was sent.")
            return 1
        results = await self._send(reply, asked)
        return _report(results, left_out=len(chosen) - len(asked))

    def _question(self, reply: Reply, count: int) -> str:
        how = f", each signed with key {plain(self.signer.kid)}" if self.signer else ""
        said = f" “{plain(reply.text, 80)}”" if reply.text else ""
        return f"{reply.kind} {'this one' if count == 1 else f'these {count}'}{said} as {plain(reply.by, 60)}{how}?"

    async def _send(self, reply: Reply, asked: Sequence[Pending]) -> Counter[str]:
        places_left = asyncio.Semaphore(AT_ONCE)

        async def one(each: Pending) -> str:
            async with places_left:
                result, said = await self._answer_one(reply, each)
                colour = "green" if result == "counted" else "red"
                out.print(f"[{colour}]{result:<12}[/{colour}] {plain(each.id)}: {said}", soft_wrap=True)
                return result

        return Counter(await asyncio.gather(*(one(each) for each in asked)))

    async def _answer_one(self, reply: Reply, listed: Pending) -> tuple[str, str]:
        """Answer one request if it is still the one that was listed; whatever is wrong is told and the rest goes on."""
        try:
            now = await pending(self.desk, listed.id)
            if now.request.digest != listed.request.digest or not now.request.intact():
                return "not sent", "it is another request than the one listed; look at it by itself"
            told = await send(self.desk, now, reply, self.signer.token(now, reply) if self.signer else None)
        except UserError as error:
            return "not sent", plain(str(error).removeprefix(f"{UserError()} "), 400)
        except RPCError as error:
            return "not known", plain(
                f"the server says: {error.message}; `starter.py show` tells whether it arrived", 400
            )
        if told.heard.counted:
            return "counted", told.ballot.state
        return "not counted", plain(told.heard.why_not, 400)


def print_choice(chosen: Sequence[WorkflowExecution], asked: Sequence[Pending]) -> None:
    """What will be answered as a table, the total for each currency, and what cannot be read."""
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("decision", overflow="fold")
    for column in ("amount", "still needed", "until (UTC)"):
        grid.add_column(column, justify="right" if column == "amount" else "left")
    now, due = datetime.now(UTC), {each.id: due_of(each) for each in chosen}
    for each in asked:
        when = due[each.id]
        grid.add_row(
            f"{plain(each.request.question, 300)}\n[dim]{plain(each.id)}[/dim]",
            plain(_money(*amount_of(each))),
            plain(places(each.ballot.missing(now))),
            until(when, now).replace(" UTC, ", "\n") if when else "",
        )
    out.print(grid if asked else "Nothing waits that this finds.")
    known = {each.id for each in asked}
    for lost in (each for each in chosen if each.id not in known):
        out.print(f"[red]left out[/red] {plain(lost.id)}: no worker says what it asks", soft_wrap=True)
    if asked:
        out.print(f"{len(asked)} in all: {plain(totals(asked))}", soft_wrap=True)


def totals(asked: Sequence[Pending]) -> str:
    """`3,570.00 EUR, 120.00 USD, 2 without an amount`."""
    sums: dict[str, Decimal] = {}
    for amount, currency in map(amount_of, asked):
        if amount is not None and currency:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    said = [_money(total, currency) for currency, total in sorted(sums.items())]
    without = sum(amount is None or not currency for amount, currency in map(amount_of, asked))
    return ", ".join([*said, f"{without} without an amount"] if without else said)


def amount_of(asked: Pending) -> tuple[Decimal | None, str | None]:
    """What is at stake, exactly, as the action states it."""
    facts = asked.request.subject.action.facts()
    amount, currency = facts.get("amount"), facts.get("currency")
    return (amount if isinstance(amount, Decimal) else None), (currency if isinstance(currency, str) else None)


def _money(amount: Decimal | None, currency: str | None) -> str:
    return "" if amount is None else f"{amount:,.2f} {currency or ''}".rstrip()


def _report(results: Counter[str], *, left_out: int) -> int:
    told = {**results, "left out": left_out} if left_out else results
    out.print(", ".join(f"{count} {result}" for result, count in sorted(told.items())) + ".")
    return 0 if set(told) == {"counted"} else 1
