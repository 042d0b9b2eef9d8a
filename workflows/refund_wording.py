"""What a refund says of its outcomes, and the outcomes themselves."""

from __future__ import annotations

from typing import Any, Literal

from domain.refund_findings import RefundRole, RefusalCode
from domain.refunding import (
    Escalate,
    Give,
    GivenBack,
    RefundHeld,
    RefundOutcome,
    RefundRequest,
    Refuse,
    RefusedRefund,
)
from domain.sales import named_failure
from domain.text import show
from governance.stated import STOPPED
from workflows.authority import Authority
from workflows.refund_questions import RefundCase
from workflows.wording import money

REASON_LIMIT = 600
BY_RULES = "the rules"
ANEW = "the reason is dealt with and the refund is asked for again"
MEND = "look the refund and its credit note up, and put them right by hand"


def particulars(request: RefundRequest) -> dict[str, str]:
    """What the case is about, as its page shows it."""
    return {
        "Order": show(request.order_id, 40),
        "Customer": show(request.customer_id or "not known", 40),
        "Asked by": f"{show(request.requester, 60)}, reference {show(request.reference, 60)}",
    }


def state_of(outcome: RefundOutcome) -> str:
    """The case's state in lists."""
    return "needs repair" if isinstance(outcome, RefundHeld) and outcome.needs_repair else outcome.outcome


def line_of(outcome: RefundOutcome) -> str:
    """The outcome in one line, for lists."""
    order = show(outcome.order_id, 40)
    if isinstance(outcome, GivenBack):
        loose = f", {len(outcome.loose_ends)} left to do" if outcome.loose_ends else ""
        return f"{order}: {money(outcome.amount, outcome.currency)}, {outcome.outcome.replace('_', ' ')}{loose}"
    return f"{order}: {show(outcome.reason, 80)}"


def on_its_way(refund_id: str) -> str:
    """The timeline's word for waiting."""
    return f"refund {refund_id} is on its way"


def stopped(request: RefundRequest, why: str) -> RefundHeld:
    """Something the case needs is broken; nothing was done that is not in its history."""
    return RefundHeld(
        order_id=show(request.order_id, 60),
        customer_id=None,
        findings=(),
        decided_by="nobody: a lookup failed",
        owner="support",
        reason=show(why, REASON_LIMIT),
        removed_by="what is broken is mended and the refund is asked for again",
        needs_repair=False,
    )


def escalated(case: RefundCase, person: Escalate) -> RefundHeld:
    """A person takes it from here."""
    silent = case.consulted.why_none if case.consulted else None
    why = f"{person.reason} No model answered: {silent}" if silent else person.reason
    return _held(case, BY_RULES, why, person.owner, removed_by=person.removed_by)


def refused(case: RefundCase, refusal: Refuse, message_id: str | None) -> RefusedRefund:
    """No, by the rules, and what the customer was told."""
    told = _refused(case, refusal.code, BY_RULES, f"{refusal.said} It changes when {refusal.removed_by}.")
    return told.model_copy(update={"message_id": message_id})


def not_given(case: RefundCase, authority: Authority[Any]) -> RefusedRefund | RefundHeld:
    """Policy or a person said no; or nobody said anything that counts, and the case waits for a person."""
    verdict, decision = authority.verdict, authority.decision
    if decision and decision.state == "rejected":
        return _refused(case, "person", authority.by, authority.refusal)
    if verdict and verdict.then == "deny" and STOPPED not in verdict.facts:
        return _refused(case, "policy", authority.by, authority.refusal)
    return _held(case, authority.by, authority.refusal)


def overtaken(case: RefundCase, by: str) -> RefundHeld:
    """Somebody let it happen, and by then it was not the same any more; `case` is as it stands now."""
    match case.course:
        case Give():
            why, owner, removed_by = "Something else could be given by then.", None, ANEW
        case Refuse(said=said, removed_by=removed_by):
            why, owner = said, None
        case Escalate(reason=why, owner=owner, removed_by=removed_by):
            pass
    return _held(
        case, by, f"Approved, and not given, because it has changed since: {why}", owner, removed_by=removed_by
    )


def not_done(case: RefundCase, what: str, why: str, owner: RefundRole = "support") -> RefundHeld:
    """An effect that was refused for good; nothing of it is left in the books."""
    return _held(case, "the business system", f"{what}: {_failure(why)}", owner)


def needs_repair(case: RefundCase, what: str, why: str) -> RefundHeld:
    """Money or the books may be wrong: a person must look, and the case stays marked until then."""
    kept = _held(case, "the business system", f"{what}: {why}", "finance", removed_by=MEND)
    return kept.model_copy(update={"needs_repair": True})


def _failure(why: str) -> str:
    """The same, with the code that it names in words."""
    named = named_failure(why)
    return why.replace(named, named.replace("_", " "), 1) if named else why


def _held(
    case: RefundCase, by: str, why: str, owner: RefundRole | None = None, *, removed_by: str = ANEW
) -> RefundHeld:
    first = next(iter(case.standing.findings), None)
    return RefundHeld(
        **about(case),
        decided_by=by,
        owner=owner or (first.owner if first else "support"),
        reason=show(why, REASON_LIMIT),
        removed_by=removed_by,
        needs_repair=False,
    )


def _refused(case: RefundCase, code: RefusalCode | Literal["policy", "person"], by: str, why: str) -> RefusedRefund:
    return RefusedRefund(**about(case), decided_by=by, code=code, reason=show(why, REASON_LIMIT))


def about(case: RefundCase) -> dict[str, Any]:
    """What every outcome says of the case."""
    customer = case.standing.customer
    return {
        "order_id": show(case.standing.order_id, 60),
        "customer_id": customer.id if customer else None,
        "findings": case.standing.findings,
    }
