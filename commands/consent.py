"""Asking the person at the terminal, where Ctrl-C is an answer too."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager

from commands.console import UserError, out


def agreed(question: str, *, yes: bool) -> bool:
    """Whether a person says y; `yes` says it for them. Without a terminal raise `UserError`: nobody can be asked."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError("Nothing was sent: there is no terminal to ask in. Add --yes once you have read the above.")
    with interruptible():
        try:
            said = out.input(f"{question} \\[y/N] ")
        except EOFError:
            said = ""
    return said.strip().casefold() in ("y", "yes")


@contextmanager
def interruptible() -> Generator[None]:
    """Let Ctrl-C end a question at once: asyncio's own way waits for the next step of the loop."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
