"""Answering, following and showing approvals from the command line, on a real server."""

import asyncio
import os
import pty
import re
import shutil
import signal
import sys
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
import pytest_asyncio
from temporalio.client import Client

import worker
from commands.answering import Reply, answer, send
from commands.approvals import _one
from commands.bulk import Bulk
from commands.cases import show_case
from commands.console import UserError, out
from commands.dossier import dossier
from commands.following import FollowedApproval, FollowedCase, Printed
from commands.inbox import inbox
from commands.keys import public_entry
from commands.showing import print_dossier
from commands.signing import signer_of
from commands.waiting import gone, pending
from governance.verdict import Rung
from integrations.keys import new_key
from tests.actions import bill, request, review, subject, verdict
from tests.conftest import ROOT
from tests.facts import until
from tests.office import Office, open_office
from tests.policies import copied
from tests.terminal import Terminal
from workflows.approval import Approval
from workflows.asking import found_by


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped rules, where nils has a key and bills over 5,000 take two people."""
    folder = copied(tmp_path_factory.mktemp("rules") / "policies")
    key = new_key(folder / "nils.pem", None)
    new_key(folder / "stray.pem", None)
    people, table = folder / "people.toml", folder / "invoice.toml"
    since = datetime.now(UTC).date() - timedelta(days=1)
    before, nils, after = people.read_text().partition('id = "nils"\n')
    own, others = after.split("\n[[", 1)
    people.write_text(f"{before}{nils}{own}\n{public_entry(key, since)}\n\n[[{others}")
    row = 'amount = "> 5000"\nthen = "review"\napprovers = { finance = 1 }'
    assert row in table.read_text()
    table.write_text(table.read_text().replace(row, row.replace("1 }", "2 }")))
    return folder


@pytest_asyncio.fixture(scope="module")
async def office(client: Client, tmp_path_factory: pytest.TempPathFactory, policies: Path) -> AsyncGenerator[Office]:
    """One worker for every test here that needs no special one."""
    async with open_office(client, tmp_path_factory.mktemp("office"), policies=policies) as ours:
        yield ours


@pytest.fixture(autouse=True)
def terminal(office: Office, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal beside the office; commands called in this process find it too."""
    desk = office.desk
    environment = {
        "TEMPORAL_ADDRESS": desk.client.service_client.config.target_host,
        "SIGNALBOX_HOME": str(desk.settings.home),
        "SIGNALBOX_TASK_QUEUE": desk.queue,
        "SIGNALBOX_POLICIES": str(desk.settings.policies),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Terminal(environment, desk.settings.home)


@pytest.fixture
def role() -> str:
    """A role that only one test asks."""
    return f"role-{uuid.uuid4().hex[:12]}"


async def ask(office: Office, role: str, *, amount: str = "1190.00", **changes: Any) -> str:
    """Ask a question that no case waits for; returns the approval's id once lists show it."""
    name = changes.pop("id", None) or f"approval.{role}.{uuid.uuid4()}.post"
    expires = datetime.now(UTC) + timedelta(hours=1)
    action = bill(payable=Decimal(amount))
    asked = review({role: changes.pop("people", 1)}, ladder=(Rung(at=expires, does="end"),))
    about = subject(action, expires=expires, requester=changes.pop("requester", "mailroom"), nonce=str(uuid.uuid4()))
    given = request(about, **{"verdict": verdict(action, review=asked), **changes})
    started = await office.desk.client.start_workflow(
        Approval.run,
        given,
        id=name,
        task_queue=office.desk.queue,
        search_attributes=found_by(given, action),
    )
    query = f'WorkflowId="{started.id}" AND ApproverRole="{role}"'
    await until(lambda: _any(office, query))
    return started.id


async def _any(office: Office, query: str) -> bool:
    return (await office.desk.client.count_workflows(query)).count > 0


async def told(action: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    """What a command's function returns and prints."""
    with out.capture() as printed:
        code = await action(*arguments, **options)
    return code, printed.get()


def approving(**changes: Any) -> Reply:
    return Reply(**{"kind": "approve", "by": "anna", "text": "checked", **changes})


async def test_many_are_answered_by_a_query_up_to_a_limit_and_the_rest_is_told(office: Office, role: str) -> None:
    asked = [await ask(office, role, amount=amount) for amount in ("100", "200.50", "900")]
    bulk = Bulk(office.desk, None, limit=2, yes=True)
    query = f'ApproverRole="{role}" AND ExecutionStatus="Running"'
    code, said = await told(bulk.answer, approving(), f"{query} AND Amount < 500")
    assert (code, "2 in all: 300.50 EUR" in said, said.splitlines()[-1]) == (0, True, "2 counted.")
    assert [each in said for each in asked] == [True, True, False]
    assert (await pending(office.desk, asked[2])).ballot.heard == ()
    one = Bulk(office.desk, None, limit=1, yes=True)
    await ask(office, role)
    assert "1 more are found and left alone: --limit is 1." in (await told(one.answer, approving(), query))[1]


async def test_what_does_not_count_among_many_is_told_by_its_line_and_the_exit_code(office: Office, role: str) -> None:
    own, other = await ask(office, role, requester="anna"), await ask(office, role)
    code, said = await told(Bulk(office.desk, None, yes=True).answer, approving(), f'ApproverRole="{role}"')
    assert code == 1
    assert re.search(rf"not counted +{own}: the person who asked cannot decide", said)
    assert re.search(rf"counted +{other}: approved", said)
    assert said.splitlines()[-1] == "1 counted, 1 not counted."


async def test_without_a_terminal_many_are_not_answered_unless_yes_is_said(office: Office, role: str) -> None:
    asked = await ask(office, role)
    with pytest.raises(UserError, match="Add --yes"), out.capture():
        await Bulk(office.desk, None).answer(approving(), f'ApproverRole="{role}"')
    assert (await pending(office.desk, asked)).ballot.heard == ()


async def test_a_request_that_took_the_place_of_the_one_listed_is_not_answered(office: Office, role: str) -> None:
    asked = await ask(office, role)
    listed = await pending(office.desk, asked)
    await office.desk.client.get_workflow_handle(asked).terminate()
    await ask(office, role, id=asked)
    result, said = await Bulk(office.desk, None, yes=True)._answer_one(approving(), listed)
    assert (result, said) == ("not sent", "it is another request than the one listed; look at it by itself")
    assert (await pending(office.desk, asked)).ballot.heard == ()


async def test_a_request_that_changed_while_its_signer_was_asked_is_not_answered(
    office: Office, policies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, other = [await ask(office, "buyer") for _ in range(2)]
    signer, shown = await signer_of(policies / "nils.pem", None), await pending(office.desk, other)
    read = [shown, await pending(office.desk, asked)]
    monkeypatch.setattr("commands.approvals.pending", AsyncMock(side_effect=read))
    with pytest.raises(UserError, match="another request than the one shown"), out.capture():
        await _one(office.desk, asked, approving(by="nils"), signer, yes=True)
    assert (await pending(office.desk, asked)).ballot.heard == ()


async def test_a_request_whose_digest_is_not_its_actions_is_refused(office: Office, role: str) -> None:
    asked = await ask(office, role, digest="a" * 64)
    with pytest.raises(UserError, match="not to be trusted"):
        await _one(office.desk, asked, approving(), None, yes=True)
    listed = await pending(office.desk, asked)
    assert (await Bulk(office.desk, None)._answer_one(approving(), listed))[0] == "not sent"


@pytest.mark.parametrize("query", ['Amount < 5) OR (WorkflowType="Invoice"', "Bogus = 1", "Amount >", "x" * 100_000])
async def test_a_query_that_cannot_be_used_is_a_sentence(office: Office, query: str) -> None:
    with pytest.raises(UserError, match=r"--query|does not understand"):
        await Bulk(office.desk, None, yes=True).answer(approving(), query)


async def test_a_query_for_something_else_finds_approvals_that_wait_alone(office: Office, role: str) -> None:
    asked = await ask(office, role)
    await answer(office.desk, asked, "approve", None, "anna")
    query = f'ApproverRole="{role}" OR WorkflowType="Invoice" OR ExecutionStatus="Completed"'
    found = await told(Bulk(office.desk, None, yes=True, limit=1).answer, approving(by="mailroom"), query)
    assert asked not in found[1]


async def test_a_signed_answer_counts_as_signed(office: Office, policies: Path) -> None:
    asked = await ask(office, "buyer")
    signer = await signer_of(policies / "nils.pem", "Nils@Example.com")
    code, said = await told(_one, office.desk, asked, approving(by="nils"), signer, yes=True)
    assert (code, "Counted: approve by nils (signed), signed with key" in said) == (0, True), said
    assert (await dossier(office.desk, asked)).ballot.state == "approved"


async def test_what_is_signed_is_shown_whole(office: Office, policies: Path) -> None:
    asked = await ask(office, "buyer")
    signer = await signer_of(policies / "nils.pem", None)
    reply = approving(by="nils", changes={"due_date": "2026-12-24"})
    code, said = await told(_one, office.desk, asked, reply, signer, yes=True)
    digest = (await dossier(office.desk, asked)).ballot.request.digest
    assert code == 0
    for shown in (digest, "Acme GmbH", "2026-12-01 → 2026-12-24", "checked", "credit_note      false"):
        assert shown in said


async def test_a_token_for_another_request_does_not_count(office: Office, policies: Path) -> None:
    asked, other = [await pending(office.desk, await ask(office, "buyer")) for _ in range(2)]
    signer = await signer_of(policies / "nils.pem", None)
    reply = approving(by="nils")
    heard = (await send(office.desk, asked, reply, signer.token(other, reply))).heard
    assert (heard.counted, "signed for another request" in str(heard.why_not)) == (False, True)
    again = await pending(office.desk, asked.id)
    assert (await send(office.desk, again, reply, signer.token(again, reply))).heard.counted


async def test_a_key_that_is_not_the_persons_signs_nothing(policies: Path) -> None:
    with pytest.raises(UserError, match=r"is nobody's in .*people\.toml.*keys show"):
        await signer_of(policies / "stray.pem", None)
    with pytest.raises(UserError, match="is the key of nils"):
        await signer_of(policies / "nils.pem", "olga")


async def test_a_key_that_is_not_in_force_yet_signs_nothing(
    policies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "policies"
    shutil.copytree(policies, later)
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    text = (later / "people.toml").read_text()
    (later / "people.toml").write_text(re.sub(r'(x = ".{43}"\nsince = )\S+', rf"\g<1>{tomorrow}", text))
    monkeypatch.setenv("SIGNALBOX_POLICIES", str(later))
    with pytest.raises(UserError, match=f"in force from {tomorrow}"):
        await signer_of(policies / "nils.pem", None)


@pytest.mark.parametrize(("typed", "counted"), [("y\n", True), ("\n", False), ("no\n", False)])
async def test_in_a_terminal_one_is_asked_before_signing(
    office: Office, terminal: Terminal, policies: Path, typed: str, *, counted: bool
) -> None:
    asked = await ask(office, "buyer")
    code, seen = await asyncio.to_thread(
        at_terminal, terminal, ["approve", asked, "--sign", policies / "nils.pem"], typed
    )
    assert (code, "sha256" in seen) == (0 if counted else 1, True), seen
    assert bool((await dossier(office.desk, asked)).ballot.heard) == counted


async def test_ctrl_c_at_the_question_sends_nothing(office: Office, terminal: Terminal, policies: Path) -> None:
    asked = await ask(office, "buyer")
    code, _ = await asyncio.to_thread(
        at_terminal, terminal, ["approve", asked, "--sign", policies / "nils.pem"], "\x03"
    )
    assert (code, (await dossier(office.desk, asked)).ballot.heard) == (130, ())


def hears_ctrl_c() -> None:
    """What runs in the background of a shell is born deaf to Ctrl-C, and so are its children: this suite, say."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def at_terminal(terminal: Terminal, arguments: list[Any], typed: str) -> tuple[int, str]:
    """Somebody reads the question at a terminal of their own and types this; the exit code, and what was seen."""
    command = [sys.executable, str(ROOT / "starter.py"), *map(str, arguments)]
    pid, screen = pty.fork()
    if pid == 0:
        hears_ctrl_c()
        os.execve(sys.executable, command, {**os.environ, **terminal.environment, "COLUMNS": "100"})
    seen, answered = b"", False
    try:
        while received := os.read(screen, 1024):
            seen += received
            if not answered and b"[y/N]" in seen:
                answered = True
                os.write(screen, typed.encode())
    except OSError:
        pass  # how a terminal ends whose program has ended
    finally:
        os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen.decode()


async def test_an_approval_with_changes_tells_of_the_new_request(office: Office, samples: Path) -> None:
    case = await office.hand_in(samples / "invoices" / "04-clean-above-5000.xml")
    asked = await office.approval_of(case)
    code, said = await told(_one, office.desk, asked, approving(changes={"due_date": "2026-12-24"}), None, yes=True)
    assert (code, "due_date: 2026-12-06 → 2026-12-24" in said) == (0, True), said
    assert f"a new request asks about it as it is now: {asked}.2" in said
    with pytest.raises(UserError, match="anna"):
        await pending(office.desk, asked)
    code, said = await told(_one, office.desk, f"{asked}.2", approving(by="bob"), None, yes=True)
    assert said.splitlines()[-1] == "The request is settled: approved."


async def test_a_change_that_the_action_does_not_take_is_not_sent(office: Office, role: str) -> None:
    asked = await ask(office, role)
    with pytest.raises(UserError, match="Nothing was sent: an answer cannot change payable"):
        await _one(office.desk, asked, approving(changes={"payable": "1"}), None, yes=True)
    assert (await pending(office.desk, asked)).ballot.heard == ()


async def test_one_vote_of_two_tells_who_is_still_needed(office: Office, role: str) -> None:
    asked = await ask(office, role, people=2)
    _, said = await told(_one, office.desk, asked, approving(), None, yes=True)
    assert f"It goes on waiting: 1 from {role} still needed." in said


async def test_what_has_ended_is_told_with_how(office: Office, role: str) -> None:
    asked, ended = await ask(office, role), await ask(office, role)
    await answer(office.desk, asked, "reject", "no", "anna")
    await office.desk.client.get_workflow_handle(ended).terminate()
    with pytest.raises(UserError, match="it was rejected by anna"):
        await answer(office.desk, asked, "approve", None, "bob")
    assert "it was terminated without a decision" in await gone(office.desk, ended)


async def test_without_a_worker_nothing_is_sent_and_a_closed_approval_is_shown_whole(
    client: Client, tmp_path: Path, role: str
) -> None:
    async with open_office(client, tmp_path, working=False) as closed:
        async with worker.worker_for(client, closed.desk.settings) as ours, ours:
            asked = await ask(closed, role)
            await answer(closed.desk, asked, "comment", "hm", "bob")
            await answer(closed.desk, asked, "approve", "checked", "anna")
            assert (await client.get_workflow_handle_for(Approval.run, asked).result()).state == "approved"
        code, said = await told(print_dossier, closed.desk, asked)
        waits = await ask(closed, role)
        with pytest.raises(UserError, match="No worker answers"):
            await answer(closed.desk, waits, "approve", None, "anna")
    assert (code, "APPROVED by anna (claimed)" in said) == (0, True)
    record = said[said.index("Record") :].splitlines()
    assert [line[19:] for line in record[1:]] == [
        f"asked: the people of {role} are told",
        "comment by bob (claimed): “hm”",
        f"approve by anna (claimed) for {role}: “checked”",
        "approved by anna (claimed)",
    ]


async def test_show_says_who_may_answer_and_not_the_one_who_asked(office: Office) -> None:
    asked = await ask(office, "buyer", requester="olga")
    code, said = await told(show_case.__wrapped__, asked)  # type: ignore[attr-defined]
    assert (code, "  buyer: nils\n" in said) == (0, True), said


async def test_the_inbox_of_a_person_shows_what_they_may_answer_and_why_not_the_rest(office: Office) -> None:
    theirs, own = await ask(office, "cost-centre"), await ask(office, "cost-centre", requester="nils")
    foreign, large = await ask(office, "legal"), await ask(office, "cost-centre", amount="10000.01")
    code, said = await told(inbox.__wrapped__, role=None, query=None, mine="NILS@example.com")  # type: ignore[attr-defined]
    assert (code, f"approve {theirs}" in said, foreign in said) == (0, True, False)
    assert f"Not nils's: {own}: the person who asked cannot decide" in said
    assert f"Not nils's: {large}: the limit of Nils Ravensbo is 10000 EUR" in said
    with pytest.raises(UserError, match="knows nobody as nobody"):
        await inbox.__wrapped__(role=None, query=None, mine="nobody")  # type: ignore[attr-defined]


async def test_an_approval_is_followed_line_by_line_to_its_end(office: Office, role: str) -> None:
    asked = await ask(office, role, people=2)
    followed, lines = FollowedApproval(office.desk, asked, Printed()), list[str]()

    async def look() -> bool:
        with out.capture() as printed:
            ended = await followed.look()
        lines.extend(line[17:] for line in printed.get().splitlines())
        return ended

    assert [await look(), await look()] == [False, False]
    for person in ("mailroom", "anna"):
        await answer(office.desk, asked, "approve", None, person)
        assert not await look()
        assert f"by {person} " in lines[-1]
    await answer(office.desk, asked, "approve", "me too", "bob")
    await until(look)
    assert lines[0].startswith("asks ")
    assert lines[1:] == [
        "not counted: approve by mailroom (claimed): the person who asked cannot decide",
        f"approve by anna (claimed) for {role}",
        f"approve by bob (claimed) for {role}: “me too”",
        "approved by bob (claimed)",
    ]


async def test_a_case_is_followed_with_its_approvals_to_its_outcome(office: Office, samples: Path) -> None:
    case = await office.hand_in(samples / "invoices" / "05-price-variance.xml")
    asked = await office.approval_of(case)
    execution = await case.describe()
    followed, printed = FollowedCase(office.desk, execution, Printed()), list[str]()

    async def look() -> bool:
        with out.capture() as shown:
            ended = await followed.look()
        printed.extend(shown.get().splitlines())
        return ended

    await until(lambda: _shows(look, printed, f"{asked}  asks"))
    await answer(office.desk, asked, "reject", "not agreed", "anna")
    await until(look)
    said = "\n".join(printed)
    assert f"{asked}  reject by anna (claimed): “not agreed”" in said
    assert re.search(r"rejected: .*not agreed.*, by anna \(claimed\)$", printed[-1])
    assert len(printed) == len(set(printed))


async def _shows(look: Any, printed: list[str], text: str) -> bool:
    await look()
    return any(text in line for line in printed)


async def test_ctrl_c_ends_a_watch_with_130_and_its_end_with_0(office: Office, terminal: Terminal, role: str) -> None:
    asked = await ask(office, role)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "starter.py"), "watch", asked),
        env={**os.environ, **terminal.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=hears_ctrl_c,
    )
    async with asyncio.timeout(30):
        assert process.stdout
        assert "asks " in (await process.stdout.readline()).decode()
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert (process.returncode, err) == (130, b"")
    await answer(office.desk, asked, "approve", None, "anna")
    said = await terminal.type("watch", asked)
    assert (said.code, said.out.splitlines()[-1][17:]) == (0, "approved by anna (claimed)")


async def test_two_who_answer_at_once_are_told_their_own_result(office: Office, role: str) -> None:
    asked = await pending(office.desk, await ask(office, role))
    replies = approving(by="anna", text="a"), approving(by="bob", text="b")
    first, second = await asyncio.gather(*(send(office.desk, asked, reply) for reply in replies))
    assert {first.heard.person, second.heard.person} == {"anna", "bob"}
    assert first.heard.counted != second.heard.counted
