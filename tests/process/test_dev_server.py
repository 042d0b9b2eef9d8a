"""The server of the demo and the tests: what counts as up, and what is left when it does not come up."""

import sys
from pathlib import Path

import psutil
import pytest

from domain.errors import Unavailable
from integrations.temporal import dev_server

DEAF = """
import socket, sys, time
opened = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1:]]
time.sleep(60)
"""


@pytest.mark.parametrize("program", [DEAF, "raise SystemExit(3)"], ids=["opens its ports and answers nobody", "ends"])
async def test_a_server_that_does_not_serve_is_reported_with_its_log_and_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    port = dev_server.free_port()

    def command(*_: object) -> list[str]:
        return [sys.executable, "-c", program, str(port), str(port + dev_server.UI_OFFSET)]

    monkeypatch.setattr(dev_server, "_command", command)
    monkeypatch.setattr(dev_server, "START_SECONDS", 2)
    with pytest.raises(Unavailable, match=f"did not come up on port {port}; its log is .*temporal.log"):
        async with dev_server.dev_server(tmp_path / "temporal.db", port, ()):
            pass
    assert not [child for child in psutil.Process().children() if str(port) in child.cmdline()]
