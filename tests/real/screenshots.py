"""Take the pictures of `docs/pictures` from the real demo data: `python -m tests.real.screenshots`."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from commands import demo
from commands.approvals import WAITING, answer, waiting_for
from commands.books import books
from commands.console import out
from commands.desk import Desk
from commands.submit import Submitted, look, submit
from governance.trail.assembly import assembled
from governance.trail.page import page
from integrations.sandbox import load_csv
from integrations.scripted_model import scripted_model
from integrations.settings import Settings
from integrations.temporal.dev_server import dev_server, free_port
from tests.conftest import ROOT
from tests.real.ui import CASES, INBOX, Ui, chromium
from tests.trails import scene
from workflows import attributes

PICTURES = ROOT / "docs" / "pictures"
TERMINAL_COLUMNS = 176


async def main() -> None:
    """Process the samples, take the pictures of the UI, then run the demo and take the terminal's."""
    with tempfile.TemporaryDirectory() as folder:
        async with processed(Path(folder)) as (desk, cases), chromium(height=1000) as context:
            await take_pictures(desk, context, cases)
            if context.browser:
                await take_trails(context.browser, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        await record_terminal(Path(folder))


@asynccontextmanager
async def processed(home: Path) -> AsyncGenerator[tuple[Desk, dict[str, str]]]:
    """A desk whose samples are all settled or waiting, and the id of each one's case by the file's number."""
    async with (
        dev_server(home / "temporal.db", free_port(demo.PORT), attributes.ALL) as address,
        scripted_model(rules=True) as model,
    ):
        client = await Client.connect(address, data_converter=pydantic_data_converter, identity="worker@signalbox")
        settings = Settings(home=home, model_url=model.url, model="rules", model_provider="scripted")
        async with books(settings) as database:
            await load_csv(database, ROOT / "samples" / "erp")
        desk = Desk(settings, client, "")
        async with worker.worker_for(client, settings) as ours, ours:
            yield desk, {file.name[:2]: await settled(desk, file) for file in sorted(samples())}


def samples() -> list[Path]:
    """The shipped invoices."""
    return list((ROOT / "samples" / "invoices").iterdir())


async def settled(desk: Desk, file: Path) -> str:
    """Submit a file and wait until its case is done or asks a person; gives the case's id."""
    item: Submitted = await submit(desk, file, requester="mailroom", sender=None)
    while not item.settled:
        await look(item)
        await asyncio.sleep(0.1)
    return item.handle.id if item.handle else ""


async def take_pictures(desk: Desk, context: BrowserContext, cases: dict[str, str]) -> None:
    """From the list to the answer, as an approver goes."""
    large, price = [await approval_of(desk, cases[number]) for number in ("04", "05")]
    await answer(desk, large, "approve", "checked against the contract", "anna")
    ui, inbox = await Ui.on(context, desk.client, CASES), await Ui.on(context, desk.client, INBOX)
    await ui.open_list('WorkflowType="Invoice"')
    await shot(ui, "list")
    await inbox.open_list(WAITING)
    await shot(inbox, "inbox", height=520)
    await ui.open_workflow(price)
    await shot(ui, "approval")
    await ui.fill_signal("reject", '"wrong price"')
    await shot(ui, "signal-dialog")
    await ui.open_metadata(price)
    await shot(ui, "card")
    await ui.signal(price, "reject")
    await ui.open_metadata(price)
    await shot(ui, "not-counted")
    await ui.signal(price, "approve", '{"by": "anna"}')
    await ui.open_workflow(price)
    await shot(ui, "decided")
    await ui.open_workflow(cases["05"])
    await shot(ui, "case", height=1080)


async def take_trails(browser: Browser, folder: Path) -> None:
    """The trail of a stored case, light and dark."""
    written = folder / "trail.html"
    written.write_text(page(assembled(scene("approved"))), encoding="utf-8")
    for name, scheme in (("trail", "light"), ("trail-dark", "dark")):
        context = await browser.new_context(viewport={"width": 1280, "height": 1080}, color_scheme=scheme)
        tab = await context.new_page()
        await tab.goto(written.as_uri())
        await tab.screenshot(path=PICTURES / f"{name}.png")
        await context.close()


async def approval_of(desk: Desk, case_id: str) -> str:
    """The id of the approval that a case waits for."""
    return await anext(found.id async for found in waiting_for(desk, case_id))


async def shot(ui: Ui, name: str, height: int = 1000) -> None:
    """Write what the tab shows."""
    await ui.page.set_viewport_size({"width": 1400, "height": height})
    await ui.page.wait_for_timeout(1_500)  # transitions, and bars that the timeline draws late
    await ui.page.screenshot(path=PICTURES / f"{name}.png")


async def record_terminal(home: Path) -> None:
    """Run the demo as `make demo ARGS=--unattended` does, and keep what it printed with its colours."""
    os.environ["SIGNALBOX_HOME"] = str(home)
    out.record, out.width = True, TERMINAL_COLUMNS
    await demo.demo.__wrapped__(unattended=True, no_model=False, keep=False)
    out.save_svg(str(PICTURES / "terminal.svg"), title="make demo ARGS=--unattended")


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)  # the interpreter's own exit can crash after a Temporal client was used
