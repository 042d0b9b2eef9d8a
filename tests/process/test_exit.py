"""Ten commands and three workers; `python -m benchmarks.exits` counts hundreds."""

from collections import Counter
from pathlib import Path

from temporalio.client import Client

from benchmarks.exits import of_commands, of_workers


async def test_commands_in_a_row_leave_with_exit_code_0(client: Client, tmp_path: Path) -> None:
    assert await of_commands(client.service_client.config.target_host, tmp_path, 10) == Counter({0: 10})


async def test_workers_told_to_stop_leave_with_exit_code_0(client: Client, tmp_path: Path) -> None:
    assert await of_workers(client.service_client.config.target_host, tmp_path, 3) == Counter({0: 3})
