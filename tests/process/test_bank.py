"""Changes of bank details, on a real server: each takes two people, a contact that was there before, and a wait."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client

import worker
from commands.approvals import waiting_for
from commands.bank import start_change, stop_change
from commands.console import UserError
from domain.bank import BankChanged, BankExpired, BankRefused, BankRequest, BankStopped, Contact
from domain.outcome import Posted
from domain.purchasing import Supplier
from governance.approval import Heard
from integrations.sandbox import MasterData, SandboxErp, put_on_file
from integrations.scripted_model import ScriptedModel
from tests.facts import Handle, no_task_failed, until
from tests.files import edit
from tests.office import Office, open_office
from tests.policies import copied
from workflows import attributes
from workflows.approval import Approval
from workflows.bank_details import BankDetailsWorkflow

OLD, NEW, OTHER = "DE78999100010000471100", "DE55999150150004423600", "DE66999400040002204400"
DUTCH = "NL84XBNK0999954321"
LONG_AGO = date(2020, 1, 1)
HANSEN, HANSENS = "70008", "DE79999600060001035500"
"""The supplier of the sample invoice that names the account NEW."""


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The shipped policies, with a cooling-off of a second."""
    folder = copied(tmp_path / "policies")
    edit(folder / "bank-terms.toml", '"2 business days"', '"1 second"')
    return folder


@pytest_asyncio.fixture
async def office(client: Client, tmp_path: Path, policies: Path) -> AsyncGenerator[Office]:
    async with open_office(client, tmp_path, policies=policies) as ours:
        yield ours


async def a_supplier(office: Office, **changes: Any) -> str:
    """Put a supplier on file whom no other test knows: its number is its case."""
    fields = {"id": f"S{uuid.uuid4().hex[:8]}", "name": "Nord Guss AG", "vat_id": None, "currency": "EUR"}
    supplier = Supplier.model_validate({**fields, "account": OLD, "email": "ap@nord.example", **changes})
    await put_on_file(office.database, MasterData(suppliers=(supplier,), contacts=(contact(supplier.id),)))
    return supplier.id


def contact(supplier_id: str, **changes: Any) -> Contact:
    fields = {"since": LONG_AGO, "email": "ap@nord.example", "phone": "0049 30 23125 1"}
    return Contact.model_validate({"supplier_id": supplier_id, **fields, **changes})


def request(supplier_id: str, **changes: Any) -> BankRequest:
    fields = {"account": NEW, "holder": "Nord Guss AG", "reference": "LETTER-7", "reason": "a new bank"}
    return BankRequest.model_validate({"supplier_id": supplier_id, "requester": "lars", **fields, **changes})


async def start(office: Office, supplier_id: str, **changes: Any) -> Handle:
    return await start_change(office.desk, request(supplier_id, **changes))


async def start_elsewhere(office: Office, supplier_id: str, case_id: str | None = None, **changes: Any) -> Handle:
    """Start a case as the UI does, which checks nothing."""
    return await office.desk.client.start_workflow(
        BankDetailsWorkflow.run,
        request(supplier_id, **changes),
        id=case_id or f"bank-{supplier_id}",
        task_queue=office.desk.queue,
    )


async def outcome_of(case: Handle) -> Any:
    async with asyncio.timeout(30):
        found = await case.result()
    await no_task_failed(case)
    return found


async def approval_of(office: Office, case: Handle) -> Handle:
    async def asked() -> Handle | None:
        async for found in waiting_for(office.desk, case.id):
            return office.desk.client.get_workflow_handle_for(Approval.run, found.id)
        return None

    return await until(asked)


async def answer(approval: Handle, person: str, kind: str = "approve", text: str | None = None) -> Heard:
    """Answer as a person, and wait until it is heard."""
    before = len((await approval.query(Approval.state)).heard)
    word = {"approve": "note", "reject": "reason"}[kind]
    await approval.signal(kind, {"by": person, **({word: text} if text else {})})

    async def heard() -> Heard | None:
        ballot = await approval.query(Approval.state)
        return ballot.heard[before] if len(ballot.heard) > before else None

    return await until(heard)


async def approve(office: Office, case: Handle, *people: str) -> None:
    approval = await approval_of(office, case)
    for person in people or ("selma", "jonas"):
        assert (await answer(approval, person, text=f"{person} called them")).counted


async def state(case: Handle) -> str:
    return (await case.describe()).typed_search_attributes.get(attributes.CASE_STATE) or ""


async def cooling_off(case: Handle) -> None:
    async def cooling() -> bool:
        return await state(case) == "cooling off"

    await until(cooling)


async def account(office: Office, supplier_id: str) -> str | None:
    record = await SandboxErp(office.database).supplier_record(supplier_id, NEW)
    return record.supplier.account if record else None


async def changes(office: Office, supplier_id: str) -> int:
    return len(await SandboxErp(office.database).account_changes(supplier_id))


async def test_two_people_a_contact_on_file_and_a_wait_change_the_account(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    approval = await approval_of(office, case)
    [asked] = await office.messages()
    assert (asked.to, "DE...1100" in asked.body, "DE...3600" in asked.body) == ("ap@nord.example", True, True)
    asking = (await approval.query(Approval.state)).request
    assert asking.facts["New account"].startswith("DE55 9991 5015 0004 4236 00")
    assert "0049 30 23125 1" in asking.facts["First"]
    assert asking.review.approvers == {"vendor-master": 1, "treasury": 1}
    await approve(office, case)
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankChanged)
    assert outcome.decided_by.startswith("selma, jonas")
    assert outcome.verified == f"{asked.id} to ap@nord.example, on file since 2020-01-01"
    assert (await account(office, supplier), outcome.note) == (NEW, "jonas called them")
    [kept] = await SandboxErp(office.database).account_changes(supplier)
    assert (kept.id, kept.old_account, kept.account, kept.holder) == (outcome.change_id, OLD, NEW, "Nord Guss AG")
    [_, told] = await office.messages()
    assert (told.id, told.to) == (outcome.confirmation_id, "ap@nord.example")
    await no_task_failed(approval)


async def test_one_person_twice_is_not_two_people(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    approval = await approval_of(office, case)
    assert (await answer(approval, "selma")).counted
    assert (await answer(approval, "selma")).why_not == "selma has answered already"
    assert not (await answer(approval, "SELMA@example.com")).counted
    assert not (await answer(approval, "tilda")).counted
    assert await account(office, supplier) == OLD
    assert (await answer(approval, "jonas")).counted
    assert isinstance(await outcome_of(case), BankChanged)


async def test_whoever_asks_does_not_decide(office: Office) -> None:
    case = await start(office, await a_supplier(office), requester="selma@desk")
    approval = await approval_of(office, case)
    assert (await answer(approval, "selma")).why_not == "the person who asked cannot decide"
    await answer(approval, "tilda", "reject", "nobody there knows of it")
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankRefused)
    assert (outcome.reason, outcome.decided_by) == ("nobody there knows of it", "tilda (claimed)")


@pytest.mark.parametrize(
    ("newest", "said"),
    [
        ({"since": datetime.now(UTC).date(), "email": "new@thief.example"}, "a short while ago"),
        ({"since": date(2099, 1, 1), "email": "new@thief.example"}, "a short while ago"),
        ({"since": date(2021, 1, 1), "phone": None}, "No contact"),
        ({"since": LONG_AGO, "email": "as-old@thief.example"}, "No contact"),
    ],
)
async def test_a_contact_that_was_changed_lately_is_not_used(office: Office, newest: dict[str, Any], said: str) -> None:
    supplier = await a_supplier(office)
    await put_on_file(office.database, MasterData(contacts=(contact(supplier, **newest),)))
    outcome = await outcome_of(await start(office, supplier))
    assert isinstance(outcome, BankRefused)
    assert said in outcome.reason
    assert (await office.messages(), await account(office, supplier)) == ((), OLD)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account": "DE55999150150004423601"}, "wrong check digits"),
        ({"account": "=cmd|' /C calc'!A0"}, "is no IBAN"),
        ({"account": "x" * 500_000}, "is no IBAN"),
        ({"account": OLD}, "is the account on file already"),
        ({"reason": " "}, "The reason is empty"),
        ({"holder": "h" * 10_000}, "at most 140"),
    ],
)
async def test_a_request_that_cannot_be_right_asks_nobody(office: Office, changes: dict[str, str], said: str) -> None:
    outcome = await outcome_of(await start_elsewhere(office, await a_supplier(office), **changes))
    assert isinstance(outcome, BankRefused)
    assert said in outcome.reason
    assert await office.messages() == ()


async def test_neither_an_unknown_nor_a_blocked_supplier_is_changed(office: Office) -> None:
    unknown = await outcome_of(await start_elsewhere(office, f"`none`-{uuid.uuid4()}"))
    assert "is not in the supplier master" in unknown.reason
    blocked = await outcome_of(await start(office, await a_supplier(office, blocked=True)))
    assert "is blocked" in blocked.reason


async def test_what_is_unusual_takes_a_third_person_and_what_another_has_nobody_releases(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start(office, supplier, account=DUTCH, holder="Somebody Else")
    approval = await approval_of(office, case)
    assert (await approval.query(Approval.state)).request.evidence == (
        "the new account is in another country than the old one",
        "the holder's name is not the supplier's",
    )
    await approve(office, case, "selma", "jonas")
    assert (await approval.query(Approval.state)).state == "waiting"
    assert (await answer(approval, "karin")).counted
    assert isinstance(await outcome_of(case), BankChanged)
    refused = await outcome_of(await start(office, await a_supplier(office), account=OTHER))
    assert "Another supplier has this account" in refused.reason


async def test_a_case_that_is_not_named_after_its_supplier_does_nothing(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start_elsewhere(office, supplier, f"bank-other-{uuid.uuid4()}")
    assert f"bank-{supplier}" in (await outcome_of(case)).reason


async def test_only_one_change_is_open_for_a_supplier(office: Office) -> None:
    supplier = await a_supplier(office)
    first = await start(office, supplier)
    with pytest.raises(UserError, match="another account"):
        await start(office, supplier, account=OTHER)
    assert (await start(office, supplier, account=NEW.lower())).id == first.id
    await first.signal(BankDetailsWorkflow.stop, "enough")
    assert isinstance(await outcome_of(first), BankStopped)


async def test_a_change_whose_answer_was_lost_happens_once(client: Client, tmp_path: Path, policies: Path) -> None:
    faults = "change_bank_details:fail_after*2, verify_bank_details:fail_after*1, confirm_bank_details:fail_before*1"
    async with open_office(client, tmp_path, policies=policies, sandbox_faults=faults) as office:
        supplier = await a_supplier(office)
        case = await start(office, supplier)
        await approve(office, case)
        assert isinstance(await outcome_of(case), BankChanged)
        assert (await changes(office, supplier), len(await office.messages())) == (1, 2)


async def test_an_account_that_was_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    approval = await approval_of(office, case)
    moved = Supplier(id=supplier, name="Nord Guss AG", vat_id=None, currency="EUR", account=OTHER, email=None)
    await put_on_file(office.database, MasterData(suppliers=(moved,)))
    for person in ("selma", "jonas"):
        assert (await answer(approval, person)).counted
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankRefused)
    assert "now it is DE...4400" in outcome.reason
    assert not outcome.needs_repair
    assert (await account(office, supplier), await changes(office, supplier)) == (OTHER, 0)


async def test_anybody_stops_it_during_the_cooling_off(office: Office, policies: Path) -> None:
    edit(policies / "bank-terms.toml", '"1 second"', '"2 business days"')
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    await approve(office, case)
    await cooling_off(case)
    stop = await stop_change(office.desk, supplier, "the supplier knows nothing of it", "zeno")
    assert (stop.by, stop.reason) == ("zeno", "the supplier knows nothing of it")
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankStopped)
    assert outcome.decided_by == "zeno (claimed)"
    assert (outcome.approved_by or "").startswith("selma, jonas")
    assert await account(office, supplier) == OLD


GARBAGE = {
    "nothing": [],
    "null": [Payload(metadata={"encoding": b"binary/null"})],
    "no JSON": [Payload(metadata={"encoding": b"json/plain"}, data=b"{stop")],
    "a number": [Payload(metadata={"encoding": b"json/plain"}, data=b"7")],
    "bytes": [Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\x00")],
    "encrypted": [Payload(metadata={"encoding": b"binary/encrypted"}, data=b"\x00\x01")],
    "several values": [Payload(metadata={"encoding": b"json/plain"}, data=b'"a"')] * 2,
    "a megabyte": [Payload(metadata={"encoding": b"json/plain"}, data=json.dumps("x" * 1_000_000).encode())],
    "deep": [Payload(metadata={"encoding": b"json/plain"}, data=b"[" * 50_000)],
    "hostile": [Payload(metadata={"encoding": b"json/plain"}, data=b'"```\\n# APPROVED \\u202e<b>"')],
}


async def send(office: Office, case: Handle, name: str, data: list[Payload], identity: str = "") -> None:
    """Send a signal with exactly these bytes, as any client may."""
    sent = SignalWorkflowExecutionRequest(
        namespace=office.desk.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=case.id),
        signal_name=name,
        input=Payloads(payloads=data) if data else None,
        identity=identity,
        request_id=str(uuid.uuid4()),
    )
    await office.desk.client.workflow_service.signal_workflow_execution(sent)


@pytest.mark.parametrize("shape", GARBAGE)
async def test_a_stop_that_cannot_be_read_stops_all_the_same(office: Office, policies: Path, shape: str) -> None:
    edit(policies / "bank-terms.toml", '"1 second"', '"2 business days"')
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    approval = await approval_of(office, case)
    await send(office, case, "stopp", GARBAGE["a number"])
    await send(office, case, "aside", GARBAGE["several values"])
    await send(office, case, "stop", GARBAGE[shape], identity="wilma@desk")
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankStopped)
    [stop] = outcome.stops
    assert stop.by == ("somebody" if shape == "several values" else "wilma")
    assert stop.reason or stop.unread
    assert len(outcome.model_dump_json()) < 5_000
    assert "\u202e" not in ((await case.describe()).typed_search_attributes.get(attributes.SUBJECT) or "")
    assert (await approval.describe()).status is not None
    assert await account(office, supplier) == OLD


async def test_a_stop_that_comes_first_asks_nobody(client: Client, tmp_path: Path, policies: Path) -> None:
    async with open_office(client, tmp_path, working=False, policies=policies) as office:
        supplier = await a_supplier(office)
        case = await office.desk.client.start_workflow(
            BankDetailsWorkflow.run,
            request(supplier),
            id=f"bank-{supplier}",
            task_queue=office.desk.queue,
            start_signal="stop",
            start_signal_args=["a mistake"],
        )
        async with worker.worker_for(client, office.desk.settings) as late, late:
            outcome = await outcome_of(case)
        assert isinstance(outcome, BankStopped)
        assert [found async for found in waiting_for(office.desk, case.id)] == []


async def test_too_few_answers_in_time_change_nothing(client: Client, tmp_path: Path, policies: Path) -> None:
    edit(policies / "bank-details.toml", 'deadline = "3 business days"', 'deadline = "3 seconds"')
    async with open_office(client, tmp_path, policies=policies) as office:
        supplier = await a_supplier(office)
        case = await start(office, supplier)
        await approve(office, case, "selma")
        outcome = await outcome_of(case)
        assert isinstance(outcome, BankExpired)
        assert outcome.reason == "Too few people answered in time; selma had approved."
        assert await account(office, supplier) == OLD


async def test_an_approval_of_a_stopped_change_does_not_count_for_the_next(office: Office) -> None:
    supplier = await a_supplier(office)
    first = await start(office, supplier)
    stale = await approval_of(office, first)
    assert (await answer(stale, "selma")).counted
    await first.signal(BankDetailsWorkflow.stop, "wrong letter")
    assert isinstance(await outcome_of(first), BankStopped)
    second = await start(office, supplier, reference="LETTER-8")
    fresh = await approval_of(office, second)
    assert (await fresh.query(Approval.state)).heard == ()
    assert (await answer(fresh, "jonas")).counted
    assert await account(office, supplier) == OLD
    assert (await answer(fresh, "tilda")).counted
    assert isinstance(await outcome_of(second), BankChanged)


async def test_rules_that_changed_during_the_wait_are_obeyed_without_asking_again(
    office: Office, policies: Path
) -> None:
    edit(policies / "bank-terms.toml", '"1 second"', '"3 seconds"')
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    await approve(office, case)
    await cooling_off(case)
    edit(policies / "bank-details.toml", "{ vendor-master = 1, treasury = 1 }", "{ vendor-master = 1, treasury = 2 }")
    outcome = await outcome_of(case)
    assert isinstance(outcome, BankRefused)
    assert "The rules now want more people: 1 from treasury" in outcome.reason
    assert await account(office, supplier) == OLD


async def test_terms_that_cannot_be_read_change_nothing(office: Office, policies: Path) -> None:
    (policies / "bank-terms.toml").write_text('version = "1"\ncontact_days = 0\ncooling_off = "soon"\n')
    outcome = await outcome_of(await start(office, await a_supplier(office)))
    assert isinstance(outcome, BankRefused)
    assert "cooling_off" in outcome.reason
    assert await office.messages() == ()


async def test_meanwhile_payments_go_to_the_old_account_and_an_invoice_with_the_new_one_waits(
    client: Client, model: ScriptedModel, policies: Path, samples: Path, tmp_path: Path
) -> None:
    given = {"model_url": model.url, "model": "rules", "model_provider": "scripted", "policies": policies}
    async with open_office(client, tmp_path, **given) as office:
        await invoices_during_a_change(office, samples, tmp_path)


async def invoices_during_a_change(office: Office, samples: Path, folder: Path) -> None:
    case = await start(office, HANSEN, holder="Spedition Hansen & Co. KG")
    await approval_of(office, case)
    naming = (samples / "invoices" / "09-changed-bank-account.xml").read_text()
    held = await office.process(await an_invoice(office, folder, "H-1", naming))
    paid = await office.process(await an_invoice(office, folder, "PAID-22", naming.replace(NEW, HANSENS)))
    assert isinstance(held, Posted)
    assert isinstance(paid, Posted)
    assert (held.payment_held, held.payment_id, paid.payment_held) == (("bank_details_differ",), None, ())
    assert [payment.account for payment in await office.payments()] == [HANSENS]
    await approve(office, case)
    assert isinstance(await outcome_of(case), BankChanged)
    after = await office.process(await an_invoice(office, folder, "THIRD-333", naming))
    assert isinstance(after, Posted)
    assert after.payment_held == ()
    assert [payment.account for payment in await office.payments()] == [HANSENS, NEW]


async def an_invoice(office: Office, folder: Path, number: str, text: str) -> Path:
    """The sample invoice under another number, for an order of its own."""
    order = await SandboxErp(office.database).find_order("PO-26-0108")
    assert order is not None
    own = order.model_copy(update={"id": f"PO-{number}"})
    await put_on_file(office.database, MasterData(orders=(own,)))
    file = folder / f"{number}.xml"
    file.write_text(text.replace("SH-88120", number).replace("PO-26-0108", own.id))
    return file


async def test_a_loaded_file_does_not_put_the_old_account_back(office: Office) -> None:
    supplier = await a_supplier(office)
    case = await start(office, supplier)
    await approve(office, case)
    assert isinstance(await outcome_of(case), BankChanged)
    loaded = Supplier(id=supplier, name="Nord Guss AG", vat_id=None, currency="EUR", account=OLD, email=None)
    await put_on_file(office.database, MasterData(suppliers=(loaded,)))
    assert await account(office, supplier) == NEW
    back = await outcome_of(await start(office, supplier, reference="LETTER-9"))
    assert "on file already" in back.reason
