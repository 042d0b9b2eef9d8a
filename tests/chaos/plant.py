"""A server and workers that a test may kill, freeze and start again, and what has to hold in the books afterwards."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import psutil
from sqlalchemy import select

from commands.approvals import waiting_for
from domain.outcome import Held, Posted
from integrations.sandbox.schema import spent_faults
from tests.conftest import ROOT
from tests.facts import Handle, until
from tests.office import Office

PAID = ("01", "02", "03", "04", "05", "11")
"""Samples that end as paid bills; those of `ASKED` after a person approved."""
ASKED = ("04", "05", "11")
Cases = dict[str, Handle]
Fate = tuple[str, Decimal | None, bool]
"""How a case ended: the outcome, the amount of its bill, whether its payment was scheduled."""


@asynccontextmanager
async def worker_process(office: Office, faults: str = "") -> AsyncGenerator[asyncio.subprocess.Process]:
    """A worker in a process of its own that works; killed at the end if it still lives."""
    process = await started(office, ("worker.py",), "worker", {"SIGNALBOX_SANDBOX_FAULTS": faults})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def started(
    office: Office, program: tuple[str, ...], user: str, environ: dict[str, str]
) -> asyncio.subprocess.Process:
    """One of our programs in an office, as its user types it; what it says goes to a log of the user's name."""
    settings, service = office.desk.settings, office.desk.client.service_client
    with (settings.home / f"{user}.log").open("ab") as written:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / program[0]),
            *program[1:],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(settings.home),
                "USER": user,
                "TEMPORAL_ADDRESS": service.config.target_host,
                "SIGNALBOX_HOME": str(settings.home),
                "SIGNALBOX_POLICIES": str(settings.policies),
                "SIGNALBOX_TASK_QUEUE": office.desk.queue,
                **environ,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )


def readers_of(process: asyncio.subprocess.Process) -> list[psutil.Process]:
    """The processes in which a worker reads documents."""
    return [child for child in psutil.Process(process.pid).children(recursive=True) if _reads(child)]


def _reads(process: psutil.Process) -> bool:
    return "integrations.reading.child" in process.cmdline()


async def has_reader(process: asyncio.subprocess.Process) -> list[psutil.Process]:
    """Wait until a worker is ready to read; returns its reading processes."""

    async def there() -> list[psutil.Process]:
        assert process.returncode is None, "the worker ended"
        return readers_of(process)

    return await until(there, 60)


async def ended(processes: Iterable[psutil.Process]) -> None:
    """Wait until none of these processes lives."""
    known = list(processes)

    async def all_gone() -> bool:
        return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in known)

    await until(all_gone, 10)


async def struck(office: Office, *faults: str) -> None:
    """Wait until each of these counted faults has struck once."""

    async def every() -> bool:
        async with office.database.reading() as books:
            spent = set((await books.execute(select(spent_faults.c.fault))).scalars())
        return spent.issuperset(faults)

    await until(every, 60)


async def at_work(case: Handle, activity: str) -> None:
    """Wait until a worker has begun an activity of a case."""

    async def begun() -> bool:
        pending = (await case.describe()).raw_description.pending_activities
        return any(one.activity_type.name == activity and one.HasField("last_started_time") for one in pending)

    await until(begun, 60)


async def fate_of(office: Office, case: Handle) -> Fate:
    """Wait for a case's end, and look its bill up in the books."""
    async with asyncio.timeout(120):
        outcome = await case.result()
    if isinstance(outcome, Posted):
        bill = next(one for one in await office.bills() if one.id == outcome.bill_id)
        return outcome.outcome, bill.payable, outcome.payment_id is not None
    return "needs repair" if isinstance(outcome, Held) and outcome.needs_repair else outcome.outcome, None, False


async def nothing_twice(office: Office) -> None:
    """Check the books: one valid bill an invoice, one payment a bill, one letter an invoice."""
    bills, payments, letters = await office.bills(), await office.payments(), await office.messages()
    counts = [
        Counter((bill.supplier_id, bill.invoice_number) for bill in bills if bill.status != "void"),
        Counter(payment.bill_id for payment in payments),
        Counter((letter.to, letter.subject) for letter in letters),
    ]
    assert [key for count in counts for key, times in count.items() if times > 1] == []


def find(samples: Path, name: str) -> Path:
    """A shipped invoice by the beginning of its name."""
    return next(iter(sorted((samples / "invoices").glob(f"{name}*"))))


async def hand_in(office: Office, samples: Path, names: Iterable[str] = PAID) -> Cases:
    """Start the cases of these samples."""
    return {name: await office.hand_in(find(samples, name)) for name in names}


async def fates_of(office: Office, cases: Cases) -> dict[str, Fate]:
    """Approve whatever asks, and wait for every case's end."""
    asking = asyncio.create_task(approve_what_asks(office, cases))
    try:
        fates = await asyncio.gather(*(fate_of(office, case) for case in cases.values()))
    finally:
        asking.cancel()
    return dict(zip(cases, fates, strict=True))


async def approve_what_asks(office: Office, cases: Cases) -> None:
    """Send each approval that waits one signal, whether anybody works or not."""
    asked = [case for name, case in cases.items() if name in ASKED]
    await asyncio.gather(*(approve(office, case) for case in asked))


async def approve(office: Office, case: Handle) -> None:
    """Send the approval of a case one signal, without waiting until somebody counts it."""

    async def sent() -> bool:
        async for found in waiting_for(office.desk, case.id):
            await office.desk.client.get_workflow_handle(found.id).signal("approve", {"by": "anna"})
            return True
        return (await case.describe()).close_time is not None

    await until(sent, 120)
