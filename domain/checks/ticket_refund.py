"""The refund that a ticket asks for: the message names an order and a reason, billing says what it was.

An amount in the message is an upper bound for the refund process, never the amount.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from domain.actions.refunds import RefundReason
from domain.checks.identifiers import normal_number
from domain.checks.ticket_text import calm, read_of
from domain.refunding import RefundRequest
from domain.sales import SalesOrder
from domain.support import Ticket
from domain.ticketing import TicketCase

REASONS: Mapping[str, RefundReason] = {
    "not_received": "not_received",
    "delivery_late": "not_received",
    "damaged_goods": "damaged",
    "wrong_item": "wrong_item",
    "not_as_described": "not_as_described",
    "charged_twice": "charged_twice",
    "return_goods": "changed_mind",
    "cancel_order": "changed_mind",
}
"""What an intent says of why money is wanted back; the first that is named counts, and without one it is `other`."""
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
NAMES = r"(?:eur|euros?|usd|gbp|chf|sek|nok|dkk|pln)\b"
FIGURE = r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?"
AMOUNT = re.compile(
    rf"(?:(?P<before>[€$£]|\b{NAMES}) ?(?P<one>{FIGURE})(?![\d.,]*\d)"
    rf"|(?<![\d.,])(?P<two>{FIGURE}) ?(?P<after>[€$£]|{NAMES}))"
)
CENTS = re.compile(r"[.,](\d{1,2})$")
NUMBER = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")


def refund_request(
    case: TicketCase, ticket: Ticket, named: Collection[str], orders: Sequence[SalesOrder]
) -> RefundRequest | str:
    """The request of a customer whose orders these are; or, in words, what the customer must say first.

    The order is the one of theirs that the ticket names, or the only one they have. `named` are the intents whose words
    stand in it.
    """
    text = read_of(ticket)
    meant = tuple(named_orders(text, orders)) or tuple(orders)
    if len(meant) != 1:
        return "the number of the order that it is about"
    order = meant[0]
    stated = {amount for amount, currency in amounts(text) if currency == order.currency and amount > 0}
    why: list[RefundReason] = [reason for intent, reason in REASONS.items() if intent in named]
    return RefundRequest(
        reference=ticket.id,
        order_id=order.id,
        customer_id=order.customer_id,
        reason=why[0] if why else "other",
        asked=max(stated, default=None),
        asked_currency=order.currency if stated else None,
        received=ticket.messages[0].at,
        ticket_id=ticket.id,
        requester=case.requester,
    )


def named_orders(text: str, orders: Sequence[SalesOrder]) -> Iterator[SalesOrder]:
    """Those of a customer's orders whose number stands in the text as a word, however it is spelt."""
    said = {normal_number(word) for word in NUMBER.findall(calm(text))}
    yield from (order for order in orders if normal_number(order.id) in said)


def amounts(text: str) -> Iterator[tuple[Decimal, str]]:
    """Every amount that a text states with its currency, as an ISO 4217 code."""
    for found in AMOUNT.finditer(calm(text)):
        sign = (found["before"] or found["after"]).strip()
        yield _decimal(found["one"] or found["two"]), SIGNS.get(sign) or sign[:3].upper()


def _decimal(written: str) -> Decimal:
    cents = CENTS.search(written)
    whole = re.sub(r"\D", "", written[: cents.start()] if cents else written)
    return Decimal(f"{whole}.{cents[1]}") if cents else Decimal(whole)
