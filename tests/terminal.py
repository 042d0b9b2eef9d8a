"""Commands as people type them: a process each."""

import asyncio
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from tests.conftest import ROOT
from tests.policies import copied

NO_MODEL = dict.fromkeys(("OPENAI_API_KEY", "OPENAI_BASE_URL", "SIGNALBOX_MODEL_URL", "SIGNALBOX_MODEL_KEY"), "")


@dataclass(frozen=True)
class Said:
    """What a command said, in lines that nobody wrapped."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Terminal:
    """Where commands are typed."""

    environment: Mapping[str, str]
    home: Path

    async def type(self, *arguments: str, script: str = "starter.py", **environment: str) -> Said:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(ROOT / script), *arguments),
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "400", **self.environment, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    def own(self, sample: str) -> str:
        """A sample with a mark of this terminal: others share the server, and there the same document is one case."""
        file = next((ROOT / "samples" / "invoices").glob(f"{sample}*"))
        own = self.home / file.name
        own.write_bytes(file.read_bytes() + f"\n<!-- {self.environment['SIGNALBOX_TASK_QUEUE']} -->\n".encode())
        return str(own)


def terminal_at(client: Client, home: Path) -> Terminal:
    """A terminal beside this server, with a home folder and a task queue of its own."""
    address = client.service_client.config.target_host
    own = {
        "SIGNALBOX_HOME": str(home),
        "SIGNALBOX_POLICIES": str(copied(home / "shipped-policies")),
        "SIGNALBOX_TASK_QUEUE": f"commands-{uuid.uuid4()}",
    }
    return Terminal({**NO_MODEL, "TEMPORAL_ADDRESS": address, **own}, home)
