"""Looks at an invoice with exceptions and proposes one resolution. It proposes; policy and people decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from agents.agent import Agent
from domain.checks.dossier import Dossier
from domain.checks.examination import Examination
from domain.course import Course, Post, Rematch, SendBack, blocking, post_as_examined, wait_for
from domain.findings import Finding
from domain.intake import Examined, KnownCoding, known_codings
from domain.invoice import Invoice
from domain.purchasing import Bill, Coding, GoodsReceipt, PurchaseOrder
from domain.values import Amount, CurrencyCode, Frozen, Ratio

LINES, FINDINGS, RECEIPTS, ORDERS, BILLS = 50, 40, 100, 10, 5
"""What a brief holds at most: a prompt must not grow with a supplier's history."""


class ExaminerBrief(Frozen):
    """The case as trusted systems see it, and what the document says where the two differ."""

    invoice_number: str
    seller_name: str
    credit_note: bool
    currency: CurrencyCode | None
    net: Amount | None
    payable: Amount | None
    line_texts: tuple[str, ...] = Field(description="outside text: the lines' descriptions")
    findings: tuple[Finding, ...]
    order: PurchaseOrder | None
    receipts: tuple[GoodsReceipt, ...]
    open_orders: tuple[PurchaseOrder, ...]
    recent_bills: tuple[Bill, ...]
    known_codings: tuple[KnownCoding, ...] = Field(description="where this supplier's purchases are booked")

    @classmethod
    def of(cls, invoice: Invoice, dossier: Dossier, examination: Examination) -> ExaminerBrief:
        """Put together what is on file and what the checks found."""
        totals = invoice.totals
        return cls(
            invoice_number=invoice.number or "",
            seller_name=invoice.seller.name or "",
            credit_note=invoice.credit_note,
            currency=invoice.currency,
            net=totals.without_tax,
            payable=totals.payable,
            line_texts=tuple((line.name or "")[:200] for line in invoice.lines[:LINES]),
            findings=examination.findings[:FINDINGS],
            order=dossier.order,
            receipts=dossier.receipts[:RECEIPTS],
            open_orders=dossier.open_orders[:ORDERS],
            recent_bills=dossier.bills[:BILLS],
            known_codings=known_codings(dossier),
        )


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
    """No order: book to this account and cost centre, one of the known codings."""

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


def course_of(proposal: ExaminerProposal | None, examined: Examined) -> Course:
    """What to do next: a proposal may make the process more careful, or ask a person; it never decides by itself."""
    plain = post_as_examined(examined)
    stops = blocking(examined.examination.findings)
    match proposal.resolution if proposal else None:
        case HoldForReceipt() | RequestCreditNote() as careful:
            return wait_for(stops[0], f"{careful.kind.replace('_', ' ')} proposed: {stops[0].said}")
        case Reject():
            return SendBack()
        case MatchOtherOrder(order_id=order_id):
            return Rematch(order_id=order_id)
        case CodeToAccount() as coded if isinstance(plain, Post) and _on_file(coded, examined):
            return plain.model_copy(update={"coding": _recoded(coded, plain.coding)})
        case _:
            return plain


def _on_file(coded: CodeToAccount, examined: Examined) -> bool:
    return KnownCoding(account=coded.account, cost_centre=coded.cost_centre) in examined.known_codings


def _recoded(coded: CodeToAccount, coding: tuple[Coding, ...]) -> tuple[Coding, ...]:
    """Book everything where the agent says; the person who approves sees it."""
    whole = sum((part.net for part in coding), Decimal(0))
    return (Coding(account=coded.account, cost_centre=coded.cost_centre, net=whole),)


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
