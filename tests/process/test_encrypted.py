"""Cases with a keyring on a real server: what its database holds, and that everything works as without one."""

import asyncio
import json
import secrets
import sys
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.common import RawValue

import worker
from commands.codec_server import serving
from domain.outcome import Posted
from integrations.payloads.codec import ENCRYPTED, KEY_ID
from integrations.payloads.converter import data_converter
from integrations.payloads.events import open_payloads
from integrations.payloads.keyring import read_keyring, write_keyring
from integrations.payloads.live_keyring import LOOK_SECONDS
from integrations.payloads.rotation import rotate
from integrations.scripted_model import ScriptedModel
from integrations.settings import Settings
from integrations.temporal.dev_server import dev_server, free_port
from tests.conftest import ROOT
from tests.facts import until
from tests.office import Office, no_task_failed, open_office
from tests.payloads import codec, keyring_in, payload, rotated_elsewhere
from tests.replay.histories import replayer
from tests.sweeps import lines_of, sweeping
from tests.terminal import Terminal, terminal_at
from workflows import attributes
from workflows.approval import Approval

REFERENCE = b"temporal.api.sdk.v1.ExternalStorageReference"
VARIANCE = ROOT / "samples" / "invoices" / "05-price-variance.xml"
NOTE = "canary-4711 the price was agreed"
IN_CLEAR = ("Van Dijk", "2914.00", "2,914.00", "NL88XBNK0999912345", "canary-4711", "price variance", "billed at 13.15")
"""The supplier, the amount, the account, what the approver said, and why it was held."""


@dataclass(frozen=True)
class Server:
    """A server of this module's own: its database shows what these cases leave."""

    address: str
    folder: Path

    def content(self) -> bytes:
        """Everything that it wrote to the disk."""
        return b"".join(file.read_bytes() for file in sorted(self.folder.glob("temporal.db*")))

    async def client(self, settings: Settings) -> Client:
        """A client with these settings."""
        return await Client.connect(
            self.address, data_converter=data_converter(settings, "default"), identity="test@desk"
        )


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Server]:
    folder = tmp_path_factory.mktemp("encrypted")
    async with dev_server(folder / "temporal.db", free_port(), attributes.ALL) as address:
        yield Server(address, folder)


@pytest.fixture
def keyring(tmp_path: Path) -> Path:
    return keyring_in(tmp_path)


@pytest_asyncio.fixture
async def office(server: Server, keyring: Path, model: ScriptedModel, tmp_path: Path) -> AsyncGenerator[Office]:
    """An office whose worker and commands have the keyring."""
    client = await server.client(Settings(keyring=keyring))
    given = {"model_url": model.url, "model": "rules", "model_provider": "scripted", "keyring": keyring}
    async with open_office(client, tmp_path / "office", **given) as ours:
        yield ours


@pytest_asyncio.fixture
async def stranger(server: Server) -> Client:
    """Somebody with a client and no key, as the UI is."""
    return await Client.connect(server.address, identity="stranger@ui")


@pytest.fixture
def terminal(office: Office, keyring: Path) -> Terminal:
    found = terminal_at(office.desk.client, office.desk.settings.home)
    own = {"SIGNALBOX_KEYRING": str(keyring), "SIGNALBOX_TASK_QUEUE": office.desk.queue}
    return Terminal({**found.environment, **own}, found.home)


async def raw(client: Client, *workflows: str) -> str:
    """Histories as the server has them, with their payloads in clear where they are."""
    histories = [await client.get_workflow_handle(each).fetch_history() for each in workflows]
    events = [event for history in histories for event in history.events]
    return "\n".join(event.SerializeToString().decode("latin-1") for event in events)


async def test_a_whole_case_leaves_nothing_on_the_server_that_tells_what_it_is_about(
    office: Office, server: Server, stranger: Client, terminal: Terminal, tmp_path: Path
) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    said = await terminal.type("inbox")
    assert "Post the bill of Van Dijk Gereedschappen B.V. for 2,914.00 EUR" in said.out, said
    told = await terminal.type("approve", approval, "--by", "anna", "--note", NOTE)
    assert (told.code, "Counted: approve by anna" in told.out) == (0, True), told
    assert isinstance(await case.result(), Posted)
    assert "the buyer accepts the price" in (await terminal.type("show", case.id)).out
    history = await raw(stranger, case.id, approval)
    for canary in IN_CLEAR:
        assert canary not in history, canary
        assert canary.encode() not in server.content(), canary
    assert history.count("binary/encrypted") > 30
    # what is in clear, and docs/security.md says so
    for known in ("anna", "buyer", "erp.post_bill", "price_variance", "examine_invoice", "test@desk"):
        assert known in history, known
    for each in (case.id, approval):
        handle = office.desk.client.get_workflow_handle(each)
        await replayer(office.desk.client.data_converter).replay_workflow(await handle.fetch_history())  # it lists more
    await _all_is_proven(office, terminal, case.id, tmp_path)


async def _all_is_proven(office: Office, terminal: Terminal, case: str, folder: Path) -> None:
    """Sweep, verify, trail, backtest and evidence, with a verifier that has no key."""
    async with sweeping(office) as (sweep, store):

        async def done() -> bool:
            swept = await sweep.sweep()
            assert not swept.warnings
            return (await store.ledger.tail(case)).sealed

        await until(done)
    verified = await terminal.type("verify", "--all")
    assert (verified.code, "complete; nothing is missing, extra or altered" in verified.out) == (0, True), verified
    trail = await terminal.type("trail", case)
    assert NOTE in trail.out, trail
    flips = await terminal.type("backtest", "--policy", str(ROOT / "policies" / "invoice.toml"))
    assert (flips.code, "decisions judged again, 0 would flip" in flips.out) == (0, True), flips
    pack = folder / "case.zip"
    drawn = await terminal.type("evidence", case, "-o", str(pack), "--documents")
    assert drawn.code == 0, drawn
    keyless = {name: value for name, value in terminal.environment.items() if name != "SIGNALBOX_KEYRING"}
    without, again = Terminal(keyless, terminal.home), folder / "keyless.zip"
    assert (await without.type("evidence", case, "-o", str(again), "--documents")).code == 0
    assert again.read_bytes() == pack.read_bytes()
    offline = await without.type("verify", "--all", "--offline")
    assert (offline.code, "complete; nothing is missing, extra or altered" in offline.out) == (0, True), offline
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder / "case")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "verify.py", "."), cwd=folder / "case", env={}, stdout=asyncio.subprocess.PIPE
    )
    out = (await process.communicate())[0].decode()
    assert (process.returncode, "only the manifest vouches" in out or "nothing is missing" in out) == (0, True), out
    histories = "".join(file.read_text() for file in (folder / "case" / "histories").iterdir())
    assert "YmluYXJ5L2VuY3J5cHRlZA" not in histories, "an auditor would need a key"


async def test_a_plain_signal_of_somebody_without_a_key_counts(office: Office, stranger: Client) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    await stranger.get_workflow_handle(approval).signal("approve", "agreed by phone")
    assert isinstance(await case.result(), Posted)
    await no_task_failed(case)


async def test_no_forged_payload_stops_an_approval_or_counts_for_it(
    office: Office, stranger: Client, keyring: Path
) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    kid = read_keyring(keyring).current.encode()
    [elsewhere] = await codec(keyring, "other").encode([payload(b'"copied"')])
    forged = (
        elsewhere,
        Payload(metadata={"encoding": ENCRYPTED, KEY_ID: kid}, data=b"\x01" + b"?" * 60),
        Payload(metadata={"encoding": ENCRYPTED, KEY_ID: b"20261130-aaaaaaaa.aaaaaaaaaaaaaaaa"}, data=b"\x01" * 60),
        Payload(metadata={"encoding": ENCRYPTED}),
        payload(b"{", encoding=b"json/protobuf", messageType=REFERENCE),
        payload(b'{"driverName":"signalbox","claimData":{}}', encoding=b"json/protobuf", messageType=REFERENCE),
        payload(b"1", __temporal_external_storage_reference=b"true"),
    )
    handle = office.desk.client.get_workflow_handle_for(Approval.run, approval)
    for each in forged:
        await stranger.get_workflow_handle(approval).signal("approve", RawValue(each))

    async def heard() -> bool:
        return len((await handle.query(Approval.state)).heard) == len(forged)

    await until(heard)
    assert not any(each.counted for each in (await handle.query(Approval.state)).heard)
    await no_task_failed(handle)
    await office.answer(case, "approve", "checked", "anna")
    assert isinstance(await case.result(), Posted)
    async with sweeping(office) as (sweep, store):

        async def done() -> bool:
            return not (await sweep.sweep()).warnings and (await store.ledger.tail(case.id)).sealed

        await until(done)


async def test_a_rotation_in_the_middle_changes_nothing_that_the_ledger_holds(
    office: Office, terminal: Terminal, keyring: Path, stranger: Client
) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    async with sweeping(office) as (sweep, store):
        await sweep.sweep()
        before = {line["record"]: line["body"] for line in await lines_of(store, case.id)}
        first = read_keyring(keyring).current
        done = await terminal.type("keys", "rotate", "--again")
        assert done.code == 0, done
        told = await terminal.type("approve", approval, "--by", "anna", "--note", NOTE)
        assert "Counted: approve by anna" in told.out, told
        assert isinstance(await case.result(), Posted)

        async def sealed() -> bool:
            return not (await sweep.sweep()).warnings and (await store.ledger.tail(case.id)).sealed

        await until(sealed)
        after = {line["record"]: line["body"] for line in await lines_of(store, case.id)}
    assert before.items() <= after.items()
    history = await raw(stranger, case.id, approval)
    assert first in history
    assert read_keyring(keyring).current in history
    await no_task_failed(case)
    assert (await terminal.type("verify", case.id)).code == 0


async def test_an_answer_under_a_key_that_the_worker_lacks_waits_until_it_has_it(
    office: Office, server: Server, keyring: Path
) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    ahead = rotated_elsewhere(keyring)
    client = await server.client(Settings(keyring=ahead))
    await client.get_workflow_handle(approval).signal("approve", NOTE)
    handle = office.desk.client.get_workflow_handle(approval)

    async def stands() -> bool:
        events = [event async for event in handle.fetch_history_events()]
        await open_payloads(events, client.data_converter)
        failed = [each.workflow_task_failed_event_attributes.failure.message for each in events]
        return any("which the keyring here does not have" in message for message in failed)

    await until(stands)
    async with sweeping(office) as (sweep, _):
        [warning] = (await sweep.sweep()).warnings
        assert "cannot be swept" in warning
        assert "put the newest keyring in place" in warning
    await asyncio.to_thread(ahead.replace, keyring)
    async with asyncio.timeout(30):
        assert isinstance(await case.result(), Posted)


async def test_what_one_case_lacks_a_key_for_does_not_keep_the_others_from_being_verified(
    office: Office, keyring: Path, terminal: Terminal, tmp_path: Path
) -> None:
    readable = await office.hand_in(VARIANCE)
    before = tmp_path / "before.json"
    write_keyring(before, read_keyring(keyring))
    new = rotate(keyring, datetime.now(UTC), again=True).ring.current
    await asyncio.sleep(2 * LOOK_SECONDS)  # whoever works has looked at the file since
    lacking = await office.hand_in(ROOT / "samples" / "invoices" / "01-clean-ubl.xml")
    await office.answer(readable, "approve", NOTE)
    for each in (readable, lacking):
        assert isinstance(await each.result(), Posted)
    async with sweeping(office) as (sweep, store):

        async def sealed() -> bool:
            await sweep.sweep()
            return all([(await store.ledger.tail(each.id)).sealed for each in (readable, lacking)])

        await until(sealed)
    assert (await terminal.type("verify", "--all")).code == 0
    behind = Terminal({**terminal.environment, "SIGNALBOX_KEYRING": str(before)}, terminal.home)
    said = await behind.type("verify", "--all")
    assert said.code == 2, said
    found = {line.split()[0]: line for line in said.out.splitlines() if line and not line.startswith(" ")}
    assert "not all checked" in found[lacking.id]
    assert f"encrypted with the key {new}, which the keyring here does not have" in said.out
    assert "not checked: The server's histories were not compared" in said.out
    assert "nothing else is missing, extra or altered" in said.out


async def test_failures_say_nothing_in_clear_and_the_trail_says_them(
    server: Server, keyring: Path, stranger: Client, model: ScriptedModel, tmp_path: Path
) -> None:
    client = await server.client(Settings(keyring=keyring))
    faults = {"keyring": keyring, "sandbox_faults": "schedule_payment:refuse", "model_url": model.url, "model": "rules"}
    async with open_office(client, tmp_path / "office", **faults) as office:
        case = await office.hand_in(ROOT / "samples" / "invoices" / "01-clean-ubl.xml")
        await case.result()
        events = [event async for event in stranger.get_workflow_handle(case.id).fetch_history_events()]
        [failed] = [
            e.activity_task_failed_event_attributes
            for e in events
            if e.HasField("activity_task_failed_event_attributes")
        ]
        assert (failed.failure.message, failed.failure.stack_trace) == ("Encoded failure", "")
        assert failed.failure.application_failure_info.type == "Refused"
        async with sweeping(office) as (sweep, store):
            await sweep.sweep()
            told = json.dumps([line async for line in _bodies(store, case.id)])
        assert "Encoded failure" not in told
        assert "The business system refuses" in told


async def _bodies(store: Any, case: str) -> AsyncGenerator[str]:
    for line in await lines_of(store, case):
        yield line["body"]


async def test_large_payloads_are_kept_elsewhere_and_an_altered_one_stops_a_case_until_it_is_restored(
    server: Server, keyring: Path, model: ScriptedModel, stranger: Client, tmp_path: Path
) -> None:
    folder = tmp_path / "payloads"
    given = {"keyring": keyring, "payloads": str(folder), "payload_limit": 1024, "model_url": model.url}
    given |= {"model": "rules", "model_provider": "scripted"}
    client = await server.client(Settings(keyring=keyring, payloads=str(folder), payload_limit=1024))
    async with open_office(client, tmp_path / "office", working=False, **given) as office:
        settings = office.desk.settings
        async with worker.worker_for(client, settings) as first, first:
            case = await office.hand_in(VARIANCE)
            approval = await office.approval_of(case)
            handle = client.get_workflow_handle_for(Approval.run, approval)
            await handle.signal("comment", secrets.token_hex(4_000_000))

            async def heard() -> bool:
                return bool((await handle.query(Approval.state)).heard)

            await until(heard)
        events = (await stranger.get_workflow_handle(approval).fetch_history()).events
        assert sum(event.ByteSize() for event in events) < 40_000
        [kept] = events[0].workflow_execution_started_event_attributes.input.payloads
        digest = json.loads(kept.data)["claimData"]["sha256"]
        file = folder / digest[:2] / digest[2:4] / digest
        whole = await asyncio.to_thread(file.read_bytes)
        await asyncio.to_thread(file.write_bytes, whole[:-1])
        async with worker.worker_for(client, settings) as second, second:
            await handle.signal("approve", "checked")

            async def stands() -> bool:
                failed = await failures(stranger, approval)
                await open_payloads(failed, client.data_converter)
                return any(f"{digest}: the document store holds other bytes" in str(each) for each in failed)

            await until(stands)
            await asyncio.to_thread(file.write_bytes, whole)
            async with asyncio.timeout(30):
                assert isinstance(await case.result(), Posted)
        async with sweeping(office) as (sweep, store):

            async def done() -> bool:
                return not (await sweep.sweep()).warnings and (await store.ledger.tail(case.id)).sealed

            await until(done)
        found = terminal_at(client, settings.home)
        own = {"SIGNALBOX_KEYRING": str(keyring), "SIGNALBOX_PAYLOADS": str(folder), "SIGNALBOX_PAYLOAD_LIMIT": "1024"}
        own |= {"SIGNALBOX_TASK_QUEUE": office.desk.queue}
        verified = await Terminal({**found.environment, **own}, found.home).type("verify", "--all")
        assert (verified.code, "complete; nothing is missing" in verified.out) == (0, True), verified


async def failures(client: Client, workflow: str) -> list[HistoryEvent]:
    """The workflow tasks that failed."""
    events = (await client.get_workflow_handle(workflow).fetch_history()).events
    return [event for event in events if event.HasField("workflow_task_failed_event_attributes")]


async def test_temporal_s_own_command_line_reads_and_answers_through_the_codec_server(
    office: Office, keyring: Path, stranger: Client, terminal: Terminal, tmp_path: Path
) -> None:
    case = await office.hand_in(VARIANCE)
    approval = await office.approval_of(case)
    address = stranger.service_client.config.target_host
    settings = Settings(home=tmp_path, keyring=keyring, codec_origin="http://127.0.0.1:1")
    async with serving(settings, 0) as (codec_endpoint, _):

        async def temporal(*words: str) -> str:
            command = (str(Path(sys.executable).with_name("temporal")), "workflow", *words, "-w", approval)
            told = ("--address", address, "--codec-endpoint", codec_endpoint)
            process = await asyncio.create_subprocess_exec(*command, *told, stdout=asyncio.subprocess.PIPE)
            out, _ = await process.communicate()
            assert process.returncode == 0
            return out.decode()

        await temporal("signal", "--name", "approve", "--input", json.dumps(NOTE))
        assert isinstance(await case.result(), Posted)
        file = tmp_path / "exported.json"
        await asyncio.to_thread(file.write_text, await temporal("show", "--output", "json"))
    assert NOTE not in await raw(stranger, approval)
    trail = await terminal.type("trail", "--file", str(file))
    assert (trail.code, NOTE in trail.out) == (0, True), trail
