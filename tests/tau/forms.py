"""What the retail system answers, and what its tools take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict

from domain.values import Amount, Frozen
from tests.tau.actions import Address


class Told(Frozen):
    """Part of an answer; what the agent has no use for is left out."""

    model_config = ConfigDict(extra="ignore")


class Item(Told):
    """One article of an order."""

    name: str
    product_id: str
    item_id: str
    price: Amount
    options: Mapping[str, str]


class Entry(Told):
    """A payment, or one given back."""

    transaction_type: Literal["payment", "refund"]
    amount: Amount
    payment_method_id: str


class Order(Told):
    """An order."""

    order_id: str
    user_id: str
    status: str
    address: Address
    items: tuple[Item, ...]
    payment_history: tuple[Entry, ...]


class Means(Told):
    """How a customer pays."""

    id: str
    source: Literal["gift_card", "paypal", "credit_card"]
    balance: Amount | None = None


class Customer(Told):
    """A customer, their orders and means of payment."""

    user_id: str
    first_name: str
    last_name: str
    email: str
    address: Address
    means: tuple[Means, ...]
    orders: tuple[str, ...]


class Variant(Told):
    """One form of a product."""

    item_id: str
    price: Amount
    available: bool
    options: Mapping[str, str]


class Product(Told):
    """A product in all its forms."""

    product_id: str
    name: str
    variants: tuple[Variant, ...]


class Named(Frozen):
    """A name or figure, as the whole answer."""

    found: str


class Catalogue(Frozen):
    """Every product by name."""

    products: Mapping[str, str]


class ByEmail(Frozen):
    email: str


class ByNameZip(Frozen):
    first_name: str
    last_name: str
    zip: str


class ByOrder(Frozen):
    order_id: str


class ByProduct(Frozen):
    product_id: str


class ByUser(Frozen):
    user_id: str


class Nothing(Frozen):
    pass


class Sum(Frozen):
    expression: str


class Musing(Frozen):
    thought: str


class Cancelling(Frozen):
    order_id: str
    reason: Literal["no longer needed", "ordered by mistake"]


class Returning(Frozen):
    order_id: str
    item_ids: tuple[str, ...]
    payment_method_id: str


class Swapping(Frozen):
    order_id: str
    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    payment_method_id: str


class Paying(Frozen):
    order_id: str
    payment_method_id: str


class Shipping(Address):
    order_id: str


class Moving(Address):
    user_id: str


class Handing(Frozen):
    summary: str


def order_of(body: Mapping[str, Any]) -> Order:
    """An order, from the system's own record."""
    return Order.model_validate_json(_exact(body))


def customer_of(user_id: str, body: Mapping[str, Any]) -> Customer:
    """A customer, from the system's own record, which has the id beside it."""
    said = {**body, **body["name"], "user_id": user_id, "means": [*body["payment_methods"].values()]}
    return Customer.model_validate_json(_exact(said))


def product_of(body: Mapping[str, Any]) -> Product:
    """A product, from the system's own record."""
    return Product.model_validate_json(_exact({**body, "variants": [*body["variants"].values()]}))


def _exact(body: Mapping[str, Any]) -> str:
    """As JSON with money as text to the cent: the system adds amounts up as floats."""
    return json.dumps(cents(body))


def cents(value: Any) -> Any:
    """The same with every amount to the cent."""
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, dict):
        return {name: cents(each) for name, each in value.items()}
    return [cents(each) for each in value] if isinstance(value, list | tuple) else value
