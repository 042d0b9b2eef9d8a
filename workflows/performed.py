"""Which system performs which action, and which process it starts: what is not here, no process can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

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
from domain.ports import Erp, Mail, SupplierMaster
from domain.support_ports import Billing, Crm, CustomerMail, Helpdesk

PERFORMED_BY: Mapping[type[BaseAction], Callable[[Any, str, Any], Awaitable[Receipt]]] = {
    PostBill: Erp.post_bill,
    SchedulePayment: Erp.schedule_payment,
    VoidBill: Erp.void_bill,
    SendRemittance: Mail.send_remittance,
    ReturnInvoice: Mail.return_invoice,
    VerifyBankDetails: Mail.verify_bank_details,
    ChangeBankDetails: SupplierMaster.change_bank_details,
    ConfirmBankDetails: Mail.confirm_bank_details,
    IssueRefund: Billing.issue_refund,
    GrantStoreCredit: Billing.grant_store_credit,
    ExchangeItems: Billing.exchange_items,
    BookCreditNote: Billing.book_credit_note,
    ReverseCreditNote: Billing.reverse_credit_note,
    RestockItems: Billing.restock_items,
    EndEntitlement: Billing.end_entitlement,
    NoteCustomer: Crm.note_customer,
    SendRefundNotice: CustomerMail.send_refund_notice,
    RouteTicket: Helpdesk.route_ticket,
    AcknowledgeTicket: Helpdesk.acknowledge_ticket,
    AskCustomer: Helpdesk.ask_customer,
    ReplyToCustomer: Helpdesk.reply_to_customer,
    LinkTicket: Helpdesk.link_ticket,
    EscalateTicket: Helpdesk.escalate_ticket,
    NoteTicket: Helpdesk.note_ticket,
    CloseTicket: Helpdesk.close_ticket,
}
"""By the method of its port: `activities.effect` makes an activity of that name for each."""

BEGUN: Mapping[type[BaseAction], str] = {StartRefund: "Refund"}
"""Actions that no activity performs: each starts a process, by the type of its workflow."""
ORDER = "work_order"
"""Under which name the memo of such a process carries the work order that it was started by."""
