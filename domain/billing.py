"""From an examined invoice to actions: ids, accounts, recipients and amounts from trusted systems or the checks."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from domain.actions import PostBill, ReturnInvoice, SchedulePayment, SendRemittance, VoidBill
from domain.course import Post, codes, holding_payment
from domain.errors import Refused
from domain.intake import Examined, ReadInvoice
from domain.purchasing import Supplier


def business_key(supplier: Supplier, examined: Examined) -> str:
    """Who billed what: supplier, kind, number and date, and how often it was billed and voided before."""
    head, voided = examined.headline, examined.examination.earlier_bills
    kind = "credit" if head.credit_note else "invoice"
    again = f":{voided + 1}" if voided else ""
    return f"{supplier.id}:{kind}:{head.number}:{head.issue_date}{again}"


def bill_of(examined: Examined, course: Post, read: ReadInvoice) -> PostBill:
    """The bill as it would be posted; due by the terms in the supplier master."""
    head, supplier = examined.headline, examined.supplier
    if not (supplier and head.number and head.issue_date and head.currency) or head.payable is None:
        raise Refused("An invoice without supplier, number, date, currency or amount cannot become a bill.")
    return PostBill(
        business_key=business_key(supplier, examined),
        supplier_id=supplier.id,
        supplier_name=supplier.name,
        invoice_number=head.number,
        credit_note=head.credit_note,
        issue_date=head.issue_date,
        due_date=head.issue_date + timedelta(days=supplier.payment_days),
        currency=head.currency,
        net=head.payable if head.net is None else head.net,
        tax=Decimal(0) if head.tax is None else head.tax,
        payable=head.payable,
        order_id=examined.examination.order_id,
        coding=course.coding,
        lines=examined.examination.lines,
        document=read.invoice.digest,
        exceptions=course.exceptions,
        read_by=read.read_by,
        confidence=read.confidence,
    )


def payment_of(
    bill: PostBill, bill_id: str, examined: Examined, *, approved: bool, today: date
) -> SchedulePayment | None:
    """The payment of a posted bill to the account on file; None where there is nothing to pay or nowhere to pay it."""
    account = examined.supplier.account if examined.supplier else None
    if bill.credit_note or bill.payable <= 0 or account is None:
        return None
    return SchedulePayment(
        business_key=bill.business_key,
        bill_id=bill_id,
        supplier_id=bill.supplier_id,
        account=account,
        amount=bill.payable,
        currency=bill.currency,
        due_date=max(bill.due_date, today),
        bill_posted_by="person" if approved else "policy",
        payment_holds=holding_payment(examined.examination.findings),
    )


def void_of(bill: PostBill, bill_id: str, reason: str) -> VoidBill:
    """The undo of a posted bill."""
    return VoidBill(business_key=bill.business_key, bill_id=bill_id, reason=reason)


def remittance_of(payment: SchedulePayment, payment_id: str, bill: PostBill, to: str | None) -> SendRemittance | None:
    """The note to the supplier's address on file; None where there is none."""
    if to is None:
        return None
    return SendRemittance(
        business_key=bill.business_key,
        to=to,
        supplier_name=bill.supplier_name,
        invoice_number=bill.invoice_number,
        amount=payment.amount,
        currency=payment.currency,
        due_date=payment.due_date,
        payment_id=payment_id,
    )


def return_of(examined: Examined) -> ReturnInvoice | None:
    """The note that sends an invoice back; None where its address or the invoice's number is not known."""
    supplier, head = examined.supplier, examined.headline
    if not (supplier and supplier.email and head.number and head.currency) or head.payable is None:
        return None
    return ReturnInvoice(
        business_key=business_key(supplier, examined),
        to=supplier.email,
        supplier_name=supplier.name,
        invoice_number=head.number,
        amount=head.payable,
        currency=head.currency,
        exceptions=codes(examined.examination.findings),
        confidence=None,
    )
