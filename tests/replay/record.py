"""Keep histories that today's and later workflows must replay.

`python -m tests.replay.record` records the scenes that no stored history shows yet; `NAME…` records these anew, which
gives up the running cases that they stand for, so only on purpose. `--from FILE NAME` keeps the history of a real case,
as the Temporal UI exports it or `temporal workflow show --output json` prints it; look first at what it says.
"""

import asyncio
import base64
import json
import re
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from integrations.temporal.dev_server import dev_server, free_port
from tests.conftest import ROOT
from tests.replay.histories import FOLDER, replayer, stored
from tests.replay.scenes import SCENES, played
from workflows import attributes


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Scenes; those that are not stored yet by default.")] = None,
    exported: Annotated[Path | None, typer.Option("--from", help="An exported history, kept under one NAME.")] = None,
) -> None:
    """Store histories beside this file."""
    known = {file.name.partition(".")[0] for file in stored()}
    chosen = names or [name for name in SCENES if name not in known]
    if exported:
        if len(chosen) != 1 or chosen[0] in SCENES or chosen[0] in known:
            raise typer.BadParameter("give the exported history one name that no scene and no stored history has")
        asyncio.run(keep(chosen[0], exported))
    elif unknown := [name for name in chosen if name not in SCENES]:
        raise typer.BadParameter(f"{unknown[0]} is no scene; there are {', '.join(SCENES)}")
    else:
        asyncio.run(record(chosen))
    sys.stdout.write(f"stored: {', '.join(chosen) or 'nothing was missing'}\n")


async def keep(name: str, exported: Path) -> None:
    """Keep a history that was exported, once it replays."""
    try:
        said = json.loads(await asyncio.to_thread(exported.read_text))
        events = said["events"]
        started = events[0]["workflowExecutionStartedEventAttributes"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise typer.BadParameter(f"{exported} is no exported history: {error!r}") from None
    workflow_id = started.get("workflowId") or name
    await replayer().replay_workflow(WorkflowHistory.from_json(workflow_id, {"events": events}))
    write(name, "case", workflow_id, events)


async def record(names: list[str]) -> None:
    """Play the scenes and write down the histories of each case and of what it started."""
    with tempfile.TemporaryDirectory() as scratch:
        async with dev_server(Path(scratch) / "temporal.db", free_port(), attributes.ALL) as address:
            client = await Client.connect(address, data_converter=pydantic_data_converter, identity="recorder@desk")
            for name in names:
                for old in FOLDER.glob(f"{name}.*.json"):
                    old.unlink()
                async for part, handle in played(client, Path(scratch) / name, name):
                    write(name, part, handle.id, json.loads((await handle.fetch_history()).to_json())["events"])


def write(name: str, part: str, workflow_id: str, events: list[Any]) -> None:
    """Keep a history, an event a line, without a trace of the machine it ran on."""
    lines = ",\n".join(json.dumps(scrubbed(event), ensure_ascii=False, separators=(",", ":")) for event in events)
    traces = [trace for trace in (str(ROOT), socket.gethostname(), tempfile.gettempdir()) if trace in spoken(lines)]
    if traces:
        raise ValueError(f"The history of {name} ({part}) would tell where it was recorded: {traces[0]}")
    (FOLDER / f"{name}.{part}.json").write_text(f'{{"workflow_id":"{workflow_id}","events":[\n{lines}\n]}}\n')


def scrubbed(part: Any, key: str = "") -> Any:
    """The same event without process ids, host names, queues of one run and stack traces: no replay looks at them."""
    if isinstance(part, dict):
        return {name: scrubbed(value, name) for name, value in part.items()}
    if isinstance(part, list):
        return [scrubbed(value, key) for value in part]
    if key == "identity" and "@desk" not in part:
        return "worker"
    if key in ("name", "normalName") and re.search(r"test-[0-9a-f-]{36}|[0-9a-f]{32}", part):
        return "signalbox"
    return "" if key == "stackTrace" else part


def spoken(text: str) -> str:
    """A history with everything that it carries as base64 written out beside it."""
    return text + "".join(decoded(text))


def decoded(text: str) -> Iterator[str]:
    for found in re.findall(r'"data":"([A-Za-z0-9+/=]+)"', text):
        yield base64.b64decode(found).decode(errors="replace")


if __name__ == "__main__":
    typer.run(main)
