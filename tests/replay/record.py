"""Record the stored histories anew: `python -m tests.replay.record`.

Run it only when running cases may be broken on purpose: the stored histories stand for the cases that run out there.
"""

import asyncio
import base64
import json
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from commands.bank import start_change
from domain.bank import BankRequest
from integrations.scripted_model import scripted_model
from integrations.scripted_model.reply import Reply
from integrations.temporal.dev_server import dev_server, free_port
from tests.conftest import ROOT
from tests.facts import Handle, until
from tests.office import Office, open_office
from tests.replay.histories import FOLDER
from workflows import attributes
from workflows.approval import Approval

BANK = "bank"
Answering = Callable[[Office, Handle], Awaitable[Any]]


async def nobody(_office: Office, _case: Handle) -> None:
    """Let it run."""


async def approves(office: Office, case: Handle) -> None:
    await office.answer(case, "comment", "asked the supplier")
    await office.answer(case, "approve", "checked")


async def rejects(office: Office, case: Handle) -> None:
    await office.answer(case, "reject", "not agreed")


async def cancels(office: Office, case: Handle) -> None:
    await office.desk.client.get_workflow_handle(await office.approval_of(case)).cancel()


async def amends(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    await approval.signal("approve", {"by": "anna", "changes": {"due_date": "2030-01-31"}})


async def asks_first(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle_for(Approval.run, await office.approval_of(case))
    await office.answer(case, "comment", "Why this price?")

    async def told() -> bool:
        return bool((await approval.query(Approval.state)).record.explained)

    await until(told)
    await office.answer(case, "approve", None)


async def two_approve(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    for name in ("mona", "petra", "anna", "bob", "carol"):  # some of them are of a role that is asked
        await approval.signal("approve", {"by": name})


async def stops(office: Office, case: Handle) -> None:
    await office.approval_of(case)
    await case.signal("stop", {"by": "anna", "reason": "the supplier knows nothing"})


SCENES: dict[str, tuple[str, Answering, dict[str, Any]]] = {
    "clean-ubl": ("01", nobody, {}),
    "clean-cii": ("02", nobody, {}),
    "clean-facturx": ("03", nobody, {}),
    "approved": ("04", approves, {}),
    "approval-cancelled": ("04", cancels, {}),
    "expired": ("04", nobody, {"quick": True}),
    "amended": ("04", amends, {}),
    "rejected": ("05", rejects, {}),
    "questioned": ("05", asks_first, {}),
    "short-receipt": ("06", nobody, {}),
    "unknown-supplier": ("08", nobody, {}),
    "changed-bank-account": ("09", nobody, {}),
    "returned": ("10", approves, {}),
    "no-order": ("11", approves, {}),
    "read-by-a-model": ("13", approves, {}),
    "truncated": ("14", nobody, {}),
    "voided": ("01", nobody, {"sandbox_faults": "schedule_payment:refuse"}),
    "needs-repair": ("01", nobody, {"sandbox_faults": "schedule_payment:refuse, void_bill:refuse"}),
    "retried": ("01", nobody, {"sandbox_faults": "post_bill:fail_after*1, send_remittance:fail_before*1"}),
    "bank-changed": (BANK, two_approve, {"quick": True}),
    "bank-stopped": (BANK, stops, {"quick": True}),
    "model-fails": ("05", approves, {"replies": [Reply(fault="malformed") for _ in range(9)]}),
}
"""What is recorded: a sample, who answers, and what is different in the office."""


async def main() -> None:
    """Play every scene and write down the histories of its case and its approval."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        async with dev_server(Path(scratch) / "temporal.db", free_port(), attributes.ALL) as address:
            client = await Client.connect(address, data_converter=pydantic_data_converter, identity="recorder@desk")
            for name in SCENES:
                async for part, handle in played(client, Path(scratch) / name, name):
                    write(name, part, handle.id, json.loads((await handle.fetch_history()).to_json())["events"])


async def played(client: Client, home: Path, name: str) -> AsyncGenerator[tuple[str, Handle]]:
    """Play a scene to its end; yields its case and its approval."""
    sample, answering, different = SCENES[name]
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    async with an_office(client, home, **different) as office:
        case = await started(office, sample)
        await answering(office, case)
        await case.result()
        yield "case", case
        events = (await case.fetch_history()).events
        asked = [event.start_child_workflow_execution_initiated_event_attributes.workflow_id for event in events]
        for approval in filter(None, asked):
            yield "approval", client.get_workflow_handle(approval)


async def started(office: Office, sample: str) -> Handle:
    """The case of a sample invoice, or a change of the account of a supplier on file."""
    if sample != BANK:
        return await office.hand_in(next(iter(sorted((ROOT / "samples" / "invoices").glob(f"{sample}*")))))
    request = BankRequest(
        supplier_id="70008",
        account="DE55999150150004423600",
        holder="Hansen",
        reference="LETTER-7",
        reason="a new bank",
        requester="lars",
        evidence=None,
    )
    return await start_change(office.desk, request)


@asynccontextmanager
async def an_office(
    client: Client, home: Path, *, quick: bool = False, replies: list[Reply] | None = None, **settings: Any
) -> AsyncGenerator[Office]:
    """An office with a model that answers by rule, or with these replies."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(scripted_model(replies or [], rules=replies is None))
        settings |= {"model_url": model.url, "model": "rules", "model_provider": "scripted"}
        if quick:
            settings["policies"] = quick_policies(home)
        yield await stack.enter_async_context(open_office(client, home, **settings))


def quick_policies(home: Path) -> Path:
    """The shipped policies, with deadlines of a second."""
    folder = home / "policies"
    shutil.copytree(ROOT / "policies", folder)
    table = folder / "invoice.toml"
    table.write_text(table.read_text().replace('deadline = "48 hours"', 'deadline = "1 second"'))
    terms = folder / "bank-terms.toml"
    terms.write_text(terms.read_text().replace('"2 business days"', '"1 second"'))
    return folder


def write(name: str, part: str, workflow_id: str, events: list[Any]) -> None:
    """Keep a history, an event a line, without a trace of the machine it ran on."""
    lines = ",\n".join(json.dumps(scrubbed(event), ensure_ascii=False, separators=(",", ":")) for event in events)
    traces = [trace for trace in (str(ROOT), socket.gethostname(), tempfile.gettempdir()) if trace in spoken(lines)]
    if traces:
        raise ValueError(f"The history of {name} ({part}) would tell where it was recorded: {traces[0]}")
    (FOLDER / f"{name}.{part}.json").write_text(f'{{"workflow_id":"{workflow_id}","events":[\n{lines}\n]}}\n')


def scrubbed(part: Any, key: str = "") -> Any:
    """The same event without process ids, host names, queues of one run and stack traces: no replay looks at them."""
    if isinstance(part, dict):
        return {name: scrubbed(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [scrubbed(value, key) for value in part]
    if key == "identity" and "@desk" not in part:
        return "worker"
    if key in ("name", "normalName") and re.search(r"test-[0-9a-f-]{36}|[0-9a-f]{32}", part):
        return "signalbox"
    return "" if key == "stackTrace" else part


def spoken(text: str) -> str:
    """A history with everything that it carries as base64 written out beside it."""
    return text + "".join(decoded(text))


def decoded(text: str) -> Iterator[str]:
    for found in re.findall(r'"data":"([A-Za-z0-9+/=]+)"', text):
        yield base64.b64decode(found).decode(errors="replace")


if __name__ == "__main__":
    asyncio.run(main())
