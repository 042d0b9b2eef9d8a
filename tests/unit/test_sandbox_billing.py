import asyncio
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from domain.errors import Refused, Unavailable
from domain.sales import named_failure
from integrations.sandbox import Database, Faults, SandboxBilling, load_company
from tests.support_contract import SEEDED, BillingContract, Clock, account_of, refund
from tests.unit.test_sandbox_processes import start

K = "k"

DIE_AFTER_THE_COMMIT = """
import asyncio, os, signal, sys
from integrations.sandbox import Database, SandboxBilling
from tests.support_contract import refund

async def give():
    await SandboxBilling(Database(sys.argv[1])).issue_refund("k", refund())
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(give())
"""

DIE_BEFORE_THE_COMMIT = """
import asyncio, os, signal, sys
from integrations.sandbox import Database, SandboxBilling, billing_refunds
from tests.support_contract import refund

async def give_and_die(books, action, at, really=billing_refunds.issue):
    await really(books, action, at)
    os.kill(os.getpid(), signal.SIGKILL)

billing_refunds.issue = give_and_die
asyncio.run(SandboxBilling(Database(sys.argv[1])).issue_refund("k", refund()))
"""


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    yield database
    await database.close()


@pytest.fixture
async def company(database: Database, samples: Path) -> Database:
    await load_company(database, samples / "company", now=SEEDED)
    return database


class TestOnSqlite(BillingContract):
    pass


def failing(company: Database, setting: str) -> SandboxBilling:
    return SandboxBilling(company, Faults.parse(setting), clock=Clock())


async def test_a_refund_whose_answer_was_lost_is_found_by_its_key(company: Database) -> None:
    billing = failing(company, "issue_refund:fail_after*1")
    with pytest.raises(Unavailable, match="did not answer issue_refund in time"):
        await billing.issue_refund(K, refund())
    receipt = await billing.find_receipt(K, refund())
    assert receipt is not None
    assert await billing.issue_refund(K, refund()) == receipt
    assert len((await account_of(billing, "SO-2003")).refunds) == 1


async def test_a_refund_that_was_never_asked_for_is_not_found(company: Database) -> None:
    billing = failing(company, "issue_refund:fail_before*1")
    with pytest.raises(Unavailable):
        await billing.issue_refund(K, refund())
    assert await billing.find_receipt(K, refund()) is None


@pytest.mark.parametrize(("kind", "failure"), [("decline", "declined"), ("dispute", "dispute_open")])
async def test_a_refund_may_fail_for_good_after_it_was_pending(company: Database, kind: str, failure: str) -> None:
    billing = failing(company, f"issue_refund:{kind}*1")
    receipt = await billing.issue_refund(K, refund())
    assert (await account_of(billing, "SO-2003")).refunds[-1].state == "pending"
    for _ in range(2):
        failed = await billing.find_refund(receipt.reference)
        assert failed is not None
        assert (failed.state, failed.failure) == ("failed", failure)
    opened = [each for each in (await account_of(billing, "SO-2003")).disputes if each.open]
    assert len(opened) == (kind == "dispute")


async def test_a_decline_is_spent_once_and_the_next_refund_succeeds(company: Database) -> None:
    billing = failing(company, "issue_refund:decline*1")
    states: list[str] = []
    for key in ("k1", "k2"):
        found = await billing.find_refund((await billing.issue_refund(key, refund())).reference)
        assert found is not None
        states.append(found.state)
    assert states == ["failed", "succeeded"]


async def test_many_who_ask_at_once_are_told_one_outcome(company: Database) -> None:
    billing = failing(company, "issue_refund:decline*1")
    receipt = await billing.issue_refund(K, refund())
    told = await asyncio.gather(*(billing.find_refund(receipt.reference) for _ in range(8)))
    assert {each.state for each in told if each} == {"failed"}
    assert (await account_of(billing, "SO-2003")).refunds[-1].state == "failed"


async def test_a_question_that_fails_after_has_settled_the_refund_all_the_same(company: Database) -> None:
    billing = failing(company, "find_refund:fail_after*1")
    receipt = await billing.issue_refund(K, refund())
    with pytest.raises(Unavailable):
        await billing.find_refund(receipt.reference)
    assert (await account_of(billing, "SO-2003")).refunds[-1].state == "succeeded"


async def test_a_refusal_by_setting_names_no_failure_of_the_provider(company: Database) -> None:
    with pytest.raises(Refused, match="issue_refund") as refused:
        await failing(company, "issue_refund:refuse").issue_refund(K, refund())
    assert named_failure(str(refused.value)) is None


@pytest.mark.parametrize("setting", ["post_bill:decline", "find_refund:dispute*2", "issue_refund:decline=3"])
def test_what_happens_to_a_refund_later_is_set_for_issue_refund_alone(setting: str) -> None:
    with pytest.raises(ValueError, match=r"decline and dispute happen to issue_refund|seconds belong to"):
        Faults.parse(setting)
    assert str(Faults.parse("issue_refund:decline*2").faults[0]) == "issue_refund:decline*2"


@pytest.mark.parametrize(("script", "done"), [(DIE_AFTER_THE_COMMIT, True), (DIE_BEFORE_THE_COMMIT, False)])
async def test_a_process_that_is_killed_around_the_commit_leaves_all_or_nothing(
    company: Database, tmp_path: Path, script: str, done: bool
) -> None:
    process = await start(script, f"sqlite:///{tmp_path}/books.db")
    assert await process.wait() == -signal.SIGKILL
    billing = SandboxBilling(company)
    assert len((await account_of(billing, "SO-2003")).refunds) == done
    assert (await billing.issue_refund(K, refund())).first is not done
    assert len((await account_of(billing, "SO-2003")).refunds) == 1
