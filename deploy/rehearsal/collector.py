"""The OpenTelemetry collector with the shared configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from deploy.rehearsal.cluster import CONFIG
from deploy.rehearsal.processes import Program, free_ports, listens


@dataclass
class Collector:
    """Takes in spans and writes them to a file."""

    folder: Path
    tools: Path
    ports: list[int] = field(default_factory=lambda: free_ports(3))
    program: Program | None = None

    @property
    def endpoint(self) -> str:
        """Where workers send spans."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def file(self) -> Path:
        """Where they end up."""
        return self.folder / "spans.jsonl"

    async def start(self) -> None:
        """Start it and wait until it takes spans."""
        grpc, http, health = map(str, self.ports)
        here = {
            "COLLECTOR_HOST": "127.0.0.1",
            "COLLECTOR_GRPC_PORT": grpc,
            "COLLECTOR_HTTP_PORT": http,
            "COLLECTOR_HEALTH_PORT": health,
            "COLLECTOR_FILE": str(self.file),
        }
        command = (str(self.tools / "otelcol"), "--config", str(CONFIG / "collector/collector.yaml"))
        self.program = Program("the collector", command, here, self.folder / "collector.log")
        await self.program.start()
        await listens(self.program, self.ports[1])

    async def stop(self) -> None:
        """End it; what it has is written first."""
        if self.program:
            await self.program.stop()
