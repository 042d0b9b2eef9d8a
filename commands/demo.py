"""The whole thing on one machine: a real Temporal server, one worker, the samples, the approvals that wait."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from temporalio.client import WorkflowExecution

from commands import pages, tickets
from commands.answering import answer
from commands.books import books
from commands.console import TYPED, command, interruptible, out, plain
from commands.desk import Desk, open_desk
from commands.inbox import print_waiting
from commands.pages import serving
from commands.submit import POLL_SECONDS, Submitted, look, submit, table_of, watch
from commands.sweeping import catch_up
from commands.verify import verify_all
from commands.waiting import WAITING
from governance.answer import AnswerKind
from governance.approval import ApprovalRequest
from integrations.sandbox import load_company, load_csv
from integrations.scripted_model import scripted_model
from integrations.settings import ROOT, Settings
from integrations.temporal.connection import PROFILE_FILE
from integrations.temporal.dev_server import dev_server, free_port, stop
from workflows import attributes
from workflows.approval import Approval

PORT = 7233
SAMPLES = ROOT / "samples"
MAILROOM = "mailroom"
PERSON = "demo-person"
GOING_ON = ("started", "known", "running", "waiting for approval", "refunding")
LEFT_OVER = ("temporal.db*", "temporal.log", "books.db*", "signalbox.db*", "worker.log", PROFILE_FILE, "documents")


@command
async def demo(
    unattended: Annotated[bool, typer.Option("--unattended", help="Answer the approvals by rule, then end.")] = False,
    no_model: Annotated[bool, typer.Option("--no-model", help="Ask no model: the agents' rules speak.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the last demo's server and books.")] = False,
) -> int:
    """Run the sample invoices and tickets on a real Temporal server; stays up until Ctrl-C."""
    home = Settings().home
    if not keep:
        clear(home)
    home.mkdir(parents=True, exist_ok=True)
    stopping = interruptible()
    async with AsyncExitStack() as running:
        environment, banner = await _model(running, no_model=no_model)
        port = free_port(PORT)
        address = await running.enter_async_context(dev_server(home / "temporal.db", port, attributes.ALL))
        (home / PROFILE_FILE).write_text(f'[profile.default]\naddress = "{address}"\n')
        running.callback((home / PROFILE_FILE).unlink, missing_ok=True)
        async with books(Settings()) as database:
            await load_csv(database, SAMPLES / "erp")
            await load_company(database, SAMPLES / "company")
        os.environ["TEMPORAL_ADDRESS"] = address
        desk = await open_desk(identity=PERSON)
        trails = await running.enter_async_context(serving(desk, free_port(pages.PORT)))
        environment = {"SIGNALBOX_TRAIL_URL": trails + pages.EACH, **environment, "TEMPORAL_ADDRESS": address}
        await running.enter_async_context(worker_process(home, environment))
        _say_hello(desk, banner, trails)
        items = [*await _run_samples(desk), *await _run_tickets(desk)]
        if unattended:
            return await _attend(desk, items)
        await _invite(desk)
        await stopping.wait()
        out.print("\nStopping. `make demo ARGS=--keep` goes on from here.")
    return 0


def clear(home: Path) -> None:
    """Remove what an earlier demo left."""
    for pattern in LEFT_OVER:
        for path in home.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@asynccontextmanager
async def worker_process(home: Path, environment: Mapping[str, str]) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A worker of its own process, as in production; its log goes to the home folder."""
    with (home / "worker.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "worker.py"),
            env={**os.environ, **environment, "SIGNALBOX_HOME": str(home)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us: the worker drains before the server goes
        )
        try:
            yield process
        finally:
            await stop(process, seconds=40)


async def _model(running: AsyncExitStack, *, no_model: bool) -> tuple[dict[str, str], str]:
    """Which model the worker asks, as its environment and in words."""
    chosen = Settings()
    if no_model:
        nothing: dict[str, str] = dict.fromkeys(
            ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SIGNALBOX_MODEL_URL", "SIGNALBOX_MODEL_KEY"), ""
        )
        return nothing, "none: the agents' own rules speak, and people decide what these leave open"
    if chosen.chat_url:
        return {}, f"{chosen.model} at {chosen.chat_url}"
    server = await running.enter_async_context(scripted_model(rules=True))
    asked = {"SIGNALBOX_MODEL_URL": server.url, "SIGNALBOX_MODEL": "rules", "SIGNALBOX_MODEL_PROVIDER": "scripted"}
    return asked, (
        "scripted: NO language model. A small server computes answers by stated rules "
        "(integrations/scripted_model); set OPENAI_API_KEY or OPENAI_BASE_URL for a real one"
    )


def _say_hello(desk: Desk, banner: str, trails: str) -> None:
    out.print("[bold]Signalbox demo[/bold]")
    out.print(f"  Temporal UI  {desk.ui}/namespaces/{desk.client.namespace}/workflows")
    out.print(f"  trails       {trails}/ (each case's page in the UI links to its own, under User Metadata)")
    out.print(f"  model        {plain(banner, 300)}", soft_wrap=True)
    out.print("  identity     dev profile: nobody is authenticated, names are what people claim\n")


async def _run_samples(desk: Desk) -> list[Submitted]:
    """All at once, but the duplicate and the credit note: what they refer to must be posted before."""
    files = sorted(path for path in (SAMPLES / "invoices").iterdir() if path.is_file())
    late = [file for file in files if "duplicate" in file.name or "credit" in file.name]
    items = [await submit(desk, file, requester=MAILROOM, sender=None) for file in files if file not in late]
    await watch(desk, items)
    later = [await submit(desk, file, requester=MAILROOM, sender=None) for file in late]
    await watch(desk, later)
    return [*items, *later]


async def _run_tickets(desk: Desk) -> list[Submitted]:
    """The messages of the samples: a refund goes from the message to the money, a question is answered."""
    out.print()
    files = sorted((SAMPLES / "tickets").glob("*.txt"))
    items = [await tickets.hand_in(desk, file, sender=None, requester=MAILROOM) for file in files]
    await watch(desk, items)
    return items


async def _waiting(desk: Desk) -> list[WorkflowExecution]:
    return [each async for each in desk.client.list_workflows(WAITING)]


async def _invite(desk: Desk) -> None:
    """What waits, and what to type."""
    waiting = await _waiting(desk)
    out.print(f"\n[bold]{len(waiting)} decisions wait for a person.[/bold] Open one in the UI (User Metadata shows the")
    out.print("card; More Actions > Send a Signal decides), or type in another terminal:\n")
    await print_waiting(desk, waiting)
    out.print(f"  {TYPED} inbox | list | show CASE | reject APPROVAL --reason …")
    out.print(f"  {TYPED} trail CASE | verify --all | evidence CASE -o case.zip")
    out.print("\nCtrl-C stops everything.")


async def _attend(desk: Desk, items: list[Submitted]) -> int:
    """Answer what waits as a demo person, by the rule in `_rule`, until every case is closed."""
    out.print(f"\nAnswering as {PERSON}, by one rule: reject what the agent could not settle, approve the rest.")
    answered: set[str] = set()
    while any(item.state in GOING_ON for item in items):
        for waiting in await _waiting(desk):
            if waiting.id not in answered:
                answered.add(waiting.id)
                await _answer(desk, waiting.id)
        await asyncio.gather(*(look(item) for item in items))
        await asyncio.sleep(POLL_SECONDS)
    out.print(table_of(desk, items))
    out.print(f"\n{PERSON} says of every open ticket that it is done: only people and customers close one.")
    await asyncio.gather(*(tickets.close(item) for item in items if item.state in tickets.OPEN))
    out.print("\nIs all of it on record? starter.py verify --all says:")
    await catch_up(desk)
    return await verify_all()


async def _answer(desk: Desk, approval_id: str) -> None:
    request = (await desk.client.get_workflow_handle_for(Approval.run, approval_id).query(Approval.state)).request
    kind, text = _rule(request)
    heard = await answer(desk, approval_id, kind, text, PERSON)
    result = "counted" if heard.counted else f"not counted: {heard.why_not}"
    out.print(f"  {kind} {plain(request.question)}: {result}")


def _rule(request: ApprovalRequest) -> tuple[AnswerKind, str]:
    if request.advice and request.advice.proposal.split()[0] == "escalate":
        return "reject", "The agent could not settle it, and nobody looked: this is a demo."
    return "approve", "Approved by the demo's rule."
