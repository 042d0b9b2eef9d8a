from datetime import date
from decimal import Decimal

import pytest

from agents.claims import decode_claim
from agents.invoice_examiner import ExaminerBrief, ExaminerProposal, invoice_examiner
from agents.prompt import chat_for
from domain.findings import (
    BankDetailsDiffer,
    Finding,
    NearDuplicate,
    NoOrder,
    OverOrder,
    PriceVariance,
    ShortReceipt,
    TotalsWrong,
    UnknownOrder,
)
from domain.intake import KnownCoding
from domain.purchasing import OrderLine, PurchaseOrder
from integrations.chat_model import ChatModel, ModelSettings
from integrations.scripted_model import scripted_model
from integrations.scripted_model.examiner_rules import examine


def brief(
    *findings: Finding, orders: tuple[PurchaseOrder, ...] = (), codings: tuple[tuple[str, str], ...] = ()
) -> ExaminerBrief:
    return ExaminerBrief(
        invoice_number="HT-118",
        seller_name="Harbour Tools Ltd",
        credit_note=False,
        currency="EUR",
        net=Decimal("300.00"),
        payable=Decimal("357.00"),
        line_texts=("Torque wrench",),
        findings=findings,
        order=None,
        receipts=(),
        open_orders=orders,
        recent_bills=(),
        known_codings=tuple(KnownCoding(account=account, cost_centre=centre) for account, centre in codings),
    )


def order(number: str, price: str, currency: str = "EUR") -> PurchaseOrder:
    line = OrderLine(
        id="1", item=None, description="Wrench", quantity=Decimal(3), unit="C62", unit_price=Decimal(price),
        account="4400", cost_centre="100",
    )  # fmt: skip
    return PurchaseOrder(
        id=number,
        supplier_id="S1",
        currency=currency,
        order_date=date(2026, 10, 1),
        open=True,
        three_way=True,
        lines=(line,),
    )


def dearer(price: str, order_price: str = "100.00") -> PriceVariance:
    return PriceVariance(
        said="The price is above the order's.",
        invoice_line="1",
        order_line="1",
        order_price=Decimal(order_price),
        invoice_price=Decimal(price),
        at_stake=Decimal("15.00"),
    )


SHORT = ShortReceipt(
    said="3 billed, 2 received.", invoice_line="1", order_line="1", ordered=Decimal(3), accepted=Decimal(2)
)
BANK = BankDetailsDiffer(said="The account is another.", on_document="DE1", on_file="DE2")
NEAR = NearDuplicate(said="Bill B7 looks alike.", bill_id="B7", alike=("amount",))
TOTALS = TotalsWrong(said="BR-CO-15 fails: 357 is not 358.", rules=("BR-CO-15",))
UNKNOWN = UnknownOrder(said="Order PO-9 is not on file.", order_ref="PO-9")
NO_ORDER = NoOrder(said="The invoice names no order.")
OVER = OverOrder(said="300 billed, 200 remain.", remainder=Decimal(200), billed=Decimal(300))


@pytest.mark.parametrize(
    ("case", "kind", "confidence", "names"),
    [
        (brief(NEAR), "escalate", "0.90", "B7"),
        (brief(BANK, dearer("105.00")), "escalate", "0.90", "another"),
        (brief(TOTALS), "reject", "0.90", "BR-CO-15"),
        (brief(SHORT), "hold_for_receipt", "0.85", "2 received"),
        (brief(dearer("105.00"), SHORT), "hold_for_receipt", "0.85", "2 received"),
        (brief(UNKNOWN, orders=(order("PO-1", "100"), order("PO-2", "90"))), "match_other_order", "0.80", "PO-1"),
        (brief(UNKNOWN, orders=(order("PO-1", "100"), order("PO-2", "100"))), "escalate", "0.60", "2 open orders"),
        (brief(UNKNOWN, orders=(order("PO-1", "100", "USD"),)), "escalate", "0.60", "0 open orders"),
        (brief(NO_ORDER, codings=(("4400", "100"),)), "code_to_account", "0.75", "4400/100"),
        (brief(NO_ORDER, codings=(("4400", "100"), ("4500", "100"))), "escalate", "0.60", "2 codings"),
        (brief(NO_ORDER), "escalate", "0.60", "0 codings"),
        (brief(OVER), "request_credit_note", "0.80", "200 remain"),
        (brief(dearer("105.00")), "accept", "0.75", "5.0%"),
        (brief(dearer("110.00")), "accept", "0.70", "10.0%"),
        (brief(dearer("110.01")), "request_credit_note", "0.85", "110.01 for 100.00"),
        (brief(dearer("101.00"), dearer("120.00")), "request_credit_note", "0.85", "20.0%"),
        (brief(dearer("1.00", "0.00")), "request_credit_note", "0.85", "1.00 for 0.00"),
        (brief(), "escalate", "0.50", "Nothing was found"),
    ],
)
def test_the_first_stated_rule_that_matches_decides(
    case: ExaminerBrief, kind: str, confidence: str, names: str
) -> None:
    proposal = examine(case)
    assert (proposal.resolution.kind, proposal.confidence) == (kind, Decimal(confidence))
    assert names in proposal.reason


def test_the_matched_order_and_the_coding_come_from_the_brief() -> None:
    matched = examine(brief(UNKNOWN, orders=(order("PO-1", "100"),))).resolution
    assert matched.kind == "match_other_order"
    assert matched.order_id == "PO-1"
    coded = examine(brief(NO_ORDER, codings=(("4400", "100"), ("4400", "100")))).resolution
    assert coded.kind == "code_to_account"
    assert (coded.account, coded.cost_centre) == ("4400", "100")


def test_an_invoice_that_states_no_net_is_not_matched_to_anything() -> None:
    case = brief(UNKNOWN, orders=(order("PO-1", "100"),)).model_copy(update={"net": None, "currency": None})
    assert "a net that is not stated" in examine(case).reason


def test_a_long_reason_is_cut_to_what_a_proposal_holds() -> None:
    wordy = TotalsWrong(said="x" * 2_000, rules=())
    assert len(examine(brief(wordy)).reason) == 600


async def test_the_rules_answer_an_examiner_over_http() -> None:
    case = brief(dearer("105.00"))
    async with scripted_model(rules=True) as server:
        settings = ModelSettings.model_validate({"base_url": server.url, "api_key": "none", "model": "any"})
        async with ChatModel(settings) as model:
            completion = await model.complete(chat_for(invoice_examiner, case, {}, []))
    assert decode_claim(completion.text, ExaminerProposal) == examine(case)
