"""An order, its payment and the customer: one plausible value of each, changed where a test says so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.actions.refunds import ReturnedItem
from domain.checks.refund_assessment import assess
from domain.customers import Customer, KnownCustomer
from domain.refund_terms import RefundTerms
from domain.refunding import AskedItem, Give, RefundFile, RefundRequest, Standing
from domain.sales import Charge, Dispute, OrderAccount, Refund, Replacement, SalesOrder, SoldLine
from governance.refund_terms import load_refund_terms
from tests.conftest import ROOT

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, ten in the morning in Berlin."""


def terms() -> RefundTerms:
    return load_refund_terms((ROOT / "policies" / "refund-terms.toml").read_bytes(), "policies/refund-terms.toml")


TERMS = terms()


def line(number: str = "1", **changes: Any) -> SoldLine:
    fields: dict[str, Any] = {
        "id": number,
        "item": f"ART-{number}",
        "description": f"Desk lamp {number}",
        "category": "goods",
        "quantity": Decimal(2),
        "unit_price": Decimal("10.00"),
    }
    return SoldLine(**{**fields, **changes})


def order(*lines: SoldLine, **changes: Any) -> SalesOrder:
    fields: dict[str, Any] = {
        "id": "SO-1",
        "customer_id": "C-1",
        "channel": "web",
        "currency": "EUR",
        "placed_on": date(2026, 11, 10),
        "delivered_on": date(2026, 11, 14),
        "lines": lines or (line(),),
        "shipping": Decimal("5.00"),
    }
    return SalesOrder(**{**fields, **changes})


def charge(amount: str = "25.00", number: str = "CH-1", **changes: Any) -> Charge:
    fields: dict[str, Any] = {
        "id": number,
        "order_id": "SO-1",
        "amount": Decimal(amount),
        "currency": "EUR",
        "means": "card",
        "state": "paid",
        "at": datetime(2026, 11, 10, 12, tzinfo=UTC),
        "refundable_until": date(2027, 5, 10),
    }
    return Charge(**{**fields, **changes})


def refund(amount: str, number: str = "RF-1", *items: tuple[str, str], **changes: Any) -> Refund:
    fields: dict[str, Any] = {
        "id": number,
        "charge_id": "CH-1",
        "order_id": "SO-1",
        "customer_id": "C-1",
        "amount": Decimal(amount),
        "currency": "EUR",
        "state": "succeeded",
        "failure": None,
        "at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "items": tuple(returned(*each) for each in items),
    }
    return Refund(**{**fields, **changes})


def replacement(amount: str, *items: tuple[str, str]) -> Replacement:
    return Replacement(
        id="CR-1",
        kind="store_credit",
        order_id="SO-1",
        amount=Decimal(amount),
        currency="EUR",
        at=AT - timedelta(days=3),
        items=tuple(returned(*each) for each in items),
    )


def returned(number: str, quantity: str) -> ReturnedItem:
    return ReturnedItem(order_line=number, item=f"ART-{number}", quantity=Decimal(quantity))


def dispute(**changes: Any) -> Dispute:
    fields: dict[str, Any] = {"id": "DP-1", "charge_id": "CH-1", "amount": Decimal(25), "currency": "EUR", "open": True}
    return Dispute(**{**fields, "at": AT, **changes})


def account(bought: SalesOrder | None = None, **changes: Any) -> OrderAccount:
    sold = bought or order()
    fields: dict[str, Any] = {
        "order": sold,
        "charges": () if "charges" in changes else (charge(str(sold.total), currency=sold.currency),),
        "refunds": (),
        "disputes": (),
        "earlier": (),
    }
    return OrderAccount(**{**fields, **changes})


def known(**changes: Any) -> KnownCustomer:
    fields: dict[str, Any] = {"id": "C-1", "name": "Ada Berg", "email": "ada@example.com", "since": date(2024, 1, 1)}
    return KnownCustomer(customer=Customer(**{**fields, **changes}), contract=None, notes=())


def asked(*items: tuple[str, str], **changes: Any) -> RefundRequest:
    fields: dict[str, Any] = {
        "reference": "T-1",
        "order_id": "SO-1",
        "customer_id": "C-1",
        "items": tuple(AskedItem(line=name, quantity=Decimal(quantity)) for name, quantity in items),
        "reason": "damaged",
        "received": AT,
        "requester": "ticket T-1",
    }
    return RefundRequest(**{**fields, **changes})


def stands(
    request: RefundRequest | None = None,
    file: OrderAccount | None = None,
    customer: KnownCustomer | None = None,
    **changes: Any,
) -> Standing:
    """The standing of a request; changes: `orders`, `terms`, `at`."""
    found = RefundFile(account=file or account(), known=customer or known(), orders=changes.get("orders", ()))
    return assess(request or asked(), found, changes.get("terms", TERMS), changes.get("at", AT))


def offered(standing: Standing) -> Give:
    assert isinstance(standing.settled, Give), standing
    return standing.settled
