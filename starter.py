"""What an operator types: start cases, look at them, answer what waits."""

from __future__ import annotations

import os
import sys

import typer

from commands import (
    access,
    approvals,
    backtest,
    bank,
    cases,
    codec_server,
    demo,
    evidence,
    inbox,
    keys,
    ledger,
    pages,
    people,
    policies,
    reading,
    refunds,
    rollout,
    stop,
    submit,
    sweeping,
    tickets,
    trail,
    verify,
    watching,
)

app = typer.Typer(
    help="Signalbox: business processes in which an LLM takes part, with rules, approvals and a record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(submit.invoice)
app.command()(bank.bank_change)
app.command()(bank.bank_stop)
app.command()(tickets.ticket)
app.command()(tickets.send_event)
app.command()(refunds.refund)
app.command()(reading.read)
app.command()(reading.check)
app.command()(reading.seed)
app.command()(inbox.inbox)
app.command()(approvals.approve)
app.command()(approvals.reject)
app.command()(approvals.comment)
app.command()(approvals.delegate)
app.command()(watching.watch)
app.command()(stop.suspend)
app.command()(stop.resume)
app.command()(stop.suspended)
app.add_typer(policies.app, name="policy")
app.add_typer(people.app, name="people")
app.command(name="backtest")(backtest.backtest_table)
app.add_typer(keys.app, name="keys")
app.add_typer(access.app, name="access")
app.add_typer(ledger.app, name="ledger")
app.command()(ledger.erase)
app.command()(trail.trail)
app.command()(verify.verify)
app.command()(sweeping.sweep)
app.command()(evidence.evidence)
app.add_typer(rollout.app, name="rollout")
app.command()(pages.pages)
app.command(name="codec-server")(codec_server.codec_server)
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
