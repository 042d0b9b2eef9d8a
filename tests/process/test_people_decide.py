"""Whole cases in which people prove who they are, change what is done, ask why, or stop an agent."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client

from domain.outcome import Held, Posted
from domain.spending import Spent
from governance.approval import Heard
from governance.ballot import Ballot
from governance.tokens import Binding, signed_answer
from integrations.scripted_model import ScriptedModel, scripted_model
from integrations.scripted_model.reply import Reply
from integrations.store import open_store
from integrations.store.stops import Stop
from tests.facts import Handle, until
from tests.office import Office, no_task_failed, open_office
from tests.policies import copied
from tests.process.test_approval import as_json, heard, reset, signal
from tests.tokens import key, point
from workflows.approval import Approval

Sample = Callable[[str], Path]
SIGNERS = ("zora", "zuri")
TWO_SIGNED = 'approvers = { finance = 2 }\nassurance = "signed"\n'


@pytest.fixture(scope="session")
def sample(samples: Path) -> Sample:
    return lambda name: next(iter(sorted((samples / "invoices").glob(f"{name}*"))))


@pytest.fixture(scope="module")
def strict_policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped policies, with three people of finance who have keys, two of whom must sign for over 5,000."""
    folder = copied(tmp_path_factory.mktemp("strict") / "policies")
    people = folder / "people.toml"
    entries = [
        f'\n[[person]]\nid = "{name}"\nname = "{name.title()}"\nroles = ["finance"]\nlimit = "unlimited"\n'
        f'[[person.keys]]\nkid = "{name}-key"\nx = "{point(key(name))}"\nsince = {date(2026, 1, 1)}\n'
        for name in SIGNERS
    ]
    people.write_text(people.read_text() + "".join(entries))
    table = folder / "invoice.toml"
    rows = table.read_text().split("[[row]]")
    rows = [
        row.replace("approvers = { finance = 1 }\n", TWO_SIGNED) if 'id = "over-5000"' in row else row for row in rows
    ]
    table.write_text("[[row]]".join(rows))
    return folder


@pytest_asyncio.fixture(scope="module")
async def strict(
    client: Client, tmp_path_factory: pytest.TempPathFactory, strict_policies: Path
) -> AsyncGenerator[Office]:
    """An office where answers are believed only as far as they are proven."""
    home = tmp_path_factory.mktemp("strict-office")
    async with open_office(client, home, profile="production", policies=strict_policies) as ours:
        yield ours


def dearer(sample: Sample, folder: Path, number: str) -> Path:
    """An invoice of over 5,000 that no other test has posted."""
    file = folder / f"{number}.xml"
    file.write_text(sample("04").read_text().replace("R-260931", number))
    return file


async def waiting(office: Office, case: Handle) -> Handle:
    """The approval that a case waits for, of the run that waits."""
    approval = office.desk.client.get_workflow_handle_for(Approval.run, await office.approval_of(case))
    run = (await approval.describe()).run_id
    return office.desk.client.get_workflow_handle_for(Approval.run, approval.id, run_id=run)


async def token(approval: Handle, person: str, answer: str = "approve", **changes: Any) -> str:
    """What a person signs for an answer to a request."""
    ballot: Ballot = await approval.query(Approval.state)
    fields: dict[str, Any] = {
        "request": ballot.request.digest,
        "run_id": approval.run_id,
        "answer": answer,
        "note": None,
        "changes": None,
        "person": None,
    }
    return signed_answer(
        Binding(**{**fields, **changes}),
        person=person,
        key=key(person).private_key,
        kid=f"{person}-key",
        at=datetime.now(UTC),
    )


async def send(office: Office, approval: Handle, kind: str, **data: Any) -> Heard:
    """Send an answer and wait until it is on record."""
    before = len((await approval.query(Approval.state)).heard)
    await signal(office, approval, kind, as_json(data), identity="somebody@desk")
    return (await heard(approval, before + 1))[-1]


async def test_two_people_who_sign_let_a_bill_post_and_nobody_who_only_says_so_does(
    strict: Office, sample: Sample
) -> None:
    case = await strict.hand_in(sample("04"))
    approval = await waiting(strict, case)
    claimed = await send(strict, approval, "approve", by="zora")
    assert claimed.why_not == "it takes somebody signed here, and this was claimed"
    first = await send(strict, approval, "approve", token=await token(approval, "zora"))
    assert (first.counted, first.by, first.assurance) == (True, "zora", "signed")
    again = await send(strict, approval, "approve", token=await token(approval, "zora"))
    assert again.why_not == "zora has answered already"
    await signal(strict, approval, "approve", as_json({"token": await token(approval, "zuri")}))
    outcome = await case.result()
    assert isinstance(outcome, Posted)
    assert outcome.decided_by == "zora, zuri (signed)"
    assert len(await strict.bills()) == 1
    await no_task_failed(case)


async def test_a_signature_counts_for_one_answer_to_one_request_and_for_nothing_else(
    strict: Office, sample: Sample, tmp_path: Path
) -> None:
    case = await strict.hand_in(dearer(sample, tmp_path, "R-1"))
    other = await strict.hand_in(dearer(sample, tmp_path, "R-2"))
    approval, elsewhere = await waiting(strict, case), await waiting(strict, other)
    good = await token(approval, "zora")
    note = await token(approval, "zora", note="checked")
    refused = {
        "another request": await send(strict, elsewhere, "approve", token=good),
        "another answer": await send(strict, approval, "reject", token=good, reason="x"),
        "another note": await send(strict, approval, "approve", token=note, note="not checked"),
        "changes": await send(strict, approval, "approve", token=good, changes={"due_date": "2027-01-31"}),
        "another name": await send(strict, approval, "approve", token=good, by="zuri"),
        "no token": await send(strict, approval, "approve", token="none"),
    }
    assert {why: one.counted for why, one in refused.items()} == dict.fromkeys(refused, False)
    assert (await send(strict, approval, "approve", token=note, note="checked")).counted
    for each in (case, other):
        await each.cancel()


async def test_a_signature_does_not_survive_a_reset_of_the_request(
    strict: Office, sample: Sample, tmp_path: Path
) -> None:
    case = await strict.hand_in(dearer(sample, tmp_path, "R-3"))
    approval = await waiting(strict, case)
    signed = await token(approval, "zora")
    assert (await send(strict, approval, "approve", token=signed)).counted
    again = await reset(strict, approval)
    [before] = await heard(again, 1)
    assert (before.counted, before.why_not is not None) == (False, True)
    replayed = await send(strict, again, "approve", token=signed)
    assert "another run" in (replayed.why_not or "")
    await case.cancel()


async def test_what_an_approver_changes_is_what_is_done(office: Office, sample: Sample) -> None:
    case = await office.hand_in(sample("04"))
    approval = await waiting(office, case)
    refused = await send(office, approval, "approve", by="anna", changes={"account": "DE89370400440532013000"})
    assert "due_date" in (refused.why_not or "")
    later = (datetime.now(UTC) + timedelta(days=400)).date()
    await signal(office, approval, "approve", as_json({"by": "anna", "changes": {"due_date": later.isoformat()}}))
    outcome = await case.result()
    assert isinstance(outcome, Posted)
    [payment] = await office.payments()
    assert (payment.on, outcome.payment_date) == (later, later)
    await no_task_failed(case)


async def test_a_change_that_takes_a_second_person_is_asked_anew_with_the_first_vote_counted(
    client: Client, tmp_path: Path, strict_policies: Path, sample: Sample
) -> None:
    async with open_office(client, tmp_path, policies=strict_policies) as office:
        case = await office.hand_in(sample("04"))
        first = await waiting(office, case)
        later = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
        await signal(office, first, "approve", as_json({"by": "anna", "changes": {"due_date": later}}))
        assert (await first.result()).state == "amended"
        second = await waiting(office, case)
        assert second.id == f"{first.id}.2"
        ballot: Ballot = await second.query(Approval.state)
        assert [vote.person for vote in ballot.record.votes] == ["anna"]
        assert later[:4] in str(ballot.request.facts["Due"])
        assert (await send(office, second, "approve", by="anna")).why_not == "anna has answered already"
        await signal(office, second, "approve", as_json({"by": "bob"}))
        outcome = await case.result()
        assert isinstance(outcome, Posted)
        assert outcome.decided_by == "anna, bob (claimed)"
        assert len(await office.bills()) == 1


async def test_a_question_to_the_agent_is_answered_on_the_card_and_decides_nothing(
    office: Office, model: ScriptedModel, sample: Sample
) -> None:
    case = await office.hand_in(sample("05"))
    approval = await waiting(office, case)
    asked = await send(office, approval, "comment", text="Why should we accept this price?", by="anna")

    async def told() -> tuple[Any, ...]:
        return (await approval.query(Approval.state)).record.explained

    [explained] = await until(told)
    assert (explained.event_id, explained.agent) == (asked.event_id, "invoice_examiner")
    assert "invoice_examiner 1 proposed" in (explained.answer or "")
    assert len(model.asked) == 2
    assert (await office.answer(case, "approve", None)).counted
    outcome = await case.result()
    assert isinstance(outcome, Posted)
    assert outcome.spent.turns == 2


async def test_a_suspended_agent_is_not_asked_and_its_cases_go_to_people(
    office: Office, model: ScriptedModel, sample: Sample
) -> None:
    stop = Stop(
        kind="agent",
        name="invoice_examiner",
        by="anna",
        at=datetime.now(UTC),
        reason="it misreads prices",
        state="stopped",
    )
    async with open_store(office.desk.settings.store_url) as store:
        await store.stops.suspend(stop)
    case = await office.hand_in(sample("05"))
    ballot: Ballot = await (await waiting(office, case)).query(Approval.state)
    assert ballot.request.advice is None
    assert "it misreads prices" in ballot.request.facts["Agent"]
    assert model.asked == []
    assert (await office.answer(case, "approve", None)).counted
    assert isinstance(await case.result(), Posted)


async def test_a_suspended_action_is_not_judged_and_the_case_says_who_stopped_it(
    office: Office, sample: Sample
) -> None:
    stop = Stop(kind="action", name="erp.post_bill", by="anna", at=datetime.now(UTC), reason="audit", state="stopped")
    async with open_store(office.desk.settings.store_url) as store:
        await store.stops.suspend(stop)
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Held)
        assert "anna suspended the action erp.post_bill" in outcome.reason
        assert await office.bills() == ()
        await store.stops.resume(stop.model_copy(update={"state": "resumed", "reason": "done"}))
    assert isinstance(await office.process(sample("01"), again=True), Posted)


async def test_a_model_that_spends_its_budget_on_nonsense_is_asked_no_more(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    """A thousand pages of answer each time: the tokens are gone before the turns are."""
    waste = Reply(content="x" * 500_000)
    async with (
        scripted_model([waste] * 6) as wasteful,
        open_office(client, tmp_path, model_url=wasteful.url, model="rules") as office,
    ):
        case = await office.hand_in(sample("05"))
        ballot: Ballot = await (await waiting(office, case)).query(Approval.state)
        assert "the budget of 150000 tokens is used up" in ballot.request.facts["Agent"]
        assert len(wasteful.asked) < 3
        assert (await office.answer(case, "approve", None)).counted
        outcome = await case.result()
        assert isinstance(outcome, Posted)
        assert outcome.spent.turns == len(wasteful.asked)
        assert outcome.spent.output_tokens > 100_000


async def test_the_outcome_says_what_reasoning_cost(office: Office, sample: Sample) -> None:
    clean = await office.process(sample("01"))
    assert clean.spent == Spent()
    case = await office.hand_in(sample("05"))
    await office.answer(case, "approve", None)
    spent = (await case.result()).spent
    assert (spent.turns, spent.unpriced, spent.money) == (1, 0, 0)
    assert spent.input_tokens > 0


async def test_a_request_survives_a_broken_people_file_and_counts_once_it_is_mended(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    folder = copied(tmp_path / "policies")
    people = folder / "people.toml"
    whole = people.read_text()
    async with open_office(client, tmp_path, policies=folder) as office:
        case = await office.hand_in(sample("04"))
        approval = await waiting(office, case)
        await asyncio.to_thread(people.write_text, whole + "\n[[person]]\nid = 7\n")
        broken = await send(office, approval, "approve", by="anna")
        assert "people.toml" in (broken.why_not or "")
        await asyncio.to_thread(people.write_text, whole)
        assert (await office.answer(case, "approve", None)).counted
        assert isinstance(await case.result(), Posted)


def rows_changed(folder: Path, row: str, further: str) -> Path:
    """The shipped policies with something more in one row of the invoice table."""
    copied(folder)
    table = folder / "invoice.toml"
    table.write_text(table.read_text().replace(f'id = "{row}"\n', f'id = "{row}"\n{further}\n'))
    return folder


async def test_in_shadow_mode_nothing_is_done_and_the_case_says_what_would_have_been(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    folder = rows_changed(tmp_path / "policies", "clean", 'mode = "shadow"')
    async with open_office(client, tmp_path, policies=folder) as office:
        outcome = await office.process(sample("01"))
        assert isinstance(outcome, Held)
        assert "shadow" in outcome.reason
        assert (await office.bills(), await office.payments(), await office.messages()) == ((), (), ())


async def test_a_second_look_asks_a_person_about_what_the_row_allows(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    further = 'sample = "1"\napprovers = { finance = 1 }\ndeadline = "2 business days"'
    folder = rows_changed(tmp_path / "policies", "clean", further)
    async with open_office(client, tmp_path, policies=folder) as office:
        case = await office.hand_in(sample("01"))
        ballot: Ballot = await (await waiting(office, case)).query(Approval.state)
        assert ballot.request.verdict.sampled
        assert (await office.answer(case, "approve", None)).counted
        assert isinstance(await case.result(), Posted)


async def test_a_mail_server_that_is_down_delays_nobody_s_answer(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    down = {"smtp_url": "smtp://127.0.0.1:1", "mail_from": "signalbox@example.com"}
    async with open_office(client, tmp_path, **down) as office:
        case = await office.hand_in(sample("04"))
        assert (await office.answer(case, "approve", None)).counted
        assert isinstance(await case.result(), Posted)
