"""What docs/how-to/run-in-a-cluster.md tells its reader to type, typed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from deploy.rehearsal.kubernetes.fleet import Fleet
from deploy.rehearsal.processes import Failed, Program
from integrations.settings import ROOT

PAGE = ROOT / "docs" / "how-to" / "run-in-a-cluster.md"
SECTION = "On Kubernetes"
SERVER, KEYRING = 1, 2
"""Its blocks for a server that asks who calls, and for payloads that are encrypted."""
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def block(heading: str, number: int = 0) -> str:
    """One of the blocks of commands under a heading of the page."""
    [section] = [part for part in re.split(r"^#{2,3} ", PAGE.read_text(), flags=re.MULTILINE) if _is(part, heading)]
    return BLOCK.findall(section)[number]


def _is(section: str, heading: str) -> bool:
    return section.partition("\n")[0] == heading


async def typed(fleet: Fleet, commands: str) -> str:
    """Run commands in the reader's folder; raise `Failed` where one of them fails or is warned of."""
    log = fleet.folder.parent / "typed.log"
    log.unlink(missing_ok=True)
    beside = Path(sys.executable).parent
    told = {"KUBECONFIG": str(fleet.plane.config), "PATH": f"{beside}:/usr/local/bin:/usr/bin:/bin"}
    script = f"cd '{fleet.folder}'\nstarter.py() {{ '{sys.executable}' '{ROOT}/starter.py' \"$@\"; }}\n{commands}"
    await Program("what the page says", ("/bin/bash", "-euc", script), told, log).done(180)
    said = log.read_text()
    if "Warning:" in said:
        raise Failed(f"the API server warns: {said[said.index('Warning:') :][:600]}")
    return said
