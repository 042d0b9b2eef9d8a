"""The whole examination: what is found together, in which order, and what would be posted."""

import random
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checks.booking import coding_of
from domain.checks.dossier import Dossier, gather, order_names
from domain.checks.examination import Examination, examine
from domain.checks.figures import LARGEST, rounded
from domain.findings import BankDetailsDiffer, MissingField, UnknownOrder, UnverifiedSender
from domain.invoice import AllowanceCharge, Invoice, Party, PaymentMeans, PrecedingInvoice, TaxCategory, TaxSubtotal
from domain.ports import Erp
from domain.purchasing import BilledLine, Coding
from tests.invoices import (
    ACCOUNT,
    TOLERANCES,
    bill,
    dossier,
    invoice,
    line,
    money,
    order,
    order_line,
    received,
    supplier,
)


def examined(document: Invoice, on_file: Dossier | None = None, sender: str | None = None) -> Examination:
    return examine(document, on_file or dossier(), sender=sender, tolerances=TOLERANCES)


def codes(examination: Examination) -> list[str]:
    return [finding.code for finding in examination.findings]


def test_a_clean_invoice_has_no_findings_and_is_coded_by_its_order() -> None:
    result = examined(invoice(), sender="billing@acme.example")

    assert result.findings == ()
    assert result.coding == (Coding(account="5400", cost_centre="4100", net=money(200)),)
    assert (result.order_id, len(result.lines), result.earlier_bills) == ("PO-1", 1, 0)


def test_an_invoice_that_is_posted_is_only_a_duplicate() -> None:
    wrong = invoice(line(price="99"), payment_means=(PaymentMeans(code="58", account="DE00"),))
    result = examined(wrong, dossier(bills=(bill(),)))

    assert codes(result) == ["duplicate"]
    assert (result.lines, result.coding, result.order_id) == ((), (), None)


def test_after_a_void_the_invoice_passes_and_the_void_bills_are_counted() -> None:
    result = examined(invoice(), dossier(bills=(bill(status="void"), bill("re4711", status="void"))))

    assert (codes(result), result.earlier_bills) == ([], 2)


def test_an_unknown_supplier_is_not_asked_for_order_or_coding() -> None:
    empty = Dossier(supplier=None, order=None, receipts=(), bills=(), open_orders=())

    assert codes(examined(invoice(), empty, "x@y.example")) == ["unknown_supplier"]


def test_what_nobody_may_release_comes_first_and_a_payment_hold_last() -> None:
    wrong = invoice(line(price="25"), payment_means=(PaymentMeans(code="58", account="DE00"),), number=" ")

    assert codes(examined(wrong, dossier(supplier=supplier(blocked=True)))) == [
        "blocked_supplier",
        "missing_field",
        "price_variance",
        "bank_details_differ",
    ]


@pytest.mark.parametrize(
    "account", [ACCOUNT.lower(), "DE89 3704 0044 0532 0130 00", "DE89-3704-0044-0532-0130-00", None, " "]
)
def test_the_account_on_file_is_recognised_however_it_is_written(account: str | None) -> None:
    assert codes(examined(invoice(payment_means=(PaymentMeans(code="58", account=account),)))) == []


def test_every_account_on_the_document_is_held_against_the_one_on_file() -> None:
    means = (PaymentMeans(code="58", account=ACCOUNT), PaymentMeans(code="58", account="DE02 1203 0000 0000 2020 51"))
    (finding,) = examined(invoice(payment_means=means)).findings

    assert isinstance(finding, BankDetailsDiffer)
    assert (finding.on_document, finding.on_file) == ("DE02 1203 0000 0000 2020 51", ACCOUNT)
    assert finding.posting_allowed
    assert finding.holds_payment


def test_a_supplier_without_an_account_on_file_cannot_be_given_one_by_a_document() -> None:
    assert codes(examined(invoice(), dossier(supplier=supplier(account=None)))) == ["bank_details_differ"]


@pytest.mark.parametrize(
    ("payee", "means", "held"),
    [
        ("Factoring AG", (), True),
        ("Factoring AG", (PaymentMeans(code="58", account=ACCOUNT),), False),
        ("Acme GmbH", (), False),
    ],
)
def test_another_payee_without_the_account_on_file_holds_the_payment(
    payee: str, means: tuple[PaymentMeans, ...], held: bool
) -> None:
    result = examined(invoice(payee=Party(name=payee), payment_means=means))

    assert codes(result) == (["bank_details_differ"] if held else [])


@pytest.mark.parametrize(
    ("sender", "verified"),
    [
        ("billing@acme.example", True),
        ("Anyone@ACME.example", True),
        ("Acme <billing@acme.example>", True),
        ("billing@acme.example.evil.example", False),
        ("billing@acme-example", False),
        ("billing@notacme.example", False),
        ("billing@mail.acme.example", False),
        ("billing@\u0430cme.example", False),
        ("billing@acme.example@evil.example", False),
        ("billing@acme.example <x@evil.example>", False),
        ("acme.example", False),
        ("", False),
    ],
)
def test_only_an_address_or_domain_on_file_is_verified(sender: str, verified: bool) -> None:
    result = examined(invoice(), sender=sender)

    assert codes(result) == ([] if verified else ["unverified_sender"])
    assert all(isinstance(finding, UnverifiedSender) for finding in result.findings)


def test_a_sender_is_verified_by_its_address_where_no_domain_is_on_file() -> None:
    known = dossier(supplier=supplier(sender_domains=(), email="acme@freemail.example"))

    assert codes(examined(invoice(), known, "acme@freemail.example")) == []
    assert codes(examined(invoice(), known, "other@freemail.example")) == ["unverified_sender"]


def test_a_letter_that_only_folds_to_the_right_one_is_not_on_file() -> None:
    known = dossier(supplier=supplier(sender_domains=("bank.example",)))

    assert codes(examined(invoice(), known, "billing@bank.example")) == []
    assert codes(examined(invoice(), known, "billing@ban\u212a.example")) == ["unverified_sender"]


def test_missing_fields_are_named_once_with_their_business_terms() -> None:
    document = invoice(line(quantity="10"), number=None, issue_date=None)
    document = document.model_copy(update={"totals": document.totals.model_copy(update={"payable": None})})
    (finding,) = examined(document).findings

    assert isinstance(finding, MissingField)
    assert finding.fields == ("number (BT-1)", "issue date (BT-2)", "amount due (BT-115)")


def test_leaving_totals_out_does_not_hide_what_is_asked_for() -> None:
    document = invoice()
    changes = {"lines_net": None, "with_tax": None, "payable": money(100_000)}
    result = examined(document.model_copy(update={"totals": document.totals.model_copy(update=changes)}))

    assert codes(result) == ["missing_field"]


def test_wrong_totals_and_wrong_tax_are_two_findings() -> None:
    document = invoice()
    category = TaxCategory(code="S", rate=money(7))
    wrong = {
        "totals": document.totals.model_copy(update={"payable": money(300)}),
        "tax_breakdown": (TaxSubtotal(taxable=money(200), tax=money(38), category=category),),
    }

    assert codes(examined(document.model_copy(update=wrong))) == ["totals_wrong", "tax_variance"]


def test_plain_text_is_not_asked_for_vat_categories() -> None:
    text_line = line(tax=TaxCategory(code=None, rate=money(19)))
    document = invoice(text_line, syntax="text", tax_breakdown=(), seller=Party(name="Acme GmbH"))

    assert codes(examined(document)) == []


def test_an_invoice_without_order_is_coded_by_the_supplier_and_still_asks() -> None:
    result = examined(invoice(order_ref=None), dossier(order=None))

    assert codes(result) == ["no_order"]
    assert result.coding == (Coding(account="4900", cost_centre="100", net=money(200)),)


def test_coding_is_missing_where_neither_order_nor_supplier_knows_one() -> None:
    unknown = dossier(order=None, supplier=supplier(default_account=None))

    assert codes(examined(invoice(order_ref="NA"), unknown)) == ["coding_missing", "no_order"]


def test_an_order_that_is_not_on_file_is_unknown() -> None:
    (finding,) = examined(invoice(order_ref="PO-9"), dossier(order=None)).findings

    assert isinstance(finding, UnknownOrder)
    assert finding.order_ref == "PO-9"


def test_lines_that_name_two_orders_are_not_matched_to_either() -> None:
    document = invoice(line(order_ref="PO-1"), line("2", order_ref="PO-2"), order_ref=None)
    (finding,) = examined(document, dossier(order=None)).findings

    assert isinstance(finding, UnknownOrder)
    assert "several orders, PO-1, PO-2" in finding.said


def test_coding_follows_the_order_lines_and_charges_go_to_the_largest() -> None:
    placed = order(order_line("1"), order_line("2", account="5500"), order_line("3", "10", "30", account="5500"))
    document = invoice(line("1"), line("2"), line("3", "10", "30"), charge="9.99")
    result = examined(document, dossier(order=placed, receipts=(received("1"), received("2"), received("3"))))

    assert codes(result) == []
    assert [(each.account, each.net) for each in result.coding] == [("5400", money(200)), ("5500", money("509.99"))]


def test_shares_that_no_amount_can_hold_are_booked_as_one() -> None:
    placed = order(order_line("1"), order_line("2", account="5500"))
    nets = (("1", LARGEST), ("1", LARGEST), ("2", -LARGEST))
    lines = [BilledLine(order_id="PO-1", order_line=of, quantity=money(1), net=net) for of, net in nets]

    assert coding_of(LARGEST, placed, lines, supplier()) == (Coding(account="5400", cost_centre="4100", net=LARGEST),)


def test_a_credit_note_is_coded_by_the_order_of_its_original() -> None:
    original = PrecedingInvoice(number="RE-4711", issue_date=None)
    document = invoice(line(quantity="4"), credit_note=True, number="CN-1", order_ref=None, preceding=(original,))
    result = examined(document, dossier(bills=(bill(),)))

    assert codes(result) == []
    assert [(each.account, each.net) for each in result.coding] == [("5400", money(80))]


def office(**answers: Any) -> tuple[Erp, list[str]]:
    """A business system that knows one supplier and one order, and what it was asked."""
    asked: list[str] = []

    async def find_supplier(*, tax_ids: tuple[str, ...], name: str | None) -> Any:
        asked.append(f"{tax_ids} {name}")
        return answers.get("supplier", supplier())

    async def find_order(order_id: str) -> Any:
        asked.append(order_id)
        return answers.get("order", order())

    async def listed(_: str) -> tuple[Any, ...]:
        return ()

    async def bills_of(_: str) -> tuple[Any, ...]:
        return answers.get("bills", ())

    names = {"find_supplier": find_supplier, "find_order": find_order, "bills_of": bills_of}
    return cast("Erp", SimpleNamespace(**names, receipts_for=listed, open_orders=listed)), asked


async def test_the_supplier_is_looked_up_by_its_tax_ids_in_both_spellings() -> None:
    erp, asked = office()
    seller = Party(name="Acme GmbH", vat_id="DE 123.456", tax_registration="201/113")
    on_file = await gather(erp, invoice(seller=seller))

    assert asked[0] == "('DE 123.456', 'DE123456', '201/113', '201113') Acme GmbH"
    assert on_file.order == order()


async def test_an_order_of_another_supplier_is_none() -> None:
    erp, _ = office(order=order(supplier_id="S2"))

    assert (await gather(erp, invoice())).order is None


async def test_the_dossier_of_an_unknown_supplier_is_empty() -> None:
    erp, asked = office(supplier=None)

    assert await gather(erp, invoice()) == Dossier(supplier=None, order=None, receipts=(), bills=(), open_orders=())
    assert len(asked) == 1


async def test_a_credit_note_without_order_finds_the_order_of_its_original() -> None:
    erp, asked = office(bills=(bill(),))
    preceding = (PrecedingInvoice(number="RE-4711", issue_date=None),)
    on_file = await gather(erp, invoice(credit_note=True, number="CN-1", order_ref=None, preceding=preceding))

    assert on_file.order == order()
    assert asked[1:] == ["PO-1"]


def test_the_orders_named_are_the_documents_or_else_its_lines() -> None:
    lines = (line(order_ref=" PO-7 "), line("2", order_ref="PO-7"), line("3", order_ref="n/a"))

    assert order_names(invoice(*lines)) == ("PO-1",)
    assert order_names(invoice(*lines, order_ref="NA")) == ("PO-7",)


FIGURES = st.one_of(
    st.none(),
    st.sampled_from(["0", "-0.01", "0.0000000001", "99999999999999.9999999999", "-99999999999999", "1E+13"]).map(
        Decimal
    ),
    st.decimals(-(10**6), 10**6, places=4),
)
PERCENTS = st.one_of(st.none(), st.sampled_from(["-1", "0", "0.4", "19", "999999.999999"]).map(Decimal))
TEXTS = st.one_of(st.none(), st.sampled_from(["", " ", "1", "PO-1", "RE-4711", "ITEM-1", "Part 1", "\u202e\ud7ff\x00"]))
DATES = st.one_of(st.none(), st.dates())
TAXES = st.builds(
    TaxCategory, code=st.sampled_from([None, "", "S", "Z", "E", "AE", "K", "G", "O", "L", "M", "X"]), rate=PERCENTS
)
PARTIES = st.builds(Party, name=TEXTS, vat_id=TEXTS, tax_registration=TEXTS, legal_id=TEXTS)
ADJUSTMENTS = st.builds(AllowanceCharge, charge=st.booleans(), amount=FIGURES, reason=TEXTS, tax=st.none() | TAXES)


@st.composite
def anything(draw: st.DrawFn) -> Invoice:
    """An invoice that may leave out or overstate whatever an invoice may."""

    def changed(model: Any, **choices: st.SearchStrategy[Any]) -> Any:
        names = draw(st.sets(st.sampled_from(sorted(choices)), max_size=4))
        return model.model_copy(update={name: draw(choices[name]) for name in sorted(names)})

    fields = {"quantity": FIGURES, "net_price": FIGURES, "price_base": FIGURES, "net_amount": FIGURES}
    texts = dict.fromkeys(("id", "name", "order_ref", "order_line", "seller_item", "buyer_item"), TEXTS)
    extra = {"tax": st.none() | TAXES, "allowances_charges": st.lists(ADJUSTMENTS, max_size=2).map(tuple)}
    lines = [changed(line(str(at)), **fields, **texts, **extra) for at in range(draw(st.integers(0, 3)))]
    rows = st.builds(TaxSubtotal, taxable=FIGURES, tax=FIGURES, category=TAXES)
    document = invoice(line())
    sums = changed(document.totals, **dict.fromkeys(type(document.totals).model_fields, FIGURES))
    preceding = st.builds(PrecedingInvoice, number=TEXTS.map(str), issue_date=DATES)
    return changed(
        document.model_copy(update={"lines": tuple(lines), "totals": sums, "credit_note": draw(st.booleans())}),
        syntax=st.sampled_from(["ubl", "cii", "text"]),
        profile=TEXTS | st.just("peppol"),
        number=TEXTS,
        issue_date=DATES,
        currency=st.sampled_from([None, "EUR", "JPY"]),
        seller=PARTIES,
        buyer=PARTIES,
        payee=st.none() | PARTIES,
        tax_representative=st.none() | PARTIES,
        payment_means=st.lists(st.builds(PaymentMeans, code=TEXTS, account=TEXTS), max_size=2).map(tuple),
        order_ref=TEXTS,
        preceding=st.lists(preceding, max_size=2).map(tuple),
        allowances_charges=st.lists(ADJUSTMENTS, max_size=2).map(tuple),
        tax_breakdown=st.lists(rows, max_size=2).map(tuple),
    )


ON_FILE = st.sampled_from(
    [
        dossier(),
        dossier(supplier=None, order=None, receipts=()),
        dossier(order=None, receipts=(), supplier=supplier(default_account=None, account=None, email=None)),
        dossier(bills=(bill("RE-1", quantity="3"), bill("RE-4712", status="void"), bill("CN-1", credit_note=True))),
        dossier(order=order(order_line("0", "0.0000000001", "99999999999999"), order_line("1"), three_way=False)),
    ]
)


@given(anything(), ON_FILE, TEXTS)
def test_whatever_the_document_says_the_examination_answers(
    document: Invoice, on_file: Dossier, sender: str | None
) -> None:
    result = examined(document, on_file, sender)

    assert Examination.model_validate_json(result.model_dump_json()) == result
    net = document.totals.without_tax
    if result.coding:
        assert sum(each.net for each in result.coding) == net


SMALL = st.sampled_from([0, 0, 0, 5, -5, 9, 500, -500]).map(money)


@st.composite
def adding_up(draw: st.DrawFn) -> Invoice:
    """An invoice whose totals follow from its parts, whatever the parts are: the hard kind to see through."""
    rate, count = money(draw(st.sampled_from([19, 27, 100]))), draw(st.integers(1, 2))
    category = TaxCategory(code="S", rate=rate)
    lines = [
        line(
            str(at),
            str(10 / money(count) + draw(SMALL)),
            net_amount=200 / money(count) + draw(SMALL),
            order_line=draw(st.sampled_from(["1", "1", None])),
            name="Part 1",
            tax=category,
        )
        for at in range(count)
    ]
    extra = AllowanceCharge(charge=draw(st.booleans()), amount=draw(SMALL), reason="Other", tax=category)
    nets = sum((each.net_amount or money(0) for each in lines), money(0))
    signed = (extra.amount or money(0)) * (1 if extra.charge else -1)
    document = invoice(*lines, tax_breakdown=(), allowances_charges=(extra,))
    prepaid, rounding = draw(SMALL), draw(SMALL)
    tax = rounded((nets + signed) * rate / 100)
    sums = {
        "charges": extra.amount if extra.charge else None,
        "allowances": None if extra.charge else extra.amount,
        "without_tax": nets + signed,
        "tax": tax,
        "with_tax": nets + signed + tax,
        "prepaid": prepaid,
        "rounding": rounding,
        "payable": nets + signed + tax - prepaid + rounding,
    }
    row = TaxSubtotal(taxable=nets + signed, tax=tax, category=category)
    changes = {"tax_breakdown": (row,), "totals": document.totals.model_copy(update=sums)}
    return document.model_copy(update=changes)


@given(adding_up())
def test_what_passes_asks_for_no_more_than_order_tax_and_tolerances(document: Invoice) -> None:
    result = examined(document)
    if not result.findings:
        most = money(200) + 4 + TOLERANCES.header
        assert document.totals.payable is not None
        assert 0 <= document.totals.payable <= rounded(most * money("1.27")) + 1


def test_twenty_lines_beside_a_hundred_bills_are_examined_whole() -> None:
    ids = [str(number) for number in range(1, 21)]
    placed = order(*map(order_line, ids))
    document = invoice(*(line(ident, order_line=None, buyer_item=f"ITEM-{ident}") for ident in ids))
    bills = tuple(bill(f"RE-{random.Random(at).randrange(10**6)}", of="x", net=str(at + 1)) for at in range(100))
    on_file = dossier(order=placed, receipts=tuple(map(received, ids)), bills=bills)
    assert codes(examined(document, on_file)) == []
