import shutil
import tomllib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from domain.actions.refunds import NoteCustomer
from domain.errors import IdempotencyConflict
from domain.sales import Means
from integrations.sandbox import BadFile, Database, SandboxBilling, SandboxCrm, SandboxHelpdesk, load_company
from integrations.sandbox.billing_events import take_back
from tests.files import edit
from tests.support_contract import SEEDED, account_of


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    """A copy of the shipped company that a test may spoil."""
    return Path(shutil.copytree(samples / "company", tmp_path / "company"))


async def test_the_shipped_company_has_what_the_processes_need(database: Database, folder: Path) -> None:
    company = await load_company(database, folder, now=SEEDED)
    sizes = [
        len(getattr(company, name)) for name in ("customers", "orders", "charges", "queues", "incidents", "articles")
    ]
    assert sizes == [12, 25, 26, 8, 2, 15]
    assert {line.category for line in company.order_lines} == {"goods", "digital", "service", "final_sale"}
    assert {order.channel for order in company.orders} == {"web", "phone", "store", "partner"}
    means: set[Means] = {"card", "sepa", "paypal", "voucher", "cash"}
    assert {charge.means for charge in company.charges} == means
    new = await SandboxCrm(database, clock=lambda: SEEDED).find_customer(customer_id="K-1004")
    assert new is not None
    assert new.age_days(SEEDED) == 10
    earlier = (await account_of(SandboxBilling(database), "SO-2009")).earlier
    assert sum(each.at > SEEDED - timedelta(days=30) for each in earlier) == 3


async def test_every_charge_is_what_its_order_costs(database: Database, folder: Path) -> None:
    company = await load_company(database, folder)
    billing = SandboxBilling(database)
    for order in company.orders:
        account = await account_of(billing, order.id)
        assert {charge.amount for charge in account.charges} == {account.order.total}


async def test_every_queue_runs_by_a_calendar_that_the_people_have_and_every_intent_has_one_queue(
    folder: Path, database: Database, samples: Path
) -> None:
    company = await load_company(database, folder)
    people = tomllib.loads((samples.parent / "policies" / "people.toml").read_text(encoding="utf-8"))
    intents = [intent for queue in company.queues for intent in queue.intents]
    assert {queue.calendar for queue in company.queues} <= set(people["calendar"])
    assert len(intents) == len(set(intents))
    assert {intent for article in company.articles for intent in article.row.intents} <= set(intents)


async def test_loading_again_later_moves_nothing_and_undoes_nothing(database: Database, folder: Path) -> None:
    await load_company(database, folder, now=SEEDED)
    billing, crm = SandboxBilling(database), SandboxCrm(database, clock=lambda: SEEDED)
    await take_back(database, "SO-2001", "10", Decimal(1))
    await crm.note_customer("k", NoteCustomer(business_key="b", customer_id="K-1001", text="since then"))
    before = (
        await account_of(billing, "SO-2001"),
        await crm.find_customer(customer_id="K-1001"),
        await billing.refunds(),
    )
    await load_company(database, folder, now=SEEDED + timedelta(days=40))
    after = (
        await account_of(billing, "SO-2001"),
        await crm.find_customer(customer_id="K-1001"),
        await billing.refunds(),
    )
    assert after == before
    assert len(before[2]) == 5


async def test_a_new_database_has_its_windows_open_whatever_the_day(database: Database, folder: Path) -> None:
    later = datetime(2031, 3, 1, tzinfo=UTC)
    await load_company(database, folder, now=later)
    account = await account_of(SandboxBilling(database), "SO-2001")
    assert account.order.delivered_on == later.date() - timedelta(days=9)
    assert account.charges[0].refundable_until == later.date() + timedelta(days=168)
    assert all(each.since <= later for each in await SandboxHelpdesk(database).open_incidents())


async def test_a_corrected_customer_replaces_the_old_one_with_all_addresses(database: Database, folder: Path) -> None:
    await load_company(database, folder)
    edit(folder / "customers.csv", "ida.private@", "ida.new@")
    await load_company(database, folder)
    crm = SandboxCrm(database)
    assert await crm.find_customer(address="ida.private@briefkasten.example") is None
    assert await crm.find_customer(address="ida.new@briefkasten.example") is not None


async def test_an_address_of_two_customers_finds_neither(database: Database, folder: Path) -> None:
    edit(folder / "customers.csv", "jonna.petersen@", "Ida.Private@")
    await load_company(database, folder)
    assert await SandboxCrm(database).find_customer(address="ida.private@briefkasten.example") is None


async def test_a_refund_of_before_that_changed_is_a_conflict_and_nothing_is_loaded(
    database: Database, folder: Path
) -> None:
    await load_company(database, folder)
    edit(folder / "refunds.csv", "43.90", "43.91")
    edit(folder / "customers.csv", "Radwerk", "Fahrwerk")
    with pytest.raises(IdempotencyConflict):
        await load_company(database, folder)
    found = await SandboxCrm(database).find_customer(customer_id="K-1003")
    assert found is not None
    assert found.customer.name == "Radwerk Kettenblatt"


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("orders.csv", ("K-1001", "K-9999"), r"orders\.csv, row 2, column customer_id: K-9999 is not in customers"),
        ("charges.csv", ("sepa", "cheque"), r"charges\.csv, row 2, column means: "),
        ("customers.csv", (",2900,", ",-1,"), r"customers\.csv, row 2, column since_days_ago: "),
        ("refunds.csv", ("CH-5006", "CH-9"), r"refunds\.csv, row 2, column charge_id: CH-9 is not in charges"),
        ("articles.csv", ("KB-01", "../KB-01"), r"articles\.csv, row 2, column id: "),
        ("articles/KB-03.md", ("# How", "How"), r"KB-03\.md: it must begin with a heading"),
    ],
)
async def test_a_wrong_file_names_its_place_and_nothing_is_loaded(
    database: Database, folder: Path, file: str, change: tuple[str, str], said: str
) -> None:
    edit(folder / file, *change)
    with pytest.raises(BadFile, match=said):
        await load_company(database, folder)
    assert await SandboxCrm(database).find_customer(customer_id="K-1001") is None


async def test_a_missing_article_is_named(database: Database, folder: Path) -> None:
    (folder / "articles" / "KB-07.md").unlink()
    with pytest.raises(BadFile, match=r"KB-07\.md: it cannot be read"):
        await load_company(database, folder)
