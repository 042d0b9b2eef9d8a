import asyncio
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil
import pytest

from domain.documents import PlainText
from domain.errors import PoisonInput, TooLarge, Unavailable, Unreadable
from integrations.reading.limits import ReadingLimits
from integrations.reading.reader import ChildReader
from tests.papers import CII, UBL, pdf_bomb, pdf_of, pdf_saying, pdf_with, read

SLOW = pdf_of([b"BT /F1 12 Tf 20 100 Td " + b"(x) Tj " * 20_000 + b"ET"] * 100)
"""Takes far longer than any test waits."""


@pytest.fixture(scope="module")
async def reader() -> AsyncGenerator[ChildReader]:
    async with ChildReader() as reader:
        yield reader


@pytest.fixture(scope="module")
async def hasty() -> AsyncGenerator[ChildReader]:
    async with ChildReader(ReadingLimits(wall_seconds=3, cpu_seconds=60)) as reader:
        yield reader


def room_of(reader: ChildReader) -> psutil.Process:
    assert reader._room is not None
    return psutil.Process(reader._room.process.pid)


async def one_at_work(reader: ChildReader) -> psutil.Process:
    async with asyncio.timeout(5):
        while True:
            for process in room_of(reader).children():
                if process.cpu_times().user > 0.05:
                    return process
            await asyncio.sleep(0.005)


async def assert_reads_on(reader: ChildReader) -> None:
    assert await reader.read(UBL.encode(), name="next.xml") == read(UBL)


async def test_a_document_comes_back_as_it_would_without_a_process(reader: ChildReader) -> None:
    await assert_reads_on(reader)
    assert await reader.read(pdf_with(("factur-x.xml", CII.encode())), name="a.pdf") == read(CII)
    assert await reader.read(pdf_saying("Total 1 EUR"), name="b") == PlainText(text="Total 1 EUR", pages=1)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>', Unreadable, "DOCTYPE"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>', Unreadable, "DOCTYPE"),
        (b"<a>" * 200_000, TooLarge, "nested deeper than 64 levels"),
        (pdf_bomb(), TooLarge, "larger than 50000000 bytes"),
        (b"PK\x03\x04" + bytes(300), Unreadable, "a ZIP archive"),
        (UBL.replace("104.00", "1e400").encode(), Unreadable, "PayableAmount says '1e400'"),
        (b"", Unreadable, "it is empty"),
    ],
)
async def test_a_refusal_names_the_file_and_the_reason_and_the_next_document_reads(
    reader: ChildReader, content: bytes, kind: type[Unreadable], said: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        await reader.read(content, name="evil\u202e.xml")
    assert type(refused.value) is kind
    assert "evil[U+202E].xml: " in str(refused.value)
    assert said in str(refused.value)
    assert "Traceback" not in str(refused.value)
    await assert_reads_on(reader)


async def test_a_document_that_kills_its_reader_is_poison_and_the_next_one_reads(reader: ChildReader) -> None:
    reading = asyncio.create_task(reader.read(SLOW, name="poison.pdf"))
    (await one_at_work(reader)).send_signal(signal.SIGKILL)
    with pytest.raises(PoisonInput, match=r"poison\.pdf: its reader ended without an answer"):
        await reading
    await assert_reads_on(reader)


async def test_a_reader_at_work_holds_up_nobody_else(reader: ChildReader) -> None:
    reading = asyncio.create_task(reader.read(SLOW, name="slow.pdf"))
    busy = await one_at_work(reader)
    await assert_reads_on(reader)
    assert not reading.done()
    busy.kill()
    with pytest.raises(PoisonInput):
        await reading


async def test_a_reader_that_takes_too_long_is_ended_from_within(
    hasty: ChildReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.reading.reader.GRACE_SECONDS", 60)
    with pytest.raises(PoisonInput, match="3 s in all"):
        async with asyncio.timeout(10):
            await hasty.read(SLOW, name="slow.pdf")
    await assert_reads_on(hasty)


async def test_a_reader_that_stands_still_is_ended_from_outside(hasty: ChildReader) -> None:
    reading = asyncio.create_task(hasty.read(SLOW, name="still.pdf"))
    stopped = await one_at_work(hasty)
    stopped.suspend()
    with pytest.raises(PoisonInput):
        await reading
    await asyncio.to_thread(stopped.wait, 5)
    await assert_reads_on(hasty)


async def test_a_process_that_does_not_answer_is_not_held_against_the_document(hasty: ChildReader) -> None:
    await assert_reads_on(hasty)
    room_of(hasty).suspend()
    with pytest.raises(Unavailable, match="does not answer"):
        await hasty.read(UBL.encode(), name="good.xml")
    await assert_reads_on(hasty)


async def test_a_killed_room_is_opened_again(reader: ChildReader) -> None:
    await assert_reads_on(reader)
    assert reader._room is not None
    killed = reader._room.process
    killed.kill()
    await killed.wait()
    await assert_reads_on(reader)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (ReadingLimits(cpu_seconds=1), "at most 1 s of processor time"),
        (ReadingLimits(memory_bytes=120_000_000), "120000000 bytes of memory"),
    ],
)
async def test_a_reader_that_takes_too_much_is_ended(limits: ReadingLimits, said: str) -> None:
    content = SLOW if limits.cpu_seconds == 1 else pdf_of([b" " * 45_000_000])
    async with ChildReader(limits) as reader:
        with pytest.raises(PoisonInput, match=said):
            async with asyncio.timeout(10):
                await reader.read(content, name="greedy.pdf")
        await assert_reads_on(reader)


async def test_what_is_too_much_to_carry_on_is_refused() -> None:
    async with ChildReader(ReadingLimits(answer_bytes=1_000)) as reader:
        with pytest.raises(TooLarge, match=r"what it says fills \d+ bytes; at most 1000 are carried on"):
            await reader.read(UBL.encode(), name="long.xml")


async def test_what_is_too_large_never_reaches_a_process() -> None:
    reader = ChildReader(ReadingLimits(file_bytes=100))
    with pytest.raises(TooLarge, match=r"big\.xml: it has 101 bytes; at most 100 are read"):
        await reader.read(bytes(101), name="big.xml")
    assert reader._room is None


async def test_the_process_gets_no_environment_and_finds_the_project_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "__init__.py").write_text("raise SystemExit('imported from the working folder')")
    async with ChildReader() as reader:
        await assert_reads_on(reader)
        assert set(room_of(reader).environ()) <= {"PYTHONPATH", "LC_CTYPE"}


async def test_a_reading_that_is_cancelled_ends_its_reader(reader: ChildReader) -> None:
    reading = asyncio.create_task(reader.read(SLOW, name="slow.pdf"))
    busy = await one_at_work(reader)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.to_thread(busy.wait, 5)
    await assert_reads_on(reader)


async def test_closing_ends_the_process_and_leaves_none_behind() -> None:
    reader = ChildReader()
    await assert_reads_on(reader)
    room = room_of(reader)
    await reader.close()
    assert not room.is_running()
    await reader.close()


async def test_many_documents_at_once_each_get_their_own_answer(reader: ChildReader) -> None:
    numbers = [f"R-{number}" for number in range(30)]
    found = await asyncio.gather(
        *(reader.read(UBL.replace("R-2026-17", number).encode(), name=number) for number in numbers)
    )
    assert [invoice.number for invoice in found if not isinstance(invoice, PlainText)] == numbers
