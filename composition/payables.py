"""Invoices and suppliers' bank details: the ERP and the mail to suppliers."""

from __future__ import annotations

from activities.bank import BankActivities, BankLookups
from activities.erp import ErpActivities
from activities.examination import ExaminationActivities
from activities.mail import MailActivities
from composition.opened import Opened, Wired
from domain.actions import (
    BaseAction,
    ChangeBankDetails,
    ConfirmBankDetails,
    PostBill,
    ReturnInvoice,
    SchedulePayment,
    SendRemittance,
    VerifyBankDetails,
    VoidBill,
)
from integrations.sandbox import SandboxErp, SandboxMail

BOOKED: tuple[type[BaseAction], ...] = (PostBill, SchedulePayment, VoidBill, ChangeBankDetails)
MAILED: tuple[type[BaseAction], ...] = (SendRemittance, ReturnInvoice, VerifyBankDetails, ConfirmBankDetails)


def payables(opened: Opened) -> Wired:
    """What invoices and changes of bank details look up and do."""
    erp, mail = SandboxErp(opened.database, opened.faults), SandboxMail(opened.database, opened.faults)
    stops, policies = opened.store.stops, opened.policies
    checking = ExaminationActivities(opened.documents, erp, policies)
    books, letters = ErpActivities(erp, stops), MailActivities(mail, stops)
    master, accounts = BankLookups(erp, policies, opened.signals), BankActivities(erp, mail, stops)
    activities = [
        checking.examine_invoice,
        checking.brief_examiner,
        books.post_bill,
        books.schedule_payment,
        books.void_bill,
        letters.send_remittance,
        letters.return_invoice,
        master.look_up_account,
        master.cooling_off_end,
        master.who_stopped,
        accounts.verify_bank_details,
        accounts.change_bank_details,
        accounts.confirm_bank_details,
    ]
    return Wired(activities, dict.fromkeys(BOOKED, erp) | dict.fromkeys(MAILED, mail))
