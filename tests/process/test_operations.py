"""Probes tell the truth: of a server that is away, a store that takes nothing, a worker that drains or stands still."""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import aiohttp
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from domain.metrics import METRICS
from integrations.operations import health as limits
from integrations.operations.endpoint import CannotServe, serving
from integrations.operations.health import Health
from integrations.operations.scraping import scraping
from integrations.settings import Settings
from integrations.temporal.dev_server import dev_server, free_port
from tests.chaos.plant import find, started
from tests.facts import until
from tests.office import open_office
from workflows import attributes

OWN = "127.0.0.1:0"


@dataclass
class Probed:
    url: str

    async def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        async with aiohttp.ClientSession() as asking, asking.get(self.url + path) as said:
            return said.status, json.loads(await said.text())

    async def status(self, path: str) -> int:
        return (await self.ask(path))[0]

    async def becomes(self, path: str, status: int) -> dict[str, Any]:
        """Wait until a probe answers so; returns its checks."""

        async def now() -> dict[str, Any] | None:
            got, report = await self.ask(path)
            return report["checks"] if got == status else None

        return await until(now)


@asynccontextmanager
async def probed(client: Client) -> AsyncGenerator[tuple[Probed, Health]]:
    health = Health(client, "1.2.3-abc")
    async with health.beating():
        with serving(OWN, health, scraping(None)) as url:
            yield Probed(url), health


async def test_a_worker_is_ready_once_it_polls_and_no_longer_when_it_is_told_to_stop(
    client: Client, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, task_queue=f"test-{tmp_path.name}")
    async with probed(client) as (probes, health):
        starting, said = await probes.ask("/readyz")
        assert (starting, said["checks"]["worker"]) == (503, {"ok": False, "said": "starting"})
        async with worker.worker_for(client, settings, health) as workers:
            async with workers:
                assert (await probes.becomes("/readyz", 200))["store"]["said"] == "written to"
                assert (await probes.ask("/livez"))[1]["build"] == "1.2.3-abc"
            drained, said = await probes.ask("/readyz")
            assert drained == 503
            assert said["checks"]["worker"]["said"].startswith("told to stop")
            assert await probes.status("/livez") == 200


async def test_a_server_that_is_killed_leaves_the_worker_alive_and_not_ready_and_it_is_ready_when_it_is_back(
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = Settings(home=tmp_path, task_queue="here")
    async with dev_server(tmp_path / "temporal.db", port, attributes.ALL) as address:
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        stack = worker.AsyncExitStack()
        probes, health = await stack.enter_async_context(probed(client))
        await stack.enter_async_context(await stack.enter_async_context(worker.worker_for(client, settings, health)))
        await probes.becomes("/readyz", 200)
    async with stack:
        checks = await probes.becomes("/readyz", 503)
        assert (checks["worker"]["ok"], checks["server"]["ok"], checks["store"]["ok"]) == (True, False, True)
        assert await probes.status("/livez") == 200
        async with dev_server(tmp_path / "temporal.db", port, attributes.ALL):
            await probes.becomes("/readyz", 200)


async def test_a_worker_whose_store_takes_nothing_says_so_meanwhile_and_is_not_ready(
    client: Client, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, task_queue=f"test-{tmp_path.name}")
    async with (
        probed(client) as (probes, health),
        worker.worker_for(client, settings, health) as workers,
        workers,
    ):
        await probes.becomes("/readyz", 200)
        with closing(sqlite3.connect(tmp_path / "signalbox.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            status, said = await probes.ask("/readyz")
            assert (status, said["checks"]["store"]["ok"], said["checks"]["server"]["ok"]) == (503, False, True)
            assert await probes.status("/livez") == 200
            other.execute("ROLLBACK")
        await probes.becomes("/readyz", 200)


async def test_a_loop_that_stands_still_is_said_by_the_thread_that_answers(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LAG", 0.3)
    async with probed(client) as (probes, _):
        before = await probes.status("/livez")
        asked = asyncio.create_task(asyncio.to_thread(_livez_soon, probes.url, 0.8))
        await asyncio.sleep(0.05)
        time.sleep(1.6)  # noqa: ASYNC251 - what the probe is there to notice
        status, said = await asked
        assert (before, status) == (200, 503)
        assert not said["checks"]["event_loop"]["ok"]
        await probes.becomes("/livez", 200)


def _livez_soon(url: str, wait: float) -> tuple[int, dict[str, Any]]:
    time.sleep(wait)
    try:
        with urlopen(f"{url}/livez", timeout=5) as said:
            return said.status, json.loads(said.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


async def test_an_address_that_is_taken_or_none_is_refused_by_name(client: Client) -> None:
    async with probed(client) as (probes, health):
        taken = probes.url.removeprefix("http://")
        for address in (taken, "127.0.0.1:70000", "no.such.host.invalid:9464"):
            with (
                pytest.raises(CannotServe, match=f"SIGNALBOX_OPS_ADDRESS is {address}"),
                serving(address, health, scraping(None)),
            ):
                pass


async def test_a_worker_as_a_program_answers_probes_and_serves_the_figures_of_sdk_and_project(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    port = free_port()
    environ = {
        "SIGNALBOX_OPS_ADDRESS": f"127.0.0.1:{port}",
        "SIGNALBOX_BUILD_ID": "1.0-a",
        "SIGNALBOX_LOG_FORMAT": "json",
    }
    async with open_office(client, tmp_path, working=False) as office:
        process = await started(office, ("worker.py",), "worker", environ)
        try:
            probes = Probed(f"http://127.0.0.1:{port}")

            async def ready() -> bool:
                try:
                    return await probes.status("/readyz") == 200
                except aiohttp.ClientError:
                    return False

            await until(ready, 60)
            assert (await office.process(find(samples, "01"))).outcome == "posted"
            await office.approval_of(await office.hand_in(find(samples, "05")))

            async def counted() -> str | None:
                async with aiohttp.ClientSession() as asking, asking.get(f"{probes.url}/metrics") as said:
                    page = await said.text()
                return page if "signalbox_sweep_seconds_count" in page and _value(page, "waiting") else None

            page = await until(counted)
        finally:
            process.terminate()
            assert await process.wait() == 0
    lines = [json.loads(line) for line in (tmp_path / "worker.log").read_text().splitlines()]
    [failed] = [line for line in lines if line["message"] == "Completing activity as failed"]
    assert failed.keys() == {
        *["time", "level", "logger", "message", "case", "run", "activity", "attempt", "build", "errors"]
    }
    assert (failed["activity"], failed["attempt"], failed["build"]) == ("think", 1, "1.0-a")
    assert [error["type"] for error in failed["errors"]] == ["ApplicationError", "NoAnswer"]
    assert any(line["message"].startswith("invoice_examiner gave no answer (NoAnswer)") for line in lines)
    assert "Küstner" not in json.dumps(lines, ensure_ascii=False)
    assert "RE-2026" not in json.dumps(lines)
    assert 'build="1.0-a"' in page
    assert "temporal_request_total" in page
    assert _value(page, "signalbox_cases_started_total", 'process="Invoice"') == 2
    assert _value(page, "signalbox_cases_ended_total", 'outcome="posted"') == 1
    assert _value(page, "signalbox_effects_total", 'action="erp.post_bill"', 'result="done"') == 1
    assert _value(page, "signalbox_judgements_total", 'then="review"', 'policy="invoice"') == 1
    assert _value(page, "signalbox_turns_total", 'agent="invoice_examiner"', 'result="failed"') == 1
    assert _value(page, "signalbox_approvals_waiting") == 1
    assert _value(page, "signalbox_journal_seconds_count") >= 4
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"^(signalbox_\w+)", page, re.MULTILINE)}
    assert named <= {metric.scraped for metric in METRICS}
    labels = set(re.findall(r'(\w+)="', "".join(re.findall(r"^signalbox_.*", page, re.MULTILINE))))
    known = {label for metric in METRICS for label in metric.labels}
    assert labels - known <= {
        "build",
        "namespace",
        "task_queue",
        "activity_type",
        "workflow_type",
        "le",
    }
    assert "invoice-" not in "".join(re.findall(r"^signalbox_.*", page, re.MULTILINE))


def _value(page: str, name: str, *labels: str) -> float:
    """The sum of a figure over all lines that have these labels."""
    lines = [line for line in page.splitlines() if name in line and not line.startswith("#")]
    return sum(float(line.split()[-1]) for line in lines if all(label in line for label in labels))
