"""Which sinks there are, from the settings and OpenTelemetry's variables."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.settings import Settings
from integrations.telemetry.file import FileSink, refuse_unwritable
from integrations.telemetry.otlp import OtlpSink
from integrations.telemetry.sink import Sink
from integrations.telemetry.variables import variables


@dataclass(frozen=True)
class Outlets:
    """The open sinks, and whether spans that go there carry content."""

    sinks: tuple[Sink, ...]
    content: bool


@asynccontextmanager
async def outlets(settings: Settings) -> AsyncGenerator[Outlets]:
    """Open what is set; raise `ValueError` naming the variable or setting that is wrong.

    Nothing is sent yet, and a backend need not be there yet.
    """
    said = variables()
    files = (_file(settings.trail_file, said.resource),) if settings.trail_file else ()
    if not said.sends:
        yield Outlets(files, said.captures_content)
        return
    from integrations.telemetry.exporter import Exporter  # noqa: PLC0415 - 20 MB that only a backend needs

    exporter = Exporter(said)
    try:
        backend = OtlpSink(exporter.where, exporter.export, exporter.seconds)
        yield Outlets((*files, backend), said.captures_content)
    finally:
        exporter.close()


@asynccontextmanager
async def sinks(settings: Settings) -> AsyncGenerator[tuple[Sink, ...]]:
    """The sinks alone."""
    async with outlets(settings) as opened:
        yield opened.sinks


def _file(file: Path, who: Mapping[str, str]) -> Sink:
    try:
        refuse_unwritable(file)
    except ValueError as error:
        raise ValueError(f"SIGNALBOX_TRAIL_FILE cannot be used: {error}.") from None
    return FileSink(file, who)
