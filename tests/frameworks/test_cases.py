"""A whole case in which a framework reasons leaves the trail that a case with the built-in turn leaves."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.record import ROUTINE, Record
from integrations.frameworks import Apart
from integrations.scripted_model import scripted_model
from integrations.temporal.dev_server import dev_server, free_port
from integrations.temporal.histories import Histories
from tests.conftest import ROOT
from tests.facts import until
from tests.office import no_task_failed, open_office
from workflows import attributes

pytestmark = pytest.mark.real
VARIANCE = ROOT / "samples" / "invoices" / "05-price-variance.xml"
SAID = (
    c.AGENT_NAME,
    c.AGENT_VERSION,
    c.PROVIDER,
    c.MODEL,
    c.USABLE,
    c.CONFIDENCE,
    c.OUTPUT,
    c.TURNS,
    c.ASKS,
    c.UNPRICED,
)


TOLD = "activity_task_completed_event_attributes"


@pytest_asyncio.fixture(scope="session")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    folder = tmp_path_factory.mktemp("server")
    async with dev_server(folder / "temporal.db", free_port(), attributes.ALL) as address:
        yield await Client.connect(address, data_converter=pydantic_data_converter, identity="test@desk")


async def records_of(client: Client, home: Path, **settings: Any) -> tuple[Record, ...]:
    """The trail of a case that the examiner looks at and a person decides."""
    await asyncio.to_thread(home.mkdir)
    async with (
        scripted_model(rules=True) as model,
        open_office(client, home, model_url=model.url, model="rules", model_provider="scripted", **settings) as office,
    ):
        case = await office.hand_in(VARIANCE)
        approval = client.get_workflow_handle(await office.approval_of(case))

        async def told() -> bool:  # a notice that an answer overtakes has no end in the history
            return any([event.HasField(TOLD) async for event in approval.fetch_history_events()])

        await until(told)
        await office.answer(case, "approve", "checked")
        await case.result()
        assert model.asked
        await no_task_failed(case)
        return assembled(await Histories(client).case(case.id))


async def test_the_trail_of_a_case_is_the_same(framework: Apart, client: Client, tmp_path: Path) -> None:
    chosen = tmp_path / "reasoners.toml"
    chosen.write_text(f'[invoice_examiner]\nframework = "{framework.name}"\npython = "{framework.python}"\n')
    theirs = await records_of(client, tmp_path / "theirs", reasoners=chosen)
    ours = await records_of(client, tmp_path / "ours")
    assert any(record.kind == "agent" for record in ours)
    assert shapes(theirs) == shapes(ours)
    [agent] = [record for record in theirs if record.kind == "agent"]
    assert isinstance(agent.attributes[c.INPUT_TOKENS], int)
    assert c.COST in agent.attributes


def shapes(records: tuple[Record, ...]) -> list[str]:
    """All of them but the server's own and timers, of which a quick answer leaves fewer."""
    return sorted(shape(record) for record in records if record.kind not in {*ROUTINE, "timer"})


def shape(record: Record) -> str:
    """What a record says, without times and ids of its run."""
    said = [str(record.attributes[name]) for name in SAID if name in record.attributes]
    return f"{record.kind} {record.name} {record.status} {sorted(record.attributes)} {said}"
