import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from domain.errors import Refused, Unavailable
from integrations.sandbox import Database, Fault, Faults, SandboxErp, SandboxMail, put_on_file
from tests.books import ON_FILE, bill, payment
from tests.facts import until


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await put_on_file(database, ON_FILE)
    yield database
    await database.close()


def test_a_setting_reads_as_it_is_written() -> None:
    setting = "schedule_payment:refuse, post_bill:fail_after*2, find_order:slow=1.5*3, void_bill:slow_after=2"
    assert ", ".join(map(str, Faults.parse(setting).faults)) == setting
    assert Faults.parse("") == Faults.parse(" , ") == Faults()
    assert Faults.parse("post_bill:fail_after*2").faults == (Fault(operation="post_bill", kind="fail_after", times=2),)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("post_bill", r"'post_bill' is not a fault; write operation:kind"),
        ("post_bill:fail_after*", "is not a fault"),
        ("post_bill:fail_after*-1", "is not a fault"),
        ("post_bill:fail_after*0", "times: Input should be greater than 0"),
        ("pay_bill:refuse", "pay_bill is none of find_supplier, "),
        ("post_bill:explode", "explode is none of fail_before, fail_after, refuse, slow, slow_after"),
        ("post_bill:slow", "seconds belong to slow and slow_after"),
        ("post_bill:slow_after", "seconds belong to slow and slow_after"),
        ("post_bill:refuse=3", "seconds belong to slow"),
        ("post_bill:slow=1.2.3", "seconds: Input should be a valid decimal"),
        ("post_bill:slow=601", "less than or equal to 600"),
        ("post_bill:refuse; void_bill:refuse", "is not a fault"),
    ],
)
def test_a_setting_that_cannot_be_meant_says_what_to_write(setting: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Faults.parse(setting)


async def test_fail_before_leaves_no_trace_and_stops_after_its_times(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("post_bill:fail_before*2"))
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"post_bill:fail_before\*2"):
            await erp.post_bill("k", bill())
    assert await erp.bills() == ()
    assert (await erp.post_bill("k", bill())).first


async def test_fail_after_has_done_it_and_the_retry_finds_the_receipt(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("post_bill:fail_after*1"))
    with pytest.raises(Unavailable, match="did not answer post_bill in time"):
        await erp.post_bill("k", bill())
    (posted,) = await erp.bills()
    again = await erp.post_bill("k", bill())
    assert (again.reference, again.first) == (posted.id, False)


async def test_refuse_is_for_good_and_for_its_operation_alone(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("schedule_payment:refuse"))
    posted = await erp.post_bill("k", bill())
    for _ in range(3):
        with pytest.raises(Refused, match="schedule_payment"):
            await erp.schedule_payment("p", payment(posted.reference))
    assert await erp.payments() == ()


async def test_slow_takes_its_time_and_then_answers(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("find_order:slow=0.05*1"))
    began = time.monotonic()
    assert await erp.find_order("PO-1") is not None
    assert time.monotonic() - began >= 0.05


async def test_slow_after_has_done_it_long_before_it_answers(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("post_bill:slow_after=30*1"))
    answering = asyncio.create_task(erp.post_bill("k", bill()))
    await until(erp.bills)
    assert not answering.done()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    again = await SandboxErp(database).post_bill("k", bill())
    assert (again.reference, again.first) == ((await erp.bills())[0].id, False)


async def test_a_refusal_by_the_books_does_not_spend_a_fail_after(database: Database) -> None:
    erp = SandboxErp(database, Faults.parse("post_bill:fail_after*1"))
    with pytest.raises(Refused, match="supplier master"):
        await erp.post_bill("k", bill(supplier_id="S-9"))
    with pytest.raises(Unavailable):
        await erp.post_bill("k", bill())


async def test_a_restart_goes_on_counting_where_the_worker_stopped(database: Database, tmp_path: Path) -> None:
    faults = Faults.parse("find_order:fail_before*2")
    with pytest.raises(Unavailable):
        await SandboxErp(database, faults).find_order("PO-1")
    restarted = Database(f"sqlite:///{tmp_path}/books.db")
    with pytest.raises(Unavailable):
        await SandboxErp(restarted, faults).find_order("PO-1")
    assert await SandboxErp(restarted, faults).find_order("PO-1") is not None
    await restarted.close()


async def test_reads_and_mail_can_fail_too(database: Database) -> None:
    faults = Faults.parse("bills_of:fail_before, send_remittance:refuse")
    with pytest.raises(Unavailable):
        await SandboxErp(database, faults).bills_of("S-1")
    assert await SandboxMail(database, faults).messages() == ()
