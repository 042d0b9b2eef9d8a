"""The exception catalogue of refunds: what was found, who owns it, what it leads to and what removes it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.values import Amount, CurrencyCode, Frozen, Quantity, Total

RefundRole = Literal["support", "support-lead", "finance"]

RefusalCode = Literal[
    "unknown_order",
    "not_paid",
    "dispute_open",
    "already_refunded",
    "charged_once",
    "final_sale",
    "out_of_window",
    "not_returned",
    "on_its_way",
]
"""Why a request is refused by rules; the customer is told, and told what would change it."""

LeadsTo = Literal["refusal", "person", "question", "note"]
"""Refused by rules; decided by a person; read by the assessor first; or only said beside what is given."""


class BaseRefundFinding(Frozen):
    """One thing that was found: its class says who owns it and what it leads to, its fields say what was seen."""

    owner: ClassVar[RefundRole] = "support"
    leads_to: ClassVar[LeadsTo]
    removed_by: ClassVar[str]
    """What makes it go away."""
    said: str = Field(description="one sentence for a person: what was expected, what was seen")


class OrderNotTheirs(BaseRefundFinding):
    """The order is not on file for this customer; whether it is on file for another one, nobody is told."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "the customer names an order of their own"
    code: Literal["unknown_order"] = "unknown_order"
    order_id: str


class NothingPaid(BaseRefundFinding):
    """Nothing was paid for what is asked back, or the customer's bank has taken it back already."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "a payment of this order arrives"
    code: Literal["not_paid"] = "not_paid"


class DisputeOpen(BaseRefundFinding):
    """The customer's bank contests the payment: it may take the money back by itself."""

    owner: ClassVar[RefundRole] = "finance"
    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "the dispute is closed"
    code: Literal["dispute_open"] = "dispute_open"
    dispute_id: str


class AlreadyRefunded(BaseRefundFinding):
    """All of it has been given back, or is on its way back; `order_line` is None where that is the whole order."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "a refund that is on its way fails"
    code: Literal["already_refunded"] = "already_refunded"
    order_line: str | None
    pending: bool = Field(description="whether some of it is still on its way")


class ChargedOnce(BaseRefundFinding):
    """A double charge is claimed, and no more was paid than the order cost."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "a second payment of this order arrives"
    code: Literal["charged_once"] = "charged_once"
    paid: Total
    due: Total


class FinalSale(BaseRefundFinding):
    """The line was sold for good."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "nothing, unless it is faulty or another article"
    code: Literal["final_sale"] = "final_sale"
    order_line: str


class OutOfWindow(BaseRefundFinding):
    """The time in which it may be given back is over, and so is the time in which a person may still grant it."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "nothing: the time is over"
    code: Literal["out_of_window"] = "out_of_window"
    order_line: str
    ended_on: date


class NotReturned(BaseRefundFinding):
    """The goods have to come back first, and none of them has."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "the goods come back and are accepted"
    code: Literal["not_returned"] = "not_returned"
    order_line: str


class OnItsWay(BaseRefundFinding):
    """It has not arrived, but it is not late enough to count as lost."""

    leads_to: ClassVar[LeadsTo] = "refusal"
    removed_by: ClassVar[str] = "it has not arrived when the day named has passed"
    code: Literal["on_its_way"] = "on_its_way"
    order_line: str
    lost_from: date


class UnknownCustomer(BaseRefundFinding):
    """Nobody in the CRM is the one who asks."""

    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "a person finds out who asks"
    code: Literal["unknown_customer"] = "unknown_customer"


class BlockedCustomer(BaseRefundFinding):
    """The customer is blocked."""

    owner: ClassVar[RefundRole] = "support-lead"
    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "the block is lifted, or a person decides in spite of it"
    code: Literal["blocked_customer"] = "blocked_customer"


class OtherCurrency(BaseRefundFinding):
    """The request, a payment or an earlier refund is in another currency than the order."""

    owner: ClassVar[RefundRole] = "finance"
    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "a person says what it comes to in the order's currency"
    code: Literal["other_currency"] = "other_currency"
    order_currency: CurrencyCode
    seen: CurrencyCode


class UnknownItem(BaseRefundFinding):
    """Something is asked back that no single line of the order is."""

    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "the customer says which line of the order it is"
    code: Literal["unknown_item"] = "unknown_item"
    named: str


class NoTerms(BaseRefundFinding):
    """No terms were in force for this line when the order was placed."""

    owner: ClassVar[RefundRole] = "support-lead"
    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "refund-terms.toml has a window for it"
    code: Literal["no_terms"] = "no_terms"
    order_line: str


class ContradictsDelivery(BaseRefundFinding):
    """It is said to be missing and was delivered, or to be faulty and was not."""

    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "a person asks the carrier or the customer"
    code: Literal["contradicts_delivery"] = "contradicts_delivery"
    order_line: str
    delivered_on: date | None


class EarlierRefundUnclear(BaseRefundFinding):
    """Some was given back before, nobody noted for what: it may have been for the same goods."""

    owner: ClassVar[RefundRole] = "support-lead"
    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "a person finds out what the earlier refund was for"
    code: Literal["earlier_refund_unclear"] = "earlier_refund_unclear"
    amount: Amount


class BeyondPayment(BaseRefundFinding):
    """No single payment of the order has enough left for it."""

    owner: ClassVar[RefundRole] = "finance"
    leads_to: ClassVar[LeadsTo] = "person"
    removed_by: ClassVar[str] = "finance divides it over the payments"
    code: Literal["beyond_payment"] = "beyond_payment"
    amount: Amount


class ReasonUnclear(BaseRefundFinding):
    """The reason fits none that the terms know."""

    leads_to: ClassVar[LeadsTo] = "question"
    removed_by: ClassVar[str] = "somebody reads what the customer wrote"
    code: Literal["reason_unclear"] = "reason_unclear"


class Unproven(BaseRefundFinding):
    """Only the customer can say it: the service failed, or goods that are not back are not what was described."""

    leads_to: ClassVar[LeadsTo] = "question"
    removed_by: ClassVar[str] = "somebody reads what the customer wrote, or the goods come back"
    code: Literal["unproven"] = "unproven"
    order_line: str


class MixedClaim(BaseRefundFinding):
    """One answer does not fit all of it: some is in time and some late, or it cannot be exchanged as is asked."""

    leads_to: ClassVar[LeadsTo] = "question"
    removed_by: ClassVar[str] = "somebody says what the customer wants most"
    code: Literal["mixed_claim"] = "mixed_claim"


class Late(BaseRefundFinding):
    """The time is over, but a person may still grant it."""

    owner: ClassVar[RefundRole] = "support-lead"
    leads_to: ClassVar[LeadsTo] = "note"
    removed_by: ClassVar[str] = "a person grants it"
    code: Literal["late"] = "late"
    order_line: str
    ended_on: date


class LessThanAsked(BaseRefundFinding):
    """Fewer pieces can be given back than are asked for: not more was sold, is left or has come back."""

    leads_to: ClassVar[LeadsTo] = "note"
    removed_by: ClassVar[str] = "the rest comes back"
    code: Literal["less_than_asked"] = "less_than_asked"
    order_line: str
    asked: Quantity
    possible: Quantity


RefundFinding = Annotated[
    OrderNotTheirs
    | NothingPaid
    | DisputeOpen
    | AlreadyRefunded
    | ChargedOnce
    | FinalSale
    | OutOfWindow
    | NotReturned
    | OnItsWay
    | UnknownCustomer
    | BlockedCustomer
    | OtherCurrency
    | UnknownItem
    | NoTerms
    | ContradictsDelivery
    | EarlierRefundUnclear
    | BeyondPayment
    | ReasonUnclear
    | Unproven
    | MixedClaim
    | Late
    | LessThanAsked,
    Field(discriminator="code"),
]
Refusal = (
    OrderNotTheirs
    | NothingPaid
    | DisputeOpen
    | AlreadyRefunded
    | ChargedOnce
    | FinalSale
    | OutOfWindow
    | NotReturned
    | OnItsWay
)
