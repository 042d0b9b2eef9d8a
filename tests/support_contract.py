"""What every system behind the ports of `domain.support_ports` must do, whatever database keeps its books."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.actions import Receipt
from domain.actions.refunds import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    NoteCustomer,
    RestockItems,
    ReturnedItem,
    ReverseCreditNote,
    SendRefundNotice,
)
from domain.actions.tickets import (
    AcknowledgeTicket,
    AskCustomer,
    CloseTicket,
    EscalateTicket,
    LinkTicket,
    NoteTicket,
    ReplyToCustomer,
    RouteTicket,
)
from domain.checks.refund_remainder import remainder
from domain.errors import IdempotencyConflict, Refused
from domain.sales import OrderAccount, named_failure
from domain.support import InboundMessage
from integrations.sandbox import (
    Database,
    SandboxBilling,
    SandboxCrm,
    SandboxCustomerMail,
    SandboxHelpdesk,
    SandboxKnowledge,
    load_company,
)
from integrations.sandbox.billing_events import close_dispute, open_dispute, take_back

SEEDED = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
HOSTILE = "a\0b\u202e\n\r\n[TICKET-00001] '; DROP TABLE tickets; -- {order} %s"
K = "k"


def refund(**changes: Any) -> IssueRefund:
    """60 of the 640.50 that were paid for SO-2003."""
    return IssueRefund(
        **{**recompense("SO-2003", "K-1002", "60.00"), "payment_id": "CH-5003", "means": "original", **changes}
    )


def recompense(order_id: str, customer_id: str, amount: str, currency: str = "EUR") -> dict[str, Any]:
    return {
        "business_key": f"refund:{order_id}",
        "order_id": order_id,
        "customer_id": customer_id,
        "amount": Decimal(amount),
        "currency": currency,
        "remaining": Decimal(amount),
        "reason": "damaged",
        "in_window": True,
        "risks": (),
        "decided_by": "rules",
        "confidence": None,
    }


def pieces(line: str, item: str, quantity: str = "1") -> tuple[ReturnedItem, ...]:
    return (ReturnedItem(order_line=line, item=item, quantity=Decimal(quantity)),)


def credit_note(amount: str, **changes: Any) -> BookCreditNote:
    fields = {"business_key": "refund:SO-2003", "order_id": "SO-2003", "customer_id": "K-1002", "currency": "EUR"}
    return BookCreditNote(**{**fields, "amount": Decimal(amount), "refund_allowed_by": "policy", **changes})


def mail(body: str = "Where is my order SO-2005?", **changes: Any) -> InboundMessage:
    fields: dict[str, Any] = {"channel": "mail", "sender": "Einkauf@Metallbau-Priel.example", "subject": "My order"}
    return InboundMessage(**{**fields, "body": body, "at": SEEDED, **changes})


def on(action: type[Any], ticket_id: str, **fields: Any) -> Any:
    return action(business_key=f"ticket:{ticket_id}", ticket_id=ticket_id, flags=(), **fields)


def route(ticket_id: str, queue: str = "delivery") -> RouteTicket:
    sure: dict[str, Any] = {"routed_by": "rules", "confidence": Decimal(1), "close_second": False}
    return on(RouteTicket, ticket_id, queue=queue, priority="medium", **sure)


def reply(ticket_id: str, to: str = "einkauf@metallbau-priel.example", body: str = "It is on its way.") -> Any:
    drafted: dict[str, Any] = {"articles": ("KB-06",), "drafted_by": "model", "confidence": Decimal("0.95")}
    return on(ReplyToCustomer, ticket_id, to=to, body=body, **drafted)


def close(ticket_id: str) -> CloseTicket:
    return on(CloseTicket, ticket_id, said_by="customer")


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = SEEDED

    def __call__(self) -> datetime:
        return self.now


class Seeded:
    """The shipped company in a database."""

    @pytest.fixture
    async def company(self, database: Database, samples: Path) -> Database:
        await load_company(database, samples / "company", now=SEEDED)
        return database

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()


class CrmContract(Seeded):
    """Inherit, and give a fixture `database`."""

    @pytest.fixture
    def crm(self, company: Database, clock: Clock) -> SandboxCrm:
        return SandboxCrm(company, clock=clock)

    async def test_a_customer_is_found_by_id_and_by_any_address_however_it_is_written(self, crm: SandboxCrm) -> None:
        by_id = await crm.find_customer(customer_id="K-1006")
        assert by_id is not None
        assert by_id == await crm.find_customer(address=" Ida.Private@BRIEFKASTEN.example")
        assert by_id == await crm.find_customer(address="ida.lindqvist@lindqvist-form.example")
        assert by_id.notes[0].text.startswith("Writes from")

    async def test_who_is_not_on_file_is_not_found(self, crm: SandboxCrm) -> None:
        for address in ("nobody@briefkasten.example", "", "%", "a\0b", "K-1006"):
            assert await crm.find_customer(address=address) is None
        assert await crm.find_customer(customer_id="K-1006\0") is None
        assert await crm.find_customer() is None

    async def test_the_contract_is_the_one_in_force(self, crm: SandboxCrm, clock: Clock) -> None:
        async def plan() -> str | None:
            found = await crm.find_customer(customer_id="K-1008")
            assert found is not None
            return found.contract.plan if found.contract else None

        assert await plan() == "Werkstatt Basis"
        clock.now -= timedelta(days=700)
        assert await plan() == "Werkstatt Silber"
        clock.now -= timedelta(days=300)
        assert await plan() is None

    async def test_a_note_is_written_once_and_hostile_text_harms_nothing(self, crm: SandboxCrm) -> None:
        note = NoteCustomer(business_key="b", customer_id="K-1001", text=HOSTILE)
        first = await crm.note_customer(K, note)
        assert await crm.note_customer(K, note) == Receipt(reference=first.reference, first=False)
        assert await crm.find_receipt(K, note) == Receipt(reference=first.reference, first=False)
        found = await crm.find_customer(customer_id="K-1001")
        assert found is not None
        assert found.notes[0].text == HOSTILE.replace("\0", "\ufffd")
        with pytest.raises(IdempotencyConflict):
            await crm.note_customer(K, note.model_copy(update={"text": "another"}))

    async def test_only_the_newest_twenty_notes_are_shown(self, crm: SandboxCrm) -> None:
        for n in range(22):
            await crm.note_customer(f"k{n}", NoteCustomer(business_key="b", customer_id="K-1004", text=str(n)))
        found = await crm.find_customer(customer_id="K-1004")
        assert found is not None
        assert [each.text for each in found.notes] == [str(n) for n in range(21, 1, -1)]

    async def test_a_note_about_nobody_is_refused(self, crm: SandboxCrm) -> None:
        with pytest.raises(Refused, match="no customer K-9"):
            await crm.note_customer(K, NoteCustomer(business_key="b", customer_id="K-9", text="x"))


class BillingContract(Seeded):
    """Inherit, and give a fixture `database`."""

    @pytest.fixture
    def billing(self, company: Database, clock: Clock) -> SandboxBilling:
        return SandboxBilling(company, clock=clock)

    async def test_an_order_is_shown_with_all_that_is_known_of_it(self, billing: SandboxBilling) -> None:
        account = await account_of(billing, "SO-2002")
        assert (account.order.total, account.charges[0].amount) == (Decimal("2600.00"), Decimal("2600.00"))
        assert [(each.open, each.charge_id) for each in account.disputes] == [(False, "CH-5002")]
        assert [each.order_id for each in (await account_of(billing, "SO-2009")).earlier] == [
            "SO-2008",
            "SO-2007",
            "SO-2006",
        ]
        assert await billing.find_account("SO-9\0") is None

    async def test_orders_come_newest_first(self, billing: SandboxBilling) -> None:
        assert [each.id for each in await billing.orders_of("K-1003")] == ["SO-2009", "SO-2008", "SO-2007", "SO-2006"]
        assert await billing.orders_of("K-9") == ()

    async def test_a_refund_is_pending_and_succeeds_when_it_is_asked_for(
        self, billing: SandboxBilling, clock: Clock
    ) -> None:
        receipt = await billing.issue_refund(K, refund(items=pieces("10", "GRD-125")))
        pending = (await account_of(billing, "SO-2003")).refunds[-1]
        assert (pending.id, pending.state, pending.at) == (receipt.reference, "pending", clock.now)
        assert pending.items == pieces("10", "GRD-125")
        settled = await billing.find_refund(receipt.reference)
        assert settled is not None
        assert (settled.state, settled.failure) == ("succeeded", None)
        assert await billing.find_refund("RF-99999") is None

    async def test_a_refund_stays_pending_until_its_time_has_come(self, company: Database, clock: Clock) -> None:
        billing = SandboxBilling(company, clock=clock, settles_after=timedelta(seconds=30))
        receipt = await billing.issue_refund(K, refund())
        for seconds, state in ((29, "pending"), (30, "succeeded")):
            clock.now = SEEDED + timedelta(seconds=seconds)
            found = await billing.find_refund(receipt.reference)
            assert found is not None
            assert found.state == state

    async def test_the_same_refund_twice_is_one(self, billing: SandboxBilling) -> None:
        first = await billing.issue_refund(K, refund())
        again = await billing.issue_refund(K, refund())
        assert (first.first, again) == (True, Receipt(reference=first.reference, first=False))
        assert await billing.find_receipt(K, refund()) == again
        with pytest.raises(IdempotencyConflict):
            await billing.issue_refund(K, refund(amount=Decimal("60.01")))
        assert len((await account_of(billing, "SO-2003")).refunds) == 1

    @pytest.mark.parametrize(
        ("changes", "failure"),
        [
            ({"amount": Decimal("640.51")}, "more_than_original"),
            ({"currency": "USD"}, "other_currency"),
            ({"amount": Decimal(0)}, "declined"),
            ({"amount": Decimal(-1)}, "declined"),
            ({"amount": Decimal("1.001")}, "declined"),
            ({"payment_id": "CH-5004"}, "declined"),
            ({"customer_id": "K-1001"}, "declined"),
            ({"order_id": "SO-9999"}, "declined"),
            ({"order_id": HOSTILE}, "declined"),
            ({"items": pieces("10", "GRD-125", "4.5")}, "already_refunded"),
            ({"items": pieces("10", "GRD-125", "-1")}, "declined"),
            ({"items": pieces("90", "GRD-125")}, "declined"),
            (recompense("SO-2025", "K-1012", "10.00") | {"payment_id": "CH-5026"}, "dispute_open"),
            (recompense("SO-2021", "K-1010", "10.00", "GBP") | {"payment_id": "CH-5022"}, "too_late"),
            (recompense("SO-2006", "K-1003", "1.00") | {"payment_id": "CH-5006"}, "already_refunded"),
            (recompense("SO-2016", "K-1008", "900.00") | {"payment_id": "CH-5017"}, "more_than_remainder"),
            (recompense("SO-2022", "K-1011", "15.00") | {"payment_id": "CH-5023"}, "means_cannot_refund"),
            (recompense("SO-2019", "K-1009", "24.90") | {"payment_id": "CH-5020"}, "means_cannot_refund"),
            (recompense("SO-2011", "K-1005", "10.00") | {"payment_id": "CH-5011"}, "declined"),
        ],
    )
    async def test_the_provider_refuses_and_names_why(
        self, billing: SandboxBilling, changes: dict[str, object], failure: str
    ) -> None:
        before = await billing.refunds()
        with pytest.raises(Refused) as refused:
            await billing.issue_refund(K, refund(**changes))
        assert named_failure(str(refused.value)) == named_failure(refused.value.detail) == failure
        assert await billing.refunds() == before
        assert await billing.find_receipt(K, refund(**changes)) is None

    @pytest.mark.parametrize(
        ("order", "customer", "charge", "currency"),
        [("SO-2019", "K-1009", "CH-5020", "EUR"), ("SO-2021", "K-1010", "CH-5022", "GBP")],
    )
    async def test_another_way_has_neither_the_means_nor_the_time_limit(
        self, billing: SandboxBilling, order: str, customer: str, charge: str, currency: str
    ) -> None:
        fields = recompense(order, customer, "10.00", currency)
        assert (await billing.issue_refund(K, refund(**fields, payment_id=charge, means="other"))).first

    async def test_a_failed_refund_gives_its_money_and_goods_free_again(
        self, billing: SandboxBilling, company: Database
    ) -> None:
        whole = refund(amount=Decimal("640.50"), items=pieces("10", "GRD-125", "4"))
        first = await billing.issue_refund(K, whole)
        dispute = await open_dispute(company, "CH-5003", SEEDED)
        failed = await billing.find_refund(first.reference)
        assert failed is not None
        assert (failed.state, failed.failure) == ("failed", "dispute_open")
        with pytest.raises(Refused, match="dispute_open"):
            await billing.issue_refund("k2", whole)
        await close_dispute(company, dispute)
        assert (await billing.issue_refund("k2", whole)).first
        with pytest.raises(Refused, match="already_refunded"):
            await billing.issue_refund("k3", refund())

    async def test_refunds_that_race_never_exceed_what_was_paid(self, billing: SandboxBilling) -> None:
        attempts = (billing.issue_refund(f"k{n}", refund(amount=Decimal("100.00"))) for n in range(12))
        results = await asyncio.gather(*attempts, return_exceptions=True)
        refused = [named_failure(str(each)) for each in results if isinstance(each, Refused)]
        assert (len(refused), set(refused)) == (6, {"more_than_remainder"})
        assert total(await account_of(billing, "SO-2003")) == Decimal("600.00")

    async def test_money_credit_and_goods_that_race_never_exceed_what_was_paid(self, billing: SandboxBilling) -> None:
        fields = recompense("SO-2003", "K-1002", "258.00")
        goods = pieces("10", "GRD-125", "2")
        results: Sequence[object] = await asyncio.gather(
            *(billing.issue_refund(f"r{n}", refund(amount=Decimal("258.00"))) for n in range(3)),
            *(billing.grant_store_credit(f"c{n}", GrantStoreCredit(**fields)) for n in range(3)),
            *(billing.exchange_items(f"e{n}", ExchangeItems(**fields, items=goods)) for n in range(3)),
            return_exceptions=True,
        )
        assert sum(isinstance(each, Receipt) for each in results) == 2
        assert all(isinstance(each, Receipt | Refused) for each in results)
        assert total(await account_of(billing, "SO-2003")) == Decimal("516.00")

    async def test_the_same_goods_are_never_paid_back_twice_however_two_race(self, billing: SandboxBilling) -> None:
        one = refund(amount=Decimal("10.00"), items=pieces("10", "GRD-125", "3"))
        results = await asyncio.gather(*(billing.issue_refund(f"k{n}", one) for n in range(4)), return_exceptions=True)
        assert sum(isinstance(each, Receipt) for each in results) == 1
        assert {named_failure(str(each)) for each in results if isinstance(each, Refused)} == {"already_refunded"}

    async def test_the_rules_and_the_provider_find_the_same_remainder(self, billing: SandboxBilling) -> None:
        for n, amount in enumerate(("0.01", "129.00", "200.49")):
            await billing.issue_refund(f"r{n}", refund(amount=Decimal(amount)))
            await billing.grant_store_credit(f"c{n}", GrantStoreCredit(**recompense("SO-2003", "K-1002", "5.00")))
            left = remainder(await account_of(billing, "SO-2003"))
            with pytest.raises(Refused, match="more_than_remainder"):
                await billing.issue_refund("over", refund(amount=left + Decimal("0.01")))
        assert (await billing.issue_refund("rest", refund(amount=left))).first

    async def test_an_order_charged_twice_gives_back_each_charge_once(self, billing: SandboxBilling) -> None:
        fields = recompense("SO-2013", "K-1006", "19.00")
        for charge in ("CH-5013", "CH-5014"):
            assert (await billing.issue_refund(charge, refund(**fields, payment_id=charge))).first
            with pytest.raises(Refused, match="already_refunded"):
                await billing.issue_refund(f"again {charge}", refund(**fields, payment_id=charge))

    async def test_store_credit_is_for_the_orders_customer_and_not_while_it_is_disputed(
        self, billing: SandboxBilling
    ) -> None:
        with pytest.raises(Refused, match="dispute_open"):
            await billing.grant_store_credit(K, GrantStoreCredit(**recompense("SO-2025", "K-1012", "10.00")))
        with pytest.raises(Refused, match="not one of customer K-1001"):
            await billing.grant_store_credit(K, GrantStoreCredit(**recompense("SO-2003", "K-1001", "10.00")))
        with pytest.raises(Refused, match="other_currency"):
            await billing.grant_store_credit(K, GrantStoreCredit(**recompense("SO-2003", "K-1002", "10.00", "USD")))

    async def test_an_exchange_is_a_new_order_with_nothing_to_pay(self, billing: SandboxBilling) -> None:
        fields = recompense("SO-2003", "K-1002", "129.00")
        receipt = await billing.exchange_items(K, ExchangeItems(**fields, items=pieces("10", "GRD-125")))
        new = await account_of(billing, receipt.reference)
        assert (new.charges, new.order.delivered_on, new.order.lines[0].quantity) == ((), None, 1)
        assert (await account_of(billing, "SO-2003")).replacements[0].kind == "exchange"
        assert (await billing.orders_of("K-1002"))[0].id == receipt.reference

    @pytest.mark.parametrize(
        ("items", "amount", "said"),
        [
            (pieces("10", "GRD-125", "5"), "129.00", "not 5"),
            (pieces("10", "GLV-L"), "24.90", "no 1 of GLV-L in line 10"),
            (pieces("10", "GRD-125", "0"), "129.00", "no 0 of"),
            (pieces("10", "GRD-125"), "129.01", "worth 129"),
            (pieces("10", "GRD-125", "3") + pieces("10", "GRD-125", "2"), "129.00", "not 5"),
        ],
    )
    async def test_other_goods_than_were_sold_are_not_sent(
        self, billing: SandboxBilling, items: tuple[ReturnedItem, ...], amount: str, said: str
    ) -> None:
        with pytest.raises(Refused, match=said):
            await billing.exchange_items(K, ExchangeItems(**recompense("SO-2003", "K-1002", amount), items=items))
        assert len(await billing.orders_of("K-1002")) == 3

    async def test_credit_notes_never_exceed_what_was_charged_and_are_reversed_once(
        self, billing: SandboxBilling
    ) -> None:
        first = await billing.book_credit_note("k1", credit_note("600.00"))
        with pytest.raises(Refused, match=r"40\.50 EUR of SO-2003"):
            await billing.book_credit_note("k2", credit_note("40.51"))
        undo = ReverseCreditNote(business_key="b", credit_note_id=first.reference, why="the refund failed")
        assert (await billing.reverse_credit_note("u", undo)).first
        assert not (await billing.reverse_credit_note("u", undo)).first
        with pytest.raises(Refused, match="reversed already: the refund failed"):
            await billing.reverse_credit_note("u2", undo)
        with pytest.raises(Refused, match="no credit note CN-00099"):
            await billing.reverse_credit_note("u3", undo.model_copy(update={"credit_note_id": "CN-00099"}))
        assert (await billing.book_credit_note("k3", credit_note("640.50"))).first
        assert [note.reversed_because for note in await billing.credit_notes("SO-2003")] == ["the refund failed", None]

    async def test_no_more_comes_back_into_stock_than_was_sold(
        self, billing: SandboxBilling, company: Database
    ) -> None:
        def back(quantity: str) -> RestockItems:
            return RestockItems(business_key="b", order_id="SO-2003", items=pieces("10", "GRD-125", quantity))

        await billing.restock_items("k1", back("3"))
        with pytest.raises(Refused, match="5 would be back"):
            await billing.restock_items("k2", back("2"))
        await billing.restock_items("k3", back("1"))
        await take_back(company, "SO-2003", "10", Decimal(3))
        with pytest.raises(Refused, match="0 of line 10"):
            await take_back(company, "SO-2003", "10", Decimal(1))

    async def test_access_ends_once(self, billing: SandboxBilling) -> None:
        over = EndEntitlement(business_key="b", order_id="SO-2015", customer_id="K-1007")
        assert (await billing.end_entitlement("k1", over)).reference == "ENT-00002"
        with pytest.raises(Refused, match="ended already, on 2026-11-24"):
            await billing.end_entitlement("k2", over)
        for none in ({"order_id": "SO-2003"}, {"customer_id": "K-1001"}):
            with pytest.raises(Refused, match="no access that could end"):
                await billing.end_entitlement("k3", over.model_copy(update=none))

    async def test_a_notice_goes_only_to_an_address_of_the_orders_customer(self, company: Database) -> None:
        post = SandboxCustomerMail(company)
        said: dict[str, Any] = {"result": "refused", "refusal": f"too_late {HOSTILE}", "amount": Decimal(0)}
        notice = SendRefundNotice(
            business_key="b", to="IDA.private@briefkasten.example", order_id="SO-2012", currency="EUR", **said
        )
        assert (await post.send_refund_notice(K, notice)).reference == "MAIL-00001"
        for to in ("owen@tarrant-joinery.example", "ida.private@briefkasten.example\0", HOSTILE):
            with pytest.raises(Refused, match="not an address on file for the customer of order SO-2012"):
                await post.send_refund_notice("k2", notice.model_copy(update={"to": to}))


class HelpdeskContract(Seeded):
    """Inherit, and give a fixture `database`."""

    @pytest.fixture
    def desk(self, company: Database, clock: Clock) -> SandboxHelpdesk:
        return SandboxHelpdesk(company, clock=clock)

    async def test_a_message_opens_a_ticket_of_the_customer_whose_address_it_claims(
        self, desk: SandboxHelpdesk
    ) -> None:
        received = await desk.receive(mail(HOSTILE, subject=HOSTILE))
        ticket = await desk.find_ticket(received.ticket_id)
        assert ticket is not None
        assert (ticket.state, ticket.customer_id, ticket.queue) == ("new", "K-1002", None)
        assert ticket.requester == ticket.messages[0].sender == "einkauf@metallbau-priel.example"
        assert ticket.messages[0].body == HOSTILE.replace("\0", "\ufffd")
        assert await desk.find_ticket("TICKET-99999") is await desk.find_ticket("\0") is None

    async def test_the_same_message_twice_is_one_message_of_one_ticket(self, desk: SandboxHelpdesk) -> None:
        first = await desk.receive(mail(id="<1@a>"))
        again = await desk.receive(mail(id="<1@a>", at=SEEDED + timedelta(hours=1)))
        assert (again.ticket_id, again.message_id, again.first) == (first.ticket_id, first.message_id, False)
        unnamed = await desk.receive(mail("No number at all."))
        assert (await desk.receive(mail("No  number\r\nat all."))).message_id == unnamed.message_id
        races = await asyncio.gather(*(desk.receive(mail("At once", id="<2@a>")) for _ in range(8)))
        assert sorted(each.first for each in races) == [False] * 7 + [True]
        assert len({each.ticket_id for each in races}) == 1

    async def test_an_id_counts_for_its_sender_alone_and_for_one_text(self, desk: SandboxHelpdesk) -> None:
        first = await desk.receive(mail(id="<1@a>"))
        other = await desk.receive(mail("Mine", id="<1@a>", sender="owen@tarrant-joinery.example"))
        assert other.first
        assert other.ticket_id != first.ticket_id
        with pytest.raises(IdempotencyConflict):
            await desk.receive(mail("Another text", id="<1@a>"))

    async def test_an_answer_joins_its_ticket_and_opens_it_again(self, desk: SandboxHelpdesk) -> None:
        received = await desk.receive(mail(sender="ida.lindqvist@lindqvist-form.example"))
        await desk.close_ticket(K, close(received.ticket_id))
        answer = await desk.receive(
            mail("Still not here", subject=f"Re: [{received.ticket_id}] x", sender="ida.private@briefkasten.example")
        )
        ticket = await desk.find_ticket(received.ticket_id)
        assert ticket is not None
        assert answer.ticket_id == received.ticket_id
        assert (ticket.state, ticket.reopened, len(ticket.messages)) == ("open", 1, 2)

    async def test_nobody_else_gets_into_a_ticket_by_its_number(self, desk: SandboxHelpdesk) -> None:
        received = await desk.receive(mail())
        await desk.close_ticket(K, close(received.ticket_id))
        for changes in ({"subject": f"[{received.ticket_id}]"}, {"answers": received.ticket_id}):
            other = await desk.receive(mail("Tell me all", sender="mallory@briefkasten.example", **changes))
            assert other.ticket_id != received.ticket_id
        ticket = await desk.find_ticket(received.ticket_id)
        assert ticket is not None
        assert (ticket.state, len(ticket.messages)) == ("closed", 1)

    async def test_routing_counts_how_often_the_queue_changes(self, desk: SandboxHelpdesk) -> None:
        ticket_id = (await desk.receive(mail())).ticket_id
        for n, queue in enumerate(("delivery", "delivery", "returns", "delivery")):
            assert (await desk.route_ticket(f"k{n}", route(ticket_id, queue))).reference == ticket_id
        assert not (await desk.route_ticket("k3", route(ticket_id, "delivery"))).first
        ticket = await desk.find_ticket(ticket_id)
        assert ticket is not None
        assert (ticket.queue, ticket.state, ticket.reassigned) == ("delivery", "open", 2)
        with pytest.raises(Refused, match="no queue nowhere"):
            await desk.route_ticket("k", route(ticket_id, "nowhere"))

    async def test_asking_and_replying_wait_for_the_customer_and_an_answer_ends_that(
        self, desk: SandboxHelpdesk
    ) -> None:
        ticket_id = (await desk.receive(mail())).ticket_id
        to = "einkauf@metallbau-priel.example"
        await desk.acknowledge_ticket("a", on(AcknowledgeTicket, ticket_id, to=to, priority="low"))
        assert await state_of(desk, ticket_id) == "new"
        await desk.ask_customer("b", on(AskCustomer, ticket_id, to=to, missing=("order_number",)))
        assert await state_of(desk, ticket_id) == "waiting_for_customer"
        await desk.receive(mail("SO-2005", answers=ticket_id))
        assert await state_of(desk, ticket_id) == "open"
        await desk.reply_to_customer("c", reply(ticket_id, body="One\u202e\n\nTwo"))
        assert await state_of(desk, ticket_id) == "waiting_for_customer"
        sent = await desk.sent(ticket_id)
        assert [each.to for each in sent] == [to] * 3
        assert "- order number" in sent[1].body
        assert sent[2].body.startswith("One[U+202E]\n\nTwo\n\nFrom our help pages: KB-06")
        assert {each.subject for each in sent} == {f"[{ticket_id}] Re: My order"}
        ticket = await desk.find_ticket(ticket_id)
        assert ticket is not None
        assert [each.author for each in ticket.messages] == ["customer", "system", "system", "customer", "agent"]

    async def test_nothing_is_sent_to_an_address_that_the_ticket_does_not_know(self, desk: SandboxHelpdesk) -> None:
        ticket_id = (await desk.receive(mail(sender="ida.lindqvist@lindqvist-form.example"))).ticket_id
        assert (await desk.reply_to_customer("k", reply(ticket_id, "Ida.Private@briefkasten.example"))).first
        for n, to in enumerate(("mallory@briefkasten.example", "", HOSTILE)):
            with pytest.raises(Refused, match="neither the requester"):
                await desk.reply_to_customer(f"k{n}", reply(ticket_id, to))
        assert len(await desk.sent(ticket_id)) == 1

    async def test_a_closed_ticket_stays_as_it_is_but_may_be_noted_and_escalated(self, desk: SandboxHelpdesk) -> None:
        ticket_id = (await desk.receive(mail())).ticket_id
        assert (await desk.close_ticket("k", close(ticket_id))).first
        assert not (await desk.close_ticket("k", close(ticket_id))).first
        for attempt in (
            desk.close_ticket("k2", close(ticket_id)),
            desk.route_ticket("k3", route(ticket_id)),
            desk.reply_to_customer("k4", reply(ticket_id)),
            desk.link_ticket("k5", link(ticket_id, "INC-11", "incident")),
        ):
            with pytest.raises(Refused, match=f"{ticket_id} is closed"):
                await attempt
        assert (await desk.note_ticket("n", on(NoteTicket, ticket_id, text=HOSTILE))).reference == "TN-00001"
        late = await desk.escalate_ticket("e", on(EscalateTicket, ticket_id, reason="sla_breach"))
        assert late.reference == "ESC-00001"
        with pytest.raises(Refused, match="no ticket TICKET-00099"):
            await desk.note_ticket("n2", on(NoteTicket, "TICKET-00099", text="x"))

    async def test_links_go_to_running_incidents_and_to_tickets_that_are_not_linked(
        self, desk: SandboxHelpdesk
    ) -> None:
        one, two, three = [(await desk.receive(mail(f"Text {n}"))).ticket_id for n in range(3)]
        await desk.link_ticket("a", link(one, "INC-11", "incident"))
        await desk.link_ticket("b", link(two, three, "duplicate"))
        assert (await state_of(desk, one), await state_of(desk, two)) == ("linked", "linked")
        for target, relation, said in (
            (three, "duplicate", "itself"),
            (two, "duplicate", f"linked to {three} itself"),
            ("INC-99", "incident", "No incident INC-99"),
            ("TICKET-00099", "duplicate", "no ticket"),
        ):
            with pytest.raises(Refused, match=said):
                await desk.link_ticket("c", link(three, target, relation))
        await desk.receive(mail("And now?", answers=two))
        assert await state_of(desk, two) == "linked"

    async def test_similar_tickets_are_open_ones_of_the_same_customer(self, desk: SandboxHelpdesk) -> None:
        private, office = "ida.private@briefkasten.example", "ida.lindqvist@lindqvist-form.example"
        sent = [mail("1", sender=office, at=SEEDED - timedelta(days=9)), mail("2", sender=private)]
        sent += [mail("3", sender=office, at=SEEDED + timedelta(hours=1)), mail("4"), mail("5", sender=office)]
        tickets = [(await desk.receive(each)).ticket_id for each in sent]
        await desk.close_ticket(K, close(tickets[4]))
        found = await desk.similar_tickets(tickets[1], SEEDED - timedelta(days=3))
        assert [each.id for each in found] == [tickets[2]]
        assert len(await desk.similar_tickets(tickets[1], SEEDED - timedelta(days=30))) == 2
        assert await desk.similar_tickets("TICKET-00099", SEEDED) == ()

    async def test_a_long_ticket_shows_its_newest_fifty_messages_oldest_first(self, desk: SandboxHelpdesk) -> None:
        ticket_id = (await desk.receive(mail("0"))).ticket_id
        for n in range(1, 53):
            await desk.receive(mail(str(n), answers=ticket_id))
        ticket = await desk.find_ticket(ticket_id)
        assert ticket is not None
        assert [each.body for each in ticket.messages] == [str(n) for n in range(3, 53)]

    async def test_queues_come_by_name_and_incidents_newest_first(self, desk: SandboxHelpdesk) -> None:
        names = [queue.name for queue in await desk.queues()]
        assert names == sorted(names)
        assert [each.id for each in await desk.open_incidents()] == ["INC-11", "INC-10"]


class KnowledgeContract(Seeded):
    """Inherit, and give a fixture `database`."""

    @pytest.fixture
    def knowledge(self, company: Database) -> SandboxKnowledge:
        return SandboxKnowledge(company)

    @pytest.mark.parametrize(
        ("words", "language", "first"),
        [
            ("My refund is not showing up on my account", "en", "KB-02"),
            ("I was charged twice for one order!", "en", "KB-10"),
            ("where is my parcel? tracking stands still", "en", "KB-06"),
            ("the drill arrived broken", "en", "KB-04"),
            ("I forgot my password and cannot log in", "en", "KB-12"),
            ("my card was declined", "en", "KB-09"),
            ("Ich möchte eine Erstattung", "de", "KB-15"),
        ],
    )
    async def test_the_best_article_comes_first(
        self, knowledge: SandboxKnowledge, words: str, language: str, first: str
    ) -> None:
        found = await knowledge.find_articles(words, language=language)
        assert found[0] == await knowledge.article(first)
        assert len(found) <= 5

    @pytest.mark.parametrize(
        "words", ["", "how do I bake bread", "tell me a joke", "the and of", "in Germany", "\0", "x" * 100_000]
    )
    async def test_nothing_is_found_where_nothing_fits(self, knowledge: SandboxKnowledge, words: str) -> None:
        assert await knowledge.find_articles(words, language="en") == ()

    async def test_only_the_language_asked_for_is_searched_and_the_limit_holds(
        self, knowledge: SandboxKnowledge
    ) -> None:
        assert await knowledge.find_articles("refund", language="fr") == ()
        assert await knowledge.find_articles("refund", language="en\0") == ()
        assert len(await knowledge.find_articles("refund order card", language="en", limit=2)) == 2
        assert await knowledge.find_articles("refund", language="en", limit=0) == ()
        assert await knowledge.article("KB-99") is None


def link(ticket_id: str, to: str, relation: str) -> LinkTicket:
    return on(LinkTicket, ticket_id, to_ticket=to, relation=relation, confidence=Decimal(1))


async def state_of(desk: SandboxHelpdesk, ticket_id: str) -> str:
    ticket = await desk.find_ticket(ticket_id)
    assert ticket is not None
    return ticket.state


async def account_of(billing: SandboxBilling, order_id: str) -> OrderAccount:
    account = await billing.find_account(order_id)
    assert account is not None
    return account


def total(account: OrderAccount) -> Decimal:
    """All that was given and has not failed."""
    given = [*(each for each in account.refunds if each.state != "failed"), *account.replacements]
    return sum((each.amount for each in given), Decimal(0))
