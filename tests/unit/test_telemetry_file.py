"""The file of spans: whole lines, whatever happens to processes, disks and the file."""

import asyncio
import json
import os
import resource
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from domain.errors import Unavailable
from governance.trail.assembly import assembled
from governance.trail.spans import Span, otlp, spans_of
from integrations.settings import Settings
from integrations.telemetry import outlets
from integrations.telemetry.file import FileSink
from tests.trails import scene

WHO = {"service.name": "till"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trail.jsonl"


@pytest.fixture
def spans() -> list[Span]:
    return list(spans_of(assembled(scene("approved"))))


def content(file: Path) -> bytes:
    return file.read_bytes()


def tear(file: Path) -> None:
    """Leave a half line at the end, as a process that is killed while it writes."""
    whole = file.read_bytes()
    file.write_bytes(whole + whole[:-40])


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def spans_in(line: dict[str, Any]) -> list[dict[str, Any]]:
    return line["resourceSpans"][0]["scopeSpans"][0]["spans"]


async def test_a_batch_is_one_line_that_an_otlp_reader_takes(file: Path, spans: list[Span]) -> None:
    sink = FileSink(file, WHO)
    await sink.send(spans[:3])
    await sink.send(spans[3:])
    first, second = lines(file)
    assert [*spans_in(first), *spans_in(second)] == [otlp(span) for span in spans]
    [said] = first["resourceSpans"]
    assert said["resource"] == {"attributes": [{"key": "service.name", "value": {"stringValue": "till"}}]}
    assert said["scopeSpans"][0]["scope"]["name"] == "signalbox"


async def test_a_line_that_a_crash_tore_costs_no_other(file: Path, spans: list[Span]) -> None:
    sink = FileSink(file, WHO)
    await sink.send(spans)
    tear(file)
    await sink.send(spans)
    first, torn, second = content(file).splitlines()
    assert json.loads(first) == json.loads(second)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        json.loads(torn)


async def test_a_file_that_was_moved_away_or_removed_is_made_again(file: Path, spans: list[Span]) -> None:
    sink = FileSink(file, WHO)
    await sink.send(spans)
    await asyncio.to_thread(file.rename, file.with_suffix(".1"))
    await sink.send(spans)
    await asyncio.to_thread(file.unlink)
    await sink.send(spans)
    assert len(lines(file)) == len(lines(file.with_suffix(".1"))) == 1


async def test_many_writers_at_once_write_whole_lines(file: Path, spans: list[Span]) -> None:
    await asyncio.gather(*(FileSink(file, WHO).send(spans * 20) for _ in range(12)))
    assert [len(spans_in(line)) for line in lines(file)] == [len(spans) * 20] * 12


async def test_hostile_text_stays_in_its_line(file: Path, spans: list[Span]) -> None:
    evil = "\n\r\u2028\0\x1b[2J\u202e]}]}\ud800"
    await FileSink(file, WHO).send([spans[0].model_copy(update={"name": evil})])
    assert content(file).count(b"\n") == 1
    [said] = spans_in(json.loads(content(file)))
    assert said["name"] == evil.replace("\ud800", "?")


@pytest.fixture
def _small_disk() -> Generator[None]:
    """Files may have 4 KB, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("_small_disk")
async def test_a_full_disk_is_unavailable_and_names_the_file(file: Path, spans: list[Span]) -> None:
    sink = FileSink(file, WHO)
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"trail\.jsonl cannot be written: "):
            await sink.send(spans)


async def test_after_a_full_disk_everything_is_there_once_more(file: Path, spans: list[Span]) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    sink = FileSink(file, WHO)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(Unavailable):
            await sink.send(spans)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await sink.send(spans)
    assert len(spans_in(json.loads(content(file).splitlines()[-1]))) == len(spans)


async def test_a_folder_that_vanished_is_unavailable_until_it_is_back(file: Path, spans: list[Span]) -> None:
    sink = FileSink(file.parent / "mount" / "trail.jsonl", WHO)
    with pytest.raises(Unavailable, match="No such file or directory"):
        await sink.send(spans)
    (file.parent / "mount").mkdir()
    await sink.send(spans)


async def test_a_pipe_put_in_its_place_is_refused_and_never_waited_for(file: Path, spans: list[Span]) -> None:
    os.mkfifo(file)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match="cannot be written"):
            await FileSink(file, WHO).send(spans * 40)


@pytest.mark.parametrize("wrong", ["no/such/folder/trail.jsonl", "."])
async def test_a_setting_that_is_no_file_is_named_before_anything_starts(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(
        ValueError, match=r"SIGNALBOX_TRAIL_FILE cannot be used: (there is no folder|.* is no ordinary)"
    ):
        async with outlets(Settings(trail_file=tmp_path / wrong)):
            pass


async def test_the_file_is_not_for_everybody(file: Path, spans: list[Span]) -> None:
    await FileSink(file, WHO).send(spans)
    assert (await asyncio.to_thread(file.stat)).st_mode & 0o007 == 0
