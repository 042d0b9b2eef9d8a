"""Which activity performs which action, and which process it starts: what is not here, no process can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from activities.bank import BankActivities
from activities.billing import BillingActivities
from activities.crm import CrmActivities
from activities.customer_mail import CustomerMailActivities
from activities.erp import ErpActivities
from activities.helpdesk import HelpdeskActivities
from activities.mail import MailActivities
from domain.actions import (
    AcknowledgeTicket,
    AskCustomer,
    BaseAction,
    BookCreditNote,
    ChangeBankDetails,
    CloseTicket,
    ConfirmBankDetails,
    EndEntitlement,
    EscalateTicket,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    LinkTicket,
    NoteCustomer,
    NoteTicket,
    PostBill,
    Receipt,
    ReplyToCustomer,
    RestockItems,
    ReturnInvoice,
    ReverseCreditNote,
    RouteTicket,
    SchedulePayment,
    SendRefundNotice,
    SendRemittance,
    StartRefund,
    VerifyBankDetails,
    VoidBill,
)

PERFORMED_BY: Mapping[type[BaseAction], Callable[[Any, Any], Awaitable[Receipt]]] = {
    PostBill: ErpActivities.post_bill,
    SchedulePayment: ErpActivities.schedule_payment,
    VoidBill: ErpActivities.void_bill,
    SendRemittance: MailActivities.send_remittance,
    ReturnInvoice: MailActivities.return_invoice,
    VerifyBankDetails: BankActivities.verify_bank_details,
    ChangeBankDetails: BankActivities.change_bank_details,
    ConfirmBankDetails: BankActivities.confirm_bank_details,
    IssueRefund: BillingActivities.issue_refund,
    GrantStoreCredit: BillingActivities.grant_store_credit,
    ExchangeItems: BillingActivities.exchange_items,
    BookCreditNote: BillingActivities.book_credit_note,
    ReverseCreditNote: BillingActivities.reverse_credit_note,
    RestockItems: BillingActivities.restock_items,
    EndEntitlement: BillingActivities.end_entitlement,
    NoteCustomer: CrmActivities.note_customer,
    SendRefundNotice: CustomerMailActivities.send_refund_notice,
    RouteTicket: HelpdeskActivities.route_ticket,
    AcknowledgeTicket: HelpdeskActivities.acknowledge_ticket,
    AskCustomer: HelpdeskActivities.ask_customer,
    ReplyToCustomer: HelpdeskActivities.reply_to_customer,
    LinkTicket: HelpdeskActivities.link_ticket,
    EscalateTicket: HelpdeskActivities.escalate_ticket,
    NoteTicket: HelpdeskActivities.note_ticket,
    CloseTicket: HelpdeskActivities.close_ticket,
}

BEGUN: Mapping[type[BaseAction], str] = {StartRefund: "Refund"}
"""Actions that no activity performs: each starts a process, by the type of its workflow."""
ORDER = "work_order"
"""Under which name the memo of such a process carries the work order that it was started by."""
