"""Tickets and refunds: the helpdesk, billing, the CRM, the knowledge base and the mail to customers."""

from __future__ import annotations

from activities.refund import RefundLookups
from activities.ticket import TicketLookups
from activities.ticket_answers import TicketAnswers
from composition.opened import Opened, Wired
from domain.actions import (
    AcknowledgeTicket,
    AskCustomer,
    BaseAction,
    BookCreditNote,
    CloseTicket,
    EndEntitlement,
    EscalateTicket,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    LinkTicket,
    NoteCustomer,
    NoteTicket,
    ReplyToCustomer,
    RestockItems,
    ReverseCreditNote,
    RouteTicket,
    SendRefundNotice,
)
from integrations.sandbox import SandboxBilling, SandboxCrm, SandboxCustomerMail, SandboxHelpdesk, SandboxKnowledge

GIVEN_BACK: tuple[type[BaseAction], ...] = (
    *(IssueRefund, GrantStoreCredit, ExchangeItems),
    *(BookCreditNote, ReverseCreditNote, RestockItems, EndEntitlement),
)
HELPED: tuple[type[BaseAction], ...] = (
    *(RouteTicket, AcknowledgeTicket, AskCustomer, ReplyToCustomer),
    *(LinkTicket, EscalateTicket, NoteTicket, CloseTicket),
)


def refunds(opened: Opened) -> Wired:
    """What refunds look up and do."""
    billing, crm = SandboxBilling(opened.database, opened.faults), SandboxCrm(opened.database, opened.faults)
    mail = SandboxCustomerMail(opened.database, opened.faults)
    lookups = RefundLookups(billing, crm, opened.documents, opened.policies)
    return Wired((lookups,), {**dict.fromkeys(GIVEN_BACK, billing), NoteCustomer: crm, SendRefundNotice: mail})


def tickets(opened: Opened) -> Wired:
    """What tickets look up and do."""
    helpdesk, crm = SandboxHelpdesk(opened.database, opened.faults), SandboxCrm(opened.database, opened.faults)
    billing, knowledge = (
        SandboxBilling(opened.database, opened.faults),
        SandboxKnowledge(opened.database, opened.faults),
    )
    triage = TicketLookups(helpdesk, crm, opened.documents, opened.policies)
    answers = TicketAnswers(helpdesk, billing, knowledge, opened.documents)
    return Wired((triage, answers), dict.fromkeys(HELPED, helpdesk))
