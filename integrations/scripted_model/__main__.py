"""The scripted model as a program: `python -m integrations.scripted_model --rules`."""

from __future__ import annotations

import asyncio
import json
import signal
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from integrations.scripted_model.reply import Reply, Script
from integrations.scripted_model.server import scripted_model


def main(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 8089,
    script: Annotated[
        Path | None,
        typer.Option(help="TOML or JSON file: a list `reply` of content, fault, status, delay_ms, … in order."),
    ] = None,
    refuse_schema: Annotated[
        int | None, typer.Option(help="Answer this status to response_format json_schema, as JSON-mode servers do.")
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules/--no-rules", help="Answer by the stated rules where the script gives no content.")
    ] = True,
) -> None:
    """Serve a model without a model: OpenAI-compatible, from a script or by stated rules, and breaking as told.

    No answer is canned: the rules read the question (their text heads examiner_rules.py and reader_rules.py). A script
    that is over leaves the rules to go on.
    """
    replies = read_script(script) if script else ()
    asyncio.run(_serve(replies, rules=rules, refuse_schema=refuse_schema, port=port))


def read_script(path: Path) -> Sequence[Reply]:
    """Read a script file, or leave with a message that says what is wrong where."""
    try:
        text = path.read_text(encoding="utf-8")
        content: object = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return Script.model_validate(content).reply
    except (OSError, ValueError) as refusal:
        problem = refusal.errors(include_url=False) if isinstance(refusal, ValidationError) else refusal
        raise typer.BadParameter(f"{path} cannot be used as a script: {problem}") from None


async def _serve(replies: Sequence[Reply], *, rules: bool, refuse_schema: int | None, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with scripted_model(replies, rules=rules, refuse_schema=refuse_schema, port=port) as server:
        typer.echo(f"Scripted model at {server.url} (stated rules, no model). Stop with Ctrl-C.")
        await stop.wait()
        typer.echo(f"Stopped after {len(server.asked)} questions.")


if __name__ == "__main__":
    typer.run(main)
