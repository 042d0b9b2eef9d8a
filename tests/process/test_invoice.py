import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import Client

from domain.outcome import Duplicate, Held, Posted, Rejected
from integrations.scripted_model import ScriptedModel, scripted_model
from integrations.scripted_model.reply import Reply
from tests.office import Office, no_task_failed, open_office

Sample = Callable[[str], Path]


@pytest.fixture(scope="session")
def sample(samples: Path) -> Sample:
    """A shipped invoice by the beginning of its name."""
    return lambda name: next(iter(sorted((samples / "invoices").glob(f"{name}*"))))


@pytest.mark.parametrize("name", ["01", "02", "03"])
async def test_a_clean_e_invoice_is_posted_paid_and_told_without_a_model(
    office: Office, model: ScriptedModel, sample: Sample, name: str
) -> None:
    outcome = await office.process(sample(name))
    assert isinstance(outcome, Posted)
    assert outcome.decided_by.endswith("row clean")
    [bill], [payment], [message] = await office.bills(), await office.payments(), await office.messages()
    assert (outcome.bill_id, outcome.payment_id, outcome.remittance_id) == (bill.id, payment.id, message.id)
    assert (payment.amount, payment.currency) == (bill.payable, bill.currency)
    assert model.asked == []


async def test_the_same_document_twice_is_the_same_case(office: Office, sample: Sample) -> None:
    handles = await asyncio.gather(*(office.hand_in(sample("01")) for _ in range(5)))
    assert len({handle.id for handle in handles}) == 1
    await handles[0].result()
    again = await office.hand_in(sample("01"))
    assert isinstance(await again.result(), Posted)
    assert len(await office.bills()) == 1


async def test_a_case_started_again_posts_and_pays_nothing_twice(office: Office, sample: Sample) -> None:
    await office.process(sample("01"))
    outcome = await office.process(sample("01"), again=True)
    assert isinstance(outcome, Duplicate)
    assert (len(await office.bills()), len(await office.payments())) == (1, 1)


async def test_two_documents_of_one_invoice_at_once_make_one_bill(office: Office, sample: Sample) -> None:
    outcomes = await asyncio.gather(office.process(sample("01")), office.process(sample("07")))
    assert {type(outcome) for outcome in outcomes} == {Posted, Duplicate}
    assert (len(await office.bills()), len(await office.payments())) == (1, 1)


async def test_a_bill_above_the_limit_waits_for_finance_and_is_paid_once_approved(
    office: Office, model: ScriptedModel, sample: Sample
) -> None:
    case = await office.hand_in(sample("04"))
    assert (await office.approval_of(case)).startswith("approval.finance.")
    assert await office.bills() == ()
    assert (await office.answer(case, "approve", "checked")).counted
    outcome = await case.result()
    assert isinstance(outcome, Posted)
    assert outcome.decided_by == "anna (claimed)"
    assert len(await office.payments()) == 1
    assert model.asked == []
    await no_task_failed(case)


async def test_a_rejected_price_variance_posts_nothing(office: Office, model: ScriptedModel, sample: Sample) -> None:
    case = await office.hand_in(sample("05"))
    assert (await office.approval_of(case)).startswith("approval.buyer.")
    assert (await office.answer(case, "reject", "not agreed")).counted
    outcome = await case.result()
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.decided_by) == ("not agreed", "anna (claimed)")
    assert await office.bills() == ()
    assert len(model.asked) == 1


async def test_who_submitted_cannot_approve(office: Office, sample: Sample) -> None:
    case = await office.hand_in(sample("05"), requester="anna")
    refused = await office.answer(case, "approve", None, person="anna")
    assert refused.why_not == "the person who asked cannot decide"
    assert (await office.answer(case, "approve", None, person="bob")).counted
    assert isinstance(await case.result(), Posted)


async def test_a_short_receipt_is_held_for_receiving(office: Office, sample: Sample) -> None:
    outcome = await office.process(sample("06"))
    assert isinstance(outcome, Held)
    assert outcome.owner == "receiving"
    assert await office.bills() == ()


async def test_an_unknown_supplier_is_held_for_the_master(office: Office, sample: Sample) -> None:
    outcome = await office.process(sample("08"))
    assert isinstance(outcome, Held)
    assert outcome.owner == "vendor-master"


async def test_changed_bank_details_post_the_bill_and_hold_its_payment(office: Office, sample: Sample) -> None:
    outcome = await office.process(sample("09"))
    assert isinstance(outcome, Posted)
    assert outcome.payment_held == ("bank_details_differ",)
    assert "not the one on file" in (outcome.payment_reason or "")
    assert await office.payments() == ()


async def test_wrong_totals_go_back_to_the_supplier_once_a_person_agrees(office: Office, sample: Sample) -> None:
    case = await office.hand_in(sample("10"))
    assert (await office.approval_of(case)).startswith("approval.ap.")
    assert await office.messages() == ()
    await office.answer(case, "approve", None)
    outcome = await case.result()
    assert isinstance(outcome, Rejected)
    [message] = await office.messages()
    assert outcome.message_id == message.id


async def test_an_invoice_without_order_is_coded_and_asked_of_the_cost_centre(office: Office, sample: Sample) -> None:
    case = await office.hand_in(sample("11"))
    assert (await office.approval_of(case)).startswith("approval.cost-centre.")
    await office.answer(case, "approve", None)
    assert isinstance(await case.result(), Posted)


async def test_a_credit_note_of_a_posted_bill_posts_and_pays_nothing(office: Office, sample: Sample) -> None:
    await office.process(sample("01"))
    paid = len(await office.payments())
    outcome = await office.process(sample("12"))
    assert isinstance(outcome, Posted)
    assert outcome.payment_id is None
    assert len(await office.payments()) == paid


async def test_plain_text_is_read_by_the_model_looked_up_and_shown_to_a_person(
    office: Office, model: ScriptedModel, sample: Sample
) -> None:
    case = await office.hand_in(sample("13"))
    assert (await office.approval_of(case)).startswith("approval.ap.")
    assert len(model.asked) == 1
    await office.answer(case, "approve", None)
    assert isinstance(await case.result(), Posted)


@pytest.mark.parametrize("name", ["14", "15"])
async def test_a_broken_or_hostile_file_is_held_and_says_why(office: Office, sample: Sample, name: str) -> None:
    outcome = await office.process(sample(name))
    assert isinstance(outcome, Held)
    assert outcome.findings[0].code == "unreadable"
    assert sample(name).name in outcome.reason


async def test_an_effect_that_succeeds_but_times_out_happens_once(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    faults = "post_bill:fail_after*2, schedule_payment:fail_after*1, send_remittance:fail_before*1"
    async with open_office(client, tmp_path, sandbox_faults=faults) as office:
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Posted)
        counts = [len(await books()) for books in (office.bills, office.payments, office.messages)]
        assert counts == [1, 1, 1]


async def test_a_payment_refused_for_good_voids_the_bill(client: Client, tmp_path: Path, sample: Sample) -> None:
    async with open_office(client, tmp_path, sandbox_faults="schedule_payment:refuse") as office:
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Held)
        assert not outcome.needs_repair
        [bill] = await office.bills()
        assert (bill.status, await office.payments()) == ("void", ())


async def test_a_void_that_fails_leaves_the_case_marked_for_repair(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    faults = "schedule_payment:refuse, void_bill:refuse"
    async with open_office(client, tmp_path, sandbox_faults=faults) as office:
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Held)
        assert outcome.needs_repair


async def test_after_a_voided_bill_the_invoice_can_be_submitted_again(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    async with open_office(client, tmp_path, sandbox_faults="schedule_payment:refuse*1") as office:
        assert isinstance(await office.process(sample("01")), Held)
        assert isinstance(await office.process(sample("01"), again=True), Posted)
        assert sorted(bill.status for bill in await office.bills()) == ["posted", "void"]
        assert len(await office.payments()) == 1


async def test_without_a_model_the_rules_speak_and_people_decide_the_rest(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    async with open_office(client, tmp_path) as office:
        assert isinstance(await office.process(sample("01")), Posted)
        assert isinstance(await office.process(sample("06")), Held)
        text = await office.process(sample("13"))
        assert isinstance(text, Held)
        assert "no model read it" in text.reason
        case = await office.hand_in(sample("05"))
        await office.answer(case, "approve", None)
        assert isinstance(await case.result(), Posted)


@pytest.mark.parametrize("fault", ["malformed", "wrong_schema", "empty_choices", "html"])
async def test_a_model_that_answers_nonsense_decides_nothing(
    client: Client, tmp_path: Path, sample: Sample, fault: str
) -> None:
    replies = [Reply(fault=fault) for _ in range(20)]
    async with (
        scripted_model(replies, rules=False) as broken,
        open_office(client, tmp_path, model_url=broken.url, model="rules") as office,
    ):
        case = await office.hand_in(sample("05"))
        approval = await office.approval_of(case)
        assert approval.startswith("approval.buyer.")
        assert broken.asked
        assert await office.bills() == ()
        assert (await office.answer(case, "reject", "no")).counted
        await case.result()


async def test_a_reading_that_the_text_does_not_bear_out_is_for_a_person(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    async with (
        scripted_model([Reply(fault="wrong_figures")], rules=True) as lying,
        open_office(client, tmp_path, model_url=lying.url, model="rules") as office,
    ):
        outcome = await office.process(sample("13"))
        assert isinstance(outcome, Held)
        assert "not borne out by the text" in outcome.reason
        assert await office.bills() == ()


async def test_nobody_answering_refuses(client: Client, tmp_path: Path, sample: Sample, quick_policies: Path) -> None:
    async with open_office(client, tmp_path, policies=quick_policies) as office:
        outcome = await office.process(sample("04"))
        assert isinstance(outcome, Held)
        assert outcome.reason == "Nobody answered in time."
        assert await office.bills() == ()


async def test_an_unreadable_policy_file_lets_nothing_happen(
    client: Client, tmp_path: Path, sample: Sample, quick_policies: Path
) -> None:
    async with open_office(client, tmp_path, policies=quick_policies) as office:
        (quick_policies / "invoice.toml").write_text("policy = [")
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Held)
        assert "not a TOML file" in outcome.reason
        assert await office.bills() == ()


async def test_cancelling_the_approval_refuses_and_cancelling_the_case_ends_it(office: Office, sample: Sample) -> None:
    case = await office.hand_in(sample("04"))
    await office.desk.client.get_workflow_handle(await office.approval_of(case)).cancel()
    outcome = await case.result()
    assert isinstance(outcome, Held)
    assert await office.bills() == ()
