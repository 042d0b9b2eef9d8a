from collections.abc import AsyncGenerator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from domain.actions import ReturnInvoice, SendRemittance
from domain.errors import IdempotencyConflict, Refused, Unavailable
from domain.findings import ExceptionCode, MissingField, TotalsWrong
from integrations.sandbox import Database, Faults, SandboxMail, put_on_file
from tests.books import ON_FILE

REMITTANCE = SendRemittance(
    business_key="S-1:R-1",
    to="ap@stahl.example",
    supplier_name="Stahl AG",
    invoice_number="R-1",
    amount=Decimal("119.00"),
    currency="EUR",
    due_date=date(2026, 12, 2),
    payment_id="PAY-00001",
)
RETURN = ReturnInvoice(
    business_key="S-1:R-1",
    to="ap@stahl.example",
    supplier_name="Stahl AG",
    invoice_number="R-1",
    amount=Decimal("119.00"),
    currency="EUR",
    exceptions=("totals_wrong", "missing_field"),
    confidence=None,
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await put_on_file(database, ON_FILE)
    yield database
    await database.close()


async def test_a_remittance_names_what_is_paid_and_when(database: Database) -> None:
    mail = SandboxMail(database)
    receipt = await mail.send_remittance("k", REMITTANCE)
    (sent,) = await mail.messages()
    assert (sent.id, sent.to, sent.subject) == (receipt.reference, "ap@stahl.example", "Payment of invoice R-1")
    for said in ("Dear Stahl AG", "119.00 EUR on 2026-12-02", "PAY-00001"):
        assert said in sent.body
    assert "DE78" not in sent.body


async def test_a_returned_invoice_says_every_reason_in_the_words_of_the_catalogue(database: Database) -> None:
    mail = SandboxMail(database)
    await mail.return_invoice("k", RETURN)
    (sent,) = await mail.messages()
    for finding in (TotalsWrong, MissingField):
        assert f"What helps: {finding.removed_by}.\n" in sent.body
    assert "- totals wrong. " in sent.body


async def test_there_are_words_for_every_exception(database: Database) -> None:
    mail = SandboxMail(database)
    await mail.return_invoice("k", RETURN.model_copy(update={"exceptions": get_args(ExceptionCode)}))
    (sent,) = await mail.messages()
    assert sent.body.count("What helps:") == len(get_args(ExceptionCode))


async def test_a_message_leaves_once(database: Database) -> None:
    mail = SandboxMail(database, Faults.parse("send_remittance:fail_after*1"))
    with pytest.raises(Unavailable):
        await mail.send_remittance("k", REMITTANCE)
    assert not (await mail.send_remittance("k", REMITTANCE)).first
    with pytest.raises(IdempotencyConflict):
        await mail.send_remittance("k", REMITTANCE.model_copy(update={"amount": Decimal("911.00")}))
    assert len(await mail.messages()) == 1


async def test_no_message_leaves_for_an_address_that_is_not_on_file(database: Database) -> None:
    mail = SandboxMail(database)
    for to in ("ap@stahl.example.evil.example", "AP@STAHL.EXAMPLE", "", "ap@stahl.example\nBcc: x@evil.example"):
        with pytest.raises(Refused, match="not an address in the supplier master"):
            await mail.send_remittance("k", REMITTANCE.model_copy(update={"to": to}))
    assert await mail.messages() == ()


async def test_text_from_outside_stays_one_line_and_fills_no_template(database: Database) -> None:
    mail = SandboxMail(database)
    number = "R-1\r\nBcc: x@evil.example {currency}\u202e"
    await mail.return_invoice("k", RETURN.model_copy(update={"invoice_number": number}))
    (sent,) = await mail.messages()
    assert sent.subject == "Your invoice R-1 Bcc: x@evil.example {currency}[U+202E] is returned"
    assert "\nBcc" not in sent.body
