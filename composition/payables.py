"""Invoices and suppliers' bank details: the ERP and the mail to suppliers."""

from __future__ import annotations

from activities.bank import BankLookups
from activities.examination import ExaminationActivities
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
    checking = ExaminationActivities(opened.documents, erp, opened.policies)
    master = BankLookups(erp, opened.policies, opened.signals)
    return Wired((checking, master), dict.fromkeys(BOOKED, erp) | dict.fromkeys(MAILED, mail))
