"""The stock Temporal UI with a sign-in at dex and a codec server, and somebody who uses it in a browser."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.logins import Dex
from deploy.rehearsal.processes import Failed, Program, listens
from deploy.rehearsal.toolchain import Missing

if TYPE_CHECKING:
    from playwright.async_api import Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
PATIENCE_MS = 20_000
REVIEWERS = (
    *("WORKFLOW_TERMINATE", "WORKFLOW_CANCEL", "WORKFLOW_UPDATE", "WORKFLOW_RESET", "WORKFLOW_PAUSE"),
    *("START_WORKFLOW", "BATCH_ACTIONS", "ACTIVITY_COMMANDS"),
)
"""What the UI for reviewers does not offer; sending a signal is what is left."""


@dataclass
class Ui:
    """The UI for reviewers, on a cluster's frontend."""

    folder: Path
    tools: Path
    dex: Dex
    address: str
    codec: str
    program: Program | None = None

    @property
    def url(self) -> str:
        """Where it is; dex knows it by this."""
        return self.dex.ui

    async def start(self) -> None:
        """Start it and wait until it listens."""
        port = self.url.rsplit(":", 1)[1]
        told = {
            "TEMPORAL_ADDRESS": self.address,
            "TEMPORAL_UI_PORT": port,
            "TEMPORAL_DEFAULT_NAMESPACE": NAMESPACE,
            "TEMPORAL_CORS_ORIGINS": self.url,
            "TEMPORAL_CSRF_COOKIE_INSECURE": "true",  # over plain HTTP, on this machine alone
            "TEMPORAL_DISABLE_NEWS_FETCH": "true",
            "TEMPORAL_AUTH_ENABLED": "true",
            "TEMPORAL_AUTH_TYPE": "oidc",
            "TEMPORAL_AUTH_PROVIDER_URL": self.dex.issuer,
            "TEMPORAL_AUTH_CLIENT_ID": "temporal-ui",
            "TEMPORAL_AUTH_CLIENT_SECRET": self.dex.ui_secret,
            "TEMPORAL_AUTH_CALLBACK_URL": f"{self.url}/auth/sso/callback",
            "TEMPORAL_AUTH_SCOPES": "openid,profile,email,groups,offline_access",
            "TEMPORAL_AUTH_USE_ID_TOKEN_AS_BEARER": "true",
            "TEMPORAL_CODEC_ENDPOINT": self.codec,
            "TEMPORAL_CODEC_PASS_ACCESS_TOKEN": "true",
            **{f"TEMPORAL_{name}_DISABLED": "true" for name in REVIEWERS},
        }
        command = (str(self.tools / "temporal-ui"), "--root", str(self.tools), "--env", "docker", "start")
        self.program = Program("the Temporal UI", command, told, self.folder / "ui.log")
        await self.program.start()
        await listens(self.program, int(port))

    async def stop(self) -> None:
        """End it."""
        if self.program:
            await self.program.stop(10)

    async def approve(self, email: str, workflow_id: str, note: str) -> tuple[str, list[str]]:
        """Sign in and approve as a person does; returns what they read, and what else the UI would have let them do."""
        address = f"{self.url}/namespaces/{NAMESPACE}/workflows/{workflow_id}"
        async with _tab() as page:
            await page.goto(address)
            await page.get_by_role("button", name="Continue to SSO").click()
            await page.locator("#login").fill(email)
            await page.locator("#password").fill(self.dex.password)
            await page.locator("#submit-login").click()
            await page.wait_for_url(f"{self.url}/**")
            await page.goto(address)
            shown = page.get_by_role("textbox", name="Input", exact=True)
            await shown.get_by_text("question").first.wait_for()
            await page.get_by_role("button", name="More Actions").click()
            items = page.get_by_role("menuitem")
            offered = [
                await item.inner_text()
                for item in await items.all()
                if await item.get_attribute("aria-disabled") != "true"
            ]
            await items.filter(has_text="Send a Signal").click()
            dialog = page.get_by_role("dialog").filter(has=page.get_by_role("heading", name="Send a Signal"))
            await dialog.get_by_role("button", name="Select a signal").click()
            await page.get_by_role("option", name="approve").click()
            await dialog.get_by_role("textbox", name="Data").click()
            await page.keyboard.type(f'"{note}"')
            await dialog.get_by_role("button", name="Submit").click()
            await page.get_by_text("Workflow signaled").first.wait_for()
            return await shown.inner_text(), [each.strip() for each in offered if "Send a Signal" not in each]


@asynccontextmanager
async def _tab() -> AsyncGenerator[Page]:
    """A browser without a past; raise `Missing` where there is none."""
    if not CHROMIUM.exists():
        raise Missing("there is no browser; the Debian package `chromium` has one.")
    try:
        from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - only a development environment has it
    except ImportError:
        raise Missing("playwright is not installed; `make .venv/dev` installs it.") from None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            context = await browser.new_context(
                timezone_id="UTC",
                locale="en-GB",
                viewport={"width": 1400, "height": 1000},
                ignore_https_errors=True,  # the codec server's certificate has signed itself
            )
            context.set_default_timeout(PATIENCE_MS)
            yield await context.new_page()
        except Error as error:
            raise Failed(f"the browser says: {error.message}") from None
        finally:
            await browser.close()
