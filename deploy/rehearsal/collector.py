"""The OpenTelemetry collector with the shared configuration, and what Prometheus would read of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession

from deploy.rehearsal.cluster import CONFIG
from deploy.rehearsal.processes import Program, free_ports, listens


@dataclass
class Collector:
    """Takes in spans, which it writes to a file, and figures, which it serves."""

    folder: Path
    tools: Path
    ports: list[int] = field(default_factory=lambda: free_ports(4))
    program: Program | None = None

    @property
    def endpoint(self) -> str:
        """Where workers send spans and figures."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def file(self) -> Path:
        """Where they end up."""
        return self.folder / "spans.jsonl"

    async def start(self) -> None:
        """Start it and wait until it takes spans."""
        grpc, http, health, metrics = map(str, self.ports)
        here = {
            "COLLECTOR_HOST": "127.0.0.1",
            "COLLECTOR_GRPC_PORT": grpc,
            "COLLECTOR_HTTP_PORT": http,
            "COLLECTOR_HEALTH_PORT": health,
            "COLLECTOR_METRICS_PORT": metrics,
            "COLLECTOR_FILE": str(self.file),
        }
        command = (str(self.tools / "otelcol"), "--config", str(CONFIG / "collector/collector.yaml"))
        self.program = Program("the collector", command, here, self.folder / "collector.log")
        await self.program.start()
        await listens(self.program, self.ports[1])

    async def counted(self, metric: str, workers: Iterable[str], **labels: str) -> float:
        """A figure of these workers together, as a scraper gets it: of all its series that have these labels."""
        async with ClientSession() as asking, asking.get(f"http://127.0.0.1:{self.ports[3]}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return sum(series(lines, metric, labels, workers))

    async def stop(self) -> None:
        """End it; what it has is written first."""
        if self.program:
            await self.program.stop()


def series(lines: Iterable[str], metric: str, labels: dict[str, str], instances: Iterable[str]) -> list[float]:
    """The values of a metric's series with these labels, of instances whose names begin so."""
    wanted, begin = labels.items(), tuple(instances)
    found = (re.fullmatch(r"(\w+)\{(.*)\} (\S+)", line) for line in lines)
    named = ((dict(re.findall(r'(\w+)="([^"]*)"', each[2])), each[3]) for each in found if each and each[1] == metric)
    return [
        float(value) for said, value in named if wanted <= said.items() and said.get("instance", "").startswith(begin)
    ]
