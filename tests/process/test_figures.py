"""The figures of the dashboards are what the server and the store say."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.runtime import BUFFERED_METRIC_KIND_GAUGE, MetricBuffer, Runtime, TelemetryConfig

from domain.errors import Unavailable
from integrations.figures import Counted, Figures, Gauges, counted
from integrations.store.journal import Touched
from tests.conftest import ROOT
from tests.office import Office

SECOND = timedelta(seconds=1)
SAMPLES = ROOT / "samples" / "invoices"


class News:
    """What the ledger does not have yet, as a test says."""

    def __init__(self, *ages: timedelta, away: bool = False) -> None:
        self._ages, self.away = ages, away

    async def touched(self) -> Sequence[Touched]:
        if self.away:
            raise Unavailable("The store does not answer.")
        return tuple(Touched(workflow_id="a", run_id="b", at=datetime.now(UTC) - age) for age in self._ages)


def figures(office: Office, news: News) -> Figures:
    return Figures(office.desk.client, news, ("Invoice", "Refund"), office.desk.queue)


async def until_counted(office: Office, expected: dict[str, int]) -> Counted:
    """Lists lag a little behind what they list."""
    for _ in range(100):
        now = await figures(office, News(90 * SECOND, 30 * SECOND)).count()
        if now.open == expected:
            return now
        await asyncio.sleep(0.1)
    raise AssertionError(now)


async def test_what_waits_is_counted_by_process(office: Office) -> None:
    case = await office.hand_in(SAMPLES / "05-price-variance.xml")
    await office.process(SAMPLES / "01-clean-ubl.xml")
    await office.approval_of(case)
    now = await until_counted(office, {"Invoice": 1, "Refund": 0})
    assert now.with_people == {"Invoice": 1, "Refund": 0}
    assert (now.waiting, now.aged) == (1, {"4h": 0, "24h": 0})
    assert now.repair == 0
    assert timedelta(seconds=89) < now.behind < timedelta(seconds=100)
    await office.answer(case, "reject", "no")
    assert (await until_counted(office, {"Invoice": 0, "Refund": 0})).with_people["Invoice"] == 0


@asynccontextmanager
async def exporting(office: Office, news: News, buffer: MetricBuffer) -> AsyncGenerator[None]:
    runtime = Runtime(telemetry=TelemetryConfig(metrics=buffer))
    async with counted(figures(office, news), runtime, timedelta(seconds=0.05)):
        yield


def gauges(buffer: MetricBuffer) -> dict[str, float]:
    """The newest value of each gauge without attributes that tell processes apart."""
    updates = buffer.retrieve_updates()
    return {each.metric.name: each.value for each in updates if each.metric.kind == BUFFERED_METRIC_KIND_GAUGE}


async def test_they_are_exported_again_and_again(office: Office) -> None:
    buffer = MetricBuffer(10_000)
    async with exporting(office, News(3600 * SECOND), buffer):
        async with asyncio.timeout(10):
            while not (seen := gauges(buffer)).get("signalbox_counted_at_seconds"):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
    assert seen["signalbox_ledger_lag_seconds"] == pytest.approx(3600, abs=60)
    assert seen["signalbox_approvals_aged"] == 0


async def test_a_store_that_is_away_leaves_them_as_they_were(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    buffer, news = MetricBuffer(10_000), News(away=True)
    async with exporting(office, news, buffer):
        async with asyncio.timeout(10):
            while "figures stay as they were" not in caplog.text:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)
        assert "signalbox_counted_at_seconds" not in gauges(buffer)
        news.away = False
        async with asyncio.timeout(10):
            while not gauges(buffer).get("signalbox_counted_at_seconds"):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.05)


async def test_nothing_is_counted_where_nothing_is_exported(client: Client) -> None:
    figures = Figures(client, News(away=True), ("Invoice",), "nobody")
    async with counted(figures, Runtime(telemetry=TelemetryConfig())):
        assert not [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "_count"]


def test_gauges_say_all_of_it() -> None:
    buffer = MetricBuffer(100)
    meter = Runtime(telemetry=TelemetryConfig(metrics=buffer)).metric_meter
    Gauges(meter).show(Counted({"Invoice": 2}, {"Invoice": 1}, 3, 9, {"4h": 4, "24h": 0}, 5 * SECOND))
    said = {(each.metric.name, *each.attributes.values()): each.value for each in buffer.retrieve_updates()}
    known = {key: value for key, value in said.items() if key[0] != "signalbox_counted_at_seconds"}
    assert {
        (name, *[each for each in rest if each in {"Invoice", "4h", "24h"}]): value
        for (name, *rest), value in known.items()
    } == {
        ("signalbox_cases_open", "Invoice"): 2,
        ("signalbox_cases_with_people", "Invoice"): 1,
        ("signalbox_cases_needing_repair",): 3,
        ("signalbox_approvals_waiting",): 9,
        ("signalbox_approvals_aged", "4h"): 4,
        ("signalbox_approvals_aged", "24h"): 0,
        ("signalbox_ledger_lag_seconds",): 5.0,
    }
