"""Where the faults happen: around an operation, counted in the database so that a restart does not begin again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import Refused, Unavailable
from integrations.insertion import insertion
from integrations.sandbox.database import Database
from integrations.sandbox.faults import TIMED, Fault, Faults, Kind, Operation
from integrations.sandbox.schema.effects import spent_faults


@dataclass(frozen=True)
class Trouble:
    """Lets operations go wrong as the setting says."""

    database: Database
    faults: Faults

    @asynccontextmanager
    async def around(self, operation: Operation) -> AsyncGenerator[None]:
        """Run the operation inside; its effect is committed before a `slow_after` or `fail_after` begins."""
        for fault in self.faults.of(operation, "slow", "refuse", "fail_before"):
            if await self._strikes(fault):
                await _strike(fault)
        yield
        for fault in self.faults.of(operation, "slow_after", "fail_after"):
            if await self._strikes(fault):
                await _strike(fault)

    async def happens(self, transaction: AsyncConnection, operation: Operation, kind: Kind) -> bool:
        """Whether a fault that `around` does not cause strikes now; it is spent if the transaction is committed."""
        return any([await _spent(transaction, fault) for fault in self.faults.of(operation, kind)])

    async def _strikes(self, fault: Fault) -> bool:
        if fault.times is None:
            return True
        async with self.database.effect() as transaction:
            return await _spent(transaction, fault)


async def _spent(transaction: AsyncConnection, fault: Fault) -> bool:
    """Count one more time; False where all are spent."""
    if fault.times is None:
        return True
    row = spent_faults.c
    known = insertion(transaction, spent_faults).values(fault=str(fault), times=0).on_conflict_do_nothing()
    await transaction.execute(known)
    spend = update(spent_faults).where(row.fault == str(fault), row.times < fault.times)
    return (await transaction.execute(spend.values(times=row.times + 1))).rowcount == 1


async def _strike(fault: Fault) -> None:
    if fault.kind in TIMED:
        await asyncio.sleep(float(fault.seconds))
    elif fault.kind == "fail_after":
        raise Unavailable(f"The sandbox did not answer {fault.operation} in time (fault {fault}).")
    elif fault.kind == "refuse":
        raise Refused(f"The sandbox refuses {fault.operation} (fault {fault}).")
    else:
        raise Unavailable(f"The sandbox is not available for {fault.operation} (fault {fault}).")
