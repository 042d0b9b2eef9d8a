"""What a refund asks people: the question, what was found, the facts, and what either answer does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.refund_assessor import AssessorClaim, refund_assessor
from domain.actions import BaseAction, ExchangeItems, GrantStoreCredit, IssueRefund, SendRefundNotice, kind_of
from domain.actions.refunds import RefundReason, RefundRisk, ReturnedItem
from domain.checks.figures import counted
from domain.recompense import Offered
from domain.refunding import Give, RefundCourse, RefundRequest, Standing
from domain.text import show
from governance.approval import Advice
from workflows.asking import Question
from workflows.consulting import Consultation
from workflows.wording import money

SHOWN_LINES = 5

PROPOSED: Mapping[str, str] = {
    "money": "give money back",
    "store_credit": "give store credit",
    "exchange": "send other goods",
    "refuse": "refuse it",
    "escalate": "escalate: a person must look",
}
REASONS: Mapping[RefundReason, str] = {
    "not_received": "it has not arrived",
    "damaged": "it is damaged",
    "wrong_item": "it is another article",
    "not_as_described": "it is not as described",
    "changed_mind": "the customer has changed their mind",
    "charged_twice": "it was charged twice",
    "service_failed": "the service failed",
    "other": "none that the terms know",
}
RISKS: Mapping[RefundRisk, str] = {
    "open_dispute": "the customer's bank disputes the payment",
    "new_account": "the account is new",
    "third_refund_30d": "with this one there are three refunds or more in 30 days",
    "many_refunds_90d": "with this one there are many refunds in 90 days",
    "not_returned": "goods would be paid back that are not back",
    "unusual_amount": "the amount is unusual for this customer",
}
FOLLOWS: Mapping[str, str] = {
    "billing.credit_note": "Book the credit note",
    "billing.reverse_credit_note": "Reverse the credit note",
    "inventory.restock": "Take the returned goods into stock",
    "billing.end_entitlement": "End the access that was paid back",
    "crm.note": "Write it into the customer's file",
    "helpdesk.note": "Write it into the ticket",
    "mail.refund_notice": "Write to the customer about it",
}


@dataclass(frozen=True)
class RefundCase:
    """A request as far as the case has come with it."""

    request: RefundRequest
    standing: Standing
    course: RefundCourse
    consulted: Consultation[AssessorClaim] | None = None
    """What asking the assessor came to; None where it was not asked."""


def ask_to_give(action: Offered, give: Give, case: RefundCase) -> Question:
    """The question carries names and amounts from CRM and billing alone; no word of the customer stands in it."""
    customer, request = case.standing.customer, case.request
    name = show(customer.name if customer else "", 80)
    since = f", customer since {customer.since:%d %b %Y}" if customer else ""
    facts = {
        "Customer": f"{name} ({show(action.customer_id, 40)}){since}",
        "Order": show(action.order_id, 40),
        "For": _goods(give, case.standing),
        "Amount": f"{money(action.amount, action.currency)} of {money(action.remaining, action.currency)} left",
        "Reason": f"{REASONS[action.reason]}{', as the assessor reads it' if give.decided_by == 'agent' else ''}",
        "Goods back": _goods_of(give.back, case.standing) or "none that go into stock",
        "Asked": f"{request.received:%d %b %Y} in {show(request.reference, 60)}, by {show(request.requester, 60)}",
        "Message": show(request.message.name, 60) if request.message else "none kept",
        "If approved": _then(action),
        "If rejected": "nothing is given, and the customer is not told",
        **_silent(case.consulted),
    }
    return Question(text=_asked(action, name), facts=facts, evidence=_found(give, case), advice=_advice(case))


def ask_to_follow(action: BaseAction) -> Question:
    """Whether what follows a refund happens; asked only where the table has been made to ask."""
    facts = {"About": show(action.business_key, 120)}
    if isinstance(action, SendRefundNotice):
        facts["To"] = show(action.to, 80)
    return Question(text=f"{FOLLOWS[kind_of(type(action))]}?", facts=facts)


def _asked(action: Offered, name: str) -> str:
    amount, order = money(action.amount, action.currency), show(action.order_id, 40)
    match action:
        case IssueRefund():
            return f"Pay {amount} back to {name} for order {order}?"
        case GrantStoreCredit():
            return f"Give {name} store credit of {amount} for order {order}?"
        case ExchangeItems():
            return f"Send {name} other goods worth {amount} for order {order}?"


def _then(action: Offered) -> str:
    match action:
        case IssueRefund(means="original"):
            return f"it goes back the way that payment {action.payment_id} came, and the customer is told"
        case IssueRefund():
            return f"it is paid out another way than payment {action.payment_id} came, and the customer is told"
        case GrantStoreCredit():
            return "the customer's account is credited, and the customer is told"
        case ExchangeItems():
            return "the same goods are sent again with nothing to pay, and the customer is told"


def _goods(give: Give, standing: Standing) -> str:
    return _goods_of(give.items, standing) or "no goods: it was paid twice"


def _goods_of(items: tuple[ReturnedItem, ...], standing: Standing) -> str:
    """`2 x Desk lamp`, at most five of them."""
    names = {line.order_line: show(line.description, 40) for line in standing.lines}
    said = [f"{counted(item.quantity)} x {names.get(item.order_line, show(item.order_line, 40))}" for item in items]
    more = [f"and {len(said) - SHOWN_LINES} more"] if len(said) > SHOWN_LINES else []
    return "; ".join([*said[:SHOWN_LINES], *more])


def _found(give: Give, case: RefundCase) -> tuple[str, ...]:
    """Findings and risks in words; a person also wants to know that nothing was found."""
    findings = tuple(show(finding.said, 300) for finding in case.standing.findings)
    return (*findings, *(RISKS[risk] for risk in give.risks)) or ("nothing: every rule passed",)


def _advice(case: RefundCase) -> Advice | None:
    """What the assessor proposed, as the card shows it."""
    if case.consulted is None or case.consulted.claim is None:
        return None
    claim = case.consulted.claim
    return Advice(
        agent=refund_assessor.name,
        version=refund_assessor.version,
        provider=case.consulted.provider,
        model=case.consulted.model,
        proposal=PROPOSED[claim.option],
        reason=claim.why,
        confidence=claim.confidence,
        brief=case.consulted.brief,
    )


def _silent(consulted: Consultation[AssessorClaim] | None) -> dict[str, str]:
    """A line about an assessor whose model gave no answer."""
    if consulted is None or consulted.why_none is None:
        return {}
    return {"Agent": f"it proposes nothing; no model answered: {show(consulted.why_none, 300)}"}
