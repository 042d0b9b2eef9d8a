"""Spans in a real backend: each once, as what it is and where it belongs, however often it was sent."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from governance.trail import conventions as c
from integrations.settings import Settings
from integrations.store import open_store
from integrations.telemetry import drain, outlets
from tests.apart import NotInstalled
from tests.collector import environment
from tests.outbox_contract import told
from tests.real.phoenix import Phoenix, installed, phoenix, sample

pytestmark = pytest.mark.real
CASES = ("questioned", "approved", "model-fails", "bank-changed")
PROTOCOLS = ("http/protobuf", "grpc", "http/protobuf")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[Phoenix]:
    try:
        python = await asyncio.to_thread(installed)
    except NotInstalled as error:
        pytest.skip(str(error))
    async with phoenix(python, tmp_path) as running:
        yield running


async def test_every_span_is_there_once_with_its_kind_parent_and_status_after_three_times(server: Phoenix) -> None:
    spans = sample(*CASES)
    for protocol in PROTOCOLS:
        await server.take(spans, protocol)
        await server.spans(len(spans))
    shown = {each["context"]["span_id"]: each for each in await server.spans(len(spans))}
    assert len(await server.spans(len(spans))) == len(shown) == len(spans)
    for span in spans:
        there = shown[span.span_id]
        assert (there["name"], there["context"]["trace_id"]) == (span.name, span.trace_id)
        assert (there["parent_id"] or None) == span.parent_span_id
        assert there["span_kind"] == span.attributes[c.OPENINFERENCE]
        assert there["status_code"] == span.status
    assert {each["span_kind"] for each in shown.values()} == {"AGENT", "LLM", "TOOL", "GUARDRAIL", "CHAIN"}
    assert len({each["context"]["trace_id"] for each in shown.values()}) == len(CASES)


async def test_what_the_ledger_has_arrives_through_the_outbox(server: Phoenix, tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/store.db") as store:
        wanted = {span.span_id for name in CASES for span in await told(store, name, name)}
        for protocol in PROTOCOLS:
            with environment(server.variables(protocol)):
                async with outlets(Settings()) as opened:
                    [done] = await drain(store.outbox, opened.sinks, content=opened.content)
                    assert done.failure is None
        shown = await server.spans(len(wanted))
    assert sorted(each["context"]["span_id"] for each in shown) == sorted(wanted)
