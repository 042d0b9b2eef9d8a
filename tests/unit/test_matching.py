"""What an order and its receipts cover, line by line and as a whole."""

import csv
import gzip
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checks.crediting import match_credit
from domain.checks.figures import rounded
from domain.checks.matching import Match, match
from domain.findings import (
    CreditWithoutOriginal,
    OverOrder,
    OverReceived,
    PriceVariance,
    QuantityVariance,
    ShortReceipt,
)
from domain.invoice import AllowanceCharge, Invoice, PrecedingInvoice
from domain.purchasing import GoodsReceipt, OrderLine, PurchaseOrder
from tests.invoices import TOLERANCES, bill, invoice, line, money, order, order_line, received


def matched(document: Invoice, placed: PurchaseOrder, *on_file: Any) -> Match:
    receipts = [each for each in on_file if isinstance(each, GoodsReceipt)]
    return match(document, placed, receipts, [each for each in on_file if each not in receipts], TOLERANCES)


def codes(result: Match) -> list[str]:
    return [finding.code for finding in result.findings]


def test_an_invoice_as_ordered_and_received_matches() -> None:
    result = matched(invoice(), order(), received())

    assert result.findings == ()
    assert [(each.order_line, each.quantity, each.net) for each in result.lines] == [("1", money(10), money(200))]


@pytest.mark.parametrize(
    ("ordered", "came", "before", "billed", "expected"),
    [
        (10, 10, 0, 10, []),
        (10, 6, 0, 6, []),
        (10, 10, 6, 4, []),
        (10, 6, 0, 10, ["short_receipt"]),
        (10, 6, 6, 4, ["short_receipt"]),
        (10, 0, 0, 10, ["short_receipt"]),
        (10, 6, 0, 8, ["over_received"]),
        (10, 6, 4, 4, ["over_received"]),
        (10, 12, 0, 12, ["quantity_variance"]),
        (10, 10, 0, 12, ["quantity_variance", "over_received"]),
        (10, 6, 0, 12, ["quantity_variance", "short_receipt"]),
        (10, 20, 6, 6, ["over_order"]),
        (10, 10, 10, 10, ["over_received", "over_order"]),
    ],
)
def test_ordered_accepted_and_billed_before_decide(
    ordered: int, came: int, before: int, billed: int, expected: list[str]
) -> None:
    earlier = [bill("RE-1", quantity=str(before), net="1")] if before else []
    placed = order(order_line(quantity=str(ordered)))

    assert (
        codes(matched(invoice(line(quantity=str(billed))), placed, received(quantity=str(came)), *earlier)) == expected
    )


def test_what_was_rejected_was_not_accepted() -> None:
    (finding,) = matched(invoice(), order(), received(quantity="10", rejected="3")).findings

    assert isinstance(finding, ShortReceipt)
    assert (finding.ordered, finding.accepted) == (10, 7)
    assert finding.said == "Line 1 brings the billed quantity to 10; 10 are ordered, 7 were accepted."


def test_an_order_without_receipts_is_matched_two_way() -> None:
    assert codes(matched(invoice(), order(three_way=False))) == []
    assert codes(matched(invoice(line(quantity="11")), order(three_way=False))) == ["quantity_variance"]


def test_void_bills_and_credited_quantities_are_free_again() -> None:
    gone = [bill("RE-1", status="void"), bill("RE-2"), bill("CN-2", credit_note=True)]

    assert codes(matched(invoice(), order(), received(), *gone)) == []


def test_two_invoice_lines_on_one_order_line_are_judged_together() -> None:
    halves = invoice(line("a", "6", order_line="1"), line("b", "6", order_line="1"))
    (over, *_) = matched(halves, order(), received(quantity="12")).findings

    assert isinstance(over, QuantityVariance)
    assert (over.invoice_line, over.billed) == ("a, b", 12)


@pytest.mark.parametrize(
    ("quantity", "ordered_at", "billed_at", "stopped"),
    [
        ("10", "20", "20.40", False),
        ("10", "20", "20.41", True),
        ("10", "20", "15", False),
        ("1000", "20", "20.05", False),
        ("1000", "20", "20.06", True),
        ("10", "0", "0.01", True),
        ("3", "43.2705", "43.27", False),
        ("1", "0.005", "0.005", False),
    ],
)
def test_the_lower_of_the_two_price_tolerances_wins(
    quantity: str, ordered_at: str, billed_at: str, stopped: bool
) -> None:
    placed = order(order_line(quantity=quantity, price=ordered_at))
    result = matched(invoice(line(quantity=quantity, price=billed_at)), placed, received(quantity=quantity))

    assert codes(result) == (["price_variance"] if stopped else [])


def test_a_price_variance_says_what_is_at_stake() -> None:
    (finding,) = matched(invoice(line(price="25")), order(), received()).findings

    assert isinstance(finding, PriceVariance)
    assert (finding.order_price, finding.invoice_price, finding.at_stake) == (20, 25, 50)
    assert "25.00 where the order says 20.00: 50.00 above, 4.00 allowed" in finding.said


def test_the_price_counts_base_quantity_and_line_allowances() -> None:
    less = AllowanceCharge(charge=False, amount=money(10))
    in_hundreds = line(price="2100", price_base=money(100), allowances_charges=(less,), net_amount=money(200))

    assert codes(matched(invoice(in_hundreds), order(), received())) == []


def test_an_invoice_in_another_currency_is_not_compared_by_price() -> None:
    result = matched(invoice(line(price="900"), currency="CHF"), order(), received())

    assert codes(result) == ["currency_differs"]


@pytest.mark.parametrize(
    ("changes", "paired"),
    [
        ({"order_line": "0002"}, "2"),
        ({"buyer_item": "item 2"}, "2"),
        ({"seller_item": "ITEM-2"}, "2"),
        ({"name": "part 2"}, "2"),
        ({"name": "PART 2, zinc plated"}, "2"),
        ({"name": "ITEM-2 delivered"}, "2"),
        ({"name": "Part"}, None),
        ({"name": "Something else"}, None),
        ({"name": None}, None),
        ({"order_line": "9", "buyer_item": "ITEM-2"}, "2"),
        ({"order_line": "2", "buyer_item": "ITEM-1"}, None),
    ],
)
def test_an_order_line_is_told_by_reference_item_or_description(changes: dict[str, str], paired: str | None) -> None:
    placed = order(order_line("1"), order_line("2"))
    result = matched(invoice(line("x", "10", **{"order_line": None, **changes})), placed, received("1"), received("2"))

    assert [each.order_line for each in result.lines] == ([paired] if paired else [])
    assert codes(result) == ([] if paired else ["over_order"])


def test_a_line_that_fits_two_order_lines_is_not_guessed() -> None:
    placed = order(order_line("1", item="A"), order_line("2", item="A", description="Part 1"))
    (finding,) = matched(invoice(line(order_line=None, buyer_item="A")), placed, received("1"), received("2")).findings

    assert isinstance(finding, OverOrder)
    assert "line 1 fits order lines 1 and 2 equally well" in finding.said


def test_the_price_tells_two_order_lines_of_one_item_apart() -> None:
    placed = order(order_line("1", item="A"), order_line("2", item="A", description="Part 1", price="30"))
    document = invoice(line(order_line=None, buyer_item="A", price="30"))

    assert [each.order_line for each in matched(document, placed, received("2")).lines] == ["2"]


@pytest.mark.parametrize(("freight", "stopped"), [("10", False), ("10.01", True)])
def test_charges_up_to_the_header_tolerance_are_let_through(freight: str, stopped: bool) -> None:
    result = matched(invoice(charge=freight), order(), received())

    assert codes(result) == (["over_order"] if stopped else [])


def test_a_line_on_no_order_line_counts_as_a_charge() -> None:
    document = invoice(line(), line("2", "1", "25", name="Express fee", order_line=None))
    (finding,) = matched(document, order(), received()).findings

    assert isinstance(finding, OverOrder)
    assert (finding.remainder, finding.billed) == (0, 25)
    assert "25.00 are billed beyond its lines (line 2 'Express fee' on no order line), 10.00 may be" in finding.said


def test_a_charge_dressed_as_a_negative_allowance_is_still_beyond_the_order() -> None:
    document = invoice(charge="500")
    dressed = AllowanceCharge(charge=False, amount=money(-500), reason="Rebate")

    assert codes(matched(document.model_copy(update={"allowances_charges": (dressed,)}), order(), received())) == [
        "over_order"
    ]


def test_nothing_is_left_of_a_closed_order() -> None:
    (finding,) = matched(invoice(), order(open=False), received()).findings

    assert isinstance(finding, OverOrder)
    assert (finding.remainder, finding.billed) == (0, 200)


def test_over_order_says_what_is_left_and_what_is_billed() -> None:
    findings = matched(invoice(line(quantity="6")), order(), received(), bill("RE-1", quantity="6")).findings

    assert isinstance(findings[0], OverReceived)
    assert isinstance(findings[1], OverOrder)
    assert (findings[1].remainder, findings[1].billed) == (80, 120)


def credit(*preceding: PrecedingInvoice, quantity: str = "4", **changes: Any) -> Invoice:
    return invoice(line(quantity=quantity), credit_note=True, number="CN-1", preceding=preceding, **changes)


ORIGINAL = PrecedingInvoice(number="re 4711", issue_date=None)


def test_a_credit_note_within_its_original_matches() -> None:
    result = match_credit(credit(ORIGINAL), order(), [bill()])

    assert result.findings == ()
    assert [each.quantity for each in result.lines] == [4]


@pytest.mark.parametrize(
    ("document", "bills", "said"),
    [
        (credit(), [bill()], "names no original"),
        (credit(ORIGINAL), [], "No single posted bill is the original invoice re 4711"),
        (credit(ORIGINAL), [bill(status="void")], "No single posted bill"),
        (credit(ORIGINAL), [bill(), bill(id="B2", issue_date=date(2024, 1, 2))], "No single posted bill"),
        (credit(PrecedingInvoice(number="RE-4711", issue_date=date(2024, 1, 2))), [bill()], "No single posted bill"),
        (credit(ORIGINAL, quantity="11"), [bill()], "gives back 261.80, its original billed 238.00"),
        (credit(ORIGINAL), [bill(), bill("CN-0", credit_note=True, quantity="8")], "4 are credited, 2 are billed"),
        (credit(ORIGINAL, currency="CHF"), [bill()], "another currency"),
    ],
)
def test_a_credit_note_that_is_not_founded_goes_to_a_person(document: Invoice, bills: list[Any], said: str) -> None:
    (finding,) = match_credit(document, order(), bills).findings

    assert isinstance(finding, CreditWithoutOriginal)
    assert said in finding.said


CENTS = st.integers(0, 10**6).map(lambda cents: money(cents) / 100)
COUNTS = st.integers(0, 40).map(money)


@given(
    ordered=st.tuples(COUNTS, CENTS),
    billed=st.lists(st.tuples(COUNTS, CENTS, st.booleans()), min_size=1, max_size=3),
    accepted=COUNTS,
    before=COUNTS,
    freight=CENTS,
)
def test_what_matches_bills_no_more_than_was_ordered_accepted_and_tolerated(
    ordered: Any, billed: Any, accepted: Any, before: Any, freight: Any
) -> None:
    lines = [
        line(str(at), str(quantity), net_amount=net, order_line="1" if named else None, name="Part 1")
        for at, (quantity, net, named) in enumerate(billed)
    ]
    document = invoice(*lines, charge=str(freight))
    placed = order(order_line(quantity=str(ordered[0]), price=str(ordered[1])))
    result = matched(document, placed, received(quantity=str(accepted)), bill("RE-1", quantity=str(before)))
    if not result.findings:
        quantity = sum(each.quantity for each in result.lines)
        worth = rounded(quantity * ordered[1])
        tolerated = min(worth * TOLERANCES.price_percent / 100, TOLERANCES.price_absolute) + TOLERANCES.header
        assert document.totals.without_tax is not None
        assert document.totals.without_tax <= worth + tolerated
        assert quantity == 0 or before + quantity <= min(ordered[0], accepted)


def adventureworks(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The purchase order lines of the AdventureWorks sample, by order."""
    orders: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(folder / "purchase_order_detail.csv.gz", "rt", encoding="utf-8-sig") as rows:
        for row in csv.DictReader(rows):
            orders[row["PurchaseOrderID"]].append(row)
    return orders


def as_ordered(row: dict[str, str]) -> OrderLine:
    return order_line(row["PurchaseOrderDetailID"], row["OrderQty"], row["UnitPrice"], item=row["ProductID"])


def as_billed(row: dict[str, str]) -> Any:
    return line(row["PurchaseOrderDetailID"], row["OrderQty"], row["UnitPrice"], buyer_item=row["ProductID"])


def test_of_adventureworks_exactly_the_lines_with_short_or_rejected_receipts_stop(shared: Path) -> None:
    stopped: set[str] = set()
    lines = 0
    expected: set[str] = set()
    for rows in adventureworks(shared / "reference" / "adventureworks").values():
        receipts = [received(row["PurchaseOrderDetailID"], row["ReceivedQty"], row["RejectedQty"]) for row in rows]
        result = matched(invoice(*map(as_billed, rows)), order(*map(as_ordered, rows)), *receipts)
        assert {finding.code for finding in result.findings} <= {"short_receipt"}
        stopped |= {getattr(finding, "order_line", "") for finding in result.findings}
        lines += len(result.lines)
        short = (row for row in rows if money(row["ReceivedQty"]) - money(row["RejectedQty"]) < money(row["OrderQty"]))
        expected |= {row["PurchaseOrderDetailID"] for row in short}

    assert (lines, len(stopped)) == (4019, 464)
    assert stopped == expected
