"""What every business system behind the `Erp` port must do, whatever database keeps its books."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from domain.actions import Receipt
from domain.errors import IdempotencyConflict, Refused
from domain.purchasing import BilledLine, Coding
from integrations.sandbox import Database, MasterData, SandboxErp, put_on_file
from tests.books import BLOCKED, ON_FILE, ORDER, RECEIPT, STEEL, TOOLS, bill, payment, voiding

LONG = Decimal("12345678901234.1234567891")
"""24 digits: no binary number holds it."""


class ErpContract:
    """Inherit, and give a fixture `database`."""

    @pytest.fixture
    async def erp(self, database: Database) -> SandboxErp:
        await put_on_file(database, ON_FILE)
        return SandboxErp(database)

    async def test_what_was_put_on_file_is_read_back_whole(self, erp: SandboxErp) -> None:
        assert await erp.find_supplier(tax_ids=("DE999182300",), name=None) == STEEL
        assert await erp.find_order("PO-1") == ORDER
        assert await erp.receipts_for("PO-1") == (RECEIPT,)
        assert await erp.find_order("PO-9") is None

    async def test_putting_the_same_on_file_again_changes_nothing(self, erp: SandboxErp, database: Database) -> None:
        await put_on_file(database, ON_FILE)
        assert await erp.find_order("PO-1") == ORDER
        assert await erp.find_supplier(tax_ids=("DE999182300",), name=None) == STEEL

    async def test_a_tax_id_is_found_however_it_is_spelt(self, erp: SandboxErp) -> None:
        for spelling in ("DE 999 182 300", "de999182300", "21 345 67890"):
            assert await erp.find_supplier(tax_ids=(spelling,), name=None) == STEEL

    async def test_a_tax_id_that_is_not_on_file_is_not_rescued_by_the_name(self, erp: SandboxErp) -> None:
        assert await erp.find_supplier(tax_ids=("FR13999047103",), name="Stahl AG") is None
        assert await erp.find_supplier(tax_ids=("--",), name="Stahl AG") == STEEL
        assert await erp.find_supplier(tax_ids=(), name="stahl ag") is None

    async def test_two_suppliers_that_fit_are_none(self, erp: SandboxErp, database: Database) -> None:
        twin = TOOLS.model_copy(update={"id": "S-4"})
        await put_on_file(database, MasterData(suppliers=(twin,)))
        assert await erp.find_supplier(tax_ids=(), name="Tools Ltd") is None
        assert await erp.find_supplier(tax_ids=("IE9999471A",), name=None) is None

    async def test_a_changed_tax_id_replaces_the_old_one(self, erp: SandboxErp, database: Database) -> None:
        await put_on_file(database, MasterData(suppliers=(STEEL.model_copy(update={"vat_id": "DE999334075"}),)))
        assert await erp.find_supplier(tax_ids=("DE999182300",), name=None) is None
        assert (await erp.find_supplier(tax_ids=("DE999334075",), name=None)) is not None

    async def test_open_orders_come_oldest_first_and_at_most_fifty(self, erp: SandboxErp, database: Database) -> None:
        days = [date(2026, 1 + n // 28, 1 + n % 28) for n in range(60)]
        orders = [ORDER.model_copy(update={"id": f"N-{n}", "order_date": day}) for n, day in enumerate(days)]
        orders.append(ORDER.model_copy(update={"id": "N-closed", "order_date": date(2020, 1, 1), "open": False}))
        await put_on_file(database, MasterData(orders=tuple(reversed(orders))))
        found = await erp.open_orders("S-1")
        assert [order.id for order in found] == [f"N-{n}" for n in range(50)]
        assert found[0].lines == ORDER.lines

    async def test_a_bill_is_read_back_to_the_last_digit(self, erp: SandboxErp) -> None:
        lines = (BilledLine(order_id="PO-1", order_line="9", quantity=Decimal("0.1000000001"), net=LONG),)
        coding = (Coding(account="5400", cost_centre="1", net=LONG),)
        posted = bill(net=LONG, tax=Decimal("0.10"), payable=Decimal("1E+2"), lines=lines, coding=coding)
        receipt = await erp.post_bill("k", posted)
        (found,) = await erp.bills_of("S-1")
        assert (found.id, found.net, found.lines, found.status) == (receipt.reference, LONG, lines, "posted")
        assert (str(found.tax), found.payable, found.document) == ("0.10", 100, "a" * 64)

    async def test_the_same_key_and_body_give_the_first_receipt(self, erp: SandboxErp) -> None:
        first = await erp.post_bill("k", bill())
        again = await erp.post_bill("k", bill())
        assert (first.first, again) == (True, Receipt(reference=first.reference, first=False))
        assert len(await erp.bills()) == 1

    async def test_the_same_key_and_another_body_are_a_conflict(self, erp: SandboxErp) -> None:
        await erp.post_bill("k", bill())
        with pytest.raises(IdempotencyConflict, match="BILL-00001"):
            await erp.post_bill("k", bill(payable=Decimal("119.01")))
        with pytest.raises(IdempotencyConflict):
            await erp.void_bill("k", voiding("BILL-00001"))

    async def test_what_was_done_is_found_by_its_key_and_only_with_its_body(self, erp: SandboxErp) -> None:
        assert await erp.find_receipt("k", bill()) is None
        receipt = await erp.post_bill("k", bill())
        assert await erp.find_receipt("k", bill()) == Receipt(reference=receipt.reference, first=False)
        with pytest.raises(IdempotencyConflict):
            await erp.find_receipt("k", bill(payable=Decimal("119.01")))

    async def test_a_refusal_does_not_use_up_its_key(self, erp: SandboxErp, database: Database) -> None:
        await put_on_file(database, MasterData(suppliers=(STEEL.model_copy(update={"blocked": True}),)))
        with pytest.raises(Refused, match="S-1"):
            await erp.post_bill("k", bill())
        await put_on_file(database, MasterData(suppliers=(STEEL,)))
        assert (await erp.post_bill("k", bill())).first

    async def test_a_posted_bill_is_not_posted_again_under_another_key(self, erp: SandboxErp) -> None:
        await erp.post_bill("k1", bill())
        with pytest.raises(Refused, match="R-1 of 2026-11-02 is already posted"):
            await erp.post_bill("k2", bill(business_key="another"))
        assert len(await erp.bills()) == 1

    async def test_kind_and_date_tell_bills_with_one_number_apart(self, erp: SandboxErp) -> None:
        await erp.post_bill("k1", bill())
        await erp.post_bill("k2", bill(credit_note=True))
        await erp.post_bill("k3", bill(issue_date=date(2025, 11, 2)))
        assert [found.issue_date.year for found in await erp.bills_of("S-1")] == [2026, 2026, 2025]

    async def test_a_void_bill_stays_on_file_and_lets_the_invoice_be_posted_again(self, erp: SandboxErp) -> None:
        first = await erp.post_bill("k1", bill())
        await erp.void_bill("v1", voiding(first.reference))
        second = await erp.post_bill("k2", bill())
        found = {each.id: each.status for each in await erp.bills_of("S-1")}
        assert found == {first.reference: "void", second.reference: "posted"}

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"supplier_id": "S-9"}, "not in the supplier master"),
            ({"supplier_id": BLOCKED.id}, "is blocked"),
            ({"supplier_id": "S-2"}, "no line 10 in an order PO-1"),
            ({"net": Decimal("100.01")}, r"books 100.00 of 100.01"),
        ],
    )
    async def test_the_books_refuse_a_bill_that_does_not_fit(
        self, erp: SandboxErp, changes: dict[str, object], said: str
    ) -> None:
        with pytest.raises(Refused, match=said):
            await erp.post_bill("k", bill(**changes))
        assert await erp.bills() == ()

    async def test_a_payment_goes_to_the_account_on_file(self, erp: SandboxErp) -> None:
        posted = await erp.post_bill("k", bill())
        receipt = await erp.schedule_payment("p", payment(posted.reference, account="de78 9991 0001 0000 4711 00"))
        (found,) = await erp.payments()
        assert (found.id, found.amount, found.on, found.status) == (
            receipt.reference,
            Decimal("119.00"),
            date(2026, 12, 2),
            "scheduled",
        )

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"account": "DE02999500050007719900"}, "not the one on file"),
            ({"amount": Decimal("119.01")}, "119.00 EUR left to pay"),
            ({"amount": Decimal(0)}, "left to pay"),
            ({"amount": Decimal(-1)}, "left to pay"),
            ({"currency": "USD"}, "is in EUR"),
            ({"supplier_id": "S-2", "account": "IE00X"}, "a bill of supplier S-1"),
            ({"bill_id": "BILL-00099"}, "no bill BILL-00099"),
            ({"bill_id": "PAY-00001"}, "no bill PAY-00001"),
            ({"bill_id": "BILL-\u0660\u0660\u0660\u0660\u0661"}, "no bill"),
        ],
    )
    async def test_a_payment_that_does_not_fit_is_refused(
        self, erp: SandboxErp, changes: dict[str, object], said: str
    ) -> None:
        await erp.post_bill("k", bill())
        with pytest.raises(Refused, match=said):
            await erp.schedule_payment("p", payment("BILL-00001", **changes))
        assert await erp.payments() == ()

    async def test_what_is_paid_is_not_paid_again(self, erp: SandboxErp) -> None:
        posted = await erp.post_bill("k", bill())
        await erp.schedule_payment("p1", payment(posted.reference, amount=Decimal("100.00")))
        with pytest.raises(Refused, match=r"\b19\.00 EUR left"):
            await erp.schedule_payment("p2", payment(posted.reference))
        await erp.schedule_payment("p3", payment(posted.reference, amount=Decimal("19.00")))
        with pytest.raises(Refused, match=r" 0\.00 EUR left"):
            await erp.schedule_payment("p4", payment(posted.reference, amount=Decimal("0.01")))

    async def test_neither_void_bills_nor_credit_memos_are_paid(self, erp: SandboxErp) -> None:
        posted = await erp.post_bill("k1", bill())
        credit = await erp.post_bill("k2", bill(credit_note=True))
        await erp.void_bill("v", voiding(posted.reference))
        with pytest.raises(Refused, match="void"):
            await erp.schedule_payment("p1", payment(posted.reference))
        with pytest.raises(Refused, match="credit memo"):
            await erp.schedule_payment("p2", payment(credit.reference))

    async def test_a_bill_with_a_payment_or_void_already_is_not_voided(self, erp: SandboxErp) -> None:
        paid = await erp.post_bill("k1", bill())
        await erp.schedule_payment("p", payment(paid.reference))
        with pytest.raises(Refused, match=r"119\.00 EUR of payments"):
            await erp.void_bill("v1", voiding(paid.reference))
        other = await erp.post_bill("k2", bill("R-2"))
        await erp.void_bill("v2", voiding(other.reference))
        assert not (await erp.void_bill("v2", voiding(other.reference))).first
        with pytest.raises(Refused, match="void already: payment refused"):
            await erp.void_bill("v3", voiding(other.reference))

    async def test_tasks_that_race_with_one_key_do_it_once(self, erp: SandboxErp) -> None:
        receipts = await asyncio.gather(*(erp.post_bill("k", bill()) for _ in range(12)))
        assert sorted(receipt.first for receipt in receipts) == [False] * 11 + [True]
        assert len({receipt.reference for receipt in receipts}) == len(await erp.bills()) == 1

    async def test_tasks_that_race_with_many_keys_post_one_bill(self, erp: SandboxErp) -> None:
        attempts = (erp.post_bill(f"k{n}", bill()) for n in range(12))
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(result, Refused) for result in results) == 11
        assert len(await erp.bills()) == 1

    async def test_a_bill_is_paid_or_void_however_the_two_race(self, erp: SandboxErp) -> None:
        posted = [(await erp.post_bill(f"k{n}", bill(f"R-{n}"))).reference for n in range(6)]
        races: list[asyncio.Future[Receipt]] = []
        for bill_id in posted:
            races.append(asyncio.ensure_future(erp.void_bill(f"v{bill_id}", voiding(bill_id))))
            races.append(asyncio.ensure_future(erp.schedule_payment(f"p{bill_id}", payment(bill_id))))
        results = await asyncio.gather(*races, return_exceptions=True)
        assert sum(isinstance(result, Refused) for result in results) == 6
        paid = {found.bill_id for found in await erp.payments()}
        void = {found.id for found in await erp.bills() if found.status == "void"}
        assert paid | void == set(posted)
        assert not paid & void
