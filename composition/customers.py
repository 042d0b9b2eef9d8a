"""Tickets and refunds: the helpdesk, billing, the CRM, the knowledge base and the mail to customers."""

from __future__ import annotations

from activities.billing import BillingActivities
from activities.crm import CrmActivities
from activities.customer_mail import CustomerMailActivities
from activities.helpdesk import HelpdeskActivities
from activities.refund import RefundLookups
from activities.ticket import TicketLookups
from activities.ticket_answers import TicketAnswers
from composition.opened import Opened, Wired
from domain.actions import (
    BaseAction,
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    RestockItems,
    ReverseCreditNote,
)
from integrations.sandbox import SandboxBilling, SandboxCrm, SandboxCustomerMail, SandboxHelpdesk, SandboxKnowledge

GIVEN_BACK: tuple[type[BaseAction], ...] = (
    *(IssueRefund, GrantStoreCredit, ExchangeItems),
    *(BookCreditNote, ReverseCreditNote, RestockItems, EndEntitlement),
)


def refunds(opened: Opened) -> Wired:
    """What refunds look up and do."""
    billing, crm = SandboxBilling(opened.database, opened.faults), SandboxCrm(opened.database, opened.faults)
    lookups = RefundLookups(billing, crm, opened.documents, opened.policies)
    giving = BillingActivities(billing, opened.store.stops)
    told = CustomerMailActivities(SandboxCustomerMail(opened.database, opened.faults), opened.store.stops)
    activities = [
        lookups.assess_refund,
        lookups.brief_assessor,
        lookups.find_refund,
        giving.issue_refund,
        giving.grant_store_credit,
        giving.exchange_items,
        giving.book_credit_note,
        giving.reverse_credit_note,
        giving.restock_items,
        giving.end_entitlement,
        CrmActivities(crm, opened.store.stops).note_customer,
        told.send_refund_notice,
    ]
    return Wired(activities, dict.fromkeys(GIVEN_BACK, billing))


def tickets(opened: Opened) -> Wired:
    """What tickets look up and do."""
    helpdesk, crm = SandboxHelpdesk(opened.database, opened.faults), SandboxCrm(opened.database, opened.faults)
    billing, knowledge = (
        SandboxBilling(opened.database, opened.faults),
        SandboxKnowledge(opened.database, opened.faults),
    )
    triage = TicketLookups(helpdesk, crm, opened.documents, opened.policies)
    answers = TicketAnswers(helpdesk, billing, knowledge, opened.documents)
    desk = HelpdeskActivities(helpdesk, opened.store.stops)
    return Wired(
        [
            triage.take_in_ticket,
            triage.triage_ticket,
            triage.time_ticket,
            triage.look_at_ticket,
            answers.brief_drafter,
            answers.check_draft,
            answers.refund_asked,
            desk.route_ticket,
            desk.acknowledge_ticket,
            desk.ask_customer,
            desk.reply_to_customer,
            desk.link_ticket,
            desk.escalate_ticket,
            desk.note_ticket,
            desk.close_ticket,
        ]
    )
