"""Temporal's own UI in headless Chromium, used as an approver uses it."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import BrowserContext, Frame, Locator, Page, async_playwright
from temporalio.client import Client

from integrations.temporal.dev_server import UI_OFFSET

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # routes would do it too, and switch the cache off
)
PATIENCE_MS = 60_000
CASES = ("CaseState", "OwnerRole", "Subject", "Workflow ID")
"""What a list of cases should show; the browser keeps the choice."""
INBOX = ("ApproverRole", "Subject", "ApprovalDue", "Workflow ID")
"""What a list of approvals should show."""


@asynccontextmanager
async def chromium(*, width: int = 1400, height: int = 1000) -> AsyncGenerator[BrowserContext]:
    """A browser without a past, in UTC, that speaks English."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = await browser.new_context(
                viewport={"width": width, "height": height}, timezone_id="UTC", locale="en-GB"
            )
            context.set_default_timeout(PATIENCE_MS)
            yield context
        finally:
            await browser.close()


@dataclass(frozen=True)
class Ui:
    """One tab on the UI of a dev server."""

    page: Page
    workflows: str

    @classmethod
    async def on(cls, context: BrowserContext, client: Client, columns: Sequence[str] = CASES) -> "Ui":
        """Open a tab for the server that a client is connected to."""
        host, port = client.service_client.config.target_host.split(":")
        page = await context.new_page()
        shown = json.dumps({client.namespace: [{"label": column} for column in columns]})
        for key, kept in (("namespace-workflow-table-columns", shown), ("navOpen", "false")):
            await page.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(kept)})")
        return cls(page, f"http://{host}:{int(port) + UI_OFFSET}/namespaces/{client.namespace}/workflows")

    async def open_list(self, query: str = "") -> Locator:
        """Show the list page; gives its rows."""
        await self.page.goto(f"{self.workflows}?query={quote(query)}")
        rows = self.page.locator("table tbody tr").filter(has=self.page.locator("a"))
        await rows.first.wait_for()
        return rows

    async def render(self, markdown: str) -> Frame:
        """Show a text as the UI shows Markdown; gives the frame."""
        await self.page.goto(f"{self.workflows.split('/namespaces')[0]}/render?content={quote(markdown)}")
        return self.page.main_frame

    async def open_workflow(self, workflow_id: str) -> Locator:
        """Show a workflow's landing page; gives its input panel."""
        await self.page.goto(f"{self.workflows}/{workflow_id}")
        panel = self.page.get_by_role("textbox", name="Input", exact=True)  # on a slow machine the result's comes first
        await panel.get_by_text("{").first.wait_for()
        return panel

    async def open_metadata(self, workflow_id: str) -> list[Frame]:
        """Show a workflow's User Metadata; gives the frames of its summary and of its current details."""
        await self.open_workflow(workflow_id)
        await self.page.get_by_role("tab", name="User Metadata").click()
        return await self.metadata()

    async def metadata(self) -> list[Frame]:
        """The frames of the summary and of the current details, on the tab that is open."""
        await self.page.frame_locator("iframe").last.locator("pre").wait_for()
        return [frame for frame in self.page.frames if frame is not self.page.main_frame]

    async def fill_signal(self, name: str, data: str | None = None) -> Locator:
        """Fill the signal dialog of the workflow that is open; gives the dialog."""
        await self.page.get_by_role("button", name="More Actions").click()
        await self.page.get_by_role("menuitem", name="Send a Signal").click()
        dialog = self.page.get_by_role("dialog").filter(has=self.page.get_by_role("heading", name="Send a Signal"))
        await dialog.get_by_role("button", name="Select a signal").click()
        await self.page.get_by_role("option", name=name).click()
        if data is not None:
            await dialog.get_by_role("textbox", name="Data").click()
            await self.page.keyboard.type(data)
        return dialog

    async def signal(self, workflow_id: str, name: str, data: str | None = None) -> None:
        """Answer an approval as a person does, and wait until the UI says that the signal is sent."""
        await self.open_workflow(workflow_id)
        dialog = await self.fill_signal(name, data)
        await dialog.get_by_role("button", name="Submit").click()
        await self.page.get_by_text("Workflow signaled").first.wait_for()
