"""How commands speak: rich tables to people, one clear sentence for an error, no tracebacks."""

from __future__ import annotations

import asyncio
import functools
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ParamSpec

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError, Unavailable
from domain.text import show
from integrations.settings import ROOT, setting_wrong

PIPE_WIDTH = 160
"""Columns where nobody's terminal says how many there are."""
TYPED = ".venv/bin/python starter.py" if Path(sys.prefix) == ROOT / ".venv" else "starter.py"
"""How commands are called here; an image has no .venv in its folder."""

out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False)
P = ParamSpec("P")


class UserError(DomainError):
    """This cannot be done as asked:"""  # noqa: D415


def command(action: Callable[P, Coroutine[Any, Any, int]]) -> Callable[P, None]:
    """Turn an async function that returns an exit code into a command that never shows a traceback for a mistake."""

    @functools.wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = asyncio.run(action(*args, **kwargs))
        except UserError as error:
            code = fail(str(error).removeprefix(str(UserError()) + " "))
        except (DomainError, Unavailable) as error:
            code = fail(str(error))
        except ValidationError as error:
            code = fail(f"A setting is wrong: {setting_wrong(error)}")
        except WorkflowQueryFailedError as error:
            code = fail(f"The worker could not answer: {error}")
        except RPCError as error:
            code = fail(_rpc(error))
        except OSError as error:
            if error.filename is None:
                raise  # not about a file that somebody named
            code = fail(f"{error.filename} cannot be used: {error.strerror}.")
        except KeyboardInterrupt:
            code = 130
        raise typer.Exit(code)

    return run


def interruptible() -> asyncio.Event:
    """Set by Ctrl-C and SIGTERM, for commands that stay up until then."""
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    return stopping


def fail(message: str) -> int:
    """Say what went wrong; returns the exit code for it."""
    err.print(f"[red]Error:[/red] {escape(message)}", soft_wrap=not err.is_terminal)  # a log breaks no path in two
    return 2


def plain(text: object, limit: int = 200) -> str:
    """Outside text as it may stand in a terminal: no escapes, no markup."""
    return escape(show(str(text), limit))


def _rpc(error: RPCError) -> str:
    if error.status == RPCStatusCode.UNAVAILABLE:
        return "The Temporal server stopped answering; the cases go on when it is back."
    if error.status == RPCStatusCode.PERMISSION_DENIED:
        return (
            f"The Temporal server refuses this: {error.message} "
            "SIGNALBOX_TOKEN_FILE needs a token that may do it and has not expired."
        )
    return f"The Temporal server says: {error.message}"
