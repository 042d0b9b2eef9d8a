"""The stated rules by which the scripted model examines an invoice: first match wins, each with its confidence.

1. A doubt that no figure settles (duplicate or near-duplicate, bank details, sender, supplier, currency, tax, a credit
   note without original, an unreadable document) → escalate, 0.90.
2. Totals that do not add up, or a missing field → reject, 0.90.
3. More billed than received (over_received, short_receipt), whatever else there is → hold for receipt, 0.85.
4. An unknown order: exactly one open order of the supplier comes to the same net → match it, 0.80; else escalate, 0.60.
5. No order, or no coding: exactly one known coding of this supplier → code to it, 0.75; else escalate, 0.60.
6. A quantity above the order's, or more than its remainder → request a credit note, 0.80.
7. Prices above the order's: every one by at most 10 % → accept, 0.80 less the largest relative difference (5 % → 0.75);
   any by more → request a credit note, 0.85.
8. Anything else → escalate, 0.50.

Nothing here knows a file or a supplier by name: the answer follows from the brief alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from agents.invoice_examiner import (
    Accept,
    CodeToAccount,
    Escalate,
    ExaminerBrief,
    ExaminerProposal,
    HoldForReceipt,
    MatchOtherOrder,
    Reject,
    RequestCreditNote,
    Resolution,
)
from domain.findings import BaseFinding, OverOrder, OverReceived, PriceVariance, QuantityVariance, ShortReceipt
from domain.purchasing import PurchaseOrder

SMALL_PRICE_DIFFERENCE = Decimal("0.10")
ACCEPTED = Decimal("0.80")
REASON_LIMIT = 600
CENT = Decimal("0.01")

DOUBTS = frozenset(
    {
        "duplicate",
        "near_duplicate",
        "bank_details_differ",
        "unverified_sender",
        "unknown_supplier",
        "blocked_supplier",
        "currency_differs",
        "tax_variance",
        "credit_without_original",
        "unreadable",
    }
)
INCORRECT = frozenset({"totals_wrong", "missing_field"})

Rule = Callable[[ExaminerBrief], ExaminerProposal | None]


def examine(brief: ExaminerBrief) -> ExaminerProposal:
    """Propose the resolution of the first rule that matches."""
    proposals = (rule(brief) for rule in RULES)
    unsettled = _propose(Escalate(kind="escalate"), _said(brief.findings) or "Nothing was found to examine.", "0.50")
    return next((proposal for proposal in proposals if proposal), unsettled)


def _doubt(brief: ExaminerBrief) -> ExaminerProposal | None:
    doubts = [finding for finding in brief.findings if finding.code in DOUBTS]
    return _propose(Escalate(kind="escalate"), _said(doubts), "0.90") if doubts else None


def _incorrect(brief: ExaminerBrief) -> ExaminerProposal | None:
    faults = [finding for finding in brief.findings if finding.code in INCORRECT]
    return _propose(Reject(kind="reject"), _said(faults), "0.90") if faults else None


def _outstanding(brief: ExaminerBrief) -> ExaminerProposal | None:
    short = [finding for finding in brief.findings if isinstance(finding, OverReceived | ShortReceipt)]
    return _propose(HoldForReceipt(kind="hold_for_receipt"), _said(short), "0.85") if short else None


def _misdirected(brief: ExaminerBrief) -> ExaminerProposal | None:
    if not any(finding.code == "unknown_order" for finding in brief.findings):
        return None
    same = [order.id for order in brief.open_orders if order.currency == brief.currency and _net(order) == brief.net]
    if len(same) != 1:
        reason = f"{len(same)} open orders come to {_billed(brief)}; one would settle it."
        return _propose(Escalate(kind="escalate"), reason, "0.60")
    reason = f"Open order {same[0]} is the only one that comes to {_billed(brief)}, as billed."
    return _propose(MatchOtherOrder(kind="match_other_order", order_id=same[0]), reason, "0.80")


def _uncoded(brief: ExaminerBrief) -> ExaminerProposal | None:
    if not any(finding.code in {"no_order", "coding_missing"} for finding in brief.findings):
        return None
    codings = {(known.account, known.cost_centre) for known in brief.known_codings}
    if len(codings) != 1:
        reason = f"{len(codings)} codings are known for {_billed(brief)} without an order; one would settle it."
        return _propose(Escalate(kind="escalate"), reason, "0.60")
    account, cost_centre = codings.pop()
    reason = f"All known purchases are booked to {account}/{cost_centre}; so is {_billed(brief)}."
    return _propose(CodeToAccount(kind="code_to_account", account=account, cost_centre=cost_centre), reason, "0.75")


def _too_much(brief: ExaminerBrief) -> ExaminerProposal | None:
    over = [finding for finding in brief.findings if isinstance(finding, OverOrder | QuantityVariance)]
    return _propose(RequestCreditNote(kind="request_credit_note"), _said(over), "0.80") if over else None


def _dearer(brief: ExaminerBrief) -> ExaminerProposal | None:
    dearer = [finding for finding in brief.findings if isinstance(finding, PriceVariance)]
    if not dearer:
        return None
    largest = max(_relative(finding) for finding in dearer)
    stake = sum(finding.at_stake for finding in dearer)
    figures = "; ".join(f"{finding.invoice_price} for {finding.order_price}" for finding in dearer)
    reason = f"Billed at {figures}: at most {largest:.1%} above the order, {stake} {brief.currency or ''} in all."
    if largest > SMALL_PRICE_DIFFERENCE:
        return _propose(RequestCreditNote(kind="request_credit_note"), reason, "0.85")
    return _propose(Accept(kind="accept"), reason, str((ACCEPTED - largest).quantize(CENT)))


RULES: tuple[Rule, ...] = (_doubt, _incorrect, _outstanding, _misdirected, _uncoded, _too_much, _dearer)


def _billed(brief: ExaminerBrief) -> str:
    return "a net that is not stated" if brief.net is None else f"{brief.net} {brief.currency or ''}".strip()


def _relative(finding: PriceVariance) -> Decimal:
    if finding.order_price <= 0:
        return Decimal(1)
    return (finding.invoice_price - finding.order_price) / finding.order_price


def _net(order: PurchaseOrder) -> Decimal:
    return sum((line.quantity * line.unit_price for line in order.lines), Decimal(0)).quantize(CENT)


def _said(findings: Sequence[BaseFinding]) -> str:
    return " ".join(finding.said for finding in findings)


def _propose(resolution: Resolution, reason: str, confidence: str) -> ExaminerProposal:
    return ExaminerProposal(resolution=resolution, reason=reason[:REASON_LIMIT], confidence=Decimal(confidence))
