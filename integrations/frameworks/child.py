"""The framework's side of a step: a process that reasons once, asks its worker for everything, and ends.

It runs in the framework's environment and imports the standard library only, so that nothing of this project can get in
a framework's way: `python -I child.py ADAPTER [BUILD]`; with `--check` it only imports both. One JSON object a line.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO

CONNECTING = frozenset(
    {
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.forkpty",
    }
)
"""What a step has no business doing, by the names of CPython's audit events."""

Message = dict[str, Any]
"""`role` and `content`; an assistant's may have `calls` (`id`, `name`, `arguments` in JSON), a tool's has `call_id`."""


@dataclass
class Step:
    """What is to be thought about, and the only way out."""

    messages: list[Message]
    """Instructions first (`system`), then the brief (`user`), then earlier answers and what was wrong with them."""
    answers: str
    """The JSON schema of the answer; every question to the model carries it."""
    tools: list[dict[str, Any]]
    """Look-ups: `name`, `description` and `json_schema` of the arguments."""
    pipe: tuple[TextIO, TextIO]
    refused: list[str] = field(default_factory=list[str])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, messages: Sequence[Message], tools: Sequence[str] = ()) -> dict[str, Any]:
        """Ask the model: `text`, `calls` of these tools, `model`, `input_tokens` and `output_tokens`."""
        return self._exchange({"ask": list(messages), "tools": list(tools)})

    def look_up(self, tool: str, arguments: dict[str, Any]) -> str:
        """What a tool returns, as the model is to read it."""
        return str(self._exchange({"look_up": tool, "arguments": json.dumps(arguments)})["found"])

    def end(self, **said: str) -> None:
        """Say the last word."""
        with self.lock:
            self._write({**said, "refused": self.refused})

    def _exchange(self, said: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self._write(said)
            return json.loads(self.pipe[0].readline())

    def _write(self, said: dict[str, Any]) -> None:
        self.pipe[1].write(json.dumps(said) + "\n")
        self.pipe[1].flush()


def opened() -> Step:
    """The step on standard input; what a framework prints goes to standard error from here on."""
    pipe = (os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    said = json.loads(pipe[0].readline())
    return Step(said["messages"], said["answers"], said["tools"], pipe)


def stay_inside(refused: list[str]) -> None:
    """Refuse connections and programs from now on, and write down who tried what."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in CONNECTING:
            refused.append(f"{event} {arguments[1:] or arguments}"[:200])
            raise PermissionError(f"A step asks only its worker, and does no {event}.")

    sys.addaudithook(hook)


def loaded(file: Path) -> ModuleType:
    """A Python file as a module, by its place and not by a name that something else may have."""
    spec = importlib.util.spec_from_file_location(f"signalbox_step_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def main(adapter: str, build: str = "", *, check: bool = False) -> int:
    """Reason once; returns the exit code."""
    refused: list[str] = []
    stay_inside(refused)
    if check:
        _parts(adapter, build)
        return 0
    step = opened()
    step.refused = refused
    try:
        reason, parts = _parts(adapter, build)
        step.end(answer=asyncio.run(reason(step, *parts)))
    except Exception as error:  # noqa: BLE001  (whatever a framework raises is told to the worker)
        step.end(failed=f"{type(error).__name__}: {error}"[:1_000])
    return 0


def _parts(adapter: str, build: str) -> tuple[Any, tuple[Any, ...]]:
    reason = loaded(Path(adapter)).reason
    return reason, (loaded(Path(build)).build,) if build else ()


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--check"]
    code = main(*words, check="--check" in sys.argv)
    sys.stdout.flush()
    os._exit(code)  # threads that a framework left behind do not keep the step from ending
