"""What tickets and refunds ask of the outside world, beside `domain.ports`. Adapters live in `integrations/`."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.actions import Receipt
from domain.actions.refunds import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    NoteCustomer,
    RestockItems,
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
from domain.customers import KnownCustomer
from domain.ports import Reconciled
from domain.sales import OrderAccount, Refund, SalesOrder
from domain.support import Article, Incident, Queue, Ticket


class Crm(Reconciled, Protocol):
    """Customers, contracts, notes."""

    async def find_customer(
        self, *, customer_id: str | None = None, address: str | None = None
    ) -> KnownCustomer | None:
        """The customer with this id, or the one customer who writes from this address (case does not matter)."""
        ...

    async def note_customer(self, key: str, action: NoteCustomer) -> Receipt:
        """Write a note; the reference is its id. Refused for an unknown customer."""
        ...


class Billing(Reconciled, Protocol):
    """Orders, charges, refunds, disputes, credit."""

    async def find_account(self, order_id: str) -> OrderAccount | None:
        """The order with this number, with its charges, refunds and disputes, and the customer's other refunds."""
        ...

    async def orders_of(self, customer_id: str) -> tuple[SalesOrder, ...]:
        """The customer's orders, newest first, at most 50."""
        ...

    async def find_refund(self, refund_id: str) -> Refund | None:
        """How a refund stands: the provider settles it some time after it was asked for."""
        ...

    async def issue_refund(self, key: str, action: IssueRefund) -> Receipt:
        """Ask the provider to give money back; the reference is the refund's id, which is pending at first.

        `Refused` names a `domain.sales.RefundFailure` first, then says it in words. `Unavailable` after a timeout means
        that nobody knows: look it up by key.
        """
        ...

    async def grant_store_credit(self, key: str, action: GrantStoreCredit) -> Receipt:
        """Credit the customer's account; the reference is the credit's id."""
        ...

    async def exchange_items(self, key: str, action: ExchangeItems) -> Receipt:
        """Order the replacement; the reference is the new order's id."""
        ...

    async def book_credit_note(self, key: str, action: BookCreditNote) -> Receipt:
        """Book a credit note; the reference is its id. Refused beyond what was charged."""
        ...

    async def reverse_credit_note(self, key: str, action: ReverseCreditNote) -> Receipt:
        """Reverse it; the reference is the credit note's id. Refused where it is reversed already."""
        ...

    async def restock_items(self, key: str, action: RestockItems) -> Receipt:
        """Take goods back into stock; the reference is the movement's id. Refused for more than was sold."""
        ...

    async def end_entitlement(self, key: str, action: EndEntitlement) -> Receipt:
        """End access; the reference is the entitlement's id."""
        ...


class Helpdesk(Reconciled, Protocol):
    """Tickets, queues, replies."""

    async def find_ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket with all its messages."""
        ...

    async def queues(self) -> tuple[Queue, ...]:
        """Every queue, by name."""
        ...

    async def open_incidents(self) -> tuple[Incident, ...]:
        """What concerns many just now, newest first."""
        ...

    async def similar_tickets(self, ticket_id: str, since: datetime) -> tuple[Ticket, ...]:
        """Open tickets from the same requester, newest first, at most 20; not this one."""
        ...

    async def route_ticket(self, key: str, action: RouteTicket) -> Receipt:
        """Put it into a queue with a priority; the reference is the ticket's id. Refused for an unknown queue."""
        ...

    async def acknowledge_ticket(self, key: str, action: AcknowledgeTicket) -> Receipt:
        """Tell the customer that it has arrived; the reference is the message's id."""
        ...

    async def ask_customer(self, key: str, action: AskCustomer) -> Receipt:
        """Ask for what is missing; the reference is the message's id."""
        ...

    async def reply_to_customer(self, key: str, action: ReplyToCustomer) -> Receipt:
        """Answer; the reference is the message's id."""
        ...

    async def link_ticket(self, key: str, action: LinkTicket) -> Receipt:
        """Link it to another ticket or an incident; the reference is the ticket's id."""
        ...

    async def escalate_ticket(self, key: str, action: EscalateTicket) -> Receipt:
        """Tell the queue's head; the reference is the escalation's id."""
        ...

    async def note_ticket(self, key: str, action: NoteTicket) -> Receipt:
        """Write a note that the customer does not see; the reference is the note's id."""
        ...

    async def close_ticket(self, key: str, action: CloseTicket) -> Receipt:
        """Close it; the reference is the ticket's id."""
        ...


class CustomerMail(Reconciled, Protocol):
    """Messages to customers, written from templates."""

    async def send_refund_notice(self, key: str, action: SendRefundNotice) -> Receipt:
        """Tell what came of a request; the reference is the message's id."""
        ...


class Knowledge(Protocol):
    """The knowledge base."""

    async def find_articles(self, words: str, *, language: str, limit: int = 5) -> tuple[Article, ...]:
        """Articles that fit these words best, best first; none where nothing fits."""
        ...

    async def article(self, article_id: str) -> Article | None:
        """One article."""
        ...
