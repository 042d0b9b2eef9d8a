"""Actions, verdicts and requests for tests: one plausible value of each, changed where a test says so."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from domain.actions import PostBill, SchedulePayment
from domain.purchasing import Coding
from governance.approval import ApprovalRequest, Decision, Subject
from governance.canonical import digest
from governance.case import CaseRun
from governance.people import Mandate
from governance.quorum import Vote
from governance.verdict import Review, Rung, Verdict
from governance.work_order import WorkOrder, key_for

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CASE = CaseRun(namespace="default", workflow_id="invoice-1", run_id="run-1")


def bill(**changes: Any) -> PostBill:
    net = Decimal("1000.00")
    fields: dict[str, Any] = {
        "business_key": "S-1:invoice:INV-1:2026-11-01",
        "supplier_id": "S-1",
        "supplier_name": "Acme GmbH",
        "invoice_number": "INV-1",
        "credit_note": False,
        "issue_date": date(2026, 11, 1),
        "due_date": date(2026, 12, 1),
        "currency": "EUR",
        "net": net,
        "tax": Decimal("190.00"),
        "payable": Decimal("1190.00"),
        "order_id": "PO-1",
        "coding": (Coding(account="3100", cost_centre="10", net=net),),
        "lines": (),
        "document": "a" * 64,
        "exceptions": (),
        "read_by": "parser",
        "confidence": None,
    }
    return PostBill(**{**fields, **changes})


def payment(**changes: Any) -> SchedulePayment:
    fields: dict[str, Any] = {
        "business_key": "S-1:invoice:INV-1:2026-11-01",
        "bill_id": "B-1",
        "supplier_id": "S-1",
        "account": "DE02120300000000202051",
        "amount": Decimal("1190.00"),
        "currency": "EUR",
        "due_date": date(2026, 12, 1),
        "bill_posted_by": "policy",
        "payment_holds": (),
    }
    return SchedulePayment(**{**fields, **changes})


def verdict(action: PostBill, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "then": "review",
        "row": "buyer",
        "why": "The buyer answers for prices.",
        "policy": "invoice",
        "version": "1",
        "file_digest": "b" * 64,
        "action_digest": digest(action),
        "facts": {},
        "profile": "dev",
        "review": review(),
    }
    fields |= changes
    if fields["then"] != "review" and "review" not in changes:
        fields["review"] = None
    return Verdict(**fields)


def review(approvers: dict[str, int] | None = None, **changes: Any) -> Review:
    """One buyer within 48 hours, nobody else asked."""
    fields: dict[str, Any] = {
        "approvers": approvers or {"buyer": 1},
        "assurance": "anonymous",
        "ladder": (Rung(at=NOW + timedelta(hours=48), does="end"),),
    }
    return Review(**{**fields, **changes})


def subject(action: PostBill, **changes: Any) -> Subject:
    fields: dict[str, Any] = {
        "case": CASE,
        "action": action,
        "row": "buyer",
        "requester": "mailroom",
        "nonce": "n-1",
        "expires": NOW + timedelta(hours=48),
    }
    return Subject(**{**fields, **changes})


def request(about: Subject | None = None, **changes: Any) -> ApprovalRequest:
    about = about or subject(bill())
    fields: dict[str, Any] = {
        "question": "Post the bill of Acme GmbH for 1,190.00 EUR in spite of price variance?",
        "how_to_decide": "More Actions > Send a Signal: approve or reject.",
        "facts": {"Supplier": "Acme GmbH", "Invoice": "INV-1"},
        "why_held": "The buyer answers for prices.",
        "advice": None,
        "evidence": (),
        "needed": "1 from buyer",
        "if_nobody_answers": "refused",
        "profile": "dev",
        "subject": about,
        "digest": digest(about),
        "verdict": verdict(bill(), review=review(ladder=(Rung(at=about.expires, does="end"),))),
    }
    return ApprovalRequest(**{**fields, **changes})


def vote(person: str, *roles: str, **changes: Any) -> Vote:
    """A buyer's vote, or that of somebody of these roles."""
    fields: dict[str, Any] = {
        "person": person,
        "mandates": tuple(Mandate(role=role, on_behalf_of=None) for role in roles or ("buyer",)),
        "assurance": "claimed",
        "event_id": 9,
        "at": NOW,
    }
    return Vote(**{**fields, **changes})


def decision(about: Subject, **changes: Any) -> Decision:
    fields: dict[str, Any] = {
        "state": "approved",
        "by": "anna",
        "assurance": "claimed",
        "note": None,
        "event_id": 9,
        "at": NOW,
        "digest": digest(about),
        "votes": (vote("anna"),),
        "amended": None,
        "heard": (),
        "unrecorded": 0,
    }
    return Decision(**{**fields, **changes})


def order(**changes: Any) -> WorkOrder[PostBill]:
    action = bill()
    about = subject(action)
    fields: dict[str, Any] = {
        "action": action,
        "key": key_for(action, CASE),
        "case": CASE,
        "verdict": verdict(action),
        "subject": about,
        "decision": decision(about),
        "expires": NOW + timedelta(hours=1),
    }
    return WorkOrder[PostBill].model_validate({**fields, **changes})
