import asyncio
import json
import signal
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import typer
from openai import AsyncOpenAI, BadRequestError

from agents.claims import decode_claim
from agents.invoice_examiner import ExaminerProposal, invoice_examiner
from agents.invoice_reader import InvoiceReading, ReaderBrief, confirmed, invoice_reader
from agents.prompt import chat_for
from domain.chat import Completion
from domain.documents import DocumentRef
from domain.errors import NoAnswer
from domain.invoice import Invoice
from integrations.chat_model import ChatModel, ModelSettings
from integrations.scripted_model import Reply, scripted_model
from integrations.scripted_model.__main__ import read_script
from integrations.scripted_model.reader_rules import day, figure, read_invoice
from integrations.scripted_model.reply import other_figures

ROOT = Path(__file__).resolve().parents[2]
BRIEF = ReaderBrief(text=DocumentRef(digest="0" * 64, size=10, media_type="text/plain", name="invoice.txt"))

LABELLED = """\
Harbour Tools Ltd
INVOICE                                       VAT ID: GB 123 4567 82

Invoice No: HT-2026-118      Date: 2026-11-03      Due date: 2026-12-03
Order: PO-5501               Currency: GBP

Pos  Description             Qty  Unit   Unit price     Net
1    Torque wrench 40 Nm       3  pcs        120.00   360.00
2    Socket set, 24 pieces    10  pcs         31.55   315.50

Net total           675.50
VAT 20 %            135.10
Total due           GBP 810.60

IBAN: GB33 BUKB 2020 1555 5555 55
"""

GERMAN_FIGURES = """\
Invoice
From: Nordwind GmbH
Invoice number: 4711
Date: 03.11.2026
1.  Chair, oak   2  1.234,50  19 %  2.469,00
Subtotal: 2.469,00 EUR
VAT (19%): 469,11 EUR
Total: 2.938,11 EUR
"""


def reading_of(text: str) -> InvoiceReading:
    reading = read_invoice(text)
    assert reading is not None
    return reading


async def ask_reader(text: str, *replies: Reply) -> Completion:
    chat = chat_for(invoice_reader, BRIEF, {"text": text}, [])
    async with scripted_model(replies, rules=True) as server:
        settings = ModelSettings.model_validate({"base_url": server.url, "api_key": "none", "model": "any"})
        async with ChatModel(settings) as model:
            return await model.complete(chat)


def test_a_labelled_text_is_read_as_its_labels_say() -> None:
    reading = reading_of(LABELLED)
    assert (reading.number, reading.order_ref, reading.currency) == ("HT-2026-118", "PO-5501", "GBP")
    assert (reading.issue_date, reading.due_date) == (date(2026, 11, 3), date(2026, 12, 3))
    assert (reading.seller_name, reading.seller_tax_id) == ("Harbour Tools Ltd", "GB 123 4567 82")
    assert (reading.payee_account, reading.credit_note) == ("GB33 BUKB 2020 1555 5555 55", False)
    assert [line.description for line in reading.lines] == ["Torque wrench 40 Nm", "Socket set, 24 pieces"]
    assert [line.tax_rate for line in reading.lines] == [Decimal(20)] * 2
    assert (reading.net, reading.tax, reading.payable) == (Decimal("675.50"), Decimal("135.10"), Decimal("810.60"))


def test_a_text_with_german_figures_is_read_as_well() -> None:
    reading = reading_of(GERMAN_FIGURES)
    assert (reading.seller_name, reading.currency, reading.due_date) == ("Nordwind GmbH", "EUR", None)
    assert reading.lines[0].net_amount == Decimal("2469.00")
    assert isinstance(confirmed(reading, GERMAN_FIGURES), Invoice)


def test_the_plain_text_sample_is_read_and_borne_out(samples: Path) -> None:
    text = (samples / "invoices" / "13-plain-text.txt").read_text(encoding="utf-8")
    reading = reading_of(text)
    assert (reading.payable, reading.due_date) == (Decimal("996.03"), date(2026, 12, 13))
    assert isinstance(confirmed(reading, text), Invoice)


@pytest.mark.parametrize("text", [" " * 60_000, "1 " * 30_000, "total " * 10_000, "\n" * 60_000, "tax (" * 12_000])
@pytest.mark.timeout(60)  # a rule that goes back and forth over such a text takes hours
def test_a_hostile_text_is_declined_in_good_time(text: str) -> None:
    assert read_invoice(text) is None


def test_a_credit_note_is_read_as_one() -> None:
    text = GERMAN_FIGURES.replace("Invoice\n", "Credit note\n").replace("Invoice number", "Credit note number")
    assert reading_of(text).credit_note


@pytest.mark.parametrize("missing", ["Invoice No", "Date", "1    Torque", "Net total", "VAT 20", "Total due"])
def test_a_text_that_lacks_what_must_be_there_is_declined(missing: str) -> None:
    lines = [line for line in LABELLED.splitlines() if not line.startswith("2    ")]
    assert read_invoice("\n".join(lines)) is not None
    assert read_invoice("\n".join(lines).replace(missing, "something")) is None


def test_a_figure_is_copied_even_where_it_is_wrong() -> None:
    reading = reading_of(LABELLED.replace("810.60", "910.60"))
    assert reading.payable == Decimal("910.60")
    assert "Net and tax come to 810.60, not to the total 910.60." in confirmed(reading, LABELLED)


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,190.00", "1190"), ("1.190,00", "1190"), ("1.190", "1190"), ("0,5", "0.5"), ("1'190.5", "1190.5"), ("7", "7")],
)
def test_the_last_mark_is_the_decimal_one(written: str, value: str) -> None:
    assert figure(written) == Decimal(value)


@pytest.mark.parametrize("written", ["2026-11-03", "03.11.2026", "3 November 2026", "November 3, 2026", "3 Nov 2026"])
def test_a_date_is_read_in_the_stated_forms(written: str) -> None:
    assert day(written) == date(2026, 11, 3)
    assert day("in thirty days") is None


async def test_the_rules_answer_a_reader_over_http_and_the_text_bears_them_out() -> None:
    reading = decode_claim((await ask_reader(LABELLED)).text, InvoiceReading)
    assert isinstance(reading, InvoiceReading)
    invoice = confirmed(reading, LABELLED)
    assert isinstance(invoice, Invoice)
    assert invoice.totals.payable == Decimal("810.60")


async def test_wrong_figures_are_well_formed_and_fail_the_grounding() -> None:
    completion = await ask_reader(LABELLED, Reply(fault="wrong_figures"))
    reading = decode_claim(completion.text, InvoiceReading)
    assert isinstance(reading, InvoiceReading)
    assert reading.payable == Decimal("910.60")
    assert "The total 910.60 does not occur in the text." in confirmed(reading, LABELLED)


def test_only_figures_are_changed_never_dates() -> None:
    words = '{"net": "1190.00", "rate": "9", "on": "2026-11-03", "name": "24 pieces"}'
    assert other_figures(words) == '{"net": "2190.00", "rate": "1", "on": "2026-11-03", "name": "24 pieces"}'


async def test_the_rules_decline_what_they_cannot_read() -> None:
    with pytest.raises(NoAnswer, match="declines"):
        await ask_reader("Dear all, please find attached nothing.")


async def test_a_script_comes_first_and_the_rules_go_on() -> None:
    assert (await ask_reader(LABELLED, Reply(content="by hand"))).text == "by hand"
    assert decode_claim((await ask_reader(LABELLED)).text, InvoiceReading)


async def test_other_clients_can_list_the_model_and_are_told_what_is_wrong() -> None:
    async with scripted_model(rules=True) as server, AsyncOpenAI(base_url=server.url, api_key="none") as client:
        assert [model.id async for model in client.models.list()] == ["rules"]
        with pytest.raises(BadRequestError, match="AGENT, BRIEF, texts"):
            await client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])
        with pytest.raises(BadRequestError, match="no chat completion request"):
            await client.chat.completions.create(model="any", messages=[])


async def test_an_agent_without_rules_is_named() -> None:
    messages = [{"role": "system", "content": "AGENT tea_maker 1"}, {"role": "user", "content": "BRIEF\n{}"}]
    async with scripted_model(rules=True) as server, AsyncOpenAI(base_url=server.url, api_key="none") as client:
        with pytest.raises(BadRequestError, match="no rules for the agent tea_maker"):
            await client.chat.completions.create(model="any", messages=messages)


async def test_a_script_that_is_over_says_so() -> None:
    async with scripted_model() as server, AsyncOpenAI(base_url=server.url, api_key="none") as client:
        with pytest.raises(BadRequestError, match="The script has no more replies"):
            await client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("script.toml", '[[reply]]\nstatus = 429\nretry_after = "2"\n[[reply]]\n[reply.content]\nkind = "accept"\n'),
        ("script.json", json.dumps({"reply": [{"status": 429, "retry_after": "2"}, {"content": {"kind": "accept"}}]})),
    ],
)
def test_a_script_can_be_a_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert read_script(tmp_path / name) == (
        Reply(status=429, retry_after="2"),
        Reply(content={"kind": "accept"}),
    )


@pytest.mark.parametrize("text", ['[[reply]]\nfault = "gremlins"\n', "[[reply]\n", "[[reply]]\nstatsu = 500\n"])
def test_a_script_with_a_mistake_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "script.toml").write_text(text)
    with pytest.raises(typer.BadParameter, match=r"script\.toml cannot be used as a script"):
        read_script(tmp_path / "script.toml")
    with pytest.raises(typer.BadParameter, match=r"absent\.toml cannot be used"):
        read_script(tmp_path / "absent.toml")


async def test_the_program_serves_and_leaves_cleanly_on_sigterm() -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "integrations.scripted_model", "--port", "0", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    line = (await program.stdout.readline()).decode()
    assert line.startswith("Scripted model at http://127.0.0.1:")
    chat = chat_for(invoice_reader, BRIEF, {"text": LABELLED}, [])
    settings = ModelSettings.model_validate({"base_url": line.split()[3], "api_key": "none", "model": "any"})
    async with ChatModel(settings) as model:
        assert decode_claim((await model.complete(chat)).text, InvoiceReading) == reading_of(LABELLED)
    program.send_signal(signal.SIGTERM)
    rest, _ = await program.communicate()
    assert (rest.decode(), program.returncode) == ("Stopped after 1 questions.\n", 0)


def test_every_agent_with_rules_has_its_claim_checked_here() -> None:
    assert (invoice_examiner.claim, invoice_reader.claim) == (ExaminerProposal, InvoiceReading)
