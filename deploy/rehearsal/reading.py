"""The codec server behind TLS, for people who sign in at dex, and what it refuses."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession

from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.logins import Dex
from deploy.rehearsal.processes import Failed, Program, free_ports, listens
from integrations.settings import ROOT

SAMPLE_DEX = "http://dex.localhost:5556/dex"
"""What policies/people.toml calls the dex of compose; here it has another port."""


@dataclass
class CodecServer:
    """It answers pages of the UI; its certificate is the one that `make secrets` makes."""

    folder: Path
    dex: Dex
    port: int = field(default_factory=lambda: free_ports(1)[0])
    program: Program | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://127.0.0.1:{self.port}"

    async def start(self, keyring: Path, secrets: Path) -> None:
        """Start it and wait until it listens."""
        policies = self.folder / "policies"
        shutil.copytree(ROOT / "policies", policies)
        people = policies / "people.toml"
        people.write_text(people.read_text().replace(SAMPLE_DEX, self.dex.issuer))
        told = {
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "SIGNALBOX_PROFILE": "production",
            "SIGNALBOX_KEYRING": str(keyring),
            "SIGNALBOX_HOME": str(self.folder),
            "SIGNALBOX_POLICIES": str(policies),
            "SIGNALBOX_CODEC_ORIGIN": self.dex.ui,
            "SIGNALBOX_CODEC_CERTIFICATE": str(secrets / "codec_certificate"),
            "SIGNALBOX_CODEC_KEY": str(secrets / "codec_key"),
        }
        command = (sys.executable, str(ROOT / "starter.py"), "codec-server", "--port", str(self.port))
        self.program = Program("the codec server", command, told, self.folder / "codec.log")
        await self.program.start()
        await listens(self.program, self.port)

    async def stop(self) -> None:
        """End it."""
        if self.program:
            await self.program.stop(10)

    async def refuses(self, tokens: Mapping[str, str]) -> None:
        """Ask with each of these tokens; raise `Failed` where one of them is let in."""
        async with ClientSession() as asking:
            for whose, token in tokens.items():
                shown = {"Authorization": f"Bearer {token}"} if token else {}
                asked = asking.post(f"{self.url}/decode", json={"payloads": []}, headers=shown, ssl=False)
                async with asked as answer:
                    if answer.status != 401:  # noqa: PLR2004 - HTTP's own
                        raise Failed(f"the codec server answers {answer.status} to {whose}")

    def readers(self) -> list[str]:
        """Who has read, by its own lines, each once."""
        lines = (self.folder / "codec-audit.jsonl").read_text().splitlines()
        return sorted({str(json.loads(line)["who"]) for line in lines})
