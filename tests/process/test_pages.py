"""Trails in the browser: what a case's page shows, to whom, and what it says where there is nothing to show."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from temporalio import workflow
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import worker
from commands.desk import Desk
from commands.pages import serving
from governance.trail.assembly import assembled
from governance.trail.identity import trace_id
from integrations.settings import Settings
from integrations.temporal.dev_server import dev_server, free_port
from integrations.temporal.histories import Histories
from tests.conftest import ROOT
from tests.office import Office, no_task_failed, open_office
from tests.terminal import terminal_at
from workflows import attributes

CLEAN = ROOT / "samples" / "invoices" / "01-clean-ubl.xml"
ODD = "a/b?c=<d> #é\u202e%2F..'"


@workflow.defn(name="Noisy")
class Noisy:
    """Leaves as many events as it is asked for."""

    @workflow.run
    async def run(self, timers: int) -> int:
        await asyncio.gather(*(workflow.sleep(timedelta(milliseconds=1)) for _ in range(timers)))
        return timers


@pytest_asyncio.fixture
async def desk(client: Client, tmp_path: Any) -> Desk:
    return Desk(Settings(home=tmp_path), client, "http://ui")


@pytest_asyncio.fixture
async def site(desk: Desk) -> AsyncGenerator[str]:
    async with serving(desk, 0) as address:
        yield address


async def got(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    async with (
        ClientSession() as session,
        session.request(method, url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.text()


async def ran(client: Client, case: str, timers: int = 0) -> None:
    """Let a workflow of this id run to its end."""
    queue = f"pages-{time.monotonic_ns()}"
    async with Worker(client, task_queue=queue, workflows=[Noisy], workflow_runner=UnsandboxedWorkflowRunner()):
        await client.execute_workflow(Noisy.run, timers, id=case, task_queue=queue)


async def test_a_case_has_a_page_and_its_records(office: Office) -> None:
    case = await office.hand_in(CLEAN)
    await case.result()
    async with serving(office.desk, 0) as site:
        status, headers, said = await got(f"{site}/trail/{case.id}")
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f"Invoice {case.id}" in said
        _, headers, records = await got(f"{site}/trail/{case.id}.json")
        assert headers["content-type"] == "application/json; charset=utf-8"
        drawn = {record["id"] for record in json.loads(records)}
        assert drawn >= {record.id for record in assembled(await Histories(office.desk.client).case(case.id))}
        assert "attempt" in {record["kind"] for record in json.loads(records)}
        assert "journal cannot be read" not in said
        _, _, listed = await got(f"{site}/")
        assert f'href="trail/{case.id}"' in listed


@pytest.mark.parametrize("path", ["/", "/trail/unknown", "/nothing", "/trail/"])
async def test_every_answer_forbids_what_a_page_that_only_shows_does_not_need(site: str, path: str) -> None:
    _, headers, _ = await got(site + path)
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_an_unknown_case_is_told_in_plain_words(site: str) -> None:
    for case in ("unknown", "unknown.json", quote(ODD, safe=""), "x" * 5_000, "%22%20OR%20%22a%22=%22a", "%ff"):
        status, headers, said = await got(f"{site}/trail/{case}")
        assert status == 404, case[:80]
        assert headers["content-type"].startswith("text/html")
        assert "The Temporal server knows no case of this id" in said, case[:80]


async def test_what_is_no_place_at_all_is_told_where_the_places_are(site: str) -> None:
    for path in ("/nothing", "/trail/", "/trail/a%00b", "/../../etc/passwd"):
        status, _, said = await got(site + path)
        assert (status, "/ lists the newest cases" in said) == (404, True), path


async def test_a_case_whose_id_has_odd_characters_has_a_page(client: Client, site: str) -> None:
    await ran(client, ODD)
    status, _, said = await got(f"{site}/trail/{quote(ODD, safe='')}")
    assert status == 200
    assert "&lt;d&gt;" in said
    assert "\u202e" not in said


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_nothing_can_be_written(site: str, method: str) -> None:
    for path in ("/", "/trail/unknown"):
        status, headers, said = await got(site + path, method)
        assert status == 405
        assert "nothing can be changed here" in said
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "", "[", "10.0.0.1"])
async def test_another_name_that_leads_here_is_refused(site: str, host: str) -> None:
    port = int(site.rsplit(":", 1)[1])
    status, said = await raw(port, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert status in (400, 421)
    assert "newest cases" not in said


async def test_a_request_without_a_host_is_refused(site: str) -> None:
    status, _ = await raw(int(site.rsplit(":", 1)[1]), "GET / HTTP/1.0\r\n\r\n")
    assert status == 421


async def raw(port: int, request: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    said = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return int(said.split(" ", 2)[1]), said


async def test_the_names_of_this_machine_and_of_the_proxy_are_answered(desk: Desk) -> None:
    behind = replace(desk, settings=desk.settings.model_copy(update={"trail_url": "https://trails.example/{case}"}))
    async with serving(behind, 0) as site:
        for host in ("localhost:1", "127.0.0.1", "trails.example", "TRAILS.example:443"):
            assert (await got(f"{site}/", Host=host))[0] == 200, host


async def test_a_server_that_is_away_is_told_in_plain_words(
    desk: Desk, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dev_server(tmp_path / "temporal.db", free_port(), attributes.ALL) as address:
        client = await Client.connect(address)
    async with serving(replace(desk, client=client), 0) as site:
        monkeypatch.setattr("commands.pages.PATIENCE", 1)
        for path in ("/", "/trail/x", "/trail/x.json"):
            status, headers, said = await got(site + path)
            assert status == 503
            assert headers["cache-control"] == "no-store"
            assert "Traceback" not in said
            assert re.search("does not answer|took too long", said)


async def test_a_long_history_has_a_page_while_others_are_served(client: Client, site: str) -> None:
    await ran(client, "noisy", timers=2_500)
    page = asyncio.create_task(got(f"{site}/trail/noisy"))
    served = [await got(f"{site}/") for _ in range(5)]
    status, _, said = await page
    assert (status, {each[0] for each in served}) == (200, {200})
    assert said.count("<section") == 2_501


async def test_an_address_that_others_reach_is_refused_with_what_to_do_instead(client: Client, tmp_path: Any) -> None:
    said = await terminal_at(client, tmp_path).type("pages", "--host", "0.0.0.0")
    assert said.code == 2
    assert "put a proxy that authenticates people in front" in said.err


async def test_a_taken_port_is_told_with_what_to_do(client: Client, site: str, tmp_path: Any) -> None:
    port = site.rsplit(":", 1)[1]
    said = await terminal_at(client, tmp_path).type("pages", "--port", port)
    assert (said.code, said.out) == (2, "")
    assert f"The port {port} of 127.0.0.1 is taken: name another with --port." in said.err


async def test_the_address_of_trails_may_change_under_a_running_case_and_is_in_no_history(
    client: Client, tmp_path: Path
) -> None:
    """Two workers, one after the other, with another address each: the second replays what the first did."""
    first, second = "http://127.0.0.1:1/first/{case}", "https://second.example/{trace}?run={run}"
    async with open_office(client, tmp_path, trail_url=first) as office:
        case = await office.hand_in(ROOT / "samples" / "invoices" / "04-clean-above-5000.xml")
        approval = client.get_workflow_handle(await office.approval_of(case))
        for handle in (case, approval):
            assert (await details(handle)).endswith(f"```\n\nTrail: [open](http://127.0.0.1:1/first/{case.id})")
    settings = office.desk.settings.model_copy(update={"trail_url": second})
    async with worker.worker_for(client, settings) as ours, ours:
        run = (await case.describe()).run_id
        trace = trace_id(client.namespace, case.id, run or "")
        for handle in (case, approval):
            assert f"Trail: [open](https://second.example/{trace}?run={run})" in await details(handle)
        await office.answer(case, "approve", None)
        await case.result()
        assert (await details(case)).startswith("```text\nPOSTED\n")
        await no_task_failed(case)
    for handle in (case, approval):
        assert "second.example" not in str(await handle.fetch_history())
        assert "/first/" not in str(await handle.fetch_history())


async def details(handle: WorkflowHandle[Any, Any]) -> str:
    """What the UI shows as the workflow's current details."""
    told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(told.current_details)


async def test_the_timeline_says_on_whose_word_an_effect_was_done(office: Office) -> None:
    case = await office.hand_in(ROOT / "samples" / "invoices" / "04-clean-above-5000.xml")
    approval = await office.approval_of(case)
    heard = await office.answer(case, "approve", "checked")
    await case.result()
    said = [summary async for summary in summaries(case)]
    assert f"approved by anna (event {heard.event_id}) of {approval}" in said
    assert "allowed by row remittance, invoice 2026-11-23" in said


async def summaries(case: WorkflowHandle[Any, Any]) -> AsyncGenerator[str]:
    async for event in case.fetch_history_events():
        if event.HasField("activity_task_scheduled_event_attributes"):
            yield json.loads(event.user_metadata.summary.data or b'""')
