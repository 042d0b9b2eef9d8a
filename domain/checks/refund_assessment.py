"""A refund request held against billing, the CRM and the terms: settled by rules, or open with what may be chosen.

What stands in the way of all of it comes first: not their order, an open dispute, another currency, nothing paid or
left, a blocked customer, an item that nobody knows. Then line by line (`refund_lines`): what a person must look at
stops all of it; what only the customer's words tell leaves all of it open; else what may be given is given, and the
rest is refused. Beyond the window the rules propose store credit, for a person to grant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from domain.checks.figures import exact, shown
from domain.checks.refund_lines import line_standing
from domain.checks.refund_lines_asked import asked_lines, between_lines, exchangeable
from domain.checks.refund_matter import Matter
from domain.checks.refund_obstacles import obstacles
from domain.checks.refund_offer import Impossible, offer, offer_surplus
from domain.checks.refund_remainder import attempts, paid, remainder, surplus
from domain.customers import Customer
from domain.refund_findings import (
    BaseRefundFinding,
    ChargedOnce,
    OrderNotTheirs,
    RefundFinding,
    Refusal,
    UnknownCustomer,
)
from domain.refund_terms import RefundTerms
from domain.refunding import (
    Escalate,
    Form,
    Give,
    LineStanding,
    RefundFile,
    RefundRequest,
    Refuse,
    Standing,
)
from domain.sales import SoldLine
from domain.text import show

LEADING = ("person", "question", "refusal", "note")
"""Of several findings on lines, which decides what happens to all of it."""


@exact()
def assess(request: RefundRequest, file: RefundFile, terms: RefundTerms, at: datetime) -> Standing:
    """How a request stands at a moment; every figure is from billing, in the order's currency.

    Total: whatever is missing or contradicts itself becomes a finding, and exactly one of `settled` and `options` is
    filled.
    """
    known, account = file.known, file.account
    if known is None or known.customer.id != request.customer_id:
        return _not_found(request, UnknownCustomer(said="The CRM does not know who asks."), None)
    if account is None or account.order.customer_id != known.customer.id or account.order.id != request.order_id:
        said = f"Order {show(request.order_id, 40)} is not on file for this customer."
        return _not_found(request, OrderNotTheirs(said=said, order_id=request.order_id), known.customer)
    others = tuple(order for order in file.orders if order.id != account.order.id)
    matter = Matter(request, account, known, others, terms, at)
    if stops := tuple(obstacles(matter)):
        return _stopped(matter, stops)
    return _assess_surplus(matter) if request.reason == "charged_twice" else _assess_lines(matter)


def _assess_surplus(matter: Matter) -> Standing:
    """A double charge is a matter of figures: what was paid beyond the price goes back, whatever the window."""
    if surplus(matter.account) > 0:
        return _concluded(_plain(matter), [offer_surplus(matter)], settled=True)
    received, due = paid(matter.account), matter.order.total
    said = (
        f"{shown(received)} {matter.order.currency} was paid for an order of {shown(due)}: nothing was charged twice."
    )
    return _stopped(matter, (ChargedOnce(said=said, paid=received, due=due),))


def _assess_lines(matter: Matter) -> Standing:
    asked = asked_lines(matter)
    if not isinstance(asked, dict):
        return _stopped(matter, (asked,))
    lines, given, findings = _held_against(matter, asked)
    if findings and (findings[0].leads_to == "person" or not given):
        return _stopped(matter, findings, lines)
    whole = len(given) == len(lines) and all(line.quantity == line.asked for line in given)
    undecided = any(finding.leads_to == "question" for finding in findings)
    offers = [offer(matter, given, form, whole=whole) for form in _forms(matter, given, undecided=undecided)]
    return _concluded(_plain(matter, findings, lines), offers, settled=not undecided)


def _held_against(
    matter: Matter, asked: dict[SoldLine, Decimal]
) -> tuple[tuple[LineStanding, ...], tuple[LineStanding, ...], tuple[RefundFinding, ...]]:
    """All lines, those that are not refused, and the findings in the order in which they lead."""
    lines = tuple(line_standing(matter, line, quantity) for line, quantity in asked.items())
    given = tuple(line for line in lines if line.finding is None or line.finding.leads_to in {"note", "question"})
    found = [*(line.finding for line in lines if line.finding), *between_lines(matter, given)]
    return lines, given, tuple(dict.fromkeys(sorted(found, key=_lead)))


def _lead(finding: BaseRefundFinding) -> int:
    return LEADING.index(finding.leads_to)


def _forms(matter: Matter, given: Sequence[LineStanding], *, undecided: bool) -> tuple[Form, ...]:
    if undecided:
        return ("money", "store_credit", "exchange") if exchangeable(given) else ("money", "store_credit")
    late = any(line.timing != "in_time" for line in given)
    return ("store_credit",) if late and matter.request.wish == "money" else (matter.request.wish,)


def _concluded(plain: Standing, offers: Sequence[Give | Impossible], *, settled: bool) -> Standing:
    """One offer settles it, several are what may be chosen from; where none is possible, it says why."""
    options = {each.form: each for each in offers if isinstance(each, Give)}
    if not options:
        why = next(each for each in offers if not isinstance(each, Give))
        return plain.model_copy(update={"settled": _stop(why), "findings": (why, *plain.findings)})
    if settled:
        return plain.model_copy(update={"settled": next(iter(options.values()))})
    return plain.model_copy(update={"options": tuple(options.values())})


def _stop(finding: RefundFinding) -> Refuse | Escalate:
    if isinstance(finding, Refusal):
        return Refuse(code=finding.code, said=finding.said, removed_by=finding.removed_by)
    return Escalate(owner=finding.owner, reason=finding.said, removed_by=finding.removed_by)


def _stopped(matter: Matter, findings: tuple[RefundFinding, ...], lines: tuple[LineStanding, ...] = ()) -> Standing:
    return _plain(matter, findings, lines).model_copy(update={"settled": _stop(findings[0])})


def _plain(matter: Matter, findings: tuple[RefundFinding, ...] = (), lines: tuple[LineStanding, ...] = ()) -> Standing:
    """What was found, before anything is concluded from it."""
    account = matter.account
    return Standing(
        order_id=account.order.id,
        customer=matter.known.customer,
        currency=account.order.currency,
        earlier=attempts(account),
        findings=findings,
        lines=lines,
        remaining=remainder(account),
        settled=None,
        options=(),
    )


def _not_found(request: RefundRequest, finding: RefundFinding, customer: Customer | None) -> Standing:
    return Standing(
        order_id=request.order_id,
        customer=customer,
        currency=None,
        earlier=0,
        findings=(finding,),
        lines=(),
        remaining=Decimal(0),
        settled=_stop(finding),
        options=(),
    )
