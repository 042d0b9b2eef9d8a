"""What an operator types: start cases, look at them, answer what waits."""

from __future__ import annotations

import os
import sys

import typer

from commands import approvals, cases, demo, policies, reading, submit

app = typer.Typer(
    help="Signalbox: business processes in which an LLM takes part, with rules, approvals and a record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(submit.invoice)
app.command()(reading.read)
app.command()(reading.check)
app.command()(reading.seed)
app.command()(approvals.inbox)
app.command()(approvals.approve)
app.command()(approvals.reject)
app.command()(approvals.comment)
app.add_typer(policies.app, name="policy")
app.command(name="show")(cases.show_case)
app.command()(cases.document)
app.command(name="list")(cases.list_cases)


def main() -> int:
    """Run one command; returns its exit code."""
    try:
        app()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the interpreter's own exit can crash after a Temporal client was used
