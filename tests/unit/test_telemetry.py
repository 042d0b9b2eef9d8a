"""Spans on their way to a real OTLP collector, over both protocols."""

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.errors import Unavailable
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.spans import KINDS, STATUSES, Span, spans_of
from integrations.settings import Settings
from integrations.telemetry import Sink, outlets
from integrations.telemetry import otlp as sinking
from integrations.telemetry.otlp import OtlpSink
from tests.collector import (
    BUSY,
    DROPS,
    HANGS,
    REFUSED,
    SERVERS,
    STRANGER,
    TAKEN,
    TOO_LARGE,
    Answer,
    Collector,
    Judge,
    Tls,
    always,
    environment,
    spans_in,
)
from tests.trails import scene

HANGING = 10
"""Seconds that a sink waits for a backend that hangs."""
CANARY = "canary-of-the-key"
HEADERS = f"Authorization=Bearer%20{CANARY},x-tenant=a%2Cb"


def made(*names: str) -> tuple[Span, ...]:
    return tuple(span for name in names for span in spans_of(assembled(scene(name)), content=True))


def many(count: int, **changes: object) -> list[Span]:
    [span, *_] = made("clean-ubl")
    return [span.model_copy(update={"span_id": f"{number + 1:016x}", **changes}) for number in range(count)]


@pytest.fixture(params=SERVERS)
def protocol(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def collector(protocol: str) -> AsyncGenerator[Collector]:
    async with SERVERS[protocol](Collector()) as opened:
        yield opened


@pytest.fixture
async def stack() -> AsyncGenerator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


async def opened(stack: AsyncExitStack, protocol: str, endpoint: str, **more: str) -> Sink:
    said = {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    said |= {f"OTEL_{name}": value for name, value in more.items()}
    with environment(said):
        [sink] = (await stack.enter_async_context(outlets(Settings()))).sinks
    return sink


@pytest.fixture
async def sink(stack: AsyncExitStack, protocol: str, collector: Collector) -> Sink:
    more = {"EXPORTER_OTLP_HEADERS": HEADERS, "EXPORTER_OTLP_TIMEOUT": "500", "SERVICE_NAME": "till"}
    return await opened(stack, protocol, collector.endpoint, **more)


async def test_every_span_arrives_once_with_its_parent_kind_and_status_however_often_it_is_sent(
    sink: Sink, collector: Collector
) -> None:
    spans = made("questioned", "approved", "model-fails")
    for _ in range(3):
        await sink.send(spans)
    assert set(collector.times.values()) == {3}
    arrived = collector.spans
    assert len(arrived) == len(spans)
    for span in spans:
        there = arrived[span.span_id]
        assert (there.name, there.trace_id.hex()) == (span.name, span.trace_id)
        assert there.parent_span_id.hex() == (span.parent_span_id or "")
        assert (there.kind, there.status.code) == (KINDS[span.kind], STATUSES[span.status])
        said = {each.key: each.value for each in there.attributes}
        assert said[c.OPENINFERENCE].string_value == span.attributes[c.OPENINFERENCE]
        assert set(said) == set(span.attributes)


async def test_who_sends_and_with_which_key_is_said_as_the_variables_say_it(sink: Sink, collector: Collector) -> None:
    await sink.send(made("clean-ubl"))
    [sent] = collector.requests[0].resource_spans
    assert [(each.key, each.value.string_value) for each in sent.resource.attributes] == [("service.name", "till")]
    assert sent.scope_spans[0].scope.name == "signalbox"
    heard = {name.lower(): value for name, value in collector.headers[0].items()}
    assert (heard["authorization"], heard["x-tenant"]) == (f"Bearer {CANARY}", "a,b")


async def test_nothing_is_sent_where_there_is_nothing(sink: Sink, collector: Collector) -> None:
    await sink.send(())
    assert collector.requests == []


@pytest.mark.parametrize("answer", [BUSY, HANGS, DROPS, STRANGER, REFUSED, TOO_LARGE])
async def test_what_did_not_arrive_is_unavailable_and_no_key_is_told(
    sink: Sink,
    collector: Collector,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    collector.judge = always(answer)
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable, match="takes no spans: check that it runs, and OTEL_EXPORTER_OTLP") as failed:
            await sink.send(many(64))
    assert collector.endpoint in str(failed.value)
    assert len(collector.requests) <= 4
    assert "canary" not in f"{failed.value!r} {failed.value.__cause__!r} {caplog.text} {sink.name} {capfd.readouterr()}"
    assert [each for each in caplog.records if each.name.startswith("opentelemetry")] == []


def refusing(*wrong: str, answer: Answer = REFUSED) -> Judge:
    return lambda request: answer if {span.span_id.hex() for span in spans_in(request)} & {*wrong} else TAKEN


async def test_one_span_that_is_never_taken_stops_no_other_and_the_log_names_it(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    spans = many(100)
    wrong = spans[41].span_id
    collector.judge = refusing(wrong)
    await sink.send(spans)
    assert set(collector.spans) == {span.span_id for span in spans} - {wrong}
    [logged] = caplog.messages
    assert wrong in logged
    assert "characters): it is left out there; the ledger has its record." in logged
    assert CANARY not in logged
    assert max(collector.times.values()) <= 2 + 2 * 7, "the witness of 7 halves and a second look"


async def test_what_is_too_large_together_arrives_in_parts_and_what_is_too_large_alone_is_left_out(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    def judge(request: object) -> Answer:
        return TOO_LARGE if request.ByteSize() > 100_000 else TAKEN  # type: ignore[attr-defined]

    collector.judge = judge
    large = {"attributes": {"signalbox.reason": "x" * 120_000}}
    [giant] = many(1, **large)
    small = many(200)[1:]
    await sink.send([*small, giant])
    assert set(collector.spans) == {span.span_id for span in small}
    assert [giant.span_id in message for message in caplog.messages] == [True]


async def test_a_first_span_that_is_refused_is_found_by_asking_for_another_one(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    spans = many(3)
    collector.judge = refusing(spans[0].span_id)
    with pytest.raises(Unavailable):
        await sink.send(spans)
    await sink.send(spans)
    assert set(collector.spans) == {span.span_id for span in spans[1:]}
    assert [spans[0].span_id in message for message in caplog.messages] == [True]


async def test_a_backend_that_goes_away_while_a_refused_span_is_looked_for_loses_nothing(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    spans = many(40)
    wrong = refusing(spans[30].span_id)
    for answered in range(1, 20):
        collector.requests.clear()
        collector.judge = lambda request, most=answered: wrong(request) if len(collector.requests) <= most else STRANGER
        if not await arrived(sink, spans):
            assert all(spans[30].span_id in message for message in caplog.messages), f"after {answered} answers"
    collector.judge = wrong
    await sink.send(spans)
    assert set(collector.spans) == {span.span_id for span in spans} - {spans[30].span_id}


async def test_a_span_refused_only_once_is_not_left_out(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    spans, alone = many(2), list[object]()

    def judge(request: object) -> Answer:
        ids = [span.span_id.hex() for span in spans_in(request)]  # type: ignore[arg-type]
        if ids == [spans[1].span_id]:
            alone.append(request)
        return REFUSED if spans[1].span_id in ids and len(alone) < 2 else TAKEN

    collector.judge = judge
    await sink.send(spans)
    assert set(collector.spans) == {span.span_id for span in spans}
    assert caplog.messages == []


async def test_a_backend_that_goes_away_at_the_second_look_leaves_nothing_out(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    refused = (1, 4)  # both together, and the second one alone; in between the first one arrives
    collector.judge = lambda _: (
        STRANGER if len(collector.requests) > 5 else REFUSED if len(collector.requests) in refused else TAKEN
    )
    with pytest.raises(Unavailable):
        await sink.send(many(2))
    assert len(collector.requests) == 7
    assert caplog.messages == []


class Stuck:
    """An export that hangs until it is let go."""

    def __init__(self) -> None:
        self.calls = 0
        self.released = threading.Event()

    def __call__(self, _: Sequence[Span]) -> bool:
        self.calls += 1
        return self.released.wait(30)


async def test_an_export_beyond_every_limit_holds_one_thread_and_never_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinking, "GRACE", 0.05)
    stuck = Stuck()
    sink = OtlpSink("http://c.example", stuck, 0.05)
    with pytest.raises(Unavailable, match=r"http://c\.example has not answered"):
        await sink.send(many(1))
    for _ in range(3):
        with pytest.raises(Unavailable, match="has not answered an earlier request yet"):
            await sink.send(many(1))
    assert stuck.calls == 1
    assert [thread.daemon for thread in threading.enumerate() if thread.name == sink.name] == [True]
    stuck.released.set()
    async with asyncio.timeout(5):
        while not await arrived(sink, many(1)):  # noqa: ASYNC110 - the thread says so nowhere else
            await asyncio.sleep(0.01)


async def test_looking_for_what_is_refused_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinking, "LONGEST", 0.2)

    def export(spans: Sequence[Span]) -> bool:
        time.sleep(0.03)
        return spans[0].span_id == many(1)[0].span_id and len(spans) == 1

    with pytest.raises(Unavailable, match="took some spans, but not all within 0 s"):
        await OtlpSink("http://c.example", export, 1).send(many(512))


async def test_a_worker_that_stops_does_not_wait_for_a_backend_that_hangs(protocol: str, collector: Collector) -> None:
    collector.judge = always(HANGS)
    async with AsyncExitStack() as stack:
        sink = await opened(stack, protocol, collector.endpoint, EXPORTER_OTLP_TIMEOUT=str(HANGING * 1000))
        sending = asyncio.create_task(sink.send(many(1)))
        while not collector.requests:  # noqa: ASYNC110 - what the server hears
            await asyncio.sleep(0.01)
        begun = time.monotonic()
        sending.cancel()
    assert time.monotonic() - begun < HANGING / 2
    threads = [thread for thread in threading.enumerate() if thread.name == sink.name]
    for thread in threads:
        await asyncio.to_thread(thread.join, 5)
    if protocol == "grpc":  # which can call off what has begun
        assert time.monotonic() - begun < HANGING / 2


async def test_a_name_from_outside_reaches_the_log_as_one_line(
    sink: Sink, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    spans = many(2, name="x\n2026 ERROR \x1b[31m\u202e" + "y" * 500)
    collector.judge = refusing(spans[1].span_id)
    await sink.send(spans)
    [logged] = caplog.messages
    assert not {"\n", "\x1b", "\u202e"} & {*logged}
    assert len(logged) < 400


async def test_a_compressed_request_says_the_same(stack: AsyncExitStack, protocol: str, collector: Collector) -> None:
    sink = await opened(stack, protocol, collector.endpoint, EXPORTER_OTLP_COMPRESSION="gzip")
    await sink.send(made("approved"))
    assert len(collector.spans) == len(made("approved"))
    heard = {name.lower(): value for name, value in collector.headers[0].items()}
    assert heard.get("content-encoding") == ("gzip" if protocol == "http/protobuf" else None)


async def arrived(sink: Sink, spans: Sequence[Span]) -> bool:
    try:
        await sink.send(spans)
    except Unavailable:
        return False
    return True


async def test_a_backend_that_comes_later_gets_everything(stack: AsyncExitStack, protocol: str) -> None:
    collector = Collector()
    async with SERVERS[protocol](collector):
        port = int(collector.endpoint.rpartition(":")[2])
        sink = await opened(stack, protocol, collector.endpoint)
        await sink.send(many(1))
    with pytest.raises(Unavailable):
        await sink.send(many(3))
    async with SERVERS[protocol](collector, port):
        async with asyncio.timeout(10):  # gRPC waits a second before it connects again
            while not await arrived(sink, many(3)):
                pass
    assert len(collector.spans) == 3


async def test_certificates_are_checked_on_both_sides(
    stack: AsyncExitStack, protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ssl.get_default_verify_paths().cafile or "")
    tls = Tls.made(tmp_path)
    ours = {"CERTIFICATE": tls.certificate, "CLIENT_CERTIFICATE": tls.certificate, "CLIENT_KEY": tls.key}
    said = {f"EXPORTER_OTLP_{name}": str(file) for name, file in ours.items()}
    async with SERVERS[protocol](Collector(), 0, tls) as collector:
        known = await opened(stack, protocol, collector.endpoint, **said)
        for less in ({}, {"EXPORTER_OTLP_CERTIFICATE": str(tls.certificate)}):
            stranger = await opened(stack, protocol, collector.endpoint, EXPORTER_OTLP_TIMEOUT="1000", **less)
            with pytest.raises(Unavailable):
                await stranger.send(many(1))
        await known.send(many(1))
    assert len(collector.taken) == 1


async def test_a_backend_that_is_not_there_is_unavailable(stack: AsyncExitStack, protocol: str) -> None:
    sink = await opened(stack, protocol, "http://127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1"):
        await sink.send(many(1))


@pytest.mark.parametrize(
    "answer",
    [Answer(302, headers={"Location": "/canary"}), Answer(404), Answer(200, headers={"Content-Type": "text/html"})],
)
async def test_what_is_no_collector_is_never_taken_for_one(stack: AsyncExitStack, answer: Answer) -> None:
    async with SERVERS["http/protobuf"](Collector(judge=always(answer))) as collector:
        sink = await opened(stack, "http/protobuf", collector.endpoint)
        with pytest.raises(Unavailable, match=r"takes no spans: check .* OTEL_EXPORTER_OTLP_ENDPOINT"):
            await sink.send(many(1))
    assert len(collector.requests) == 2


async def test_the_general_address_gets_the_path_of_traces_and_the_one_for_traces_is_taken_as_it_is(
    stack: AsyncExitStack,
) -> None:
    async with SERVERS["http/protobuf"](Collector()) as collector:
        general = await opened(stack, "http/protobuf", f"{collector.endpoint}/otel/")
        own = await opened(stack, "http/protobuf", "", EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.endpoint}/in?key=k")
        for sink in (general, own):
            await sink.send(many(1))
    assert collector.paths == ["/otel/v1/traces", "/in?key=k"]
    assert own.name == f"otlp {collector.endpoint}/in"
