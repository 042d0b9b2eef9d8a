"""Cases of both processes, and the people who answer what they ask, whatever goes on around them."""

import asyncio
from collections.abc import Awaitable, Iterator
from pathlib import Path

from stdnum import iban
from temporalio.client import Client
from temporalio.service import RPCError

from domain.purchasing import Supplier
from governance.trail.assembly import assembled
from integrations.sandbox import MasterData, put_on_file
from integrations.temporal.histories import Histories
from tests.chaos.ground import Ground
from tests.chaos.plant import find
from tests.process.test_bank import OLD, contact, start

INVOICES = ("04", "01", "13", "05", "02", "10", "03", "07", "11", "12", "06", "09")
"""Approved, clean, read by a model, differing in price, returned to the sender, a duplicate, held, and others."""
CHANGES = 4
"""Of bank details, in each load; the first is stopped."""
LOAD = len(INVOICES) + CHANGES
ANYBODY = ("anna", "bob", "selma", "jonas", "greta")
"""Who answers everything; whose word counts is not theirs to say."""


def load(ground: Ground, samples: Path) -> Iterator[str]:
    """What is to be handed in, in order: a sample's path, or the number of a change."""
    invoices = [str(find(samples, name)) for name in INVOICES]
    changes = [str(number) for number in range(CHANGES)]
    every = [*invoices, *changes]
    ground.chance.shuffle(every)
    return iter(every)


async def hand_in(ground: Ground, what: str) -> None:
    """Start a case."""
    if not what.isdigit():
        case = await ground.office.hand_in(Path(what))
        ground.cases[case.id] = Path(what)
        return
    account = f"DE009991501500{int(what):08d}"
    account = f"DE{iban.calc_check_digits(account)}{account[4:]}"
    change = await start(ground.office, await supplier(ground, int(what)), account=account)
    ground.cases[change.id] = None
    if what == "0":
        await took(change.signal("stop", {"by": "zeno", "reason": "nobody there knows of it"}))


async def supplier(ground: Ground, number: int) -> str:
    """Put a supplier on file, with a contact of its own."""
    mail = f"ap{number}@nord.example"
    one = Supplier(id=f"S{number}", name="Nord Guss AG", vat_id=None, currency="EUR", account=OLD, email=mail)
    await put_on_file(ground.office.database, MasterData(suppliers=(one,), contacts=(contact(one.id, email=mail),)))
    return one.id


async def took(said: Awaitable[object]) -> bool:
    """Whether the server took it: not where the workflow is closed, cannot be reset there, or the server is away."""
    try:
        await said
    except RPCError:
        return False
    return True


async def running(client: Client, kinds: str = "'Invoice', 'BankDetails'") -> list[str]:
    """The workflows of these types that go on."""
    query = f"WorkflowType IN ({kinds}) AND ExecutionStatus='Running'"
    return [each.id async for each in client.list_workflows(query)]


async def people_answer(ground: Ground) -> None:
    """Answer every approval, each person once, as long as this goes on."""
    answered = set[tuple[str, str]]()
    while True:
        try:
            for approval in await running(ground.client, "'Approval'"):
                for person in ANYBODY:
                    await _answer(ground, approval, person, answered)
        except RPCError:  # the server is away
            await asyncio.sleep(0.5)
        await asyncio.sleep(0.3)


async def _answer(ground: Ground, approval: str, person: str, answered: set[tuple[str, str]]) -> None:
    handle = ground.client.get_workflow_handle(approval)
    run = (await handle.describe()).run_id
    if (run, person) not in answered and ground.chance.random() < 0.4:
        kind, said = ("reject", "reason") if ground.chance.random() < 0.05 else ("approve", "note")
        if await took(handle.signal(kind, {"by": person, said: "as I see it"})):
            answered.add((run, person))
            ground.done["answers"] += 1


async def all_closed(ground: Ground) -> bool:
    """Whether nothing of any case goes on: lists say so, and histories, since lists show a new approval late."""
    handles = [ground.client.get_workflow_handle(case) for case in ground.cases]
    closed = [(await handle.describe()).close_time is not None for handle in handles]
    if not all(closed) or await running(ground.client, "'Approval'"):
        return False
    histories = Histories(ground.client)
    runs = [run.history for case in ground.cases for run in await histories.every_run(case)]
    return all(record.until for record in assembled(runs) if record.kind == "run")


async def open_ones(ground: Ground) -> list[str]:
    """What still goes on, and what is pending there, for whoever reads why a test failed."""
    found = list[str]()
    for name in await running(ground.client, "'Invoice', 'BankDetails', 'Approval'"):
        described = (await ground.client.get_workflow_handle(name).describe()).raw_description
        pending = [
            (one.activity_type.name, one.attempt, one.last_failure.message) for one in described.pending_activities
        ]
        found.append(f"{name}: {pending or described.pending_workflow_task}")
    return found


async def came(ground: Ground) -> int:
    """How many events the newest runs of all cases have."""
    handles = [ground.client.get_workflow_handle(case) for case in ground.cases]
    return sum([(await handle.describe()).history_length for handle in handles])
