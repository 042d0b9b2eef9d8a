"""The metrics that dashboards and alerts ask for are those that a worker at work, and the Temporal server, export."""

import asyncio
import re
import socket
from contextlib import closing
from pathlib import Path

import aiohttp
import temporalio.bridge
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from domain.metrics import CASES_ENDED, EFFECTS, TURNS
from integrations.operations.exporting import figures_of
from integrations.scripted_model import scripted_model
from tests.conftest import ROOT
from tests.deploy.known_metrics import OWN, SDK, SDK_SOMETIMES, SERVER
from tests.deploy.tools import program
from tests.office import gone, open_office
from workflows import attributes


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def exported(port: int) -> set[str]:
    """The names under which metrics are exported."""
    async with aiohttp.ClientSession() as asking, asking.get(f"http://127.0.0.1:{port}/metrics") as said:
        return set(re.findall(r"^# TYPE (\w+) ", await said.text(), re.MULTILINE))


async def everything(wanted: set[str], port: int) -> None:
    """Wait until all of it is exported: figures lag a little behind what they count."""
    for _ in range(50):
        missing = wanted - await exported(port)
        if not missing:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(missing)


async def test_what_is_asked_for_is_exported(tmp_path: Path) -> None:
    exporter, at_server = figures_of("127.0.0.1:0").config, free_port()
    assert isinstance(exporter, PrometheusConfig)
    at_worker = int(exporter.bind_address.rpartition(":")[2])
    runtime = Runtime(telemetry=TelemetryConfig(metrics=exporter))
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=program("temporal"),
        dev_server_extra_args=["--metrics-port", str(at_server)],
        dev_server_log_level="error",
        search_attributes=attributes.ALL,
    ) as server:
        address = server.client.service_client.config.target_host
        client = await Client.connect(address, runtime=runtime, data_converter=pydantic_data_converter)
        async with (
            scripted_model(rules=True) as model,
            open_office(client, tmp_path, model_url=model.url, model="rules", model_provider="scripted") as office,
        ):
            await office.process(ROOT / "samples" / "invoices" / "01-clean-ubl.xml")
            await office.hand_in(ROOT / "samples" / "invoices" / "13-plain-text.txt")
            await everything(SDK | OWN | {each.scraped for each in (CASES_ENDED, EFFECTS, TURNS)}, at_worker)
            assert await gone(client.get_workflow_handle("nobody"))  # an error for the server to count
        await everything(SERVER, at_server)


def test_what_is_exported_on_a_fault_is_known_to_the_core() -> None:
    [core] = Path(temporalio.bridge.__file__).parent.glob("temporal_sdk_bridge*")
    content = core.read_bytes()
    assert [name for name, known in SDK_SOMETIMES.items() if known.encode() not in content] == []
    assert all(f"temporal_{known}_total" == name for name, known in SDK_SOMETIMES.items())
    assert b"workflow_task_execution_flailed" not in content
