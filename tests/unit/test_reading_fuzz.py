"""Whatever is done to a document, it reads, or it is refused with a sentence; nothing else ever comes out."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.documents import PlainText
from domain.errors import PoisonInput, Unreadable
from domain.invoice import Invoice
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits
from integrations.reading.reader import ChildReader
from tests.papers import CII, UBL, pdf_saying, pdf_with

SEEDS = {
    "ubl": UBL.encode(),
    "cii": CII.encode(),
    "factur-x": pdf_with(("factur-x.xml", CII.encode())),
    "pdf": pdf_saying("Invoice 17", "Total 12.60 EUR"),
    "utf-16": UBL.replace("UTF-8", "UTF-16", 1).encode("utf-16"),
}
LIMITS = ReadingLimits()
TOKENS = [
    b"<",
    b">",
    b"&",
    b"</",
    b"]]>",
    b"<!--",
    b"\x00",
    b"\xff",
    b"9" * 40,
    b"NaN",
    b" obj",
    b"stream",
    b"<<",
    b">>",
]


def mutated(document: bytes, luck: random.Random) -> bytes:
    changed = bytearray(document)
    for _ in range(luck.randint(1, 8)):
        at = luck.randrange(len(changed))
        match luck.randrange(4):
            case 0:
                changed[at] = luck.randrange(256)
            case 1:
                del changed[at : at + luck.randint(1, 60)]
            case 2:
                changed[at:at] = luck.choice(TOKENS)
            case _:
                start = luck.randrange(len(changed))
                changed[at:at] = changed[start : start + luck.randint(1, 400)]
    return bytes(changed)


def outcome(content: bytes) -> str:
    try:
        found = read_document(content, LIMITS)
    except Unreadable as error:
        return type(error).__name__ if len(str(error)) < 700 else "an error too long to keep"
    assert isinstance(found, Invoice | PlainText)
    assert type(found).model_validate_json(found.model_dump_json()) == found
    return type(found).__name__


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_document_reads_or_is_refused(seed: str) -> None:
    luck = random.Random(seed)
    outcomes = {outcome(mutated(SEEDS[seed], luck)) for _ in range(200)}
    assert outcomes <= {"Invoice", "PlainText", "Unreadable", "TooLarge"}
    assert len(outcomes) > 1


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_read_or_are_refused(content: bytes) -> None:
    assert outcome(content) in {"PlainText", "Unreadable"}


@settings(max_examples=100)
@given(st.text(max_size=60), st.sampled_from(["R-2026-17", "2026-11-02", "SEK", "104.00", "Malmö", "S-1"]))
def test_any_text_in_any_field_reads_or_is_refused(text: str, field: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
    assert outcome(UBL.replace(field, escaped).encode("utf-8", "replace")) in {"Invoice", "Unreadable"}


async def test_no_damaged_document_kills_its_reader() -> None:
    luck = random.Random(17)
    documents = {f"{seed} {number}": mutated(SEEDS[seed], luck) for seed in SEEDS for number in range(12)}
    async with ChildReader() as reader:
        outcomes = [await child_outcome(reader, name, content) for name, content in documents.items()]
    assert set(outcomes) <= {"Invoice", "PlainText", "refused and named"}


async def child_outcome(reader: ChildReader, name: str, content: bytes) -> str:
    try:
        return type(await reader.read(content, name=name)).__name__
    except PoisonInput:
        return "poison"
    except Unreadable as error:
        return "refused and named" if f"{name}: " in str(error) else str(error)
