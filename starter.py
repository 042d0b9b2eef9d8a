"""What an operator types: start cases, look at them, answer what waits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

import typer

COMMANDS = {
    "demo": "demo:demo",
    "invoice": "submit:invoice",
    "bank-change": "bank:bank_change",
    "bank-stop": "bank:bank_stop",
    "ticket": "tickets:ticket",
    "send-event": "tickets:send_event",
    "refund": "refunds:refund",
    "read": "reading:read",
    "check": "reading:check",
    "seed": "reading:seed",
    "inbox": "inbox:inbox",
    "approve": "approvals:approve",
    "reject": "approvals:reject",
    "comment": "approvals:comment",
    "delegate": "approvals:delegate",
    "watch": "watching:watch",
    "suspend": "stop:suspend",
    "resume": "stop:resume",
    "suspended": "stop:suspended",
    "policy": "policies:app",
    "people": "people:app",
    "backtest": "backtest:backtest_table",
    "keys": "keys:app",
    "access": "access:app",
    "ledger": "ledger:app",
    "erase": "ledger:erase",
    "trail": "trail:trail",
    "verify": "verify:verify",
    "sweep": "sweeping:sweep",
    "evidence": "evidence:evidence",
    "rollout": "rollout:app",
    "pages": "pages:pages",
    "codec-server": "codec_server:codec_server",
    "show": "cases:show_case",
    "document": "cases:document",
    "list": "cases:list_cases",
}
"""The module of `commands` and the name in it that stand behind each word."""


def app(words: Sequence[str] = ()) -> typer.Typer:
    """The commands. Where the first of the words is one, that one alone: importing the others takes a second."""
    said = typer.Typer(
        help="Signalbox: business processes in which an LLM takes part, with rules, approvals and a record.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    said.callback()(lambda: None)  # else an app of one command takes the command's word for its argument
    for word in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        found = resolve_name(f"commands.{COMMANDS[word]}")
        if isinstance(found, typer.Typer):
            said.add_typer(found, name=word)
        else:
            said.command(name=word)(found)
    return said


def main() -> int:
    """Run one command; returns its exit code."""
    try:
        app(sys.argv[1:])()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the interpreter's own exit can crash after a Temporal client was used
