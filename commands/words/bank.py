"""How a change of bank details ends."""

from __future__ import annotations

from collections.abc import Iterator

from commands.console import plain
from domain.bank import BankChanged, BankOutcome
from workflows.bank_wording import state_of


def told(outcome: BankOutcome) -> tuple[str, str]:
    """The outcome in a word and a sentence."""
    return state_of(outcome), sentence(outcome)


def sentence(outcome: BankOutcome) -> str:
    """The outcome in a sentence."""
    if isinstance(outcome, BankChanged):
        return f"{outcome.old_account} became {outcome.new_account} ({outcome.change_id}), by {outcome.decided_by}"
    return f"{outcome.reason.rstrip('.')}. By {outcome.decided_by}"


def details(outcome: BankOutcome) -> Iterator[str]:
    """What else there is to say of it, a line each, ready to print."""
    yield f"supplier {plain(outcome.supplier_id)}, verified by {plain(outcome.verified or 'nothing')}"
    yield from (f"  - stop by {plain(stop.by)}: {plain(stop.reason or '')}" for stop in outcome.stops)
