"""What a stop does to an attempt: it refuses what is not done yet, and denies nothing that is."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.effect import effect
from activities.final import FinalErrors
from activities.reasoning import ReasoningActivities, Turn
from activities.suspension import refuse_stopped
from domain.actions import PostBill, Receipt
from domain.documents import DocumentRef
from domain.errors import Suspended, Unavailable
from governance.work_order import key_for
from integrations.sandbox import Database, SandboxErp, put_on_file
from integrations.store import Store, open_store
from tests.actions import CASE, NOW, order, verdict
from tests.books import ON_FILE, bill
from tests.store_contract import entry


class Unasked:
    """A port that must not be reached."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    async with open_store(f"sqlite:///{tmp_path}/signalbox.db") as opened:
        yield opened


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncGenerator[SandboxErp]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await put_on_file(database, ON_FILE)
    yield SandboxErp(database)
    await database.close()


def attempt(number: int, workflow_type: str = "Invoice") -> ActivityEnvironment:
    environment = ActivityEnvironment()
    now = NOW - timedelta(minutes=1)
    environment.info = replace(
        environment.info, attempt=number, workflow_type=workflow_type, current_attempt_scheduled_time=now
    )
    return environment


async def posted(erp: SandboxErp, store: Store, number: int) -> Receipt:
    action = bill()
    covered = order(action=action, key=key_for(action, CASE), verdict=verdict(action, then="allow"))
    return await attempt(number).run(effect(PostBill, erp, erp.post_bill, store.stops), covered)


@pytest.mark.parametrize(("kind", "name"), [("action", "erp.post_bill"), ("process", "invoice")])
async def test_a_stopped_effect_does_not_happen_and_happens_once_resumed(
    erp: SandboxErp, store: Store, kind: str, name: str
) -> None:
    await store.stops.suspend(entry(kind=kind, name=name))
    with pytest.raises(Suspended, match=f"A person has stopped this. anna suspended the {kind} {name}"):
        await posted(erp, store, 1)
    with pytest.raises(Unavailable, match="not known whether an earlier attempt did it"):
        await posted(erp, store, 2)
    assert await erp.bills() == ()
    await store.stops.resume(entry(kind=kind, name=name, state="resumed"))
    assert (await posted(erp, store, 3)).first
    assert len(await erp.bills()) == 1


async def test_what_an_earlier_attempt_did_has_its_receipt_though_it_is_stopped_since(
    erp: SandboxErp, store: Store
) -> None:
    done = await posted(erp, store, 1)
    await store.stops.suspend(entry(kind="action", name="erp.post_bill"))
    assert await posted(erp, store, 2) == done.model_copy(update={"first": False})


@pytest.mark.parametrize(("kind", "name"), [("action", "mail.remittance"), ("process", "refund"), ("agent", "invoice")])
async def test_a_stop_of_something_else_stops_nothing_here(erp: SandboxErp, store: Store, kind: str, name: str) -> None:
    await store.stops.suspend(entry(kind=kind, name=name))
    assert (await posted(erp, store, 1)).first


async def test_an_effect_does_not_happen_while_nobody_can_say_whether_it_is_stopped(
    erp: SandboxErp, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "signalbox.db").unlink()
    with pytest.raises(Unavailable, match="store database"):
        await posted(erp, store, 1)
    assert await erp.bills() == ()


@pytest.mark.parametrize(("kind", "name"), [("agent", "invoice_reader"), ("process", "invoice")])
async def test_a_stopped_agent_is_not_asked_and_its_brief_not_opened(store: Store, kind: str, name: str) -> None:
    unasked: Any = Unasked()
    reasoning = ReasoningActivities({}, unasked, unasked, unasked, store.stops)
    await store.stops.suspend(entry(kind=kind, name=name))
    turn = Turn(
        agent="invoice_reader",
        version="1",
        brief=DocumentRef(digest="a" * 64, size=1, media_type="text/plain", name="brief"),
    )
    with pytest.raises(Suspended, match=f"the {kind} {name}"):
        await attempt(1).run(reasoning.think, turn)


async def test_a_process_is_named_after_its_workflow_type(store: Store) -> None:
    await store.stops.suspend(entry(kind="process", name="invoice"))
    await attempt(1, "Approval").run(refuse_stopped, store.stops)
    with pytest.raises(Suspended):
        await attempt(1, "Invoice").run(refuse_stopped, store.stops)


@pytest.mark.parametrize(
    ("error", "final", "delay"),
    [(Suspended("x"), True, None), (Unavailable("x", retry_after=7), False, timedelta(seconds=7))],
)
async def test_what_an_error_says_about_trying_again_is_what_the_server_is_told(
    error: Exception, *, final: bool, delay: timedelta | None
) -> None:
    class Failing(ActivityInboundInterceptor):
        async def execute_activity(self, _: ExecuteActivityInput) -> Any:  # type: ignore[override]
            raise error

    given: Any = None
    with pytest.raises(ApplicationError) as failed:
        await FinalErrors().intercept_activity(Failing(given)).execute_activity(given)
    assert (failed.value.non_retryable, failed.value.next_retry_delay) == (final, delay)
    assert failed.value.type == type(error).__name__
