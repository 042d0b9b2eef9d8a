"""Looks at an invoice with exceptions and proposes one resolution. It proposes; policy and people decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from agents.agent import Agent
from domain.findings import Finding
from domain.purchasing import Bill, GoodsReceipt, PurchaseOrder
from domain.values import Amount, CurrencyCode, Frozen, Ratio


class ExaminerBrief(Frozen):
    """The case as trusted systems see it, and what the document says where the two differ."""

    invoice_number: str
    seller_name: str
    credit_note: bool
    currency: CurrencyCode
    net: Amount
    payable: Amount
    line_texts: tuple[str, ...] = Field(description="outside text: the lines' descriptions")
    findings: tuple[Finding, ...]
    order: PurchaseOrder | None
    receipts: tuple[GoodsReceipt, ...]
    open_orders: tuple[PurchaseOrder, ...]
    recent_bills: tuple[Bill, ...]


class Accept(Frozen):
    """Post as billed: the difference is explained or not worth a dispute."""

    kind: Literal["accept"]


class MatchOtherOrder(Frozen):
    """The invoice belongs to another open order of this supplier."""

    kind: Literal["match_other_order"]
    order_id: str


class HoldForReceipt(Frozen):
    """Wait until the goods are received."""

    kind: Literal["hold_for_receipt"]


class RequestCreditNote(Frozen):
    """The supplier should credit the difference."""

    kind: Literal["request_credit_note"]


class CodeToAccount(Frozen):
    """No order: book to this account and cost centre, as the supplier's earlier bills were."""

    kind: Literal["code_to_account"]
    account: str
    cost_centre: str


class Reject(Frozen):
    """Send it back: it cannot be paid as it is."""

    kind: Literal["reject"]


class Escalate(Frozen):
    """A person must look: the case does not settle it."""

    kind: Literal["escalate"]


Resolution = Annotated[
    Accept | MatchOtherOrder | HoldForReceipt | RequestCreditNote | CodeToAccount | Reject | Escalate,
    Field(discriminator="kind"),
]


class ExaminerProposal(Frozen):
    """One resolution with its reason: a claim."""

    resolution: Resolution
    reason: str = Field(max_length=600)
    confidence: Ratio


def by_the_book(brief: ExaminerBrief) -> ExaminerProposal | None:
    """Without a model the resolution follows from the exception alone; what it leaves open goes to a person."""
    codes = {finding.code for finding in brief.findings}
    if codes <= {"over_received", "short_receipt"}:
        return ExaminerProposal(
            resolution=HoldForReceipt(kind="hold_for_receipt"), reason="Goods are outstanding.", confidence=Decimal(1)
        )
    if codes & {"totals_wrong", "missing_field"}:
        return ExaminerProposal(
            resolution=Reject(kind="reject"), reason="The document is not correct in itself.", confidence=Decimal(1)
        )
    return None


invoice_examiner = Agent(
    name="invoice_examiner",
    version="1",
    instructions=(
        "You examine one supplier invoice that stopped in accounts payable and propose one resolution.\n"
        "The brief holds the findings, the order, its receipts, the supplier's open orders and recent bills. Give one "
        "resolution, a reason of at most three sentences that names figures from the brief, and your confidence.\n"
        "You cannot approve, pay or change anything; a person may read your proposal beside the facts. Escalate when "
        "the brief does not settle it."
    ),
    brief=ExaminerBrief,
    claim=ExaminerProposal,
    fallback=by_the_book,
)
