"""What the rules offer, the books accept: every order of the sample company, for every reason and in every form."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import get_args

import pytest

from domain.actions import ExchangeItems, GrantStoreCredit, IssueRefund
from domain.actions.refunds import RefundReason
from domain.checks.refund_assessment import assess
from domain.checks.refund_remainder import paid, remainder
from domain.recompense import recompense_of
from domain.refunding import Form, Give, RefundFile, Standing
from domain.sales import OrderAccount
from integrations.sandbox import Database, SandboxBilling, SandboxCrm, load_company
from tests.refunds import TERMS, asked

SEEDED = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path, samples: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await load_company(database, samples / "company", now=SEEDED)
    yield database
    await database.close()


async def account_of(billing: SandboxBilling, order_id: str) -> OrderAccount:
    found = await billing.find_account(order_id)
    assert found is not None
    return found


async def give(billing: SandboxBilling, standing: Standing, offer: Give, key: str) -> None:
    match recompense_of(standing, offer):
        case IssueRefund() as action:
            _ = await billing.issue_refund(key, action)
        case GrantStoreCredit() as action:
            _ = await billing.grant_store_credit(key, action)
        case ExchangeItems() as action:
            _ = await billing.exchange_items(key, action)


async def test_whatever_the_rules_offer_the_books_accept_until_nothing_is_left(database: Database) -> None:
    billing, crm = SandboxBilling(database), SandboxCrm(database)
    customers = [await crm.find_customer(customer_id=f"K-10{n:02}") for n in range(1, 20)]
    forms: set[Form] = set()
    wishes = cycle(get_args(Form))
    for known in filter(None, customers):
        for bought in await billing.orders_of(known.customer.id):
            for reason in get_args(RefundReason):
                wish = next(wishes)
                request = asked(
                    order_id=bought.id, customer_id=known.customer.id, reason=reason, wish=wish, received=SEEDED
                )
                file = RefundFile(account=await account_of(billing, bought.id), known=known, orders=())
                standing = assess(request, file, TERMS, SEEDED)
                for offer in [standing.settled, *standing.options][:2]:
                    if isinstance(offer, Give):
                        await give(billing, standing, offer, f"{bought.id}-{reason}")
                        forms.add(offer.form)
                        break
            after = await account_of(billing, bought.id)
            assert 0 <= remainder(after) <= paid(after)
    assert forms == {"money", "store_credit", "exchange"}
