"""Which activity performs which action: what is not here, no process can do."""

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
    BaseAction,
    BookCreditNote,
    ChangeBankDetails,
    ConfirmBankDetails,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    NoteCustomer,
    NoteTicket,
    PostBill,
    Receipt,
    RestockItems,
    ReturnInvoice,
    ReverseCreditNote,
    SchedulePayment,
    SendRefundNotice,
    SendRemittance,
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
    NoteTicket: HelpdeskActivities.note_ticket,
}
