"""What a retail agent may have done, for tests; no process of the product does any of it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Union, get_args

from pydantic import Field

from domain import actions
from domain.actions.base import BaseAction, Effect, Fact, kind_of
from domain.values import Amount, CurrencyCode, Frozen


class Address(Frozen):
    """Where goods go."""

    address1: str
    address2: str
    city: str
    state: str
    country: str
    zip: str


class RetailAction(BaseAction):
    """Something for one customer; `own` says whether what it touches is theirs, `backed` who vouches for it."""

    effect: ClassVar[Effect] = "money"
    own: bool
    backed: bool = True

    def facts(self) -> dict[str, Fact]:
        """What it is, whose, and on whose word."""
        return {"action": kind_of(type(self)), "own": self.own, "backed": self.backed}


class OrderAction(RetailAction):
    """Something about one order; `amount` is what is at stake, in whichever direction."""

    order_id: str
    amount: Amount
    currency: CurrencyCode = "USD"

    def facts(self) -> dict[str, Fact]:
        """Besides, what is at stake."""
        return super().facts() | {"amount": self.amount, "currency": self.currency}


class CancelOrder(OrderAction):
    """Cancel an order that is not on its way, and pay it back."""

    step: ClassVar[str] = "cancel"
    kind: Literal["retail.cancel"] = "retail.cancel"
    reason: Literal["no longer needed", "ordered by mistake"]


class ReturnItems(OrderAction):
    """Take delivered goods back for their price."""

    step: ClassVar[str] = "return"
    kind: Literal["retail.return"] = "retail.return"
    item_ids: tuple[str, ...]
    payment_method_id: str


class SwapItems(OrderAction):
    """Other variants of the same products, for the difference in price."""

    item_ids: tuple[str, ...]
    new_item_ids: tuple[str, ...]
    payment_method_id: str


class ExchangeDelivered(SwapItems):
    """Exchange delivered goods."""

    step: ClassVar[str] = "exchange"
    kind: Literal["retail.exchange"] = "retail.exchange"


class ChangeItems(SwapItems):
    """Change the goods of an order that is not on its way."""

    step: ClassVar[str] = "items"
    kind: Literal["retail.items"] = "retail.items"


class ChangePayment(OrderAction):
    """Pay an order by other means."""

    step: ClassVar[str] = "payment"
    kind: Literal["retail.payment"] = "retail.payment"
    payment_method_id: str


class ChangeShipping(RetailAction):
    """Send an order elsewhere."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "shipping"
    kind: Literal["retail.shipping"] = "retail.shipping"
    order_id: str
    address: Address


class ChangeHome(RetailAction):
    """Change a customer's own address."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "home"
    kind: Literal["retail.home"] = "retail.home"
    user_id: str
    address: Address


class HandOver(RetailAction):
    """Hand the conversation over to a person."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "handover"
    kind: Literal["retail.handover"] = "retail.handover"
    summary: str


ALL: tuple[type[RetailAction], ...] = (
    *(CancelOrder, ReturnItems, ExchangeDelivered, ChangeItems, ChangePayment),
    *(ChangeShipping, ChangeHome, HandOver),
)


def widen() -> None:
    """Let these actions travel, too: call it before any module that holds an action in a field is imported.

    The union of actions is closed on purpose. This opens it in the worker's own process alone, so that the tests need
    no word of retail in the product.
    """
    every: Any = Union[(*get_args(get_args(actions.Action)[0]), *ALL)]
    actions.Action = Annotated[every, Field(discriminator="kind")]  # type: ignore[misc]
    actions.KINDS.update({kind_of(each): each for each in ALL})
