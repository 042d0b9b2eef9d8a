"""The real UI with the codec endpoint set: people read what the server cannot, and what they send is encrypted."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext
from temporalio.client import Client

from commands.codec_server import serving
from domain.outcome import Posted
from integrations.payloads.converter import data_converter
from integrations.scripted_model import scripted_model
from integrations.settings import Settings
from tests.office import Office, no_task_failed, open_office
from tests.payloads import keyring_in
from tests.real.ui import PATIENCE_MS, Ui

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Closed:
    """An office with a keyring, a codec server beside it, and a tab that knows of it."""

    office: Office
    ui: Ui
    stranger: Client
    home: Path


@pytest_asyncio.fixture
async def closed(client: Client, browser: BrowserContext, tmp_path: Path) -> AsyncGenerator[Closed]:
    ring, address = keyring_in(tmp_path), client.service_client.config.target_host
    own = await Client.connect(
        address, data_converter=data_converter(Settings(keyring=ring), client.namespace), identity="test@desk"
    )
    assert browser.browser
    apart = await browser.browser.new_context(locale="en-GB", timezone_id="UTC")  # the UI would remember the codec
    apart.set_default_timeout(PATIENCE_MS)
    ui = await Ui.on(apart, client)
    origin = ui.workflows.split("/namespaces")[0]
    settings = Settings(home=tmp_path, keyring=ring, codec_origin=origin)
    async with (
        scripted_model(rules=True) as model,
        open_office(
            own, tmp_path / "office", model_url=model.url, model="rules", model_provider="scripted", keyring=ring
        ) as office,
        serving(settings, 0) as (codec, _),
    ):
        for key, kept in (("endpoint", f'"{codec}"'), ("overrideRemoteCodecConfiguration", "true")):
            await ui.page.add_init_script(f"localStorage.setItem('{key}', '{kept}')")
        yield Closed(office, ui, client, tmp_path)
    await apart.close()


async def test_an_approver_reads_the_question_and_answers_it_and_the_server_sees_neither(
    closed: Closed, samples: Path
) -> None:
    case = await closed.office.hand_in(samples / "invoices" / "05-price-variance.xml")
    approval = await closed.office.approval_of(case)
    panel = await closed.ui.open_workflow(approval)
    await panel.get_by_text("Van Dijk Gereedschappen").first.wait_for()
    assert " ".join((await panel.inner_text()).split()).startswith('{ "question": "Post the bill of Van Dijk')
    await closed.ui.page.get_by_text("WAITING for buyer: More Actions > Send a Signal > approve | reject").wait_for()
    [summary, card] = await closed.ui.open_metadata(approval)
    assert (await summary.locator("p").inner_text()).startswith("Post the bill of Van Dijk")
    assert "To decide" in await card.locator("pre code").inner_text()
    await closed.ui.signal(approval, "approve", '"canary-4711 agreed"')
    assert isinstance(await case.result(), Posted)
    history = await closed.stranger.get_workflow_handle(approval).fetch_history()
    [signal] = [each.workflow_execution_signaled_event_attributes for each in history.events if each.event_type == 26]
    assert signal.input.payloads[0].metadata["encoding"] == b"binary/encrypted"
    assert b"canary-4711" not in b"".join(each.SerializeToString() for each in history.events)
    await no_task_failed(case)
    lines = (closed.home / "codec-audit.jsonl").read_text().splitlines()
    assert lines
    assert "Dijk" not in "".join(lines)
    assert f'"at": "{datetime.now(UTC):%Y-%m}' in lines[-1]
